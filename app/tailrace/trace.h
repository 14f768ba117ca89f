/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The trace of a connection: a line of comma-separated values for each change of its state.
 *
 * Threads: the prompt's, and the main thread when no core runs any more. A thread of the trace's
 * own writes the file.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdint.h>

struct trace;
struct tr_core_server;

/** What became of the lines. */
struct trace_info {
	const char *path;
	uint32_t conn;
	uint64_t lines; /* in the file, the first with the names aside */
	uint64_t dropped; /* that are not there */
	int error; /* errno: the file could not be written any more; 0: it goes on */
};

/**
 * Begin to write the states of a connection to a file, which is created: one that exists is left
 * alone.
 *
 * @param conn
 *   The connection, as core_info.h numbers it.
 * @param path
 *   The file's name.
 * @param error
 *   On failure: one line that says what was wrong; else empty.
 * @param error_size
 *   Bytes of @p error.
 * @return
 *   The trace, or NULL. One that failed is there all the same when a core that does not answer may
 * be at it: it is to be stopped, or ended, as any.
 */
struct trace *trace_start(struct tr_core_server *server, uint32_t conn, const char *path,
			  char *error, size_t error_size);

/** How far it is. */
void trace_info(const struct trace *trace, struct trace_info *info);

/**
 * End it: what the core has said is written, and the file closed. Then trace_destroy().
 *
 * @param info
 *   What is in the file; its path lives as long as the trace.
 * @return
 *   0; -ETIMEDOUT or -ENOBUFS as the core does not answer: it still runs; or -EINPROGRESS as not
 *   all is written after two seconds. Then stop it again.
 */
int trace_stop(struct trace *trace, struct trace_info *info);

/** The same, once no core runs any more. */
void trace_end(struct trace *trace);

/** Free a trace that has been stopped, or ended. */
void trace_destroy(struct trace *trace);

#endif /* TRACE_H */

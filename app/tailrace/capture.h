/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The capture of a server: frames as its cores see them, in a pcapng file.
 *
 * Threads: the prompt's, and the main thread when no core runs any more. A thread of the capture's
 * own writes the file (writer.h).
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core_capture.h"

struct capture;

/** What became of the frames. */
struct capture_info {
	const char *path;
	uint64_t packets; /* in the file */
	uint64_t bytes; /* of the file */
	uint64_t dropped; /* passed the filter and are not in the file */
	int error; /* errno: the file could not be written any more; 0: it goes on */
};

/**
 * Begin to write frames to a file, which is created: one that exists is left alone.
 *
 * @param path
 *   The file's name.
 * @param filter
 *   Which frames.
 * @param error
 *   On failure: one line that says what was wrong; else empty.
 * @param error_size
 *   Bytes of @p error.
 * @return
 *   The capture, or NULL. One that failed is there all the same when a core that does not answer
 * may be at it: it is to be stopped, or ended, as any.
 */
struct capture *capture_start(struct tr_core_server *server, const char *path,
			      const struct core_capture_filter *filter, char *error,
			      size_t error_size);

/** How far it is. */
void capture_info(const struct capture *capture, struct capture_info *info);

/**
 * End it: what the cores have copied is written, and the file closed. Then capture_destroy().
 *
 * @param info
 *   What is in the file; its path lives as long as the capture.
 * @return
 *   0; -ETIMEDOUT or -ENOBUFS as a core does not answer: it still runs; or -EINPROGRESS as not all
 *   is written after two seconds. Then stop it again.
 */
int capture_stop(struct capture *capture, struct capture_info *info);

/** The same, once no core runs any more. */
void capture_end(struct capture *capture);

/** Free a capture that has been stopped, or ended. */
void capture_destroy(struct capture *capture);

#endif /* CAPTURE_H */

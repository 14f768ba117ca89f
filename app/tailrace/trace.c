/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "core_trace.h"
#include "writer.h"

#define WRITE_BURST 64

/* More than the longest line. */
#define LINE_SIZE 256

#define NAMES                                                                                      \
	"time_s,state,cwnd_bytes,ssthresh_bytes,srtt_us,rto_us,snd_una,snd_nxt,in_flight_bytes,"   \
	"snd_wnd,rcv_nxt,rcv_wnd,send_queue_bytes,requests,retransmits\n"

struct trace {
	struct writer writer;
	struct core_trace *core;
	uint32_t conn;
};

static struct trace *create(struct tr_core_server *server, uint32_t conn, char *error,
			    size_t error_size);
static void explain(int rc, uint32_t conn, char *error, size_t error_size);
static int begin_file(struct trace *trace);
static unsigned int write_lines(struct writer *writer, void *arg);
static size_t format(char *text, const struct core_trace_line *line);

struct trace *
trace_start(struct tr_core_server *server, uint32_t conn, const char *path, char *error,
	    size_t error_size)
{
	struct trace *trace = create(server, conn, error, error_size);
	int rc;

	if (trace == NULL)
		return NULL;
	if (writer_open(&trace->writer, path, error, error_size) < 0)
		goto free_trace;
	rc = begin_file(trace);
	if (rc < 0) {
		snprintf(error, error_size, "%s", strerror(-rc));
		goto remove_file;
	}
	rc = core_trace_start(trace->core);
	if (rc == 0)
		return trace;

	explain(rc, conn, error, error_size);
	/* Unless the core said so itself, it may still be at it. */
	if (rc != -ENOENT && rc != -ENOSPC && core_trace_stop(trace->core) < 0)
		return trace;
	writer_end(&trace->writer);
remove_file:
	writer_remove(&trace->writer);
free_trace:
	core_trace_destroy(trace->core);
	free(trace);
	return NULL;
}

static struct trace *
create(struct tr_core_server *server, uint32_t conn, char *error, size_t error_size)
{
	struct trace *trace = calloc(1, sizeof(*trace));

	error[0] = '\0';
	if (trace == NULL) {
		explain(-ENOMEM, conn, error, error_size);
		return NULL;
	}
	trace->conn = conn;
	trace->core = core_trace_create(server, conn);
	if (trace->core == NULL) {
		explain(-rte_errno, conn, error, error_size);
		free(trace);
		return NULL;
	}
	return trace;
}

/* Say why the core runs no trace. */
static void
explain(int rc, uint32_t conn, char *error, size_t error_size)
{
	if (rc == -ENOENT)
		snprintf(error, error_size, "connection %u: there is none", conn);
	else if (rc == -ENOSPC)
		snprintf(error, error_size, "no more run at a time; trace stop ends them");
	else if (rc == -ENOMEM)
		snprintf(error, error_size, "no room for it: give EAL more with -m");
	else
		snprintf(error, error_size, "the core does not answer: %s", strerror(-rc));
}

/* The names of the columns, and the thread that writes what follows. */
static int
begin_file(struct trace *trace)
{
	struct writer *writer = &trace->writer;

	writer_wrote(writer, 0, strlen(NAMES), write(writer->fd, NAMES, strlen(NAMES)));
	if (writer->error != 0)
		return -writer->error;
	return writer_start(writer, "tr-trace", write_lines, trace);
}

static unsigned int
write_lines(struct writer *writer, void *arg)
{
	struct core_trace_line lines[WRITE_BURST];
	char text[WRITE_BURST * LINE_SIZE];
	struct trace *trace = arg;
	unsigned int nb, i;
	size_t len = 0;

	nb = core_trace_take(trace->core, lines, WRITE_BURST);
	for (i = 0; i < nb; i++)
		len += format(text + len, &lines[i]);
	if (writer->error != 0)
		writer->unwritten += nb;
	else if (nb > 0)
		writer_wrote(writer, nb, len, write(writer->fd, text, len));
	return nb;
}

static size_t
format(char *text, const struct core_trace_line *line)
{
	return snprintf(text, LINE_SIZE,
			"%" PRIu64 ".%06" PRIu64 ",%s,%u,%u,%u,%u,%u,%u,%u,%u,%u,%u,%u,%u,%u\n",
			line->time_us / 1000000, line->time_us % 1000000, line->state,
			line->cwnd_bytes, line->ssthresh_bytes, line->srtt_us, line->rto_us,
			line->snd_una, line->snd_nxt, line->snd_nxt - line->snd_una, line->snd_wnd,
			line->rcv_nxt, line->rcv_wnd, line->send_bytes, line->requests,
			line->retransmits);
}

void
trace_info(const struct trace *trace, struct trace_info *info)
{
	const struct writer *writer = &trace->writer;

	*info = (struct trace_info){
		.path = writer->path,
		.conn = trace->conn,
		.lines = writer->records,
		.dropped = core_trace_missed(trace->core) + writer->unwritten,
		.error = writer->error,
	};
}

int
trace_stop(struct trace *trace, struct trace_info *info)
{
	int rc = core_trace_stop(trace->core);

	if (rc == 0)
		rc = writer_finish(&trace->writer);
	if (rc < 0)
		return rc;
	trace_info(trace, info);
	return 0;
}

void
trace_end(struct trace *trace)
{
	core_trace_end(trace->core);
	writer_end(&trace->writer);
}

void
trace_destroy(struct trace *trace)
{
	writer_close(&trace->writer);
	core_trace_destroy(trace->core);
	free(trace);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* rte_pcapng.h */
#define ALLOW_EXPERIMENTAL_API

#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_pcapng.h>

#include "writer.h"

#define WRITE_BURST 64

struct capture {
	struct writer writer;
	struct core_capture *cores;
	rte_pcapng_t *file; /* closes a descriptor of its own */
};

static int begin_file(struct capture *capture, char *error, size_t error_size);
static unsigned int write_frames(struct writer *writer, void *arg);
static void end_file(struct capture *capture);

struct capture *
capture_start(struct tr_core_server *server, const char *path,
	      const struct core_capture_filter *filter, char *error, size_t error_size)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int rc;

	error[0] = '\0';
	if (capture == NULL) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	capture->cores = core_capture_create(server, filter);
	if (capture->cores == NULL) {
		snprintf(error, error_size, "%s",
			 rte_errno == ENOSPC ? "no more run at a time; capture stop ends them"
					     : "no room for its mbufs: give EAL more with -m");
		goto free_capture;
	}
	if (writer_open(&capture->writer, path, error, error_size) < 0)
		goto free_cores;
	if (begin_file(capture, error, error_size) < 0)
		goto remove_file;
	rc = writer_start(&capture->writer, "tr-capture", write_frames, capture);
	if (rc < 0) {
		snprintf(error, error_size, "no thread: %s", strerror(-rc));
		goto close_file;
	}
	rc = core_capture_start(capture->cores);
	if (rc == 0)
		return capture;

	snprintf(error, error_size, "the cores do not answer: %s", strerror(-rc));
	if (core_capture_stop(capture->cores) < 0)
		return capture;
	writer_end(&capture->writer);
close_file:
	rte_pcapng_close(capture->file);
remove_file:
	writer_remove(&capture->writer);
free_cores:
	core_capture_destroy(capture->cores);
free_capture:
	free(capture);
	return NULL;
}

static int
begin_file(struct capture *capture, char *error, size_t error_size)
{
	int fd = dup(capture->writer.fd);

	if (fd >= 0)
		capture->file =
			rte_pcapng_fdopen(fd, NULL, NULL, "tailrace " TAILRACE_VERSION, NULL);
	if (capture->file != NULL) {
		capture->writer.bytes = lseek(fd, 0, SEEK_CUR);
		return 0;
	}
	/* Not rte_errno: the library leaves it as it was when it cannot write. */
	snprintf(error, error_size, "%s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EIO;
}

static unsigned int
write_frames(struct writer *writer, void *arg)
{
	struct rte_mbuf *mbufs[WRITE_BURST];
	struct capture *capture = arg;
	size_t bytes = 0;
	unsigned int nb, i;

	nb = core_capture_take(capture->cores, mbufs, WRITE_BURST);
	for (i = 0; i < nb; i++)
		bytes += mbufs[i]->pkt_len;
	if (writer->error != 0)
		writer->unwritten += nb;
	else if (nb > 0)
		writer_wrote(writer, nb, bytes, rte_pcapng_write_packets(capture->file, mbufs, nb));
	rte_pktmbuf_free_bulk(mbufs, nb);
	return nb;
}

void
capture_info(const struct capture *capture, struct capture_info *info)
{
	const struct writer *writer = &capture->writer;

	*info = (struct capture_info){
		.path = writer->path,
		.packets = writer->records,
		.bytes = writer->bytes,
		.dropped = core_capture_missed(capture->cores) + writer->unwritten,
		.error = writer->error,
	};
}

int
capture_stop(struct capture *capture, struct capture_info *info)
{
	int rc = core_capture_stop(capture->cores);

	if (rc == 0)
		rc = writer_finish(&capture->writer);
	if (rc < 0)
		return rc;
	end_file(capture);
	capture_info(capture, info);
	return 0;
}

void
capture_end(struct capture *capture)
{
	core_capture_end(capture->cores);
	writer_end(&capture->writer);
	end_file(capture);
}

/* The last block says what is in the file and what is missing. */
static void
end_file(struct capture *capture)
{
	struct writer *writer = &capture->writer;
	ssize_t bytes;

	if (writer->error == 0) {
		bytes = rte_pcapng_write_stats(capture->file, core_capture_port(capture->cores),
					       NULL, 0, 0, writer->records,
					       core_capture_missed(capture->cores));
		writer_wrote(writer, 0, RTE_MAX(bytes, 1), bytes);
	}
	rte_pcapng_close(capture->file);
}

void
capture_destroy(struct capture *capture)
{
	writer_close(&capture->writer);
	core_capture_destroy(capture->cores);
	free(capture);
}

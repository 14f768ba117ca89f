/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* rte_pcapng.h */
#define ALLOW_EXPERIMENTAL_API

#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pcapng.h>

#define WRITE_BURST 64

/* How often the thread looks for frames when there were none. */
#define IDLE_US 1000

struct capture {
	struct core_capture *cores;
	char *path;
	int fd;
	rte_pcapng_t *file;
	pthread_t thread;
	atomic_bool end; /* no core adds any more */
	/* Written by the thread. */
	_Atomic uint64_t packets;
	_Atomic uint64_t bytes;
	_Atomic uint64_t unwritten; /* packets, after the error */
	atomic_int error;
};

static int create_file(struct capture *capture, char *error, size_t error_size);
static void *run(void *arg);
static void write_frames(struct capture *capture, struct rte_mbuf **mbufs, unsigned int nb);
static void finish(struct capture *capture);
static void write_end(struct capture *capture);

struct capture *
capture_start(struct tr_core_server *server, const char *path,
	      const struct core_capture_filter *filter, char *error, size_t error_size)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int rc;

	if (capture == NULL)
		goto no_memory;
	capture->fd = -1;
	capture->path = strdup(path);
	if (capture->path == NULL)
		goto no_memory;
	capture->cores = core_capture_create(server, filter);
	if (capture->cores == NULL) {
		snprintf(error, error_size, "%s",
			 rte_errno == EEXIST ? "a core still has the last one, which failed"
					     : "no room for its mbufs: give EAL more with -m");
		goto failed;
	}
	if (create_file(capture, error, error_size) < 0)
		goto failed;
	rc = rte_ctrl_thread_create(&capture->thread, "tr-capture", NULL, run, capture);
	if (rc != 0) {
		snprintf(error, error_size, "no thread: %s", strerror(abs(rc)));
		goto failed_file;
	}
	rc = core_capture_start(capture->cores);
	if (rc == 0)
		return capture;

	snprintf(error, error_size, "the cores do not answer: %s", strerror(-rc));
	/* One that does not answer now either may have begun, and uses the memory: let it be. */
	if (core_capture_stop(capture->cores) < 0)
		return NULL;
	finish(capture);
	goto failed_unlink;

no_memory:
	snprintf(error, error_size, "no memory");
	goto failed;
failed_file:
	rte_pcapng_close(capture->file);
failed_unlink:
	unlink(path);
failed:
	capture_destroy(capture);
	return NULL;
}

/* Whoever may read the file reads what clients store: it is the server's own. */
static int
create_file(struct capture *capture, char *error, size_t error_size)
{
	capture->fd = open(capture->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (capture->fd < 0) {
		snprintf(error, error_size, "%s%s", strerror(errno),
			 errno == EEXIST ? "; it is not overwritten, another name would do" : "");
		return -errno;
	}
	capture->file =
		rte_pcapng_fdopen(capture->fd, NULL, NULL, "tailrace " TAILRACE_VERSION, NULL);
	if (capture->file != NULL) {
		capture->bytes = lseek(capture->fd, 0, SEEK_CUR);
		return 0;
	}
	/* Not rte_errno: the library leaves it as it was when it cannot write. */
	snprintf(error, error_size, "%s", strerror(errno));
	close(capture->fd);
	unlink(capture->path);
	return -EIO;
}

static void *
run(void *arg)
{
	struct rte_mbuf *mbufs[WRITE_BURST];
	struct capture *capture = arg;
	unsigned int nb;
	bool end;

	do {
		/* Nothing comes once this is set, so nothing is left when then nothing is found. */
		end = atomic_load(&capture->end);
		nb = core_capture_take(capture->cores, mbufs, WRITE_BURST);
		if (nb > 0)
			write_frames(capture, mbufs, nb);
		else if (!end)
			rte_delay_us_sleep(IDLE_US);
	} while (nb > 0 || !end);
	return NULL;
}

/* A file that cannot take everything ends with the last frames that it took whole. */
static void
write_frames(struct capture *capture, struct rte_mbuf **mbufs, unsigned int nb)
{
	ssize_t bytes = 0;
	ssize_t written;
	unsigned int i;

	for (i = 0; i < nb; i++)
		bytes += mbufs[i]->pkt_len;
	if (capture->error != 0) {
		capture->unwritten += nb;
	} else {
		written = rte_pcapng_write_packets(capture->file, mbufs, nb);
		if (written == bytes) {
			capture->packets += nb;
			capture->bytes += bytes;
		} else {
			/* What is written in part found no room. */
			capture->error = written < 0 ? rte_errno : ENOSPC;
			capture->unwritten += nb;
			if (ftruncate(capture->fd, (off_t)capture->bytes) < 0)
				capture->error = errno;
		}
	}
	rte_pktmbuf_free_bulk(mbufs, nb);
}

void
capture_info(const struct capture *capture, struct capture_info *info)
{
	*info = (struct capture_info){
		.path = capture->path,
		.packets = capture->packets,
		.bytes = capture->bytes,
		.dropped = core_capture_missed(capture->cores) + capture->unwritten,
		.error = capture->error,
	};
}

int
capture_stop(struct capture *capture, struct capture_info *info)
{
	int rc = core_capture_stop(capture->cores);

	if (rc < 0)
		return rc;
	finish(capture);
	capture_info(capture, info);
	return 0;
}

void
capture_end(struct capture *capture)
{
	core_capture_end(capture->cores);
	finish(capture);
}

static void
finish(struct capture *capture)
{
	atomic_store(&capture->end, true);
	pthread_join(capture->thread, NULL);
	if (capture->error == 0)
		write_end(capture);
	rte_pcapng_close(capture->file);
}

/* What is in the file and what is missing, for who reads it. */
static void
write_end(struct capture *capture)
{
	ssize_t bytes =
		rte_pcapng_write_stats(capture->file, core_capture_port(capture->cores), NULL, 0, 0,
				       capture->packets, core_capture_missed(capture->cores));

	if (bytes > 0)
		capture->bytes += bytes;
	else
		capture->error = errno;
}

void
capture_destroy(struct capture *capture)
{
	if (capture == NULL)
		return;
	core_capture_destroy(capture->cores);
	free(capture->path);
	free(capture);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_log.h>

/* How often the thread looks for records when there were none. */
#define IDLE_US 1000

/* How long the prompt waits, which is not alone on its thread. */
#define FINISH_S 2

static void *run(void *arg);

int
writer_open(struct writer *writer, const char *path, char *error, size_t error_size)
{
	int rc;

	*writer = (struct writer){.fd = -1};
	writer->path = strdup(path);
	if (writer->path == NULL) {
		snprintf(error, error_size, "no memory");
		return -ENOMEM;
	}
	writer->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (writer->fd >= 0)
		return 0;
	rc = -errno;
	snprintf(error, error_size, "%s%s", strerror(-rc),
		 rc == -EEXIST ? "; it is not overwritten, another name would do" : "");
	free(writer->path);
	return rc;
}

int
writer_start(struct writer *writer, const char *name,
	     unsigned int (*write)(struct writer *writer, void *arg), void *arg)
{
	writer->write = write;
	writer->arg = arg;
	return -abs(rte_ctrl_thread_create(&writer->thread, name, NULL, run, writer));
}

static void *
run(void *arg)
{
	struct writer *writer = arg;
	unsigned int nb;
	bool end;

	do {
		/* Nothing comes once this is set, so nothing is left when then nothing is found. */
		end = atomic_load(&writer->end);
		nb = writer->write(writer, writer->arg);
		if (nb == 0 && !end)
			rte_delay_us_sleep(IDLE_US);
	} while (nb > 0 || !end);
	return NULL;
}

void
writer_wrote(struct writer *writer, unsigned int records, size_t bytes, ssize_t written)
{
	if (written == (ssize_t)bytes) {
		writer->records += records;
		writer->bytes += bytes;
		return;
	}
	/* What is written in part found no room for the rest. */
	writer->error = written < 0 ? errno : ENOSPC;
	writer->unwritten += records;
	if (ftruncate(writer->fd, (off_t)writer->bytes) < 0)
		writer->error = errno;
	rte_log(RTE_LOG_ERR, rte_log_register("tailrace.file"),
		"tailrace: event=file_error path=\"%s\" error=\"%s\"\n", writer->path,
		strerror(writer->error));
}

int
writer_finish(struct writer *writer)
{
	struct timespec until;

	atomic_store(&writer->end, true);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FINISH_S;
	return pthread_timedjoin_np(writer->thread, NULL, &until) == 0 ? 0 : -EINPROGRESS;
}

void
writer_end(struct writer *writer)
{
	atomic_store(&writer->end, true);
	pthread_join(writer->thread, NULL);
}

void
writer_close(struct writer *writer)
{
	close(writer->fd);
	free(writer->path);
}

void
writer_remove(struct writer *writer)
{
	unlink(writer->path);
	writer_close(writer);
}

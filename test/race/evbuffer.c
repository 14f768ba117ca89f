/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The reason for the project, executable. A connection's output is a libevent buffer behind a lock;
 * an engine's thread appends to it. To spare allocations under the lock it reserves one region,
 * copies without the lock, and commits:
 *
 *     evbuffer calm     reserve, copy, commit, then the front end writes: as intended
 *     evbuffer copy     reserve, the front end writes and drains, copy: into freed memory
 *     evbuffer commit   reserve, copy, the front end writes and drains, commit: -1, a response lost
 *
 * Two threads hand over by semaphores, so that each run takes the one interleaving. Built with
 * AddressSanitizer; test_evbuffer.py runs it. test_race_submit.c takes the same on our path.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>

static const char first[] = "VALUE first 0 5\r\nfirst\r\nEND\r\n";
static const char second[] = "VALUE second 0 6\r\nsecond\r\nEND\r\n";

/** A connection as both threads see it. */
struct connection {
	struct evbuffer *output;
	pthread_mutex_t lock; /* of output */
	int fd;
};

static struct connection connection = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct evbuffer_iovec region;
static sem_t reserved; /* or copied: the front end's turn */
static sem_t drained; /* the engine's turn */
static bool copy_first;
static int committed;

static void
check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s failed\n", what);
	exit(1);
}

static void
engine_reserve(void)
{
	pthread_mutex_lock(&connection.lock);
	check(evbuffer_reserve_space(connection.output, strlen(second), &region, 1) == 1,
	      "reserve");
	pthread_mutex_unlock(&connection.lock);
}

/* The lock is not held: to copy without it is the point. */
static void __attribute__((noinline)) engine_copy(void)
{
	memcpy(region.iov_base, second, strlen(second));
	region.iov_len = strlen(second);
}

static void
engine_commit(void)
{
	pthread_mutex_lock(&connection.lock);
	committed = evbuffer_commit_space(connection.output, &region, 1);
	pthread_mutex_unlock(&connection.lock);
}

static void *
engine_main(void *arg)
{
	(void)arg;
	engine_reserve();
	if (copy_first)
		engine_copy();
	sem_post(&reserved);
	sem_wait(&drained);
	if (!copy_first)
		engine_copy();
	engine_commit();
	return NULL;
}

/* What is there goes out, and the buffer frees the memory that it was in. */
static void __attribute__((noinline)) front_end_write(size_t bytes)
{
	pthread_mutex_lock(&connection.lock);
	check(evbuffer_write(connection.output, connection.fd) == (int)bytes, "write");
	check(evbuffer_get_length(connection.output) == 0, "drain");
	pthread_mutex_unlock(&connection.lock);
}

static void
expect(int fd, const char *text)
{
	char received[256];

	check(recv(fd, received, strlen(text), MSG_WAITALL) == (ssize_t)strlen(text), "receive");
	check(memcmp(received, text, strlen(text)) == 0, "the comparison of bytes");
}

int
main(int argc, char **argv)
{
	const char *order = argc == 2 ? argv[1] : "";
	bool calm = strcmp(order, "calm") == 0;
	pthread_t engine;
	int fds[2];

	copy_first = strcmp(order, "commit") == 0;
	check(calm || copy_first || strcmp(order, "copy") == 0, "calm, copy or commit");
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
	connection.fd = fds[0];
	connection.output = evbuffer_new();
	check(connection.output != NULL, "evbuffer_new");
	sem_init(&reserved, 0, 0);
	sem_init(&drained, 0, 0);

	/* A response that waits to be sent; the engine reserves behind it. */
	evbuffer_add(connection.output, first, strlen(first));
	check(pthread_create(&engine, NULL, engine_main, NULL) == 0, "pthread_create");
	sem_wait(&reserved);
	if (!calm)
		front_end_write(strlen(first));
	sem_post(&drained);
	pthread_join(engine, NULL);
	if (calm)
		front_end_write(strlen(first) + strlen(second));

	expect(fds[1], first);
	if (calm)
		expect(fds[1], second);
	printf("%s: commit returned %d, %zu bytes wait\n", order, committed,
	       evbuffer_get_length(connection.output));
	evbuffer_free(connection.output);
	close(fds[0]);
	close(fds[1]);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The path that is replaced: the connection's output is a libevent buffer behind its lock, and
 * engine threads append to it.
 *
 * It is spared what a server would pay besides. Nobody is notified of what was appended: the core
 * sees it in a word that it can read without the lock, so that it never takes the lock for nothing.
 * And the bytes are not copied into the kernel.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <rte_common.h>
#include <rte_errno.h>

#include "path.h"
#include "producer.h"
#include "run.h"

/* As many as libevent gives to one writev(). */
#define IOVECS 128

#define PARTS_MAX 4

struct evbuffer_state {
	struct run *run;
	struct evbuffer *buffer;
	/* Under the buffer's lock. */
	uint8_t order[RUN_CREDITS]; /* threads of the responses in the buffer */
	_Atomic uint64_t appended; /* responses; the core reads it without the lock */
	/* By the core. */
	uint64_t drained; /* bytes */
	uint64_t finished; /* responses */
};

static bool append_parts(struct evbuffer *buffer, const struct iovec *parts, unsigned int nb_parts);
static bool append_reserved(struct evbuffer *buffer, const struct iovec *parts,
			    unsigned int nb_parts);
static void produce(struct evbuffer_state *state, struct producer *producer,
		    bool (*append)(struct evbuffer *buffer, const struct iovec *parts,
				   unsigned int nb_parts));
static uint64_t drain(struct evbuffer_state *state);

static void *
evbuffer_create(struct run *run)
{
	struct evbuffer_state *state = calloc(1, sizeof(*state));

	/* Before the first buffer, and again for every later one: it changes nothing then. */
	event_set_mem_functions(count_malloc, count_realloc, free);
	evthread_use_pthreads();

	if (state == NULL)
		goto fail;
	state->run = run;
	state->buffer = evbuffer_new();
	if (state->buffer == NULL || evbuffer_enable_locking(state->buffer, NULL) < 0)
		goto fail;
	return state;
fail:
	if (state != NULL && state->buffer != NULL)
		evbuffer_free(state->buffer);
	free(state);
	rte_errno = ENOMEM;
	return NULL;
}

static void
evbuffer_destroy(void *arg)
{
	struct evbuffer_state *state = arg;

	evbuffer_free(state->buffer);
	free(state);
}

static void
produce_add(void *arg, struct producer *producer)
{
	produce(arg, producer, append_parts);
}

static void
produce_reserve(void *arg, struct producer *producer)
{
	produce(arg, producer, append_reserved);
}

/* For each of the two a copy of its own, in which the call is none. */
static __rte_always_inline void
produce(struct evbuffer_state *state, struct producer *producer,
	bool (*append)(struct evbuffer *buffer, const struct iovec *parts, unsigned int nb_parts))
{
	const struct stream *stream = state->run->config.stream;
	struct stream_header header;
	struct iovec parts[PARTS_MAX] = {
		{&header, sizeof(header)},
		{RTE_PTR_ADD(&stream->extras, 0), STREAM_EXTRAS_BYTES},
		{NULL, STREAM_KEY_BYTES},
		{NULL, stream->value_bytes},
	};
	unsigned int nb_parts = stream->value_bytes > 0 ? PARTS_MAX : PARTS_MAX - 1;
	unsigned int thread = producer->index;

	while (producer_next(producer)) {
		uint64_t number = producer->sent;
		uint64_t appended;
		bool done;

		stream_header_write(&header, stream->value_bytes, thread, number);
		parts[2].iov_base = RTE_PTR_ADD(stream_key(stream, thread, number), 0);
		parts[3].iov_base = RTE_PTR_ADD(stream_value(stream, thread, number), 0);

		evbuffer_lock(state->buffer);
		done = append(state->buffer, parts, nb_parts);
		appended = atomic_load_explicit(&state->appended, memory_order_relaxed);
		state->order[appended % RUN_CREDITS] = thread;
		atomic_store_explicit(&state->appended, appended + 1, memory_order_relaxed);
		evbuffer_unlock(state->buffer);

		/* The core will miss what was not appended, and the run fails. */
		if (unlikely(!done))
			return;
		producer->bytes_copied += stream_response_bytes(stream);
		producer->sent++;
	}
}

static bool
append_parts(struct evbuffer *buffer, const struct iovec *parts, unsigned int nb_parts)
{
	bool done = true;
	unsigned int i;

	for (i = 0; i < nb_parts; i++)
		done &= evbuffer_add(buffer, parts[i].iov_base, parts[i].iov_len) == 0;
	return done;
}

/* The space may be in two pieces: the rest of the last chunk, and a new one. */
static bool
append_reserved(struct evbuffer *buffer, const struct iovec *parts, unsigned int nb_parts)
{
	struct evbuffer_iovec space[2];
	size_t total = 0;
	unsigned int i;
	size_t at = 0;
	int piece = 0;
	int nb;

	for (i = 0; i < nb_parts; i++)
		total += parts[i].iov_len;
	nb = evbuffer_reserve_space(buffer, total, space, RTE_DIM(space));
	if (unlikely(nb <= 0))
		return false;
	for (i = 0; i < nb_parts; i++) {
		const uint8_t *from = parts[i].iov_base;
		size_t left = parts[i].iov_len;

		while (left > 0) {
			size_t len = RTE_MIN(left, space[piece].iov_len - at);

			memcpy((uint8_t *)space[piece].iov_base + at, from, len);
			from += len;
			left -= len;
			at += len;
			if (at == space[piece].iov_len && piece + 1 < nb) {
				piece++;
				at = 0;
			}
		}
	}
	/* What is committed is what was written. */
	space[piece].iov_len = at;
	return evbuffer_commit_space(buffer, space, piece + 1) == 0;
}

/* Send what is there, as libevent's own evbuffer_write() does: peek, write, drain. */
static int
evbuffer_turn(void *arg)
{
	struct evbuffer_state *state = arg;
	struct run *run = state->run;
	const struct stream *stream = run->config.stream;
	uint32_t completed[STREAM_THREADS_MAX] = {0};
	uint64_t before = state->finished;
	uint64_t finished;
	unsigned int i;

	if (atomic_load_explicit(&state->appended, memory_order_relaxed) == state->finished)
		return 0;
	state->drained += drain(state);

	finished = state->drained / stream_response_bytes(stream);
	for (; state->finished < finished; state->finished++)
		completed[state->order[state->finished % RUN_CREDITS]]++;
	for (i = 0; i < stream->nb_threads; i++)
		producer_complete(&run->producers[i], completed[i]);
	return finished - before;
}

static uint64_t
drain(struct evbuffer_state *state)
{
	struct evbuffer_iovec vectors[IOVECS];
	uint64_t bytes = 0;
	int i, nb;

	evbuffer_lock(state->buffer);
	nb = evbuffer_peek(state->buffer, -1, NULL, vectors, IOVECS);
	for (i = 0; i < RTE_MIN(nb, IOVECS); i++) {
		run_sent(state->run, vectors[i].iov_base, vectors[i].iov_len);
		bytes += vectors[i].iov_len;
	}
	evbuffer_drain(state->buffer, bytes);
	evbuffer_unlock(state->buffer);
	return bytes;
}

static const char *
evbuffer_count(const void *arg, struct run_counts *counts)
{
	const struct evbuffer_state *state = arg;
	const struct run *run = state->run;
	unsigned int i;

	counts->allocations += counts->count.allocations;
	for (i = 0; i < run->config.stream->nb_threads; i++)
		counts->bytes_copied += run->producers[i].bytes_copied;
	return NULL;
}

const struct path path_evbuffer_add = {
	.name = "evbuffer-add",
	.help = "a locked evbuffer, one append for each part",
	.create = evbuffer_create,
	.destroy = evbuffer_destroy,
	.produce = produce_add,
	.turn = evbuffer_turn,
	.count = evbuffer_count,
};

const struct path path_evbuffer_reserve = {
	.name = "evbuffer-reserve",
	.help = "a locked evbuffer, all parts into one reserved space",
	.create = evbuffer_create,
	.destroy = evbuffer_destroy,
	.produce = produce_reserve,
	.turn = evbuffer_turn,
	.count = evbuffer_count,
};

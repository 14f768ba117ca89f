/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the source files of lib/submit share: cores, engine threads, producers and their rings.
 *
 * Every field says by a comment who writes it. Counters have one writer each and are read by any
 * thread.
 */
#ifndef SUBMIT_PRIVATE_H
#define SUBMIT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include <rte_common.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "submit.h"

/** A thread that may sleep, and what wakes it. */
struct submit_sleeper {
	atomic_bool sleeping; /* set by the sleeper; cleared by it and by who wakes it */
	int fd; /* eventfd, not blocking */
};

/** A thread that answers: one ring to each core. Written by that thread. */
struct tr_submit_producer {
	struct tr_submit *submit;
	char name[16];
	bool in_use; /* under the lock */
	_Atomic uint64_t responses;
	_Atomic uint64_t wakeups;
#define SUBMIT_STATS_FIELD(name, help) _Atomic uint64_t name;
	SUBMIT_STATS(SUBMIT_STATS_FIELD)
#undef SUBMIT_STATS_FIELD
	struct rte_ring *rings[]; /* by core; struct tr_response */
} __rte_cache_aligned;

/** A core's end of the rings. Written by that core. */
struct submit_core {
	struct submit_sleeper sleeper;
	unsigned int next_producer; /* where the next drain begins */
	uint64_t dispatched; /* bit per thread: dispatched to since the last flush */
} __rte_cache_aligned;

/** An engine thread. Written by itself. */
struct submit_thread {
	struct submit_sleeper sleeper;
	struct tr_submit *submit;
	struct tr_submit_producer *producer;
	pthread_t id;
	unsigned int next_core; /* where the next round begins */
	_Atomic uint64_t executed;
	_Atomic uint64_t pending;
	_Atomic uint64_t sleeps;
	struct rte_ring **rings; /* by core; struct tr_request * */
} __rte_cache_aligned;

struct tr_submit {
	struct submit_config config;
	const struct tr_engine_ops *ops;
	void *engine;
	struct submit_core *cores;
	struct submit_thread *threads;
	unsigned int nb_running; /* threads; control thread */
	atomic_bool stopping;

	/* Slots are filled in order and never emptied: a core reads as many as were published. */
	struct tr_submit_producer *producers[SUBMIT_PRODUCERS_MAX];
	atomic_uint nb_producers;
	pthread_mutex_t lock; /* of slots, among control threads */
};

/** One writer, so no read-modify-write. */
static inline void
submit_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline uint64_t
submit_counter(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/** What waits in a ring. Any thread: rte_ring_count() reads the tails without atomics. */
static inline unsigned int
submit_ring_count(const struct rte_ring *ring)
{
	uint32_t consumed = __atomic_load_n(&ring->cons.tail, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&ring->prod.tail, __ATOMIC_ACQUIRE) - consumed;
}

/** A ring of elements of @p element_bytes for all of a core's credits; NULL with rte_errno. */
struct rte_ring *submit_ring_create(const struct submit_config *config, unsigned int element_bytes);

/** Give responses of one core back, and wake it: one fence for all. The producer's thread. */
void submit_producer_respond(struct tr_submit_producer *producer, unsigned int core,
			     const struct tr_response *responses, unsigned int nb);

/** Free a producer's rings, and release what is left in them. */
void submit_producer_free(struct tr_submit_producer *producer);

/** Create a thread's rings and its producer; 0 or -errno. */
int submit_thread_init(struct submit_thread *thread, struct tr_submit *submit, unsigned int index);

/**
 * Serve every core once, another one first each time: what the thread does over and over. Itself,
 * or whoever plays its part while it was not started.
 *
 * @return
 *   Requests taken.
 */
unsigned int submit_thread_round(struct submit_thread *thread);

/** Free what submit_thread_init() made. */
void submit_thread_deinit(struct submit_thread *thread);

/** 0 or -errno. */
int submit_sleeper_init(struct submit_sleeper *sleeper);

void submit_sleeper_deinit(struct submit_sleeper *sleeper);

/** Say that the thread may sleep. What could wake it is to be looked at afterwards. */
void submit_sleeper_begin(struct submit_sleeper *sleeper);

/** Say that it is awake, and clear the eventfd. */
void submit_sleeper_end(struct submit_sleeper *sleeper);

/** Sleep until the eventfd is written. Between begin and end. */
void submit_sleeper_wait(struct submit_sleeper *sleeper);

/**
 * Wake the thread if it sleeps. After the message was stored, and a full fence.
 *
 * @return
 *   Whether it slept.
 */
bool submit_sleeper_wake(struct submit_sleeper *sleeper);

#endif /* SUBMIT_PRIVATE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * An engine thread of a measurement, and its credits.
 *
 * Credits bound what is in flight on every path alike, without a lock and without an atomic
 * read-modify-write: the thread counts what it sent, the core what it finished, each in a word
 * that only it writes, and the thread waits while they differ by its credits.
 */
#ifndef PRODUCER_H
#define PRODUCER_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_pause.h>

#include "count.h"

/** Empty looks between two yields: who waits may be on the CPU of whom it waits for. */
#define PRODUCER_SPINS 64

struct producer {
	/* Before the start, by the main thread. */
	struct run *run;
	const atomic_bool *stop;
	unsigned int index;
	uint32_t credits; /* a power of two */
	uint64_t quota; /* responses to send, if not stopped before */
	/* By the thread. */
	uint64_t sent;
	uint64_t seen; /* of completed */
	uint64_t bytes_copied;
	struct count count; /* between start and end */
	atomic_bool ended; /* sent is final */
	/* By the core. */
	_Atomic uint64_t completed __rte_cache_aligned;
} __rte_cache_aligned;

/** Wait for a credit; false: stopped. The thread. */
static inline bool
producer_wait(struct producer *producer)
{
	unsigned int spins = 0;

	for (;;) {
		producer->seen = atomic_load_explicit(&producer->completed, memory_order_acquire);
		if (producer->sent - producer->seen < producer->credits)
			return true;
		if (atomic_load_explicit(producer->stop, memory_order_relaxed))
			return false;
		if (++spins % PRODUCER_SPINS == 0)
			sched_yield();
		else
			rte_pause();
	}
}

/** Whether to send another response: its number is producer->sent. The thread. */
static inline bool
producer_next(struct producer *producer)
{
	if (unlikely(producer->sent == producer->quota) ||
	    unlikely(atomic_load_explicit(producer->stop, memory_order_relaxed)))
		return false;
	return likely(producer->sent - producer->seen < producer->credits) ||
	       producer_wait(producer);
}

/** Give credits back: so many responses are through. The core. */
static inline void
producer_complete(struct producer *producer, uint32_t nb)
{
	uint64_t completed = atomic_load_explicit(&producer->completed, memory_order_relaxed);

	atomic_store_explicit(&producer->completed, completed + nb, memory_order_release);
}

#endif /* PRODUCER_H */

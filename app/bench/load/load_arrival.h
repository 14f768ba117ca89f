/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * When a thread's requests are due, whatever becomes of those before: at a steady pace, or as
 * a Poisson process. The schedule does not wait, so it is also the queue of those that are late.
 *
 * Threads: each has its own.
 */
#ifndef LOAD_ARRIVAL_H
#define LOAD_ARRIVAL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "load_random.h"

struct load_arrival {
	struct load_random random;
	bool poisson;
	double interval; /* cycles from one to the next, on average */
	uint64_t start; /* the clock's reading at 0 */
	double next; /* cycles since the start */
};

/** When the next request is due: a reading of the clock. */
static inline uint64_t
load_arrival_due(const struct load_arrival *arrival)
{
	return arrival->start + (uint64_t)arrival->next;
}

/** That one was taken: on to the one after. */
static inline void
load_arrival_take(struct load_arrival *arrival)
{
	if (arrival->poisson)
		arrival->next -= arrival->interval *
				 log(load_random_fraction(load_random_next(&arrival->random)));
	else
		arrival->next += arrival->interval;
}

/**
 * Begin.
 *
 * @param arrival
 *   With poisson set.
 * @param start
 *   The clock's reading.
 * @param interval
 *   Cycles from one to the next, on average.
 * @param phase
 *   Which part of an interval the first one of a steady pace waits, so that threads take turns.
 * @param seed
 *   Of the Poisson process.
 */
static inline void
load_arrival_start(struct load_arrival *arrival, uint64_t start, double interval, double phase,
		   uint64_t seed)
{
	arrival->random.state = seed;
	arrival->start = start;
	arrival->interval = interval;
	arrival->next = interval * phase;
	if (arrival->poisson) {
		arrival->next = 0;
		load_arrival_take(arrival);
	}
}

#endif /* LOAD_ARRIVAL_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Which CPUs the threads of a measurement run on: the core has one of its own where there are two,
 * the engine threads share the others.
 *
 * Threads: the main thread, but for placement_enter_engine().
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include <sched.h>
#include <stddef.h>

struct placement {
	cpu_set_t allowed; /* what the process may use */
	cpu_set_t core;
	cpu_set_t engines;
};

/** Note what the process may use. Before EAL moves the main thread. */
void placement_init(struct placement *placement);

/** The CPU number @p index of those that the process may use, around again after the last. */
unsigned int placement_cpu(const struct placement *placement, unsigned int index);

/** See where EAL put the main thread, which is the core; the rest is for engine threads. */
void placement_settle(struct placement *placement);

/** Move the calling engine thread to its CPU. */
void placement_enter_engine(const struct placement *placement, unsigned int thread);

/** Write the CPUs of a set as "0,2,3". */
void placement_format(const cpu_set_t *cpus, char *text, size_t size);

#endif /* PLACEMENT_H */

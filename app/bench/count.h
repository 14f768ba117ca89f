/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a thread did that costs: locks taken, allocations made.
 *
 * Locks are counted where they are taken, in pthread_mutex_lock() and its like: this program
 * defines these functions itself, so that calls of libevent, of DPDK and of tailrace all pass
 * here on their way to the C library. A zero is therefore a measurement. A recursive lock counts
 * each time it is taken.
 *
 * Threads: any; a thread sees its own counts.
 */
#ifndef COUNT_H
#define COUNT_H

#include <stddef.h>
#include <stdint.h>

struct count {
	uint64_t locks;
	uint64_t allocations; /* through count_malloc() and count_realloc() */
};

/** What the calling thread has done since it began. */
struct count count_now(void);

/** What lies between two counts of one thread is added to @p sum. */
void count_add(struct count *sum, const struct count *before, const struct count *after);

/** For libraries that let their allocator be replaced. */
void *count_malloc(size_t bytes);
void *count_realloc(void *memory, size_t bytes);

#endif /* COUNT_H */

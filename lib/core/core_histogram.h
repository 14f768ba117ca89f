/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A histogram whose buckets grow with the values: each power of two is cut into eight, so that a
 * value is known to an eighth of itself, in a memory that does not grow.
 *
 * Threads: whoever owns it; adding takes no division and no branch that depends on the past.
 */
#ifndef CORE_HISTOGRAM_H
#define CORE_HISTOGRAM_H

#include <stdint.h>

#include <rte_bitops.h>
#include <rte_common.h>

/** Buckets of each power of two, as a power of two. */
#define CORE_HISTOGRAM_SHIFT 3

/** Values have so many bits; longer ones count as the longest. */
#define CORE_HISTOGRAM_BITS 40

/** The first eight values have a bucket each, as those of each power of two after them. */
#define CORE_HISTOGRAM_BUCKETS                                                                     \
	((CORE_HISTOGRAM_BITS - CORE_HISTOGRAM_SHIFT + 1) << CORE_HISTOGRAM_SHIFT)

/** How often each value came; all zero: never. */
struct core_histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t buckets[CORE_HISTOGRAM_BUCKETS];
};

/** The bucket that a value counts in. */
static inline unsigned int
core_histogram_bucket(uint64_t value)
{
	const uint64_t most = RTE_BIT64(CORE_HISTOGRAM_BITS) - 1;
	unsigned int shift;

	value = RTE_MIN(value, most);
	/* Of values below the first power of two that is cut, nothing is lost. */
	shift = 63 - CORE_HISTOGRAM_SHIFT -
		(unsigned int)__builtin_clzll(value | RTE_BIT64(CORE_HISTOGRAM_SHIFT));
	return (shift << CORE_HISTOGRAM_SHIFT) + (unsigned int)(value >> shift);
}

/** Count a value. */
static inline void
core_histogram_add(struct core_histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->sum += value;
	histogram->max = RTE_MAX(histogram->max, value);
	histogram->buckets[core_histogram_bucket(value)]++;
}

/** The largest value that counts in a bucket. */
uint64_t core_histogram_bound(unsigned int bucket);

/** How many values are less than a power of two, which is at most CORE_HISTOGRAM_BITS - 1. */
uint64_t core_histogram_below(const struct core_histogram *histogram, unsigned int power);

/**
 * The value that a share of all does not exceed, rounded up to the bound of its bucket, and never
 * more than the largest there was.
 *
 * @param histogram
 *   What was counted.
 * @param per_mille
 *   The share: 500 is the median.
 * @return
 *   The value; 0 when nothing was counted.
 */
uint64_t core_histogram_quantile(const struct core_histogram *histogram, unsigned int per_mille);

#endif /* CORE_HISTOGRAM_H */

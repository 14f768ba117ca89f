/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Counts of latencies in nanoseconds, with three significant digits: log-linear, in the buckets
 * of HdrHistogram (lowest value 1, 3 digits), so that its figures and files are the same.
 *
 * Threads: each records into its own; they are added up afterwards.
 */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#include <rte_common.h>

/** In a bucket: the first has all of them, the others the upper half. */
#define LOAD_HISTOGRAM_SUB_BUCKETS 2048
#define LOAD_HISTOGRAM_HALF_BITS 10
#define LOAD_HISTOGRAM_BUCKETS 32

/** The largest value that can be told: 73 minutes. Larger ones count as this. */
#define LOAD_HISTOGRAM_MAX                                                                         \
	(((uint64_t)LOAD_HISTOGRAM_SUB_BUCKETS << (LOAD_HISTOGRAM_BUCKETS - 1)) - 1)

#define LOAD_HISTOGRAM_COUNTS ((LOAD_HISTOGRAM_BUCKETS + 1) << LOAD_HISTOGRAM_HALF_BITS)

/** Zeroed to begin with. */
struct load_histogram {
	uint64_t total;
	uint64_t max; /* of what was recorded */
	uint64_t counts[LOAD_HISTOGRAM_COUNTS];
};

/** Which count is that of @p value. */
static inline uint32_t
load_histogram_index(uint64_t value)
{
	/* The least shift that leaves fewer than all sub-buckets. */
	uint32_t shift = 53 - __builtin_clzll(value | (LOAD_HISTOGRAM_SUB_BUCKETS - 1));

	return (shift << LOAD_HISTOGRAM_HALF_BITS) + (uint32_t)(value >> shift);
}

/** Count a value. */
static inline void
load_histogram_record(struct load_histogram *histogram, uint64_t value)
{
	value = RTE_MIN(value, LOAD_HISTOGRAM_MAX);
	histogram->counts[load_histogram_index(value)]++;
	histogram->total++;
	histogram->max = RTE_MAX(histogram->max, value);
}

/** Add the counts of another. */
void load_histogram_add(struct load_histogram *histogram, const struct load_histogram *other);

/** The value that @p percentile percent of all do not exceed, to three digits; 0 without any. */
uint64_t load_histogram_percentile(const struct load_histogram *histogram, double percentile);

/** The mean, to three digits; 0 without any. */
double load_histogram_mean(const struct load_histogram *histogram);

/** Write what HdrHistogram calls a percentile distribution, in microseconds. */
void load_histogram_write(FILE *out, const struct load_histogram *histogram);

#endif /* LOAD_HISTOGRAM_H */

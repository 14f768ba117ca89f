/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_histogram.h"

#include <inttypes.h>
#include <math.h>

/* Lines each time that what is left halves: what HdrHistogram's tools write. */
#define TICKS 5

#define NS_IN_US 1e3

static uint64_t lowest(uint32_t index);
static uint64_t highest(uint32_t index);
static double middle(uint32_t index);
static double deviation(const struct load_histogram *histogram, double mean);
static void write_lines(FILE *out, const struct load_histogram *histogram);

void
load_histogram_add(struct load_histogram *histogram, const struct load_histogram *other)
{
	uint32_t i;

	for (i = 0; i < LOAD_HISTOGRAM_COUNTS; i++)
		histogram->counts[i] += other->counts[i];
	histogram->total += other->total;
	histogram->max = RTE_MAX(histogram->max, other->max);
}

uint64_t
load_histogram_percentile(const struct load_histogram *histogram, double percentile)
{
	uint64_t wanted = percentile / 100 * histogram->total + 0.5;
	uint64_t seen = 0;
	uint32_t i;

	wanted = RTE_MAX(wanted, UINT64_C(1));
	for (i = 0; i < LOAD_HISTOGRAM_COUNTS; i++) {
		seen += histogram->counts[i];
		if (seen >= wanted)
			return highest(i);
	}
	return 0;
}

double
load_histogram_mean(const struct load_histogram *histogram)
{
	double sum = 0;
	uint32_t i;

	if (histogram->total == 0)
		return 0;
	for (i = 0; i < LOAD_HISTOGRAM_COUNTS; i++)
		if (histogram->counts[i] > 0)
			sum += histogram->counts[i] * middle(i);
	return sum / histogram->total;
}

void
load_histogram_write(FILE *out, const struct load_histogram *histogram)
{
	double mean = load_histogram_mean(histogram);

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	write_lines(out, histogram);
	fprintf(out,
		"#[Mean    = %12.3f, StdDeviation   = %12.3f]\n"
		"#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n"
		"#[Buckets = %12u, SubBuckets     = %12u]\n",
		mean / NS_IN_US, deviation(histogram, mean) / NS_IN_US, histogram->max / NS_IN_US,
		histogram->total, LOAD_HISTOGRAM_BUCKETS, LOAD_HISTOGRAM_SUB_BUCKETS);
}

/* A line for each step of the percentile, whose steps become smaller towards 100. */
static void
write_lines(FILE *out, const struct load_histogram *histogram)
{
	double percentile = 0;
	uint64_t seen = 0;
	uint32_t i;

	for (i = 0; i < LOAD_HISTOGRAM_COUNTS && seen < histogram->total; i++) {
		if (histogram->counts[i] == 0)
			continue;
		seen += histogram->counts[i];
		/* The last value has its steps, too, but one line for 100 ends them. */
		while (percentile <= 100.0 * seen / histogram->total) {
			double halvings;

			fprintf(out, "%12.3f %2.12f %10" PRIu64, highest(i) / NS_IN_US,
				percentile / 100, seen);
			if (percentile >= 100) {
				fprintf(out, "\n");
				return;
			}
			fprintf(out, " %14.2f\n", 1 / (1 - percentile / 100));
			if (seen == histogram->total) {
				fprintf(out, "%12.3f %2.12f %10" PRIu64 "\n", highest(i) / NS_IN_US,
					1.0, seen);
				return;
			}
			halvings = floor(log2(100 / (100 - percentile))) + 1;
			percentile += 100 / (TICKS * exp2(halvings));
		}
	}
}

/* The values that share a count. */
static uint64_t
lowest(uint32_t index)
{
	uint32_t bucket = index >> LOAD_HISTOGRAM_HALF_BITS;
	uint32_t shift = bucket > 0 ? bucket - 1 : 0;

	return (uint64_t)(index - (shift << LOAD_HISTOGRAM_HALF_BITS)) << shift;
}

static uint64_t
highest(uint32_t index)
{
	uint32_t bucket = index >> LOAD_HISTOGRAM_HALF_BITS;

	return lowest(index) + (UINT64_C(1) << (bucket > 0 ? bucket - 1 : 0)) - 1;
}

/* As HdrHistogram has it. */
static double
middle(uint32_t index)
{
	return lowest(index) + (highest(index) - lowest(index) + 1) / 2;
}

static double
deviation(const struct load_histogram *histogram, double mean)
{
	double sum = 0;
	uint32_t i;

	if (histogram->total == 0)
		return 0;
	for (i = 0; i < LOAD_HISTOGRAM_COUNTS; i++)
		if (histogram->counts[i] > 0)
			sum += histogram->counts[i] * (middle(i) - mean) * (middle(i) - mean);
	return sqrt(sum / histogram->total);
}

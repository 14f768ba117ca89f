/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_histogram.h"

#define PARTS (1u << CORE_HISTOGRAM_SHIFT)

uint64_t
core_histogram_bound(unsigned int bucket)
{
	unsigned int power = bucket >> CORE_HISTOGRAM_SHIFT;

	if (bucket >= CORE_HISTOGRAM_BUCKETS - 1)
		return UINT64_MAX;
	if (power <= 1)
		return bucket;
	return ((uint64_t)((bucket & (PARTS - 1)) + PARTS + 1) << (power - 1)) - 1;
}

uint64_t
core_histogram_below(const struct core_histogram *histogram, unsigned int power)
{
	unsigned int end = core_histogram_bucket(RTE_BIT64(power)), i;
	uint64_t below = 0;

	for (i = 0; i < end; i++)
		below += histogram->buckets[i];
	return below;
}

uint64_t
core_histogram_quantile(const struct core_histogram *histogram, unsigned int per_mille)
{
	uint64_t below = 0, wanted;
	unsigned int i;

	/* Rounded up, and at least one: the share of which nothing is less is not zero of them. */
	wanted = (uint64_t)(((unsigned __int128)histogram->count * per_mille + 999) / 1000);
	wanted = RTE_MAX(wanted, UINT64_C(1));
	for (i = 0; i < CORE_HISTOGRAM_BUCKETS; i++) {
		below += histogram->buckets[i];
		if (below >= wanted)
			return RTE_MIN(core_histogram_bound(i), histogram->max);
	}
	return 0;
}

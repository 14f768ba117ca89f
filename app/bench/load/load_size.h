/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Sizes of keys and values: one size, sizes between two with equal chances, or those of Facebook's
 * ETC pool as published: Atikoglu et al., "Workload analysis of a large-scale key-value store",
 * SIGMETRICS 2012.
 *
 * Threads: any; a size is not changed.
 */
#ifndef LOAD_SIZE_H
#define LOAD_SIZE_H

#include <stdint.h>

/** memcached's limit for keys. */
#define LOAD_SIZE_KEY_MAX 250
/** Largest value: what a server with a limit of 1 MiB for an item takes with any key. */
#define LOAD_SIZE_VALUE_MAX 1000000

enum load_size_kind { LOAD_SIZE_RANGE, LOAD_SIZE_ETC_KEY, LOAD_SIZE_ETC_VALUE };

struct load_size {
	enum load_size_kind kind;
	uint32_t min; /* bytes; no size is outside */
	uint32_t max;
};

/** The size below which lies the part @p fraction of all, 0 to 1. */
uint32_t load_size_at(const struct load_size *size, double fraction);

#endif /* LOAD_SIZE_H */

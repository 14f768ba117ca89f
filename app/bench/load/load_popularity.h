/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Which key is asked for next: all with the same chance, or by Zipf's law, where the key of rank k
 * has a chance proportional to k^-s.
 *
 * Zipf draws by rejection-inversion (Hoermann and Derflinger, "Rejection-inversion to generate
 * variates from monotone discrete distributions", 1996): exact, in constant time and memory.
 *
 * Threads: any; a popularity is not changed.
 */
#ifndef LOAD_POPULARITY_H
#define LOAD_POPULARITY_H

#include <stdint.h>

#include "load_random.h"

struct load_popularity {
	uint32_t nb_keys;
	double s; /* 0: all the same */
	double first; /* the integral up to the first rank's begin, and the last one's end */
	double last;
	double accepted; /* distance within which nothing is rejected */
};

/** Prepare for @p nb_keys keys, 1 at least, and an exponent of 0 at least. */
void load_popularity_init(struct load_popularity *popularity, uint32_t nb_keys, double s);

/** Draw a key: its rank, from 0. */
uint32_t load_popularity_next(const struct load_popularity *popularity, struct load_random *random);

#endif /* LOAD_POPULARITY_H */

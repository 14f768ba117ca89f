/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Random numbers that depend on their seed alone, so that a run can be replayed bit for bit.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
	uint64_t state;
};

/** The next 64 bits (SplitMix64, Steele et al. 2014). */
static inline uint64_t
sim_random_next(struct sim_random *random)
{
	uint64_t z = (random->state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/** A number from 0 to @p bound - 1; 0 when there is none. */
static inline uint64_t
sim_random_below(struct sim_random *random, uint64_t bound)
{
	return bound > 0 ? sim_random_next(random) % bound : 0;
}

/** True for @p ppm of a million calls. */
static inline bool
sim_random_chance(struct sim_random *random, uint32_t ppm)
{
	return sim_random_below(random, 1000000) < ppm;
}

#endif /* SIM_RANDOM_H */

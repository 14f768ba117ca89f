/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Random numbers that depend on their seed alone, so that a run can be repeated.
 *
 * Threads: each has its own.
 */
#ifndef LOAD_RANDOM_H
#define LOAD_RANDOM_H

#include <stdint.h>

struct load_random {
	uint64_t state;
};

/** Mix the bits of a number (the output function of SplitMix64, Steele et al. 2014). */
static inline uint64_t
load_random_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/** The next 64 bits. */
static inline uint64_t
load_random_next(struct load_random *random)
{
	return load_random_mix(random->state += 0x9e3779b97f4a7c15ull);
}

/** 64 random bits as a number above 0 and below 1. */
static inline double
load_random_fraction(uint64_t bits)
{
	return ((bits >> 12) + 0.5) * 0x1p-52;
}

/** A number from 0 to @p bound - 1. */
static inline uint32_t
load_random_below(struct load_random *random, uint32_t bound)
{
	return ((load_random_next(random) >> 32) * bound) >> 32;
}

#endif /* LOAD_RANDOM_H */

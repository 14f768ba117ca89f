/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The keys of a workload: for each its name and its value, both made of its number, so that any
 * thread can ask for any key and tell whether an answer is right.
 *
 * Threads: any reads.
 */
#ifndef LOAD_KEYS_H
#define LOAD_KEYS_H

#include <stdint.h>

#include "load_size.h"

/** Most keys. */
#define LOAD_KEYS_MAX (64u << 20)

struct load_key {
	uint32_t value_bytes;
	uint8_t key_bytes;
};

struct load_keys {
	uint32_t nb_keys;
	unsigned int nb_digits; /* of a number, at the begin of each name */
	uint64_t seed;
	struct load_key *keys; /* by number */
	uint8_t *pattern; /* what values are cut from */
	uint32_t value_max;
};

/** Fewest bytes of a name that tell @p nb_keys keys apart. */
unsigned int load_keys_digits(uint32_t nb_keys);

/**
 * Make the keys.
 *
 * @return
 *   0 or -ENOMEM.
 */
int load_keys_init(struct load_keys *keys, uint32_t nb_keys, const struct load_size *key_size,
		   const struct load_size *value_size, uint64_t seed);

/** Free them. */
void load_keys_deinit(struct load_keys *keys);

/** Write the name of a key, at most LOAD_SIZE_KEY_MAX bytes without an end, and return its length.
 */
uint32_t load_keys_name(const struct load_keys *keys, uint32_t number, char *name);

/** The value of a key: value_bytes of them. */
const uint8_t *load_keys_value(const struct load_keys *keys, uint32_t number);

#endif /* LOAD_KEYS_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "load_random.h"

/* Values begin anywhere in the first part of the pattern. */
#define STARTS 65536

static const char digits[32] = "abcdefghijklmnopqrstuvwxyz234567";
static const char filler[] = "a-tailrace-is-the-channel-that-carries-water-away-from-an-engine-";

static void make_sizes(struct load_keys *keys, const struct load_size *key_size,
		       const struct load_size *value_size);
static int make_pattern(struct load_keys *keys);

unsigned int
load_keys_digits(uint32_t nb_keys)
{
	unsigned int nb = 1;

	while (nb_keys > 1ull << (5 * nb))
		nb++;
	return nb;
}

int
load_keys_init(struct load_keys *keys, uint32_t nb_keys, const struct load_size *key_size,
	       const struct load_size *value_size, uint64_t seed)
{
	*keys = (struct load_keys){
		.nb_keys = nb_keys,
		.nb_digits = load_keys_digits(nb_keys),
		.seed = seed,
		.keys = calloc(nb_keys, sizeof(keys->keys[0])),
	};
	if (keys->keys == NULL)
		return -ENOMEM;
	make_sizes(keys, key_size, value_size);
	if (make_pattern(keys) < 0) {
		load_keys_deinit(keys);
		return -ENOMEM;
	}
	return 0;
}

static void
make_sizes(struct load_keys *keys, const struct load_size *key_size,
	   const struct load_size *value_size)
{
	struct load_random random = {.state = keys->seed};
	uint32_t i, bytes;

	for (i = 0; i < keys->nb_keys; i++) {
		bytes = load_size_at(key_size, load_random_fraction(load_random_next(&random)));
		keys->keys[i].key_bytes = RTE_MAX(bytes, keys->nb_digits);
		bytes = load_size_at(value_size, load_random_fraction(load_random_next(&random)));
		keys->keys[i].value_bytes = bytes;
		keys->value_max = RTE_MAX(keys->value_max, bytes);
	}
}

static int
make_pattern(struct load_keys *keys)
{
	size_t words = (STARTS + (size_t)keys->value_max) / sizeof(uint64_t) + 1;
	struct load_random random = {.state = ~keys->seed};
	uint64_t *pattern = malloc(words * sizeof(pattern[0]));
	size_t i;

	if (pattern == NULL)
		return -ENOMEM;
	for (i = 0; i < words; i++)
		pattern[i] = load_random_next(&random);
	keys->pattern = (uint8_t *)pattern;
	return 0;
}

void
load_keys_deinit(struct load_keys *keys)
{
	free(keys->pattern);
	free(keys->keys);
}

uint32_t
load_keys_name(const struct load_keys *keys, uint32_t number, char *name)
{
	uint32_t bytes = keys->keys[number].key_bytes;
	uint32_t at, part;

	for (at = 0; at < keys->nb_digits; at++)
		name[at] = digits[(number >> (5 * at)) & 31];
	for (; at < bytes; at += part) {
		part = RTE_MIN(bytes - at, sizeof(filler) - 1);
		memcpy(name + at, filler, part);
	}
	return bytes;
}

const uint8_t *
load_keys_value(const struct load_keys *keys, uint32_t number)
{
	return keys->pattern + load_random_mix(keys->seed + number) % STARTS;
}

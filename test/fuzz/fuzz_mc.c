/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A stream of text or binary requests, played twice to the core of mc's unit tests: all at once to
 * a kind one, and in pieces to an unkind one. Both answer the same.
 */
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "mc_test_host.h"

#define CREDITS_MAX 16
#define PERCENT_MAX 60
#define VALUE_MAX 64
#define GENERAL_STAT "curr_connections"
#define OPTION_BY_REFERENCE 0x01
#define OPTION_CHUNK_RANDOM 0x02

static uint8_t *answer(const struct fuzz_input *input, const struct mc_test_options *options,
		       size_t *len, bool *closing);

void
fuzz_setup(void)
{
	mc_test_group_setup(NULL);
}

void
fuzz_run(struct fuzz_input *input)
{
	const struct mc_test_options kind = {.value_max = VALUE_MAX};
	struct mc_test_options unkind = {.value_max = VALUE_MAX};
	uint8_t flags = fuzz_8(input);
	size_t expected_len, got_len;
	uint8_t *expected, *got;
	bool closes, closed;

	unkind.by_reference = flags & OPTION_BY_REFERENCE;
	unkind.chunk_random = flags & OPTION_CHUNK_RANDOM;
	unkind.credits = 1 + fuzz_8(input) % CREDITS_MAX;
	unkind.chunk = fuzz_8(input);
	unkind.late_percent = fuzz_8(input) % PERCENT_MAX;
	unkind.again_percent = fuzz_8(input) % PERCENT_MAX;
	unkind.starved_percent = fuzz_8(input) % PERCENT_MAX;
	unkind.seed = fuzz_16(input);
	expected = answer(input, &kind, &expected_len, &closes);
	got = answer(input, &unkind, &got_len, &closed);
	fuzz_check(closes == closed);
	/* Counters tell of what was parsed meanwhile. */
	if (memmem(expected, expected_len, GENERAL_STAT, strlen(GENERAL_STAT)) == NULL) {
		fuzz_check(got_len == expected_len);
		fuzz_check(got_len == 0 || memcmp(got, expected, got_len) == 0);
	}
	free(expected);
	free(got);
}

static uint8_t *
answer(const struct fuzz_input *input, const struct mc_test_options *options, size_t *len,
       bool *closing)
{
	struct mc_test *test = mc_test_create(options);
	const uint8_t *taken;
	uint8_t *copy;

	mc_test_send(test, input->at, input->left);
	taken = mc_test_take(test, len);
	*closing = mc_test_closing(test);
	copy = malloc(*len + 1);
	fuzz_check(copy != NULL);
	if (*len > 0)
		memcpy(copy, taken, *len);
	mc_test_destroy(test);
	return copy;
}

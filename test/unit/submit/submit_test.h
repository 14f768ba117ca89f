/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the tests of lib/submit share: proof that each gives back EAL's memory.
 */
#ifndef SUBMIT_TEST_H
#define SUBMIT_TEST_H

#include <stdint.h>

/** A deterministic number below @p below. */
static inline uint32_t
submit_test_random(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*seed >> 33) % below;
}

/** How often threads meet in a test: TR_STRESS, or @p otherwise. */
unsigned int submit_test_rounds(unsigned int otherwise);

/** The seed of this run: TR_SEED or the time; printed. */
uint64_t submit_test_seed(void);

/** Initialise EAL. */
int submit_test_group_setup(void **state);

/** Tie the calling thread to a CPU: to another one for another @p index, if there is another. */
void submit_test_pin(unsigned int index);

/** Let threads run on every CPU, and remember how much EAL memory is allocated; compare. */
int submit_test_setup(void **state);
int submit_test_teardown(void **state);

#define SUBMIT_TEST(test)                                                                          \
	cmocka_unit_test_setup_teardown(test, submit_test_setup, submit_test_teardown)

#endif /* SUBMIT_TEST_H */

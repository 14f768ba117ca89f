/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ewouldblock_fixture.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static uint64_t
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
assert_in_order(const uint32_t *indexes, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		assert_int_equal(indexes[i], i);
}

static void
test_late_is_not_before_its_time(void **state)
{
	uint32_t indexes[3];
	uint64_t begin_us;

	(void)state;
	fixture_open("answer=late,delay_us=30000,inner=fake");
	begin_us = clock_us();
	fixture_pend(3);
	fixture_expect(3, indexes);
	assert_true(clock_us() - begin_us >= 30000);
	assert_in_order(indexes, 3);
}

static void
test_burst_waits_until_it_is_full(void **state)
{
	uint32_t indexes[8];

	(void)state;
	fixture_open("answer=burst,window=4," FIXTURE_LONG ",inner=fake");
	fixture_pend(3);
	fixture_expect_none();
	fixture_execute(3, TR_ENGINE_GET);
	fixture_execute(4, TR_ENGINE_GET);
	fixture_expect(4, indexes);
	assert_in_order(indexes, 4);
	fixture_expect_none();
	assert_int_equal(fixture_stat("ewouldblock_pending"), 1);
	/* It is not withheld: it waits for others. */
	assert_int_equal(fixture_stat("ewouldblock_withheld"), 0);
}

static void
test_burst_waits_no_longer_than_its_oldest(void **state)
{
	uint32_t indexes[3];

	(void)state;
	fixture_open("answer=burst,window=100,delay_us=1000,inner=fake");
	fixture_pend(3);
	fixture_expect(3, indexes);
	assert_in_order(indexes, 3);
}

/* The order of 16 answers in two windows. */
static void
shuffle(const char *args, uint32_t *indexes)
{
	bool seen[16] = {0};
	unsigned int i;

	fixture_open(args);
	fixture_pend(16);
	fixture_expect(16, indexes);
	for (i = 0; i < 16; i++) {
		assert_int_equal(indexes[i] / 8, i / 8);
		assert_false(seen[indexes[i]]);
		seen[indexes[i]] = true;
	}
	tr_engine_close(&fixture.engine);
}

static void
test_shuffle_follows_its_seed(void **state)
{
	uint32_t first[16], again[16], other[16];
	unsigned int i;

	(void)state;
	shuffle("answer=shuffled,window=8,seed=5," FIXTURE_LONG ",inner=fake", first);
	shuffle("answer=shuffled,window=8,seed=5," FIXTURE_LONG ",inner=fake", again);
	shuffle("answer=shuffled,window=8,seed=6," FIXTURE_LONG ",inner=fake", other);
	assert_memory_equal(first, again, sizeof(first));
	assert_memory_not_equal(first, other, sizeof(first));
	for (i = 0; i < 8 && first[i] == i; i++)
		;
	assert_in_range(i, 0, 7);
}

static void
test_never_until_released(void **state)
{
	uint32_t indexes[3];

	(void)state;
	fixture_open("answer=never,delay_us=0,inner=fake");
	fixture_pend(3);
	fixture_expect_none();
	assert_int_equal(fixture_stat("ewouldblock_pending"), 3);
	assert_int_equal(fixture_stat("ewouldblock_withheld"), 3);
	assert_string_equal(fixture_control("release", 0), "releases 3");
	fixture_expect(3, indexes);
	assert_in_order(indexes, 3);
	/* Then as before. */
	fixture_pend(1);
	fixture_expect_none();
	assert_int_equal(fixture_stat("ewouldblock_withheld"), 1);
	assert_int_equal(fixture_stat("ewouldblock_made_pending"), 4);
	assert_int_equal(fixture_stat("ewouldblock_answered_late"), 3);
	assert_string_equal(fixture_control("release", 0), "releases 1");
	fixture_expect(1, indexes);
	assert_string_equal(fixture_control("release", 0), "releases 0");
}

static void
test_hold_until_released(void **state)
{
	uint32_t indexes[4];

	(void)state;
	fixture_open("answer=late,delay_us=0,inner=fake");
	fixture_pend(1);
	fixture_expect(1, indexes);
	fixture_control("hold", 0);
	fixture_pend(4);
	fixture_expect_none();
	assert_int_equal(fixture_stat("ewouldblock_withheld"), 4);
	assert_string_equal(fixture_control("release", 0), "releases 4");
	fixture_expect(4, indexes);
	assert_in_order(indexes, 4);
	fixture_pend(1);
	fixture_expect(1, indexes);
}

static void
test_release_spares_a_delay(void **state)
{
	uint32_t indexes[20];

	(void)state;
	fixture_open("answer=late,window=3," FIXTURE_LONG ",inner=fake");
	fixture_pend(20);
	assert_string_equal(fixture_control("release", 0), "releases 20");
	fixture_expect(20, indexes);
	assert_in_order(indexes, 20);
}

static void
test_commands_are_explained(void **state)
{
	(void)state;
	fixture_open("inner=fake");
	assert_string_equal(fixture_control("let go", -EINVAL),
			    "no command \"let go\"; hold or release would do");
	assert_string_equal(fixture_control("", -EINVAL),
			    "no command \"\"; hold or release would do");
}

static void
test_every_credit_can_be_pending(void **state)
{
	uint32_t indexes[FIXTURE_CREDITS];
	struct tr_response response;
	unsigned int round;
	unsigned int i;

	(void)state;
	fixture_open("answer=never,window=7,inner=fake");
	for (round = 0; round < 3; round++) {
		fixture_pend(FIXTURE_CORES * FIXTURE_CREDITS);
		assert_string_equal(fixture_control("release", 0), "releases 128");
		fixture_expect(FIXTURE_CREDITS, indexes);
		assert_in_order(indexes, FIXTURE_CREDITS);
		/* The other core's are the younger: wait for the last. */
		for (i = 0; i < FIXTURE_CREDITS;) {
			if (submit_drain(fixture.submit, 1, &response, 1) == 0)
				continue;
			assert_int_equal(submit_token_index(response.token), i++);
			fixture_release(&response);
		}
	}
	assert_int_equal(fixture_stat("ewouldblock_made_pending"), 3 * 128);
	assert_int_equal(fixture_stat("ewouldblock_pending"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_late_is_not_before_its_time),
		FIXTURE_TEST(test_burst_waits_until_it_is_full),
		FIXTURE_TEST(test_burst_waits_no_longer_than_its_oldest),
		FIXTURE_TEST(test_shuffle_follows_its_seed),
		FIXTURE_TEST(test_never_until_released),
		FIXTURE_TEST(test_hold_until_released),
		FIXTURE_TEST(test_release_spares_a_delay),
		FIXTURE_TEST(test_commands_are_explained),
		FIXTURE_TEST(test_every_credit_can_be_pending),
	};

	return cmocka_run_group_tests(tests, fixture_group_setup, NULL);
}

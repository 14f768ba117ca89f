/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include <rte_common.h>

#include "tcp_wheel.h"

#define MS 1000
/* Of the cases in which one timer of its owner runs. */
#define KIND 2

static struct tcp_wheel_timers *
expire(struct tcp_wheel *wheel, uint64_t now_us)
{
	unsigned int kind = UINT32_MAX;
	struct tcp_wheel_timers *timers = tcp_wheel_expire(wheel, now_us, &kind);

	assert_int_equal(kind, timers != NULL ? KIND : UINT32_MAX);
	return timers;
}

static void
test_expires_at_the_tick_and_not_before(void **state)
{
	static const uint64_t delays_ms[] = {1,	   2,	 63,   64,     65,     127,	 128,
					     4095, 4096, 4097, 100000, 262144, 16777216, 268435456};
	struct tcp_wheel_timers timer;
	struct tcp_wheel wheel;
	uint64_t start_us, due_us;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(delays_ms); i++) {
		for (start_us = 0; start_us < 300 * MS; start_us += 61 * MS) {
			memset(&timer, 0, sizeof(timer));
			tcp_wheel_init(&wheel, start_us);
			due_us = start_us + delays_ms[i] * MS;
			tcp_wheel_start(&wheel, &timer, KIND, due_us);
			assert_true(tcp_wheel_next_us(&wheel) <= due_us);
			assert_null(expire(&wheel, due_us - 1));
			assert_true(tcp_wheel_running(&timer, KIND));
			assert_ptr_equal(expire(&wheel, due_us), &timer);
			assert_false(tcp_wheel_running(&timer, KIND));
			assert_int_equal(tcp_wheel_next_us(&wheel), UINT64_MAX);
		}
	}
}

static void
test_time_between_ticks_rounds_up(void **state)
{
	struct tcp_wheel_timers timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 10 * MS + 300);
	tcp_wheel_start(&wheel, &timer, KIND, 12 * MS + 1);
	assert_null(expire(&wheel, 12 * MS + 999));
	assert_int_equal(tcp_wheel_next_us(&wheel), 13 * MS);
	assert_ptr_equal(expire(&wheel, 13 * MS), &timer);
}

static void
test_past_is_due_now(void **state)
{
	struct tcp_wheel_timers timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 1000 * MS);
	tcp_wheel_start(&wheel, &timer, KIND, 5 * MS);
	assert_ptr_equal(expire(&wheel, 1000 * MS), &timer);
	tcp_wheel_start(&wheel, &timer, KIND, 2000 * MS);
	tcp_wheel_remove(&wheel, &timer);
	assert_null(expire(&wheel, UINT64_MAX));
}

/* Nobody looks at a wheel on which nothing stands; its ticks have more than 32 bits then. */
static void
test_empty_for_years(void **state)
{
	struct tcp_wheel_timers timer = {0};
	struct tcp_wheel wheel;
	uint64_t now_us;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	for (now_us = 5 * MS; now_us < UINT64_C(1) << 56; now_us = now_us * 7 / MS * MS) {
		tcp_wheel_start(&wheel, &timer, KIND, now_us + TCP_WHEEL_DELAY_MAX_US);
		tcp_wheel_start(&wheel, &timer, KIND, now_us + 70 * MS);
		assert_null(expire(&wheel, now_us + 69 * MS));
		assert_ptr_equal(expire(&wheel, now_us + 70 * MS), &timer);
	}
}

/* They stand in one place: each expires when it is due all the same. */
static void
test_timers_of_one_owner(void **state)
{
	struct tcp_wheel_timers timers = {0};
	struct tcp_wheel wheel;
	unsigned int kind;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	tcp_wheel_start(&wheel, &timers, 0, 300 * MS);
	tcp_wheel_start(&wheel, &timers, 1, 100 * MS);
	tcp_wheel_start(&wheel, &timers, 2, 200 * MS);
	tcp_wheel_start(&wheel, &timers, 3, 100 * MS);
	tcp_wheel_stop(&timers, 2);
	assert_int_equal(tcp_wheel_next_us(&wheel), 100 * MS);
	assert_ptr_equal(tcp_wheel_expire(&wheel, 250 * MS, &kind), &timers);
	assert_int_equal(kind, 1);
	assert_ptr_equal(tcp_wheel_expire(&wheel, 250 * MS, &kind), &timers);
	assert_int_equal(kind, 3);
	assert_null(tcp_wheel_expire(&wheel, 250 * MS, &kind));
	assert_true(tcp_wheel_running(&timers, 0));
	assert_ptr_equal(tcp_wheel_expire(&wheel, 300 * MS, &kind), &timers);
	assert_int_equal(kind, 0);
	assert_int_equal(tcp_wheel_next_us(&wheel), UINT64_MAX);
}

static void
test_stopped_does_not_expire(void **state)
{
	struct tcp_wheel_timers timers[3] = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	for (unsigned int i = 0; i < RTE_DIM(timers); i++)
		tcp_wheel_start(&wheel, &timers[i], KIND, 100 * MS);
	tcp_wheel_stop(&timers[1], KIND);
	tcp_wheel_stop(&timers[1], KIND);
	tcp_wheel_start(&wheel, &timers[2], KIND, 200 * MS);
	assert_ptr_equal(expire(&wheel, 150 * MS), &timers[0]);
	assert_null(expire(&wheel, 150 * MS));
	tcp_wheel_stop(&timers[2], KIND);
	assert_null(expire(&wheel, 200 * MS));
	assert_int_equal(tcp_wheel_next_us(&wheel), UINT64_MAX);
}

/* As for each segment: what stops and starts again and again costs the wheel one look. */
static void
test_put_off_stands_where_it_was(void **state)
{
	struct tcp_wheel_timers timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	tcp_wheel_start(&wheel, &timer, KIND, 100 * MS);
	tcp_wheel_start(&wheel, &timer, KIND, 300 * MS);
	tcp_wheel_stop(&timer, KIND);
	assert_false(tcp_wheel_running(&timer, KIND));
	tcp_wheel_start(&wheel, &timer, KIND, 250 * MS + 1);
	assert_int_equal(tcp_wheel_next_us(&wheel), 100 * MS);
	assert_null(expire(&wheel, 100 * MS));
	assert_true(tcp_wheel_running(&timer, KIND));
	assert_null(expire(&wheel, 251 * MS - 1));
	assert_ptr_equal(expire(&wheel, 251 * MS), &timer);
}

static void
test_put_forward_expires_earlier(void **state)
{
	struct tcp_wheel_timers timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	tcp_wheel_start(&wheel, &timer, KIND, 100 * MS);
	tcp_wheel_start(&wheel, &timer, KIND, 99 * MS + 1);
	assert_null(expire(&wheel, 99 * MS));
	tcp_wheel_start(&wheel, &timer, KIND, 99 * MS);
	assert_ptr_equal(expire(&wheel, 99 * MS), &timer);
	/* Stopped, and started again earlier than it stands. */
	tcp_wheel_start(&wheel, &timer, KIND, 200 * MS);
	tcp_wheel_stop(&timer, KIND);
	tcp_wheel_start(&wheel, &timer, KIND, 110 * MS);
	assert_int_equal(tcp_wheel_next_us(&wheel), 110 * MS);
	assert_ptr_equal(expire(&wheel, 110 * MS), &timer);
	assert_null(expire(&wheel, 300 * MS));
}

/* Its memory is used for something else then. */
static void
test_removed_is_not_touched(void **state)
{
	struct tcp_wheel_timers timers[3] = {0}, gone;
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	for (unsigned int i = 0; i < RTE_DIM(timers); i++)
		tcp_wheel_start(&wheel, &timers[i], KIND, 100 * MS);
	tcp_wheel_stop(&timers[1], KIND);
	tcp_wheel_remove(&wheel, &timers[1]);
	tcp_wheel_remove(&wheel, &timers[1]);
	memset(&timers[1], 0x5a, sizeof(timers[1]));
	gone = timers[1];
	assert_non_null(expire(&wheel, 100 * MS));
	assert_non_null(expire(&wheel, 100 * MS));
	assert_null(expire(&wheel, 100 * MS));
	assert_memory_equal(&timers[1], &gone, sizeof(gone));
}

/* Against the plain truth: an array that is searched. On the way ticks outgrow 32 bits. */
static void
test_random_against_an_array(void **state)
{
	static struct tcp_wheel_timers timers[125];
	static uint64_t due[RTE_DIM(timers)][TCP_WHEEL_TIMERS];
	struct tcp_wheel_timers *expired;
	struct tcp_wheel wheel;
	uint64_t now = (UINT64_C(1) << 32) * MS - 2000000123, tick, first;
	unsigned int i, kind, round, seed = 7;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	tcp_wheel_init(&wheel, now);
	for (round = 0; round < 20000; round++) {
		i = random() % RTE_DIM(timers);
		kind = random() % TCP_WHEEL_TIMERS;
		switch (random() % 16) {
		case 0:
			tcp_wheel_remove(&wheel, &timers[i]);
			memset(due[i], 0, sizeof(due[i]));
			break;
		case 1:
		case 2:
		case 3:
			tcp_wheel_stop(&timers[i], kind);
			due[i][kind] = 0;
			break;
		default:
			due[i][kind] = now + 1 + random() % (UINT64_C(1) << random() % 36);
			tcp_wheel_start(&wheel, &timers[i], kind, due[i][kind]);
		}
		now += random() % (UINT64_C(1) << random() % 24);
		tick = now / MS * MS;
		while ((expired = tcp_wheel_expire(&wheel, now, &kind)) != NULL) {
			assert_true(due[expired - timers][kind] != 0);
			assert_true(due[expired - timers][kind] <= tick);
			due[expired - timers][kind] = 0;
		}
		first = UINT64_MAX;
		for (i = 0; i < RTE_DIM(timers) * TCP_WHEEL_TIMERS; i++) {
			const uint64_t at = due[i / TCP_WHEEL_TIMERS][i % TCP_WHEEL_TIMERS];

			assert_true(at == 0 || at > tick);
			assert_int_equal(tcp_wheel_running(&timers[i / TCP_WHEEL_TIMERS],
							   i % TCP_WHEEL_TIMERS),
					 at != 0);
			if (at != 0)
				first = RTE_MIN(first, at + MS - 1);
		}
		assert_true(tcp_wheel_next_us(&wheel) <= first);
		assert_true(tcp_wheel_next_us(&wheel) > tick);
	}
	assert_true(now > (UINT64_C(1) << 32) * MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expires_at_the_tick_and_not_before),
		cmocka_unit_test(test_time_between_ticks_rounds_up),
		cmocka_unit_test(test_past_is_due_now),
		cmocka_unit_test(test_empty_for_years),
		cmocka_unit_test(test_timers_of_one_owner),
		cmocka_unit_test(test_stopped_does_not_expire),
		cmocka_unit_test(test_put_off_stands_where_it_was),
		cmocka_unit_test(test_put_forward_expires_earlier),
		cmocka_unit_test(test_removed_is_not_touched),
		cmocka_unit_test(test_random_against_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

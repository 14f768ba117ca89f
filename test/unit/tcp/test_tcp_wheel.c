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

static void
test_expires_at_the_tick_and_not_before(void **state)
{
	static const uint64_t delays_ms[] = {
		1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 100000, 262144, 16777216, 5000000000};
	struct tcp_wheel_timer timer;
	struct tcp_wheel wheel;
	uint64_t start_us, due_us;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(delays_ms); i++) {
		for (start_us = 0; start_us < 300 * MS; start_us += 61 * MS) {
			memset(&timer, 0, sizeof(timer));
			tcp_wheel_init(&wheel, start_us);
			due_us = start_us + delays_ms[i] * MS;
			tcp_wheel_start(&wheel, &timer, due_us);
			assert_true(tcp_wheel_next_us(&wheel) <= due_us);
			assert_null(tcp_wheel_expire(&wheel, due_us - 1));
			assert_true(tcp_wheel_running(&timer));
			assert_ptr_equal(tcp_wheel_expire(&wheel, due_us), &timer);
			assert_false(tcp_wheel_running(&timer));
			assert_int_equal(tcp_wheel_next_us(&wheel), UINT64_MAX);
		}
	}
}

static void
test_time_between_ticks_rounds_up(void **state)
{
	struct tcp_wheel_timer timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 10 * MS + 300);
	tcp_wheel_start(&wheel, &timer, 12 * MS + 1);
	assert_null(tcp_wheel_expire(&wheel, 12 * MS + 999));
	assert_int_equal(tcp_wheel_next_us(&wheel), 13 * MS);
	assert_ptr_equal(tcp_wheel_expire(&wheel, 13 * MS), &timer);
}

static void
test_past_is_due_now(void **state)
{
	struct tcp_wheel_timer timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 1000 * MS);
	tcp_wheel_start(&wheel, &timer, 5 * MS);
	assert_ptr_equal(tcp_wheel_expire(&wheel, 1000 * MS), &timer);
	tcp_wheel_start(&wheel, &timer, UINT64_MAX);
	assert_null(tcp_wheel_expire(&wheel, UINT64_C(1) << 60));
	tcp_wheel_remove(&wheel, &timer);
	assert_null(tcp_wheel_expire(&wheel, UINT64_MAX));
}

static void
test_stopped_does_not_expire(void **state)
{
	struct tcp_wheel_timer timers[3] = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	for (unsigned int i = 0; i < RTE_DIM(timers); i++)
		tcp_wheel_start(&wheel, &timers[i], 100 * MS);
	tcp_wheel_stop(&timers[1]);
	tcp_wheel_stop(&timers[1]);
	tcp_wheel_start(&wheel, &timers[2], 200 * MS);
	assert_ptr_equal(tcp_wheel_expire(&wheel, 150 * MS), &timers[0]);
	assert_null(tcp_wheel_expire(&wheel, 150 * MS));
	tcp_wheel_stop(&timers[2]);
	assert_null(tcp_wheel_expire(&wheel, 200 * MS));
	assert_int_equal(tcp_wheel_next_us(&wheel), UINT64_MAX);
}

/* As for each segment: what stops and starts again and again costs the wheel one look. */
static void
test_put_off_stands_where_it_was(void **state)
{
	struct tcp_wheel_timer timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	tcp_wheel_start(&wheel, &timer, 100 * MS);
	tcp_wheel_start(&wheel, &timer, 300 * MS);
	tcp_wheel_stop(&timer);
	assert_false(tcp_wheel_running(&timer));
	tcp_wheel_start(&wheel, &timer, 250 * MS + 1);
	assert_int_equal(tcp_wheel_next_us(&wheel), 100 * MS);
	assert_null(tcp_wheel_expire(&wheel, 100 * MS));
	assert_true(tcp_wheel_running(&timer));
	assert_null(tcp_wheel_expire(&wheel, 251 * MS - 1));
	assert_ptr_equal(tcp_wheel_expire(&wheel, 251 * MS), &timer);
}

static void
test_put_forward_expires_earlier(void **state)
{
	struct tcp_wheel_timer timer = {0};
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	tcp_wheel_start(&wheel, &timer, 100 * MS);
	tcp_wheel_start(&wheel, &timer, 99 * MS + 1);
	assert_null(tcp_wheel_expire(&wheel, 99 * MS));
	tcp_wheel_start(&wheel, &timer, 99 * MS);
	assert_ptr_equal(tcp_wheel_expire(&wheel, 99 * MS), &timer);
	/* Stopped, and started again earlier than it stands. */
	tcp_wheel_start(&wheel, &timer, 200 * MS);
	tcp_wheel_stop(&timer);
	tcp_wheel_start(&wheel, &timer, 110 * MS);
	assert_int_equal(tcp_wheel_next_us(&wheel), 110 * MS);
	assert_ptr_equal(tcp_wheel_expire(&wheel, 110 * MS), &timer);
	assert_null(tcp_wheel_expire(&wheel, 300 * MS));
}

/* Its memory is used for something else then. */
static void
test_removed_is_not_touched(void **state)
{
	struct tcp_wheel_timer timers[3] = {0}, gone;
	struct tcp_wheel wheel;

	(void)state;
	tcp_wheel_init(&wheel, 0);
	for (unsigned int i = 0; i < RTE_DIM(timers); i++)
		tcp_wheel_start(&wheel, &timers[i], 100 * MS);
	tcp_wheel_stop(&timers[1]);
	tcp_wheel_remove(&wheel, &timers[1]);
	tcp_wheel_remove(&wheel, &timers[1]);
	memset(&timers[1], 0x5a, sizeof(timers[1]));
	gone = timers[1];
	assert_non_null(tcp_wheel_expire(&wheel, 100 * MS));
	assert_non_null(tcp_wheel_expire(&wheel, 100 * MS));
	assert_null(tcp_wheel_expire(&wheel, 100 * MS));
	assert_memory_equal(&timers[1], &gone, sizeof(gone));
}

/* Against the plain truth: an array that is searched. */
static void
test_random_against_an_array(void **state)
{
	static struct tcp_wheel_timer timers[500];
	static uint64_t due[RTE_DIM(timers)];
	struct tcp_wheel_timer *timer;
	struct tcp_wheel wheel;
	uint64_t now = 123456789, tick, first;
	unsigned int i, round, seed = 7;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	tcp_wheel_init(&wheel, now);
	for (round = 0; round < 20000; round++) {
		i = random() % RTE_DIM(timers);
		if (random() % 4 == 0) {
			if (random() % 2 == 0)
				tcp_wheel_stop(&timers[i]);
			else
				tcp_wheel_remove(&wheel, &timers[i]);
			due[i] = 0;
		} else {
			due[i] = now + 1 + random() % (UINT64_C(1) << random() % 36);
			tcp_wheel_start(&wheel, &timers[i], due[i]);
		}
		now += random() % (UINT64_C(1) << random() % 24);
		tick = now / MS * MS;
		while ((timer = tcp_wheel_expire(&wheel, now)) != NULL) {
			assert_true(due[timer - timers] != 0);
			assert_true(due[timer - timers] <= tick);
			due[timer - timers] = 0;
		}
		first = UINT64_MAX;
		for (i = 0; i < RTE_DIM(timers); i++) {
			assert_true(due[i] == 0 || due[i] > tick);
			assert_int_equal(tcp_wheel_running(&timers[i]), due[i] != 0);
			if (due[i] != 0)
				first = RTE_MIN(first, due[i] + MS - 1);
		}
		assert_true(tcp_wheel_next_us(&wheel) <= first);
		assert_true(tcp_wheel_next_us(&wheel) > tick);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expires_at_the_tick_and_not_before),
		cmocka_unit_test(test_time_between_ticks_rounds_up),
		cmocka_unit_test(test_past_is_due_now),
		cmocka_unit_test(test_stopped_does_not_expire),
		cmocka_unit_test(test_put_off_stands_where_it_was),
		cmocka_unit_test(test_put_forward_expires_earlier),
		cmocka_unit_test(test_removed_is_not_touched),
		cmocka_unit_test(test_random_against_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

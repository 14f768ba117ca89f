/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log_limit.h"

/* Any time: the machine has been up for long. */
#define START_S 1000000

static void
take_all(struct log_limit *limit, uint64_t now_s)
{
	unsigned int i;

	for (i = 0; i < LOG_LIMIT_BURST; i++)
		assert_true(log_limit_take(limit, now_s));
	assert_false(log_limit_take(limit, now_s));
}

static void
test_burst(void **state)
{
	struct log_limit limit = {0};

	(void)state;
	take_all(&limit, START_S);
	assert_false(log_limit_take(&limit, START_S + LOG_LIMIT_EVERY_S - 1));
}

static void
test_one_by_one(void **state)
{
	struct log_limit limit = {0};
	unsigned int taken = 0;
	uint64_t s;

	(void)state;
	take_all(&limit, START_S);
	/* Asked for each second, it is had each LOG_LIMIT_EVERY_S. */
	for (s = 1; s <= 100 * LOG_LIMIT_EVERY_S; s++) {
		taken += log_limit_take(&limit, START_S + s);
		assert_int_equal(taken, s / LOG_LIMIT_EVERY_S);
	}
}

static void
test_rest(void **state)
{
	struct log_limit limit = {0};

	(void)state;
	take_all(&limit, START_S);
	/* Two of them come back, and no more than all of them. */
	assert_true(log_limit_take(&limit, START_S + 2 * LOG_LIMIT_EVERY_S));
	assert_true(log_limit_take(&limit, START_S + 2 * LOG_LIMIT_EVERY_S));
	assert_false(log_limit_take(&limit, START_S + 2 * LOG_LIMIT_EVERY_S));
	take_all(&limit, START_S + 1000 * LOG_LIMIT_EVERY_S);
}

static void
test_slow(void **state)
{
	struct log_limit limit = {0};
	uint64_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_true(log_limit_take(&limit, START_S + i * LOG_LIMIT_EVERY_S));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tcp_seq.h"

static void
test_order_wraps(void **state)
{
	(void)state;
	assert_true(tcp_seq_lt(1, 2));
	assert_false(tcp_seq_lt(2, 2));
	assert_false(tcp_seq_lt(3, 2));
	assert_true(tcp_seq_lt(0xffffffff, 0));
	assert_true(tcp_seq_lt(0xfffffff0, 0x10));
	assert_true(tcp_seq_gt(0x10, 0xfffffff0));
	assert_true(tcp_seq_le(7, 7));
	assert_true(tcp_seq_ge(7, 7));
	assert_true(tcp_seq_le(0xffffffff, 0));
	assert_true(tcp_seq_ge(0, 0xffffffff));
	assert_false(tcp_seq_ge(0xffffffff, 0));
	assert_true(tcp_seq_lt(0, 0x7fffffff));
	assert_false(tcp_seq_lt(0, 0x80000001));
}

static void
test_max_is_the_later(void **state)
{
	(void)state;
	assert_int_equal(tcp_seq_max(5, 6), 6);
	assert_int_equal(tcp_seq_max(0xffffffff, 3), 3);
	assert_int_equal(tcp_seq_max(3, 0xffffffff), 3);
}

static void
test_in_is_between(void **state)
{
	(void)state;
	assert_false(tcp_seq_in(5, 5, 7));
	assert_true(tcp_seq_in(6, 5, 7));
	assert_true(tcp_seq_in(7, 5, 7));
	assert_false(tcp_seq_in(8, 5, 7));
	assert_false(tcp_seq_in(5, 5, 5));
	assert_false(tcp_seq_in(6, 5, 5));
	assert_true(tcp_seq_in(1, 0xffffffff, 1));
	assert_true(tcp_seq_in(0, 0xffffffff, 1));
	assert_false(tcp_seq_in(0xffffffff, 0xffffffff, 1));
	/* Of long ago */
	assert_false(tcp_seq_in(5 - 0x7fffffffu, 5, 7));
	assert_false(tcp_seq_in(5 - 0x80000001u, 5, 7));
	assert_false(tcp_seq_in(8, 5, 7));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_wraps),
		cmocka_unit_test(test_max_is_the_later),
		cmocka_unit_test(test_in_is_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

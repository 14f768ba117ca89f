/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rte_common.h>

#include "units.h"

static const char *const nonsense[] = {"",    "%",   "1",    "-1%", "1.2.3%", "1.%",  ".5%",
				       "1 %", "1%%", "ms",   "1h",  "1e3%",   "0x1%", "k",
				       "1K",  "nan", "inf%", "1mb", " 1%"};

static void
test_share(void **state)
{
	uint32_t ppm = 7;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(nonsense); i++)
		assert_true(units_read_ppm(nonsense[i], &ppm) < 0);
	assert_true(units_read_ppm("100.0001%", &ppm) < 0);
	assert_true(units_read_ppm("1ms", &ppm) < 0);
	assert_int_equal(ppm, 7);
	assert_int_equal(units_read_ppm("0%", &ppm), 0);
	assert_int_equal(ppm, 0);
	assert_int_equal(units_read_ppm("0.1%", &ppm), 0);
	assert_int_equal(ppm, 1000);
	assert_int_equal(units_read_ppm("33.3333%", &ppm), 0);
	assert_int_equal(ppm, 333333);
	assert_int_equal(units_read_ppm("100%", &ppm), 0);
	assert_int_equal(ppm, 1000000);
}

static void
test_time(void **state)
{
	uint32_t us = 7;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(nonsense); i++)
		assert_true(units_read_us(nonsense[i], &us) < 0);
	assert_true(units_read_us("10.1s", &us) < 0);
	assert_int_equal(us, 7);
	assert_int_equal(units_read_us("20ms", &us), 0);
	assert_int_equal(us, 20000);
	assert_int_equal(units_read_us("0.5ms", &us), 0);
	assert_int_equal(us, 500);
	assert_int_equal(units_read_us("10s", &us), 0);
	assert_int_equal(us, 10000000);
	assert_int_equal(units_read_us("3us", &us), 0);
	assert_int_equal(us, 3);
}

static void
test_rate(void **state)
{
	uint64_t bps = 7;

	(void)state;
	assert_true(units_read_bps("999", &bps) < 0);
	assert_true(units_read_bps("1001g", &bps) < 0);
	assert_true(units_read_bps("1K", &bps) < 0);
	assert_true(units_read_bps("0m", &bps) < 0);
	assert_int_equal(bps, 7);
	assert_int_equal(units_read_bps("100m", &bps), 0);
	assert_int_equal(bps, 100000000);
	assert_int_equal(units_read_bps("1.5g", &bps), 0);
	assert_int_equal(bps, 1500000000);
	assert_int_equal(units_read_bps("64000", &bps), 0);
	assert_int_equal(bps, 64000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

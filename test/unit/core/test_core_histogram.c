/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Buckets and quantiles of histograms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_histogram.h"
#include "sim_random.h"

static struct core_histogram histogram;

static int
setup(void **state)
{
	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	return 0;
}

/* A value is not above the bound of its bucket, above that of the one before, and near to it. */
static void
check_bucket(uint64_t value)
{
	unsigned int bucket = core_histogram_bucket(value);
	uint64_t bound;

	assert_true(bucket < CORE_HISTOGRAM_BUCKETS);
	bound = core_histogram_bound(bucket);
	assert_true(value <= bound);
	if (bucket > 0)
		assert_true(value > core_histogram_bound(bucket - 1));
	if (bucket < CORE_HISTOGRAM_BUCKETS - 1)
		assert_true(bound - value <= value / 8);
}

static void
test_every_value_has_its_bucket(void **state)
{
	unsigned int power;
	uint64_t value;

	(void)state;
	for (value = 0; value < 100000; value++)
		check_bucket(value);
	for (power = 17; power < 64; power++)
		for (value = RTE_BIT64(power) - 1; value <= RTE_BIT64(power) + 1; value++)
			check_bucket(value);
	check_bucket(UINT64_MAX);
}

static void
test_bounds_grow(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(core_histogram_bound(0), 0);
	for (i = 1; i < CORE_HISTOGRAM_BUCKETS; i++)
		assert_true(core_histogram_bound(i) > core_histogram_bound(i - 1));
	assert_true(core_histogram_bound(i - 1) == UINT64_MAX);
}

static void
test_nothing_has_no_quantile(void **state)
{
	(void)state;
	assert_int_equal(core_histogram_quantile(&histogram, 500), 0);
	assert_int_equal(core_histogram_quantile(&histogram, 1000), 0);
}

static void
test_one_value_is_every_quantile(void **state)
{
	(void)state;
	core_histogram_add(&histogram, 1000003);
	assert_int_equal(core_histogram_quantile(&histogram, 0), 1000003);
	assert_int_equal(core_histogram_quantile(&histogram, 500), 1000003);
	assert_int_equal(core_histogram_quantile(&histogram, 1000), 1000003);
	assert_int_equal(histogram.sum, 1000003);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against the values themselves, sorted. */
static void
test_quantiles_are_near(void **state)
{
	static const unsigned int shares[] = {1, 100, 500, 900, 990, 999, 1000};
	static uint64_t values[20000];
	struct sim_random random = {7};
	uint64_t exact, found, sum = 0;
	unsigned int i;

	(void)state;

	for (i = 0; i < RTE_DIM(values); i++) {
		values[i] = sim_random_next(&random) >> (24 + sim_random_next(&random) % 40);
		core_histogram_add(&histogram, values[i]);
		sum += values[i];
	}
	qsort(values, RTE_DIM(values), sizeof(values[0]), compare);
	for (i = 0; i < RTE_DIM(shares); i++) {
		exact = values[RTE_DIM(values) * shares[i] / 1000 - 1];
		found = core_histogram_quantile(&histogram, shares[i]);
		assert_true(found >= exact && found - exact <= exact / 8);
	}
	assert_int_equal(histogram.count, RTE_DIM(values));
	assert_int_equal(histogram.sum, sum);
	assert_int_equal(histogram.max, values[RTE_DIM(values) - 1]);
}

static void
test_powers_of_two_part_the_values(void **state)
{
	unsigned int power;

	(void)state;
	for (power = 0; power < CORE_HISTOGRAM_BITS; power++) {
		assert_int_equal(core_histogram_below(&histogram, power), 2 * power);
		core_histogram_add(&histogram, RTE_BIT64(power));
		core_histogram_add(&histogram, 2 * RTE_BIT64(power) - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_value_has_its_bucket, setup),
		cmocka_unit_test_setup(test_bounds_grow, setup),
		cmocka_unit_test_setup(test_nothing_has_no_quantile, setup),
		cmocka_unit_test_setup(test_one_value_is_every_quantile, setup),
		cmocka_unit_test_setup(test_quantiles_are_near, setup),
		cmocka_unit_test_setup(test_powers_of_two_part_the_values, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

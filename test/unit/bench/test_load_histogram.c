/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load_histogram.h"
#include "load_random.h"

#define VALUES 100000

static struct load_histogram histogram;
static uint64_t values[VALUES];

static int
clear(void **state)
{
	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;

	return (*left > *right) - (*left < *right);
}

/* Against the sorted values, over nine powers of ten. */
static void
test_percentiles(void **state)
{
	static const double percentiles[] = {0.001, 1, 25, 50, 90, 99, 99.9, 99.99, 100};
	struct load_random random = {.state = 3};
	double sum = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < VALUES; i++) {
		values[i] = pow(10, 9 * load_random_fraction(load_random_next(&random)));
		sum += values[i];
		load_histogram_record(&histogram, values[i]);
	}
	qsort(values, VALUES, sizeof(values[0]), compare);
	for (i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		uint64_t exact = values[(size_t)fmax(0, percentiles[i] / 100 * VALUES - 0.5)];
		uint64_t told = load_histogram_percentile(&histogram, percentiles[i]);

		/* Three digits, and never less than what it was. */
		assert_in_range(told, exact, exact + exact / 1000 + 1);
	}
	assert_true(fabs(load_histogram_mean(&histogram) * VALUES / sum - 1) < 0.001);
	assert_int_equal(histogram.max, values[VALUES - 1]);
}

static void
test_limits(void **state)
{
	(void)state;
	assert_int_equal(load_histogram_percentile(&histogram, 50), 0);
	assert_true(load_histogram_mean(&histogram) == 0);
	load_histogram_record(&histogram, 0);
	assert_int_equal(load_histogram_percentile(&histogram, 100), 0);
	load_histogram_record(&histogram, UINT64_MAX);
	assert_int_equal(load_histogram_percentile(&histogram, 100), LOAD_HISTOGRAM_MAX);
	assert_int_equal(load_histogram_index(LOAD_HISTOGRAM_MAX), LOAD_HISTOGRAM_COUNTS - 1);
}

static void
test_add(void **state)
{
	static struct load_histogram other;

	(void)state;
	load_histogram_record(&histogram, 10);
	load_histogram_record(&other, 30);
	load_histogram_record(&other, 20);
	load_histogram_add(&histogram, &other);
	assert_int_equal(histogram.total, 3);
	assert_int_equal(histogram.max, 30);
	assert_int_equal(load_histogram_percentile(&histogram, 50), 20);
}

/*
 * What hdr-histogram-js 3.0.1 writes for these values: lowest value 1, 3 digits, 5 ticks, scaled
 * from nanoseconds to microseconds.
 */
static void
test_write(void **state)
{
	static const char hgrm[] = "       Value     Percentile TotalCount 1/(1-Percentile)\n"
				   "\n"
				   "       0.997 0.000000000000          1           1.00\n"
				   "       7.979 0.100000000000          2           1.11\n"
				   "      63.839 0.200000000000          4           1.25\n"
				   "     215.423 0.300000000000          6           1.43\n"
				   "     510.719 0.400000000000          8           1.67\n"
				   "     997.375 0.500000000000         10           2.00\n"
				   "    1327.103 0.550000000000         11           2.22\n"
				   "    1723.391 0.600000000000         12           2.50\n"
				   "    2191.359 0.650000000000         13           2.86\n"
				   "    2736.127 0.700000000000         14           3.33\n"
				   "    3366.911 0.750000000000         15           4.00\n"
				   "    4085.759 0.775000000000         16           4.44\n"
				   "    4085.759 0.800000000000         16           5.00\n"
				   "    4898.815 0.825000000000         17           5.71\n"
				   "    4898.815 0.850000000000         17           6.67\n"
				   "    5816.319 0.875000000000         18           8.00\n"
				   "    5816.319 0.887500000000         18           8.89\n"
				   "    5816.319 0.900000000000         18          10.00\n"
				   "    6840.319 0.912500000000         19          11.43\n"
				   "    6840.319 0.925000000000         19          13.33\n"
				   "    6840.319 0.937500000000         19          16.00\n"
				   "    6840.319 0.943750000000         19          17.78\n"
				   "    6840.319 0.950000000000         19          20.00\n"
				   "    7979.007 0.956250000000         20          22.86\n"
				   "    7979.007 1.000000000000         20\n"
				   "#[Mean    =     2198.396, StdDeviation   =     2434.201]\n"
				   "#[Max     =     7976.000, Total count    =           20]\n"
				   "#[Buckets =           32, SubBuckets     =         2048]\n";
	char *text = NULL;
	size_t len = 0;
	unsigned int i;
	FILE *out;

	(void)state;
	for (i = 1; i <= 20; i++)
		load_histogram_record(&histogram, i * i * i * 997);
	out = open_memstream(&text, &len);
	load_histogram_write(out, &histogram);
	fclose(out);
	assert_string_equal(text, hgrm);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_percentiles, clear),
		cmocka_unit_test_setup(test_limits, clear),
		cmocka_unit_test_setup(test_add, clear),
		cmocka_unit_test_setup(test_write, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "load_arrival.h"
#include "load_keys.h"
#include "load_popularity.h"
#include "load_size.h"

#define DRAWS 1000000
#define NB_KEYS 1000

static void
test_sizes(void **state)
{
	struct load_size size = {.kind = LOAD_SIZE_RANGE, .min = 10, .max = 13};
	unsigned int i;

	(void)state;
	for (i = 0; i < 400; i++)
		assert_int_equal(load_size_at(&size, (i + 0.5) / 400), 10 + i / 100);
	size.max = 10;
	assert_int_equal(load_size_at(&size, 0.0001), 10);
	assert_int_equal(load_size_at(&size, 0.9999), 10);
}

/* Against the published distribution functions. */
static void
test_sizes_etc(void **state)
{
	struct load_size key = {.kind = LOAD_SIZE_ETC_KEY, .min = 1, .max = LOAD_SIZE_KEY_MAX};
	struct load_size value = {.kind = LOAD_SIZE_ETC_VALUE, .max = LOAD_SIZE_VALUE_MAX};
	double at;
	uint32_t bytes;

	(void)state;
	/* The median of a generalised extreme value distribution. */
	at = 30.7984 + 8.20449 * (pow(log(2), -0.078688) - 1) / 0.078688;
	assert_int_equal(load_size_at(&key, 0.5), (int)at);
	assert_int_equal(load_size_at(&key, 1 - 0x1p-52), 250);
	assert_in_range(load_size_at(&key, 0x1p-52), 1, 15);
	/* 0.536% have none, 0.47 in a thousand one byte, 17.82% two; 44.155% fewer than 15. */
	assert_int_equal(load_size_at(&value, 0.0053), 0);
	assert_int_equal(load_size_at(&value, 0.0055), 1);
	assert_int_equal(load_size_at(&value, 0.0059), 2);
	assert_int_equal(load_size_at(&value, 0.184), 2);
	assert_int_equal(load_size_at(&value, 0.1845), 3);
	assert_int_equal(load_size_at(&value, 0.4415), 14);
	assert_int_equal(load_size_at(&value, 0.4416), 15);
	for (bytes = 20; bytes < 100000; bytes *= 3) {
		at = 1 - pow(1 + 0.348238 * (bytes - 15) / 214.476, -1 / 0.348238);
		at = 0.44155 + (1 - 0.44155) * at;
		assert_int_equal(load_size_at(&value, at + (1 - at) * 1e-9), bytes);
		assert_int_equal(load_size_at(&value, at - (1 - at) * 1e-9), bytes - 1);
	}
	assert_int_equal(load_size_at(&value, 1 - 0x1p-52), LOAD_SIZE_VALUE_MAX);
}

/* Draws of each key are as many as they should, within five deviations. */
static void
check_popularity(double s)
{
	static uint32_t drawn[NB_KEYS];
	struct load_random random = {.state = 7};
	struct load_popularity popularity;
	double sum = 0, expected;
	uint32_t i, key;

	memset(drawn, 0, sizeof(drawn));
	load_popularity_init(&popularity, NB_KEYS, s);
	for (i = 0; i < DRAWS; i++) {
		key = load_popularity_next(&popularity, &random);
		assert_in_range(key, 0, NB_KEYS - 1);
		drawn[key]++;
	}
	for (i = 0; i < NB_KEYS; i++)
		sum += pow(i + 1, -s);
	for (i = 0; i < NB_KEYS; i++) {
		expected = DRAWS * pow(i + 1, -s) / sum;
		if (fabs(drawn[i] - expected) > 5 * sqrt(expected) + 1)
			fail_msg("s %.2f, rank %u: %u draws instead of %.0f", s, i + 1, drawn[i],
				 expected);
	}
}

static void
test_popularity(void **state)
{
	(void)state;
	check_popularity(0);
	check_popularity(0.5);
	check_popularity(0.99);
	check_popularity(1);
	check_popularity(1.3);
}

static void
test_popularity_of_one(void **state)
{
	struct load_random random = {.state = 1};
	struct load_popularity popularity;
	unsigned int i;

	(void)state;
	load_popularity_init(&popularity, 1, 0.99);
	for (i = 0; i < 1000; i++)
		assert_int_equal(load_popularity_next(&popularity, &random), 0);
}

/* Due times do not depend on when they are asked for, and keep the rate. */
static void
test_arrivals(void **state)
{
	struct load_arrival steady = {.poisson = false};
	struct load_arrival poisson = {.poisson = true};
	struct load_arrival again = {.poisson = true};
	double interval = 1000.25, gap, sum = 0, squares = 0;
	uint64_t before;
	unsigned int i;

	(void)state;
	load_arrival_start(&steady, 5000, interval, 0.5, 1);
	load_arrival_start(&poisson, 5000, interval, 0.5, 1);
	load_arrival_start(&again, 5000, interval, 0, 1);
	for (i = 0; i < DRAWS; i++) {
		assert_int_equal(load_arrival_due(&steady),
				 5000 + (uint64_t)(interval * (i + 0.5)));
		load_arrival_take(&steady);
		assert_int_equal(load_arrival_due(&poisson), load_arrival_due(&again));
		before = load_arrival_due(&poisson);
		load_arrival_take(&poisson);
		load_arrival_take(&again);
		gap = load_arrival_due(&poisson) - before;
		sum += gap;
		squares += gap * gap;
	}
	/* Exponential: mean and deviation are the interval. */
	assert_true(fabs(sum / DRAWS - interval) < interval / 200);
	assert_true(fabs(sqrt(squares / DRAWS - pow(sum / DRAWS, 2)) - interval) < interval / 200);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Names are all different, of the sizes asked for, and may stand in the text protocol. */
static void
test_keys(void **state)
{
	static char names[5000][LOAD_SIZE_KEY_MAX + 1];
	struct load_size key = {.kind = LOAD_SIZE_RANGE, .min = 3, .max = 200};
	struct load_size value = {.kind = LOAD_SIZE_RANGE, .min = 0, .max = 70000};
	uint32_t nb = RTE_DIM(names), i, len, same = 0;
	struct load_keys keys;

	(void)state;
	assert_int_equal(load_keys_digits(1), 1);
	assert_int_equal(load_keys_digits(32), 1);
	assert_int_equal(load_keys_digits(33), 2);
	assert_int_equal(load_keys_digits(nb), 3);
	assert_int_equal(load_keys_digits(LOAD_KEYS_MAX), 6);
	assert_int_equal(load_keys_init(&keys, nb, &key, &value, 42), 0);
	for (i = 0; i < nb; i++) {
		len = load_keys_name(&keys, i, names[i]);
		names[i][len] = '\0';
		assert_int_equal(len, keys.keys[i].key_bytes);
		assert_in_range(len, 3, 200);
		assert_in_range(keys.keys[i].value_bytes, 0, 70000);
		assert_int_equal(strlen(names[i]), len);
		assert_null(strpbrk(names[i], " \r\n\t"));
		same += i > 0 &&
			memcmp(load_keys_value(&keys, i), load_keys_value(&keys, i - 1), 8) == 0;
	}
	assert_in_range(same, 0, 2);
	qsort(names, nb, sizeof(names[0]), compare_names);
	for (i = 1; i < nb; i++)
		assert_string_not_equal(names[i], names[i - 1]);
	load_keys_deinit(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	   cmocka_unit_test(test_sizes_etc),
		cmocka_unit_test(test_popularity), cmocka_unit_test(test_popularity_of_one),
		cmocka_unit_test(test_arrivals),   cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

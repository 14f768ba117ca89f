/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

static void
test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{NULL, 0},
		{"", 0},
		{"memory=5000000", 5000000},
		{"memory=7k", 7 << 10},
		{"memory=7K", 7 << 10},
		{"memory=128M", 128 << 20},
		{"memory=128m", 128 << 20},
		{"memory=3G", 3ull << 30},
		{"memory=1M,memory=2M", 2 << 20},
		{"memory=8192G", 8ull << 40},
	};
	struct dram_args args;
	char error[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		assert_int_equal(dram_args_parse(cases[i].text, &args, error, sizeof(error)), 0);
		assert_int_equal(args.memory_bytes, cases[i].bytes);
	}
}

static void
test_nonsense(void **state)
{
	static const struct {
		const char *text;
		const char *named;
	} cases[] = {
		{"memory", "'memory'"},
		{"memory=", "'memory='"},
		{"memory=x", "'memory=x'"},
		{"memory=-1", "'memory=-1'"},
		{"memory= 1", "'memory= 1'"},
		{"memory=1Mi", "'memory=1Mi'"},
		{"memory=1T", "'memory=1T'"},
		{"memory=9000G", "'memory=9000G'"},
		{"memory=99999999999999999999", "'memory=99999999999999999999'"},
		{"memory=1M,size=3", "'size=3'"},
		{",", "''"},
	};
	struct dram_args args;
	char error[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		error[0] = '\0';
		if (dram_args_parse(cases[i].text, &args, error, sizeof(error)) != -EINVAL)
			fail_msg("'%s' was taken", cases[i].text);
		assert_non_null(strstr(error, cases[i].named));
		assert_non_null(strstr(error, "memory="));
		assert_null(strchr(error, '\n'));
	}
}

/* The least that a refusal names is taken, and 1 MiB less is not. */
static void
test_least_memory(void **state)
{
	static const struct {
		unsigned int cores, executors;
	} cases[] = {{1, 1}, {2, 1}, {1, 4}, {4, 4}};
	struct tr_engine_config config = {.partitioned = true, .value_max = 1 << 20};
	struct dram_layout layout;
	char error[256], *least;
	unsigned int i;
	uint64_t bytes;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		config.nb_cores = cases[i].cores;
		config.nb_executors = cases[i].executors;
		config.prepared_bytes = (16ull << 20) * cases[i].cores;
		assert_int_equal(dram_layout_plan(&layout, 1, &config, error, sizeof(error)),
				 -ENOSPC);
		least = strstr(error, "it takes memory=");
		assert_non_null(least);
		bytes = strtoull(least + strlen("it takes memory="), NULL, 10) << 20;
		assert_true(bytes > config.prepared_bytes && bytes < 1ull << 30);
		assert_int_equal(dram_layout_plan(&layout, bytes, &config, error, sizeof(error)),
				 0);
		assert_int_equal(
			dram_layout_plan(&layout, bytes - (1 << 20), &config, error, sizeof(error)),
			-ENOSPC);
		/* Unasked, the default is what it takes, if that is more. */
		assert_int_equal(dram_layout_plan(&layout, 0, &config, error, sizeof(error)), 0);
		assert_int_equal(layout.memory_bytes, RTE_MAX(bytes, 64ull << 20));
	}
	config.prepared_bytes = 1ull << 30;
	assert_int_equal(dram_layout_plan(&layout, 0, &config, error, sizeof(error)), -ENOSPC);
}

/* Whatever the numbers, the parts fit in the whole, and the quotas in the arenas. */
static void
test_parts_fit(void **state)
{
	struct tr_engine_config config = {.prepared_bytes = 1 << 20, .value_max = 1 << 16};
	unsigned int cores, executors;
	struct dram_layout layout;
	uint64_t memory, sum;
	char error[256];

	(void)state;
	for (memory = 40000001; memory < 1ull << 40; memory = memory * 3 + 1) {
		for (cores = 1; cores <= 8; cores++) {
			for (executors = 1; executors <= 8; executors++) {
				config.nb_cores = cores;
				config.nb_executors = executors;
				assert_int_equal(dram_layout_plan(&layout, memory, &config, error,
								  sizeof(error)),
						 0);
				sum = layout.control_bytes +
				      cores * (layout.spill_bytes + layout.core_arena_bytes) +
				      executors * (layout.shard_arena_bytes +
						   layout.buckets * sizeof(void *));
				assert_true(sum <= memory);
				assert_true(sum > memory - memory / 16);
				assert_true(layout.core_quota_bytes * executors +
						    config.prepared_bytes / cores <
					    layout.core_arena_bytes);
				assert_true(layout.shard_quota_bytes < layout.shard_arena_bytes);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_least_memory),
		cmocka_unit_test(test_parts_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

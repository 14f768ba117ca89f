/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

#include <stdio.h>

#define KEYS 64

static int
setup(void **state)
{
	const struct tr_engine_config config = {
		.nb_cores = 1,
		.nb_executors = 4,
		.partitioned = true,
		.prepared_bytes = 1 << 20,
		.value_max = 1 << 16,
	};
	static struct fixture fixture;

	fixture_create(&fixture, "memory=8M", &config);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	fixture_check(*state);
	fixture_destroy(*state);
	return 0;
}

static void
flush(struct fixture *fixture, uint32_t expiry_s)
{
	struct tr_request request = fixture_request(fixture, TR_ENGINE_FLUSH, "");

	request.expiry_s = expiry_s;
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
}

static void
store_all(struct fixture *fixture, const char *value)
{
	char key[16];
	int i;

	for (i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		assert_int_equal(fixture_store(fixture, TR_ENGINE_SET, key, value), TR_ENGINE_OK);
	}
}

static void
expect_all(struct fixture *fixture, const char *value)
{
	char key[16];
	int i;

	for (i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		fixture_expect(fixture, key, value);
	}
}

/* One flush reaches every shard, and nothing that is stored later in the same second. */
static void
test_now(void **state)
{
	struct fixture *fixture = *state;

	store_all(fixture, "before");
	flush(fixture, 0);
	expect_all(fixture, NULL);
	store_all(fixture, "after");
	expect_all(fixture, "after");
	/* A moment that is past is now. */
	flush(fixture, fixture->now_s);
	expect_all(fixture, NULL);
	assert_int_equal(fixture_stat(fixture, "curr_items"), 0);
}

static void
test_delayed(void **state)
{
	struct fixture *fixture = *state;

	store_all(fixture, "one");
	flush(fixture, fixture->now_s + 10);
	expect_all(fixture, "one");
	fixture->now_s += 9;
	store_all(fixture, "two");
	expect_all(fixture, "two");
	fixture->now_s += 1;
	store_all(fixture, "three");
	expect_all(fixture, "three");
	fixture->now_s += 100;
	expect_all(fixture, "three");
}

static void
test_delayed_reaches_all(void **state)
{
	struct fixture *fixture = *state;

	store_all(fixture, "one");
	flush(fixture, fixture->now_s + 10);
	fixture->now_s += 11;
	expect_all(fixture, NULL);
}

/* A later flush takes the place of one that waits, but not of one whose moment has come. */
static void
test_replaced(void **state)
{
	struct fixture *fixture = *state;

	store_all(fixture, "one");
	flush(fixture, fixture->now_s + 10);
	flush(fixture, fixture->now_s + 20);
	fixture->now_s += 15;
	expect_all(fixture, "one");
	fixture->now_s += 5;
	flush(fixture, fixture->now_s + 50);
	expect_all(fixture, NULL);

	store_all(fixture, "two");
	flush(fixture, 0);
	store_all(fixture, "three");
	fixture->now_s += 50;
	expect_all(fixture, "three");
}

/* What is flushed is not there for any condition. */
static void
test_conditions(void **state)
{
	struct fixture *fixture = *state;

	fixture_store(fixture, TR_ENGINE_SET, "k", "v");
	flush(fixture, 0);
	assert_int_equal(fixture_store(fixture, TR_ENGINE_REPLACE, "k", "v"), TR_ENGINE_NOT_STORED);
	assert_int_equal(fixture_store(fixture, TR_ENGINE_ADD, "k", "w"), TR_ENGINE_OK);
	fixture_expect(fixture, "k", "w");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_now, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delayed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delayed_reaches_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conditions, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture_create(&fixture, "memory=8M", NULL);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	fixture_destroy(*state);
	return 0;
}

static void
test_counts(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_SET, "brief");

	fixture_store(fixture, TR_ENGINE_SET, "k", "0123456789");
	fixture_store(fixture, TR_ENGINE_SET, "k", "0123456789");
	request.expiry_s = fixture->now_s + 1;
	fixture_prepare(fixture, &request, "", 0);
	fixture_execute(fixture, &request);
	fixture_expect(fixture, "k", "0123456789");
	fixture_expect(fixture, "missing", NULL);
	assert_int_equal(fixture_stat(fixture, "curr_items"), 2);
	assert_int_equal(fixture_stat(fixture, "total_items"), 3);
	/* A 16-byte block header, 80 bytes of item, key and value, up to a multiple of 16. */
	assert_int_equal(fixture_stat(fixture, "bytes"), 112 + 112);
	assert_int_equal(fixture_stat(fixture, "limit_maxbytes"), 8 << 20);
	assert_int_equal(fixture_stat(fixture, "get_hits"), 1);
	assert_int_equal(fixture_stat(fixture, "get_misses"), 1);
	assert_int_equal(fixture_stat(fixture, "evictions"), 0);
	assert_int_equal(fixture_stat(fixture, "shards"), 1);

	fixture->now_s += 1;
	fixture_expect(fixture, "brief", NULL);
	assert_int_equal(fixture_stat(fixture, "get_expired"), 1);
	assert_int_equal(fixture_stat(fixture, "reclaimed"), 1);
	assert_int_equal(fixture_stat(fixture, "expired_unfetched"), 1);
	assert_int_equal(fixture_stat(fixture, "curr_items"), 1);

	request = fixture_request(fixture, TR_ENGINE_FLUSH, "");
	fixture_execute(fixture, &request);
	fixture_expect(fixture, "k", NULL);
	assert_int_equal(fixture_stat(fixture, "get_flushed"), 1);
	assert_int_equal(fixture_stat(fixture, "cmd_flush"), 1);
	assert_int_equal(fixture_stat(fixture, "bytes"), 0);
}

/* Groups that memcached has are there, and empty. */
static void
test_groups(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_STAT, "items");
	struct tr_response response = fixture_execute(fixture, &request);

	assert_int_equal(response.status, TR_ENGINE_OK);
	assert_int_equal(response.value_len, 0);
	assert_null(response.release);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

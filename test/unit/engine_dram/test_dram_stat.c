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
	assert_int_equal(fixture_stat(fixture, "bytes"), 0);
}

/* Groups that memcached has about its slabs are there, and empty; no others are. */
static void
test_groups(void **state)
{
	static const char *const groups[] = {"items",	"slabs", "sizes",
					     "noreply", "item",	 "items2"};
	struct fixture *fixture = *state;
	struct tr_response response;
	struct tr_request request;
	unsigned int i;

	for (i = 0; i < RTE_DIM(groups); i++) {
		request = fixture_request(fixture, TR_ENGINE_STAT, groups[i]);
		response = fixture_execute(fixture, &request);
		assert_int_equal(response.status, i < 3 ? TR_ENGINE_OK : TR_ENGINE_NOT_FOUND);
		assert_int_equal(response.value_len, 0);
		assert_null(response.release);
	}
}

/* What the front end counts under these names is not counted again. */
static void
test_no_name_of_the_front_end(void **state)
{
	static const char *const names[] = {"get_hits", "get_misses", "cmd_get", "cmd_set",
					    "cmd_flush"};
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_STAT, "");
	struct tr_response response = fixture_execute(fixture, &request);
	const char *text = response.value;
	const char *end = text + response.value_len;
	unsigned int i;

	assert_true(text < end);
	for (; text < end; text += strlen(text) + 1)
		for (i = 0; i < RTE_DIM(names); i++)
			assert_string_not_equal(text, names[i]);
	response.release(response.release_arg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_name_of_the_front_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

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
	fixture_check(*state);
	fixture_destroy(*state);
	return 0;
}

/* Every storing operation, on a key that is missing or there, with no, the right or a wrong cas. */
static void
test_store_table(void **state)
{
	enum cas { NONE, RIGHT, WRONG };
	static const struct {
		enum tr_engine_op op;
		bool there;
		enum cas cas;
		enum tr_engine_status status;
		const char *value; /* afterwards */
	} cases[] = {
		{TR_ENGINE_SET, false, NONE, TR_ENGINE_OK, "new"},
		{TR_ENGINE_SET, false, WRONG, TR_ENGINE_NOT_FOUND, NULL},
		{TR_ENGINE_SET, true, NONE, TR_ENGINE_OK, "new"},
		{TR_ENGINE_SET, true, RIGHT, TR_ENGINE_OK, "new"},
		{TR_ENGINE_SET, true, WRONG, TR_ENGINE_EXISTS, "old"},
		{TR_ENGINE_ADD, false, NONE, TR_ENGINE_OK, "new"},
		{TR_ENGINE_ADD, true, NONE, TR_ENGINE_NOT_STORED, "old"},
		{TR_ENGINE_REPLACE, false, NONE, TR_ENGINE_NOT_STORED, NULL},
		{TR_ENGINE_REPLACE, false, WRONG, TR_ENGINE_NOT_STORED, NULL},
		{TR_ENGINE_REPLACE, true, NONE, TR_ENGINE_OK, "new"},
		{TR_ENGINE_REPLACE, true, RIGHT, TR_ENGINE_OK, "new"},
		{TR_ENGINE_REPLACE, true, WRONG, TR_ENGINE_EXISTS, "old"},
		{TR_ENGINE_APPEND, false, NONE, TR_ENGINE_NOT_STORED, NULL},
		{TR_ENGINE_APPEND, true, NONE, TR_ENGINE_OK, "oldnew"},
		{TR_ENGINE_APPEND, true, RIGHT, TR_ENGINE_OK, "oldnew"},
		{TR_ENGINE_APPEND, true, WRONG, TR_ENGINE_EXISTS, "old"},
		{TR_ENGINE_PREPEND, false, NONE, TR_ENGINE_NOT_STORED, NULL},
		{TR_ENGINE_PREPEND, true, NONE, TR_ENGINE_OK, "newold"},
		{TR_ENGINE_PREPEND, true, RIGHT, TR_ENGINE_OK, "newold"},
		{TR_ENGINE_PREPEND, true, WRONG, TR_ENGINE_EXISTS, "old"},
	};
	struct fixture *fixture = *state;
	struct tr_response response;
	struct tr_request request;
	unsigned int i;
	uint64_t cas;

	for (i = 0; i < RTE_DIM(cases); i++) {
		request = fixture_request(fixture, TR_ENGINE_DELETE, "k");
		fixture_execute(fixture, &request);
		cas = 1000000;
		if (cases[i].there) {
			assert_int_equal(fixture_store(fixture, TR_ENGINE_SET, "k", "old"),
					 TR_ENGINE_OK);
			cas = fixture_expect(fixture, "k", "old").cas;
			assert_int_not_equal(cas, 0);
		}
		request = fixture_request(fixture, cases[i].op, "k");
		request.cas = cases[i].cas == NONE ? 0 : cas + (cases[i].cas == WRONG);
		assert_int_equal(fixture_prepare(fixture, &request, "new", 3), TR_ENGINE_OK);
		response = fixture_execute(fixture, &request);
		if (response.status != cases[i].status)
			fail_msg("case %u: status %u", i, response.status);
		assert_null(response.value);
		if (response.status == TR_ENGINE_OK) {
			assert_true(!cases[i].there || response.cas > cas);
			assert_int_equal(fixture_expect(fixture, "k", cases[i].value).cas,
					 response.cas);
		} else {
			assert_int_equal(response.cas, 0);
			fixture_expect(fixture, "k", cases[i].value);
		}
		fixture_check(fixture);
	}
}

static void
test_delete(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_DELETE, "k");

	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_NOT_FOUND);
	fixture_store(fixture, TR_ENGINE_SET, "k", "v");
	request.cas = fixture_expect(fixture, "k", "v").cas + 1;
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_EXISTS);
	fixture_expect(fixture, "k", "v");
	request.cas--;
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
	fixture_expect(fixture, "k", NULL);
}

/* What a response says of an item besides its value. */
static void
test_metadata(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_SET, "k");
	struct tr_response response;

	request.client_flags = 0xdeadbeef;
	request.datatype = 5;
	request.expiry_s = fixture->now_s + 100;
	fixture_prepare(fixture, &request, "v", 1);
	fixture_execute(fixture, &request);

	fixture->now_s += 7;
	response = fixture_expect(fixture, "k", "v");
	assert_int_equal(response.client_flags, 0xdeadbeef);
	assert_int_equal(response.datatype, 5);
	assert_int_equal(response.ttl_s, 93);
	assert_int_equal(response.last_access_s, 7);
	assert_int_equal(response.marks, 0);

	fixture->now_s += 2;
	response = fixture_expect(fixture, "k", "v");
	assert_int_equal(response.last_access_s, 2);
	assert_int_equal(response.marks, TR_ENGINE_MARK_FETCHED);

	/* An append keeps flags and expiry, and is a store: not read since. */
	request = fixture_request(fixture, TR_ENGINE_APPEND, "k");
	request.client_flags = 1;
	fixture_prepare(fixture, &request, "w", 1);
	fixture_execute(fixture, &request);
	response = fixture_expect(fixture, "k", "vw");
	assert_int_equal(response.client_flags, 0xdeadbeef);
	assert_int_equal(response.ttl_s, 91);
	assert_int_equal(response.marks, 0);
}

static void
test_touch_and_gat(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request touch = fixture_request(fixture, TR_ENGINE_TOUCH, "k");
	struct tr_request gat = fixture_request(fixture, TR_ENGINE_GAT, "k");
	struct tr_response response;

	assert_int_equal(fixture_execute(fixture, &touch).status, TR_ENGINE_NOT_FOUND);
	assert_int_equal(fixture_execute(fixture, &gat).status, TR_ENGINE_NOT_FOUND);
	fixture_store(fixture, TR_ENGINE_SET, "k", "v");
	assert_int_equal(fixture_expect(fixture, "k", "v").ttl_s, UINT32_MAX);

	touch.expiry_s = fixture->now_s + 10;
	response = fixture_execute(fixture, &touch);
	assert_int_equal(response.status, TR_ENGINE_OK);
	assert_null(response.value);
	assert_int_equal(fixture_expect(fixture, "k", "v").ttl_s, 10);

	gat.expiry_s = fixture->now_s + 20;
	response = fixture_execute(fixture, &gat);
	assert_int_equal(response.status, TR_ENGINE_OK);
	assert_int_equal(response.ttl_s, 20);
	assert_memory_equal(response.value, "v", 1);
	fixture_release(&response);
	fixture->now_s += 19;
	fixture_expect(fixture, "k", "v");
	fixture->now_s += 1;
	fixture_expect(fixture, "k", NULL);
}

static void
test_lengths(void **state)
{
	struct fixture *fixture = *state;
	char key[TR_ENGINE_KEY_MAX + 1];
	struct tr_request request;

	memset(key, 'x', TR_ENGINE_KEY_MAX);
	key[TR_ENGINE_KEY_MAX] = '\0';
	assert_int_equal(fixture_store(fixture, TR_ENGINE_SET, key, ""), TR_ENGINE_OK);
	fixture_expect(fixture, key, "");
	assert_int_equal(fixture_store(fixture, TR_ENGINE_APPEND, key, "ab"), TR_ENGINE_OK);
	assert_int_equal(fixture_store(fixture, TR_ENGINE_PREPEND, key, ""), TR_ENGINE_OK);
	fixture_expect(fixture, key, "ab");

	request = fixture_request(fixture, TR_ENGINE_SET, "k");
	assert_int_equal(fixture_prepare(fixture, &request, NULL, (1 << 16) + 1),
			 TR_ENGINE_TOO_LARGE);
	assert_int_equal(fixture_prepare(fixture, &request, NULL, 1 << 16), TR_ENGINE_OK);
	memset(request.value, 'v', request.value_len);
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
	assert_int_equal(fixture_store(fixture, TR_ENGINE_APPEND, "k", "1"), TR_ENGINE_TOO_LARGE);
	assert_int_equal(fixture_store(fixture, TR_ENGINE_PREPEND, "k", ""), TR_ENGINE_OK);
}

static void
test_discard(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_SET, "k");

	assert_int_equal(fixture_prepare(fixture, &request, "v", 1), TR_ENGINE_OK);
	fixture_ops()->discard(fixture->dram, &request);
	fixture_expect(fixture, "k", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_store_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_metadata, setup, teardown),
		cmocka_unit_test_setup_teardown(test_touch_and_gat, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_discard, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

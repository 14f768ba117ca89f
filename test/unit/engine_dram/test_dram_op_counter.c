/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

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

static struct tr_response
count(struct fixture *fixture, enum tr_engine_op op, uint64_t delta)
{
	struct tr_request request = fixture_request(fixture, op, "n");

	request.delta = delta;
	request.flags = TR_ENGINE_NO_CREATE;
	return fixture_execute(fixture, &request);
}

static void
test_arithmetic(void **state)
{
	static const struct {
		const char *before;
		enum tr_engine_op op;
		uint64_t delta;
		uint64_t number;
		const char *after;
	} cases[] = {
		{"0", TR_ENGINE_INCR, 1, 1, "1"},
		{"9", TR_ENGINE_INCR, 1, 10, "10"},
		{"99", TR_ENGINE_INCR, 18446744073709551516ull, UINT64_MAX, "18446744073709551615"},
		{"18446744073709551615", TR_ENGINE_INCR, 2, 1, "1                   "},
		{"10", TR_ENGINE_DECR, 1, 9, "9 "},
		{"9 ", TR_ENGINE_DECR, 1, 8, "8 "},
		{"9 ", TR_ENGINE_INCR, 1, 10, "10"},
		{"5", TR_ENGINE_DECR, 6, 0, "0"},
		{"5", TR_ENGINE_DECR, UINT64_MAX, 0, "0"},
		{"007", TR_ENGINE_INCR, 1, 8, "8  "},
	};
	struct fixture *fixture = *state;
	struct tr_response response;
	unsigned int i;
	uint64_t cas;

	for (i = 0; i < RTE_DIM(cases); i++) {
		fixture_store(fixture, TR_ENGINE_SET, "n", cases[i].before);
		cas = fixture_expect(fixture, "n", cases[i].before).cas;
		response = count(fixture, cases[i].op, cases[i].delta);
		assert_int_equal(response.status, TR_ENGINE_OK);
		assert_int_equal(response.has_number, 1);
		assert_int_equal(response.number, cases[i].number);
		assert_int_equal(response.value_len, 0);
		assert_true(response.cas > cas);
		assert_int_equal(fixture_expect(fixture, "n", cases[i].after).cas, response.cas);
	}
}

static void
test_not_a_number(void **state)
{
	static const char *const values[] = {
		"",
		"x",
		"1x",
		"-1",
		"+1",
		" 1",
		"1 2",
		"18446744073709551616",
		"99999999999999999999",
		"000000000000000000001",
	};
	struct fixture *fixture = *state;
	unsigned int i;

	for (i = 0; i < RTE_DIM(values); i++) {
		fixture_store(fixture, TR_ENGINE_SET, "n", values[i]);
		assert_int_equal(count(fixture, TR_ENGINE_INCR, 1).status, TR_ENGINE_BAD_DELTA);
		assert_int_equal(count(fixture, TR_ENGINE_DECR, 1).status, TR_ENGINE_BAD_DELTA);
		fixture_expect(fixture, "n", values[i]);
	}
}

static void
test_create(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_INCR, "n");
	struct tr_response response;

	assert_int_equal(count(fixture, TR_ENGINE_INCR, 1).status, TR_ENGINE_NOT_FOUND);
	assert_int_equal(count(fixture, TR_ENGINE_DECR, 1).status, TR_ENGINE_NOT_FOUND);
	request.delta = 5;
	request.initial = 12345678901234567890ull;
	request.expiry_s = fixture->now_s + 10;
	response = fixture_execute(fixture, &request);
	assert_int_equal(response.status, TR_ENGINE_OK);
	assert_int_equal(response.has_number, 1);
	assert_int_equal(response.number, request.initial);
	assert_int_not_equal(response.cas, 0);
	assert_int_equal(fixture_expect(fixture, "n", "12345678901234567890").ttl_s, 10);
	response = fixture_execute(fixture, &request);
	assert_int_equal(response.number, request.initial + 5);
	fixture->now_s += 10;
	fixture_expect(fixture, "n", NULL);
}

static void
test_cas(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_INCR, "n");

	request.delta = 1;
	request.cas = 1;
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_NOT_FOUND);
	fixture_store(fixture, TR_ENGINE_SET, "n", "1");
	request.cas = fixture_expect(fixture, "n", "1").cas + 1;
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_EXISTS);
	request.cas--;
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
	fixture_expect(fixture, "n", "2");
}

/* A reader in flight keeps the bytes that it was given; all else of the item stays as well. */
static void
test_reader_in_flight(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_SET, "n");
	struct tr_request get = fixture_request(fixture, TR_ENGINE_GET, "n");
	struct tr_response reader, response;

	request.client_flags = 7;
	request.expiry_s = fixture->now_s + 9;
	fixture_prepare(fixture, &request, "41", 2);
	fixture_execute(fixture, &request);
	reader = fixture_execute(fixture, &get);
	assert_int_equal(count(fixture, TR_ENGINE_INCR, 1).number, 42);
	assert_int_equal(count(fixture, TR_ENGINE_DECR, 40).number, 2);
	assert_memory_equal(reader.value, "41", 2);
	response = fixture_expect(fixture, "n", "2 ");
	assert_int_equal(response.client_flags, 7);
	assert_int_equal(response.ttl_s, 9);
	fixture_release(&reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_arithmetic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_number, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cas, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reader_in_flight, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE (1 << 20)
#define SHARDS 4

static int
setup(void **state)
{
	const struct tr_engine_config config = {
		.nb_cores = 1,
		.nb_executors = SHARDS,
		.partitioned = true,
		.prepared_bytes = 1 << 20,
		.value_max = LARGE,
	};
	static struct fixture fixture;

	fixture_create(&fixture, "memory=40M", &config);
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

/* Store; a test of what prepare says. */
static enum tr_engine_status
store(struct fixture *fixture, const char *kind, int number, uint32_t len)
{
	enum tr_engine_status status;
	struct tr_request request;
	char key[16];

	snprintf(key, sizeof(key), "%s%d", kind, number);
	request = fixture_request(fixture, TR_ENGINE_SET, key);
	status = fixture_prepare(fixture, &request, NULL, len);
	if (status != TR_ENGINE_OK)
		return status;
	memset(request.value, number, len);
	return fixture_execute(fixture, &request).status;
}

static struct tr_response
get(struct fixture *fixture, const char *kind, int number)
{
	struct tr_request request;
	char key[16];

	snprintf(key, sizeof(key), "%s%d", kind, number);
	request = fixture_request(fixture, TR_ENGINE_GET, key);
	return fixture_execute(fixture, &request);
}

static void
assert_bytes(const struct tr_response *response, int number)
{
	const uint8_t *value = response->value;
	uint32_t i;

	assert_int_equal(response->status, TR_ENGINE_OK);
	for (i = 0; i < response->value_len; i++)
		if (value[i] != (uint8_t)number)
			fail_msg("byte %u of a value in flight has changed", i);
}

/* Small items, in an LRU order that has nothing to do with addresses. */
static void
fill_and_shuffle(struct fixture *fixture)
{
	struct tr_response response;
	int i;

	for (i = 0; i < 400000; i++)
		assert_int_equal(store(fixture, "small", i, 100), TR_ENGINE_OK);
	assert_true(fixture_stat(fixture, "evictions") > 0);
	for (i = 0; i < 400000; i++) {
		response = get(fixture, "small", 200000 + rand() % 200000);
		fixture_release(&response);
	}
	for (i = 0; i < 100000; i++)
		assert_int_equal(store(fixture, "more", i, 100), TR_ENGINE_OK);
}

/* A store full of small items takes large ones, although no hole is large enough at first. */
static void
test_large_after_small(void **state)
{
	struct fixture *fixture = *state;
	unsigned int attempts, most = 0;
	struct tr_response response;
	int i;

	print_message("seed 4\n");
	srand(4);
	fill_and_shuffle(fixture);
	for (i = 0; i < 200; i++) {
		for (attempts = 1; store(fixture, "large", i, LARGE) != TR_ENGINE_OK; attempts++) {
			assert_true(attempts < 4);
			response = get(fixture, "large", i - 1);
			fixture_release(&response);
		}
		most = RTE_MAX(most, attempts);
		response = get(fixture, "large", i);
		assert_bytes(&response, i);
		fixture_release(&response);
	}
	print_message("at most %u attempts, %u by way of the spill\n", most,
		      (unsigned int)fixture_stat(fixture, "spilled"));
	assert_true(fixture_stat(fixture, "evicted_for_room") > 0);
	/* And it is not by keeping only what is new. */
	for (i = 195; i < 200; i++) {
		response = get(fixture, "large", i);
		assert_bytes(&response, i);
		fixture_release(&response);
	}
}

/* The same when nothing but large values come, and one client tries again and again. */
static void
test_large_only_retries(void **state)
{
	struct fixture *fixture = *state;
	unsigned int attempts;
	int i;

	print_message("seed 5\n");
	srand(5);
	fill_and_shuffle(fixture);
	for (i = 0; i < 100; i++)
		for (attempts = 1; store(fixture, "large", i, LARGE) != TR_ENGINE_OK; attempts++)
			assert_true(attempts < 4);
}

/* Readers hold one small item in each stretch: no stretch can be emptied, so the spill helps. */
static void
test_pinned_stretches(void **state)
{
	struct fixture *fixture = *state;
	static struct tr_response held[1000];
	static struct tr_request requests[40];
	struct tr_request *request, second;
	unsigned int i, nb_held = 0, nb_requests = 0;

	for (i = 0; i < 400000; i++)
		assert_int_equal(store(fixture, "small", i, 100), TR_ENGINE_OK);
	for (i = 0; i < 400000 && nb_held < RTE_DIM(held); i += 500) {
		held[nb_held] = get(fixture, "small", i);
		if (held[nb_held].status == TR_ENGINE_OK)
			nb_held++;
	}
	assert_true(nb_held > 100);
	for (i = 0; i < 50; i++)
		assert_int_equal(store(fixture, "large", i, LARGE), TR_ENGINE_OK);
	assert_true(fixture_stat(fixture, "spilled") > 0);
	fixture_check(fixture);

	/* It holds one value at a time. */
	do {
		assert_true(nb_requests < RTE_DIM(requests));
		request = &requests[nb_requests++];
		*request = fixture_request(fixture, TR_ENGINE_SET, "waits");
		assert_int_equal(fixture_prepare(fixture, request, NULL, LARGE), TR_ENGINE_OK);
	} while (request->item != fixture->dram->arenas[0].spill);
	second = fixture_request(fixture, TR_ENGINE_SET, "refused");
	assert_int_equal(fixture_prepare(fixture, &second, NULL, LARGE), TR_ENGINE_NO_MEMORY);
	assert_int_equal(fixture_stat(fixture, "prepare_no_memory"), 1);
	while (nb_requests > 0)
		fixture_ops()->discard(fixture->dram, &requests[--nb_requests]);
	assert_int_equal(store(fixture, "large", 1, LARGE), TR_ENGINE_OK);

	for (i = 0; i < nb_held; i++) {
		assert_int_equal(held[i].value_len, 100);
		fixture_release(&held[i]);
	}
}

/* Whatever happens to an item, a response in flight keeps its bytes until it is released. */
static void
test_in_flight(void **state)
{
	static const char *const fates[] = {"set", "append", "delete", "flush", "evict"};
	struct fixture *fixture = *state;
	struct tr_response first, second;
	struct tr_request request;
	unsigned int fate;
	int i;

	for (fate = 0; fate < RTE_DIM(fates); fate++) {
		assert_int_equal(store(fixture, "k", 77, 5000), TR_ENGINE_OK);
		first = get(fixture, "k", 77);
		second = get(fixture, "k", 77);
		request = fixture_request(fixture, TR_ENGINE_DELETE, "k77");
		if (strcmp(fates[fate], "append") == 0)
			request.op = TR_ENGINE_APPEND;
		else if (strcmp(fates[fate], "set") == 0)
			request.op = TR_ENGINE_SET;
		else if (strcmp(fates[fate], "flush") == 0)
			request.op = TR_ENGINE_FLUSH;
		if (request.op == TR_ENGINE_SET || request.op == TR_ENGINE_APPEND) {
			fixture_prepare(fixture, &request, NULL, 5000);
			memset(request.value, 1, 5000);
		}
		if (strcmp(fates[fate], "evict") != 0)
			assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
		for (i = 0; i < 20000; i++)
			assert_int_equal(store(fixture, "fill", i, 4000), TR_ENGINE_OK);
		if (strcmp(fates[fate], "evict") == 0)
			fixture_expect(fixture, "k77", NULL);
		assert_bytes(&first, 77);
		fixture_release(&first);
		for (i = 0; i < 20000; i++)
			assert_int_equal(store(fixture, "fill", i, 4000), TR_ENGINE_OK);
		assert_bytes(&second, 77);
		fixture_release(&second);
	}
}

/* Appends and counters live in the shard's own arena, which makes room for them at once. */
static void
test_shard_arena(void **state)
{
	struct fixture *fixture = *state;
	struct tr_response response;
	struct tr_request request;
	char key[16];
	int i;

	print_message("seed 6\n");
	srand(6);
	for (i = 0; i < 20000; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		request = fixture_request(fixture, TR_ENGINE_INCR, key);
		assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
		if (i % 50 != 0)
			continue;
		assert_int_equal(store(fixture, "large", i, LARGE / 2), TR_ENGINE_OK);
		snprintf(key, sizeof(key), "large%d", i);
		request = fixture_request(fixture,
					  rand() % 2 ? TR_ENGINE_APPEND : TR_ENGINE_PREPEND, key);
		assert_int_equal(fixture_prepare(fixture, &request, NULL, LARGE / 2), TR_ENGINE_OK);
		memset(request.value, i, LARGE / 2);
		assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
		request.op = TR_ENGINE_GET;
		response = fixture_execute(fixture, &request);
		assert_int_equal(response.value_len, LARGE);
		assert_bytes(&response, i);
		fixture_release(&response);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_large_after_small, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_only_retries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned_stretches, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_flight, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shard_arena, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

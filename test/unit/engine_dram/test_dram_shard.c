/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 64
#define VALUE_MAX 40

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture_create(&fixture, "memory=4M", NULL);
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
store_number(struct fixture *fixture, int number, uint32_t len)
{
	struct tr_request request;
	char key[16];

	snprintf(key, sizeof(key), "key%06d", number);
	request = fixture_request(fixture, TR_ENGINE_SET, key);
	assert_int_equal(fixture_prepare(fixture, &request, NULL, len), TR_ENGINE_OK);
	memset(request.value, number, len);
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
}

static bool
has_number(struct fixture *fixture, int number, enum tr_engine_op op)
{
	struct tr_request request;
	struct tr_response response;
	char key[16];

	snprintf(key, sizeof(key), "key%06d", number);
	request = fixture_request(fixture, op, key);
	response = fixture_execute(fixture, &request);
	fixture_release(&response);
	return response.status == TR_ENGINE_OK;
}

/* Eviction takes the least recently used, one by one, and never more than it must. */
static void
test_lru_is_exact(void **state)
{
	struct fixture *fixture = *state;
	const struct dram_lru *lru = &fixture->dram->shards[0].lrus[0];
	int i, stored = 0, first;
	uint64_t block;

	while (fixture_stat(fixture, "evictions") == 0)
		store_number(fixture, stored++, 1000);
	block = dram_item_block_bytes(lru->newest);
	assert_true(lru->bytes <= lru->quota && lru->bytes + block > lru->quota);
	assert_false(has_number(fixture, 0, TR_ENGINE_TOUCH));
	/* Number 1 is next, unless it is read; then 2. */
	assert_true(has_number(fixture, 1, TR_ENGINE_GET));
	store_number(fixture, stored++, 1000);
	assert_false(has_number(fixture, 2, TR_ENGINE_TOUCH));
	assert_true(has_number(fixture, 1, TR_ENGINE_TOUCH));
	/* From here in order of storing. */
	for (i = 0; i < 100; i++) {
		store_number(fixture, stored++, 1000);
		first = i + 3;
		assert_int_equal(fixture_stat(fixture, "evictions"), i + 3);
		assert_false(has_number(fixture, first, TR_ENGINE_GET));
	}
	assert_true(has_number(fixture, first + 1, TR_ENGINE_GET));
	assert_int_equal(fixture_stat(fixture, "evicted_unfetched"),
			 fixture_stat(fixture, "evictions"));
}

/* Many times the memory goes through, in sizes of every kind: a prepare never fails. */
static void
test_bound(void **state)
{
	struct fixture *fixture = *state;
	const struct dram *dram = fixture->dram;
	uint64_t stored = 0;
	int i, size;

	print_message("seed 2\n");
	srand(2);
	for (i = 0; stored < 40 << 20; i++) {
		size = rand() % 4 == 0 ? rand() % (1 << 16) : rand() % 300;
		store_number(fixture, rand() % 100000, size);
		stored += size;
		assert_true(dram->shards[0].stats[DRAM_BYTES] < 4 << 20);
		if (i % 256 == 0)
			fixture_check(fixture);
	}
	assert_true(fixture_stat(fixture, "evictions") > 0);
	assert_int_equal(fixture_stat(fixture, "prepare_no_memory"), 0);
	assert_int_equal(fixture_stat(fixture, "spilled"), 0);
}

static void
test_expiry(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_SET, "k");

	request.expiry_s = fixture->now_s + 2;
	fixture_prepare(fixture, &request, "v", 1);
	fixture_execute(fixture, &request);
	fixture->now_s += 1;
	fixture_expect(fixture, "k", "v");
	fixture->now_s += 1;
	assert_int_equal(fixture_store(fixture, TR_ENGINE_REPLACE, "k", "w"), TR_ENGINE_NOT_STORED);
	assert_int_equal(fixture_store(fixture, TR_ENGINE_ADD, "k", "w"), TR_ENGINE_OK);
	assert_int_equal(fixture_expect(fixture, "k", "w").ttl_s, UINT32_MAX);

	/* Stored with a moment that is past: never seen. */
	request.expiry_s = fixture->now_s;
	fixture_prepare(fixture, &request, "v", 1);
	assert_int_equal(fixture_execute(fixture, &request).status, TR_ENGINE_OK);
	fixture_expect(fixture, "k", NULL);
}

/* Dead items leave although nobody asks for them. */
static void
test_dead_tail(void **state)
{
	struct fixture *fixture = *state;
	struct tr_request request;
	char key[16];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		request = fixture_request(fixture, TR_ENGINE_SET, key);
		request.expiry_s = fixture->now_s + 1;
		fixture_prepare(fixture, &request, "v", 1);
		fixture_execute(fixture, &request);
	}
	fixture->now_s += 1;
	for (i = 0; i < 100; i++)
		fixture_expect(fixture, "other", NULL);
	assert_int_equal(fixture_stat(fixture, "curr_items"), 0);
	assert_int_equal(fixture_stat(fixture, "expired_unfetched"), 100);
}

/* What a simple map would hold. */
struct model {
	bool there;
	char value[VALUE_MAX + 1];
	uint64_t cas;
	uint32_t expiry_s;
	uint32_t client_flags;
};

static enum tr_engine_status
model_store(struct model *model, const struct tr_request *request, const char *value)
{
	char joined[2 * VALUE_MAX + 1];
	bool concat = request->op == TR_ENGINE_APPEND || request->op == TR_ENGINE_PREPEND;

	if (request->op == TR_ENGINE_ADD && model->there)
		return TR_ENGINE_NOT_STORED;
	if (!model->there && (concat || request->op == TR_ENGINE_REPLACE))
		return TR_ENGINE_NOT_STORED;
	if (!model->there && request->op == TR_ENGINE_SET && request->cas != 0)
		return TR_ENGINE_NOT_FOUND;
	if (model->there && request->cas != 0 && request->cas != model->cas)
		return TR_ENGINE_EXISTS;
	if (concat) {
		snprintf(joined, sizeof(joined), "%s%s",
			 request->op == TR_ENGINE_APPEND ? model->value : value,
			 request->op == TR_ENGINE_APPEND ? value : model->value);
		if (strlen(joined) > VALUE_MAX)
			return TR_ENGINE_TOO_LARGE;
		strcpy(model->value, joined);
		return TR_ENGINE_OK;
	}
	strcpy(model->value, value);
	model->expiry_s = request->expiry_s;
	model->client_flags = request->client_flags;
	model->there = true;
	return TR_ENGINE_OK;
}

static enum tr_engine_status
model_other(struct model *model, const struct tr_request *request)
{
	if (!model->there)
		return TR_ENGINE_NOT_FOUND;
	if (request->op == TR_ENGINE_GAT || request->op == TR_ENGINE_TOUCH)
		model->expiry_s = request->expiry_s;
	if (request->op != TR_ENGINE_DELETE)
		return TR_ENGINE_OK;
	if (request->cas != 0 && request->cas != model->cas)
		return TR_ENGINE_EXISTS;
	model->there = false;
	return TR_ENGINE_OK;
}

static void
model_step(struct fixture *fixture, struct model *models, const enum tr_engine_op *ops,
	   unsigned int nb_ops, uint64_t *last_cas)
{
	int number = rand() % KEYS;
	struct model *model = &models[number];
	struct tr_response response;
	struct tr_request request;
	char key[16], value[16];
	bool stores;

	if (model->there && model->expiry_s != 0 && model->expiry_s <= fixture->now_s)
		model->there = false;
	snprintf(key, sizeof(key), "key%d", number);
	snprintf(value, sizeof(value), "%.*s", rand() % 12, "abcdefghijkl");
	request = fixture_request(fixture, ops[rand() % nb_ops], key);
	request.client_flags = rand();
	if (rand() % 4 == 0)
		request.expiry_s = fixture->now_s + rand() % 20;
	stores = request.op >= TR_ENGINE_SET && request.op <= TR_ENGINE_PREPEND;
	if ((stores || request.op == TR_ENGINE_DELETE) && request.op != TR_ENGINE_ADD &&
	    rand() % 3 == 0)
		request.cas = model->cas + rand() % 2;
	if (stores)
		assert_int_equal(fixture_prepare(fixture, &request, value, strlen(value)),
				 TR_ENGINE_OK);
	response = fixture_execute(fixture, &request);
	assert_int_equal(response.status, stores ? model_store(model, &request, value)
						 : model_other(model, &request));
	if (response.status == TR_ENGINE_OK && stores) {
		assert_true(response.cas > *last_cas);
		*last_cas = model->cas = response.cas;
	}
	if (response.value != NULL) {
		assert_int_equal(response.value_len, strlen(model->value));
		assert_memory_equal(response.value, model->value, response.value_len);
		assert_int_equal(response.client_flags, model->client_flags);
		assert_int_equal(response.cas, model->cas);
	}
	fixture_release(&response);
}

static void
test_random_model(void **state)
{
	static const enum tr_engine_op ops[] = {
		TR_ENGINE_GET,	   TR_ENGINE_GET,    TR_ENGINE_GAT,	TR_ENGINE_TOUCH,
		TR_ENGINE_SET,	   TR_ENGINE_ADD,    TR_ENGINE_REPLACE, TR_ENGINE_APPEND,
		TR_ENGINE_PREPEND, TR_ENGINE_DELETE,
	};
	const struct tr_engine_config config = {
		.nb_cores = 2,
		.nb_executors = 1,
		.partitioned = true,
		.value_max = VALUE_MAX,
	};
	static struct model models[KEYS];
	struct fixture fixture;
	struct tr_request request;
	uint64_t last_cas = 0;
	unsigned int i, j;

	(void)state;
	print_message("seed 3\n");
	srand(3);
	fixture_create(&fixture, "memory=1M", &config);
	for (i = 0; i < 100000; i++) {
		fixture.core = rand() % 2;
		if (rand() % 10 == 0)
			fixture.now_s++;
		if (rand() % 2000 == 0) {
			request = fixture_request(&fixture, TR_ENGINE_FLUSH, "");
			fixture_execute(&fixture, &request);
			for (j = 0; j < KEYS; j++)
				models[j].there = false;
		}
		model_step(&fixture, models, ops, RTE_DIM(ops), &last_cas);
		if (i % 1000 == 0)
			fixture_check(&fixture);
	}
	assert_int_equal(fixture_stat(&fixture, "evictions"), 0);
	fixture_destroy(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lru_is_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expiry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_tail, setup, teardown),
		cmocka_unit_test(test_random_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

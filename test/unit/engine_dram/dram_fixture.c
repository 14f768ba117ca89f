/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_fixture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_jhash.h>

/* The registry, as far as an engine sees it: the driver registers before main. */
static const struct tr_engine_ops *registered;

static void shard_check(const struct dram *dram, const struct dram_shard *shard);
static uint64_t lru_check(const struct dram_lru *lru, unsigned int index);

int
tr_engine_register(const struct tr_engine_ops *ops)
{
	registered = ops;
	return 0;
}

void
tr_engine_unregister(const struct tr_engine_ops *ops)
{
	(void)ops;
	registered = NULL;
}

const struct tr_engine_ops *
fixture_ops(void)
{
	return registered;
}

void
fixture_create(struct fixture *fixture, const char *args, const struct tr_engine_config *config)
{
	const struct tr_engine_config one = {
		.nb_cores = 1,
		.nb_executors = 1,
		.partitioned = true,
		.prepared_bytes = 1 << 20,
		.value_max = 1 << 16,
	};
	char error[256] = "";

	fixture->now_s = 1000;
	fixture->core = 0;
	fixture->dram =
		registered->create(args, config == NULL ? &one : config, error, sizeof(error));
	if (fixture->dram == NULL)
		fail_msg("%s", error);
}

void
fixture_destroy(struct fixture *fixture)
{
	struct dram *dram = fixture->dram;
	struct tr_request request = fixture_request(fixture, TR_ENGINE_FLUSH, "");
	unsigned int i;

	fixture_execute(fixture, &request);
	/* Each operation buries a few dead items of one shard. */
	request = fixture_request(fixture, TR_ENGINE_TOUCH, "none");
	for (i = 0; i < dram->nb_shards; i++) {
		request.hash = i;
		do
			fixture_execute(fixture, &request);
		while (dram->shards[i].stats[DRAM_CURR_ITEMS] != 0);
		fixture_execute(fixture, &request);
	}
	for (i = 0; i < dram->nb_cores + dram->nb_shards; i++) {
		dram_arena_drain(&dram->arenas[i], UINT64_MAX);
		fixture_check_heap(&dram->arenas[i].heap);
		assert_true(dram_heap_is_whole(&dram->arenas[i].heap));
		if (dram->arenas[i].spill != NULL)
			assert_int_equal(dram->arenas[i].spill->refs, 0);
	}
	registered->destroy(dram);
}

void
fixture_check(struct fixture *fixture)
{
	struct dram *dram = fixture->dram;
	unsigned int i;

	for (i = 0; i < dram->nb_cores + dram->nb_shards; i++)
		fixture_check_heap(&dram->arenas[i].heap);
	for (i = 0; i < dram->nb_shards; i++)
		shard_check(dram, &dram->shards[i]);
}

struct tr_request
fixture_request(struct fixture *fixture, enum tr_engine_op op, const char *key)
{
	struct tr_request request = {
		.op = op,
		.core = fixture->core,
		.now_s = fixture->now_s,
		.key_len = strlen(key),
	};

	assert_true(request.key_len <= TR_ENGINE_KEY_MAX);
	memcpy(request.key, key, request.key_len);
	request.hash = rte_jhash(request.key, request.key_len, 0);
	return request;
}

enum tr_engine_status
fixture_prepare(struct fixture *fixture, struct tr_request *request, const void *value,
		uint32_t len)
{
	uint32_t hash = request->hash;
	enum tr_engine_status status;

	request->value_len = len;
	request->hash = 0; /* prepare may not count on it */
	status = registered->prepare(fixture->dram, request);
	request->hash = hash;
	if (status != TR_ENGINE_OK)
		return status;
	assert_non_null(request->item);
	if (len != 0 && value != NULL)
		memcpy(request->value, value, len);
	return status;
}

struct tr_response
fixture_execute(struct fixture *fixture, const struct tr_request *request)
{
	struct tr_response response = {.token = request->token};

	assert_int_equal(registered->execute(fixture->dram, request, &response), TR_ENGINE_DONE);
	return response;
}

void
fixture_release(const struct tr_response *response)
{
	if (!response->has_number && response->release != NULL)
		response->release(response->release_arg);
}

enum tr_engine_status
fixture_store(struct fixture *fixture, enum tr_engine_op op, const char *key, const char *value)
{
	struct tr_request request = fixture_request(fixture, op, key);

	assert_int_equal(fixture_prepare(fixture, &request, value, strlen(value)), TR_ENGINE_OK);
	return fixture_execute(fixture, &request).status;
}

struct tr_response
fixture_expect(struct fixture *fixture, const char *key, const char *value)
{
	struct tr_request request = fixture_request(fixture, TR_ENGINE_GET, key);
	struct tr_response response = fixture_execute(fixture, &request);

	if (value == NULL) {
		assert_int_equal(response.status, TR_ENGINE_NOT_FOUND);
		return response;
	}
	assert_int_equal(response.status, TR_ENGINE_OK);
	assert_int_equal(response.value_len, strlen(value));
	assert_memory_equal(response.value, value, response.value_len);
	fixture_release(&response);
	return response;
}

uint64_t
fixture_stat(struct fixture *fixture, const char *name)
{
	struct tr_request request = fixture_request(fixture, TR_ENGINE_STAT, "");
	struct tr_response response = fixture_execute(fixture, &request);
	const char *at = response.value, *end = at + response.value_len;
	uint64_t number = UINT64_MAX;
	const char *text;

	for (; at < end; at = text + strlen(text) + 1) {
		text = at + strlen(at) + 1;
		if (strcmp(at, name) == 0)
			number = strtoull(text, NULL, 10);
	}
	assert_ptr_equal(at, end);
	fixture_release(&response);
	assert_int_not_equal(number, UINT64_MAX);
	return number;
}

/* Blocks lie side by side, none free beside another, and the free ones are those on the lists. */
void
fixture_check_heap(const struct dram_heap *heap)
{
	struct dram_block *block;
	uint64_t bytes = 0, free_bytes = 0, listed = 0, prev = 0;
	bool prev_free = false, cursor = false;
	unsigned int class, subclass;

	for (block = heap->first;; block = dram_block_next(block)) {
		assert_int_equal(block->prev_bytes, prev);
		cursor |= block == heap->cursor;
		prev = dram_block_bytes(block);
		if (prev == 0)
			break;
		assert_true(prev >= DRAM_BLOCK_MIN && prev % DRAM_HEAP_ALIGN == 0);
		bytes += prev;
		if (dram_block_is_free(block))
			free_bytes += prev;
		assert_false(prev_free && dram_block_is_free(block));
		prev_free = dram_block_is_free(block);
	}
	for (class = 0; class < DRAM_HEAP_CLASSES; class ++) {
		for (subclass = 0; subclass < DRAM_HEAP_SUBCLASSES; subclass++) {
			block = heap->lists[class][subclass];
			assert_int_equal(block != NULL, heap->subclasses[class] >> subclass & 1);
			for (; block != NULL; block = block->next_free) {
				assert_true(dram_block_is_free(block));
				listed += dram_block_bytes(block);
			}
		}
		assert_int_equal(heap->subclasses[class] != 0, heap->classes >> class & 1);
	}
	assert_true(cursor);
	assert_int_equal(bytes, heap->bytes);
	assert_int_equal(free_bytes, heap->free_bytes);
	assert_int_equal(listed, free_bytes);
}

static void
shard_check(const struct dram *dram, const struct dram_shard *shard)
{
	uint64_t chained = 0, listed = 0, bytes = 0;
	const struct dram_item *item;
	uint32_t i;

	for (i = 0; i <= shard->bucket_mask; i++) {
		for (item = shard->buckets[i]; item != NULL; item = item->hash_next) {
			assert_true(item->state & DRAM_ITEM_LINKED);
			assert_true(item->refs > 0);
			assert_ptr_equal(&dram->shards[item->hash % dram->nb_shards], shard);
			chained++;
		}
	}
	for (i = 0; i < shard->nb_lrus; i++) {
		listed += lru_check(&shard->lrus[i], i);
		bytes += shard->lrus[i].bytes;
	}
	assert_int_equal(chained, shard->stats[DRAM_CURR_ITEMS]);
	assert_int_equal(listed, chained);
	assert_int_equal(bytes, shard->stats[DRAM_BYTES]);
}

static uint64_t
lru_check(const struct dram_lru *lru, unsigned int index)
{
	const struct dram_item *item, *newer = NULL;
	uint64_t items = 0, bytes = 0;

	for (item = lru->newest; item != NULL; item = item->lru_older) {
		assert_int_equal(item->arena->index, index);
		assert_ptr_equal(item->lru_newer, newer);
		bytes += dram_item_block_bytes(item);
		newer = item;
		items++;
	}
	assert_ptr_equal(lru->oldest, newer);
	assert_int_equal(lru->bytes, bytes);
	assert_true(bytes <= lru->quota);
	return items;
}

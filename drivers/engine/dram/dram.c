/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_branch_prediction.h>

static const char *const args_help =
	"memory=64M: all that it takes, in bytes or with a suffix k, M or G (more if cores, "
	"threads and values need it)";

static dram_op_fn *const op_table[TR_ENGINE_OPS] = {
	[TR_ENGINE_GET] = dram_op_get,	     [TR_ENGINE_GAT] = dram_op_get,
	[TR_ENGINE_TOUCH] = dram_op_get,     [TR_ENGINE_SET] = dram_op_store,
	[TR_ENGINE_ADD] = dram_op_store,     [TR_ENGINE_REPLACE] = dram_op_store,
	[TR_ENGINE_APPEND] = dram_op_concat, [TR_ENGINE_PREPEND] = dram_op_concat,
	[TR_ENGINE_DELETE] = dram_op_delete, [TR_ENGINE_INCR] = dram_op_counter,
	[TR_ENGINE_DECR] = dram_op_counter,
};

static void carve(struct dram *dram, const struct tr_engine_config *config);
static void shard_init(struct dram *dram, unsigned int index, struct dram_lru *lrus,
		       struct dram_item **buckets);
static void *take(uint8_t **at, uint64_t bytes);

static void *
dram_create(const char *text, const struct tr_engine_config *config, char *error, size_t error_size)
{
	struct dram_layout layout;
	struct dram_args args;
	struct dram *dram;

	if (dram_args_parse(text, &args, error, error_size) != 0 ||
	    dram_layout_plan(&layout, args.memory_bytes, config, error, error_size) != 0)
		return NULL;
	dram = mmap(NULL, layout.memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (dram == MAP_FAILED) {
		snprintf(error, error_size, "memory=%" PRIu64 " cannot be had (%s): give less",
			 layout.memory_bytes, strerror(errno));
		return NULL;
	}
	/* Pages come now rather than as the values do; where the kernel cannot, they come then. */
	madvise(dram, layout.memory_bytes, MADV_HUGEPAGE);
	madvise(dram, layout.memory_bytes, MADV_POPULATE_WRITE);
	dram->layout = layout;
	carve(dram, config);
	return dram;
}

static void
dram_destroy(void *engine)
{
	struct dram *dram = engine;

	munmap(dram, dram->layout.memory_bytes);
}

static enum tr_engine_status
dram_prepare(void *engine, struct tr_request *request)
{
	struct dram *dram = engine;
	struct dram_arena *arena = &dram->arenas[request->core];
	uint64_t bytes = dram_item_bytes(request->key_len, request->value_len);
	struct dram_item *item;

	if (request->value_len > dram->value_max || request->key_len > TR_ENGINE_KEY_MAX)
		return TR_ENGINE_TOO_LARGE;
	item = dram_arena_alloc(arena, request->key, request->key_len, request->value_len);
	/* Ask for the next one's room ahead of time: executors need some to make it. */
	if (unlikely(item == NULL || !dram_heap_has(&arena->heap, bytes)))
		dram_arena_reclaim(arena, dram->shards, dram->nb_shards, bytes);
	if (unlikely(item == NULL))
		item = dram_arena_spill(arena, request->key, request->key_len, request->value_len);
	if (unlikely(item == NULL)) {
		atomic_store_explicit(
			&arena->no_memory,
			atomic_load_explicit(&arena->no_memory, memory_order_relaxed) + 1,
			memory_order_relaxed);
		return TR_ENGINE_NO_MEMORY;
	}
	request->item = item;
	request->value = dram_item_value(item);
	return TR_ENGINE_OK;
}

static void
dram_discard(void *engine, struct tr_request *request)
{
	(void)engine;
	dram_item_put(request->item);
}

static enum tr_engine_verdict
dram_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	struct dram *dram = engine;
	struct dram_shard *shard;

	if (request->op == TR_ENGINE_FLUSH) {
		dram_flush(dram, request, response);
		return TR_ENGINE_DONE;
	}
	if (request->op == TR_ENGINE_STAT) {
		dram_stat(dram, request, response);
		return TR_ENGINE_DONE;
	}
	shard = &dram->shards[request->hash % dram->nb_shards];
	if (!dram->partitioned)
		rte_ticketlock_lock(&shard->lock);
	dram_shard_begin(shard, request->now_s, dram_flush_epoch(dram, request->now_s));
	op_table[request->op](shard, request, response);
	dram_shard_end(shard);
	if (!dram->partitioned)
		rte_ticketlock_unlock(&shard->lock);
	return TR_ENGINE_DONE;
}

/* Lay everything out behind struct dram; the mapping is zeroed. */
static void
carve(struct dram *dram, const struct tr_engine_config *config)
{
	const struct dram_layout *layout = &dram->layout;
	unsigned int nb_lrus = config->nb_cores + 1;
	uint8_t *at = (uint8_t *)dram;
	struct dram_item *spill;
	struct dram_lru *lrus;
	unsigned int i;

	dram->nb_cores = config->nb_cores;
	dram->nb_shards = config->nb_executors;
	dram->partitioned = config->partitioned;
	dram->value_max = config->value_max;
	take(&at, sizeof(*dram));
	dram->arenas = take(&at, (dram->nb_cores + dram->nb_shards) * sizeof(*dram->arenas));
	dram->shards = take(&at, dram->nb_shards * sizeof(*dram->shards));
	lrus = take(&at, (uint64_t)dram->nb_shards * nb_lrus * sizeof(*lrus));
	for (i = 0; i < dram->nb_cores; i++) {
		spill = take(&at, layout->spill_bytes);
		dram_arena_init(&dram->arenas[i], take(&at, layout->core_arena_bytes),
				layout->core_arena_bytes, spill, i);
	}
	for (i = 0; i < dram->nb_shards; i++) {
		dram_arena_init(&dram->arenas[dram->nb_cores + i],
				take(&at, layout->shard_arena_bytes), layout->shard_arena_bytes,
				NULL, dram->nb_cores);
		shard_init(dram, i, lrus + (uint64_t)i * nb_lrus,
			   take(&at, layout->buckets * sizeof(struct dram_item *)));
	}
}

static void
shard_init(struct dram *dram, unsigned int index, struct dram_lru *lrus, struct dram_item **buckets)
{
	struct dram_shard *shard = &dram->shards[index];
	unsigned int i;

	rte_ticketlock_init(&shard->lock);
	shard->nb_shards = dram->nb_shards;
	shard->nb_lrus = dram->nb_cores + 1;
	shard->bucket_mask = dram->layout.buckets - 1;
	shard->value_max = dram->value_max;
	shard->next_cas = index + 1;
	shard->buckets = buckets;
	shard->lrus = lrus;
	shard->arena = &dram->arenas[dram->nb_cores + index];
	shard->shards = dram->shards;
	for (i = 0; i < dram->nb_cores; i++)
		lrus[i].quota = dram->layout.core_quota_bytes;
	lrus[dram->nb_cores].quota = dram->layout.shard_quota_bytes;
}

/* The next piece of the mapping, on cache lines of its own. */
static void *
take(uint8_t **at, uint64_t bytes)
{
	void *piece = *at;

	*at += RTE_ALIGN_CEIL(bytes, (uint64_t)RTE_CACHE_LINE_SIZE);
	return piece;
}

static const struct tr_engine_ops dram_ops = {
	.name = "dram",
	.args_help = args_help,
	.create = dram_create,
	.destroy = dram_destroy,
	.prepare = dram_prepare,
	.discard = dram_discard,
	.execute = dram_execute,
};

TR_ENGINE_REGISTER(dram_ops)

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_arena.h"

#include <string.h>

#include "dram_shard.h"

/* Items freed in passing, beside those in proportion to what is allocated. */
#define DRAIN_MIN 32

/* No item takes less than this. */
#define ITEM_BYTES_MIN (DRAM_BLOCK_HEADER + sizeof(struct dram_item))

static void item_init(struct dram_item *item, struct dram_arena *arena, const uint8_t *key,
		      uint8_t key_len, uint32_t value_len);
static bool block_may_move(struct dram_block *block);
static void item_reclaim(struct dram_item *item, struct dram_shard *shards, unsigned int nb_shards);

void
dram_arena_init(struct dram_arena *arena, void *base, uint64_t bytes, struct dram_item *spill,
		unsigned int index)
{
	dram_heap_init(&arena->heap, base, bytes);
	arena->draining = NULL;
	arena->spill = spill;
	arena->index = index;
	atomic_init(&arena->no_memory, 0);
	atomic_init(&arena->returned, NULL);
}

struct dram_item *
dram_arena_alloc(struct dram_arena *arena, const uint8_t *key, uint8_t key_len, uint32_t value_len)
{
	uint64_t bytes = dram_item_bytes(key_len, value_len);
	struct dram_item *item;

	dram_arena_drain(arena, DRAIN_MIN + bytes / ITEM_BYTES_MIN);
	item = dram_heap_alloc(&arena->heap, bytes);
	if (item == NULL) {
		dram_arena_drain(arena, UINT64_MAX);
		item = dram_heap_alloc(&arena->heap, bytes);
		if (item == NULL)
			return NULL;
	}
	item_init(item, arena, key, key_len, value_len);
	return item;
}

struct dram_item *
dram_arena_spill(struct dram_arena *arena, const uint8_t *key, uint8_t key_len, uint32_t value_len)
{
	struct dram_item *item = arena->spill;

	if (item == NULL || atomic_load_explicit(&item->refs, memory_order_acquire) != 0)
		return NULL;
	item_init(item, arena, key, key_len, value_len);
	return item;
}

void
dram_arena_reclaim(struct dram_arena *arena, struct dram_shard *shards, unsigned int nb_shards,
		   uint64_t bytes)
{
	struct dram_heap *heap = &arena->heap;
	struct dram_block *start = heap->cursor;
	struct dram_block *block = start;
	uint64_t need = dram_heap_block_for(bytes);
	uint64_t budget, length = 0;

	for (budget = 2 * need / ITEM_BYTES_MIN; budget > 0 && length < need; budget--) {
		if (dram_block_bytes(block) == 0) {
			start = block = heap->first;
			length = 0;
			continue;
		}
		length += dram_block_bytes(block);
		if (!block_may_move(block)) {
			start = dram_block_next(block);
			length = 0;
		}
		block = dram_block_next(block);
	}
	if (length < need) {
		heap->cursor = start;
		return;
	}
	heap->cursor = block;
	for (; start != block; start = dram_block_next(start))
		if (!dram_block_is_free(start))
			item_reclaim(dram_block_memory(start), shards, nb_shards);
}

void
dram_arena_drain(struct dram_arena *arena, uint64_t max)
{
	struct dram_item *item;

	while (max-- > 0) {
		if (arena->draining == NULL)
			arena->draining = dram_item_take_all(&arena->returned);
		item = arena->draining;
		if (item == NULL)
			return;
		arena->draining = item->link;
		dram_heap_free(&arena->heap, item);
	}
}

void
dram_item_put(struct dram_item *item)
{
	struct dram_arena *arena = item->arena;
	bool spill = item == arena->spill;

	/* A spill with no reference is the core's to use again: look at it no more. */
	if (atomic_fetch_sub_explicit(&item->refs, 1, memory_order_acq_rel) == 1 && !spill)
		dram_item_push(&arena->returned, item);
}

static void
item_init(struct dram_item *item, struct dram_arena *arena, const uint8_t *key, uint8_t key_len,
	  uint32_t value_len)
{
	item->arena = arena;
	item->value_len = value_len;
	item->key_len = key_len;
	memcpy(item->key, key, key_len);
	atomic_store_explicit(&item->state, 0, memory_order_relaxed);
	atomic_store_explicit(&item->reclaiming, 0, memory_order_relaxed);
	atomic_store_explicit(&item->refs, 1, memory_order_relaxed);
}

/* Whether a block is free, about to be, or would be if its shard gave it up. */
static bool
block_may_move(struct dram_block *block)
{
	struct dram_item *item = dram_block_memory(block);
	uint32_t refs;

	if (dram_block_is_free(block))
		return true;
	refs = atomic_load_explicit(&item->refs, memory_order_relaxed);
	if (refs == 0 || atomic_load_explicit(&item->reclaiming, memory_order_relaxed) != 0)
		return true;
	return refs == 1 &&
	       (atomic_load_explicit(&item->state, memory_order_relaxed) & DRAM_ITEM_LINKED) != 0;
}

/* Put an item on its shard's reclaim list, unless it is on its way back already. */
static void
item_reclaim(struct dram_item *item, struct dram_shard *shards, unsigned int nb_shards)
{
	uint32_t refs = atomic_load_explicit(&item->refs, memory_order_relaxed);

	/* The hash is there to be read once the executor has linked the item. */
	if ((atomic_load_explicit(&item->state, memory_order_acquire) & DRAM_ITEM_LINKED) == 0 ||
	    atomic_load_explicit(&item->reclaiming, memory_order_acquire) != 0)
		return;
	do {
		if (refs == 0)
			return;
	} while (!atomic_compare_exchange_weak_explicit(
		&item->refs, &refs, refs + 1, memory_order_acquire, memory_order_relaxed));
	atomic_store_explicit(&item->reclaiming, 1, memory_order_relaxed);
	dram_item_push(&shards[item->hash % nb_shards].reclaim, item);
}

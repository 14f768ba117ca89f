/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * An arena: a heap that one thread owns, and the way back to it for items that others let go.
 *
 * Each core has one, for the values that it receives; each shard has one, for the values that its
 * executor makes (append, prepend, counters).
 *
 * Threads: the owner; dram_item_put() is for all.
 */
#ifndef DRAM_ARENA_H
#define DRAM_ARENA_H

#include <rte_common.h>

#include "dram_item.h"

struct dram_shard;

/** An arena. */
struct dram_arena {
	struct dram_heap heap;
	struct dram_item *draining; /* came back, not yet freed */
	/**
	 * Where a core puts the value of one request at a time that finds no room, so that it is
	 * executed, and makes room; NULL in a shard's arena. Free when its refs are 0.
	 */
	struct dram_item *spill;
	unsigned int index; /* among a shard's LRU lists */
	_Atomic uint64_t no_memory; /* requests refused; written by the owner */
	_Alignas(RTE_CACHE_LINE_SIZE) _Atomic(struct dram_item *) returned;
};

/** Make an arena of a stretch of memory; @p spill may be NULL. */
void dram_arena_init(struct dram_arena *arena, void *base, uint64_t bytes, struct dram_item *spill,
		     unsigned int index);

/**
 * Allocate an item with key and lengths set, and one reference.
 *
 * @return
 *   The item, or NULL: dram_arena_reclaim() can make room for a later call.
 */
struct dram_item *dram_arena_alloc(struct dram_arena *arena, const uint8_t *key, uint8_t key_len,
				   uint32_t value_len);

/** The same in the spill, or NULL when that is in use. */
struct dram_item *dram_arena_spill(struct dram_arena *arena, const uint8_t *key, uint8_t key_len,
				   uint32_t value_len);

/**
 * Choose a stretch of the heap with room for @p bytes and ask the shards to give up its items.
 *
 * LRU order says nothing about addresses: after any amount of eviction by age, the holes may all be
 * small. So whole stretches are emptied, in turn over the heap. The work is proportional to
 * @p bytes.
 */
void dram_arena_reclaim(struct dram_arena *arena, struct dram_shard *shards, unsigned int nb_shards,
			uint64_t bytes);

/** Free what came back, at most @p max items. */
void dram_arena_drain(struct dram_arena *arena, uint64_t max);

/** Drop a reference; the last one sends the item back to its arena. Any thread. */
void dram_item_put(struct dram_item *item);

#endif /* DRAM_ARENA_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A shard: the items whose hash falls to one executor. A hash table with chains, and for each arena
 * an exact LRU list with its quota of bytes.
 *
 * Lists and quotas are by arena because only the eviction of an arena's own items makes room in it.
 * The quotas of an arena, over all shards, leave free what requests may hold prepared and some
 * slack: so linking evicts, and preparing finds room.
 *
 * Threads: the shard's executor; when several cores execute any key, whoever holds the lock.
 * Statistics are read by any.
 */
#ifndef DRAM_SHARD_H
#define DRAM_SHARD_H

#include <rte_ticketlock.h>

#include "tr_engine.h"

#include "dram_arena.h"

/** Counters of a shard; dram_stat.c has their names. */
enum dram_shard_stat {
	DRAM_CURR_ITEMS,
	DRAM_TOTAL_ITEMS,
	DRAM_BYTES,
	DRAM_EVICTIONS,
	DRAM_EVICTED_UNFETCHED,
	DRAM_EVICTED_FOR_ROOM,
	DRAM_RECLAIMED,
	DRAM_EXPIRED_UNFETCHED,
	DRAM_GET_EXPIRED,
	DRAM_GET_FLUSHED,
	DRAM_SPILLED,
	DRAM_SHARD_STATS
};

/** The items of one arena in one shard, the last used first. */
struct dram_lru {
	struct dram_item *newest;
	struct dram_item *oldest;
	uint64_t bytes;
	uint64_t quota;
};

/** A shard. */
struct dram_shard {
	rte_ticketlock_t lock;
	unsigned int nb_shards;
	unsigned int nb_lrus; /* one for each core's arena, and one for the shard's own */
	unsigned int next_lru; /* whose tail is looked at next */
	uint32_t bucket_mask;
	uint32_t now_s; /* of the operation under way */
	uint32_t epoch; /* the same: items of older epochs are flushed */
	uint32_t value_max;
	uint64_t next_cas;
	struct dram_item **buckets;
	struct dram_lru *lrus;
	struct dram_arena *arena; /* for values that the executor makes */
	struct dram_shard *shards; /* all of them */
	_Atomic uint64_t stats[DRAM_SHARD_STATS];
	_Alignas(RTE_CACHE_LINE_SIZE) _Atomic(struct dram_item *) reclaim;
};

/** Begin an operation: evict the items that the owner of an arena asked for. */
void dram_shard_begin(struct dram_shard *shard, uint32_t now_s, uint32_t epoch);

/** End an operation: remove some that expired or were flushed, from the tail of a list in turn. */
void dram_shard_end(struct dram_shard *shard);

/** The live item of the request's key, or NULL. A dead one is removed. */
struct dram_item *dram_shard_find(struct dram_shard *shard, const struct tr_request *request);

/**
 * Make room for an item in the shard's own arena; evicts until there is.
 *
 * @return
 *   The item, or NULL when responses in flight hold too much of the arena.
 */
struct dram_item *dram_shard_alloc(struct dram_shard *shard, const uint8_t *key, uint8_t key_len,
				   uint32_t value_len);

/**
 * Put an item in the table, in place of @p old when that is not NULL and has not been evicted to
 * make room. Consumes the caller's reference; gives the item its cas; evicts until the quota holds.
 */
void dram_shard_link(struct dram_shard *shard, struct dram_item *item, uint32_t hash,
		     struct dram_item *old);

/** Take an item out of the table, and drop the table's reference. */
void dram_shard_unlink(struct dram_shard *shard, struct dram_item *item);

/** Note that an item was used: it is now the last to be evicted. */
void dram_shard_touch(struct dram_shard *shard, struct dram_item *item);

/** A new cas: never 0, and no other shard's. */
uint64_t dram_shard_cas(struct dram_shard *shard);

/** Add to a counter: the executor is its only writer. */
static inline void
dram_shard_count(struct dram_shard *shard, enum dram_shard_stat stat, uint64_t add)
{
	uint64_t value = atomic_load_explicit(&shard->stats[stat], memory_order_relaxed);

	atomic_store_explicit(&shard->stats[stat], value + add, memory_order_relaxed);
}

#endif /* DRAM_SHARD_H */

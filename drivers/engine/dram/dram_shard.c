/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram_shard.h"

#include <string.h>

/* Items looked at in passing, for dead ones. */
#define TAIL_ITEMS 2

static void give_up_reclaimed(struct dram_shard *shard);
static void evict(struct dram_shard *shard, struct dram_item *item);
static void bury(struct dram_shard *shard, struct dram_item *item);
static bool item_is_dead(const struct dram_shard *shard, const struct dram_item *item);
static struct dram_item **bucket_of(const struct dram_shard *shard, uint32_t hash);
static void lru_insert(struct dram_lru *lru, struct dram_item *item);
static void lru_remove(struct dram_lru *lru, struct dram_item *item);

void
dram_shard_begin(struct dram_shard *shard, uint32_t now_s, uint32_t epoch)
{
	shard->now_s = now_s;
	shard->epoch = epoch;
	give_up_reclaimed(shard);
}

void
dram_shard_end(struct dram_shard *shard)
{
	struct dram_lru *lru = &shard->lrus[shard->next_lru];
	unsigned int i;

	if (++shard->next_lru == shard->nb_lrus)
		shard->next_lru = 0;
	for (i = 0; i < TAIL_ITEMS; i++) {
		if (lru->oldest == NULL || !item_is_dead(shard, lru->oldest))
			return;
		bury(shard, lru->oldest);
	}
}

struct dram_item *
dram_shard_find(struct dram_shard *shard, const struct tr_request *request)
{
	struct dram_item *item = *bucket_of(shard, request->hash);

	while (item != NULL && (item->hash != request->hash || item->key_len != request->key_len ||
				memcmp(item->key, request->key, request->key_len) != 0))
		item = item->hash_next;
	if (item == NULL || !item_is_dead(shard, item))
		return item;
	if (request->op == TR_ENGINE_GET || request->op == TR_ENGINE_GAT)
		dram_shard_count(shard,
				 item->epoch != shard->epoch ? DRAM_GET_FLUSHED : DRAM_GET_EXPIRED,
				 1);
	bury(shard, item);
	return NULL;
}

struct dram_item *
dram_shard_alloc(struct dram_shard *shard, const uint8_t *key, uint8_t key_len, uint32_t value_len)
{
	struct dram_arena *arena = shard->arena;
	struct dram_item *item = dram_arena_alloc(arena, key, key_len, value_len);

	if (item != NULL)
		return item;
	dram_arena_reclaim(arena, shard->shards, shard->nb_shards,
			   dram_item_bytes(key_len, value_len));
	give_up_reclaimed(shard);
	return dram_arena_alloc(arena, key, key_len, value_len);
}

void
dram_shard_link(struct dram_shard *shard, struct dram_item *item, uint32_t hash,
		struct dram_item *old)
{
	struct dram_lru *lru = &shard->lrus[item->arena->index];
	struct dram_item **bucket = bucket_of(shard, hash);

	if (old != NULL &&
	    (atomic_load_explicit(&old->state, memory_order_relaxed) & DRAM_ITEM_LINKED))
		dram_shard_unlink(shard, old);
	item->hash = hash;
	item->epoch = shard->epoch;
	item->accessed_s = shard->now_s;
	item->cas = dram_shard_cas(shard);
	item->hash_next = *bucket;
	*bucket = item;
	lru_insert(lru, item);
	/* From here on the arena's owner may ask for it: it reads the hash. */
	atomic_store_explicit(&item->state, DRAM_ITEM_LINKED, memory_order_release);
	lru->bytes += dram_item_block_bytes(item);
	dram_shard_count(shard, DRAM_BYTES, dram_item_block_bytes(item));
	dram_shard_count(shard, DRAM_CURR_ITEMS, 1);
	dram_shard_count(shard, DRAM_TOTAL_ITEMS, 1);
	while (lru->bytes > lru->quota)
		evict(shard, lru->oldest);
}

void
dram_shard_unlink(struct dram_shard *shard, struct dram_item *item)
{
	struct dram_lru *lru = &shard->lrus[item->arena->index];
	struct dram_item **place = bucket_of(shard, item->hash);

	while (*place != item)
		place = &(*place)->hash_next;
	*place = item->hash_next;
	lru_remove(lru, item);
	lru->bytes -= dram_item_block_bytes(item);
	dram_shard_count(shard, DRAM_BYTES, -dram_item_block_bytes(item));
	dram_shard_count(shard, DRAM_CURR_ITEMS, -1);
	atomic_store_explicit(&item->state, 0, memory_order_relaxed);
	dram_item_put(item);
}

void
dram_shard_touch(struct dram_shard *shard, struct dram_item *item)
{
	struct dram_lru *lru = &shard->lrus[item->arena->index];

	item->accessed_s = shard->now_s;
	if (lru->newest == item)
		return;
	lru_remove(lru, item);
	lru_insert(lru, item);
}

uint64_t
dram_shard_cas(struct dram_shard *shard)
{
	uint64_t cas = shard->next_cas;

	shard->next_cas += shard->nb_shards;
	return cas;
}

/* Evict the items that an arena's owner chose, wherever they are in the LRU order. */
static void
give_up_reclaimed(struct dram_shard *shard)
{
	struct dram_item *item = dram_item_take_all(&shard->reclaim);
	struct dram_item *next;

	for (; item != NULL; item = next) {
		next = item->link;
		if (atomic_load_explicit(&item->state, memory_order_relaxed) & DRAM_ITEM_LINKED) {
			dram_shard_count(shard, DRAM_EVICTED_FOR_ROOM, 1);
			evict(shard, item);
		}
		atomic_store_explicit(&item->reclaiming, 0, memory_order_release);
		dram_item_put(item);
	}
}

static void
evict(struct dram_shard *shard, struct dram_item *item)
{
	uint8_t state = atomic_load_explicit(&item->state, memory_order_relaxed);

	if (item_is_dead(shard, item)) {
		bury(shard, item);
		return;
	}
	dram_shard_count(shard, DRAM_EVICTIONS, 1);
	if ((state & DRAM_ITEM_FETCHED) == 0)
		dram_shard_count(shard, DRAM_EVICTED_UNFETCHED, 1);
	dram_shard_unlink(shard, item);
}

/* Remove an item that no one can find any more. */
static void
bury(struct dram_shard *shard, struct dram_item *item)
{
	uint8_t state = atomic_load_explicit(&item->state, memory_order_relaxed);

	dram_shard_count(shard, DRAM_RECLAIMED, 1);
	if (item->epoch == shard->epoch && (state & DRAM_ITEM_FETCHED) == 0)
		dram_shard_count(shard, DRAM_EXPIRED_UNFETCHED, 1);
	dram_shard_unlink(shard, item);
}

static bool
item_is_dead(const struct dram_shard *shard, const struct dram_item *item)
{
	return item->epoch != shard->epoch ||
	       (item->expiry_s != 0 && item->expiry_s <= shard->now_s);
}

/* The shard was chosen by the remainder of the hash: what is left of it is the quotient. */
static struct dram_item **
bucket_of(const struct dram_shard *shard, uint32_t hash)
{
	return &shard->buckets[hash / shard->nb_shards & shard->bucket_mask];
}

static void
lru_insert(struct dram_lru *lru, struct dram_item *item)
{
	item->lru_newer = NULL;
	item->lru_older = lru->newest;
	if (lru->newest != NULL)
		lru->newest->lru_newer = item;
	else
		lru->oldest = item;
	lru->newest = item;
}

static void
lru_remove(struct dram_lru *lru, struct dram_item *item)
{
	if (item->lru_newer != NULL)
		item->lru_newer->lru_older = item->lru_older;
	else
		lru->newest = item->lru_older;
	if (item->lru_older != NULL)
		item->lru_older->lru_newer = item->lru_newer;
	else
		lru->oldest = item->lru_newer;
}

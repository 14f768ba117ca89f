/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * An item: a key and its value in one block of an arena's heap.
 *
 * It has one reference for each of these: the request that it is prepared for, the hash table, a
 * response in flight, a reclaim list. Whoever drops the last one sends it back to its arena.
 *
 * Threads: the core that prepared it writes it until execute; then the executor of its shard alone.
 * Its bytes do not change while anyone but the table holds a reference. refs, state and reclaiming
 * are atomic.
 */
#ifndef DRAM_ITEM_H
#define DRAM_ITEM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "dram_heap.h"

struct dram_arena;

/** In the hash table. */
#define DRAM_ITEM_LINKED 0x01
/** Read since it was stored. */
#define DRAM_ITEM_FETCHED 0x02

/** An item; 80 bytes in front of its key. */
struct dram_item {
	struct dram_item *hash_next;
	struct dram_item *lru_newer;
	struct dram_item *lru_older;
	struct dram_item *link; /* on its arena's return list, or its shard's reclaim list */
	struct dram_arena *arena;
	uint64_t cas;
	_Atomic uint32_t refs;
	uint32_t hash;
	uint32_t value_len;
	uint32_t client_flags;
	uint32_t expiry_s; /* 0: never */
	uint32_t accessed_s;
	uint32_t epoch; /* flushes that came before it was stored */
	uint8_t key_len;
	uint8_t datatype;
	_Atomic uint8_t state; /* DRAM_ITEM_*; written by the executor */
	_Atomic uint8_t reclaiming; /* on a reclaim list */
	uint8_t key[]; /* and the value behind it */
};

_Static_assert(offsetof(struct dram_item, key) == 80, "the overhead of an item");

/** Bytes that an item needs of a heap. */
static inline uint64_t
dram_item_bytes(uint32_t key_len, uint64_t value_len)
{
	return sizeof(struct dram_item) + key_len + value_len;
}

/** Bytes that an item takes up, all included. */
static inline uint64_t
dram_item_block_bytes(const struct dram_item *item)
{
	return dram_heap_block_bytes(item);
}

static inline uint8_t *
dram_item_value(struct dram_item *item)
{
	return item->key + item->key_len;
}

/** Longest value that fits where the item is. */
static inline uint64_t
dram_item_room(const struct dram_item *item)
{
	return dram_item_block_bytes(item) - DRAM_BLOCK_HEADER - sizeof(*item) - item->key_len;
}

/** Push on a list that many threads push to and one takes whole, so that ABA cannot happen. */
static inline void
dram_item_push(_Atomic(struct dram_item *) *list, struct dram_item *item)
{
	struct dram_item *head = atomic_load_explicit(list, memory_order_relaxed);

	do {
		item->link = head;
	} while (!atomic_compare_exchange_weak_explicit(list, &head, item, memory_order_release,
							memory_order_relaxed));
}

/** Take a list whole; usually it is empty, and costs a load. */
static inline struct dram_item *
dram_item_take_all(_Atomic(struct dram_item *) *list)
{
	if (atomic_load_explicit(list, memory_order_relaxed) == NULL)
		return NULL;
	return atomic_exchange_explicit(list, NULL, memory_order_acquire);
}

/** Take a reference to an item that cannot go away meanwhile. */
static inline void
dram_item_get(struct dram_item *item)
{
	atomic_fetch_add_explicit(&item->refs, 1, memory_order_relaxed);
}

/** Whether only the table, or the caller, holds the item: its bytes may change. */
static inline bool
dram_item_is_sole(const struct dram_item *item)
{
	return atomic_load_explicit(&item->refs, memory_order_acquire) == 1;
}

#endif /* DRAM_ITEM_H */

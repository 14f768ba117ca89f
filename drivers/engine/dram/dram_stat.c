/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Statistics, under memcached's names where it has one. What the front end can count itself, such
 * as hits and flushes, is not here: a name appears once in the answer to a client.
 */
#include "dram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

/* Room for one name and its number. */
#define STAT_BYTES 48

/* Those that are not a shard's. */
#define STATS_OTHER 5

static const char *const shard_names[DRAM_SHARD_STATS] = {
	[DRAM_CURR_ITEMS] = "curr_items",
	[DRAM_TOTAL_ITEMS] = "total_items",
	[DRAM_BYTES] = "bytes",
	[DRAM_EVICTIONS] = "evictions",
	[DRAM_EVICTED_UNFETCHED] = "evicted_unfetched",
	[DRAM_EVICTED_FOR_ROOM] = "evicted_for_room",
	[DRAM_RECLAIMED] = "reclaimed",
	[DRAM_EXPIRED_UNFETCHED] = "expired_unfetched",
	[DRAM_GET_EXPIRED] = "get_expired",
	[DRAM_GET_FLUSHED] = "get_flushed",
	[DRAM_SPILLED] = "spilled",
};

static bool is_slab_group(const struct tr_request *request);
static uint64_t shards_sum(const struct dram *dram, enum dram_shard_stat stat);
static uint64_t arenas_no_memory(const struct dram *dram);
static char *stat_write(char *at, const char *name, uint64_t number);

void
dram_stat(struct dram *dram, const struct tr_request *request, struct tr_response *response)
{
	const struct dram_layout *layout = &dram->layout;
	char *text, *at;
	unsigned int i;

	if (request->key_len != 0) {
		response->status = is_slab_group(request) ? TR_ENGINE_OK : TR_ENGINE_NOT_FOUND;
		return;
	}
	text = malloc((DRAM_SHARD_STATS + STATS_OTHER) * STAT_BYTES);
	if (text == NULL) {
		response->status = TR_ENGINE_NO_MEMORY;
		return;
	}
	at = text;
	for (i = 0; i < DRAM_SHARD_STATS; i++)
		at = stat_write(at, shard_names[i], shards_sum(dram, i));
	at = stat_write(at, "limit_maxbytes", layout->memory_bytes);
	at = stat_write(at, "hash_buckets", (uint64_t)layout->buckets * dram->nb_shards);
	at = stat_write(at, "hash_bytes",
			(uint64_t)layout->buckets * dram->nb_shards * sizeof(struct dram_item *));
	at = stat_write(at, "shards", dram->nb_shards);
	at = stat_write(at, "prepare_no_memory", arenas_no_memory(dram));
	response->status = TR_ENGINE_OK;
	response->value = text;
	response->value_len = at - text;
	response->release = free;
	response->release_arg = text;
}

/* Tools ask for memcached's groups about its slabs. They exist, with nothing to say. */
static bool
is_slab_group(const struct tr_request *request)
{
	static const char *const groups[] = {"items", "slabs", "sizes"};
	unsigned int i;

	for (i = 0; i < RTE_DIM(groups); i++)
		if (request->key_len == strlen(groups[i]) &&
		    memcmp(request->key, groups[i], request->key_len) == 0)
			return true;
	return false;
}

static uint64_t
shards_sum(const struct dram *dram, enum dram_shard_stat stat)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < dram->nb_shards; i++)
		sum += atomic_load_explicit(&dram->shards[i].stats[stat], memory_order_relaxed);
	return sum;
}

static uint64_t
arenas_no_memory(const struct dram *dram)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < dram->nb_cores; i++)
		sum += atomic_load_explicit(&dram->arenas[i].no_memory, memory_order_relaxed);
	return sum;
}

/* Write name NUL number NUL. */
static char *
stat_write(char *at, const char *name, uint64_t number)
{
	at += snprintf(at, STAT_BYTES / 2, "%s", name) + 1;
	return at + snprintf(at, STAT_BYTES / 2, "%" PRIu64, number) + 1;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The dram engine: items in one mapping of fixed size, which holds this struct and all below it.
 *
 * prepare:  the core takes an item from its own arena and receives the value straight into it.
 * execute:  the shard of the key links it, and evicts what no longer fits.
 * release:  the core drops the response's reference; the last one out sends the item back to its
 *           arena, where the owner frees it at its next prepare.
 *
 * Threads: as tr_engine.h says. Cores and executors share reference counts, the lists on which
 * items return and are asked for, and the flush word: nothing else.
 */
#ifndef DRAM_H
#define DRAM_H

#include "dram_arena.h"
#include "dram_shard.h"

/** Arguments, as --engine gives them. */
struct dram_args {
	uint64_t memory_bytes; /* 0: not said */
};

/** How the memory is divided. */
struct dram_layout {
	uint64_t memory_bytes; /* all of the following together, and what rounding leaves */
	uint64_t control_bytes; /* struct dram, arenas, shards, LRU lists */
	uint64_t spill_bytes; /* of each core */
	uint64_t core_arena_bytes; /* of each core */
	uint64_t shard_arena_bytes; /* of each shard */
	uint64_t core_quota_bytes; /* that each shard may link of each core's arena */
	uint64_t shard_quota_bytes; /* that each shard may link of its own arena */
	uint32_t buckets; /* of each shard */
};

/** An engine. */
struct dram {
	struct dram_layout layout;
	unsigned int nb_cores;
	unsigned int nb_shards;
	bool partitioned; /* a shard has one executor, and needs no lock */
	uint32_t value_max;
	struct dram_arena *arenas; /* the cores', then the shards' */
	struct dram_shard *shards;
	/**
	 * The flushes so far in the upper half, the moment of the one to come (0: none) in the
	 * lower: one word, so that exactly one of the shards that see the moment pass does it.
	 */
	_Alignas(RTE_CACHE_LINE_SIZE) _Atomic uint64_t flush;
};

/**
 * Read the arguments.
 *
 * @return
 *   0, or -EINVAL with a line in @p error.
 */
int dram_args_parse(const char *text, struct dram_args *args, char *error, size_t error_size);

/**
 * Divide the memory.
 *
 * @param memory_bytes
 *   0: 64 MiB, or up to 1 GiB if the server's cores, threads and values need as much.
 * @return
 *   0, or -ENOSPC with a line in @p error that says how much it takes.
 */
int dram_layout_plan(struct dram_layout *layout, uint64_t memory_bytes,
		     const struct tr_engine_config *config, char *error, size_t error_size);

/** The flush epoch now; begins a new one when the moment of a delayed flush has come. */
uint32_t dram_flush_epoch(struct dram *dram, uint32_t now_s);

/** TR_ENGINE_FLUSH: touches no shard; each notices at its next operation. */
void dram_flush(struct dram *dram, const struct tr_request *request, struct tr_response *response);

/** TR_ENGINE_STAT: touches no shard but to read counters. */
void dram_stat(struct dram *dram, const struct tr_request *request, struct tr_response *response);

/** The operations on a key, in dram_op*.c. The shard's executor. */
typedef void dram_op_fn(struct dram_shard *shard, const struct tr_request *request,
			struct tr_response *response);

dram_op_fn dram_op_get; /**< And gat, touch. */
dram_op_fn dram_op_store; /**< Set, add, replace. */
dram_op_fn dram_op_concat; /**< Append, prepend. */
dram_op_fn dram_op_delete;
dram_op_fn dram_op_counter; /**< Incr, decr. */

#endif /* DRAM_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "dram.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_DEFAULT (64ull << 20)
#define MEMORY_DEFAULT_MAX (1ull << 30)

/* More than a heap has classes for is not to be had anyway. */
#define MEMORY_MAX (8ull << 40)

/* Memory for each bucket: a table of 3% of it, with a chain of two when all items are small. */
#define BYTES_A_BUCKET 256

/* Of the memory, for the values that executors make. */
#define SHARD_ARENAS_SHARE 8

/* Of an arena, left free so that holes between items do not stop a prepare. */
#define SLACK_SHARE 16

static int parse_size(const char *text, size_t len, uint64_t *bytes);
static bool divide(struct dram_layout *layout, uint64_t memory_bytes,
		   const struct tr_engine_config *config);
static uint64_t less(uint64_t bytes, uint64_t away);

int
dram_args_parse(const char *text, struct dram_args *args, char *error, size_t error_size)
{
	static const char name[] = "memory=";
	const char *at = text == NULL ? "" : text;
	size_t len;

	args->memory_bytes = 0;
	while (*at != '\0') {
		len = strcspn(at, ",");
		if (strncmp(at, name, strlen(name)) != 0) {
			snprintf(error, error_size,
				 "unknown argument '%.*s': dram takes memory=", (int)len, at);
			return -EINVAL;
		}
		if (parse_size(at + strlen(name), len - strlen(name), &args->memory_bytes) != 0) {
			snprintf(error, error_size,
				 "'%.*s' is no size: give a number of bytes, with a suffix k, M or "
				 "G if you like, such as memory=64M",
				 (int)len, at);
			return -EINVAL;
		}
		at += len;
		if (*at == ',')
			at++;
	}
	return 0;
}

int
dram_layout_plan(struct dram_layout *layout, uint64_t memory_bytes,
		 const struct tr_engine_config *config, char *error, size_t error_size)
{
	const uint64_t step = 1 << 20;
	uint64_t asked = memory_bytes != 0 ? memory_bytes : MEMORY_DEFAULT;
	uint64_t need;

	if (divide(layout, asked, config))
		return 0;
	for (need = RTE_ALIGN_CEIL(asked, step); !divide(layout, need, config);)
		need += step;
	if (memory_bytes == 0 && need <= MEMORY_DEFAULT_MAX)
		return 0;
	snprintf(error, error_size,
		 "memory=%" PRIu64
		 " is too small: with %u cores, %u executors, values up to %" PRIu32
		 " bytes and %" PRIu64 " bytes on their way in, it takes memory=%" PRIu64 "M",
		 asked, config->nb_cores, config->nb_executors, config->value_max,
		 config->prepared_bytes, need / step);
	return -ENOSPC;
}

/* Whether the memory can be divided so that each shard may link the largest item of each arena. */
static bool
divide(struct dram_layout *layout, uint64_t memory_bytes, const struct tr_engine_config *config)
{
	const uint64_t line = RTE_CACHE_LINE_SIZE;
	uint64_t cores = config->nb_cores, shards = config->nb_executors;
	uint64_t item_max =
		dram_heap_block_for(dram_item_bytes(TR_ENGINE_KEY_MAX, config->value_max));
	uint64_t rest, arena, buckets;

	memset(layout, 0, sizeof(*layout));
	layout->memory_bytes = memory_bytes;
	layout->control_bytes = sizeof(struct dram) + (cores + shards) * sizeof(struct dram_arena) +
				shards * sizeof(struct dram_shard) +
				shards * (cores + 1) * sizeof(struct dram_lru);
	layout->spill_bytes = RTE_ALIGN_CEIL(item_max, line);
	buckets = rte_align64prevpow2(RTE_MAX(memory_bytes / BYTES_A_BUCKET / shards, line));
	layout->buckets = RTE_MIN(buckets, 1u << 31);
	arena = RTE_MAX(memory_bytes / SHARD_ARENAS_SHARE / shards, 4 * item_max);
	layout->shard_arena_bytes = RTE_ALIGN_CEIL(arena, line);
	layout->shard_quota_bytes = arena - arena / SLACK_SHARE - item_max;

	/* Eight lines are more than rounding to lines takes. */
	rest = less(memory_bytes, layout->control_bytes + 8 * line);
	rest = less(rest, shards * (layout->buckets * sizeof(struct dram_item *) +
				    layout->shard_arena_bytes));
	arena = less(rest / cores, layout->spill_bytes);
	layout->core_arena_bytes = RTE_ALIGN_FLOOR(arena, line);
	arena = less(arena - arena / SLACK_SHARE, config->prepared_bytes / cores + item_max);
	layout->core_quota_bytes = arena / shards;
	return layout->core_quota_bytes >= item_max;
}

static uint64_t
less(uint64_t bytes, uint64_t away)
{
	return bytes < away ? 0 : bytes - away;
}

static int
parse_size(const char *text, size_t len, uint64_t *bytes)
{
	unsigned int shift = 0;
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	switch (*end) {
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	}
	if (shift != 0)
		end++;
	if (errno != 0 || end != text + len || number > MEMORY_MAX >> shift)
		return -EINVAL;
	*bytes = number << shift;
	return 0;
}

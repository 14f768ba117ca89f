/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The engine that stores nothing and answers at once: what remains is the cost of everything
 * around an engine.
 *
 * A value that is stored goes to a buffer of the core that receives it, one for all its requests:
 * nobody reads it, and one thread writes it. Counters belong to executors, by the rule of
 * tr_engine_config.partitioned, so that none is shared; without partitions a counter is that of a
 * core's requests, which nearly always execute on one thread, but may execute on several.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "tr_engine.h"

#define NULL_VALUE_DEFAULT 32
#define NULL_VALUE_MAX (1u << 20)

/* The cas of every item. */
#define NULL_CAS 1

/* Answers to STAT that are on their way at once, and the room for one. */
#define NULL_STATS 16
#define NULL_STAT_SIZE 512

struct null_stat {
	atomic_bool taken; /* by an executor; cleared by a core */
	uint32_t len;
	char text[NULL_STAT_SIZE];
};

/** Written by its executors (with partitions: one), read by any thread. */
struct null_executor {
	_Atomic uint64_t ops[TR_ENGINE_OPS];
} __rte_cache_aligned;

struct null_engine {
	struct null_executor *executors;
	unsigned int nb_executors;
	bool partitioned;
	uint8_t *value; /* answers every GET */
	uint32_t value_bytes;
	uint8_t *sinks; /* value_max bytes for each core */
	uint32_t value_max;
	struct null_stat stats[NULL_STATS];
};

static int parse_args(const char *args, uint32_t *value_bytes, char *error, size_t error_size);
static void null_count(struct null_engine *engine, const struct tr_request *request);
static void null_stat(struct null_engine *engine, struct tr_response *response);
static void null_stat_release(void *arg);
static void null_destroy(void *arg);

static enum tr_engine_status
null_prepare(void *arg, struct tr_request *request)
{
	struct null_engine *engine = arg;

	if (request->value_len > engine->value_max)
		return TR_ENGINE_TOO_LARGE;
	request->item = engine;
	request->value = engine->sinks + (size_t)request->core * engine->value_max;
	return TR_ENGINE_OK;
}

static void
null_discard(void *arg, struct tr_request *request)
{
	(void)arg;
	(void)request;
}

static enum tr_engine_verdict
null_execute(void *arg, const struct tr_request *request, struct tr_response *response)
{
	struct null_engine *engine = arg;

	if (request->op >= TR_ENGINE_OPS) {
		response->status = TR_ENGINE_NOT_SUPPORTED;
		return TR_ENGINE_DONE;
	}
	null_count(engine, request);

	response->status = TR_ENGINE_OK;
	response->cas = NULL_CAS;
	response->ttl_s = UINT32_MAX;
	switch (request->op) {
	case TR_ENGINE_GET:
	case TR_ENGINE_GAT:
		response->value = engine->value;
		response->value_len = engine->value_bytes;
		break;
	case TR_ENGINE_INCR:
	case TR_ENGINE_DECR:
		response->number = request->initial;
		response->has_number = 1;
		break;
	case TR_ENGINE_STAT:
		if (request->key_len == 0)
			null_stat(engine, response);
		else
			response->status = TR_ENGINE_NOT_FOUND;
		break;
	default:
		break;
	}
	return TR_ENGINE_DONE;
}

static void
null_count(struct null_engine *engine, const struct tr_request *request)
{
	uint32_t index = engine->partitioned ? request->hash : request->core;
	_Atomic uint64_t *count = &engine->executors[index % engine->nb_executors].ops[request->op];

	if (engine->partitioned)
		atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
				      memory_order_relaxed);
	else
		atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* name NUL text NUL, for each operation that was asked for. */
static void
null_stat(struct null_engine *engine, struct tr_response *response)
{
	static const char *const names[TR_ENGINE_OPS] = {
		[TR_ENGINE_GET] = "get",       [TR_ENGINE_GAT] = "gat",
		[TR_ENGINE_TOUCH] = "touch",   [TR_ENGINE_SET] = "set",
		[TR_ENGINE_ADD] = "add",       [TR_ENGINE_REPLACE] = "replace",
		[TR_ENGINE_APPEND] = "append", [TR_ENGINE_PREPEND] = "prepend",
		[TR_ENGINE_DELETE] = "delete", [TR_ENGINE_INCR] = "incr",
		[TR_ENGINE_DECR] = "decr",     [TR_ENGINE_FLUSH] = "flush",
		[TR_ENGINE_STAT] = "stat",
	};
	struct null_stat *stat = NULL;
	unsigned int i;
	unsigned int op;

	for (i = 0; i < NULL_STATS && stat == NULL; i++)
		if (!atomic_exchange_explicit(&engine->stats[i].taken, true, memory_order_acquire))
			stat = &engine->stats[i];
	if (stat == NULL) {
		response->status = TR_ENGINE_BUSY;
		return;
	}
	stat->len = 0;
	for (op = 0; op < TR_ENGINE_OPS; op++) {
		uint64_t sum = 0;

		for (i = 0; i < engine->nb_executors; i++)
			sum += atomic_load_explicit(&engine->executors[i].ops[op],
						    memory_order_relaxed);
		stat->len += snprintf(stat->text + stat->len, sizeof(stat->text) - stat->len,
				      "null_%s%c%" PRIu64, names[op], '\0', sum) +
			     1;
	}
	response->value = stat->text;
	response->value_len = stat->len;
	response->release = null_stat_release;
	response->release_arg = stat;
}

static void
null_stat_release(void *arg)
{
	struct null_stat *stat = arg;

	atomic_store_explicit(&stat->taken, false, memory_order_release);
}

static void *
null_create(const char *args, const struct tr_engine_config *config, char *error, size_t error_size)
{
	struct null_engine *engine;
	uint32_t value_bytes = NULL_VALUE_DEFAULT;
	uint32_t i;

	if (parse_args(args, &value_bytes, error, error_size) < 0)
		return NULL;

	engine = calloc(1, sizeof(*engine));
	if (engine == NULL)
		goto no_memory;
	engine->nb_executors = config->nb_executors;
	engine->partitioned = config->partitioned;
	engine->value_bytes = value_bytes;
	engine->value_max = config->value_max;
	engine->executors = aligned_alloc(RTE_CACHE_LINE_SIZE,
					  config->nb_executors * sizeof(engine->executors[0]));
	engine->value = malloc(value_bytes + 1);
	engine->sinks = malloc((size_t)config->nb_cores * config->value_max + 1);
	if (engine->executors == NULL || engine->value == NULL || engine->sinks == NULL)
		goto no_memory;
	memset(engine->executors, 0, config->nb_executors * sizeof(engine->executors[0]));
	for (i = 0; i < value_bytes; i++)
		engine->value[i] = 'a' + i % 26;
	return engine;

no_memory:
	null_destroy(engine);
	snprintf(error, error_size, "no memory");
	return NULL;
}

static void
null_destroy(void *arg)
{
	struct null_engine *engine = arg;

	if (engine == NULL)
		return;
	free(engine->sinks);
	free(engine->value);
	free(engine->executors);
	free(engine);
}

static int
parse_args(const char *args, uint32_t *value_bytes, char *error, size_t error_size)
{
	static const char key[] = "value=";
	unsigned long number;
	char *end;

	while (args != NULL && *args != '\0') {
		int len = strcspn(args, ",");

		if (strncmp(args, key, strlen(key)) != 0) {
			snprintf(error, error_size, "unknown argument \"%.*s\": takes value=BYTES",
				 len, args);
			return -EINVAL;
		}
		errno = 0;
		number = strtoul(args + strlen(key), &end, 10);
		if (end != args + len || args[strlen(key)] < '0' || args[strlen(key)] > '9' ||
		    errno != 0 || number > NULL_VALUE_MAX) {
			snprintf(error, error_size, "bad \"%.*s\": value takes 0 to %u bytes", len,
				 args, NULL_VALUE_MAX);
			return -EINVAL;
		}
		*value_bytes = number;
		args += len;
		args += *args == ',';
	}
	return 0;
}

static const struct tr_engine_ops null_ops = {
	.name = "null",
	.args_help = "value=BYTES of every answer to a get (32)",
	.create = null_create,
	.destroy = null_destroy,
	.prepare = null_prepare,
	.discard = null_discard,
	.execute = null_execute,
};

TR_ENGINE_REGISTER(null_ops)

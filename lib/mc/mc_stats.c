/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_errno.h>

#include "mc_internal.h"

struct mc_stats_name {
	const char *name;
	const char *help;
};

static const struct mc_stats_name mc_stats_names[MC_COUNTERS] = {
	[MC_TOTAL_CONNECTIONS] = {"total_connections", "Connections opened"},
	[MC_CMD_GET] = {"cmd_get", "Keys looked up by get and gat"},
	[MC_CMD_SET] = {"cmd_set", "Storing commands executed"},
	[MC_CMD_FLUSH] = {"cmd_flush", "Flushes executed"},
	[MC_CMD_TOUCH] = {"cmd_touch", "Keys whose expiry touch or gat was to set"},
	[MC_GET_HITS] = {"get_hits", "Keys found by get and gat"},
	[MC_GET_MISSES] = {"get_misses", "Keys not found by get and gat"},
	[MC_DELETE_MISSES] = {"delete_misses", "Deletes of keys not found"},
	[MC_DELETE_HITS] = {"delete_hits", "Deletes of keys found"},
	[MC_INCR_MISSES] = {"incr_misses", "Increments of keys not found"},
	[MC_INCR_HITS] = {"incr_hits", "Increments done"},
	[MC_DECR_MISSES] = {"decr_misses", "Decrements of keys not found"},
	[MC_DECR_HITS] = {"decr_hits", "Decrements done"},
	[MC_CAS_MISSES] = {"cas_misses", "Compare-and-sets of keys not found"},
	[MC_CAS_HITS] = {"cas_hits", "Compare-and-sets that stored"},
	[MC_CAS_BADVAL] = {"cas_badval", "Compare-and-sets of items that had changed"},
	[MC_TOUCH_HITS] = {"touch_hits", "Keys found by touch and gat"},
	[MC_TOUCH_MISSES] = {"touch_misses", "Keys not found by touch and gat"},
	[MC_STORE_TOO_LARGE] = {"store_too_large", "Values refused for their size"},
	[MC_STORE_NO_MEMORY] = {"store_no_memory", "Values refused for want of memory"},
	[MC_CMD_FAILED] = {"cmd_failed", "Requests that the engine failed or had no room for"},
	[MC_CMD_MALFORMED] = {"cmd_malformed", "Requests whose form was wrong"},
	[MC_CMD_UNKNOWN] = {"cmd_unknown", "Requests for commands that do not exist"},
	[MC_CLOSED_MALFORMED] = {"closed_malformed", "Connections closed for what they sent"},
};

static uint64_t mc_stats_read(const struct mc_stats *stats, unsigned int core,
			      enum mc_counter counter);
static void mc_stats_follow_reset(struct mc *mc);
static void mc_stats_add(struct mc *mc, enum mc_counter counter, unsigned int nb);
static void mc_stats_count_get(struct mc *mc, const struct tr_request *request, bool hit);
static void mc_stats_count_stored(struct mc *mc, const struct tr_request *request, uint16_t status);

struct mc_stats *
mc_stats_create(unsigned int nb_cores)
{
	size_t size = sizeof(struct mc_stats) + nb_cores * sizeof(struct mc_stats_core);
	struct mc_stats *stats;

	if (nb_cores == 0 || nb_cores > UINT16_MAX) {
		rte_errno = EINVAL;
		return NULL;
	}
	stats = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));
	if (stats == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	memset(stats, 0, size);
	stats->nb_cores = nb_cores;
	stats->started = time(NULL);
	stats->pid = getpid();
	return stats;
}

void
mc_stats_destroy(struct mc_stats *stats)
{
	free(stats);
}

int
mc_stats_counters(const struct mc_stats *stats, unsigned int core,
		  void (*visit)(const struct mc_stats_counter *counter, void *arg), void *arg)
{
	struct mc_stats_counter counter;
	unsigned int i;

	if (core != UINT_MAX && core >= stats->nb_cores)
		return -ENOENT;
	for (i = 0; i < MC_COUNTERS; i++) {
		counter.name = mc_stats_names[i].name;
		counter.help = mc_stats_names[i].help;
		counter.value = mc_stats_read(stats, core, i);
		visit(&counter, arg);
	}
	return 0;
}

uint64_t
mc_stats_connections(const struct mc_stats *stats)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < stats->nb_cores; i++)
		sum += __atomic_load_n(&stats->cores[i].connections, __ATOMIC_RELAXED);
	return sum;
}

void
mc_stats_reset(struct mc_stats *stats)
{
	__atomic_fetch_add(&stats->epoch, 1, __ATOMIC_RELAXED);
}

void
mc_stats_count(struct mc *mc, enum mc_counter counter)
{
	mc_stats_follow_reset(mc);
	mc_stats_add(mc, counter, 1);
}

void
mc_stats_count_connection(struct mc *mc, int change)
{
	uint64_t *value = &mc->counters->connections;

	__atomic_store_n(value, *value + change, __ATOMIC_RELAXED);
}

void
mc_stats_count_response(struct mc *mc, const struct tr_request *request,
			const struct tr_response *response)
{
	bool ok = response->status == TR_ENGINE_OK;

	if (mc_tag_load(request).fixed != 0 || request->op == TR_ENGINE_OPS)
		return;
	if (!ok && response->status != TR_ENGINE_NOT_FOUND &&
	    response->status != TR_ENGINE_EXISTS && response->status != TR_ENGINE_NOT_STORED) {
		mc_stats_count(mc, MC_CMD_FAILED);
		return;
	}
	switch (request->op) {
	case TR_ENGINE_GET:
	case TR_ENGINE_GAT:
	case TR_ENGINE_TOUCH:
		mc_stats_count_get(mc, request, ok);
		break;
	case TR_ENGINE_DELETE:
		mc_stats_count(mc, ok ? MC_DELETE_HITS : MC_DELETE_MISSES);
		break;
	case TR_ENGINE_INCR:
		mc_stats_count(mc, ok ? MC_INCR_HITS : MC_INCR_MISSES);
		break;
	case TR_ENGINE_DECR:
		mc_stats_count(mc, ok ? MC_DECR_HITS : MC_DECR_MISSES);
		break;
	case TR_ENGINE_FLUSH:
		mc_stats_count(mc, MC_CMD_FLUSH);
		break;
	case TR_ENGINE_STAT:
		break;
	default:
		mc_stats_count_stored(mc, request, response->status);
		break;
	}
}

static void
mc_stats_count_get(struct mc *mc, const struct tr_request *request, bool hit)
{
	mc_stats_follow_reset(mc);
	if (request->op != TR_ENGINE_TOUCH) {
		mc_stats_add(mc, MC_CMD_GET, 1);
		mc_stats_add(mc, MC_GET_HITS, hit);
		mc_stats_add(mc, MC_GET_MISSES, !hit);
	}
	if (request->op != TR_ENGINE_GET) {
		mc_stats_add(mc, MC_CMD_TOUCH, 1);
		mc_stats_add(mc, MC_TOUCH_HITS, hit);
		mc_stats_add(mc, MC_TOUCH_MISSES, !hit);
	}
}

/* After mc_stats_follow_reset(). */
static void
mc_stats_add(struct mc *mc, enum mc_counter counter, unsigned int nb)
{
	uint64_t *value = &mc->counters->counters[counter];

	__atomic_store_n(value, *value + nb, __ATOMIC_RELAXED);
}

static void
mc_stats_count_stored(struct mc *mc, const struct tr_request *request, uint16_t status)
{
	mc_stats_count(mc, MC_CMD_SET);
	if (request->cas == 0)
		return;
	if (status == TR_ENGINE_OK)
		mc_stats_count(mc, MC_CAS_HITS);
	else if (status == TR_ENGINE_NOT_FOUND)
		mc_stats_count(mc, MC_CAS_MISSES);
	else if (status == TR_ENGINE_EXISTS)
		mc_stats_count(mc, MC_CAS_BADVAL);
}

static uint64_t
mc_stats_read(const struct mc_stats *stats, unsigned int core, enum mc_counter counter)
{
	uint32_t epoch = __atomic_load_n(&stats->epoch, __ATOMIC_RELAXED);
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < stats->nb_cores; i++) {
		const struct mc_stats_core *one = &stats->cores[i];

		if (core != UINT_MAX && core != i)
			continue;
		if (__atomic_load_n(&one->epoch, __ATOMIC_ACQUIRE) == epoch)
			sum += __atomic_load_n(&one->counters[counter], __ATOMIC_RELAXED);
	}
	return sum;
}

/* A counter has one writer: who asks for a reset only says so, and each core does its own. */
static void
mc_stats_follow_reset(struct mc *mc)
{
	uint32_t epoch = __atomic_load_n(&mc->stats->epoch, __ATOMIC_RELAXED);
	unsigned int i;

	if (likely(mc->counters->epoch == epoch))
		return;
	for (i = 0; i < MC_COUNTERS; i++)
		__atomic_store_n(&mc->counters->counters[i], 0, __ATOMIC_RELAXED);
	/* After the zeros, for whoever reads: a counter of this epoch is not an old one. */
	__atomic_store_n(&mc->counters->epoch, epoch, __ATOMIC_RELEASE);
}

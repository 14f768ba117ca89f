/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Counters of the front end, and the answer to STAT that they are part of.
 *
 * Each core has its own, which it alone writes; any thread reads them.
 */
#ifndef MC_STATS_H
#define MC_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <rte_common.h>

#include "tr_chain.h"
#include "tr_engine.h"

struct mc;
struct mc_conn;

/** What is counted. */
enum mc_counter {
	MC_TOTAL_CONNECTIONS,
	MC_CMD_GET,
	MC_CMD_SET,
	MC_CMD_FLUSH,
	MC_CMD_TOUCH,
	MC_GET_HITS,
	MC_GET_MISSES,
	MC_DELETE_MISSES,
	MC_DELETE_HITS,
	MC_INCR_MISSES,
	MC_INCR_HITS,
	MC_DECR_MISSES,
	MC_DECR_HITS,
	MC_CAS_MISSES,
	MC_CAS_HITS,
	MC_CAS_BADVAL,
	MC_TOUCH_HITS,
	MC_TOUCH_MISSES,
	MC_STORE_TOO_LARGE,
	MC_STORE_NO_MEMORY,
	MC_CMD_FAILED,
	MC_CMD_MALFORMED,
	MC_CMD_UNKNOWN,
	MC_CLOSED_MALFORMED,
	MC_COUNTERS
};

/** Counters of one core. */
struct mc_stats_core {
	uint64_t counters[MC_COUNTERS];
	uint64_t connections; /* open now */
	uint32_t epoch; /* of the last reset that this core has seen */
} __rte_cache_aligned;

struct mc_stats {
	unsigned int nb_cores;
	uint32_t epoch; /* number of resets */
	time_t started; /* UNIX time */
	int pid;
	struct mc_stats_core cores[];
};

/** Count one event. The core that owns the counters. */
void mc_stats_count(struct mc *mc, enum mc_counter counter);

/** Count a connection that opened (+1) or closed (-1). The core that owns the counters. */
void mc_stats_count_connection(struct mc *mc, int change);

/** Count an answered request by its operation and its outcome. The core. */
void mc_stats_count_response(struct mc *mc, const struct tr_request *request,
			     const struct tr_response *response);

/**
 * Whether there is an answer to a STAT request: the engine gave one, or it is the general group, to
 * which the engine need not add, or the reset.
 */
bool mc_stats_answers(const struct tr_request *request, const struct tr_response *response);

/**
 * Write the answer to a STAT request: where it names no group our own statistics, then the
 * engine's, then the end. The core.
 *
 * @return
 *   0 or -ENOMEM: nothing was written and the same call may be repeated.
 */
int mc_stats_compose(struct mc *mc, const struct mc_conn *state, const struct tr_request *request,
		     const struct tr_response *response, struct tr_chain *chain);

#endif /* MC_STATS_H */

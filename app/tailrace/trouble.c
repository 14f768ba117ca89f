/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "trouble.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "core_info.h"
#include "drops.h"
#include "log_limit.h"

#define EVERY_S 1

/* The counters that are looked at, and how bad it is that one grows. */
static const struct watched {
	const char *topic;
	const char *name;
	uint32_t level;
} watched[] = {
	{"tcp", "drop_syn_full", RTE_LOG_WARNING},
	{"tcp", "drop_cookie_full", RTE_LOG_WARNING},
	{"tcp", "cookies_sent", RTE_LOG_WARNING},
	{"tcp", "yielded_fin_wait_2", RTE_LOG_NOTICE},
	{"core", "conns_refused", RTE_LOG_WARNING},
	{"ip", "drop_arp_conflict", RTE_LOG_ERR},
	{"ip", "drop_nd_conflict", RTE_LOG_ERR},
	{"ip", "drop_neighbour_table", RTE_LOG_WARNING},
	{"ip", "drop_no_mbuf", RTE_LOG_WARNING},
	{"ip", "drop_tx_queue", RTE_LOG_WARNING},
	{"tcp", "drop_pressure", RTE_LOG_WARNING},
	{"tcp", "send_starved", RTE_LOG_WARNING},
	{"core", "blocked_memory", RTE_LOG_WARNING},
	{"core", "drop_queue_missing", RTE_LOG_NOTICE},
	{"core", "abandoned", RTE_LOG_WARNING},
	{"core", "drop_response_double", RTE_LOG_ERR},
	{"core", "closed_send_timeout", RTE_LOG_NOTICE},
	{"core", "closed_body_timeout", RTE_LOG_NOTICE},
	{"core", "capture_missed", RTE_LOG_WARNING},
	{"core", "trace_missed", RTE_LOG_WARNING},
	{"port", "drop_rx_no_mbuf", RTE_LOG_WARNING},
	{"port", "drop_rx_missed", RTE_LOG_WARNING},
};

/* What is known of one of them. */
struct seen {
	uint64_t total;
	uint64_t count; /* since the last line */
	uint64_t suppressed; /* lines since then */
	struct log_limit limit;
};

struct trouble {
	struct tr_core_server *server;
	int log; /* topic */
	uint64_t now_s;
	uint64_t next_s; /* when to look again */
	struct seen seen[RTE_DIM(watched)];
};

static void look(const struct core_info_counter *counter, void *arg);
static void look_at_ports(struct trouble *trouble);
static void say(struct trouble *trouble, unsigned int index,
		const struct core_info_counter *counter);

struct trouble *
trouble_create(struct tr_core_server *server)
{
	struct trouble *trouble = calloc(1, sizeof(*trouble));

	if (trouble == NULL)
		return NULL;
	trouble->server = server;
	trouble->log = rte_log_register_type_and_pick_level("tailrace.trouble", RTE_LOG_NOTICE);
	return trouble;
}

void
trouble_destroy(struct trouble *trouble)
{
	free(trouble);
}

void
trouble_tick(struct trouble *trouble)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	trouble->now_s = now.tv_sec;
	if (trouble->now_s < trouble->next_s)
		return;
	trouble->next_s = trouble->now_s + EVERY_S;
	core_info_counters(trouble->server, UINT_MAX, look, trouble);
	look_at_ports(trouble);
}

static void
look_at_ports(struct trouble *trouble)
{
	const struct drops_port *drop;
	struct rte_eth_stats stats;
	uint16_t port;

	for (drop = drops_of_ports; drop->name != NULL; drop++) {
		struct core_info_counter counter = {
			.topic = "port", .name = drop->name, .help = drop->help};

		RTE_ETH_FOREACH_DEV (port)
			if (rte_eth_stats_get(port, &stats) == 0)
				counter.value += *(uint64_t *)RTE_PTR_ADD(&stats, drop->offset);
		look(&counter, trouble);
	}
}

static void
look(const struct core_info_counter *counter, void *arg)
{
	struct trouble *trouble = arg;
	struct seen *seen;
	unsigned int i;
	bool grown;

	for (i = 0; i < RTE_DIM(watched); i++)
		if (strcmp(watched[i].name, counter->name) == 0 &&
		    strcmp(watched[i].topic, counter->topic) == 0)
			break;
	if (i == RTE_DIM(watched))
		return;
	seen = &trouble->seen[i];
	/* Less than before: the counters were cleared meanwhile. */
	if (counter->value < seen->total)
		seen->total = 0;
	grown = counter->value > seen->total;
	seen->count += counter->value - seen->total;
	seen->total = counter->value;
	if (seen->count == 0)
		return;
	if (log_limit_take(&seen->limit, trouble->now_s))
		say(trouble, i, counter);
	else
		seen->suppressed += grown;
}

static void
say(struct trouble *trouble, unsigned int index, const struct core_info_counter *counter)
{
	struct seen *seen = &trouble->seen[index];
	char suppressed[48] = "";

	if (seen->suppressed > 0)
		snprintf(suppressed, sizeof(suppressed), " suppressed=%" PRIu64, seen->suppressed);
	rte_log(watched[index].level, trouble->log,
		"tailrace: event=%s count=%" PRIu64 " total=%" PRIu64 "%s text=\"%s\"\n",
		counter->name, seen->count, counter->value, suppressed, counter->help);
	seen->count = 0;
	seen->suppressed = 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "drops.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "impair.h"

const struct drops_port drops_of_ports[] = {
	{"drop_rx_missed", "frames that no core took in time: the port's receive queue was full",
	 offsetof(struct rte_eth_stats, imissed)},
	{"drop_rx_errors", "frames received that the port found wrong",
	 offsetof(struct rte_eth_stats, ierrors)},
	{"drop_rx_no_mbuf", "frames received for which the receive pool had no mbuf",
	 offsetof(struct rte_eth_stats, rx_nombuf)},
	{"drop_tx_errors", "frames that the port took and could not send",
	 offsetof(struct rte_eth_stats, oerrors)},
	{0},
};

struct drops_visit {
	void (*visit)(const struct core_info_counter *drop, void *arg);
	void *arg;
};

static void visit_core(const struct core_info_counter *counter, void *arg);
static void visit_mc(const struct mc_stats_counter *counter, void *arg);
static void visit_impair(const char *name, const char *help, uint64_t value, void *arg);
static void visit_port(uint16_t port, const struct drops_visit *to);

bool
drops_is_one(const char *name)
{
	return strncmp(name, "drop_", strlen("drop_")) == 0;
}

void
drops_visit(struct tr_core_server *server, const struct mc_stats *mc, struct impair *impair,
	    void (*visit)(const struct core_info_counter *drop, void *arg), void *arg)
{
	struct drops_visit to = {.visit = visit, .arg = arg};
	uint16_t port;

	RTE_ETH_FOREACH_DEV (port)
		visit_port(port, &to);
	core_info_counters(server, UINT_MAX, visit_core, &to);
	mc_stats_counters(mc, UINT_MAX, visit_mc, &to);
	impair_counters(impair, visit_impair, &to);
}

static void
visit_core(const struct core_info_counter *counter, void *arg)
{
	const struct drops_visit *to = arg;

	if (drops_is_one(counter->name))
		to->visit(counter, to->arg);
}

static void
visit_mc(const struct mc_stats_counter *counter, void *arg)
{
	const struct core_info_counter drop = {
		.topic = "mc",
		.name = counter->name,
		.help = counter->help,
		.value = counter->value,
	};

	visit_core(&drop, arg);
}

static void
visit_impair(const char *name, const char *help, uint64_t value, void *arg)
{
	const struct core_info_counter drop = {
		.topic = "impair",
		.name = name,
		.help = help,
		.value = value,
	};

	visit_core(&drop, arg);
}

static void
visit_port(uint16_t port, const struct drops_visit *to)
{
	struct core_info_counter drop;
	struct rte_eth_stats stats;
	char topic[16];
	const struct drops_port *one;

	if (rte_eth_stats_get(port, &stats) < 0)
		return;
	snprintf(topic, sizeof(topic), "port %u", port);
	for (one = drops_of_ports; one->name != NULL; one++) {
		drop = (struct core_info_counter){
			.topic = topic, .name = one->name, .help = one->help};
		memcpy(&drop.value, (const char *)&stats + one->offset, sizeof(drop.value));
		to->visit(&drop, to->arg);
	}
}

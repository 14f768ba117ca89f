/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_ether.h>

#include "drops.h"
#include "telemetry.h"

#define NEIGHBOURS_MAX 64
#define ROUTES_MAX 64

static int stack(const struct telemetry_source *source, const char *param,
		 struct rte_tel_data *data);
static int drops(const struct telemetry_source *source, const char *param,
		 struct rte_tel_data *data);
static int neighbours(const struct telemetry_source *source, const char *param,
		      struct rte_tel_data *data);
static int routes(const struct telemetry_source *source, const char *param,
		  struct rte_tel_data *data);
static void add_core_counter(const struct core_info_counter *counter, void *arg);
static void add_drop(const struct core_info_counter *drop, void *arg);
static void add_mc_counter(const struct mc_stats_counter *counter, void *arg);

const struct telemetry_endpoint telemetry_stack[] = {
	{"/tailrace/stack", "Every counter of all cores. Parameter: a core, for its own", stack},
	{"/tailrace/drops", "Everything that can be dropped, and how often", drops},
	{"/tailrace/neighbours", "A core's neighbours on its network. Parameter: a core",
	 neighbours},
	{"/tailrace/routes", "A core's routes, the longest prefix first. Parameter: a core",
	 routes},
	{0},
};

static int
stack(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	uint32_t core = UINT_MAX;
	int rc;

	/* The number that stands for all is none that can be given. */
	if (param != NULL && (telemetry_number(param, &core) < 0 || core == UINT_MAX))
		return -EINVAL;
	rte_tel_data_start_dict(data);
	rc = core_info_counters(source->server, core, add_core_counter, data);
	if (rc == 0)
		rc = mc_stats_counters(source->mc, core, add_mc_counter, data);
	return rc;
}

static void
add_core_counter(const struct core_info_counter *counter, void *arg)
{
	rte_tel_data_add_dict_u64(arg, counter->name, counter->value);
}

static int
drops(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	if (param != NULL)
		return -EINVAL;
	rte_tel_data_start_dict(data);
	drops_visit(source->server, source->mc, source->impair, add_drop, data);
	return 0;
}

/* Those of a port are called "port0_drop_rx_missed". */
static void
add_drop(const struct core_info_counter *drop, void *arg)
{
	char name[RTE_TEL_MAX_STRING_LEN];
	unsigned int port;

	snprintf(name, sizeof(name), "%s", drop->name);
	if (sscanf(drop->topic, "port %u", &port) == 1)
		snprintf(name, sizeof(name), "port%u_%s", port, drop->name);
	rte_tel_data_add_dict_u64(arg, name, drop->value);
}

static void
add_mc_counter(const struct mc_stats_counter *counter, void *arg)
{
	rte_tel_data_add_dict_u64(arg, counter->name, counter->value);
}

static int
neighbours(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct core_info_neighbour found[NEIGHBOURS_MAX];
	char text[TR_ADDR_TEXT_SIZE + RTE_ETHER_ADDR_FMT_SIZE];
	char addr[TR_ADDR_TEXT_SIZE], mac[RTE_ETHER_ADDR_FMT_SIZE];
	struct rte_ether_addr ether;
	uint32_t core;
	int nb, i;

	nb = telemetry_number(param, &core);
	if (nb == 0)
		nb = core_info_neighbours(source->server, core, found, RTE_DIM(found));
	if (nb < 0)
		return nb;
	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	for (i = 0; i < nb; i++) {
		tr_addr_format(&found[i].addr, addr);
		memcpy(&ether, found[i].mac, sizeof(ether));
		rte_ether_format_addr(mac, sizeof(mac), &ether);
		snprintf(text, sizeof(text), "%s %s", addr,
			 found[i].reachable ? mac : "unreachable");
		rte_tel_data_add_array_string(data, text);
	}
	return 0;
}

static int
routes(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct core_info_route found[ROUTES_MAX];
	char prefix[TR_ADDR_TEXT_SIZE], via[TR_ADDR_TEXT_SIZE];
	char text[RTE_TEL_MAX_STRING_LEN];
	uint32_t core;
	int nb, i;

	nb = telemetry_number(param, &core);
	if (nb == 0)
		nb = core_info_routes(source->server, core, found, RTE_DIM(found));
	if (nb < 0)
		return nb;
	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	for (i = 0; i < nb; i++) {
		tr_addr_format(&found[i].route.prefix, prefix);
		tr_addr_format(&found[i].route.via, via);
		snprintf(text, sizeof(text), "%s/%u %s%s%s", prefix, found[i].route.prefix_len,
			 tr_addr_is_none(&found[i].route.via) ? "link" : via,
			 found[i].learned ? " " : "", found[i].learned ? "advertised" : "");
		rte_tel_data_add_array_string(data, text);
	}
	return 0;
}

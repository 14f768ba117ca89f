/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdlib.h>

#include <rte_bitops.h>
#include <rte_ethdev.h>
#include <rte_ether.h>

static void show_one(void *parsed, struct cmdline *cl, void *data);
static void show_all(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_show, "show");
CMD_WORD(word_port, "port");
CMD_WORD(word_all, "all");
CMD_NUMBER(token_port);

static const cmdline_parse_inst_t port_one = {
	.f = show_one,
	.help_str = "show port <n>: address, VLAN, link, queues, offloads and statistics of a port",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_port), CMD_TOKEN(token_port), NULL},
};
static const cmdline_parse_inst_t port_all = {
	.f = show_all,
	.help_str = "show port all: the same of every port",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_port), CMD_TOKEN(word_all), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&port_one, &port_all, NULL};

const struct cmd_topic cmd_port = {"port", "network ports", commands};

static void print_port(struct cmdline *cl, const struct cmd_context *context, uint16_t port);
static void print_offloads(struct cmdline *cl, const char *title, uint64_t offloads,
			   const char *(*name)(uint64_t offload));
static void print_stats(struct cmdline *cl, uint16_t port);
static void print_xstats(struct cmdline *cl, uint16_t port);

static void
show_one(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;

	if (words->number >= RTE_MAX_ETHPORTS || !rte_eth_dev_is_valid_port(words->number))
		cmdline_printf(cl, "port %u: there is none; show port all lists them\n",
			       words->number);
	else
		print_port(cl, data, words->number);
}

static void
show_all(void *parsed, struct cmdline *cl, void *data)
{
	uint16_t port;

	RTE_SET_USED(parsed);
	RTE_ETH_FOREACH_DEV (port)
		print_port(cl, data, port);
}

static void
print_port(struct cmdline *cl, const struct cmd_context *context, uint16_t port)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE] = "unknown";
	char name[RTE_ETH_NAME_MAX_LEN] = "";
	struct rte_ether_addr addr;
	struct rte_eth_dev_info info;
	struct rte_eth_link link;
	uint16_t vlan = core_info_vlan(context->server, port);
	uint16_t mtu = 0;
	int rc;

	rc = rte_eth_dev_info_get(port, &info);
	if (rc < 0) {
		cmd_print_error(cl, "port", rc);
		return;
	}
	rte_eth_dev_get_name_by_port(port, name);
	rte_eth_dev_get_mtu(port, &mtu);
	if (rte_eth_macaddr_get(port, &addr) == 0)
		rte_ether_format_addr(mac, sizeof(mac), &addr);

	cmdline_printf(cl, "port %u: %s, driver %s\n", port, name, info.driver_name);
	cmdline_printf(cl, "  mac %s, mtu %u", mac, mtu);
	if (vlan != 0)
		cmdline_printf(cl, ", vlan %u", vlan);
	cmdline_printf(cl, "\n");
	if (rte_eth_link_get_nowait(port, &link) < 0 || link.link_status == RTE_ETH_LINK_DOWN)
		cmdline_printf(cl, "  link down\n");
	else if (link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN)
		cmdline_printf(cl, "  link up, speed unknown\n");
	else
		cmdline_printf(cl, "  link up, %u Mbit/s, %s duplex\n", link.link_speed,
			       link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX ? "full" : "half");
	cmdline_printf(cl, "  queues rx %u of %u, tx %u of %u\n", info.nb_rx_queues,
		       info.max_rx_queues, info.nb_tx_queues, info.max_tx_queues);
	print_offloads(cl, "rx offloads offered", info.rx_offload_capa,
		       rte_eth_dev_rx_offload_name);
	print_offloads(cl, "tx offloads offered", info.tx_offload_capa,
		       rte_eth_dev_tx_offload_name);
	print_stats(cl, port);
	print_xstats(cl, port);
}

static void
print_offloads(struct cmdline *cl, const char *title, uint64_t offloads,
	       const char *(*name)(uint64_t offload))
{
	unsigned int bit;

	cmdline_printf(cl, "  %s:", title);
	for (bit = 0; bit < 64; bit++)
		if ((offloads & RTE_BIT64(bit)) != 0)
			cmdline_printf(cl, " %s", name(RTE_BIT64(bit)));
	cmdline_printf(cl, "%s\n", offloads == 0 ? " none" : "");
}

static void
print_stats(struct cmdline *cl, uint16_t port)
{
	struct rte_eth_stats stats;
	int rc;

	rc = rte_eth_stats_get(port, &stats);
	if (rc < 0) {
		cmd_print_error(cl, "  statistics", rc);
		return;
	}
	cmdline_printf(cl,
		       "  rx %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " missed, %" PRIu64
		       " errors, %" PRIu64 " without mbuf\n",
		       stats.ipackets, stats.ibytes, stats.imissed, stats.ierrors, stats.rx_nombuf);
	cmdline_printf(cl, "  tx %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " errors\n",
		       stats.opackets, stats.obytes, stats.oerrors);
}

/* The driver's own counters, those that are not zero. */
static void
print_xstats(struct cmdline *cl, uint16_t port)
{
	struct rte_eth_xstat_name *names = NULL;
	struct rte_eth_xstat *xstats = NULL;
	int nb;
	int i;

	nb = rte_eth_xstats_get(port, NULL, 0);
	if (nb <= 0)
		return;
	xstats = calloc(nb, sizeof(*xstats));
	names = calloc(nb, sizeof(*names));
	if (xstats == NULL || names == NULL || rte_eth_xstats_get(port, xstats, nb) != nb ||
	    rte_eth_xstats_get_names(port, names, nb) != nb)
		goto out;
	for (i = 0; i < nb; i++)
		if (xstats[i].value != 0)
			cmdline_printf(cl, "  %-32s %" PRIu64 "\n", names[xstats[i].id].name,
				       xstats[i].value);
out:
	free(names);
	free(xstats);
}

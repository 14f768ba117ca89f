/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <stdio.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "log_topic.h"
#include "telemetry.h"

static int port(const struct telemetry_source *source, const char *param,
		struct rte_tel_data *data);
static int mempool(const struct telemetry_source *source, const char *param,
		   struct rte_tel_data *data);
static int log_topics(const struct telemetry_source *source, const char *param,
		      struct rte_tel_data *data);
static void add_topic(const char *topic, void *arg);
static int port_list(struct rte_tel_data *data);
static void add_stats(struct rte_tel_data *data, uint16_t port_id);
static void add_pool(struct rte_mempool *pool, void *arg);

const struct telemetry_endpoint telemetry_device[] = {
	{"/tailrace/port", "The ports' numbers. Parameter: a port, for its state and statistics",
	 port},
	{"/tailrace/log", "The log topics and their levels. Parameter: a pattern, for some",
	 log_topics},
	{"/tailrace/mempool", "Names of the pools. Parameter: a pool, for its objects", mempool},
	{0},
};

static int
port(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE] = "", name[RTE_ETH_NAME_MAX_LEN] = "";
	struct rte_eth_dev_info info;
	struct rte_ether_addr addr;
	struct rte_eth_link link = {0};
	uint16_t mtu = 0;
	uint32_t number;
	int rc;

	if (param == NULL)
		return port_list(data);
	if (telemetry_number(param, &number) < 0 || number >= RTE_MAX_ETHPORTS)
		return -EINVAL;
	rc = rte_eth_dev_info_get(number, &info);
	if (rc < 0)
		return rc;
	rte_eth_dev_get_name_by_port(number, name);
	rte_eth_dev_get_mtu(number, &mtu);
	rte_eth_link_get_nowait(number, &link);
	if (rte_eth_macaddr_get(number, &addr) == 0)
		rte_ether_format_addr(mac, sizeof(mac), &addr);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "name", name);
	rte_tel_data_add_dict_string(data, "driver", info.driver_name);
	rte_tel_data_add_dict_string(data, "mac", mac);
	rte_tel_data_add_dict_u64(data, "mtu", mtu);
	rte_tel_data_add_dict_u64(data, "vlan", core_info_vlan(source->server, number));
	rte_tel_data_add_dict_string(data, "link", link.link_status ? "up" : "down");
	rte_tel_data_add_dict_u64(data, "rx_queues", info.nb_rx_queues);
	rte_tel_data_add_dict_u64(data, "tx_queues", info.nb_tx_queues);
	add_stats(data, number);
	return 0;
}

static int
port_list(struct rte_tel_data *data)
{
	uint16_t port_id;

	rte_tel_data_start_array(data, RTE_TEL_INT_VAL);
	RTE_ETH_FOREACH_DEV (port_id)
		rte_tel_data_add_array_int(data, port_id);
	return 0;
}

static void
add_stats(struct rte_tel_data *data, uint16_t port_id)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(port_id, &stats) < 0)
		return;
	rte_tel_data_add_dict_u64(data, "rx_packets", stats.ipackets);
	rte_tel_data_add_dict_u64(data, "rx_bytes", stats.ibytes);
	rte_tel_data_add_dict_u64(data, "rx_missed", stats.imissed);
	rte_tel_data_add_dict_u64(data, "rx_errors", stats.ierrors);
	rte_tel_data_add_dict_u64(data, "rx_without_mbuf", stats.rx_nombuf);
	rte_tel_data_add_dict_u64(data, "tx_packets", stats.opackets);
	rte_tel_data_add_dict_u64(data, "tx_bytes", stats.obytes);
	rte_tel_data_add_dict_u64(data, "tx_errors", stats.oerrors);
}

static int
mempool(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct rte_mempool *pool;
	unsigned int available;

	RTE_SET_USED(source);
	if (param == NULL) {
		rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
		rte_mempool_walk(add_pool, data);
		return 0;
	}
	pool = rte_mempool_lookup(param);
	if (pool == NULL)
		return -ENOENT;
	available = rte_mempool_avail_count(pool);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_u64(data, "size", pool->size);
	rte_tel_data_add_dict_u64(data, "in_use", pool->size - available);
	rte_tel_data_add_dict_u64(data, "available", available);
	rte_tel_data_add_dict_u64(data, "object_bytes", pool->elt_size);
	return 0;
}

static void
add_pool(struct rte_mempool *pool, void *arg)
{
	rte_tel_data_add_array_string(arg, pool->name);
}

static int
log_topics(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	RTE_SET_USED(source);
	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	return RTE_MIN(log_topic_visit(param != NULL ? param : "*", add_topic, data), 0);
}

static void
add_topic(const char *topic, void *arg)
{
	char text[RTE_TEL_MAX_STRING_LEN];

	snprintf(text, sizeof(text), "%s %s", topic, log_topic_level(topic));
	rte_tel_data_add_array_string(arg, text);
}

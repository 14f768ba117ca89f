/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_ethdev_rss.h"

#include <string.h>

#include <rte_ethdev.h>

/* Without these a port spreads no connections; the others spread what has no ports. */
#define RSS_TCP (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP)
#define RSS_WANTED (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP)

#define GROUPS_MAX (RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE)

static bool set_key(uint16_t port_id, const struct rte_eth_dev_info *info,
		    const struct core_rss *rss);
static bool set_table(uint16_t port_id, const struct core_rss *rss);

/* Some drivers do not say: then it is what all had once. */
static uint8_t
key_bytes(const struct rte_eth_dev_info *info)
{
	return info->hash_key_size != 0 ? info->hash_key_size : CORE_RSS_KEY_BYTES_MIN;
}

bool
core_ethdev_rss_offered(const struct rte_eth_dev_info *info)
{
	return (info->flow_type_rss_offloads & RSS_TCP) == RSS_TCP &&
	       key_bytes(info) >= CORE_RSS_KEY_BYTES_MIN && key_bytes(info) <= CORE_RSS_KEY_BYTES &&
	       info->reta_size >= RTE_ETH_RETA_GROUP_SIZE &&
	       info->reta_size <= RTE_ETH_RSS_RETA_SIZE_512 && rte_is_power_of_2(info->reta_size);
}

void
core_ethdev_rss_configure(const struct rte_eth_dev_info *info, struct core_rss *rss,
			  struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *rss_conf = &conf->rx_adv_conf.rss_conf;

	if (info->flow_type_rss_offloads == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rss_conf->rss_hf = RSS_WANTED & info->flow_type_rss_offloads;
	if (!core_ethdev_rss_offered(info))
		return;
	rss_conf->rss_key = rss->key;
	rss_conf->rss_key_len = key_bytes(info);
	rss->entries = info->reta_size;
}

bool
core_ethdev_rss_set(uint16_t port_id, const struct core_rss *rss)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(port_id, &info) == 0 && core_ethdev_rss_offered(&info) &&
	       set_key(port_id, &info, rss) && set_table(port_id, rss);
}

/* Some drivers take the key as they are configured, some only now. */
static bool
set_key(uint16_t port_id, const struct rte_eth_dev_info *info, const struct core_rss *rss)
{
	uint8_t key[CORE_RSS_KEY_BYTES];
	struct rte_eth_rss_conf conf = {
		.rss_key = key,
		.rss_key_len = key_bytes(info),
		.rss_hf = RSS_WANTED & info->flow_type_rss_offloads,
	};

	memcpy(key, rss->key, sizeof(key));
	if (rte_eth_dev_rss_hash_update(port_id, &conf) != 0)
		return false;
	memset(key, 0, sizeof(key));
	return rte_eth_dev_rss_hash_conf_get(port_id, &conf) == 0 &&
	       (conf.rss_hf & RSS_TCP) == RSS_TCP && memcmp(key, rss->key, key_bytes(info)) == 0;
}

static bool
set_table(uint16_t port_id, const struct core_rss *rss)
{
	struct rte_eth_rss_reta_entry64 wanted[GROUPS_MAX] = {0}, found[GROUPS_MAX] = {0};
	uint16_t i;

	for (i = 0; i < rss->entries; i++) {
		wanted[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
		wanted[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			core_rss_owner(rss, i);
		found[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
	}
	if (rte_eth_dev_rss_reta_update(port_id, wanted, rss->entries) != 0 ||
	    rte_eth_dev_rss_reta_query(port_id, found, rss->entries) != 0)
		return false;
	for (i = 0; i < GROUPS_MAX; i++)
		if (memcmp(found[i].reta, wanted[i].reta, sizeof(found[i].reta)) != 0)
			return false;
	return true;
}

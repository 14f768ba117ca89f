/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Receive side scaling of an ethdev: its key and its table as core_rss has them, so that it is
 * known which queue a connection comes by.
 * Threads: control.
 */
#ifndef CORE_ETHDEV_RSS_H
#define CORE_ETHDEV_RSS_H

#include <stdbool.h>

#include "core_rss.h"

struct rte_eth_conf;
struct rte_eth_dev_info;

/** Whether a port claims all that it takes: TCP of both families, a key, and a table. */
bool core_ethdev_rss_offered(const struct rte_eth_dev_info *info);

/** Ask for as much of it as the port has. @p rss has the table's size afterwards. */
void core_ethdev_rss_configure(const struct rte_eth_dev_info *info, struct core_rss *rss,
			       struct rte_eth_conf *conf);

/**
 * Write key and table of a started port, and read them back.
 *
 * @return
 *   Whether the port spreads connections as @p rss does.
 */
bool core_ethdev_rss_set(uint16_t port_id, const struct core_rss *rss);

#endif /* CORE_ETHDEV_RSS_H */

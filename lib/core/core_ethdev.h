/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * An ethdev as the port of a server: configured with one queue pair for each core.
 * Threads: control.
 */
#ifndef CORE_ETHDEV_H
#define CORE_ETHDEV_H

#include "core_port.h"
#include "core_rss.h"

struct rte_eth_dev_info;

/**
 * Whether a port has so many queues, and takes this MTU, as core_ethdev_setup() will want to know.
 *
 * @return
 *   0 or -errno with a line in @p error: -ENOSPC, -ERANGE, or the driver's.
 */
int core_ethdev_check(uint16_t port_id, unsigned int nb_queues, uint16_t mtu, char *error,
		      size_t error_size);

/**
 * Configure a port: a queue pair for each core, RSS and checksum offloads where it has them.
 *
 * @param rx_mbufs
 *   A pool for each queue.
 * @param mtu
 *   Of IP packets; 0: what the port has. Where the frames do not fit in the usual mbuf, they come
 *   in chains, or in mbufs of core_ethdev_rx_room().
 * @param interrupts
 *   Ask for receive interrupts; ports[].rx_interrupt says whether there are any.
 * @param[in,out] rss
 *   How connections are to be spread over several queues; ports[].rss of the started port says
 *   whether they are, and if not, who wants it sees to it (core_steer.h). With one queue it may be
 *   NULL. Stays where it is until core_ethdev_start().
 * @param[out] ports
 *   One for each queue.
 * @return
 *   0 or -errno with a line in @p error.
 */
int core_ethdev_setup(uint16_t port_id, unsigned int nb_queues, struct rte_mempool **rx_mbufs,
		      uint16_t mtu, bool interrupts, struct core_rss *rss, struct core_port *ports,
		      char *error, size_t error_size);

/** Bytes, headroom included, of the mbufs that a port with this MTU is to receive into. */
uint16_t core_ethdev_rx_room(uint16_t port_id, uint16_t mtu);

/** Whether a port is handed TCP segments that it cuts (TSO): it says so, and does it well. */
bool core_ethdev_cuts_large(const struct rte_eth_dev_info *info);

/** Mbufs at most of a segment that a port cuts into frames for this MTU. */
uint16_t core_ethdev_large_mbufs(const struct rte_eth_dev_info *info, uint16_t mtu);

/** Whether a port claims that it can spread connections over its queues: not if it then does. */
bool core_ethdev_offers_rss(uint16_t port_id);

/**
 * Start the port and wait for its link; 0 or -errno with a line in @p error. Ports that turn out to
 * have no receive interrupts, or not to spread connections as @p rss does, are told so.
 */
int core_ethdev_start(uint16_t port_id, unsigned int nb_queues, struct core_rss *rss,
		      struct core_port *ports, char *error, size_t error_size);

/** Stop the port that was started. */
void core_ethdev_stop(uint16_t port_id);

/** Close the port, which is not started. */
void core_ethdev_teardown(uint16_t port_id);

/**
 * Have a port receive what is sent to groups, or all there is if it cannot tell them apart: IPv6
 * finds neighbours so. 0, or -ENOTSUP with a line in @p error: it is not one for IPv6.
 */
int core_ethdev_hear_groups(uint16_t port_id, char *error, size_t error_size);

#endif /* CORE_ETHDEV_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The port of clients that share it, one queue pair each: set up, started, with steering before its
 * queues where the port does not spread connections as core_rss does.
 *
 * Threads: control; core_client_port_is_own() may be called by any.
 */
#ifndef CORE_CLIENT_PORT_H
#define CORE_CLIENT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_lcore.h>

#include "core_port.h"
#include "core_rss.h"
#include "core_stats.h"

struct core_steer;

/** Clients of one port. */
#define CORE_CLIENT_PORT_MAX RTE_MAX_LCORE

struct core_client_port {
	uint16_t port_id;
	unsigned int nb; /* queue pairs */
	bool set_up;
	bool started;
	struct core_rss rss; /* of several */
	struct core_steer *steer; /* NULL: there is one, or the port does it */
	struct core_port queues[CORE_CLIENT_PORT_MAX];
};

/**
 * Set up a port, all zero before.
 *
 * @param rx_mbufs
 *   A pool for each queue.
 * @param ipv6
 *   It is to hear groups.
 * @param error
 *   On failure: one line, unless that is for want of memory.
 * @return
 *   0 or -errno.
 */
int core_client_port_setup(struct core_client_port *port, uint16_t port_id, unsigned int nb,
			   struct rte_mempool **rx_mbufs, bool ipv6, char *error,
			   size_t error_size);

/** Start it; 0 or -errno with @p error, as above. */
int core_client_port_start(struct core_client_port *port, char *error, size_t error_size);

/** What a client of a started port receives from and sends to; @p stats are the client's. */
struct core_port *core_client_port_queue(struct core_client_port *port, unsigned int client,
					 struct core_stats *stats);

/** Whether the segments that come between these ends are for a client. Any thread. */
bool core_client_port_is_own(const struct core_client_port *port, unsigned int client,
			     const struct ip_ends *ends, rte_be16_t remote_port,
			     rte_be16_t local_port);

/** Send what waits for the first client to send; the control thread, when no client is polled. */
void core_client_port_flush(struct core_client_port *port);

/** Stop it: afterwards it sends nothing more, and nothing is on the way between its clients. */
void core_client_port_stop(struct core_client_port *port);

/** Close it: afterwards it holds no mbufs. */
void core_client_port_teardown(struct core_client_port *port);

#endif /* CORE_CLIENT_PORT_H */

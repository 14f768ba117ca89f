/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_client_port.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "core_ethdev.h"
#include "core_ethdev_peer.h"
#include "core_steer.h"

int
core_client_port_setup(struct core_client_port *port, uint16_t port_id, unsigned int nb,
		       struct rte_mempool **rx_mbufs, bool ipv6, char *error, size_t error_size)
{
	uint8_t key[CORE_RSS_KEY_BYTES];
	int ret;

	port->port_id = port_id;
	port->nb = nb;
	ret = core_rss_key_draw(key);
	if (ret < 0) {
		snprintf(error, error_size, "the kernel gives no random bytes");
		return ret;
	}
	core_rss_init(&port->rss, key, nb);
	ret = core_ethdev_setup(port_id, nb, rx_mbufs, 0, false, &port->rss, port->queues, error,
				error_size);
	port->set_up = ret == 0;
	if (ret == 0 && ipv6)
		ret = core_ethdev_hear_groups(port_id, error, error_size);
	return ret;
}

int
core_client_port_start(struct core_client_port *port, char *error, size_t error_size)
{
	struct core_steer_config config = {.rss = &port->rss, .socket = SOCKET_ID_ANY};
	int ret;

	ret = core_ethdev_start(port->port_id, port->nb, &port->rss, port->queues, error,
				error_size);
	port->started = ret == 0;
	if (ret < 0 || port->nb == 1 || port->queues[0].rss)
		return ret;
	config.partial = port->queues[0].is_there != NULL;
	port->steer = core_steer_create(&config);
	if (port->steer == NULL)
		return -rte_errno;
	return config.partial ? core_ethdev_peer_watch(port->port_id, core_steer_peers(port->steer))
			      : 0;
}

struct core_port *
core_client_port_queue(struct core_client_port *port, unsigned int client, struct core_stats *stats)
{
	struct core_port *queue = &port->queues[client];

	return port->steer != NULL ? core_steer_port(port->steer, client, queue, stats) : queue;
}

bool
core_client_port_is_own(const struct core_client_port *port, unsigned int client,
			const struct ip_ends *ends, rte_be16_t remote_port, rte_be16_t local_port)
{
	return port->nb == 1 ||
	       core_rss_conn_owner(&port->rss, ends, remote_port, local_port) == client;
}

void
core_client_port_flush(struct core_client_port *port)
{
	if (port->steer != NULL)
		core_steer_flush(port->steer);
}

void
core_client_port_stop(struct core_client_port *port)
{
	if (port->steer != NULL)
		core_ethdev_peer_unwatch(port->port_id, core_steer_peers(port->steer));
	core_client_port_flush(port);
	if (port->started)
		core_ethdev_stop(port->port_id);
	core_steer_destroy(port->steer);
	port->steer = NULL;
}

void
core_client_port_teardown(struct core_client_port *port)
{
	if (port->set_up)
		core_ethdev_teardown(port->port_id);
}

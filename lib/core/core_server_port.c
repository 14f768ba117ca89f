/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_server_port.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>

#include "core_ethdev.h"
#include "core_ethdev_peer.h"

/* Frames that a core has received and not parsed, at most. */
#define RX_MBUFS 16384
#define RX_MBUF_CACHE 256

/* And where each holds a jumbo frame, of which fewer will do. */
#define RX_MBUFS_LARGE 4096

static int create_rx_mbufs(struct tr_core_server *server, bool rss, char *error, size_t error_size);
static void enter_vlan(struct tr_core_server *server);
static int create_steering(struct tr_core_server *server);
static void wake_core(void *arg, unsigned int core);

int
core_server_port_setup(struct tr_core_server *server, char *error, size_t error_size)
{
	uint16_t port_id = server->config.port_id;
	uint8_t rss_key[CORE_RSS_KEY_BYTES];
	int ret;

	ret = core_rss_key_draw(rss_key);
	if (ret < 0) {
		snprintf(error, error_size, "the kernel gives no random bytes");
		return ret;
	}
	core_rss_init(&server->rss, rss_key, server->nb_cores);
	/* Before memory is taken for its frames, of which there may not be enough. */
	ret = core_ethdev_check(port_id, server->nb_cores, server->config.mtu, error, error_size);
	if (ret < 0)
		return ret;
	ret = create_rx_mbufs(server, core_ethdev_offers_rss(port_id), error, error_size);
	if (ret < 0)
		return ret;
	ret = core_ethdev_setup(port_id, server->nb_cores, server->rx_mbufs, server->config.mtu,
				!server->config.idle_poll, &server->rss, server->ports, error,
				error_size);
	server->port_set_up = ret == 0;
	if (ret == 0 && !tr_addr_is_none(&server->config.ipv6.addr))
		ret = core_ethdev_hear_groups(port_id, error, error_size);
	return ret;
}

/*
 * A pool for each queue; one for all where frames will be steered, since a core then holds what
 * others' queues brought, and is to see that it runs dry.
 */
static int
create_rx_mbufs(struct tr_core_server *server, bool rss, char *error, size_t error_size)
{
	unsigned int nb_pools = rss ? server->nb_cores : 1;
	unsigned int share = server->nb_cores / nb_pools;
	uint16_t room = core_ethdev_rx_room(server->config.port_id, server->config.mtu);
	unsigned int nb = room > RTE_MBUF_DEFAULT_BUF_SIZE ? RX_MBUFS_LARGE : RX_MBUFS;
	char name[RTE_MEMPOOL_NAMESIZE];
	unsigned int i;

	for (i = 0; i < server->nb_cores; i++) {
		if (i >= nb_pools) {
			server->rx_mbufs[i] = server->rx_mbufs[0];
			continue;
		}
		snprintf(name, sizeof(name), "core%u_rx", i);
		server->rx_mbufs[i] = rte_pktmbuf_pool_create(name, share * nb, RX_MBUF_CACHE, 0,
							      room, SOCKET_ID_ANY);
		if (server->rx_mbufs[i] == NULL)
			return core_server_no_pools(name, error, error_size);
	}
	return 0;
}

int
core_server_port_start(struct tr_core_server *server, char *error, size_t error_size)
{
	int ret = core_ethdev_start(server->config.port_id, server->nb_cores, &server->rss,
				    server->ports, error, error_size);

	server->port_started = ret == 0;
	if (ret == 0 && server->config.vlan != 0)
		enter_vlan(server);
	if (ret < 0 || server->nb_cores == 1 || server->ports[0].rss)
		return ret;
	ret = create_steering(server);
	return ret < 0 ? core_server_no_pools("steering", error, error_size) : 0;
}

/* Below steering, which looks at what is behind the tag. */
static void
enter_vlan(struct tr_core_server *server)
{
	struct core *core;
	unsigned int i;

	for (i = 0; i < server->nb_cores; i++) {
		core = server->cores[i];
		core->port = core_vlan_init(&server->vlans[i], server->config.vlan, core->port,
					    core->control_mbufs, &core->stats);
	}
}

/* The port brings connections by whichever queue. */
static int
create_steering(struct tr_core_server *server)
{
	struct core_steer_config config = {
		.rss = &server->rss,
		.wake = wake_core,
		.wake_arg = server,
		.partial = server->ports[0].is_there != NULL,
		.socket = SOCKET_ID_ANY,
	};
	struct core *core;
	unsigned int i;
	int ret;

	server->steer = core_steer_create(&config);
	if (server->steer == NULL)
		return -rte_errno;
	if (config.partial) {
		ret = core_ethdev_peer_watch(server->config.port_id,
					     core_steer_peers(server->steer));
		if (ret < 0) {
			rte_errno = -ret;
			return ret;
		}
	}
	for (i = 0; i < server->nb_cores; i++) {
		core = server->cores[i];
		core->port = core_steer_port(server->steer, i, core->port, &core->stats);
		core->steer = server->steer;
		/* Of a port that offered to spread connections, and did not take the setting. */
		if (server->rx_mbufs[0] != server->rx_mbufs[server->nb_cores - 1]) {
			core->rx_pools = server->rx_mbufs;
			core->nb_rx_pools = server->nb_cores;
		}
	}
	return 0;
}

static void
wake_core(void *arg, unsigned int core)
{
	const struct tr_core_server *server = arg;

	submit_wake(server->submit, core);
}

void
core_server_port_close(struct tr_core_server *server)
{
	uint16_t port_id = server->config.port_id;

	if (server->steer != NULL)
		core_ethdev_peer_unwatch(port_id, core_steer_peers(server->steer));
	/* What the first core did not wait for. */
	if (server->steer != NULL)
		core_steer_flush(server->steer);
	if (server->port_started)
		core_ethdev_stop(port_id);
	if (server->port_set_up)
		core_ethdev_teardown(port_id);
}

void
core_server_port_teardown(struct tr_core_server *server)
{
	unsigned int i;

	core_steer_destroy(server->steer);
	for (i = 0; i < server->nb_cores; i++)
		if (i == 0 || server->rx_mbufs[i] != server->rx_mbufs[0])
			rte_mempool_free(server->rx_mbufs[i]);
}

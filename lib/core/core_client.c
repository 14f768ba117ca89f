/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <rte_branch_prediction.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include "chain.h"
#include "core_client_news.h"
#include "core_client_pools.h"
#include "core_client_port.h"
#include "ip.h"
#include "tcp.h"

#define RX_BURST 64

/* What one connection may have queued. */
#define SEND_BYTES_MAX (2 * 1024 * 1024)

#define RECEIVE_WINDOW_BYTES (128 * 1024)
#define REASSEMBLY_MAX 4096
#define NEIGHBOURS_MAX 16
/* Short: ports are chosen at random, and no connection of before is waited for. */
#define TIME_WAIT_US (1000 * 1000)

struct client_conn {
	struct core_client *client;
	struct tcp_conn *tcp; /* NULL: the number is free */
	bool closing; /* TCP was told that nothing more will be sent */
};

/* Clients that share a port. */
struct clients {
	struct core_client_port port;
	unsigned int nb;
	struct core_client *clients[];
};

struct core_client {
	struct core_client_config config;
	struct clients *all;
	unsigned int index; /* among them */
	struct core_port *port; /* our queue of it */
	struct core_stats stats;
	struct core_client_news news; /* to the others, and of them */
	struct core_client_pools pools;
	struct ip *ip;
	struct tcp *tcp;
	struct client_conn *conns;
};

static int create_all(struct clients *all, char *error, size_t error_size);
static struct core_client *create_client(struct clients *all,
					 const struct core_client_config *config);
static int create_pools(struct core_client *client);
static int create_stack(struct core_client *client);
static void destroy_all(struct clients *all);
static void abort_conns(struct core_client *client);
static void destroy_client(struct core_client *client);
static void receive(struct core_client *client, uint64_t now_us);
static void transmit(struct core_client *client);
static void transmit_last(struct core_client *client, uint32_t *patience_us);
static void conn_end(struct client_conn *conn);
static void *conn_opened(void *arg, struct tcp_conn *tcp, void *listener_arg);
static void conn_readable(void *user, struct tcp_conn *tcp);
static void conn_sent(void *user, struct tcp_conn *tcp);
static void conn_peer_closed(void *user, struct tcp_conn *tcp);
static void conn_closed(void *user, struct tcp_conn *tcp, int error);
static bool conn_comes_here(void *arg, const struct ip_ends *ends, rte_be16_t remote_port,
			    rte_be16_t local_port);

static const struct tcp_events tcp_events = {
	.opened = conn_opened,
	.readable = conn_readable,
	.sent = conn_sent,
	.peer_closed = conn_peer_closed,
	.closed = conn_closed,
	.comes_here = conn_comes_here,
};

struct core_client *
core_client_create(const struct core_client_config *config, char *error, size_t error_size)
{
	struct core_client *client;

	return core_client_create_all(config, 1, &client, error, error_size) == 0 ? client : NULL;
}

int
core_client_create_all(const struct core_client_config *configs, unsigned int nb,
		       struct core_client **clients, char *error, size_t error_size)
{
	struct clients *all = NULL;
	int ret = -ENOMEM;

	error[0] = '\0';
	if (!rte_eth_dev_is_valid_port(configs->port_id)) {
		snprintf(error, error_size,
			 "port %u: EAL found none; --vdev=... or -a ... among its options would do",
			 configs->port_id);
		return -ENODEV;
	}
	if (nb <= CORE_CLIENT_PORT_MAX)
		all = calloc(1, sizeof(*all) + nb * sizeof(all->clients[0]));
	for (; all != NULL && all->nb < nb; all->nb++) {
		all->clients[all->nb] = create_client(all, &configs[all->nb]);
		if (all->clients[all->nb] == NULL)
			break;
	}
	if (all != NULL && all->nb == nb)
		ret = create_all(all, error, error_size);
	if (ret == 0) {
		memcpy(clients, all->clients, nb * sizeof(clients[0]));
		return 0;
	}
	if (error[0] == '\0' && (ret == -ENOMEM || ret == -ENOBUFS))
		snprintf(error, error_size, "no memory for port %u: give EAL more with -m",
			 configs->port_id);
	else if (error[0] == '\0')
		snprintf(error, error_size, "port %u: %s", configs->port_id, strerror(-ret));
	destroy_all(all);
	return ret;
}

static struct core_client *
create_client(struct clients *all, const struct core_client_config *config)
{
	struct core_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->config = *config;
	client->all = all;
	client->index = all->nb;
	client->port = &all->port.queues[client->index];
	client->conns = calloc(config->conns_max, sizeof(client->conns[0]));
	if (client->conns != NULL)
		return client;
	free(client);
	return NULL;
}

static int
create_all(struct clients *all, char *error, size_t error_size)
{
	const struct core_client_config *config = &all->clients[0]->config;
	struct rte_mempool *rx_mbufs[CORE_CLIENT_PORT_MAX];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < all->nb && ret == 0; i++) {
		ret = create_pools(all->clients[i]);
		rx_mbufs[i] = all->clients[i]->pools.rx_mbufs;
	}
	if (ret == 0)
		ret = core_client_port_setup(&all->port, config->port_id, all->nb, rx_mbufs,
					     !tr_addr_is_none(&config->ipv6.addr), error,
					     error_size);
	for (i = 0; i < all->nb && ret == 0; i++)
		ret = create_stack(all->clients[i]);
	if (ret == 0)
		ret = core_client_port_start(&all->port, error, error_size);
	for (i = 0; i < all->nb && ret == 0; i++)
		all->clients[i]->port =
			core_client_port_queue(&all->port, i, &all->clients[i]->stats);
	return ret;
}

static int
create_pools(struct core_client *client)
{
	char name[RTE_RING_NAMESIZE];
	int ret;

	ret = core_client_pools_init(&client->pools, client->config.name);
	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), "%s_news", client->config.name);
	return core_client_news_setup(&client->news, name,
				      client->index > 0 ? &client->all->clients[0]->news : NULL,
				      &client->all->port.rss, client->index, &client->stats);
}

static int
create_stack(struct core_client *client)
{
	const struct core_client_config *config = &client->config;
	const struct core_port *port = client->port;
	struct ip_config ip = {
		.mac = port->mac,
		.ipv4 = config->ipv4,
		.ipv6 = config->ipv6,
		.mtu = port->mtu,
		.neighbours_max = NEIGHBOURS_MAX,
		.mbufs = client->pools.control_mbufs,
		.quote_mbufs = client->pools.chains.mbufs,
		.tx_ipv4_checksum = port->tx_ipv4_checksum,
		.tx_tcp_checksum = port->tx_tcp_checksum,
		.socket = SOCKET_ID_ANY,
		.events = &core_client_news_events,
		.events_arg = &client->news,
	};
	struct tcp_config tcp = {
		.name = config->name,
		.events = &tcp_events,
		.events_arg = client,
		/* Those that are over, and wait for what may still come, take none from the owner.
		 */
		.conns_max = 2 * config->conns_max + 1,
		.receive_window_bytes = RECEIVE_WINDOW_BYTES,
		.reassembly_max = REASSEMBLY_MAX,
		.chain_pool = &client->pools.chains,
		.large_mbufs = port->tx_large_mbufs,
		.mbufs = client->pools.control_mbufs,
		.time_wait_us = TIME_WAIT_US,
		.socket = SOCKET_ID_ANY,
	};

	client->pools.chains.link_segments = port->tx_segments;
	client->pools.chains.share_mbufs = port->share_mbufs;
	if (getrandom(tcp.secret, sizeof(tcp.secret), 0) != sizeof(tcp.secret))
		return -errno;
	client->ip = ip_create(&ip);
	if (client->ip == NULL)
		return -rte_errno;
	client->news.ip = client->ip;
	tcp.ip = client->ip;
	client->tcp = tcp_create(&tcp);
	client->news.tcp = client->tcp;
	return client->tcp != NULL ? 0 : -rte_errno;
}

void
core_client_destroy(struct core_client *client)
{
	if (client != NULL)
		destroy_all(client->all);
}

/* The port goes before the pools: it may hold mbufs of any of them. */
static void
destroy_all(struct clients *all)
{
	unsigned int i;

	if (all == NULL)
		return;
	for (i = 0; i < all->nb; i++)
		abort_conns(all->clients[i]);
	core_client_port_stop(&all->port);
	for (i = 0; i < all->nb; i++) {
		tcp_destroy(all->clients[i]->tcp);
		ip_destroy(all->clients[i]->ip);
	}
	core_client_port_teardown(&all->port);
	for (i = 0; i < all->nb; i++)
		core_client_news_teardown(&all->clients[i]->news);
	for (i = 0; i < all->nb; i++)
		destroy_client(all->clients[i]);
	free(all);
}

static void
abort_conns(struct core_client *client)
{
	uint32_t patience_us = CORE_PORT_PATIENCE_US;
	bool started = client->all->port.started;
	uint32_t i;

	/* Their owner wants to hear no more. */
	for (i = 0; client->tcp != NULL && i < client->config.conns_max; i++)
		if (client->conns[i].tcp != NULL) {
			client->conns[i].client = NULL;
			/* Resets go at once, into a queue that must not overflow. */
			if (started && ip_txq(client->ip)->nb >= IP_TXQ_SIZE / 2)
				transmit_last(client, &patience_us);
			tcp_abort(client->conns[i].tcp);
		}
	if (started)
		transmit_last(client, &patience_us);
}

static void
destroy_client(struct core_client *client)
{
	core_client_pools_deinit(&client->pools);
	free(client->conns);
	free(client);
}

const struct core_stats *
core_client_stats(const struct core_client *client)
{
	return &client->stats;
}

int
core_client_connect(struct core_client *client, uint32_t conn, struct tr_addr addr, uint16_t port,
		    uint64_t now_us)
{
	struct client_conn *slot = &client->conns[conn];

	slot->client = client;
	slot->closing = false;
	slot->tcp = tcp_connect(client->tcp, addr, rte_cpu_to_be_16(port), 0, slot, now_us);
	return slot->tcp != NULL ? 0 : -rte_errno;
}

int
core_client_send(struct core_client *client, uint32_t conn, const struct iovec *parts,
		 unsigned int nb)
{
	struct tcp_conn *tcp = client->conns[conn].tcp;
	struct tr_chain *chain;

	if (unlikely(tcp == NULL || client->conns[conn].closing))
		return -EPIPE;
	chain = tcp_chain(tcp);
	if (tr_chain_bytes(chain) > SEND_BYTES_MAX || tr_chain_append(chain, parts, nb) < 0)
		return -ENOMEM;
	tcp_send(tcp);
	return 0;
}

void
core_client_close(struct core_client *client, uint32_t conn)
{
	if (client->conns[conn].tcp != NULL && !client->conns[conn].closing)
		conn_end(&client->conns[conn]);
}

static void
conn_end(struct client_conn *conn)
{
	conn->closing = true;
	tcp_close(conn->tcp);
}

void
core_client_poll(struct core_client *client, uint64_t now_us)
{
	client->news.now_us = now_us;
	/* Requests first: they are due. ACKs of what comes now go with those of the next turn. */
	tcp_output(client->tcp, now_us);
	transmit(client);
	if (unlikely(core_client_news_waits(&client->news)))
		core_client_news_hear(&client->news);
	receive(client, now_us);
	tcp_tick(client->tcp, now_us);
	ip_tick(client->ip, now_us);
}

void
core_client_insert(struct core_client *client, struct core_port *port)
{
	core_port_insert(&client->port, port);
	tcp_set_large(client->tcp, core_port_large_mbufs(client->port));
}

void
core_client_remove(struct core_client *client, struct core_port *port)
{
	core_port_remove(&client->port, port);
	tcp_set_large(client->tcp, core_port_large_mbufs(client->port));
}

static void
receive(struct core_client *client, uint64_t now_us)
{
	struct rte_mbuf *mbufs[RX_BURST];
	struct ip_packet packet;
	uint16_t nb, i;

	nb = client->port->rx(client->port, mbufs, RX_BURST);
	for (i = 0; i < nb; i++)
		if (eth_input(client->ip, mbufs[i], now_us, &packet) == IP_DELIVER)
			tcp_input(client->tcp, mbufs[i], &packet, now_us);
}

static void
transmit(struct core_client *client)
{
	struct ip_txq *txq = ip_txq(client->ip);
	uint16_t sent;

	if (txq->nb == 0)
		return;
	sent = client->port->tx(client->port, txq->frames, txq->nb);
	txq->nb -= sent;
	memmove(txq->frames, txq->frames + sent, txq->nb * sizeof(txq->frames[0]));
}

static void
transmit_last(struct core_client *client, uint32_t *patience_us)
{
	struct ip_txq *txq = ip_txq(client->ip);
	uint16_t sent = core_port_tx_last(client->port, txq->frames, txq->nb, patience_us);

	/* What goes by another's queue makes room for the next: nobody runs who would send it. */
	core_client_port_flush(&client->all->port);
	txq->nb -= sent;
	memmove(txq->frames, txq->frames + sent, txq->nb * sizeof(txq->frames[0]));
}

static void *
conn_opened(void *arg, struct tcp_conn *tcp, void *listener_arg)
{
	struct client_conn *conn = tcp_conn_user(tcp);
	struct core_client *client = arg;

	(void)listener_arg;
	client->config.events->opened(client->config.events_arg, conn - client->conns);
	return conn;
}

static void
conn_readable(void *user, struct tcp_conn *tcp)
{
	struct client_conn *conn = user;
	struct core_client *client = conn->client;
	const uint8_t *data;
	uint32_t len;

	for (data = tcp_receive_peek(tcp, &len); len > 0; data = tcp_receive_peek(tcp, &len)) {
		client->config.events->received(client->config.events_arg, conn - client->conns,
						data, len);
		tcp_receive_consume(tcp, len);
	}
}

static void
conn_sent(void *user, struct tcp_conn *tcp)
{
	(void)user;
	(void)tcp;
}

static void
conn_peer_closed(void *user, struct tcp_conn *tcp)
{
	struct client_conn *conn = user;

	(void)tcp;
	if (!conn->closing)
		conn_end(conn);
}

static void
conn_closed(void *user, struct tcp_conn *tcp, int error)
{
	struct client_conn *conn = user;
	struct core_client *client = conn->client;

	(void)tcp;
	conn->tcp = NULL;
	if (client != NULL)
		client->config.events->closed(client->config.events_arg, conn - client->conns,
					      error);
}

static bool
conn_comes_here(void *arg, const struct ip_ends *ends, rte_be16_t remote_port,
		rte_be16_t local_port)
{
	const struct core_client *client = arg;

	return core_client_port_is_own(&client->all->port, client->index, ends, remote_port,
				       local_port);
}

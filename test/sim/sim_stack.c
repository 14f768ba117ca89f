/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>

#include "sim_random.h"
#include "sim_watch.h"
#include "wire_tcp.h"

#define BURST 32
#define CONTROL_MBUFS 1024
#define SEGMENT_MBUFS 64
#define CONNS_MAX 64
#define PREFIX_LEN 24
#define IPV6_PREFIX_LEN 64

/* Where a segment has its flags. */
#define FLAGS_OFFSET 13

/* Short, so that a run ends: what matters is that the state is passed through. */
#define TIME_WAIT_US (2 * 1000 * 1000)

static void take(struct sim_stack *stack, struct rte_mbuf *mbuf, const struct ip_packet *packet);
static void take_error(void *arg, const struct ip_error *error);
static void learn(void *arg, const struct ip_neighbour *neighbour);
static void find_unresolved(const struct ip_neighbour *neighbour, bool reachable, void *arg);

void
sim_stack_init(struct sim_stack *stack, const struct sim_stack_config *config)
{
	unsigned int nb_control =
		config->nb_control_mbufs != 0 ? config->nb_control_mbufs : CONTROL_MBUFS;
	unsigned int nb_segments =
		config->nb_segment_mbufs != 0 ? config->nb_segment_mbufs : SEGMENT_MBUFS;
	char name[RTE_MEMPOOL_NAMESIZE];
	struct sim_random random = {.state = config->seed};
	struct ip_config ip = {
		.mac = config->port->mac,
		.ipv4 = {.addr = config->addr, .prefix_len = PREFIX_LEN},
		.mtu = config->port->mtu,
		.ipv6 = {.addr = config->ipv6, .prefix_len = IPV6_PREFIX_LEN},
		.neighbours_max = 16,
		.tx_ipv4_checksum = config->port->tx_ipv4_checksum,
		.tx_tcp_checksum = config->port->tx_tcp_checksum,
		.events = &stack->ip_events,
		.events_arg = stack,
		.socket = SOCKET_ID_ANY,
	};
	struct tcp_config tcp = {
		.name = config->name,
		.events = config->events,
		.events_arg = config->events_arg,
		.conns_max = CONNS_MAX,
		.receive_window_bytes = config->receive_window_bytes,
		.reassembly_max = 1024,
		.large_mbufs = config->port->tx_large_mbufs,
		.chain_pool = &stack->chains,
		.time_wait_us = TIME_WAIT_US,
		.now_us = config->now_us,
		.socket = SOCKET_ID_ANY,
	};
	uint64_t secret[2] = {sim_random_next(&random), sim_random_next(&random)};

	memset(stack, 0, sizeof(*stack));
	stack->port = config->port;
	stack->watch = config->watch;
	stack->now_us = config->now_us;
	stack->ip_events = (struct ip_events){.neighbour = learn, .error = take_error};
	stack->chains.link_segments = config->port->tx_segments;
	stack->chains.share_mbufs = config->port->share_mbufs;
	snprintf(name, sizeof(name), "%s_chain", config->name);
	stack->chains.mbufs = chain_mempool_create(name, config->nb_mbufs, SOCKET_ID_ANY);
	snprintf(name, sizeof(name), "%s_segments", config->name);
	stack->chains.segments = chain_mempool_create(name, nb_segments, SOCKET_ID_ANY);
	snprintf(name, sizeof(name), "%s_control", config->name);
	stack->mbufs = rte_pktmbuf_pool_create(name, nb_control, 0, 0, CHAIN_HEADROOM + 128,
					       SOCKET_ID_ANY);
	if (stack->chains.mbufs == NULL || stack->chains.segments == NULL || stack->mbufs == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for pools\n");
	ip.mbufs = stack->mbufs;
	stack->ip = ip_create(&ip);
	if (stack->ip == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for ip\n");
	tcp.ip = stack->ip;
	tcp.mbufs = stack->mbufs;
	memcpy(tcp.secret, secret, sizeof(tcp.secret));
	stack->tcp = tcp_create(&tcp);
	if (stack->tcp == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for tcp\n");
}

void
sim_stack_deinit(struct sim_stack *stack)
{
	tcp_destroy(stack->tcp);
	ip_destroy(stack->ip);
	rte_mempool_free(stack->mbufs);
	rte_mempool_free(stack->chains.segments);
	rte_mempool_free(stack->chains.mbufs);
}

void
sim_stack_poll(struct sim_stack *stack, uint64_t now_us)
{
	struct ip_txq *txq = ip_txq(stack->ip);
	struct rte_mbuf *mbufs[BURST];
	struct ip_packet packet;
	uint16_t nb, sent, i;

	stack->now_us = now_us;
	do {
		nb = stack->port->rx(stack->port, mbufs, BURST);
		for (i = 0; i < nb; i++)
			if (eth_input(stack->ip, mbufs[i], now_us, &packet) == IP_DELIVER)
				take(stack, mbufs[i], &packet);
	} while (nb == BURST);
	tcp_tick(stack->tcp, now_us);
	ip_tick(stack->ip, now_us);
	tcp_output(stack->tcp, now_us);
	sent = stack->port->tx(stack->port, txq->frames, txq->nb);
	txq->nb -= sent;
	memmove(txq->frames, txq->frames + sent, txq->nb * sizeof(txq->frames[0]));
}

/* Whatever it says at once to a reset, nobody asked for. */
static void
take(struct sim_stack *stack, struct rte_mbuf *mbuf, const struct ip_packet *packet)
{
	const struct ip_txq *txq = ip_txq(stack->ip);
	uint16_t before = txq->nb, i;
	bool reset = mbuf->data_len > FLAGS_OFFSET &&
		     (rte_pktmbuf_mtod(mbuf, const uint8_t *)[FLAGS_OFFSET] & WIRE_TCP_RST) != 0;

	tcp_input(stack->tcp, mbuf, packet, stack->now_us);
	for (i = before; reset && stack->watch != NULL && i < txq->nb; i++)
		sim_watch_answer(stack->watch, stack->port->port_id, txq->frames[i]);
}

static void
take_error(void *arg, const struct ip_error *error)
{
	struct sim_stack *stack = arg;

	tcp_error(stack->tcp, error, stack->now_us);
}

/* There is no other core to tell. */
static void
learn(void *arg, const struct ip_neighbour *neighbour)
{
	(void)arg;
	(void)neighbour;
}

uint64_t
sim_stack_next_us(const struct sim_stack *stack)
{
	/* What the port did not take is tried again at once. */
	if (ip_txq(stack->ip)->nb > 0)
		return 0;
	return RTE_MIN(tcp_next_timer_us(stack->tcp), ip_next_timer_us(stack->ip));
}

bool
sim_stack_idle(struct ip *ip, const struct tcp *tcp)
{
	bool asking = false;

	ip_neighbour_walk(ip, find_unresolved, &asking);
	return tcp_conn_count(tcp) == 0 && ip_txq(ip)->nb == 0 && !asking;
}

static void
find_unresolved(const struct ip_neighbour *neighbour, bool reachable, void *arg)
{
	bool *asking = arg;

	(void)neighbour;
	*asking |= !reachable;
}

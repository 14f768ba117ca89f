/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>

#include "sim_random.h"

#define BURST 32
#define CONTROL_MBUFS 1024
#define SEGMENT_MBUFS 64
#define CONNS_MAX 64
#define PREFIX_LEN 24

/* Short, so that a run ends: what matters is that the state is passed through. */
#define TIME_WAIT_US (2 * 1000 * 1000)

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
		.neighbours_max = 16,
		.socket = SOCKET_ID_ANY,
	};
	struct tcp_config tcp = {
		.name = config->name,
		.events = config->events,
		.events_arg = config->events_arg,
		.conns_max = CONNS_MAX,
		.receive_window_bytes = config->receive_window_bytes,
		.reassembly_max = 1024,
		.chain_pool = &stack->chains,
		.time_wait_us = TIME_WAIT_US,
		.now_us = config->now_us,
		.socket = SOCKET_ID_ANY,
	};
	uint64_t secret[2] = {sim_random_next(&random), sim_random_next(&random)};

	memset(stack, 0, sizeof(*stack));
	stack->port = config->port;
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

	do {
		nb = stack->port->rx(stack->port, mbufs, BURST);
		for (i = 0; i < nb; i++)
			if (eth_input(stack->ip, mbufs[i], now_us, &packet) == IP_DELIVER)
				tcp_input(stack->tcp, mbufs[i], &packet, now_us);
	} while (nb == BURST);
	tcp_tick(stack->tcp, now_us);
	ip_tick(stack->ip, now_us);
	tcp_output(stack->tcp, now_us);
	sent = stack->port->tx(stack->port, txq->frames, txq->nb);
	txq->nb -= sent;
	memmove(txq->frames, txq->frames + sent, txq->nb * sizeof(txq->frames[0]));
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

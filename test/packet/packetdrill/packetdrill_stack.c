/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "packetdrill_options.h"
#include "wire_arp.h"

#define POOL_MBUFS 4095
#define CONNS_MAX 256
#define PREFIX_LEN 16
#define START_US UINT64_C(1000000000)
#define SECRET "packetdrill 0123"

static const struct rte_ether_addr our_mac = {{2, 0, 0, 0, 0, 1}};
static const struct rte_ether_addr their_mac = {{2, 0, 0, 0, 0, 2}};

static int init_eal(void);
static int init_pools(struct packetdrill_stack *stack);
static void collect(struct packetdrill_stack *stack);
static void sent(struct packetdrill_stack *stack, const struct rte_mbuf *mbuf);
static void answer_arp(struct packetdrill_stack *stack, const uint8_t *data, uint32_t len);
static struct rte_mbuf *to_frame(struct packetdrill_stack *stack, const uint8_t *data, size_t len);

int
packetdrill_stack_init(struct packetdrill_stack *stack, const struct packetdrill_flags *flags,
		       const struct tcp_events *events, void *events_arg)
{
	struct ip_config ip = {
		.mac = our_mac,
		.ipv4 = {.addr = tr_addr_ipv4(flags->local),
			 .prefix_len = PREFIX_LEN,
			 .gateway = tr_addr_ipv4(flags->gateway)},
		.mtu = flags->mtu,
		.neighbours_max = 64,
		.socket = SOCKET_ID_ANY,
	};
	struct tcp_config tcp = {
		.name = "packetdrill",
		.events = events,
		.events_arg = events_arg,
		.conns_max = CONNS_MAX,
		.receive_window_bytes = flags->receive_bytes,
		.reassembly_max = 1024,
		.chain_pool = &stack->chains,
		.secret = SECRET,
		.time_wait_us = flags->time_wait_us,
		.now_us = START_US,
		.socket = SOCKET_ID_ANY,
	};
	int rc;

	*stack = (struct packetdrill_stack){.flags = flags, .now_us = START_US};
	STAILQ_INIT(&stack->sent);
	rc = init_eal();
	if (rc == 0)
		rc = init_pools(stack);
	if (rc < 0)
		return rc;
	ip.mbufs = stack->mbufs;
	stack->ip = ip_create(&ip);
	if (stack->ip == NULL)
		return -rte_errno;
	tcp.ip = stack->ip;
	tcp.mbufs = stack->mbufs;
	stack->tcp = tcp_create(&tcp);
	return stack->tcp == NULL ? -rte_errno : 0;
}

void
packetdrill_stack_deinit(struct packetdrill_stack *stack)
{
	struct packetdrill_packet *packet;

	tcp_destroy(stack->tcp);
	if (stack->ip != NULL)
		ip_destroy(stack->ip);
	rte_mempool_free(stack->chains.mbufs);
	rte_mempool_free(stack->mbufs);
	while ((packet = packetdrill_stack_take(stack)) != NULL)
		free(packet);
}

bool
packetdrill_stack_input(struct packetdrill_stack *stack, const void *data, size_t len)
{
	struct rte_mbuf *mbuf = to_frame(stack, data, len);
	struct ip_packet packet;

	if (mbuf == NULL)
		return false;
	if (eth_input(stack->ip, mbuf, stack->now_us, &packet) == IP_DELIVER)
		tcp_input(stack->tcp, mbuf, &packet, stack->now_us);
	packetdrill_stack_output(stack);
	return true;
}

void
packetdrill_stack_output(struct packetdrill_stack *stack)
{
	do {
		tcp_output(stack->tcp, stack->now_us);
		collect(stack);
		/* A full queue of frames leaves some for the next turn; ARP's answer frees others.
		 */
	} while (ip_txq(stack->ip)->nb > 0);
}

uint64_t
packetdrill_stack_next_us(const struct packetdrill_stack *stack)
{
	return RTE_MIN(tcp_next_timer_us(stack->tcp), ip_next_timer_us(stack->ip));
}

void
packetdrill_stack_advance(struct packetdrill_stack *stack, uint64_t now_us)
{
	stack->now_us = RTE_MAX(stack->now_us, now_us);
	if (packetdrill_stack_next_us(stack) > stack->now_us)
		return;
	tcp_tick(stack->tcp, stack->now_us);
	ip_tick(stack->ip, stack->now_us);
	packetdrill_stack_output(stack);
}

struct packetdrill_packet *
packetdrill_stack_take(struct packetdrill_stack *stack)
{
	struct packetdrill_packet *packet = STAILQ_FIRST(&stack->sent);

	if (packet != NULL)
		STAILQ_REMOVE_HEAD(&stack->sent, link);
	return packet;
}

static int
init_eal(void)
{
	static char args[][24] = {
		"packetdrill", "--no-huge", "--no-pci", "--no-telemetry",   "--no-shconf", "-m",
		"64",	       "-l",	    "0",	"--log-level=error"};
	char *argv[RTE_DIM(args)];
	unsigned int i;

	for (i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
	return rte_eal_init(RTE_DIM(argv), argv) < 0 ? -rte_errno : 0;
}

static int
init_pools(struct packetdrill_stack *stack)
{
	stack->mbufs = rte_pktmbuf_pool_create("packetdrill", POOL_MBUFS, 0, 0,
					       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (stack->mbufs == NULL)
		return -rte_errno;
	stack->chains.mbufs = chain_mempool_create("packetdrill_chain", POOL_MBUFS, SOCKET_ID_ANY);
	if (stack->chains.mbufs == NULL)
		return -rte_errno;
	stack->chains.segments = stack->chains.mbufs;
	stack->chains.link_segments = true;
	stack->chains.share_mbufs = true;
	return 0;
}

static void
collect(struct packetdrill_stack *stack)
{
	struct ip_txq *txq = ip_txq(stack->ip);
	struct rte_mbuf *frames[IP_TXQ_SIZE];
	uint16_t nb = txq->nb;
	uint16_t i;

	/* What an answer to ARP sets free goes to the queue anew. */
	memcpy(frames, txq->frames, nb * sizeof(frames[0]));
	txq->nb = 0;
	for (i = 0; i < nb; i++) {
		sent(stack, frames[i]);
		rte_pktmbuf_free(frames[i]);
	}
}

static void
sent(struct packetdrill_stack *stack, const struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	uint32_t len = mbuf->pkt_len - sizeof(*ether);
	struct packetdrill_packet *packet;
	const void *data;

	packet = malloc(sizeof(*packet) + len + PACKETDRILL_OPTIONS_GROWTH);
	if (packet == NULL)
		abort();
	data = rte_pktmbuf_read(mbuf, sizeof(*ether), len, packet->data);
	if (data != packet->data)
		memcpy(packet->data, data, len);
	if (ether->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP)) {
		answer_arp(stack, packet->data, len);
		free(packet);
		return;
	}
	packet->len = len;
	packet->sent_us = stack->now_us;
	if (stack->flags->freebsd)
		packetdrill_options_freebsd(packet);
	STAILQ_INSERT_TAIL(&stack->sent, packet, link);
}

static void
answer_arp(struct packetdrill_stack *stack, const uint8_t *data, uint32_t len)
{
	struct ip_neighbour neighbour = {.mac = their_mac};
	struct wire_arp arp;

	if (wire_arp_parse(data, len, &arp) != WIRE_ARP_OK || arp.target_addr == arp.sender_addr)
		return;
	neighbour.addr = tr_addr_ipv4(arp.target_addr);
	ip_neighbour_update(stack->ip, &neighbour, stack->now_us);
}

static struct rte_mbuf *
to_frame(struct packetdrill_stack *stack, const uint8_t *data, size_t len)
{
	struct rte_ether_hdr *ether;
	struct rte_mbuf *mbuf, *last;
	uint16_t part;

	if (len == 0)
		return NULL;
	mbuf = rte_pktmbuf_alloc(stack->mbufs);
	if (mbuf == NULL)
		return NULL;
	ether = (struct rte_ether_hdr *)rte_pktmbuf_append(mbuf, sizeof(*ether));
	ether->dst_addr = our_mac;
	ether->src_addr = their_mac;
	ether->ether_type =
		rte_cpu_to_be_16(data[0] >> 4 == 6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
	for (last = mbuf;; last = rte_pktmbuf_lastseg(mbuf)) {
		part = RTE_MIN(len, (size_t)rte_pktmbuf_tailroom(last));
		memcpy(rte_pktmbuf_append(mbuf, part), data, part);
		data += part;
		len -= part;
		if (len == 0)
			return mbuf;
		last = rte_pktmbuf_alloc(stack->mbufs);
		if (last == NULL || rte_pktmbuf_chain(mbuf, last) < 0) {
			rte_pktmbuf_free(last);
			rte_pktmbuf_free(mbuf);
			return NULL;
		}
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "packetdrill_segment.h"
#include "wire_arp.h"
#include "wire_icmp6.h"
#include "wire_nd.h"

#define POOL_MBUFS 4095
#define CONNS_MAX 256
#define PREFIX_LEN_IPV4 16
#define PREFIX_LEN_IPV6 48
#define IDLE_IPV4 RTE_BE32(0xc0a80002)
/* Until an IPv6 address is known to be nobody else's. */
#define SETTLE_US UINT64_C(2000000)
#define PROBE_BYTES 120
#define START_US UINT64_C(1000000000)
#define SECRET "packetdrill 0123"

static const struct rte_ether_addr our_mac = {{2, 0, 0, 0, 0, 1}};
static const struct rte_ether_addr their_mac = {{2, 0, 0, 0, 0, 2}};

static int init_eal(void);
static int init_pools(struct packetdrill_stack *stack);
static void collect(struct packetdrill_stack *stack);
static void sent(struct packetdrill_stack *stack, const struct rte_mbuf *mbuf);
static void queue(struct packetdrill_stack *stack, struct packetdrill_packet *packet);
static bool give(struct packetdrill_stack *stack, const void *data, size_t len);
static bool answer_arp(struct packetdrill_stack *stack, const uint8_t *data, uint32_t len);
static bool answer_nd(struct packetdrill_stack *stack, const uint8_t *data, uint32_t len);
static void on_error(void *arg, const struct ip_error *error);
static void settle(struct packetdrill_stack *stack);
static struct rte_mbuf *to_frame(struct packetdrill_stack *stack, const uint8_t *data, size_t len);

static const struct ip_events ip_events = {.error = on_error};

int
packetdrill_stack_init(struct packetdrill_stack *stack, const struct packetdrill_flags *flags,
		       const struct tcp_events *events, void *events_arg)
{
	const struct tr_addr_net net = {
		.addr = flags->local,
		.prefix_len = tr_addr_is_ipv4(&flags->local) ? PREFIX_LEN_IPV4 : PREFIX_LEN_IPV6,
		.gateway = flags->gateway,
	};
	struct ip_config ip = {
		.mac = our_mac,
		.mtu = flags->mtu,
		.neighbours_max = 64,
		.socket = SOCKET_ID_ANY,
		.events = &ip_events,
		.events_arg = stack,
	};
	struct tcp_config tcp = {
		.name = "packetdrill",
		.events = events,
		.events_arg = events_arg,
		.conns_max = CONNS_MAX,
		.receive_window_bytes = flags->receive_bytes,
		.reassembly_max = 1024,
		.congestion = flags->congestion,
		.ecn = flags->ecn,
		.keepalive_idle_us = flags->keepalive_idle_us,
		.keepalive_interval_us = flags->keepalive_interval_us,
		.keepalive_probes_max = flags->keepalive_probes,
		.chain_pool = &stack->chains,
		.secret = SECRET,
		.time_wait_us = flags->time_wait_us,
		.now_us = START_US,
		.socket = SOCKET_ID_ANY,
	};
	int rc;

	*stack = (struct packetdrill_stack){.flags = flags, .now_us = START_US};
	TAILQ_INIT(&stack->sent);
	rc = init_eal();
	if (rc == 0)
		rc = init_pools(stack);
	if (rc < 0)
		return rc;
	if (tr_addr_is_ipv4(&net.addr)) {
		ip.ipv4 = net;
	} else {
		ip.ipv6 = net;
		/* There must be one. */
		ip.ipv4 = (struct tr_addr_net){
			.addr = tr_addr_ipv4(IDLE_IPV4),
			.prefix_len = PREFIX_LEN_IPV4,
		};
	}
	ip.mbufs = stack->mbufs;
	stack->ip = ip_create(&ip);
	if (stack->ip == NULL)
		return -rte_errno;
	tcp.ip = stack->ip;
	tcp.mbufs = stack->mbufs;
	stack->tcp = tcp_create(&tcp);
	if (stack->tcp == NULL)
		return -rte_errno;
	settle(stack);
	return 0;
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
	const struct packetdrill_syn syn = {.mss_max = stack->mss_max};
	struct packetdrill_segment segment;
	uint8_t copy[UINT16_MAX], probe[PROBE_BYTES];
	uint32_t bytes;

	if (len > sizeof(copy))
		return false;
	memcpy(copy, data, len);
	if (!packetdrill_segment_parse(copy, len, &segment))
		return give(stack, copy, len);
	packetdrill_segment_rewrite_syn(&segment, &syn);
	if (!give(stack, copy, segment.len))
		return false;
	if (!stack->flags->linux_habits)
		return true;
	bytes = packetdrill_habit_received(&stack->habit, &segment, probe);
	return bytes == 0 || give(stack, probe, bytes);
}

void
packetdrill_stack_output(struct packetdrill_stack *stack)
{
	stack->burst++;
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
	struct packetdrill_packet *packet = TAILQ_FIRST(&stack->sent);

	if (packet != NULL)
		TAILQ_REMOVE(&stack->sent, packet, link);
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

	packet = malloc(sizeof(*packet) + len + PACKETDRILL_SEGMENT_GROWTH);
	if (packet == NULL)
		abort();
	data = rte_pktmbuf_read(mbuf, sizeof(*ether), len, packet->data);
	if (data != packet->data)
		memcpy(packet->data, data, len);
	packet->len = len;
	packet->sent_us = stack->now_us;
	if (ether->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP)
		    ? answer_arp(stack, packet->data, len)
		    : answer_nd(stack, packet->data, len))
		free(packet);
	else
		queue(stack, packet);
}

static void
queue(struct packetdrill_stack *stack, struct packetdrill_packet *packet)
{
	const struct packetdrill_syn syn = {
		.freebsd = stack->flags->freebsd,
		.no_timestamps = !stack->flags->timestamps,
		.mss_max = stack->mss_max,
	};
	struct packetdrill_packet *last = TAILQ_LAST(&stack->sent, packetdrill_sent);
	struct packetdrill_segment segment, before;
	bool has_before = last != NULL && packetdrill_segment_parse(last->data, last->len, &before);

	TAILQ_INSERT_TAIL(&stack->sent, packet, link);
	if (!packetdrill_segment_parse(packet->data, packet->len, &segment))
		return;
	packetdrill_segment_rewrite_syn(&segment, &syn);
	packet->len = segment.len;
	packetdrill_habit_sent(&stack->habit, &segment, stack->burst, stack->flags->linux_habits,
			       has_before ? &before : NULL);
}

static bool
give(struct packetdrill_stack *stack, const void *data, size_t len)
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

static bool
answer_arp(struct packetdrill_stack *stack, const uint8_t *data, uint32_t len)
{
	struct ip_neighbour neighbour = {.mac = their_mac};
	struct wire_arp arp;

	if (wire_arp_parse(data, len, &arp) != WIRE_ARP_OK || arp.target_addr == arp.sender_addr)
		return true;
	neighbour.addr = tr_addr_ipv4(arp.target_addr);
	ip_neighbour_update(stack->ip, &neighbour, stack->now_us);
	return true;
}

/* What IPv6 says to its neighbours, and of no interest to a script. False: it is something else. */
static bool
answer_nd(struct packetdrill_stack *stack, const uint8_t *data, uint32_t len)
{
	const struct rte_ipv6_hdr *ip = (const struct rte_ipv6_hdr *)data;
	struct ip_neighbour neighbour = {.mac = their_mac};
	struct tr_addr src;
	struct wire_nd nd;

	/* Reports of groups have a header more. */
	if (len <= sizeof(*ip) || data[0] >> 4 != 6 || ip->proto == IPPROTO_HOPOPTS)
		return len > sizeof(*ip) && data[0] >> 4 == 6;
	if (ip->proto != IPPROTO_ICMPV6 || data[sizeof(*ip)] < WIRE_ICMP6_ROUTER_SOLICITATION)
		return false;
	memcpy(&src, ip->src_addr, sizeof(src));
	if (!wire_nd_parse(data + sizeof(*ip), len - sizeof(*ip), &nd) ||
	    nd.type != WIRE_ICMP6_NEIGHBOUR_SOLICITATION || tr_addr_is_none(&src))
		return true;
	neighbour.addr = nd.target;
	ip_neighbour_update(stack->ip, &neighbour, stack->now_us);
	return true;
}

static void
on_error(void *arg, const struct ip_error *error)
{
	struct packetdrill_stack *stack = arg;

	tcp_error(stack->tcp, error, stack->now_us);
}

/* Have the address, and be known to have it, before the script begins. */
static void
settle(struct packetdrill_stack *stack)
{
	uint64_t end_us = stack->now_us + SETTLE_US;

	while (packetdrill_stack_next_us(stack) <= end_us)
		packetdrill_stack_advance(stack, packetdrill_stack_next_us(stack));
	packetdrill_stack_advance(stack, end_us);
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

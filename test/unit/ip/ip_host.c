/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>

#include "test_eal.h"
#include "wire_arp.h"
#include "wire_checksum.h"
#include "wire_ether.h"
#include "wire_ipv4.h"

#define POOL_MBUFS 1023

const struct rte_ether_addr our_mac = {{0x02, 0, 0, 0, 0, 2}};
const struct rte_ether_addr peer_mac = {{0x02, 0, 0, 0, 0, 3}};
const struct rte_ether_addr other_mac = {{0x02, 0, 0, 0, 0, 9}};
const struct rte_ether_addr broadcast_mac = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static void
on_neighbour(void *arg, const struct ip_neighbour *neighbour)
{
	struct ip_host *host = arg;

	host->nb_events++;
	host->event = *neighbour;
}

static void
on_packet(void *arg, struct rte_mbuf *mbuf, const struct ip_packet *packet)
{
	struct ip_host *host = arg;

	rte_pktmbuf_free(host->delivered);
	host->delivered = mbuf;
	host->packet = *packet;
	host->nb_packets++;
}

static void
on_error(void *arg, const struct ip_error *error)
{
	struct ip_host *host = arg;

	host->nb_errors++;
	host->error = *error;
}

static bool
on_link(void *arg, const struct ip_link_news *news)
{
	struct ip_host *host = arg;

	host->nb_news++;
	host->news = *news;
	return !host->deaf;
}

static const struct ip_events events = {
	.neighbour = on_neighbour,
	.packet = on_packet,
	.error = on_error,
	.link = on_link,
};

int
ip_host_setup(void **state)
{
	struct ip_host *host = calloc(1, sizeof(*host));

	test_eal_init();
	assert_non_null(host);
	host->rx_pool = rte_pktmbuf_pool_create("test_rx", POOL_MBUFS, 0, 0,
						RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(host->rx_pool);
	host->config = (struct ip_config){
		.mac = our_mac,
		.ipv4 = {.addr = tr_addr_ipv4(OURS),
			 .prefix_len = 24,
			 .gateway = tr_addr_ipv4(GATEWAY)},
		.mtu = 1500,
		.neighbours_max = 4,
		.mbufs = rte_pktmbuf_pool_create("test_tx", POOL_MBUFS, 0, 32,
						 RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY),
		.socket = SOCKET_ID_ANY,
		.events = &events,
		.events_arg = host,
	};
	assert_non_null(host->config.mbufs);
	host->now_us = 5 * SECOND;
	ip_host_create(host);
	*state = host;
	return 0;
}

int
ip_host_teardown(void **state)
{
	struct ip_host *host = *state;
	int rc;

	ip_destroy(host->ip);
	rte_pktmbuf_free(host->delivered);
	rc = test_pools_full(state);
	rte_mempool_free(host->rx_pool);
	rte_mempool_free(host->config.mbufs);
	free(host);
	return rc;
}

void
ip_host_create(struct ip_host *host)
{
	ip_destroy(host->ip);
	host->ip = ip_create(&host->config);
	assert_non_null(host->ip);
}

struct rte_mbuf *
ip_host_mbuf(struct ip_host *host, const void *data, uint32_t len)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(host->rx_pool);

	assert_non_null(mbuf);
	memcpy(rte_pktmbuf_append(mbuf, len), data, len);
	return mbuf;
}

struct rte_mbuf *
ip_host_segments(struct ip_host *host, const void *data, uint32_t len, uint32_t segment_bytes)
{
	struct rte_mbuf *mbuf = ip_host_mbuf(host, data, RTE_MIN(len, segment_bytes));
	uint32_t i;

	for (i = segment_bytes; i < len; i += segment_bytes) {
		const char *from = (const char *)data + i;
		uint32_t bytes = RTE_MIN(len - i, segment_bytes);

		assert_int_equal(rte_pktmbuf_chain(mbuf, ip_host_mbuf(host, from, bytes)), 0);
	}
	return mbuf;
}

enum ip_verdict
ip_host_receive(struct ip_host *host, const void *frame, uint32_t len)
{
	return ip_host_receive_mbuf(host, ip_host_mbuf(host, frame, len));
}

enum ip_verdict
ip_host_receive_mbuf(struct ip_host *host, struct rte_mbuf *mbuf)
{
	enum ip_verdict verdict;

	rte_pktmbuf_free(host->delivered);
	host->delivered = NULL;
	verdict = eth_input(host->ip, mbuf, host->now_us, &host->packet);
	if (verdict == IP_DELIVER)
		host->delivered = mbuf;
	return verdict;
}

bool
ip_host_sent(struct ip_host *host)
{
	struct ip_txq *txq = ip_txq(host->ip);
	const void *data;

	if (txq->nb == 0)
		return false;
	host->sent_bytes = txq->frames[0]->pkt_len;
	assert_in_range(host->sent_bytes, WIRE_ETHER_HEADER_BYTES, FRAME_MAX);
	data = rte_pktmbuf_read(txq->frames[0], 0, host->sent_bytes, host->sent);
	assert_non_null(data);
	if (data != host->sent)
		memcpy(host->sent, data, host->sent_bytes);
	rte_pktmbuf_free(txq->frames[0]);
	txq->nb--;
	memmove(txq->frames, txq->frames + 1, txq->nb * sizeof(txq->frames[0]));
	return true;
}

void
ip_host_send(struct ip_host *host, rte_be32_t dst, uint8_t first, uint32_t bytes)
{
	uint8_t data[FRAME_MAX] = {first};

	ip_output(host->ip, ip_host_mbuf(host, data, bytes), tr_addr_ipv4(OURS), tr_addr_ipv4(dst),
		  IPPROTO_TCP, host->now_us);
}

void
ip_host_know(struct ip_host *host, rte_be32_t addr, const struct rte_ether_addr *mac)
{
	const struct ip_neighbour neighbour = {.addr = tr_addr_ipv4(addr), .mac = *mac};

	ip_neighbour_update(host->ip, &neighbour, host->now_us);
}

void
ip_host_sleep(struct ip_host *host, uint64_t us)
{
	uint64_t end_us = host->now_us + us;

	while (ip_next_timer_us(host->ip) <= end_us) {
		host->now_us = RTE_MAX(host->now_us, ip_next_timer_us(host->ip));
		ip_tick(host->ip, host->now_us);
	}
	host->now_us = end_us;
}

uint32_t
frame_arp(uint8_t *frame, const struct rte_ether_addr *dst, uint16_t operation,
	  const struct rte_ether_addr *sender_mac, rte_be32_t sender, rte_be32_t target)
{
	const struct wire_ether ether = {
		.dst = *dst,
		.src = *sender_mac,
		.type = RTE_ETHER_TYPE_ARP,
	};
	const struct wire_arp arp = {
		.operation = operation,
		.sender_mac = *sender_mac,
		.sender_addr = sender,
		.target_addr = target,
	};

	wire_ether_write(frame, &ether);
	wire_arp_write(frame + WIRE_ETHER_HEADER_BYTES, &arp);
	return WIRE_ETHER_HEADER_BYTES + WIRE_ARP_BYTES;
}

uint32_t
frame_ipv4(uint8_t *frame, rte_be32_t src, rte_be32_t dst, uint8_t protocol, uint32_t payload_bytes)
{
	const struct wire_ether ether = {
		.dst = our_mac,
		.src = peer_mac,
		.type = RTE_ETHER_TYPE_IPV4,
	};
	const struct wire_ipv4 ipv4 = {
		.src = src,
		.dst = dst,
		.total_bytes = WIRE_IPV4_HEADER_BYTES + payload_bytes,
		.protocol = protocol,
		.ttl = 64,
		.dscp_ecn = 2,
	};
	uint32_t i;

	wire_ether_write(frame, &ether);
	wire_ipv4_write(frame + WIRE_ETHER_HEADER_BYTES, &ipv4);
	frame += WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES;
	for (i = 0; i < payload_bytes; i++)
		frame[i] = i * 7 + i / 251;
	return WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES + payload_bytes;
}

uint32_t
frame_echo(uint8_t *frame, rte_be32_t src, uint32_t data_bytes)
{
	uint32_t bytes = frame_ipv4(frame, src, OURS, IPPROTO_ICMP, 8 + data_bytes);
	uint8_t *icmp = frame + WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES;
	uint16_t sum;

	memcpy(icmp, "\x08\x00\x00\x00\x12\x34\x00\x01", 8);
	sum = ~wire_checksum_sum(icmp, 8 + data_bytes);
	memcpy(icmp + 2, &sum, sizeof(sum));
	return bytes;
}

void
frame_fix_ipv4(uint8_t *frame)
{
	uint8_t *ipv4 = frame + WIRE_ETHER_HEADER_BYTES;
	uint16_t sum;

	memset(ipv4 + WIRE_IPV4_CHECKSUM_OFFSET, 0, sizeof(sum));
	sum = ~wire_checksum_sum(ipv4, (ipv4[0] & 0xf) * 4);
	memcpy(ipv4 + WIRE_IPV4_CHECKSUM_OFFSET, &sum, sizeof(sum));
}

uint64_t
ip_host_drops(const struct ip_host *host)
{
	const struct ip_stats *stats = ip_stats(host->ip);
	uint64_t drops = 0;

#define ADD(name, help) drops += strncmp(#name, "drop_", 5) == 0 ? stats->name : 0;
	IP_STATS(ADD)
#undef ADD
	return drops;
}

void
assert_sent_arp(const struct ip_host *host, const struct rte_ether_addr *dst, uint16_t operation,
		rte_be32_t target)
{
	struct wire_ether ether;
	struct wire_arp arp;

	assert_int_equal(host->sent_bytes, WIRE_ETHER_HEADER_BYTES + WIRE_ARP_BYTES);
	assert_true(wire_ether_parse(host->sent, host->sent_bytes, &ether));
	assert_int_equal(ether.type, RTE_ETHER_TYPE_ARP);
	assert_true(rte_is_same_ether_addr(&ether.dst, dst));
	assert_true(rte_is_same_ether_addr(&ether.src, &our_mac));
	assert_int_equal(wire_arp_parse(host->sent + WIRE_ETHER_HEADER_BYTES, WIRE_ARP_BYTES, &arp),
			 WIRE_ARP_OK);
	assert_int_equal(arp.operation, operation);
	assert_true(rte_is_same_ether_addr(&arp.sender_mac, &our_mac));
	assert_int_equal(arp.sender_addr, OURS);
	assert_int_equal(arp.target_addr, target);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ip_host.h"
#include "ip_internal.h"
#include "wire_checksum.h"
#include "test_eal.h"

#include <netinet/in.h>

#define SEGMENT_MAX 1480

/* A segment of other bytes each time, whose checksum is zero, as from a device or sent before. */
static struct rte_mbuf *
segment(struct ip_host *host, uint32_t bytes, uint32_t seed)
{
	uint8_t data[SEGMENT_MAX + 1];
	struct rte_mbuf *mbuf;
	uint32_t i;

	for (i = 0; i < bytes; i++)
		data[i] = (seed * 31 + i * 7) >> (i % 3);
	data[16] = data[17] = 0;
	mbuf = ip_host_mbuf(host, data, bytes);
	mbuf->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD |
			  RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
	return mbuf;
}

/* A way, and whose it is. */
struct way {
	struct ip_ends ends;
	struct ip_path path;
};

static void
send_path(struct ip_host *host, struct way *way, struct rte_mbuf *mbuf)
{
	ip_path_output(host->ip, &way->path, &way->ends, mbuf, 20, host->now_us);
}

static void
send_long_way(struct ip_host *host, rte_be32_t dst, uint8_t ecn, struct rte_mbuf *mbuf)
{
	const struct tr_addr src_addr = tr_addr_ipv4(OURS), dst_addr = tr_addr_ipv4(dst);
	struct wire_ipv4 ipv4 = ip_header(host->ip, &src_addr, &dst_addr, IPPROTO_TCP);

	ip_tcp_checksum(host->ip, mbuf, 20, src_addr, dst_addr);
	ipv4.dscp_ecn |= ecn;
	ip_output_ipv4(host->ip, mbuf, &ipv4, host->now_us);
}

static struct way
way_to(const struct ip_host *host, rte_be32_t dst)
{
	struct way way = {.ends = {.remote = tr_addr_ipv4(dst), .local = tr_addr_ipv4(OURS)}};

	ip_path_init(host->ip, &way.path, &way.ends, 0);
	return way;
}

/* Byte for byte and flag for flag, whatever the device computes, near and far. */
static void
test_same_as_the_long_way(void **state)
{
	struct ip_host *host = *state;
	struct ip_host twin;
	unsigned int set;
	uint32_t bytes;

	for (set = 0; set < 8; set++) {
		struct way way = way_to(host, set & 4 ? FAR : PEER);
		struct rte_mbuf *mbuf, *other;

		host->config.tx_ipv4_checksum = set & 1;
		host->config.tx_tcp_checksum = set & 2;
		ip_host_create(host);
		twin = *host;
		twin.ip = ip_create(&host->config);
		assert_non_null(twin.ip);
		ip_host_know(host, set & 4 ? GATEWAY : PEER, &peer_mac);
		ip_host_know(&twin, set & 4 ? GATEWAY : PEER, &peer_mac);
		for (bytes = 20; bytes <= SEGMENT_MAX; bytes++) {
			mbuf = segment(host, bytes, bytes);
			other = segment(host, bytes, bytes);
			/* One after another for a while, then each time another. */
			ip_path_set_ecn(&way.path, bytes < 1000 ? bytes / 100 % 4 : bytes % 4);
			send_path(host, &way, mbuf);
			send_long_way(&twin, set & 4 ? FAR : PEER, way.path.dscp_ecn, other);
			assert_int_not_equal(way.path.generation, 0);
			assert_int_equal(mbuf->ol_flags, other->ol_flags);
			assert_int_equal(mbuf->tx_offload, other->tx_offload);
			assert_true(ip_host_sent(host));
			assert_true(ip_host_sent(&twin));
			assert_int_equal(host->sent_bytes, 34 + bytes);
			assert_int_equal(twin.sent_bytes, 34 + bytes);
			assert_memory_equal(host->sent, twin.sent, 34 + bytes);
			assert_int_equal(host->sent[15], way.path.dscp_ecn);
		}
		assert_int_equal(ip_stats(host->ip)->ip_tx, ip_stats(twin.ip)->ip_tx);
		ip_destroy(twin.ip);
	}
}

static void
test_follows_the_neighbour(void **state)
{
	struct ip_host *host = *state;
	struct way way = way_to(host, PEER);

	ip_host_know(host, PEER, &peer_mac);
	send_path(host, &way, segment(host, 40, 1));
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &peer_mac, 6);
	ip_host_know(host, PEER, &other_mac);
	send_path(host, &way, segment(host, 40, 1));
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &other_mac, 6);
}

/* As with any other packet, one in use is asked after a minute, and gone if it does not answer. */
static void
test_neighbour_in_use_is_asked(void **state)
{
	struct ip_host *host = *state;
	struct way way = way_to(host, PEER);
	unsigned int asked = 0, sent = 0, i;

	ip_host_know(host, PEER, &peer_mac);
	for (i = 0; i < 70 * 10; i++) {
		send_path(host, &way, segment(host, 40, 1));
		ip_host_sleep(host, SECOND / 10);
		while (ip_host_sent(host)) {
			if (host->sent[12] == 0x08 && host->sent[13] == 0x06)
				asked++;
			else
				sent++;
		}
	}
	/* From the minute on: where it was, three times; then everybody, and nothing is sent. */
	assert_in_range(asked, 4, 11);
	assert_in_range(sent, 62 * 10, 64 * 10);
	assert_true(ip_stats(host->ip)->drop_neighbour_queue > 0);
	/* It is back: what waits and what comes are sent. */
	ip_host_know(host, PEER, &other_mac);
	send_path(host, &way, segment(host, 40, 1));
	for (sent = 0; ip_host_sent(host); sent++)
		assert_memory_equal(host->sent, &other_mac, 6);
	assert_true(sent > 1);
}

static void
test_not_in_use_is_forgotten(void **state)
{
	struct ip_host *host = *state;
	struct way way = way_to(host, PEER);

	ip_host_know(host, PEER, &peer_mac);
	ip_host_sleep(host, 61 * SECOND);
	send_path(host, &way, segment(host, 40, 1));
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &broadcast_mac, 1, PEER);
	assert_false(ip_host_sent(host));
	assert_int_equal(way.path.generation, 0);
}

static void
test_drops_are_counted_as_ever(void **state)
{
	struct ip_host *host = *state;
	struct way way = way_to(host, PEER), nowhere = way_to(host, RTE_BE32(0x7f000001));
	struct rte_mbuf *mbuf;
	unsigned int i;

	ip_host_know(host, PEER, &peer_mac);
	for (i = 0; i < 2; i++) {
		send_path(host, &way, segment(host, SEGMENT_MAX, 1));
		assert_true(ip_host_sent(host));
		send_path(host, &way, segment(host, SEGMENT_MAX + 1, 1));
		assert_false(ip_host_sent(host));
		send_path(host, &nowhere, segment(host, 40, 1));
		assert_false(ip_host_sent(host));
		mbuf = segment(host, 40, 1);
		memset(rte_pktmbuf_prepend(mbuf, RTE_PKTMBUF_HEADROOM - 33), 0, 95);
		send_path(host, &way, mbuf);
		assert_false(ip_host_sent(host));
	}
	assert_int_equal(ip_stats(host->ip)->drop_ip_too_big, 2);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 2);
	assert_int_equal(ip_stats(host->ip)->drop_no_mbuf, 2);
	for (i = 0; i < IP_TXQ_SIZE + 3; i++)
		send_path(host, &way, segment(host, 40, 1));
	assert_int_equal(ip_txq(host->ip)->nb, IP_TXQ_SIZE);
	assert_int_equal(ip_stats(host->ip)->drop_tx_queue, 3);
	assert_int_equal(ip_host_drops(host), 9);
}

/* Of a segment that the port cuts: what it needs to know, and sums that it completes. */
static void
test_port_cuts_large(void **state)
{
	const uint64_t flags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM |
			       RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4;
	struct ip_host *host = *state;
	struct way way = way_to(host, PEER);
	struct rte_mbuf *mbuf, *more;
	uint16_t sum;
	unsigned int i;

	ip_host_know(host, PEER, &peer_mac);
	for (i = 0; i < 2; i++) {
		mbuf = segment(host, SEGMENT_MAX, 1);
		more = segment(host, SEGMENT_MAX, 2);
		assert_int_equal(rte_pktmbuf_chain(mbuf, more), 0);
		/* Each with its headers is to fit the MTU. */
		ip_path_output_large(host->ip, &way.path, &way.ends, mbuf, 20, i == 0 ? 1460 : 1461,
				     host->now_us);
		if (i > 0)
			break;
		assert_int_equal(ip_txq(host->ip)->nb, 1);
		mbuf = ip_txq(host->ip)->frames[0];
		assert_int_equal(mbuf->ol_flags & flags, flags);
		assert_int_equal(mbuf->tso_segsz, 1460);
		assert_int_equal(mbuf->l2_len, 14);
		assert_int_equal(mbuf->l3_len, 20);
		assert_int_equal(mbuf->l4_len, 20);
		/* Without the length. */
		sum = wire_checksum_pseudo(OURS, PEER, IPPROTO_TCP, 0);
		assert_memory_equal(rte_pktmbuf_mtod_offset(mbuf, char *, 14 + 20 + 16), &sum, 2);
		assert_int_equal(mbuf->pkt_len, 34 + 2 * SEGMENT_MAX);
		rte_pktmbuf_free(mbuf);
		ip_txq(host->ip)->nb = 0;
	}
	assert_int_equal(ip_stats(host->ip)->drop_ip_too_big, 1);
	assert_int_equal(ip_host_drops(host), 1);
	/* The next is sent by the way that this one found. */
	send_path(host, &way, segment(host, 40, 1));
	assert_true(ip_host_sent(host));
	assert_int_not_equal(way.path.generation, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_as_the_long_way, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_follows_the_neighbour, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_neighbour_in_use_is_asked, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_not_in_use_is_forgotten, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_drops_are_counted_as_ever, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_port_cuts_large, ip_host_setup,
						ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

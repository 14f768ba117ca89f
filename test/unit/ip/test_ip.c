/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip_host.h"
#include "test_eal.h"
#include "wire_ipv4.h"

#include <errno.h>
#include <netinet/in.h>
#include <rte_errno.h>

static void
test_config(void **state)
{
	static const struct {
		uint32_t addr;
		uint8_t prefix_len;
		uint32_t gateway;
		uint16_t mtu;
		int error;
	} cases[] = {
		{0x0a4d0002, 24, 0, 1500, 0},
		{0x0a4d0002, 24, 0x0a4d0001, 68, 0},
		{0x0a4d0002, 31, 0x0a4d0003, 1500, 0},
		{0x0a4d0002, 32, 0, 1500, 0},
		{0x0a4d0002, 1, 0x7e000001, 1500, 0},
		{0x0a4d0002, 0, 0, 1500, EINVAL},
		{0x0a4d0002, 33, 0, 1500, EINVAL},
		{0x0a4d0002, 24, 0x0a4d0101, 1500, EINVAL},
		{0x0a4d0002, 24, 0x0a4d0002, 1500, EINVAL},
		{0x0a4d0002, 24, 0x0a4d00ff, 1500, EINVAL},
		{0x0a4d0002, 24, 0, 67, EINVAL},
		{0x00000000, 24, 0, 1500, EINVAL},
		{0x0a4d0000, 24, 0, 1500, EINVAL},
		{0x0a4d00ff, 24, 0, 1500, EINVAL},
		{0x7f000001, 8, 0, 1500, EINVAL},
		{0xe0000001, 24, 0, 1500, EINVAL},
		{0xffffffff, 24, 0, 1500, EINVAL},
	};
	struct ip_host *host = *state;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		struct ip_config config = host->config;
		struct ip *ip;

		config.ipv4.addr = tr_addr_ipv4(rte_cpu_to_be_32(cases[i].addr));
		config.ipv4.prefix_len = cases[i].prefix_len;
		config.ipv4.gateway = tr_addr_ipv4(rte_cpu_to_be_32(cases[i].gateway));
		config.mtu = cases[i].mtu;
		rte_errno = 0;
		ip = ip_create(&config);
		assert_int_equal(ip == NULL, cases[i].error != 0);
		assert_int_equal(rte_errno, cases[i].error);
		ip_destroy(ip);
	}
	assert_true(ip_addr_is_ours(host->ip, tr_addr_ipv4(OURS)));
	assert_false(ip_addr_is_ours(host->ip, tr_addr_ipv4(PEER)));
	assert_true(ip_addr_is_ours(host->ip, ip_source(host->ip, tr_addr_ipv4(PEER))));
	assert_int_equal(ip_mtu(host->ip), 1500);
}

static void
test_header(void **state)
{
	struct ip_host *host = *state;
	struct wire_ipv4 ipv4;

	ip_host_know(host, PEER, &peer_mac);
	ip_host_send(host, PEER, 0x77, 41);
	assert_true(ip_host_sent(host));
	assert_int_equal(host->sent_bytes, 14 + 20 + 41);
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_memory_equal(host->sent + 6, &our_mac, 6);
	assert_int_equal(wire_ipv4_parse(host->sent + 14, 61, 61, 1, &ipv4), WIRE_IPV4_OK);
	assert_int_equal(ipv4.src, OURS);
	assert_int_equal(ipv4.dst, PEER);
	assert_int_equal(ipv4.header_bytes, 20);
	assert_int_equal(ipv4.total_bytes, 61);
	assert_int_equal(ipv4.ttl, 64);
	assert_int_equal(ipv4.protocol, IPPROTO_TCP);
	assert_int_equal(ipv4.dont_fragment, 1);
	assert_int_equal(host->sent[34], 0x77);
	assert_int_equal(ipv4.id, 0);
	ip_host_send(host, PEER, 0x77, 41);
	assert_true(ip_host_sent(host));
	assert_int_equal(wire_ipv4_parse(host->sent + 14, 61, 61, 1, &ipv4), WIRE_IPV4_OK);
	assert_int_equal(ipv4.id, 0);
	assert_int_equal(ip_stats(host->ip)->ip_tx, 2);
	ip_stats_clear(host->ip);
	assert_int_equal(ip_stats(host->ip)->ip_tx, 0);
}

static void
test_route(void **state)
{
	static const uint32_t unreachable[] = {
		0x0a4d0002, 0x0a4d00ff, 0x0a4d0000, 0, 0x7f000001, 0xe0000001, 0xffffffff,
	};
	struct ip_host *host = *state;
	size_t i;

	ip_host_know(host, GATEWAY, &other_mac);
	ip_host_send(host, FAR, 1, 40);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &other_mac, 6);
	for (i = 0; i < RTE_DIM(unreachable); i++)
		ip_host_send(host, rte_cpu_to_be_32(unreachable[i]), 1, 40);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, RTE_DIM(unreachable));

	host->config.ipv4.gateway = tr_addr_ipv4(0);
	ip_host_create(host);
	ip_host_send(host, FAR, 1, 40);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 1);
	assert_int_equal(ip_host_drops(host), 1);
	assert_false(ip_host_sent(host));
}

static void
test_too_big(void **state)
{
	struct ip_host *host = *state;

	ip_host_know(host, PEER, &peer_mac);
	ip_host_send(host, PEER, 1, 1480);
	assert_true(ip_host_sent(host));
	ip_host_send(host, PEER, 1, 1481);
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_ip_too_big, 1);
	assert_int_equal(ip_host_drops(host), 1);
}

static void
test_no_headroom(void **state)
{
	struct ip_host *host = *state;
	uint8_t data[100] = {0};
	struct rte_mbuf *mbuf = ip_host_mbuf(host, data, sizeof(data));

	ip_host_know(host, PEER, &peer_mac);
	rte_pktmbuf_prepend(mbuf, RTE_PKTMBUF_HEADROOM - 33);
	ip_output(host->ip, mbuf, tr_addr_ipv4(OURS), tr_addr_ipv4(PEER), IPPROTO_TCP,
		  host->now_us);
	assert_int_equal(ip_stats(host->ip)->drop_no_mbuf, 1);
	mbuf = ip_host_mbuf(host, data, sizeof(data));
	rte_pktmbuf_prepend(mbuf, RTE_PKTMBUF_HEADROOM - 34);
	ip_output(host->ip, mbuf, tr_addr_ipv4(OURS), tr_addr_ipv4(PEER), IPPROTO_TCP,
		  host->now_us);
	assert_true(ip_host_sent(host));
}

/* What is left to the device is marked for it, and nothing else is, whatever was before. */
static void
test_offload_flags(void **state)
{
	const uint64_t stale = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD |
			       RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV4 |
			       RTE_MBUF_F_TX_TCP_CKSUM;
	struct ip_host *host = *state;
	unsigned int set;

	for (set = 0; set < 4; set++) {
		uint8_t data[40] = {0};
		struct rte_mbuf *mbuf = ip_host_mbuf(host, data, sizeof(data));
		uint64_t want = 0;

		host->config.tx_ipv4_checksum = set & 1;
		host->config.tx_tcp_checksum = set & 2;
		ip_host_create(host);
		ip_host_know(host, PEER, &peer_mac);
		if (set != 0)
			want |= RTE_MBUF_F_TX_IPV4;
		if (set & 1)
			want |= RTE_MBUF_F_TX_IP_CKSUM;
		if (set & 2)
			want |= RTE_MBUF_F_TX_TCP_CKSUM;
		mbuf->ol_flags |= stale;
		ip_tcp_checksum(host->ip, mbuf, 20, tr_addr_ipv4(OURS), tr_addr_ipv4(PEER));
		ip_output(host->ip, mbuf, tr_addr_ipv4(OURS), tr_addr_ipv4(PEER), IPPROTO_TCP,
			  host->now_us);
		assert_int_equal(ip_txq(host->ip)->nb, 1);
		assert_int_equal(mbuf->ol_flags, want);
		assert_int_equal(mbuf->l2_len, 14);
		assert_int_equal(mbuf->l3_len, 20);
		assert_int_equal(mbuf->l4_len, 20);
		assert_true(ip_host_sent(host));
		assert_int_equal((host->sent[24] | host->sent[25]) == 0, set & 1);
	}
}

static void
test_addr_is_peer(void **state)
{
	struct ip_host *host = *state;

	assert_true(ip_addr_is_peer(host->ip, tr_addr_ipv4(PEER)));
	assert_true(ip_addr_is_peer(host->ip, tr_addr_ipv4(FAR)));
	assert_false(ip_addr_is_peer(host->ip, tr_addr_ipv4(OURS)));
	assert_false(ip_addr_is_peer(host->ip, tr_addr_ipv4(RTE_BE32(0x0a4d00ff))));
	/* RFC 3021: both addresses of a /31 are hosts. */
	host->config.ipv4.prefix_len = 31;
	host->config.ipv4.gateway = tr_addr_ipv4(0);
	ip_host_create(host);
	assert_true(ip_addr_is_peer(host->ip, tr_addr_ipv4(PEER)));
	/* Outside our prefix a last byte of 255 says nothing. */
	assert_true(ip_addr_is_peer(host->ip, tr_addr_ipv4(RTE_BE32(0x0a4d00ff))));
}

/* What waits, for a neighbour and for the device, is freed with the host: see the teardown. */
static void
test_destroy_frees(void **state)
{
	struct ip_host *host = *state;

	ip_host_send(host, PEER, 1, 40);
	ip_host_send(host, PEER, 2, 40);
	ip_host_know(host, GATEWAY, &other_mac);
	ip_host_send(host, FAR, 3, 40);
	assert_int_equal(ip_txq(host->ip)->nb, 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_config, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_header, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_route, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_too_big, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_no_headroom, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_offload_flags, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_addr_is_peer, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_destroy_frees, ip_host_setup,
						ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

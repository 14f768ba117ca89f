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

#include <netinet/in.h>

static void
test_short(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t len;

	frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 40);
	for (len = 0; len < 14; len++)
		assert_int_equal(ip_host_receive(host, frame, len), IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_eth_short, 14);
	assert_int_equal(ip_stats(host->ip)->eth_rx, 14);
	assert_int_equal(ip_host_drops(host), 14);
	assert_int_equal(ip_stats(host->ip)->ip_rx, 0);
}

static void
test_address(void **state)
{
	static const struct rte_ether_addr strangers[] = {
		{{0x02, 0, 0, 0, 0, 7}}, /* another host */
		{{0x01, 0, 0x5e, 0, 0, 1}}, /* all hosts multicast */
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}},
		{{0, 0, 0, 0, 0, 0}},
	};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 40);
	size_t i;

	assert_int_equal(ip_host_receive(host, frame, bytes), IP_DELIVER);
	for (i = 0; i < RTE_DIM(strangers); i++) {
		memcpy(frame, &strangers[i], sizeof(strangers[i]));
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	}
	assert_int_equal(ip_stats(host->ip)->drop_eth_address, RTE_DIM(strangers));
	assert_int_equal(ip_host_drops(host), RTE_DIM(strangers));
}

static void
test_type(void **state)
{
	static const uint16_t types[] = {
		0,	46, 0x0801, RTE_ETHER_TYPE_IPV6, RTE_ETHER_TYPE_VLAN, RTE_ETHER_TYPE_QINQ,
		0xffff,
	};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 40);
	size_t i;

	for (i = 0; i < RTE_DIM(types); i++) {
		frame[12] = types[i] >> 8;
		frame[13] = types[i] & 0xff;
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	}
	assert_int_equal(ip_stats(host->ip)->drop_eth_type, RTE_DIM(types));
	assert_int_equal(ip_host_drops(host), RTE_DIM(types));
}

/* A virtual port does not pad. */
static void
test_unpadded(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 0);

	assert_int_equal(bytes, 34);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_DELIVER);
	assert_int_equal(host->packet.bytes, 0);
}

/* However the device cuts a frame: the packet is the same, and its headers are contiguous. */
static void
test_segments(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX], whole[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 300);
	uint32_t segment;

	for (segment = 1; segment <= bytes + 20; segment++) {
		const void *data;

		/* Padding, too, which may fill segments of its own. */
		memset(frame + bytes, 0xee, 20);
		assert_int_equal(ip_host_receive_mbuf(
					 host, ip_host_segments(host, frame, bytes + 20, segment)),
				 IP_DELIVER);
		rte_mbuf_sanity_check(host->delivered, 1);
		assert_int_equal(host->packet.bytes, 300);
		assert_int_equal(host->delivered->pkt_len, 300);
		assert_in_range(host->delivered->data_len, 60, 300);
		data = rte_pktmbuf_read(host->delivered, 0, 300, whole);
		assert_memory_equal(data, frame + 34, 300);
	}
}

/* Its headers are in pieces, and the first piece is not ours to write to. */
static void
test_segments_shared(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 300);
	struct rte_mbuf *mbuf = ip_host_segments(host, frame, bytes, 20);

	rte_mbuf_refcnt_update(mbuf, 1);
	assert_int_equal(ip_host_receive_mbuf(host, mbuf), IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_no_mbuf, 1);
	assert_int_equal(ip_host_drops(host), 1);
	rte_pktmbuf_free(mbuf);
}

static void
test_tx_queue_full(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	ip_host_know(host, PEER, &peer_mac);
	for (i = 0; i < IP_TXQ_SIZE + 3; i++) {
		ip_host_send(host, PEER, i, 40);
	}
	assert_int_equal(ip_txq(host->ip)->nb, IP_TXQ_SIZE);
	assert_int_equal(ip_stats(host->ip)->ip_tx, IP_TXQ_SIZE);
	assert_int_equal(ip_stats(host->ip)->drop_tx_queue, 3);
	assert_int_equal(ip_host_drops(host), 3);
	for (i = 0; ip_host_sent(host); i++)
		assert_int_equal(host->sent[34], i & 0xff);
	assert_int_equal(i, IP_TXQ_SIZE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_short, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_address, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_type, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_unpadded, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_segments, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_segments_shared, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_tx_queue_full, ip_host_setup,
						ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

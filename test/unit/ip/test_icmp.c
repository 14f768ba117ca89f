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
#include "wire_checksum.h"
#include "wire_icmp.h"
#include "wire_ipv4.h"

#include <netinet/in.h>

#define ICMP (14 + 20)

static void
check_reply(const struct ip_host *host, const uint8_t *request, uint32_t bytes, rte_be32_t dst)
{
	struct wire_ipv4 ipv4;

	assert_int_equal(host->sent_bytes, bytes);
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_memory_equal(host->sent + 6, &our_mac, 6);
	assert_int_equal(wire_ipv4_parse(host->sent + 14, bytes - 14, bytes - 14, 1, &ipv4),
			 WIRE_IPV4_OK);
	assert_int_equal(ipv4.src, OURS);
	assert_int_equal(ipv4.dst, dst);
	assert_int_equal(ipv4.protocol, IPPROTO_ICMP);
	assert_int_equal(ipv4.total_bytes, bytes - 14);
	assert_int_equal(host->sent[ICMP], WIRE_ICMP_ECHO_REPLY);
	assert_int_equal(wire_checksum_sum(host->sent + ICMP, bytes - ICMP), 0xffff);
	assert_memory_equal(host->sent + ICMP + 4, request + ICMP + 4, bytes - ICMP - 4);
}

/* Shows: 1122-echo. */
static void
test_echo_every_size(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t data;

	ip_host_know(host, PEER, &peer_mac);
	for (data = 0; data <= 1500 - 28; data += data < 64 ? 1 : 64) {
		uint32_t bytes = frame_echo(frame, PEER, data);

		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
		assert_true(ip_host_sent(host));
		check_reply(host, frame, bytes, PEER);
	}
	assert_int_equal(ip_host_drops(host), 0);
}

/*
 * What would have to be sent in fragments is truncated; and from a copy, where somebody else holds
 * the request. Shows: 1122-echo-large.
 */
static void
test_echo_mtu(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, PEER, 1500 - 28);
	struct rte_mbuf *mbuf = NULL;
	unsigned int shared;

	ip_host_know(host, PEER, &peer_mac);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	assert_true(ip_host_sent(host));
	check_reply(host, frame, 1514, PEER);
	bytes = frame_echo(frame, PEER, 1500 - 27);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	assert_true(ip_host_sent(host));
	check_reply(host, frame, 1514, PEER);
	bytes = frame_echo(frame, PEER, FRAME_MAX - ICMP - 8);
	for (shared = 0; shared < 2; shared++) {
		mbuf = ip_host_segments(host, frame, bytes, 501);
		rte_mbuf_refcnt_update(mbuf, shared);
		assert_int_equal(ip_host_receive_mbuf(host, mbuf), IP_TAKEN);
		assert_true(ip_host_sent(host));
		check_reply(host, frame, 1514, PEER);
	}
	rte_pktmbuf_free(mbuf);
	assert_int_equal(ip_host_drops(host), 0);
}

/*
 * A frame that came in segments of any size, odd ones too, goes out as the right reply, in one mbuf
 * where the port sends no others.
 */
static void
test_echo_segments(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, PEER, 501);
	uint32_t segment;
	bool chains;

	for (segment = 1; segment <= 2 * bytes; segment++) {
		struct rte_mbuf *mbuf = ip_host_segments(host, frame, bytes, (segment + 1) / 2);

		chains = segment % 2 == 0;
		host->config.tx_segments = chains;
		ip_host_create(host);
		ip_host_know(host, PEER, &peer_mac);
		assert_int_equal(ip_host_receive_mbuf(host, mbuf), IP_TAKEN);
		assert_int_equal(ip_txq(host->ip)->nb, 1);
		if (!chains || segment < bytes)
			assert_int_equal(ip_txq(host->ip)->frames[0]->nb_segs > 1, chains);
		assert_true(ip_host_sent(host));
		check_reply(host, frame, bytes, PEER);
	}
}

/* What does not fit in one mbuf is not answered where it had to. */
static void
test_echo_no_room(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, PEER, 501);
	struct rte_mbuf *mbuf = ip_host_segments(host, frame, bytes, 300);

	ip_host_know(host, PEER, &peer_mac);
	mbuf->buf_len = RTE_PKTMBUF_HEADROOM + 400;
	assert_int_equal(ip_host_receive_mbuf(host, mbuf), IP_TAKEN);
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_no_mbuf, 1);
	assert_int_equal(ip_host_drops(host), 1);
	mbuf->buf_len = RTE_MBUF_DEFAULT_BUF_SIZE;
}

static void
test_echo_padding_is_not_data(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, PEER, 3);

	ip_host_know(host, PEER, &peer_mac);
	memset(frame + bytes, 0xee, 60 - bytes);
	assert_int_equal(ip_host_receive(host, frame, 60), IP_TAKEN);
	assert_true(ip_host_sent(host));
	check_reply(host, frame, bytes, PEER);
}

/* Through the gateway, whose address is asked for first. */
static void
test_echo_from_afar(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, FAR, 56);

	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &broadcast_mac, 1, GATEWAY);
	ip_host_know(host, GATEWAY, &peer_mac);
	assert_true(ip_host_sent(host));
	check_reply(host, frame, bytes, FAR);
}

/* Whoever else holds the request must not see the reply. */
static void
test_echo_of_a_shared_mbuf(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, PEER, 56);
	struct rte_mbuf *mbuf = ip_host_mbuf(host, frame, bytes);

	ip_host_know(host, PEER, &peer_mac);
	rte_mbuf_refcnt_update(mbuf, 1);
	assert_int_equal(ip_host_receive_mbuf(host, mbuf), IP_TAKEN);
	assert_true(ip_host_sent(host));
	check_reply(host, frame, bytes, PEER);
	assert_memory_equal((char *)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM, frame, bytes);
	rte_pktmbuf_free(mbuf);
}

static void
test_malformed(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, PEER, 56);
	uint32_t i;

	ip_host_know(host, PEER, &peer_mac);
	for (i = ICMP; i < bytes; i++) {
		frame[i] ^= 0x40;
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
		frame[i] ^= 0x40;
	}
	for (i = 0; i < 8; i++) {
		frame_ipv4(frame, PEER, OURS, IPPROTO_ICMP, i);
		assert_int_equal(ip_host_receive(host, frame, ICMP + i), IP_TAKEN);
	}
	assert_int_equal(ip_stats(host->ip)->drop_icmp_malformed, bytes - ICMP + 8);
	assert_int_equal(ip_host_drops(host), bytes - ICMP + 8);
	assert_false(ip_host_sent(host));
}

static void
test_other_types(void **state)
{
	struct ip_host *host = *state;
	unsigned int type;

	ip_host_know(host, PEER, &peer_mac);
	for (type = 0; type < 256; type++) {
		uint8_t frame[FRAME_MAX];
		uint32_t bytes = frame_echo(frame, PEER, 20);
		uint16_t sum;

		if (type == WIRE_ICMP_ECHO_REQUEST || wire_icmp_is_error(type))
			continue;
		frame[ICMP] = type;
		memset(frame + ICMP + 2, 0, 2);
		sum = ~wire_checksum_sum(frame + ICMP, bytes - ICMP);
		memcpy(frame + ICMP + 2, &sum, sizeof(sum));
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	}
	assert_int_equal(ip_stats(host->ip)->drop_icmp_type, 250);
	assert_int_equal(ip_host_drops(host), 250);
	assert_false(ip_host_sent(host));
}

/* Shows: 1122-icmp-about. */
static void
test_never_to_broadcasts(void **state)
{
	static const rte_be32_t groups[] = {
		RTE_BE32(0x0a4d00ff),
		RTE_BE32(0xffffffff),
		RTE_BE32(0xe0000001),
	};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_echo(frame, PEER, 56);
	size_t i;

	ip_host_know(host, PEER, &peer_mac);
	memcpy(frame, &broadcast_mac, 6);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	for (i = 0; i < RTE_DIM(groups); i++) {
		memcpy(frame + 14 + 16, &groups[i], 4);
		frame_fix_ipv4(frame);
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	}
	assert_int_equal(ip_stats(host->ip)->drop_ip_destination, 1 + RTE_DIM(groups));
	assert_false(ip_host_sent(host));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_echo_every_size, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_echo_mtu, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_echo_segments, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_echo_no_room, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_echo_padding_is_not_data, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_echo_from_afar, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_echo_of_a_shared_mbuf, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_malformed, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_other_types, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_never_to_broadcasts, ip_host_setup,
						ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

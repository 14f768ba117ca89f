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

#include "wire_ipv4.h"

/* Expect one more drop, by this name. */
#define assert_drops(host, name, frame, bytes)                                                     \
	do {                                                                                       \
		uint64_t before = ip_stats((host)->ip)->name, all = ip_host_drops(host);           \
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);                   \
		assert_int_equal(ip_stats((host)->ip)->name, before + 1);                          \
		assert_int_equal(ip_host_drops(host), all + 1);                                    \
	} while (0)

static void
test_deliver(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t payload;

	for (payload = 0; payload <= 1460; payload += payload < 80 ? 1 : 138) {
		uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, payload);
		uint32_t padded = RTE_MAX(bytes, 60u);

		memset(frame + bytes, 0xee, padded - bytes);
		assert_int_equal(ip_host_receive(host, frame, padded), IP_DELIVER);
		assert_int_equal(tr_addr_to_ipv4(&host->packet.src), PEER);
		assert_int_equal(tr_addr_to_ipv4(&host->packet.dst), OURS);
		assert_int_equal(host->packet.bytes, payload);
		assert_int_equal(host->packet.protocol, IPPROTO_TCP);
		assert_int_equal(host->packet.ttl, 64);
		assert_int_equal(host->packet.ecn, 2);
		assert_false(host->packet.checksum_good);
		assert_int_equal(host->delivered->pkt_len, payload);
		assert_int_equal(host->delivered->data_len, payload);
		assert_memory_equal(rte_pktmbuf_mtod(host->delivered, void *), frame + 34, payload);
	}
	assert_int_equal(ip_host_drops(host), 0);
}

/* Shows: MUST-50. */
static void
test_options_are_skipped(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 100);

	frame[14] = 0x4f;
	memset(frame + 34, 1, 40);
	frame_fix_ipv4(frame);
	/* Not every device looks for ports behind them: it may be for another core. */
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	assert_int_equal(host->nb_packets, 1);
	assert_int_equal(host->packet.bytes, 60);
	assert_memory_equal(rte_pktmbuf_mtod(host->delivered, void *), frame + 74, 60);

	frame[34] = 131;
	frame[35] = 39;
	frame_fix_ipv4(frame);
	assert_drops(host, drop_ip_source_route, frame, bytes);
}

/* RFC 1122 section 3.2.1.8: what nobody knows, and what is no option at all, is not looked at. */
static void
test_unknown_options(void **state)
{
	static const uint8_t options[][4] = {
		{0x44, 4, 5, 0}, /* a timestamp, full */
		{0x07, 4, 4, 0}, /* a recorded route, empty */
		{0x94, 4, 0, 0}, /* router alert */
		{0x83 ^ 0x40, 4, 1, 2}, /* nobody's */
		{0x5e, 0, 0, 0}, /* of no length */
		{0x5e, 1, 0, 0},	{0x5e, 255, 1, 2}, /* longer than the header */
		{1, 1, 1, 0x44}, /* cut off */
		{0, 0x83, 3, 4}, /* behind the end */
	};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 100);
	size_t i;

	frame[14] = 0x46;
	for (i = 0; i < RTE_DIM(options); i++) {
		memcpy(frame + 34, options[i], sizeof(options[i]));
		frame_fix_ipv4(frame);
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
		assert_int_equal(host->nb_packets, 1 + i);
		assert_int_equal(host->packet.bytes, 96);
	}
	/* Who has one core alone need not hear of it. */
	host->config.events = NULL;
	ip_host_create(host);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_DELIVER);
	assert_int_equal(host->packet.bytes, 96);
	assert_int_equal(ip_host_drops(host), 0);
}

static void
test_every_length(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 100);
	uint32_t len;

	for (len = 14; len < bytes; len++)
		assert_drops(host, drop_ip_truncated, frame, len);
}

/* Shows: 1122-header. */
static void
test_bad_header(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 100);
	unsigned int bit;

	frame[14] = 0x65;
	assert_drops(host, drop_ip_header, frame, bytes);
	frame[14] = 0x44;
	assert_drops(host, drop_ip_header, frame, bytes);
	frame[14] = 0x45;
	for (bit = 0; bit < 16; bit++) {
		frame[24 + bit / 8] ^= 1 << bit % 8;
		assert_drops(host, drop_ip_checksum, frame, bytes);
		frame[24 + bit / 8] ^= 1 << bit % 8;
	}
}

/* Shows: 1122-source, MUST-63. */
static void
test_source(void **state)
{
	static const uint32_t bad[] = {
		0x00000000, 0x00000001, 0x7f000001, 0x7fffffff, 0xe0000001,
		0xefffffff, 0xf0000001, 0xffffffff, 0x0a4d00ff, /* our network's broadcast */
		0x0a4d0000, /* and its old form */
		0x0a4d0002, /* our own: LAND */
	};
	static const uint32_t good[] = {0x0a4d0001, 0x0a4d0003, 0x0a4d00fe, 0x0a4d01ff,
					0x01000001, 0xdfffffff, 0x7e000001, 0x80000001};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes;
	size_t i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		bytes = frame_ipv4(frame, rte_cpu_to_be_32(bad[i]), OURS, IPPROTO_TCP, 40);
		assert_drops(host, drop_ip_source, frame, bytes);
	}
	for (i = 0; i < RTE_DIM(good); i++) {
		bytes = frame_ipv4(frame, rte_cpu_to_be_32(good[i]), OURS, IPPROTO_TCP, 40);
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_DELIVER);
	}
}

/* Shows: MUST-57. */
static void
test_destination(void **state)
{
	static const uint32_t bad[] = {0x0a4d0003, 0x0a4d00ff, 0xffffffff,
				       0xe0000001, 0,	       0x7f000001};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes;
	size_t i;

	for (i = 0; i < RTE_DIM(bad); i++) {
		bytes = frame_ipv4(frame, PEER, rte_cpu_to_be_32(bad[i]), IPPROTO_TCP, 40);
		assert_drops(host, drop_ip_destination, frame, bytes);
	}
	/* RFC 1122 section 3.3.6: to us, but the whole link heard it. */
	bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 40);
	memcpy(frame, &broadcast_mac, 6);
	assert_drops(host, drop_ip_destination, frame, bytes);
}

/* They wait for the others; one that says "don't fragment" is none. */
static void
test_fragments(void **state)
{
	static const uint16_t fields[] = {0x2000, 0x2001, 0x0001, 0x1000, 0x3000, 0x4001, 0x6000};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 40);
	size_t i;

	for (i = 0; i < RTE_DIM(fields); i++) {
		frame[18] = i; /* of another packet */
		frame[20] = fields[i] >> 8;
		frame[21] = fields[i] & 0xff;
		frame_fix_ipv4(frame);
		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	}
	assert_int_equal(host->nb_packets, 0);
	assert_int_equal(ip_host_drops(host), 0);
	frame[20] = 0x40;
	frame[21] = 0;
	frame_fix_ipv4(frame);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_DELIVER);
}

static void
test_protocol(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	unsigned int protocol;

	ip_host_know(host, PEER, &peer_mac);
	for (protocol = 0; protocol < 256; protocol++) {
		uint32_t bytes = frame_ipv4(frame, PEER, OURS, protocol, 40);

		if (protocol == IPPROTO_UDP)
			assert_drops(host, drop_udp, frame, bytes);
		else if (protocol != IPPROTO_TCP && protocol != IPPROTO_ICMP)
			assert_drops(host, drop_ip_protocol, frame, bytes);
	}
}

/* RFC 1122 section 3.2.1.7: a host does not look at it. */
/* Shows: 1122-ttl. */
static void
test_ttl_0(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 40);

	frame[22] = 0;
	frame_fix_ipv4(frame);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_DELIVER);
	assert_int_equal(host->packet.ttl, 0);
}

static void
test_device_checksums(void **state)
{
	static const struct {
		uint64_t flags;
		bool checksum_good; /* of TCP */
		bool deliver_bad; /* a packet whose header's checksum is wrong */
		bool deliver_good;
	} cases[] = {
		{0, false, false, true},
		{RTE_MBUF_F_RX_IP_CKSUM_GOOD, false, true, true},
		{RTE_MBUF_F_RX_IP_CKSUM_NONE, false, true, true},
		{RTE_MBUF_F_RX_IP_CKSUM_BAD, false, false, false},
		{RTE_MBUF_F_RX_L4_CKSUM_GOOD, true, false, true},
		{RTE_MBUF_F_RX_L4_CKSUM_NONE, true, false, true},
		{RTE_MBUF_F_RX_L4_CKSUM_BAD, false, false, true},
	};
	struct ip_host *host = *state;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		uint8_t frame[FRAME_MAX];
		uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 40);
		struct rte_mbuf *mbuf = ip_host_mbuf(host, frame, bytes);

		mbuf->ol_flags |= cases[i].flags;
		assert_int_equal(ip_host_receive_mbuf(host, mbuf),
				 cases[i].deliver_good ? IP_DELIVER : IP_TAKEN);
		if (cases[i].deliver_good)
			assert_int_equal(host->packet.checksum_good, cases[i].checksum_good);
		frame[25] ^= 1;
		mbuf = ip_host_mbuf(host, frame, bytes);
		mbuf->ol_flags |= cases[i].flags;
		assert_int_equal(ip_host_receive_mbuf(host, mbuf),
				 cases[i].deliver_bad ? IP_DELIVER : IP_TAKEN);
	}
}

/* Let it send all ICMP errors that it may in this second. */
static void
spend_errors(struct ip_host *host)
{
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_UDP, 40);

	ip_host_know(host, PEER, &peer_mac);
	while (ip_stats(host->ip)->icmp_errors_limited == 0) {
		ip_host_receive(host, frame, bytes);
		ip_host_sent(host);
	}
}

/*
 * In one mbuf a frame is taken the short way if it is a usual one, in two the long way: whatever
 * stands in its headers, the same becomes of it.
 */
static void
test_short_way_and_long_way_agree(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX], payload[FRAME_MAX];
	uint32_t bytes, bit, delivered = 0;
	unsigned int fix, len;

	/* One that drops fragments: the second is not to meet the first. */
	host->config.events = NULL;
	ip_host_create(host);
	spend_errors(host);
	for (fix = 0; fix < 2; fix++)
		for (bit = 0; bit < 34 * 8; bit++)
			for (len = 0; len < 3; len++) {
				struct ip_packet packet;
				struct ip_stats stats;
				enum ip_verdict verdict;

				bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 20 + len * 20);
				/* Padded, as it is, or shorter than it says. */
				bytes += 1 - len;
				frame[bit / 8] ^= 1 << bit % 8;
				if (fix && (frame[14] & 0xf) == 5)
					frame_fix_ipv4(frame);
				ip_stats_clear(host->ip);
				verdict = ip_host_receive(host, frame, bytes);
				packet = host->packet;
				stats = *ip_stats(host->ip);
				if (verdict == IP_DELIVER) {
					delivered++;
					assert_int_equal(host->delivered->pkt_len, packet.bytes);
					memcpy(payload,
					       rte_pktmbuf_mtod(host->delivered, uint8_t *),
					       packet.bytes);
				}
				ip_stats_clear(host->ip);
				assert_int_equal(
					ip_host_receive_mbuf(
						host, ip_host_segments(host, frame, bytes, 40)),
					verdict);
				assert_memory_equal(&stats, ip_stats(host->ip), sizeof(stats));
				if (verdict != IP_DELIVER)
					continue;
				assert_memory_equal(&packet, &host->packet, sizeof(packet));
				assert_int_equal(host->delivered->pkt_len, packet.bytes);
				assert_memory_equal(
					rte_pktmbuf_mtod(host->delivered, uint8_t *), payload,
					RTE_MIN(packet.bytes, host->delivered->data_len));
			}
	/* Those whose source address, type of service, id or lifetime changed, and some others. */
	assert_in_range(delivered, 2 * 2 * (48 + 8 + 16 + 8), 34 * 8 * 3);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_deliver, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_options_are_skipped, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_options, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_every_length, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_bad_header, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_source, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_destination, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_fragments, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_protocol, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_ttl_0, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_device_checksums, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_short_way_and_long_way_agree, ip_host_setup,
						ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

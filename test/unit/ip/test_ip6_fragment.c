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

#include "ip6_host.h"
#include "ip_fragment.h"
#include "test_eal.h"
#include "wire_checksum.h"
#include "wire_icmp6.h"

#include <netinet/in.h>

#define FRAGMENT_BYTES 8

/* Part of a packet: of which one, and which bytes of what is behind its fragment header. */
struct part {
	uint32_t id;
	uint32_t offset;
	uint32_t bytes;
	bool last;
	uint8_t ecn; /* 0 to 3 */
	uint8_t protocol; /* 0: TCP */
	const uint8_t *data; /* NULL: the pattern */
	const struct tr_addr *dst; /* NULL: ours */
	uint8_t before; /* bytes of hop-by-hop options before the fragment header */
	uint32_t segment_bytes; /* of each mbuf; 0: there is one */
};

static int
setup(void **state)
{
	ip6_host_setup(state);
	ip6_host_begin(*state);
	return 0;
}

/* What is behind the fragment header of every packet here, by place. */
static uint8_t
pattern(uint32_t at)
{
	return at * 7 + at / 251;
}

static uint32_t
frame_part(uint8_t *frame, const struct part *part)
{
	uint8_t payload[FRAME_MAX] = {0}, *at = payload + part->before;
	uint16_t field = part->offset | !part->last;
	uint32_t bytes = part->before + FRAGMENT_BYTES + part->bytes, i;

	if (part->before > 0) {
		payload[0] = IPPROTO_FRAGMENT;
		payload[1] = part->before / 8 - 1;
	}
	at[0] = part->protocol != 0 ? part->protocol : IPPROTO_TCP;
	at[2] = field >> 8;
	at[3] = field & 0xff;
	memcpy(at + 4, &part->id, sizeof(part->id));
	for (i = 0; i < part->bytes; i++)
		at[FRAGMENT_BYTES + i] = part->data != NULL ? part->data[part->offset + i]
							    : pattern(part->offset + i);
	bytes = frame_ipv6(frame, &peer6, part->dst != NULL ? part->dst : &ours6,
			   part->before > 0 ? IPPROTO_HOPOPTS : IPPROTO_FRAGMENT, 64, payload,
			   bytes);
	frame[WIRE_ETHER_HEADER_BYTES + 1] = part->ecn << 4;
	return bytes;
}

static void
receive_part(struct ip_host *host, const struct part *part)
{
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_part(frame, part);
	uint32_t segment = part->segment_bytes != 0 ? part->segment_bytes : bytes;

	assert_int_equal(ip_host_receive_mbuf(host, ip_host_segments(host, frame, bytes, segment)),
			 IP_TAKEN);
}

#define receive(host, ...) receive_part((host), &(struct part){__VA_ARGS__})

/* The packet delivered last is one of so many bytes, and as whole ones are. */
static void
check_whole(const struct ip_host *host, uint32_t bytes)
{
	uint8_t copy[FRAME_MAX];
	const uint8_t *data;
	uint32_t i;

	assert_non_null(host->delivered);
	assert_int_equal(host->packet.bytes, bytes);
	assert_true(tr_addr_is_same(&host->packet.src, &peer6));
	assert_true(tr_addr_is_same(&host->packet.dst, &ours6));
	assert_int_equal(host->packet.protocol, IPPROTO_TCP);
	assert_int_equal(host->packet.ttl, 64);
	assert_false(host->packet.checksum_good);
	assert_int_equal(host->delivered->pkt_len, bytes);
	assert_true(host->delivered->data_len >= RTE_MIN(bytes, 60u));
	rte_mbuf_sanity_check(host->delivered, 1);
	data = rte_pktmbuf_read(host->delivered, 0, bytes, copy);
	for (i = 0; i < bytes; i++)
		assert_int_equal(data[i], pattern(i));
}

/* Wait until whatever was kept has gone. */
static void
outlive(struct ip_host *host)
{
	ip_host_sleep(host, IP_FRAGMENT_TIMEOUT_US + 2 * SECOND);
	rte_pktmbuf_free(host->delivered);
	host->delivered = NULL;
	assert_int_equal(rte_mempool_in_use_count(host->rx_pool), 0);
}

/* Three parts in each order, with each cut, in mbufs of one segment or more. */
/* Shows: 8200-fragments. */
static void
test_every_order(void **state)
{
	static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct ip_host *host = *state;
	unsigned int packets = 0;
	size_t order, i;
	uint32_t a, b;

	for (a = 24; a < 160; a += 8)
		for (b = a + 8; b < 163; b += 8)
			for (order = 0; order < RTE_DIM(orders); order++) {
				struct part parts[] = {
					{.bytes = a, .before = order % 3 * 8},
					{.offset = a, .bytes = b - a, .before = order % 2 * 16},
					{.offset = b, .bytes = 163 - b, .last = true},
				};

				for (i = 0; i < 3; i++) {
					parts[orders[order][i]].id = packets;
					parts[i].segment_bytes = order > 2 ? 200 : 0;
					receive_part(host, &parts[orders[order][i]]);
				}
				assert_int_equal(host->nb_packets, ++packets);
				check_whole(host, 163);
			}
	assert_int_equal(ip_stats(host->ip)->ip_reassembled, packets);
	assert_int_equal(ip_stats(host->ip)->ip_fragments, 3 * packets);
	assert_int_equal(ip_host_drops(host), 0);
	assert_false(ip_host_sent(host));
}

/* Those of IPv4 and of others with the same number are other packets. */
static void
test_packets_are_told_apart(void **state)
{
	struct ip_host *host = *state;

	receive(host, .id = 7, .bytes = 40);
	receive(host, .id = 7, .offset = 40, .bytes = 10, .last = true, .dst = &ours6_near);
	receive(host, .id = 8, .offset = 40, .bytes = 10, .last = true);
	assert_int_equal(host->nb_packets, 0);
	/* What a later one says of the protocol does not matter. */
	receive(host, .id = 7, .offset = 40, .bytes = 10, .last = true, .protocol = 99);
	assert_int_equal(host->nb_packets, 1);
	check_whole(host, 50);
	outlive(host);
}

/* Wherever they overlap, and in each order: nothing is made of them. */
/* Shows: 5722-overlap. */
static void
test_overlap(void **state)
{
	static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct ip_host *host = *state;
	const uint32_t total = 120;
	uint32_t from, to, order, i;

	for (from = 0; from < total; from += 8)
		for (to = from + 8; to <= total; to += 8)
			for (order = 0; order < RTE_DIM(orders); order++) {
				const struct part parts[] = {
					{.id = 1, .bytes = 56},
					{.id = 1, .offset = 56, .bytes = total - 56, .last = true},
					{.id = 1,
					 .offset = from,
					 .bytes = to - from,
					 .last = to == total},
				};

				/* A first has to hold TCP's header, and is not the whole. */
				if (from == 0 && (to < 24 || to == total))
					continue;
				ip_host_create(host);
				ip6_host_begin(host);
				host->nb_packets = 0;
				for (i = 0; i < 3; i++)
					receive_part(host, &parts[orders[order][i]]);
				/* At most what was whole before the one too many came. */
				assert_int_equal(
					host->nb_packets,
					orders[order][2] == 2 ||
						(orders[order][2] == 0 && from == 0 && to == 56) ||
						(orders[order][2] == 1 && from == 56 &&
						 to == total));
				if (host->delivered != NULL)
					check_whole(host, total);
				ip_host_sleep(host, IP_FRAGMENT_TIMEOUT_US + 2 * SECOND);
				ip6_host_drain(host);
				rte_pktmbuf_free(host->delivered);
				host->delivered = NULL;
				assert_int_equal(rte_mempool_in_use_count(host->rx_pool), 0);
			}
}

/* RFC 3168 section 5.3. */
static void
test_congestion(void **state)
{
	struct ip_host *host = *state;

	receive(host, .id = 1, .bytes = 40, .ecn = 2);
	receive(host, .id = 1, .offset = 40, .bytes = 40, .ecn = 3, .last = true);
	assert_int_equal(host->nb_packets, 1);
	assert_int_equal(host->packet.ecn, 3);
	receive(host, .id = 2, .bytes = 40, .ecn = 0);
	receive(host, .id = 2, .offset = 40, .bytes = 40, .ecn = 3, .last = true);
	assert_int_equal(host->nb_packets, 1);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_conflict, 2);
}

/* The next that was sent is an ICMPv6 error about that frame. */
static void
expect_error(struct ip_host *host, uint8_t type, uint8_t code, uint32_t value)
{
	struct wire_icmp6 icmp6;
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_true(wire_icmp6_parse(payload, ipv6.payload_bytes, &icmp6));
	assert_int_equal(icmp6.type, type);
	assert_int_equal(icmp6.code, code);
	assert_int_equal(icmp6.value, value);
	assert_true(tr_addr_is_same(&ipv6.dst, &peer6));
	assert_false(ip_host_sent(host));
}

/* RFC 8200 section 4.5, RFC 7112: lengths that no packet has, and headers that are not there. */
/* Shows: 8200-fragments, 7112-chain. */
static void
test_malformed(void **state)
{
	struct ip_host *host = *state;

	ip6_host_know(host, &peer6, &peer_mac);
	receive(host, .id = 1, .bytes = 41);
	expect_error(host, WIRE_ICMP6_PARAMETER_PROBLEM, 0, 4);
	receive(host, .id = 1, .offset = 65528, .bytes = 8, .last = true);
	expect_error(host, WIRE_ICMP6_PARAMETER_PROBLEM, 0, 42);
	receive(host, .id = 1, .offset = 65528, .bytes = 8, .before = 16);
	expect_error(host, WIRE_ICMP6_PARAMETER_PROBLEM, 0, 58);
	receive(host, .id = 1, .offset = 64, .bytes = 0, .last = true);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_malformed, 4);
	receive(host, .id = 1, .bytes = 16);
	expect_error(host, WIRE_ICMP6_PARAMETER_PROBLEM, 3, 0);
	receive(host, .id = 1, .bytes = 0);
	expect_error(host, WIRE_ICMP6_PARAMETER_PROBLEM, 3, 0);
	receive(host, .id = 1, .bytes = 64, .protocol = IPPROTO_FRAGMENT);
	assert_int_equal(ip_stats(host->ip)->drop_ip6_extension, 3);
	/* Who speaks to a group is not answered. */
	receive(host, .id = 1, .bytes = 16, .dst = &all_nodes6);
	receive(host, .id = 1, .bytes = 41, .dst = &all_nodes6);
	assert_false(ip_host_sent(host));
	assert_int_equal(rte_mempool_in_use_count(host->rx_pool), 0);
	/* The last byte that there can be is no mistake. */
	receive(host, .id = 1, .offset = 65528, .bytes = 7, .last = true);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_malformed, 5);
	outlive(host);
}

/* A minute later the sender of a first fragment is told, and of another not. */
/* Shows: 8200-fragments. */
static void
test_time_exceeded(void **state)
{
	struct ip_host *host = *state;

	receive(host, .id = 1, .bytes = 64);
	receive(host, .id = 2, .offset = 64, .bytes = 64);
	receive(host, .id = 3, .bytes = 64, .dst = &all_nodes6);
	ip_host_sleep(host, IP_FRAGMENT_TIMEOUT_US);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_timeout, 0);
	ip6_host_know(host, &peer6, &peer_mac);
	ip_host_sleep(host, 2 * SECOND);
	expect_error(host, WIRE_ICMP6_TIME_EXCEEDED, 1, 0);
	assert_memory_equal(host->sent + IP6_HOST_HEADERS + 8 + 8, &peer6, sizeof(peer6));
	assert_int_equal(host->sent[IP6_HOST_HEADERS + 8 + 6], IPPROTO_FRAGMENT);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_timeout, 3);
}

/* However many come: so many packets are kept, of so many fragments. */
static void
test_bounded(void **state)
{
	struct ip_host *host = *state;
	const struct ip_stats *stats = ip_stats(host->ip);
	uint32_t id, i;

	for (id = 0; id < 500; id++)
		receive(host, .id = id, .bytes = 64);
	assert_true(rte_mempool_in_use_count(host->rx_pool) <= IP_FRAGMENT_PACKETS);
	assert_int_equal(rte_mempool_in_use_count(host->rx_pool) + stats->drop_fragment_full, 500);
	outlive(host);
	for (i = 0; i < 100; i++)
		receive(host, .id = 1, .offset = 8 * i, .bytes = 8, .data = NULL);
	assert_true(rte_mempool_in_use_count(host->rx_pool) <= 8);
	outlive(host);
	ip6_host_drain(host);
}

/* An echo request of 3000 bytes, whole, is answered if the answer fits: it does not. One that does
 * fit is. */
static void
test_echo(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX], data[1000] = {WIRE_ICMP6_ECHO_REQUEST};
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	uint32_t i;

	for (i = 4; i < sizeof(data); i++)
		data[i] = pattern(i);
	frame_ipv6(frame, &peer6, &ours6, IPPROTO_ICMPV6, 64, data, sizeof(data));
	memcpy(data, frame + IP6_HOST_HEADERS, sizeof(data));
	ip6_host_know(host, &peer6, &peer_mac);
	receive(host, .id = 1, .offset = 400, .bytes = 600, .last = true, .data = data,
		.protocol = IPPROTO_ICMPV6);
	assert_false(ip_host_sent(host));
	receive(host, .id = 1, .bytes = 400, .data = data, .protocol = IPPROTO_ICMPV6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_int_equal(payload[0], WIRE_ICMP6_ECHO_REPLY);
	assert_int_equal(ipv6.payload_bytes, sizeof(data));
	assert_memory_equal(payload + 4, data + 4, sizeof(data) - 4);
}

/* RFC 6980: a question for our address in fragments, or in one that is the whole. */
/* Shows: 6980-fragments. */
static void
test_discovery(void **state)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
		.target = ours6,
		.has_mac = true,
		.mac = peer_mac,
	};
	struct ip_host *host = *state;
	uint8_t data[WIRE_ND_BYTES_MAX], frame[FRAME_MAX];
	uint32_t bytes = wire_nd_write(data, &nd);

	frame_ipv6(frame, &peer6, &ours6, IPPROTO_ICMPV6, 255, data, bytes);
	memcpy(data, frame + IP6_HOST_HEADERS, bytes);
	receive(host, .id = 1, .bytes = 16, .data = data, .protocol = IPPROTO_ICMPV6);
	receive(host, .id = 1, .offset = 16, .bytes = bytes - 16, .last = true, .data = data,
		.protocol = IPPROTO_ICMPV6);
	assert_int_equal(ip_stats(host->ip)->drop_nd_malformed, 1);
	receive(host, .id = 2, .bytes = bytes, .last = true, .data = data,
		.protocol = IPPROTO_ICMPV6);
	assert_int_equal(ip_stats(host->ip)->drop_nd_malformed, 2);
	assert_int_equal(ip_stats(host->ip)->nd_rx, 0);
	assert_false(ip_host_sent(host));
}

/* Where nobody takes whole packets. */
static void
test_nobody(void **state)
{
	struct ip_host *host = *state;
	struct ip_events events = *host->config.events;

	events.packet = NULL;
	host->config.events = &events;
	ip_host_create(host);
	ip6_host_begin(host);
	receive(host, .id = 1, .bytes = 64);
	receive(host, .id = 1, .offset = 64, .bytes = 64, .last = true);
	assert_int_equal(ip_stats(host->ip)->drop_ip6_fragment, 2);
	ip_destroy(host->ip);
	host->ip = NULL;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ip_host_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_every_order), TEST(test_packets_are_told_apart),
		TEST(test_overlap),	TEST(test_congestion),
		TEST(test_malformed),	TEST(test_time_exceeded),
		TEST(test_bounded),	TEST(test_echo),
		TEST(test_discovery),	TEST(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

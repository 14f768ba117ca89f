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

#include "ip_fragment.h"
#include "ip_host.h"
#include "test_eal.h"
#include "wire_checksum.h"
#include "wire_icmp.h"
#include "wire_ipv4.h"

#include <netinet/in.h>

#define IPV4 14
#define ICMP (IPV4 + 20)
#define QUOTE (ICMP + 8)
#define ROUTER RTE_BE32(0x0a4d0001)

/* A frame with an error that quotes the first bytes of a segment of ours to FAR. */
static uint32_t
frame_error(uint8_t *frame, uint8_t type, uint8_t code, uint32_t quoted)
{
	uint8_t inner[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, ROUTER, OURS, IPPROTO_ICMP, 8 + quoted);

	frame_ipv4(inner, OURS, FAR, IPPROTO_TCP, 1000);
	memcpy(inner + 34, "\x2b\xcb\x9c\x40\x12\x34\x56\x78", 8);
	memset(frame + ICMP, 0, 8);
	frame[ICMP] = type;
	frame[ICMP + 1] = code;
	frame[ICMP + 6] = 1300 >> 8;
	frame[ICMP + 7] = 1300 & 0xff;
	memcpy(frame + QUOTE, inner + IPV4, quoted);
	return bytes;
}

static void
receive(struct ip_host *host, uint8_t *frame, uint32_t bytes)
{
	uint16_t sum;

	memset(frame + ICMP + 2, 0, 2);
	sum = ~wire_checksum_sum(frame + ICMP, bytes - ICMP);
	memcpy(frame + ICMP + 2, &sum, sizeof(sum));
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
}

static void
test_kinds(void **state)
{
	static const struct {
		uint8_t type, code;
		enum ip_error_kind kind;
	} cases[] = {
		{3, 0, IP_ERROR_NET},	      {3, 1, IP_ERROR_HOST},
		{3, 2, IP_ERROR_PORT},	      {3, 3, IP_ERROR_PORT},
		{3, 4, IP_ERROR_TOO_BIG},     {3, 5, IP_ERROR_HOST},
		{3, 9, IP_ERROR_PROHIBITED},  {3, 10, IP_ERROR_PROHIBITED},
		{3, 13, IP_ERROR_PROHIBITED}, {3, 12, IP_ERROR_HOST},
		{11, 0, IP_ERROR_HOST},	      {11, 1, IP_ERROR_HOST},
		{12, 0, IP_ERROR_HOST},	      {12, 1, IP_ERROR_HOST},
	};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		receive(host, frame, frame_error(frame, cases[i].type, cases[i].code, 28));
		assert_int_equal(host->nb_errors, i + 1);
		assert_int_equal(host->error.kind, cases[i].kind);
		assert_int_equal(host->error.protocol, IPPROTO_TCP);
		assert_int_equal(host->error.mtu, 1300);
		assert_int_equal(host->error.bytes, 1020);
		assert_int_equal(tr_addr_to_ipv4(&host->error.local_addr), OURS);
		assert_int_equal(tr_addr_to_ipv4(&host->error.remote_addr), FAR);
		assert_int_equal(host->error.local_port, RTE_BE16(11211));
		assert_int_equal(host->error.remote_port, RTE_BE16(40000));
		assert_int_equal(host->error.seq, 0x12345678);
	}
	assert_int_equal(ip_stats(host->ip)->icmp_errors_received, RTE_DIM(cases));
	assert_int_equal(ip_host_drops(host), 0);
	assert_false(ip_host_sent(host));
}

/* RFC 6633, and what whoever is on the link could use to come between. */
/* Shows: MUST-55, MUST-56. */
static void
test_quench_redirect(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];

	receive(host, frame, frame_error(frame, WIRE_ICMP_SOURCE_QUENCH, 0, 28));
	receive(host, frame, frame_error(frame, WIRE_ICMP_REDIRECT, 1, 28));
	assert_int_equal(ip_stats(host->ip)->drop_icmp_type, 2);
	assert_int_equal(host->nb_errors, 0);
}

/* Each length of the quotation, in one piece and cut at every place. */
static void
test_every_length(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t quoted, segment;
	uint16_t sum;

	for (quoted = 0; quoted < 28; quoted++)
		receive(host, frame, frame_error(frame, 3, 1, quoted));
	assert_int_equal(ip_stats(host->ip)->drop_icmp_quote, 28);
	assert_int_equal(host->nb_errors, 0);
	for (; quoted < 600; quoted += 13)
		receive(host, frame, frame_error(frame, 3, 1, quoted));
	assert_int_equal(host->nb_errors, 44);
	for (segment = 1; segment < QUOTE + 28; segment++) {
		uint32_t bytes = frame_error(frame, 3, 1, 28);

		sum = ~wire_checksum_sum(frame + ICMP, bytes - ICMP);
		memcpy(frame + ICMP + 2, &sum, sizeof(sum));
		ip_host_receive_mbuf(host, ip_host_segments(host, frame, bytes, segment));
	}
	assert_int_equal(host->nb_errors, 44 + QUOTE + 27);
}

/* A quotation that lies, or of what we did not send. */
static void
test_lies(void **state)
{
	static const struct {
		uint8_t at, value;
	} cases[] = {
		{0, 0x55}, /* version 5 */
		{0, 0x44}, /* a header of 16 bytes */
		{0, 0x46}, /* of 24: no 8 bytes are left behind it */
		{0, 0x4f}, /* of 60 */
		{6, 0x20}, /* a first fragment */
		{7, 0x01}, /* a later one */
		{9, IPPROTO_UDP}, /* no TCP */
		{9, IPPROTO_ICMP}, /* an error about an error */
		{15, 3}, /* from somebody else */
		{16, 224}, /* to a group */
		{16, 127}, /* to itself */
		{16, 0}, /* to nobody */
	};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		bytes = frame_error(frame, 3, 3, 28);
		frame[QUOTE + cases[i].at] = cases[i].value;
		receive(host, frame, bytes);
	}
	/* A packet shorter than its header, or than what is quoted of it. */
	for (i = 0; i < 28; i++) {
		bytes = frame_error(frame, 3, 3, 28);
		frame[QUOTE + 2] = 0;
		frame[QUOTE + 3] = i;
		receive(host, frame, bytes);
	}
	assert_int_equal(ip_stats(host->ip)->drop_icmp_quote, RTE_DIM(cases) + 28);
	assert_int_equal(host->nb_errors, 0);
}

/* What was sent is the right error about a frame. */
static void
check_sent(const struct ip_host *host, const uint8_t *frame, uint32_t quoted, uint8_t type,
	   uint8_t code)
{
	struct wire_ipv4 ipv4;

	assert_int_equal(host->sent_bytes, QUOTE + quoted);
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_int_equal(wire_ipv4_parse(host->sent + IPV4, host->sent_bytes - IPV4,
					 host->sent_bytes - IPV4, 1, &ipv4),
			 WIRE_IPV4_OK);
	assert_int_equal(ipv4.src, OURS);
	assert_int_equal(ipv4.dst, PEER);
	assert_int_equal(ipv4.protocol, IPPROTO_ICMP);
	assert_int_equal(wire_checksum_sum(host->sent + ICMP, host->sent_bytes - ICMP), 0xffff);
	assert_int_equal(host->sent[ICMP], type);
	assert_int_equal(host->sent[ICMP + 1], code);
	assert_memory_equal(host->sent + ICMP + 4, "\0\0\0\0", 4);
	assert_memory_equal(host->sent + QUOTE, frame + IPV4, quoted);
}

/* Shows: 1122-unreachable. */
static void
test_port_unreachable(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t payload, bytes;

	ip_host_know(host, PEER, &peer_mac);
	for (payload = 0; payload < 60; payload++) {
		bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_UDP, payload);
		memset(frame + bytes, 0xee, 20);
		assert_int_equal(ip_host_receive(host, frame, bytes + 20), IP_TAKEN);
		assert_true(ip_host_sent(host));
		check_sent(host, frame, 20 + RTE_MIN(payload, 8u), 3, 3);
	}
	assert_int_equal(ip_stats(host->ip)->drop_udp, 60);
	/* With options, which are quoted too. */
	host->now_us += SECOND;
	bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_UDP, 100);
	frame[IPV4] = 0x4f;
	memset(frame + ICMP, 1, 40);
	frame_fix_ipv4(frame);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	assert_true(ip_host_sent(host));
	check_sent(host, frame, 60 + 8, 3, 3);
}

/* Shows: 1122-unreachable. */
static void
test_protocol_unreachable(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, 254, 100);

	ip_host_know(host, PEER, &peer_mac);
	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
	assert_true(ip_host_sent(host));
	check_sent(host, frame, 28, 3, 2);
	assert_int_equal(ip_stats(host->ip)->drop_ip_protocol, 1);
}

/* RFC 1122 section 3.3.2: if the first fragment came, and no more often than any. */
/* Shows: 1122-reassembly. */
static void
test_fragments_time_exceeded(void **state)
{
	struct ip_host *host = *state;
	uint8_t first[FRAME_MAX], later[FRAME_MAX];
	uint32_t bytes = frame_ipv4(first, PEER, OURS, IPPROTO_TCP, 64);

	frame_ipv4(later, PEER, OURS, IPPROTO_TCP, 64);
	first[IPV4 + 6] = 0x20;
	frame_fix_ipv4(first);
	later[IPV4 + 5] = 1;
	later[IPV4 + 7] = 100;
	frame_fix_ipv4(later);
	ip_host_receive(host, first, bytes);
	ip_host_receive(host, later, bytes);
	assert_false(ip_host_sent(host));
	ip_host_sleep(host, IP_FRAGMENT_TIMEOUT_US);
	ip_host_know(host, PEER, &peer_mac);
	ip_host_sleep(host, 2 * SECOND);
	assert_true(ip_host_sent(host));
	check_sent(host, first, 28, 11, 1);
	assert_false(ip_host_sent(host));
}

/* RFC 1122 section 3.2.2: these get no error, whatever they are. */
/* Shows: 1122-icmp-about. */
static void
test_never_about(void **state)
{
	static const rte_be32_t groups[] = {RTE_BE32(0x0a4d00ff), RTE_BE32(0xffffffff),
					    RTE_BE32(0xe0000001)};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes;
	size_t i;

	ip_host_know(host, PEER, &peer_mac);
	for (i = 0; i < RTE_DIM(groups); i++) {
		bytes = frame_ipv4(frame, PEER, groups[i], IPPROTO_UDP, 40);
		ip_host_receive(host, frame, bytes);
	}
	/* To us, but the link broadcast it. */
	bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_UDP, 40);
	memcpy(frame, &broadcast_mac, 6);
	ip_host_receive(host, frame, bytes);
	/* From a group, or from nobody. */
	bytes = frame_ipv4(frame, RTE_BE32(0xe0000001), OURS, IPPROTO_UDP, 40);
	ip_host_receive(host, frame, bytes);
	bytes = frame_ipv4(frame, 0, OURS, IPPROTO_UDP, 40);
	ip_host_receive(host, frame, bytes);
	/* Fragments. */
	bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_UDP, 40);
	frame[IPV4 + 7] = 1;
	frame_fix_ipv4(frame);
	ip_host_receive(host, frame, bytes);
	/* ICMP itself, wrong or unknown. */
	for (i = 0; i < 19; i++) {
		bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_ICMP, 40);
		frame[ICMP] = i != 8 ? i : 200;
		receive(host, frame, bytes);
	}
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->icmp_errors_sent, 0);
}

/* Shows: 1122-unreachable. */
static void
test_rate(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, PEER, OURS, IPPROTO_UDP, 40);
	unsigned int i, second, sent = 0;

	ip_host_know(host, PEER, &peer_mac);
	for (second = 1; second <= 3; second++) {
		for (i = 0; i < 1000; i++) {
			host->now_us += 500;
			ip_host_receive(host, frame, bytes);
			while (ip_host_sent(host))
				sent++;
		}
		assert_int_equal(sent, 100 * second);
		host->now_us += SECOND;
	}
	assert_int_equal(ip_stats(host->ip)->icmp_errors_sent, 300);
	assert_int_equal(ip_stats(host->ip)->icmp_errors_limited, 2700);
	assert_int_equal(ip_stats(host->ip)->drop_udp, 3000);
	assert_int_equal(ip_host_drops(host), 3000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, ip_host_setup, ip_host_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_kinds),
		TEST(test_quench_redirect),
		TEST(test_every_length),
		TEST(test_lies),
		TEST(test_port_unreachable),
		TEST(test_protocol_unreachable),
		TEST(test_fragments_time_exceeded),
		TEST(test_never_about),
		TEST(test_rate),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

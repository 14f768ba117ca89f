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
#include "test_eal.h"
#include "wire_icmp6.h"

#include <netinet/in.h>

#define QUOTE 8
#define PAYLOAD_BYTES 1000

static int
setup(void **state)
{
	ip6_host_setup(state);
	ip6_host_begin(*state);
	return 0;
}

/* An error that quotes the first bytes of a segment of ours to far6. */
static uint32_t
write_error(uint8_t *data, uint8_t type, uint8_t code, uint32_t quoted)
{
	const struct wire_icmp6 icmp6 = {.type = type, .code = code, .value = 1300};
	uint8_t payload[PAYLOAD_BYTES] = {0x2b, 0xcb, 0x9c, 0x40, 0x12, 0x34, 0x56, 0x78};
	uint8_t frame[FRAME_MAX];

	frame_ipv6(frame, &ours6, &far6, IPPROTO_TCP, 60, payload, sizeof(payload));
	wire_icmp6_write(data, &icmp6);
	memcpy(data + QUOTE, frame + WIRE_ETHER_HEADER_BYTES, quoted);
	return QUOTE + quoted;
}

static void
receive(struct ip_host *host, const uint8_t *data, uint32_t bytes)
{
	assert_int_equal(ip6_host_receive(host, &router6, &ours6, IPPROTO_ICMPV6, 64, data, bytes),
			 IP_TAKEN);
}

/* Shows: 4443-errors-in. */
static void
test_kinds(void **state)
{
	static const struct {
		uint8_t type, code;
		enum ip_error_kind kind;
	} cases[] = {
		{1, 0, IP_ERROR_NET},	     {1, 1, IP_ERROR_PROHIBITED},
		{1, 2, IP_ERROR_HOST},	     {1, 3, IP_ERROR_HOST},
		{1, 4, IP_ERROR_PORT},	     {1, 5, IP_ERROR_PROHIBITED},
		{1, 6, IP_ERROR_PROHIBITED}, {1, 77, IP_ERROR_HOST},
		{2, 0, IP_ERROR_TOO_BIG},    {2, 9, IP_ERROR_TOO_BIG},
		{3, 0, IP_ERROR_HOST},	     {3, 1, IP_ERROR_HOST},
		{4, 0, IP_ERROR_HOST},	     {4, 1, IP_ERROR_HOST},
		{4, 2, IP_ERROR_HOST},
	};
	struct ip_host *host = *state;
	uint8_t data[FRAME_MAX];
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		receive(host, data, write_error(data, cases[i].type, cases[i].code, 60));
		assert_int_equal(host->nb_errors, i + 1);
		assert_int_equal(host->error.kind, cases[i].kind);
		assert_int_equal(host->error.protocol, IPPROTO_TCP);
		assert_int_equal(host->error.mtu, 1300);
		assert_int_equal(host->error.bytes, WIRE_IPV6_HEADER_BYTES + PAYLOAD_BYTES);
		assert_true(tr_addr_is_same(&host->error.local_addr, &ours6));
		assert_true(tr_addr_is_same(&host->error.remote_addr, &far6));
		assert_int_equal(host->error.local_port, RTE_BE16(11211));
		assert_int_equal(host->error.remote_port, RTE_BE16(40000));
		assert_int_equal(host->error.seq, 0x12345678);
	}
	assert_int_equal(ip_stats(host->ip)->icmp_errors_received, RTE_DIM(cases));
	assert_int_equal(ip_host_drops(host), 0);
	assert_false(ip_host_sent(host));
}

/* What is too large for any packet is no less than the most. */
static void
test_mtu(void **state)
{
	struct ip_host *host = *state;
	uint8_t data[FRAME_MAX];
	uint32_t bytes = write_error(data, WIRE_ICMP6_TOO_BIG, 0, 100);

	memset(data + 4, 0xff, 4);
	receive(host, data, bytes);
	assert_int_equal(host->error.mtu, UINT16_MAX);
	memcpy(data + 4, "\0\1\0\0", 4);
	receive(host, data, bytes);
	assert_int_equal(host->error.mtu, UINT16_MAX);
	memset(data + QUOTE + 4, 0xff, 2);
	receive(host, data, bytes);
	assert_int_equal(host->error.bytes, UINT16_MAX);
}

/* RFC 4443 section 2.4 (a), (b): an error of a type that is not known is nobody's who spoke TCP. */
static void
test_unknown(void **state)
{
	struct ip_host *host = *state;
	uint8_t data[FRAME_MAX];

	receive(host, data, write_error(data, 0, 0, 100));
	receive(host, data, write_error(data, 5, 0, 100));
	receive(host, data, write_error(data, 127, 0, 100));
	assert_int_equal(ip_stats(host->ip)->drop_icmp6_type, 3);
	assert_int_equal(host->nb_errors, 0);
}

/* Each length of the quotation, in one piece and cut at every place. */
static void
test_every_length(void **state)
{
	struct ip_host *host = *state;
	uint8_t data[FRAME_MAX], frame[FRAME_MAX];
	uint32_t quoted, segment, bytes;

	for (quoted = 0; quoted < 48; quoted++)
		receive(host, data, write_error(data, 1, 3, quoted));
	assert_int_equal(ip_stats(host->ip)->drop_icmp_quote, 48);
	assert_int_equal(host->nb_errors, 0);
	for (; quoted < 1000; quoted += 17)
		receive(host, data, write_error(data, 1, 3, quoted));
	assert_int_equal(host->nb_errors, 56);
	bytes = write_error(data, 1, 3, 48);
	bytes = frame_ipv6(frame, &router6, &ours6, IPPROTO_ICMPV6, 64, data, bytes);
	for (segment = 1; segment < bytes; segment++)
		ip_host_receive_mbuf(host, ip_host_segments(host, frame, bytes, segment));
	assert_int_equal(host->nb_errors, 56 + bytes - 1);
}

/* A quotation that lies, or of what we did not send. */
static void
test_lies(void **state)
{
	static const struct {
		uint8_t at, value;
	} cases[] = {
		{0, 0x50}, /* version 5 */
		{6, IPPROTO_FRAGMENT}, /* which we send none of */
		{6, IPPROTO_HOPOPTS},
		{6, IPPROTO_UDP},
		{6, IPPROTO_ICMPV6}, /* an error about an error */
		{23, 3}, /* from somebody else */
		{24, 0xff}, /* to a group */
	};
	struct ip_host *host = *state;
	uint8_t data[FRAME_MAX];
	uint32_t bytes;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		bytes = write_error(data, 1, 4, 60);
		data[QUOTE + cases[i].at] = cases[i].value;
		receive(host, data, bytes);
	}
	/* To ourselves, or to nobody. */
	bytes = write_error(data, 1, 4, 60);
	memcpy(data + QUOTE + 24, &ours6, sizeof(ours6));
	receive(host, data, bytes);
	memcpy(data + QUOTE + 24, &none6, sizeof(none6));
	receive(host, data, bytes);
	/* A packet shorter than what is quoted of it. */
	for (i = 0; i < 8; i++) {
		bytes = write_error(data, 1, 4, 60);
		data[QUOTE + 4] = 0;
		data[QUOTE + 5] = i;
		receive(host, data, bytes);
	}
	assert_int_equal(ip_stats(host->ip)->drop_icmp_quote, RTE_DIM(cases) + 2 + 8);
	assert_int_equal(host->nb_errors, 0);
	/* And a wrong checksum. */
	bytes = write_error(data, 1, 4, 60);
	bytes = frame_ipv6(data + 500, &router6, &ours6, IPPROTO_ICMPV6, 64, data, bytes);
	data[500 + bytes - 1] ^= 1;
	assert_int_equal(ip_host_receive(host, data + 500, bytes), IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_icmp6_malformed, 1);
	assert_int_equal(host->nb_errors, 0);
}

/* As much of the packet as fits in 1280 bytes, however many mbufs it came in. */
/* Shows: 4443-quote. */
static void
test_error_quote(void **state)
{
	const uint32_t sizes[] = {8, 100, 1191, 1192, 1193, 1400};
	struct ip_host *host = *state;
	uint8_t data[1400], frame[FRAME_MAX];
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	uint32_t bytes, quoted;
	unsigned int i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + i / 251;
	ip6_host_know(host, &peer6, &peer_mac);
	for (i = 0; i < 2 * RTE_DIM(sizes); i++) {
		bytes = frame_ipv6(frame, &peer6, &ours6, IPPROTO_UDP, 64, data, sizes[i / 2]);
		ip_host_receive_mbuf(host,
				     ip_host_segments(host, frame, bytes, i % 2 ? 301 : bytes));
		assert_int_equal(ip_txq(host->ip)->frames[0]->nb_segs, 1);
		assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
		quoted = RTE_MIN(bytes - WIRE_ETHER_HEADER_BYTES, 1232u);
		assert_int_equal(ipv6.payload_bytes, 8 + quoted);
		assert_memory_equal(payload + 8, frame + WIRE_ETHER_HEADER_BYTES, quoted);
	}
	assert_false(ip_host_sent(host));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ip_host_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_kinds),	 TEST(test_mtu),  TEST(test_unknown),
		TEST(test_every_length), TEST(test_lies), TEST(test_error_quote),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#define ETHER_BYTES 14
#define IPV4_BYTES 20
#define IPV6_BYTES 40

/* What stands in a frame, and in its flow. */
static const uint8_t addrs[32] = {
	0x20, 0x01, 0x0d, 0xb8, 5,  6,	7,  8,	9,  10, 11, 12, 13, 14, 15, 16,
	0xfe, 0x80, 19,	  20,	21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};
static const uint8_t ports[4] = {0xc0, 0x01, 0x2b, 0xcb};

static uint32_t
make_ipv4(uint8_t *frame, unsigned int options)
{
	uint8_t *ip = frame + ETHER_BYTES;

	memset(frame, 0, ETHER_BYTES + IPV4_BYTES + options);
	memcpy(frame + 12, "\x08\x00", 2);
	ip[0] = 0x40 | ((IPV4_BYTES + options) / 4);
	ip[6] = 0x40;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 12, addrs, 8);
	memcpy(ip + IPV4_BYTES + options, ports, sizeof(ports));
	return ETHER_BYTES + IPV4_BYTES + options + sizeof(ports);
}

static void
assert_ipv4(const uint8_t *frame, uint32_t len)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];

	assert_int_equal(wire_flow_parse(frame, len, flow), WIRE_FLOW_IPV4_BYTES);
	assert_memory_equal(flow, addrs, 8);
	assert_memory_equal(flow + 8, ports, sizeof(ports));
}

static void
assert_none(const uint8_t *frame, uint32_t len)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];

	assert_int_equal(wire_flow_parse(frame, len, flow), 0);
}

/* The addresses alone. */
static void
assert_fragment(const uint8_t *frame, uint32_t len, unsigned int bytes)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];

	assert_int_equal(wire_flow_parse(frame, len, flow), bytes);
	assert_memory_equal(flow, addrs, bytes);
}

static void
test_ipv4(void **state)
{
	uint8_t frame[128];
	uint32_t len, cut;

	(void)state;
	len = make_ipv4(frame, 0);
	assert_ipv4(frame, len);
	assert_ipv4(frame, len + 20);
	for (cut = 0; cut < len; cut++)
		assert_none(frame, cut);
	len = make_ipv4(frame, 40);
	assert_ipv4(frame, len);
	for (cut = 0; cut < len; cut++)
		assert_none(frame, cut);
}

static void
test_not_tcp_over_ipv4(void **state)
{
	uint8_t frame[128];
	uint32_t len = make_ipv4(frame, 0);

	(void)state;
	frame[ETHER_BYTES + 9] = IPPROTO_UDP;
	assert_none(frame, len);
	make_ipv4(frame, 0);
	frame[13] = 0x06;
	assert_none(frame, len);
	make_ipv4(frame, 0);
	frame[ETHER_BYTES] = 0x44;
	assert_none(frame, len);
}

static void
test_fragments_of_ipv4(void **state)
{
	uint8_t frame[128];
	uint32_t len = make_ipv4(frame, 0);
	unsigned int bit;

	(void)state;
	/* Each bit of the offset, and "more fragments"; but not "do not fragment". */
	for (bit = 0; bit < 14; bit++) {
		make_ipv4(frame, 0);
		frame[ETHER_BYTES + 7 - bit / 8] |= 1 << bit % 8;
		assert_fragment(frame, len, 8);
		/* Whatever of. */
		frame[ETHER_BYTES + 9] = IPPROTO_ICMP;
		assert_fragment(frame, len, 8);
		/* The last may have a byte of payload, and need not be padded. */
		assert_fragment(frame, ETHER_BYTES + IPV4_BYTES + 1, 8);
		assert_none(frame, ETHER_BYTES + IPV4_BYTES - 1);
	}
	make_ipv4(frame, 0);
	frame[ETHER_BYTES + 6] = 0;
	assert_ipv4(frame, len);
}

/* A packet with the extension headers that are named, each of so many times 8 bytes. */
static uint32_t
make_ipv6(uint8_t *frame, const uint8_t *headers, unsigned int nb, unsigned int units)
{
	uint8_t *ip = frame + ETHER_BYTES;
	uint8_t *next = ip + 6;
	uint32_t at = IPV6_BYTES;
	unsigned int i;

	memset(frame, 0, 256);
	memcpy(frame + 12, "\x86\xdd", 2);
	ip[0] = 0x60;
	memcpy(ip + 8, addrs, sizeof(addrs));
	for (i = 0; i < nb; i++) {
		*next = headers[i];
		next = ip + at;
		/* RFC 8200 section 4.5: a fragment header's length is not written in it. */
		ip[at + 1] = headers[i] == IPPROTO_FRAGMENT ? 0 : units - 1;
		at += headers[i] == IPPROTO_FRAGMENT ? 8 : 8 * units;
	}
	*next = IPPROTO_TCP;
	memcpy(ip + at, ports, sizeof(ports));
	return ETHER_BYTES + at + sizeof(ports);
}

static void
assert_ipv6(const uint8_t *frame, uint32_t len)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	uint32_t cut;

	assert_int_equal(wire_flow_parse(frame, len, flow), WIRE_FLOW_IPV6_BYTES);
	assert_memory_equal(flow, addrs, sizeof(addrs));
	assert_memory_equal(flow + 32, ports, sizeof(ports));
	for (cut = 0; cut < len; cut++)
		assert_none(frame, cut);
}

static void
test_ipv6(void **state)
{
	static const uint8_t headers[] = {IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
					  IPPROTO_FRAGMENT};
	uint8_t frame[256];
	uint32_t len;

	(void)state;
	assert_ipv6(frame, make_ipv6(frame, NULL, 0, 0));
	assert_ipv6(frame, make_ipv6(frame, headers, 1, 1));
	assert_ipv6(frame, make_ipv6(frame, headers, 3, 3));
	assert_ipv6(frame, make_ipv6(frame, headers, 4, 1));

	len = make_ipv6(frame, NULL, 0, 0);
	frame[ETHER_BYTES + 6] = IPPROTO_UDP;
	assert_none(frame, len);
	frame[ETHER_BYTES + 6] = IPPROTO_NONE;
	assert_none(frame, sizeof(frame));
}

static void
test_fragments_of_ipv6(void **state)
{
	const uint8_t header = IPPROTO_FRAGMENT;
	uint8_t frame[256];
	uint32_t len = make_ipv6(frame, &header, 1, 1);
	unsigned int bit;

	(void)state;
	/* The offset and "more", and not the two bits that are reserved between them. */
	for (bit = 0; bit < 16; bit++) {
		make_ipv6(frame, &header, 1, 1);
		frame[ETHER_BYTES + IPV6_BYTES + 3 - bit / 8] |= 1 << bit % 8;
		if (bit == 1 || bit == 2)
			assert_ipv6(frame, len);
		else
			assert_fragment(frame, len, 32);
	}
	frame[ETHER_BYTES + IPV6_BYTES] = IPPROTO_ICMPV6;
	assert_fragment(frame, len, 32);
}

/* What is written is what would be found in a segment. */
static void
test_write(void **state)
{
	struct tr_addr src, dst;
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	rte_be16_t port[2];

	(void)state;
	memcpy(port, ports, sizeof(port));
	memcpy(&src, addrs, sizeof(src));
	memcpy(&dst, addrs + 16, sizeof(dst));
	assert_int_equal(wire_flow_write(&src, &dst, port[0], port[1], flow), WIRE_FLOW_IPV6_BYTES);
	assert_memory_equal(flow, addrs, sizeof(addrs));
	assert_memory_equal(flow + sizeof(addrs), ports, sizeof(ports));
	memcpy(&src, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	dst = src;
	memcpy(src.bytes + 12, addrs, 4);
	memcpy(dst.bytes + 12, addrs + 4, 4);
	assert_int_equal(wire_flow_write(&src, &dst, port[0], port[1], flow), WIRE_FLOW_IPV4_BYTES);
	assert_memory_equal(flow, addrs, 8);
	assert_memory_equal(flow + 8, ports, sizeof(ports));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_not_tcp_over_ipv4),
		cmocka_unit_test(test_fragments_of_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_fragments_of_ipv6),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

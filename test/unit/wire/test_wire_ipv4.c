/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_ipv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_ip.h>

#define PACKET_BYTES 100

/** A packet with a header of @p words words, its options at data + 20, checksum to be fixed. */
static void
make(uint8_t *data, unsigned int words)
{
	memset(data, 0, PACKET_BYTES);
	data[0] = 0x40 | words;
	data[1] = 0x2e;
	data[3] = PACKET_BYTES;
	data[4] = 0x12;
	data[5] = 0x34;
	data[6] = 0x40;
	data[8] = 61;
	data[9] = 6;
	memcpy(data + 12, "\x0a\x4d\x00\x01\x0a\x4d\x00\x02", 8);
}

static void
fix_checksum(uint8_t *data)
{
	uint32_t bytes = (data[0] & 0xf) * 4;
	uint16_t sum;

	memset(data + 10, 0, 2);
	sum = ~rte_raw_cksum(data, bytes);
	memcpy(data + 10, &sum, sizeof(sum));
}

static void
test_fields(void **state)
{
	uint8_t data[PACKET_BYTES];
	struct wire_ipv4 ipv4;

	(void)state;
	make(data, 5);
	fix_checksum(data);
	assert_int_equal(wire_ipv4_parse(data, 20, sizeof(data), 1, &ipv4), WIRE_IPV4_OK);
	assert_int_equal(ipv4.src, RTE_BE32(0x0a4d0001));
	assert_int_equal(ipv4.dst, RTE_BE32(0x0a4d0002));
	assert_int_equal(ipv4.header_bytes, 20);
	assert_int_equal(ipv4.total_bytes, PACKET_BYTES);
	assert_int_equal(ipv4.id, 0x1234);
	assert_int_equal(ipv4.fragment_offset, 0);
	assert_int_equal(ipv4.protocol, 6);
	assert_int_equal(ipv4.ttl, 61);
	assert_int_equal(ipv4.dscp_ecn, 0x2e);
	assert_int_equal(ipv4.dont_fragment, 1);
	assert_int_equal(ipv4.more_fragments, 0);
	assert_int_equal(ipv4.source_route, 0);

	data[6] = 0x20;
	data[7] = 3;
	assert_int_equal(wire_ipv4_parse(data, 20, sizeof(data), 0, &ipv4), WIRE_IPV4_OK);
	assert_int_equal(ipv4.dont_fragment, 0);
	assert_int_equal(ipv4.more_fragments, 1);
	assert_int_equal(ipv4.fragment_offset, 24);
}

/* Shows: 1122-header. */
static void
test_bad(void **state)
{
	static const struct {
		uint8_t version_ihl;
		uint16_t total;
		uint32_t len;
		uint32_t packet_len;
		enum wire_ipv4_error error;
	} cases[] = {
		{0x45, 100, 100, 100, WIRE_IPV4_OK},
		{0x45, 20, 20, 46, WIRE_IPV4_OK}, /* padding */
		{0x45, 100, 20, 100, WIRE_IPV4_OK}, /* only the header in the first segment */
		{0x35, 100, 100, 100, WIRE_IPV4_BAD_VERSION},
		{0x55, 100, 100, 100, WIRE_IPV4_BAD_VERSION},
		{0x65, 100, 100, 100, WIRE_IPV4_BAD_VERSION},
		{0x40, 100, 100, 100, WIRE_IPV4_BAD_LENGTH},
		{0x44, 100, 100, 100, WIRE_IPV4_BAD_LENGTH},
		{0x46, 23, 100, 100, WIRE_IPV4_BAD_LENGTH},
		{0x45, 0, 100, 100, WIRE_IPV4_BAD_LENGTH},
		{0x45, 19, 100, 100, WIRE_IPV4_BAD_LENGTH},
		{0x4f, 59, 100, 100, WIRE_IPV4_BAD_LENGTH},
		{0x4f, 100, 59, 100, WIRE_IPV4_TRUNCATED},
		{0x4f, 60, 60, 60, WIRE_IPV4_OK},
		{0x45, 101, 100, 100, WIRE_IPV4_TRUNCATED},
		{0x45, 65535, 100, 100, WIRE_IPV4_TRUNCATED},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[PACKET_BYTES];
		struct wire_ipv4 ipv4;

		make(data, 5);
		data[0] = cases[i].version_ihl;
		data[2] = cases[i].total >> 8;
		data[3] = cases[i].total & 0xff;
		fix_checksum(data);
		assert_int_equal(wire_ipv4_parse(data, cases[i].len, cases[i].packet_len, 1, &ipv4),
				 cases[i].error);
	}
}

static void
test_every_length(void **state)
{
	uint8_t data[PACKET_BYTES];
	struct wire_ipv4 ipv4;
	uint32_t len;

	(void)state;
	make(data, 15);
	memset(data + 20, 1, 40);
	fix_checksum(data);
	for (len = 0; len < sizeof(data); len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, data, len);
		assert_int_equal(wire_ipv4_parse(copy, len, len, 1, &ipv4), WIRE_IPV4_TRUNCATED);
		free(copy);
	}
	assert_int_equal(wire_ipv4_parse(data, len, len, 1, &ipv4), WIRE_IPV4_OK);
	assert_int_equal(ipv4.header_bytes, 60);
}

/* Shows: 1122-header. */
static void
test_every_bit_counts(void **state)
{
	uint8_t data[PACKET_BYTES];
	struct wire_ipv4 ipv4;
	unsigned int bit;

	(void)state;
	make(data, 6);
	data[20] = 7;
	data[21] = 4;
	fix_checksum(data);
	for (bit = 0; bit < 24 * 8; bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		assert_int_not_equal(wire_ipv4_parse(data, 100, 100, 1, &ipv4), WIRE_IPV4_OK);
		data[bit / 8] ^= 1 << bit % 8;
	}
	/* Unless the device has verified it. */
	data[11] ^= 1;
	assert_int_equal(wire_ipv4_parse(data, 100, 100, 0, &ipv4), WIRE_IPV4_OK);
}

static void
test_source_route(void **state)
{
	static const struct {
		uint8_t options[8];
		uint8_t source_route;
	} cases[] = {
		{{131, 7, 4, 10, 0, 0, 1, 0}, 1},
		{{137, 7, 4, 10, 0, 0, 1, 0}, 1},
		{{1, 131, 7, 4, 10, 0, 0, 1}, 1},
		{{148, 4, 0, 0, 137, 3, 4, 0}, 1},
		{{1, 1, 1, 1, 1, 1, 1, 131}, 1}, /* cut short: still meant */
		{{131, 0}, 1},
		{{7, 7, 4, 0, 0, 0, 0, 0}, 0},
		{{7, 0, 131, 3, 4, 0, 0, 0}, 0}, /* an illegal length ends the options */
		{{7, 1, 131, 3, 4, 0, 0, 0}, 0},
		{{7, 255, 131, 3, 4, 0, 0, 0}, 0},
		{{0, 131, 3, 4, 0, 0, 0, 0}, 0},
		{{7, 8, 131, 131, 131, 131, 131, 131}, 0},
		{{1, 1, 1, 1, 1, 1, 1, 7}, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[PACKET_BYTES];
		struct wire_ipv4 ipv4;

		make(data, 7);
		memcpy(data + 20, cases[i].options, sizeof(cases[i].options));
		fix_checksum(data);
		assert_int_equal(wire_ipv4_parse(data, 28, 100, 1, &ipv4), WIRE_IPV4_OK);
		assert_int_equal(ipv4.source_route, cases[i].source_route);
	}
}

static void
test_round_trip(void **state)
{
	uint8_t data[1 + PACKET_BYTES];
	struct wire_ipv4 in = {
		.src = RTE_BE32(0x0a4d0001),
		.dst = RTE_BE32(0x0a4d0002),
		.header_bytes = 20,
		.total_bytes = 100,
		.id = 0xfedc,
		.protocol = 6,
		.ttl = 64,
		.dscp_ecn = 2,
		.dont_fragment = 1,
	};
	struct wire_ipv4 out;

	(void)state;
	memset(data, 0xff, sizeof(data));
	wire_ipv4_write(data + 1, &in);
	assert_int_equal(data[0], 0xff);
	assert_int_equal(data[1 + 20], 0xff);
	memset(&out, 0, sizeof(out));
	assert_int_equal(wire_ipv4_parse(data + 1, 20, 100, 1, &out), WIRE_IPV4_OK);
	assert_memory_equal(&in, &out, offsetof(struct wire_ipv4, source_route));
	in.dont_fragment = 0;
	wire_ipv4_write(data + 1, &in);
	assert_int_equal(wire_ipv4_parse(data + 1, 20, 100, 1, &out), WIRE_IPV4_OK);
	assert_int_equal(out.dont_fragment, 0);
}

/* What it takes, the other parser reads in the same way; what it does not is not usual. */
static void
test_usual(void **state)
{
	unsigned int bit, len, usual = 0;

	(void)state;
	for (bit = 0; bit < 20 * 8; bit++)
		for (len = PACKET_BYTES - 1; len <= PACKET_BYTES + 1; len++) {
			struct wire_ipv4 in, out;
			uint8_t data[PACKET_BYTES];
			bool plain;

			make(data, 5);
			data[bit / 8] ^= 1 << bit % 8;
			memset(&in, 0, sizeof(in));
			memset(&out, 0, sizeof(out));
			plain = wire_ipv4_parse(data, 20, len, 0, &out) == WIRE_IPV4_OK &&
				out.header_bytes == 20 && out.fragment_offset == 0 &&
				!out.more_fragments;
			assert_int_equal(wire_ipv4_parse_usual(data, len, &in), plain);
			if (plain)
				assert_memory_equal(&in, &out, sizeof(in));
			usual += plain;
		}
	assert_true(usual > 200);
}

/* The same bytes in two steps as in one, with every sum there can be. */
static void
test_vary(void **state)
{
	uint8_t whole[20], parts[20];
	struct wire_ipv4 in = {
		.src = RTE_BE32(0x0a4d0001),
		.dst = RTE_BE32(0x0a4d0002),
		.protocol = 6,
		.ttl = 64,
		.dont_fragment = 1,
	};
	unsigned int bytes;

	(void)state;
	for (bytes = 20; bytes <= UINT16_MAX; bytes++) {
		rte_be16_t total_bytes = rte_cpu_to_be_16(bytes);
		uint16_t sum;

		in.total_bytes = 0;
		wire_ipv4_write(parts, &in);
		memset(parts + WIRE_IPV4_CHECKSUM_OFFSET, 0, sizeof(sum));
		sum = wire_checksum_sum(parts, sizeof(parts));
		in.total_bytes = bytes;
		wire_ipv4_write(whole, &in);
		wire_ipv4_vary_sum(parts, total_bytes, sum);
		assert_memory_equal(parts, whole, sizeof(whole));
		memset(whole + WIRE_IPV4_CHECKSUM_OFFSET, 0, sizeof(sum));
		memset(parts + WIRE_IPV4_TOTAL_BYTES_OFFSET, 0, sizeof(total_bytes));
		memset(parts + WIRE_IPV4_CHECKSUM_OFFSET, 0, sizeof(sum));
		wire_ipv4_vary(parts, total_bytes);
		assert_memory_equal(parts, whole, sizeof(whole));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	     cmocka_unit_test(test_bad),
		cmocka_unit_test(test_every_length), cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_source_route), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_vary),	     cmocka_unit_test(test_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <rte_common.h>

#include "wire_ipv6.h"

#define TCP_BYTES 20

/* A packet under construction: next headers are filled in as headers are appended. */
struct packet {
	uint8_t data[2048];
	uint32_t len;
	uint32_t next_at; /* where the number of what comes next stands */
};

static void
begin(struct packet *packet)
{
	memset(packet, 0, sizeof(*packet));
	packet->data[0] = 0x60;
	packet->len = WIRE_IPV6_HEADER_BYTES;
	packet->next_at = 6;
}

/* A header of @p bytes, a multiple of 8; what it holds behind its length. */
static void
append(struct packet *packet, uint8_t type, uint32_t bytes, const uint8_t *body, uint32_t body_len)
{
	uint8_t *at = packet->data + packet->len;

	packet->data[packet->next_at] = type;
	packet->next_at = packet->len;
	memset(at, 0, bytes);
	at[1] = bytes / 8 - 1;
	if (body_len > 0)
		memcpy(at + 2, body, body_len);
	packet->len += bytes;
}

static enum wire_ipv6_walk_result
finish(struct packet *packet, uint8_t protocol, struct wire_ipv6_walk *walk)
{
	packet->data[packet->next_at] = protocol;
	packet->len += TCP_BYTES;
	return wire_ipv6_walk(packet->data, packet->len, packet->data[6], walk);
}

/* One header of options of @p type, padded to 8 bytes. */
static enum wire_ipv6_walk_result
with_option(uint8_t type, struct wire_ipv6_walk *walk)
{
	const uint8_t option[6] = {type, 4, 1, 2, 3, 4};
	struct packet packet;

	begin(&packet);
	append(&packet, IPPROTO_DSTOPTS, 8, option, sizeof(option));
	return finish(&packet, IPPROTO_TCP, walk);
}

static void
test_header_there_and_back(void **state)
{
	struct wire_ipv6 ipv6 = {
		.src = {{0x20, 1, 0xd, 0xb8, [15] = 2}},
		.dst = {{0x20, 1, 0xd, 0xb8, [15] = 3}},
		.flow_label = 0xabcde,
		.payload_bytes = 60,
		.next_header = IPPROTO_TCP,
		.hop_limit = 64,
		.dscp_ecn = 0x2e << 2 | 2,
	};
	struct wire_ipv6 read;
	uint8_t data[100] = {0};

	(void)state;
	wire_ipv6_write(data, &ipv6);
	assert_int_equal(data[0], 0x6b);
	assert_int_equal(data[1], 0xaa);
	assert_int_equal(wire_ipv6_parse(data, sizeof(data), sizeof(data), &read), WIRE_IPV6_OK);
	assert_true(tr_addr_is_same(&read.src, &ipv6.src));
	assert_true(tr_addr_is_same(&read.dst, &ipv6.dst));
	assert_int_equal(read.flow_label, ipv6.flow_label);
	assert_int_equal(read.payload_bytes, ipv6.payload_bytes);
	assert_int_equal(read.next_header, ipv6.next_header);
	assert_int_equal(read.hop_limit, ipv6.hop_limit);
	assert_int_equal(read.dscp_ecn, ipv6.dscp_ecn);
}

/* Shows: 8200-header. */
static void
test_bad_headers(void **state)
{
	uint8_t data[100] = {0x60, [5] = 60};
	struct wire_ipv6 ipv6;
	uint32_t len;

	(void)state;
	for (len = 0; len < WIRE_IPV6_HEADER_BYTES; len++)
		assert_int_equal(wire_ipv6_parse(data, len, 100, &ipv6), WIRE_IPV6_TRUNCATED);
	assert_int_equal(wire_ipv6_parse(data, 40, 99, &ipv6), WIRE_IPV6_TRUNCATED);
	assert_int_equal(wire_ipv6_parse(data, 40, 100, &ipv6), WIRE_IPV6_OK);
	data[4] = 0xff;
	assert_int_equal(wire_ipv6_parse(data, 40, 100, &ipv6), WIRE_IPV6_TRUNCATED);
	data[4] = data[5] = 0; /* a jumbogram, or nothing */
	assert_int_equal(wire_ipv6_parse(data, 40, 100, &ipv6), WIRE_IPV6_BAD_LENGTH);
	data[5] = 60;
	data[0] = 0x40;
	assert_int_equal(wire_ipv6_parse(data, 40, 100, &ipv6), WIRE_IPV6_BAD_VERSION);
}

/* Shows: 8200-extensions, 6946-atomic. */
static void
test_walks_to_the_payload(void **state)
{
	struct wire_ipv6_walk walk;
	struct packet packet;

	(void)state;
	begin(&packet);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_PAYLOAD);
	assert_int_equal(walk.bytes, 0);
	assert_int_equal(walk.protocol_offset, 6);
	begin(&packet);
	append(&packet, IPPROTO_HOPOPTS, 8, NULL, 0);
	append(&packet, IPPROTO_ROUTING, 24, NULL, 0); /* no segments left */
	append(&packet, IPPROTO_FRAGMENT, 8, NULL, 0); /* a whole packet */
	append(&packet, IPPROTO_DSTOPTS, 16, (const uint8_t[]){0, 1, 11}, 3);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_PAYLOAD);
	assert_int_equal(walk.protocol, IPPROTO_TCP);
	assert_int_equal(walk.bytes, 56);
	assert_int_equal(walk.protocol_offset, 40 + 40);
	begin(&packet);
	assert_int_equal(finish(&packet, IPPROTO_NONE, &walk), WIRE_IPV6_WALK_NOTHING);
}

/* RFC 8200 section 4.2. */
/* Shows: 8200-extensions. */
static void
test_unknown_options(void **state)
{
	struct wire_ipv6_walk walk;

	(void)state;
	assert_int_equal(with_option(0x3e, &walk), WIRE_IPV6_WALK_PAYLOAD);
	assert_int_equal(with_option(0x7e, &walk), WIRE_IPV6_WALK_REFUSED);
	assert_int_equal(with_option(0xbe, &walk), WIRE_IPV6_WALK_PROBLEM);
	assert_int_equal(walk.problem_code, 2);
	assert_int_equal(walk.problem_offset, 42);
	assert_true(walk.problem_of_group);
	assert_int_equal(with_option(0xfe, &walk), WIRE_IPV6_WALK_PROBLEM);
	assert_false(walk.problem_of_group);
	/* Of a jumbogram, too. */
	assert_int_equal(with_option(0xc2, &walk), WIRE_IPV6_WALK_PROBLEM);
}

/* Shows: 5095-routing. */
static void
test_refused(void **state)
{
	struct wire_ipv6_walk walk;
	struct packet packet;

	(void)state;
	begin(&packet); /* hop-by-hop, but not first */
	append(&packet, IPPROTO_DSTOPTS, 8, NULL, 0);
	append(&packet, IPPROTO_HOPOPTS, 8, NULL, 0);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_PROBLEM);
	assert_int_equal(walk.problem_code, 1);
	assert_int_equal(walk.problem_offset, 40);
	begin(&packet); /* a source route */
	append(&packet, IPPROTO_ROUTING, 24, (const uint8_t[]){0, 1}, 2);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_PROBLEM);
	assert_int_equal(walk.problem_code, 0);
	assert_int_equal(walk.problem_offset, 42);
}

/* RFC 7112: the first has all headers in it; what the others begin with nobody knows. */
/* Shows: 7112-chain. */
static void
test_fragments(void **state)
{
	struct wire_ipv6_walk walk;
	struct packet packet;
	uint32_t len;

	(void)state;
	begin(&packet);
	append(&packet, IPPROTO_HOPOPTS, 8, NULL, 0);
	append(&packet, IPPROTO_FRAGMENT, 8, (const uint8_t[]){0, 7}, 2);
	append(&packet, IPPROTO_DSTOPTS, 24, (const uint8_t[]){1, 20}, 2);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_FRAGMENT);
	assert_int_equal(walk.fragment.at, 48);
	assert_int_equal(walk.fragment.offset, 0);
	assert_true(walk.fragment.more);
	for (len = 56; len < packet.len; len++)
		assert_int_equal(wire_ipv6_walk(packet.data, len, packet.data[6], &walk),
				 WIRE_IPV6_WALK_CHAIN);
	packet.data[50] = 0x12; /* a later one: the same bytes are no headers */
	packet.data[51] = 0x38 | 6;
	for (len = 56; len < packet.len; len++) {
		assert_int_equal(wire_ipv6_walk(packet.data, len, packet.data[6], &walk),
				 WIRE_IPV6_WALK_FRAGMENT);
		assert_int_equal(walk.fragment.at, 48);
		assert_int_equal(walk.fragment.offset, 0x1238);
		assert_false(walk.fragment.more);
	}
	begin(&packet); /* a part of a part */
	append(&packet, IPPROTO_FRAGMENT, 8, (const uint8_t[]){0, 1}, 2);
	append(&packet, IPPROTO_FRAGMENT, 8, (const uint8_t[]){0, 1}, 2);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
}

static void
test_malformed(void **state)
{
	struct wire_ipv6_walk walk;
	struct packet packet;
	unsigned int i;

	(void)state;
	begin(&packet); /* padding that is none */
	append(&packet, IPPROTO_DSTOPTS, 8, (const uint8_t[]){1, 4, 0, 0, 0, 7}, 6);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
	begin(&packet); /* an option beyond its header */
	append(&packet, IPPROTO_DSTOPTS, 8, (const uint8_t[]){0x3e, 5}, 2);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
	begin(&packet); /* or with no room for its length */
	append(&packet, IPPROTO_DSTOPTS, 8, (const uint8_t[]){0, 0, 0, 0, 0, 0x3e}, 6);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
	begin(&packet); /* more options than anybody needs */
	append(&packet, IPPROTO_DSTOPTS, 64, NULL, 0);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
	begin(&packet); /* a header beyond the packet */
	append(&packet, IPPROTO_DSTOPTS, 8, NULL, 0);
	packet.data[41] = 255;
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
	begin(&packet); /* a long one that is within */
	append(&packet, IPPROTO_ROUTING, 264, NULL, 0);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
	begin(&packet); /* two hundred of them */
	for (i = 0; i < 200; i++)
		append(&packet, IPPROTO_DSTOPTS, 8, NULL, 0);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_MALFORMED);
}

/* Cut anywhere, a chain that was good is no chain, and nothing behind it is read. */
static void
test_cut_anywhere(void **state)
{
	struct wire_ipv6_walk walk;
	struct packet packet;
	uint32_t len;

	(void)state;
	begin(&packet);
	append(&packet, IPPROTO_HOPOPTS, 8, NULL, 0);
	append(&packet, IPPROTO_DSTOPTS, 24, (const uint8_t[]){1, 20}, 2);
	assert_int_equal(finish(&packet, IPPROTO_TCP, &walk), WIRE_IPV6_WALK_PAYLOAD);
	for (len = WIRE_IPV6_HEADER_BYTES; len < WIRE_IPV6_HEADER_BYTES + 32; len++)
		assert_int_equal(wire_ipv6_walk(packet.data, len, packet.data[6], &walk),
				 WIRE_IPV6_WALK_MALFORMED);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_there_and_back),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_walks_to_the_payload),
		cmocka_unit_test(test_unknown_options),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

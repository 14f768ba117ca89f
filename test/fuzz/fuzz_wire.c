/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Every parser of lib/wire, on bytes that end where memory ends: what is parsed, written and parsed
 * again is the same, and a short way agrees with the general one. The first byte chooses the
 * parser.
 */
#include <string.h>

#include <rte_common.h>

#include "fuzz.h"
#include "wire_arp.h"
#include "wire_checksum.h"
#include "wire_ether.h"
#include "wire_icmp.h"
#include "wire_icmp6.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"
#include "wire_nd.h"
#include "wire_tcp.h"

#define ICMP_MAX 600

static void try_ether(uint8_t *data, uint32_t len);
static void try_arp(uint8_t *data, uint32_t len);
static void try_ipv4(uint8_t *data, uint32_t len);
static void try_icmp(uint8_t *data, uint32_t len);
static void try_tcp(uint8_t *data, uint32_t len);
static void try_ipv6(uint8_t *data, uint32_t len);
static void try_icmp6(uint8_t *data, uint32_t len);
static void try_nd(uint8_t *data, uint32_t len);
static void check_ipv6_walk(const uint8_t *data, uint32_t len, uint8_t next_header);
static void check_same_ipv6(const struct wire_ipv6 *a, const struct wire_ipv6 *b);
static void check_ipv6_walk(const uint8_t *data, uint32_t len, uint8_t next_header);
static void check_same_ipv6(const struct wire_ipv6 *a, const struct wire_ipv6 *b);
static void check_ipv4_usual(const uint8_t *data, uint32_t len);
static void check_same_ipv4(const struct wire_ipv4 *a, const struct wire_ipv4 *b);
static void check_icmp_error(const uint8_t *data, uint32_t len);
static void check_tcp_usual(const uint8_t *data, uint32_t len, const struct wire_tcp *parsed);
static void check_same_options(const struct wire_tcp_options *a, const struct wire_tcp_options *b);

void
fuzz_setup(void)
{
}

void
fuzz_run(struct fuzz_input *input)
{
	static void (*const tries[])(uint8_t *, uint32_t) = {
		try_ether, try_arp, try_ipv4, try_icmp, try_tcp, try_ipv6, try_icmp6, try_nd,
	};
	uint8_t chosen = fuzz_8(input);
	/* As behind an Ethernet header: not even four bytes aligned. */
	uint32_t offset = chosen & 0x80 ? 2 : 0;
	uint8_t *block = malloc(offset + input->left);

	if (input->left > 0)
		memcpy(block + offset, input->at, input->left);
	tries[(chosen & 0x7f) % RTE_DIM(tries)](block + offset, input->left);
	free(block);
}

static void
try_ether(uint8_t *data, uint32_t len)
{
	uint8_t written[WIRE_ETHER_HEADER_BYTES];
	struct wire_ether ether;

	fuzz_check(wire_ether_parse(data, len, &ether) == (len >= sizeof(written)));
	if (len < sizeof(written))
		return;
	wire_ether_write(written, &ether);
	fuzz_check(memcmp(written, data, sizeof(written)) == 0);
	fuzz_check(wire_ether_is(data, &ether.dst, ether.type));
	fuzz_check(!wire_ether_is(data, &ether.dst, ether.type ^ 1));
}

static void
try_arp(uint8_t *data, uint32_t len)
{
	uint8_t written[WIRE_ARP_BYTES];
	struct wire_arp arp;

	if (wire_arp_parse(data, len, &arp) != WIRE_ARP_OK)
		return;
	fuzz_check(len >= WIRE_ARP_BYTES);
	wire_arp_write(written, &arp);
	fuzz_check(memcmp(written, data, sizeof(written)) == 0);
}

static void
try_ipv4(uint8_t *data, uint32_t len)
{
	uint8_t written[WIRE_IPV4_HEADER_BYTES];
	struct wire_ipv4 first, second;

	if (len >= WIRE_IPV4_HEADER_BYTES)
		check_ipv4_usual(data, len);
	/* A packet may be longer than what can be read at once. */
	if (wire_ipv4_parse(data, len, len + 1000, 0, &first) != WIRE_IPV4_OK)
		return;
	fuzz_check(first.header_bytes >= WIRE_IPV4_HEADER_BYTES && first.header_bytes <= len);
	fuzz_check(first.total_bytes >= first.header_bytes && first.total_bytes <= len + 1000);
	wire_ipv4_write(written, &first);
	fuzz_check(wire_ipv4_parse(written, sizeof(written), first.total_bytes, 1, &second) ==
		   WIRE_IPV4_OK);
	/* Options and what belongs to fragments are not written. */
	first.header_bytes = WIRE_IPV4_HEADER_BYTES;
	first.fragment_offset = 0;
	first.more_fragments = 0;
	first.source_route = 0;
	check_same_ipv4(&first, &second);
}

static void
check_ipv4_usual(const uint8_t *data, uint32_t len)
{
	struct wire_ipv4 usual, general;
	bool whole = wire_ipv4_parse(data, len, len, 0, &general) == WIRE_IPV4_OK &&
		     general.header_bytes == WIRE_IPV4_HEADER_BYTES &&
		     general.fragment_offset == 0 && !general.more_fragments;

	if (!wire_ipv4_parse_usual(data, len, &usual)) {
		fuzz_check(!whole);
		return;
	}
	fuzz_check(whole);
	check_same_ipv4(&usual, &general);
}

static void
check_same_ipv4(const struct wire_ipv4 *a, const struct wire_ipv4 *b)
{
	fuzz_check(a->src == b->src && a->dst == b->dst);
	fuzz_check(a->header_bytes == b->header_bytes && a->total_bytes == b->total_bytes);
	fuzz_check(a->id == b->id && a->fragment_offset == b->fragment_offset);
	fuzz_check(a->protocol == b->protocol && a->ttl == b->ttl && a->dscp_ecn == b->dscp_ecn);
	fuzz_check(a->dont_fragment == b->dont_fragment && a->more_fragments == b->more_fragments);
	fuzz_check(a->source_route == b->source_route);
}

static void
try_icmp(uint8_t *data, uint32_t len)
{
	struct wire_icmp icmp;

	fuzz_check(wire_icmp_parse(data, len, &icmp) == (len >= WIRE_ICMP_HEADER_BYTES));
	check_icmp_error(data, len);
	if (len < WIRE_ICMP_HEADER_BYTES || icmp.type != WIRE_ICMP_ECHO_REQUEST ||
	    wire_checksum_sum(data, len) != 0xffff)
		return;
	wire_icmp_echo_reply(data);
	fuzz_check(data[0] == WIRE_ICMP_ECHO_REPLY && wire_checksum_sum(data, len) == 0xffff);
}

static void
check_icmp_error(const uint8_t *data, uint32_t len)
{
	struct wire_icmp_error first, second;
	uint8_t written[ICMP_MAX];

	if (!wire_icmp_error_parse(data, len, &first) || len > ICMP_MAX)
		return;
	fuzz_check(wire_icmp_is_error(first.type));
	memcpy(written, data, len);
	wire_icmp_error_write(written, len, first.type, first.code);
	fuzz_check(wire_checksum_sum(written, len) == 0xffff);
	fuzz_check(wire_icmp_error_parse(written, len, &second));
	fuzz_check(first.type == second.type && first.code == second.code && second.mtu == 0);
	fuzz_check(first.src_port == second.src_port && first.dst_port == second.dst_port);
	fuzz_check(first.seq == second.seq);
	check_same_ipv4(&first.ipv4, &second.ipv4);
}

static void
try_tcp(uint8_t *data, uint32_t len)
{
	uint8_t written[WIRE_TCP_HEADER_MAX];
	struct wire_tcp first, second;
	uint16_t bytes;

	if (wire_tcp_parse(data, len, &first) != WIRE_TCP_OK)
		return;
	fuzz_check(first.header_bytes >= WIRE_TCP_HEADER_BYTES && first.header_bytes <= len);
	fuzz_check(first.options.window_scale <= 14);
	check_tcp_usual(data, len, &first);
	bytes = wire_tcp_write(written, &first);
	fuzz_check(bytes <= sizeof(written) && bytes == wire_tcp_header_bytes(&first.options));
	fuzz_check(wire_tcp_parse(written, bytes, &second) == WIRE_TCP_OK);
	fuzz_check(second.header_bytes == bytes);
	fuzz_check(first.src_port == second.src_port && first.dst_port == second.dst_port);
	fuzz_check(first.seq == second.seq && first.ack == second.ack);
	fuzz_check(first.window == second.window && first.flags == second.flags);
	/* With the padding that we write, fewer blocks may fit. */
	fuzz_check(second.options.nb_sack <= first.options.nb_sack);
	fuzz_check(second.options.nb_sack + 1 >= first.options.nb_sack);
	first.options.nb_sack = second.options.nb_sack;
	check_same_options(&first.options, &second.options);
}

static void
check_tcp_usual(const uint8_t *data, uint32_t len, const struct wire_tcp *parsed)
{
	struct wire_tcp usual;

	if (!wire_tcp_parse_usual(data, len, &usual))
		return;
	fuzz_check(usual.seq == parsed->seq && usual.ack == parsed->ack);
	fuzz_check(usual.src_port == parsed->src_port && usual.dst_port == parsed->dst_port);
	fuzz_check(usual.window == parsed->window && usual.flags == parsed->flags);
	fuzz_check(usual.header_bytes == parsed->header_bytes && usual.urgent == parsed->urgent);
	check_same_options(&usual.options, &parsed->options);
}

static void
check_same_options(const struct wire_tcp_options *a, const struct wire_tcp_options *b)
{
	unsigned int i;

	fuzz_check(a->has_mss == b->has_mss && (!a->has_mss || a->mss == b->mss));
	fuzz_check(a->has_window_scale == b->has_window_scale);
	fuzz_check(!a->has_window_scale || a->window_scale == b->window_scale);
	fuzz_check(a->has_timestamps == b->has_timestamps);
	if (a->has_timestamps)
		fuzz_check(a->ts_value == b->ts_value && a->ts_echo == b->ts_echo);
	fuzz_check(a->sack_permitted == b->sack_permitted && a->nb_sack == b->nb_sack);
	fuzz_check(a->user_timeout == b->user_timeout);
	for (i = 0; i < a->nb_sack; i++)
		fuzz_check(a->sack[i].left == b->sack[i].left &&
			   a->sack[i].right == b->sack[i].right);
}

static void
try_ipv6(uint8_t *data, uint32_t len)
{
	uint8_t written[WIRE_IPV6_HEADER_BYTES];
	struct wire_ipv6 first, second;

	if (wire_ipv6_parse(data, len, len + 1000, &first) != WIRE_IPV6_OK)
		return;
	fuzz_check(first.payload_bytes > 0);
	fuzz_check(first.payload_bytes <= len - WIRE_IPV6_HEADER_BYTES + 1000);
	wire_ipv6_write(written, &first);
	fuzz_check(memcmp(written, data, sizeof(written)) == 0);
	fuzz_check(wire_ipv6_parse(written, sizeof(written),
				   WIRE_IPV6_HEADER_BYTES + first.payload_bytes,
				   &second) == WIRE_IPV6_OK);
	check_same_ipv6(&first, &second);
	check_ipv6_walk(data, len, first.next_header);
	wire_icmp6_may_be_error(data, len);
}

static void
check_ipv6_walk(const uint8_t *data, uint32_t len, uint8_t next_header)
{
	enum wire_ipv6_walk_result result;
	struct wire_ipv6_walk walk;

	result = wire_ipv6_walk(data, len, next_header, &walk);
	fuzz_check(walk.bytes <= WIRE_IPV6_EXTENSIONS_BYTES && walk.bytes % 8 == 0);
	fuzz_check(walk.bytes <= len - WIRE_IPV6_HEADER_BYTES);
	fuzz_check(walk.protocol_offset < len && walk.fragment.offset % 8 == 0);
	if (walk.fragment.at != 0)
		fuzz_check(len - walk.fragment.at >= WIRE_IPV6_FRAGMENT_BYTES);
	if (result == WIRE_IPV6_WALK_PAYLOAD)
		fuzz_check(data[walk.protocol_offset] == walk.protocol);
	if (result == WIRE_IPV6_WALK_PROBLEM)
		fuzz_check(walk.problem_offset < len);
}

static void
check_same_ipv6(const struct wire_ipv6 *a, const struct wire_ipv6 *b)
{
	fuzz_check(tr_addr_is_same(&a->src, &b->src) && tr_addr_is_same(&a->dst, &b->dst));
	fuzz_check(a->flow_label == b->flow_label && a->payload_bytes == b->payload_bytes);
	fuzz_check(a->next_header == b->next_header && a->hop_limit == b->hop_limit);
	fuzz_check(a->dscp_ecn == b->dscp_ecn);
}

static void
try_icmp6(uint8_t *data, uint32_t len)
{
	uint8_t written[WIRE_ICMP6_HEADER_BYTES];
	struct wire_icmp6_error error;
	struct wire_icmp6 first, second;

	fuzz_check(wire_icmp6_parse(data, len, &first) == (len >= sizeof(written)));
	if (wire_icmp6_error_parse(data, len, &error)) {
		fuzz_check(error.type == first.type && error.code == first.code);
		fuzz_check(error.type < WIRE_ICMP6_INFORMATIONAL && error.value == first.value);
		fuzz_check(len >=
			   sizeof(written) + WIRE_IPV6_HEADER_BYTES + WIRE_ICMP6_QUOTED_BYTES);
	}
	if (len < sizeof(written))
		return;
	wire_icmp6_write(written, &first);
	fuzz_check(wire_icmp6_parse(written, sizeof(written), &second));
	fuzz_check(first.type == second.type && first.code == second.code);
	fuzz_check(first.value == second.value);
}

static void
try_nd(uint8_t *data, uint32_t len)
{
	uint8_t written[WIRE_ND_BYTES_MAX];
	struct wire_nd first, second;
	uint32_t bytes;

	if (!wire_nd_parse(data, len, &first))
		return;
	/* What a router says is read, and not written. */
	if (first.type == WIRE_ICMP6_ROUTER_ADVERTISEMENT)
		return;
	bytes = wire_nd_write(written, &first);
	fuzz_check(bytes <= sizeof(written) && bytes <= len);
	fuzz_check(wire_nd_parse(written, bytes, &second));
	fuzz_check(first.type == second.type && first.flags == second.flags);
	fuzz_check(tr_addr_is_same(&first.target, &second.target));
	fuzz_check(first.has_mac == second.has_mac);
	fuzz_check(!first.has_mac || rte_is_same_ether_addr(&first.mac, &second.mac));
}

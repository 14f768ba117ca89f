/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_ipv6.h"

#include <string.h>

#include <netinet/in.h>
#include <rte_common.h>

/* RFC 8200 section 4.2: what the two high bits of an option's type ask of who does not know it. */
#define ACTION(type) ((type) >> 6)
enum action { ACTION_SKIP, ACTION_DROP, ACTION_ANSWER, ACTION_ANSWER_HOST };

#define OPTION_PAD1 0
#define OPTION_PADN 1

/* RFC 4443 section 3.4. */
enum problem { PROBLEM_FIELD, PROBLEM_NEXT_HEADER, PROBLEM_OPTION };

static enum wire_ipv6_walk_result step(const uint8_t *data, uint32_t len,
				       struct wire_ipv6_walk *walk);
static enum wire_ipv6_walk_result options(const uint8_t *data, uint32_t offset, uint32_t end,
					  struct wire_ipv6_walk *walk);
static enum wire_ipv6_walk_result unknown_option(uint8_t type, uint32_t offset,
						 struct wire_ipv6_walk *walk);
static enum wire_ipv6_walk_result problem(struct wire_ipv6_walk *walk, enum problem code,
					  uint32_t offset);
static bool is_extension(uint8_t protocol);
static void read_fragment(const uint8_t *header, uint32_t at, struct wire_ipv6_fragment *fragment);
static bool is_part(const struct wire_ipv6_fragment *fragment);
static uint32_t upper_bytes(uint8_t protocol);

enum wire_ipv6_error
wire_ipv6_parse(const uint8_t *data, uint32_t len, uint32_t packet_len, struct wire_ipv6 *ipv6)
{
	rte_be32_t first;
	rte_be16_t payload;

	if (len < WIRE_IPV6_HEADER_BYTES)
		return WIRE_IPV6_TRUNCATED;
	if (data[0] >> 4 != 6)
		return WIRE_IPV6_BAD_VERSION;
	memcpy(&first, data, sizeof(first));
	memcpy(&payload, data + 4, sizeof(payload));
	*ipv6 = (struct wire_ipv6){
		.flow_label = rte_be_to_cpu_32(first) & WIRE_IPV6_FLOW_LABEL_MASK,
		.payload_bytes = rte_be_to_cpu_16(payload),
		.next_header = data[6],
		.hop_limit = data[7],
		.dscp_ecn = (uint8_t)(rte_be_to_cpu_32(first) >> 20),
	};
	memcpy(&ipv6->src, data + WIRE_IPV6_ADDRS_OFFSET, sizeof(ipv6->src));
	memcpy(&ipv6->dst, data + WIRE_IPV6_ADDRS_OFFSET + sizeof(ipv6->src), sizeof(ipv6->dst));
	if (ipv6->payload_bytes == 0)
		return WIRE_IPV6_BAD_LENGTH;
	if (ipv6->payload_bytes > packet_len - WIRE_IPV6_HEADER_BYTES)
		return WIRE_IPV6_TRUNCATED;
	return WIRE_IPV6_OK;
}

void
wire_ipv6_write(uint8_t *data, const struct wire_ipv6 *ipv6)
{
	rte_be32_t first = rte_cpu_to_be_32((uint32_t)6 << 28 | (uint32_t)ipv6->dscp_ecn << 20 |
					    (ipv6->flow_label & WIRE_IPV6_FLOW_LABEL_MASK));
	rte_be16_t payload = rte_cpu_to_be_16(ipv6->payload_bytes);

	memcpy(data, &first, sizeof(first));
	memcpy(data + 4, &payload, sizeof(payload));
	data[6] = ipv6->next_header;
	data[7] = ipv6->hop_limit;
	memcpy(data + WIRE_IPV6_ADDRS_OFFSET, &ipv6->src, sizeof(ipv6->src));
	memcpy(data + WIRE_IPV6_ADDRS_OFFSET + sizeof(ipv6->src), &ipv6->dst, sizeof(ipv6->dst));
}

enum wire_ipv6_walk_result
wire_ipv6_walk(const uint8_t *data, uint32_t len, uint8_t next_header, struct wire_ipv6_walk *walk)
{
	enum wire_ipv6_walk_result result;
	unsigned int nb;

	*walk = (struct wire_ipv6_walk){.protocol = next_header, .protocol_offset = 6};
	for (nb = 0; is_extension(walk->protocol); nb++) {
		/* Section 4.1: only right behind the IPv6 header. */
		if (walk->protocol == IPPROTO_HOPOPTS && nb > 0)
			return problem(walk, PROBLEM_NEXT_HEADER, walk->protocol_offset);
		if (nb == WIRE_IPV6_EXTENSIONS_MAX)
			return WIRE_IPV6_WALK_MALFORMED;
		result = step(data, len, walk);
		if (result != WIRE_IPV6_WALK_PAYLOAD)
			return result;
	}
	if (walk->protocol == IPPROTO_NONE)
		return WIRE_IPV6_WALK_NOTHING;
	if (!is_part(&walk->fragment))
		return WIRE_IPV6_WALK_PAYLOAD;
	return len < WIRE_IPV6_HEADER_BYTES + walk->bytes + upper_bytes(walk->protocol)
		       ? WIRE_IPV6_WALK_CHAIN
		       : WIRE_IPV6_WALK_FRAGMENT;
}

/* Over one extension header. */
static enum wire_ipv6_walk_result
step(const uint8_t *data, uint32_t len, struct wire_ipv6_walk *walk)
{
	enum wire_ipv6_walk_result result = WIRE_IPV6_WALK_PAYLOAD;
	uint32_t offset = WIRE_IPV6_HEADER_BYTES + walk->bytes;
	uint32_t bytes;

	/* Eight bytes are the least of each. */
	if (len < offset || len - offset < 8)
		return is_part(&walk->fragment) ? WIRE_IPV6_WALK_CHAIN : WIRE_IPV6_WALK_MALFORMED;
	bytes = walk->protocol == IPPROTO_FRAGMENT ? WIRE_IPV6_FRAGMENT_BYTES
						   : 8 * (1 + (uint32_t)data[offset + 1]);
	if (walk->bytes + bytes > WIRE_IPV6_EXTENSIONS_BYTES)
		return WIRE_IPV6_WALK_MALFORMED;
	if (bytes > len - offset)
		return is_part(&walk->fragment) ? WIRE_IPV6_WALK_CHAIN : WIRE_IPV6_WALK_MALFORMED;
	switch (walk->protocol) {
	case IPPROTO_FRAGMENT:
		/* A part of a part is none. */
		if (walk->fragment.at != 0)
			return WIRE_IPV6_WALK_MALFORMED;
		read_fragment(data + offset, offset, &walk->fragment);
		if (walk->fragment.offset != 0)
			return WIRE_IPV6_WALK_FRAGMENT;
		break;
	case IPPROTO_ROUTING:
		/* Section 4.4, RFC 5095: none is for us to route on. */
		if (data[offset + 3] != 0)
			return problem(walk, PROBLEM_FIELD, offset + 2);
		break;
	default:
		result = options(data, offset + 2, offset + bytes, walk);
	}
	walk->protocol = data[offset];
	walk->protocol_offset = (uint16_t)offset;
	walk->bytes += bytes;
	return result;
}

/* Section 4.2: of the options there are, we know those that pad. */
static enum wire_ipv6_walk_result
options(const uint8_t *data, uint32_t offset, uint32_t end, struct wire_ipv6_walk *walk)
{
	enum wire_ipv6_walk_result result;
	unsigned int nb;
	uint32_t i;

	for (nb = 0; offset < end; nb++) {
		uint8_t type = data[offset];
		uint32_t bytes;

		if (nb == WIRE_IPV6_OPTIONS_MAX)
			return WIRE_IPV6_WALK_MALFORMED;
		if (type == OPTION_PAD1) {
			offset++;
			continue;
		}
		if (end - offset < 2 || end - offset - 2 < data[offset + 1])
			return WIRE_IPV6_WALK_MALFORMED;
		bytes = data[offset + 1];
		if (type == OPTION_PADN) {
			/* RFC 4942 section 2.1.9.5: what is not zero is no padding. */
			for (i = 0; i < bytes; i++)
				if (data[offset + 2 + i] != 0)
					return WIRE_IPV6_WALK_MALFORMED;
		} else {
			result = unknown_option(type, offset, walk);
			if (result != WIRE_IPV6_WALK_PAYLOAD)
				return result;
		}
		offset += 2 + bytes;
	}
	return WIRE_IPV6_WALK_PAYLOAD;
}

static enum wire_ipv6_walk_result
unknown_option(uint8_t type, uint32_t offset, struct wire_ipv6_walk *walk)
{
	switch ((enum action)ACTION(type)) {
	case ACTION_SKIP:
		return WIRE_IPV6_WALK_PAYLOAD;
	case ACTION_DROP:
		return WIRE_IPV6_WALK_REFUSED;
	case ACTION_ANSWER:
		walk->problem_of_group = true;
		break;
	case ACTION_ANSWER_HOST:
		break;
	}
	return problem(walk, PROBLEM_OPTION, offset);
}

static enum wire_ipv6_walk_result
problem(struct wire_ipv6_walk *walk, enum problem code, uint32_t offset)
{
	walk->problem_code = code;
	walk->problem_offset = (uint16_t)offset;
	return WIRE_IPV6_WALK_PROBLEM;
}

static bool
is_extension(uint8_t protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

static void
read_fragment(const uint8_t *header, uint32_t at, struct wire_ipv6_fragment *fragment)
{
	uint16_t word = (uint16_t)(header[2] << 8 | header[3]);

	fragment->at = (uint16_t)at;
	fragment->offset = word & 0xfff8;
	fragment->more = word & 1;
}

/* RFC 6946: at offset 0, with no more to come, it is the whole. */
static bool
is_part(const struct wire_ipv6_fragment *fragment)
{
	return fragment->offset != 0 || fragment->more;
}

/* RFC 7112 section 5: of the header that ends the chain. */
static uint32_t
upper_bytes(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 0;
	}
}

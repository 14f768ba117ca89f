/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_ipv4.h"

#include <rte_ip.h>

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_LOOSE_SOURCE_ROUTE 131
#define OPTION_STRICT_SOURCE_ROUTE 137

_Static_assert(sizeof(struct rte_ipv4_hdr) == WIRE_IPV4_HEADER_BYTES, "IPv4 header");

static uint8_t has_source_route(const uint8_t *options, uint32_t len);

enum wire_ipv4_error
wire_ipv4_parse(const uint8_t *data, uint32_t len, uint32_t packet_len, int check_sum,
		struct wire_ipv4 *ipv4)
{
	const struct rte_ipv4_hdr *hdr = (const struct rte_ipv4_hdr *)data;
	uint16_t fragment;

	if (len < WIRE_IPV4_HEADER_BYTES)
		return WIRE_IPV4_TRUNCATED;
	if (hdr->version_ihl >> 4 != IPVERSION)
		return WIRE_IPV4_BAD_VERSION;
	ipv4->header_bytes = rte_ipv4_hdr_len(hdr);
	ipv4->total_bytes = rte_be_to_cpu_16(hdr->total_length);
	if (ipv4->header_bytes < WIRE_IPV4_HEADER_BYTES || ipv4->header_bytes > ipv4->total_bytes)
		return WIRE_IPV4_BAD_LENGTH;
	if (ipv4->header_bytes > len || ipv4->total_bytes > packet_len)
		return WIRE_IPV4_TRUNCATED;
	/* Over a header with its right checksum the sum is 0xffff. */
	if (check_sum && rte_raw_cksum(data, ipv4->header_bytes) != 0xffff)
		return WIRE_IPV4_BAD_CHECKSUM;

	fragment = rte_be_to_cpu_16(hdr->fragment_offset);
	ipv4->src = hdr->src_addr;
	ipv4->dst = hdr->dst_addr;
	ipv4->id = rte_be_to_cpu_16(hdr->packet_id);
	ipv4->fragment_offset = (fragment & RTE_IPV4_HDR_OFFSET_MASK) * RTE_IPV4_HDR_OFFSET_UNITS;
	ipv4->dont_fragment = (fragment & RTE_IPV4_HDR_DF_FLAG) != 0;
	ipv4->more_fragments = (fragment & RTE_IPV4_HDR_MF_FLAG) != 0;
	ipv4->protocol = hdr->next_proto_id;
	ipv4->ttl = hdr->time_to_live;
	ipv4->dscp_ecn = hdr->type_of_service;
	ipv4->source_route = has_source_route(data + WIRE_IPV4_HEADER_BYTES,
					      ipv4->header_bytes - WIRE_IPV4_HEADER_BYTES);
	return WIRE_IPV4_OK;
}

void
wire_ipv4_write(uint8_t *data, const struct wire_ipv4 *ipv4)
{
	struct rte_ipv4_hdr *hdr = (struct rte_ipv4_hdr *)data;

	*hdr = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = ipv4->dscp_ecn,
		.total_length = rte_cpu_to_be_16(ipv4->total_bytes),
		.packet_id = rte_cpu_to_be_16(ipv4->id),
		.fragment_offset = ipv4->dont_fragment ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0,
		.time_to_live = ipv4->ttl,
		.next_proto_id = ipv4->protocol,
		.src_addr = ipv4->src,
		.dst_addr = ipv4->dst,
	};
	hdr->hdr_checksum = (uint16_t)~rte_raw_cksum(data, WIRE_IPV4_HEADER_BYTES);
}

/*
 * RFC 791 section 3.1. An option of illegal length ends the options, but its kind counts: half a
 * source route is none that we want to follow either.
 */
static uint8_t
has_source_route(const uint8_t *options, uint32_t len)
{
	uint32_t i = 0;

	while (i < len && options[i] != OPTION_END) {
		if (options[i] == OPTION_NOP) {
			i++;
			continue;
		}
		if (options[i] == OPTION_LOOSE_SOURCE_ROUTE ||
		    options[i] == OPTION_STRICT_SOURCE_ROUTE)
			return 1;
		if (len - i < 2 || options[i + 1] < 2)
			return 0;
		i += options[i + 1];
	}
	return 0;
}

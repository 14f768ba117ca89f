/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_checksum.h"

#include <rte_ip.h>

uint16_t
wire_checksum_sum(const void *data, size_t len)
{
	return rte_raw_cksum(data, len);
}

uint16_t
wire_checksum_pseudo_ipv6(const struct tr_addr *src, const struct tr_addr *dst, uint8_t protocol,
			  uint32_t payload_bytes)
{
	const rte_be32_t rest[2] = {
		rte_cpu_to_be_32(payload_bytes),
		rte_cpu_to_be_32(protocol),
	};
	uint16_t sum = wire_checksum_sum(src, sizeof(*src));

	sum = wire_checksum_add(sum, wire_checksum_sum(dst, sizeof(*dst)));
	return wire_checksum_add(sum, wire_checksum_sum(rest, sizeof(rest)));
}

uint16_t
wire_checksum_pseudo(rte_be32_t src, rte_be32_t dst, uint8_t protocol, uint16_t payload_bytes)
{
	const struct rte_ipv4_hdr hdr = {
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(sizeof(hdr) + payload_bytes),
		.next_proto_id = protocol,
		.src_addr = src,
		.dst_addr = dst,
	};

	return rte_ipv4_phdr_cksum(&hdr, 0);
}

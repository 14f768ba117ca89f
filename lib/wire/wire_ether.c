/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_ether.h"

#include <string.h>

#include <rte_byteorder.h>

/* Copied, not cast: struct rte_ether_hdr is two-byte aligned, and frames in a test need not be. */
_Static_assert(sizeof(struct rte_ether_hdr) == WIRE_ETHER_HEADER_BYTES, "Ethernet header");

bool
wire_ether_parse(const uint8_t *data, uint32_t len, struct wire_ether *ether)
{
	struct rte_ether_hdr hdr;

	if (len < sizeof(hdr))
		return false;
	memcpy(&hdr, data, sizeof(hdr));
	ether->dst = hdr.dst_addr;
	ether->src = hdr.src_addr;
	ether->type = rte_be_to_cpu_16(hdr.ether_type);
	return true;
}

void
wire_ether_write(uint8_t *data, const struct wire_ether *ether)
{
	struct rte_ether_hdr hdr = {
		.dst_addr = ether->dst,
		.src_addr = ether->src,
		.ether_type = rte_cpu_to_be_16(ether->type),
	};

	memcpy(data, &hdr, sizeof(hdr));
}

#define ADDRS_BYTES (2 * RTE_ETHER_ADDR_LEN)

bool
wire_ether_untag(uint8_t *data, uint32_t len, uint16_t vlan)
{
	rte_be16_t type, tag;

	if (len < WIRE_ETHER_HEADER_BYTES + WIRE_ETHER_TAG_BYTES)
		return false;
	memcpy(&type, data + ADDRS_BYTES, sizeof(type));
	memcpy(&tag, data + ADDRS_BYTES + sizeof(type), sizeof(tag));
	if (type != RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
	    (rte_be_to_cpu_16(tag) & WIRE_ETHER_VLAN_MASK) != vlan)
		return false;
	memmove(data + WIRE_ETHER_TAG_BYTES, data, ADDRS_BYTES);
	return true;
}

void
wire_ether_tag(uint8_t *data, uint16_t vlan)
{
	rte_be16_t type = RTE_BE16(RTE_ETHER_TYPE_VLAN), tag = rte_cpu_to_be_16(vlan);

	memmove(data, data + WIRE_ETHER_TAG_BYTES, ADDRS_BYTES);
	memcpy(data + ADDRS_BYTES, &type, sizeof(type));
	memcpy(data + ADDRS_BYTES + sizeof(type), &tag, sizeof(tag));
}

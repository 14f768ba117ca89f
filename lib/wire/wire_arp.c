/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_arp.h"

#include <string.h>

#include <rte_arp.h>

/* Copied, not cast: struct rte_arp_hdr is two-byte aligned, and packets in a test need not be. */
_Static_assert(sizeof(struct rte_arp_hdr) == WIRE_ARP_BYTES, "ARP packet");

enum wire_arp_error
wire_arp_parse(const uint8_t *data, uint32_t len, struct wire_arp *arp)
{
	struct rte_arp_hdr hdr;

	if (len < sizeof(hdr))
		return WIRE_ARP_TRUNCATED;
	memcpy(&hdr, data, sizeof(hdr));
	if (hdr.arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) ||
	    hdr.arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    hdr.arp_hlen != RTE_ETHER_ADDR_LEN || hdr.arp_plen != sizeof(rte_be32_t))
		return WIRE_ARP_BAD_FORMAT;
	arp->operation = rte_be_to_cpu_16(hdr.arp_opcode);
	if (arp->operation != WIRE_ARP_REQUEST && arp->operation != WIRE_ARP_REPLY)
		return WIRE_ARP_BAD_OPERATION;
	arp->sender_mac = hdr.arp_data.arp_sha;
	arp->sender_addr = hdr.arp_data.arp_sip;
	arp->target_mac = hdr.arp_data.arp_tha;
	arp->target_addr = hdr.arp_data.arp_tip;
	return WIRE_ARP_OK;
}

void
wire_arp_write(uint8_t *data, const struct wire_arp *arp)
{
	struct rte_arp_hdr hdr = {
		.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
		.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
		.arp_hlen = RTE_ETHER_ADDR_LEN,
		.arp_plen = sizeof(rte_be32_t),
		.arp_opcode = rte_cpu_to_be_16(arp->operation),
		.arp_data.arp_sha = arp->sender_mac,
		.arp_data.arp_sip = arp->sender_addr,
		.arp_data.arp_tha = arp->target_mac,
		.arp_data.arp_tip = arp->target_addr,
	};

	memcpy(data, &hdr, sizeof(hdr));
}

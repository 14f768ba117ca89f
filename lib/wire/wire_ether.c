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

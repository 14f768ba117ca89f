/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_icmp.h"

#include <string.h>

#include <rte_icmp.h>

_Static_assert(sizeof(struct rte_icmp_hdr) == WIRE_ICMP_HEADER_BYTES, "ICMP header");

bool
wire_icmp_parse(const uint8_t *data, uint32_t len, struct wire_icmp *icmp)
{
	const struct rte_icmp_hdr *hdr = (const struct rte_icmp_hdr *)data;

	if (len < sizeof(*hdr))
		return false;
	icmp->type = hdr->icmp_type;
	icmp->code = hdr->icmp_code;
	icmp->echo_id = hdr->icmp_ident;
	icmp->echo_seq = hdr->icmp_seq_nb;
	return true;
}

void
wire_icmp_echo_reply(uint8_t *data)
{
	struct rte_icmp_hdr *hdr = (struct rte_icmp_hdr *)data;
	uint32_t sum;

	/* RFC 1624 section 3: HC' = ~(~HC + ~m + m'), where m' is 0 and m the old type. */
	sum = (uint16_t)~rte_be_to_cpu_16(hdr->icmp_cksum);
	sum += (uint16_t) ~(hdr->icmp_type << 8);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	hdr->icmp_type = WIRE_ICMP_ECHO_REPLY;
	hdr->icmp_cksum = rte_cpu_to_be_16((uint16_t)~sum);
}

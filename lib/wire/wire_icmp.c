/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_icmp.h"

#include <string.h>

#include <rte_icmp.h>

#include "wire_checksum.h"

_Static_assert(sizeof(struct rte_icmp_hdr) == WIRE_ICMP_HEADER_BYTES, "ICMP header");

static uint16_t read_16(const uint8_t *data);

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

bool
wire_icmp_error_parse(const uint8_t *data, uint32_t len, struct wire_icmp_error *error)
{
	uint32_t at = WIRE_ICMP_HEADER_BYTES;

	if (len < at || !wire_icmp_is_error(data[0]))
		return false;
	if (wire_ipv4_parse(data + at, len - at, UINT16_MAX, 0, &error->ipv4) != WIRE_IPV4_OK)
		return false;
	at += error->ipv4.header_bytes;
	if (len - at < WIRE_ICMP_QUOTED_BYTES || error->ipv4.fragment_offset != 0 ||
	    error->ipv4.total_bytes - error->ipv4.header_bytes < WIRE_ICMP_QUOTED_BYTES)
		return false;
	error->type = data[0];
	error->code = data[1];
	error->mtu = read_16(data + 6);
	memcpy(&error->src_port, data + at, sizeof(error->src_port));
	memcpy(&error->dst_port, data + at + 2, sizeof(error->dst_port));
	error->seq = (uint32_t)read_16(data + at + 4) << 16 | read_16(data + at + 6);
	return true;
}

void
wire_icmp_error_write(uint8_t *data, uint32_t len, uint8_t type, uint8_t code)
{
	struct rte_icmp_hdr *hdr = (struct rte_icmp_hdr *)data;

	*hdr = (struct rte_icmp_hdr){.icmp_type = type, .icmp_code = code};
	hdr->icmp_cksum = (uint16_t)~wire_checksum_sum(data, len);
}

bool
wire_icmp_is_error(uint8_t type)
{
	return type == WIRE_ICMP_UNREACHABLE || type == WIRE_ICMP_SOURCE_QUENCH ||
	       type == WIRE_ICMP_REDIRECT || type == WIRE_ICMP_TIME_EXCEEDED ||
	       type == WIRE_ICMP_PARAMETER_PROBLEM;
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

static uint16_t
read_16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

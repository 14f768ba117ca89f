/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_icmp6.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_common.h>

/* Where an IPv6 header says what follows, and the least bytes of what may come between. */
#define NEXT_HEADER_OFFSET 6
#define EXTENSION_BYTES 8

static uint32_t read_32(const uint8_t *data);

bool
wire_icmp6_parse(const uint8_t *data, uint32_t len, struct wire_icmp6 *icmp6)
{
	if (len < WIRE_ICMP6_HEADER_BYTES)
		return false;
	*icmp6 = (struct wire_icmp6){
		.type = data[0],
		.code = data[1],
		.value = read_32(data + 4),
	};
	return true;
}

bool
wire_icmp6_error_parse(const uint8_t *data, uint32_t len, struct wire_icmp6_error *error)
{
	const uint8_t *quoted = data + WIRE_ICMP6_HEADER_BYTES;
	struct wire_icmp6 icmp6;

	if (!wire_icmp6_parse(data, len, &icmp6) || icmp6.type >= WIRE_ICMP6_INFORMATIONAL)
		return false;
	len -= WIRE_ICMP6_HEADER_BYTES;
	if (wire_ipv6_parse(quoted, len, UINT32_MAX, &error->ipv6) != WIRE_IPV6_OK)
		return false;
	len -= WIRE_IPV6_HEADER_BYTES;
	if (RTE_MIN(len, error->ipv6.payload_bytes) < WIRE_ICMP6_QUOTED_BYTES)
		return false;
	quoted += WIRE_IPV6_HEADER_BYTES;
	error->type = icmp6.type;
	error->code = icmp6.code;
	error->value = icmp6.value;
	memcpy(&error->src_port, quoted, sizeof(error->src_port));
	memcpy(&error->dst_port, quoted + 2, sizeof(error->dst_port));
	error->seq = read_32(quoted + 4);
	return true;
}

bool
wire_icmp6_may_be_error(const uint8_t *packet, uint32_t len)
{
	uint8_t protocol = packet[NEXT_HEADER_OFFSET];
	uint32_t at = WIRE_IPV6_HEADER_BYTES;
	const uint8_t *header;

	while (protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_FRAGMENT) {
		header = packet + at;
		if (len < at + EXTENSION_BYTES)
			return true;
		if (protocol == IPPROTO_FRAGMENT && (header[2] != 0 || (header[3] & 0xf8) != 0))
			return false;
		at += protocol == IPPROTO_FRAGMENT ? EXTENSION_BYTES
						   : (header[1] + 1u) * EXTENSION_BYTES;
		protocol = header[0];
	}
	if (protocol != IPPROTO_ICMPV6)
		return false;
	return len <= at || packet[at] < WIRE_ICMP6_INFORMATIONAL ||
	       packet[at] == WIRE_ICMP6_REDIRECT;
}

void
wire_icmp6_write(uint8_t *data, const struct wire_icmp6 *icmp6)
{
	rte_be32_t value = rte_cpu_to_be_32(icmp6->value);

	data[0] = icmp6->type;
	data[1] = icmp6->code;
	memset(data + WIRE_ICMP6_CHECKSUM_OFFSET, 0, sizeof(uint16_t));
	memcpy(data + 4, &value, sizeof(value));
}

static uint32_t
read_32(const uint8_t *data)
{
	rte_be32_t value;

	memcpy(&value, data, sizeof(value));
	return rte_be_to_cpu_32(value);
}

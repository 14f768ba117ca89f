/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_flow.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "wire_ether.h"

#define IPV4_HEADER_BYTES 20
#define IPV6_HEADER_BYTES 40
#define PORTS_BYTES 4

/* RFC 8200 section 4: headers that may come before TCP's in a whole packet; a few are enough. */
#define EXTENSIONS_MAX 8
#define EXTENSION_BYTES 8

static unsigned int parse_ipv4(const uint8_t *data, uint32_t len, uint8_t *flow);
static unsigned int parse_ipv6(const uint8_t *data, uint32_t len, uint8_t *flow);
static uint32_t skip_extensions(const uint8_t *data, uint32_t len, uint8_t protocol,
				bool *fragment);

unsigned int
wire_flow_parse(const uint8_t *frame, uint32_t len, uint8_t flow[WIRE_FLOW_BYTES_MAX])
{
	struct wire_ether ether;

	if (!wire_ether_parse(frame, len, &ether))
		return 0;
	frame += WIRE_ETHER_HEADER_BYTES;
	len -= WIRE_ETHER_HEADER_BYTES;
	switch (ether.type) {
	case RTE_ETHER_TYPE_IPV4:
		return parse_ipv4(frame, len, flow);
	case RTE_ETHER_TYPE_IPV6:
		return parse_ipv6(frame, len, flow);
	default:
		return 0;
	}
}

unsigned int
wire_flow_write(const struct tr_addr *src, const struct tr_addr *dst, rte_be16_t src_port,
		rte_be16_t dst_port, uint8_t flow[WIRE_FLOW_BYTES_MAX])
{
	unsigned int skip = tr_addr_is_ipv4(dst) ? TR_ADDR_IPV4_OFFSET : 0;
	unsigned int bytes = sizeof(src->bytes) - skip;

	memcpy(flow, src->bytes + skip, bytes);
	memcpy(flow + bytes, dst->bytes + skip, bytes);
	memcpy(flow + 2 * bytes, &src_port, sizeof(src_port));
	memcpy(flow + 2 * bytes + sizeof(src_port), &dst_port, sizeof(dst_port));
	return 2 * bytes + PORTS_BYTES;
}

/* RFC 791 section 3.1 */
static unsigned int
parse_ipv4(const uint8_t *data, uint32_t len, uint8_t *flow)
{
	uint32_t header_bytes;

	if (len < IPV4_HEADER_BYTES)
		return 0;
	memcpy(flow, data + 12, WIRE_FLOW_IPV4_FRAGMENT_BYTES);
	/* "More fragments" and the offset. */
	if ((data[6] & 0x3f) != 0 || data[7] != 0)
		return WIRE_FLOW_IPV4_FRAGMENT_BYTES;
	if (data[9] != IPPROTO_TCP)
		return 0;
	header_bytes = (data[0] & 0xf) * 4;
	if (header_bytes < IPV4_HEADER_BYTES || len < header_bytes + PORTS_BYTES)
		return 0;
	memcpy(flow + WIRE_FLOW_IPV4_FRAGMENT_BYTES, data + header_bytes, PORTS_BYTES);
	return WIRE_FLOW_IPV4_BYTES;
}

/* RFC 8200 section 3 */
static unsigned int
parse_ipv6(const uint8_t *data, uint32_t len, uint8_t *flow)
{
	uint32_t at = IPV6_HEADER_BYTES;
	bool fragment = false;

	if (len < IPV6_HEADER_BYTES + PORTS_BYTES)
		return 0;
	if (data[6] != IPPROTO_TCP)
		at = skip_extensions(data, len, data[6], &fragment);
	if (at == 0 || len < at + PORTS_BYTES)
		return 0;
	memcpy(flow, data + 8, WIRE_FLOW_IPV6_FRAGMENT_BYTES);
	if (fragment)
		return WIRE_FLOW_IPV6_FRAGMENT_BYTES;
	memcpy(flow + WIRE_FLOW_IPV6_FRAGMENT_BYTES, data + at, PORTS_BYTES);
	return WIRE_FLOW_IPV6_BYTES;
}

/* Where TCP's header is, or that of a fragment; 0: there is none. */
static uint32_t
skip_extensions(const uint8_t *data, uint32_t len, uint8_t protocol, bool *fragment)
{
	uint32_t at = IPV6_HEADER_BYTES;
	const uint8_t *header;
	unsigned int i;

	for (i = 0; i < EXTENSIONS_MAX && len >= at + EXTENSION_BYTES; i++) {
		header = data + at;
		if (protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
		    protocol == IPPROTO_DSTOPTS)
			at += (header[1] + 1) * EXTENSION_BYTES;
		else if (protocol != IPPROTO_FRAGMENT)
			return 0;
		/* RFC 6946: neither an offset nor more of it is a whole packet. */
		else if (header[2] == 0 && (header[3] & 0xf9) == 0)
			at += EXTENSION_BYTES;
		else
			*fragment = true;
		if (*fragment)
			return at;
		protocol = header[0];
		if (protocol == IPPROTO_TCP)
			return at;
	}
	return 0;
}

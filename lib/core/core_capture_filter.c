/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_capture_filter.h"

#include <netinet/in.h>
#include <string.h>

#include "wire_ether.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"

/* Where a TCP segment comes from and goes to. */
struct ends {
	struct tr_addr src, dst;
	rte_be16_t ports[2]; /* source, destination */
};

/* Of TCP, where its ports end. */
#define PORTS_BYTES 4

static bool find_ends(const struct rte_mbuf *mbuf, struct ends *ends);
static uint32_t skip_ipv4(const uint8_t *data, uint32_t len, uint32_t packet_len,
			  struct ends *ends);
static uint32_t skip_ipv6(const uint8_t *data, uint32_t len, uint32_t packet_len,
			  struct ends *ends);

bool
core_capture_filter_passes(const struct core_capture_filter *filter, const struct rte_mbuf *mbuf,
			   bool received)
{
	struct ends ends;

	if (filter->port == 0 && !filter->conn)
		return true;
	if (!find_ends(mbuf, &ends))
		return false;
	if (!filter->conn)
		return ends.ports[0] == filter->port || ends.ports[1] == filter->port;
	if (received)
		return ends.ports[0] == filter->remote_port &&
		       ends.ports[1] == filter->local_port &&
		       tr_addr_is_same(&ends.src, &filter->remote_addr) &&
		       tr_addr_is_same(&ends.dst, &filter->local_addr);
	return ends.ports[0] == filter->local_port && ends.ports[1] == filter->remote_port &&
	       tr_addr_is_same(&ends.src, &filter->local_addr) &&
	       tr_addr_is_same(&ends.dst, &filter->remote_addr);
}

/* False: it is no TCP segment, or a later fragment of one. */
static bool
find_ends(const struct rte_mbuf *mbuf, struct ends *ends)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint32_t len = mbuf->data_len, packet_len, offset = 0;
	struct wire_ether ether;

	if (!wire_ether_parse(data, len, &ether))
		return false;
	data += WIRE_ETHER_HEADER_BYTES;
	len -= WIRE_ETHER_HEADER_BYTES;
	packet_len = mbuf->pkt_len - WIRE_ETHER_HEADER_BYTES;
	if (ether.type == RTE_ETHER_TYPE_IPV4)
		offset = skip_ipv4(data, len, packet_len, ends);
	else if (ether.type == RTE_ETHER_TYPE_IPV6)
		offset = skip_ipv6(data, len, packet_len, ends);
	if (offset == 0 || len < offset + PORTS_BYTES)
		return false;
	memcpy(ends->ports, data + offset, sizeof(ends->ports));
	return true;
}

/* Where TCP begins; 0: nowhere. */
static uint32_t
skip_ipv4(const uint8_t *data, uint32_t len, uint32_t packet_len, struct ends *ends)
{
	struct wire_ipv4 ipv4;

	if (wire_ipv4_parse(data, len, packet_len, 0, &ipv4) != WIRE_IPV4_OK ||
	    ipv4.protocol != IPPROTO_TCP || ipv4.fragment_offset != 0)
		return 0;
	ends->src = tr_addr_ipv4(ipv4.src);
	ends->dst = tr_addr_ipv4(ipv4.dst);
	return ipv4.header_bytes;
}

static uint32_t
skip_ipv6(const uint8_t *data, uint32_t len, uint32_t packet_len, struct ends *ends)
{
	struct wire_ipv6_walk walk;
	struct wire_ipv6 ipv6;

	if (wire_ipv6_parse(data, len, packet_len, &ipv6) != WIRE_IPV6_OK ||
	    wire_ipv6_walk(data, len, ipv6.next_header, &walk) != WIRE_IPV6_WALK_PAYLOAD ||
	    walk.protocol != IPPROTO_TCP)
		return 0;
	ends->src = ipv6.src;
	ends->dst = ipv6.dst;
	return WIRE_IPV6_HEADER_BYTES + walk.bytes;
}

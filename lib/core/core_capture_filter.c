/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_capture_filter.h"

#include <netinet/in.h>
#include <string.h>

#include "wire_ether.h"
#include "wire_ipv4.h"

/* Of TCP, where its ports end. */
#define PORTS_BYTES 4

bool
core_capture_filter_passes(const struct core_capture_filter *filter, const struct rte_mbuf *mbuf,
			   bool received)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint32_t len = mbuf->data_len;
	rte_be16_t ports[2]; /* source, destination */
	struct wire_ether ether;
	struct tr_addr src, dst;
	struct wire_ipv4 ipv4;

	if (filter->port == 0 && !filter->conn)
		return true;
	if (!wire_ether_parse(data, len, &ether) || ether.type != RTE_ETHER_TYPE_IPV4)
		return false;
	data += WIRE_ETHER_HEADER_BYTES;
	len -= WIRE_ETHER_HEADER_BYTES;
	if (wire_ipv4_parse(data, len, mbuf->pkt_len - WIRE_ETHER_HEADER_BYTES, 0, &ipv4) !=
		    WIRE_IPV4_OK ||
	    ipv4.protocol != IPPROTO_TCP || ipv4.fragment_offset != 0 ||
	    len < (uint32_t)ipv4.header_bytes + PORTS_BYTES)
		return false;
	memcpy(ports, data + ipv4.header_bytes, sizeof(ports));
	if (!filter->conn)
		return ports[0] == filter->port || ports[1] == filter->port;
	src = tr_addr_ipv4(ipv4.src);
	dst = tr_addr_ipv4(ipv4.dst);
	if (received)
		return ports[0] == filter->remote_port && ports[1] == filter->local_port &&
		       tr_addr_is_same(&src, &filter->remote_addr) &&
		       tr_addr_is_same(&dst, &filter->local_addr);
	return ports[0] == filter->local_port && ports[1] == filter->remote_port &&
	       tr_addr_is_same(&src, &filter->local_addr) &&
	       tr_addr_is_same(&dst, &filter->remote_addr);
}

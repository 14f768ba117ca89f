/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_checksum.h"

#include <netinet/in.h>

#include <rte_tcp.h>

static uint16_t pseudo(const struct tr_addr *src, const struct tr_addr *dst, uint8_t protocol,
		       uint32_t bytes);

void
ip_tcp_checksum(struct ip *ip, struct rte_mbuf *mbuf, uint16_t tcp_header_bytes, struct tr_addr src,
		struct tr_addr dst)
{
	struct rte_tcp_hdr *hdr = rte_pktmbuf_mtod(mbuf, struct rte_tcp_hdr *);
	bool large = ip_mbuf_is_large(mbuf);
	/* Who cuts it adds the length of each segment. */
	uint16_t sum = pseudo(&src, &dst, IPPROTO_TCP, large ? 0 : mbuf->pkt_len);

	/* An mbuf that is sent again has the flags of the first time. */
	mbuf->ol_flags &= ~RTE_MBUF_F_TX_L4_MASK;
	mbuf->l4_len = tcp_header_bytes;
	if (ip->config.tx_tcp_checksum || large) {
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
		hdr->cksum = sum;
		return;
	}
	hdr->cksum = ~wire_checksum_add(sum, ip_checksum_mbuf(mbuf));
}

bool
ip_tcp_checksum_ok(const struct rte_mbuf *mbuf, const struct ip_packet *packet)
{
	uint16_t sum;

	if (packet->checksum_good)
		return true;
	sum = pseudo(&packet->src, &packet->dst, packet->protocol, packet->bytes);
	return wire_checksum_add(sum, ip_checksum_mbuf(mbuf)) == 0xffff;
}

static uint16_t
pseudo(const struct tr_addr *src, const struct tr_addr *dst, uint8_t protocol, uint32_t bytes)
{
	if (!tr_addr_is_ipv4(dst))
		return wire_checksum_pseudo_ipv6(src, dst, protocol, bytes);
	return wire_checksum_pseudo(tr_addr_to_ipv4(src), tr_addr_to_ipv4(dst), protocol, bytes);
}

/* Not rte_raw_cksum_mbuf(), which in 22.11 loses a carry after a segment of odd length. */
uint16_t
ip_checksum_mbuf(const struct rte_mbuf *mbuf)
{
	const struct rte_mbuf *segment;
	uint32_t offset = 0;
	uint16_t sum = 0;

	for (segment = mbuf; segment != NULL; segment = segment->next) {
		uint16_t part;

		part = wire_checksum_sum(rte_pktmbuf_mtod(segment, const void *),
					 segment->data_len);
		/* RFC 1071 section 2 (B). */
		if (offset % 2 != 0)
			part = wire_checksum_swap(part);
		sum = wire_checksum_add(sum, part);
		offset += segment->data_len;
	}
	return sum;
}

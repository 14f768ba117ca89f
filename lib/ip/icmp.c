/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_icmp.h"

#include <netinet/in.h>

#include <rte_icmp.h>

static void write_checksum(struct rte_mbuf *mbuf);

/*
 * RFC 1122 section 3.2.2. Broadcasts and multicasts do not come here. An answer is never sent in
 * fragments, so a larger one is truncated, as section 3.2.2.6 demands.
 */
void
icmp_input(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet, uint64_t now_us)
{
	struct wire_icmp icmp;
	uint32_t bytes;

	if (!wire_icmp_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, &icmp) ||
	    ip_checksum_mbuf(mbuf) != 0xffff) {
		ip_drop(mbuf, &ip->stats.drop_icmp_malformed);
		return;
	}
	if (wire_icmp_is_error(icmp.type)) {
		icmp_error_input(ip, mbuf);
		return;
	}
	if (icmp.type != WIRE_ICMP_ECHO_REQUEST) {
		ip_drop(mbuf, &ip->stats.drop_icmp_type);
		return;
	}
	bytes = mbuf->pkt_len;
	mbuf = ip_mbuf_make_answer(ip, mbuf, ip->config.mtu - WIRE_IPV4_HEADER_BYTES);
	if (mbuf == NULL)
		return;
	if (mbuf->pkt_len < bytes)
		write_checksum(mbuf);
	wire_icmp_echo_reply(rte_pktmbuf_mtod(mbuf, uint8_t *));
	/* In-process wires hand over what the sender's side had noted for its device. */
	mbuf->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
	ip->stats.icmp_echo++;
	ip_output(ip, mbuf, packet->dst, packet->src, IPPROTO_ICMP, now_us);
}

static void
write_checksum(struct rte_mbuf *mbuf)
{
	struct rte_icmp_hdr *hdr = rte_pktmbuf_mtod(mbuf, struct rte_icmp_hdr *);

	hdr->icmp_cksum = 0;
	hdr->icmp_cksum = (uint16_t)~ip_checksum_mbuf(mbuf);
}

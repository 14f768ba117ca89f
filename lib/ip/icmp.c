/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_icmp.h"

#include <netinet/in.h>

/* RFC 1122 section 3.2.2. Broadcasts and multicasts do not come here. */
void
icmp_input(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet, uint64_t now_us)
{
	struct wire_icmp icmp;

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
	mbuf = ip_mbuf_make_answer(ip, mbuf);
	if (mbuf == NULL)
		return;
	wire_icmp_echo_reply(rte_pktmbuf_mtod(mbuf, uint8_t *));
	/* In-process wires hand over what the sender's side had noted for its device. */
	mbuf->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
	ip->stats.icmp_echo++;
	ip_output(ip, mbuf, packet->dst, packet->src, IPPROTO_ICMP, now_us);
}

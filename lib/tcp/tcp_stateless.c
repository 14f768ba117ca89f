/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_stateless.h"

#include <netinet/in.h>

#include "ip.h"

bool
tcp_stateless_send(struct tcp *tcp, const struct tcp_flow *flow, struct wire_tcp *header)
{
	uint16_t bytes = wire_tcp_header_bytes(&header->options);
	struct rte_mbuf *mbuf = NULL;

	if (tcp->txq->nb < IP_TXQ_SIZE)
		mbuf = rte_pktmbuf_alloc(tcp->mbufs);
	if (mbuf == NULL) {
		tcp->stats.send_starved++;
		return false;
	}
	header->src_port = flow->local_port;
	header->dst_port = flow->remote_port;
	wire_tcp_write((uint8_t *)rte_pktmbuf_prepend(mbuf, bytes), header);
	tcp->stats.tx_segments++;
	ip_tcp_checksum(tcp->ip, mbuf, bytes, flow->local_addr, flow->remote_addr);
	ip_output(tcp->ip, mbuf, flow->local_addr, flow->remote_addr, IPPROTO_TCP, tcp->now_us);
	return true;
}

void
tcp_stateless_reset(struct tcp *tcp, const struct tcp_segment *segment)
{
	const struct wire_tcp *received = &segment->header;
	struct wire_tcp header = {.flags = WIRE_TCP_RST};

	if (received->flags & WIRE_TCP_RST)
		return;
	if (!tcp_limit_reset(tcp, &segment->flow.remote_addr)) {
		tcp->stats.resets_limited++;
		return;
	}
	if (received->flags & WIRE_TCP_ACK) {
		header.seq = received->ack;
	} else {
		header.flags |= WIRE_TCP_ACK;
		header.ack = segment->seq + segment->len + !!(segment->flags & WIRE_TCP_SYN) +
			     !!(segment->flags & WIRE_TCP_FIN);
	}
	if (tcp_stateless_send(tcp, &segment->flow, &header))
		tcp->stats.reset_sent++;
}

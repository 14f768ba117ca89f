/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_checksum.h"
#include "wire_icmp6.h"

#include <netinet/in.h>

/* RFC 4443 section 2.4 (c): an error quotes what fits in the MTU that every link has. */
#define QUOTED_BYTES (IP6_MTU_MIN - WIRE_IPV6_HEADER_BYTES - WIRE_ICMP6_HEADER_BYTES)

static void answer_echo(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet,
			uint64_t now_us);
static void answer_query(struct ip *ip, const struct rte_mbuf *mbuf, const struct ip_packet *packet,
			 uint64_t now_us);
static struct rte_mbuf *quote(struct ip *ip, const struct rte_mbuf *mbuf);
static void fill_checksum(struct rte_mbuf *mbuf, const struct ip6_send *send);

void
icmp6_input(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet, uint64_t now_us)
{
	struct wire_icmp6 icmp6;
	uint16_t sum = wire_checksum_pseudo_ipv6(&packet->src, &packet->dst, IPPROTO_ICMPV6,
						 packet->bytes);

	if (!wire_icmp6_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, &icmp6) ||
	    wire_checksum_add(sum, ip_checksum_mbuf(mbuf)) != 0xffff) {
		ip_drop(mbuf, &ip->stats.drop_icmp6_malformed);
		return;
	}
	if (icmp6.type < WIRE_ICMP6_INFORMATIONAL) {
		icmp6_error_input(ip, mbuf);
		rte_pktmbuf_free(mbuf);
		return;
	}
	switch (icmp6.type) {
	case WIRE_ICMP6_ECHO_REQUEST:
		answer_echo(ip, mbuf, packet, now_us);
		return;
	case WIRE_ICMP6_MLD_QUERY:
		answer_query(ip, mbuf, packet, now_us);
		break;
	case WIRE_ICMP6_ROUTER_ADVERTISEMENT:
	case WIRE_ICMP6_NEIGHBOUR_SOLICITATION:
	case WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT:
		nd_input(ip, mbuf, packet, now_us);
		break;
	default:
		/* A Redirect too: routes are the operator's. */
		ip->stats.drop_icmp6_type++;
	}
	rte_pktmbuf_free(mbuf);
}

void
icmp6_output(struct ip *ip, struct rte_mbuf *mbuf, const struct ip6_send *send, uint64_t now_us)
{
	fill_checksum(mbuf, send);
	ip->stats.icmp6_tx++;
	ip6_output(ip, mbuf, send, now_us);
}

void
icmp6_error_output(struct ip *ip, const struct rte_mbuf *mbuf, uint8_t type, uint8_t code,
		   uint32_t value, uint64_t now_us)
{
	const struct wire_icmp6 icmp6 = {.type = type, .code = code, .value = value};
	const uint8_t *packet = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	struct ip6_send send = {.next_header = IPPROTO_ICMPV6, .hop_limit = ip->config.ttl};
	struct rte_mbuf *error;
	struct wire_ipv6 ipv6;

	if (wire_ipv6_parse(packet, mbuf->data_len, UINT16_MAX, &ipv6) != WIRE_IPV6_OK ||
	    !ip6_is_host(&ipv6.src) || wire_icmp6_may_be_error(packet, mbuf->data_len) ||
	    !icmp_error_may_send(ip, now_us))
		return;
	error = quote(ip, mbuf);
	if (error == NULL) {
		ip->stats.drop_no_mbuf++;
		return;
	}
	wire_icmp6_write((uint8_t *)rte_pktmbuf_prepend(error, WIRE_ICMP6_HEADER_BYTES), &icmp6);
	send.dst = ipv6.src;
	send.src = ip6_is_ours(ip, &ipv6.dst) ? ipv6.dst : ip6_source(ip, &ipv6.src);
	if (tr_addr_is_none(&send.src)) {
		rte_pktmbuf_free(error);
		return;
	}
	ip->stats.icmp_errors_sent++;
	icmp6_output(ip, error, &send, now_us);
}

/* In one mbuf, which every port sends. */
static struct rte_mbuf *
quote(struct ip *ip, const struct rte_mbuf *mbuf)
{
	uint32_t room = rte_pktmbuf_data_room_size(ip->config.quote_mbufs) - RTE_PKTMBUF_HEADROOM;
	uint32_t quoted = RTE_MIN(room, (uint32_t)QUOTED_BYTES);
	struct rte_mbuf *copy = rte_pktmbuf_copy(mbuf, ip->config.quote_mbufs, 0, quoted);

	if (copy == NULL)
		return NULL;
	/* Of the packet's way to us. */
	copy->ol_flags = 0;
	copy->tx_offload = 0;
	return copy;
}

/* RFC 4443 section 4.2; to a group too, from an address of ours. */
static void
answer_echo(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet, uint64_t now_us)
{
	struct ip6_send send = {
		.src = packet->dst,
		.dst = packet->src,
		.next_header = IPPROTO_ICMPV6,
		.hop_limit = ip->config.ttl,
	};

	if (send.src.bytes[0] == 0xff)
		send.src = ip6_source(ip, &packet->src);
	if (!ip6_is_host(&packet->src) || tr_addr_is_none(&send.src)) {
		ip_drop(mbuf, &ip->stats.drop_icmp6_malformed);
		return;
	}
	mbuf = ip_mbuf_make_answer(ip, mbuf, mbuf->pkt_len);
	if (mbuf == NULL)
		return;
	/* In-process wires hand over what the sender's side had noted for its device. */
	mbuf->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
	*rte_pktmbuf_mtod(mbuf, uint8_t *) = WIRE_ICMP6_ECHO_REPLY;
	ip->stats.icmp_echo++;
	icmp6_output(ip, mbuf, &send, now_us);
}

/* RFC 3810 section 5.1.14: from a neighbour. Its third word begins with the time for the answer. */
static void
answer_query(struct ip *ip, const struct rte_mbuf *mbuf, const struct ip_packet *packet,
	     uint64_t now_us)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint16_t within_ms = data[4] << 8 | data[5];

	if (packet->ttl != 1 || packet->bytes < 24 || packet->src.bytes[0] != 0xfe) {
		ip->stats.drop_icmp6_malformed++;
		return;
	}
	/* Longer ones are written with an exponent, and need not be waited for. */
	ip6_report_soon(ip, RTE_MIN(within_ms, 10000u) * UINT64_C(1000), now_us);
	ip->stats.mld_queries++;
}

/* The message may stand behind options, of which its checksum does not know. */
static void
fill_checksum(struct rte_mbuf *mbuf, const struct ip6_send *send)
{
	uint16_t before = send->next_header == IPPROTO_ICMPV6 ? 0 : 8;
	uint8_t *data = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, before);
	uint16_t sum = wire_checksum_pseudo_ipv6(&send->src, &send->dst, IPPROTO_ICMPV6,
						 mbuf->pkt_len - before);

	memset(data + WIRE_ICMP6_CHECKSUM_OFFSET, 0, sizeof(sum));
	mbuf->data_off += before;
	mbuf->data_len -= before;
	sum = ~wire_checksum_add(sum, ip_checksum_mbuf(mbuf));
	mbuf->data_off -= before;
	mbuf->data_len += before;
	memcpy(data + WIRE_ICMP6_CHECKSUM_OFFSET, &sum, sizeof(sum));
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_checksum.h"
#include "wire_icmp.h"

#include <netinet/in.h>

static bool is_usual(const struct ip *ip, const struct rte_mbuf *mbuf, struct wire_ipv4 *ipv4);
static uint64_t *check_header(struct ip *ip, const struct rte_mbuf *mbuf, struct wire_ipv4 *ipv4);
static uint64_t *check_accepted(struct ip *ip, const struct wire_ipv4 *ipv4, bool broadcast);
static void reassemble(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4,
		       uint64_t now_us);
static enum ip_verdict deliver(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4,
			       uint64_t now_us, struct ip_packet *packet);
static enum ip_verdict refuse(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4,
			      uint64_t now_us);
static void describe(const struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4,
		     struct ip_packet *packet);
static bool is_verified(uint64_t checksum_flags, uint64_t good, uint64_t none);

/* RFC 1122 section 3.2.1. */
enum ip_verdict
ip_input(struct ip *ip, struct rte_mbuf *mbuf, bool broadcast, uint64_t now_us,
	 struct ip_packet *packet)
{
	struct wire_ipv4 ipv4;
	uint64_t *drop;

	ip->stats.ip_rx++;
	drop = check_header(ip, mbuf, &ipv4);
	if (drop == NULL)
		drop = check_accepted(ip, &ipv4, broadcast);
	if (drop != NULL)
		return ip_drop(mbuf, drop);
	if (ipv4.more_fragments || ipv4.fragment_offset != 0) {
		reassemble(ip, mbuf, &ipv4, now_us);
		return IP_TAKEN;
	}
	if (deliver(ip, mbuf, &ipv4, now_us, packet) == IP_TAKEN)
		return IP_TAKEN;
	return ipv4.header_bytes > WIRE_IPV4_HEADER_BYTES ? ip_deliver_strayed(ip, mbuf, packet)
							  : IP_DELIVER;
}

enum ip_verdict
ip_deliver_strayed(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet)
{
	const struct ip_events *events = ip->config.events;

	if (events == NULL || events->packet == NULL)
		return IP_DELIVER;
	events->packet(ip->config.events_arg, mbuf, packet);
	return IP_TAKEN;
}

/* A packet that is whole with this fragment is not the frame of which the caller waits to hear. */
static void
reassemble(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4, uint64_t now_us)
{
	struct ip_packet packet;
	struct wire_ipv4 whole;

	mbuf = ip_fragment_ipv4(ip, mbuf, ipv4, now_us);
	if (mbuf == NULL)
		return;
	wire_ipv4_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, mbuf->pkt_len, 0,
			&whole);
	if (deliver(ip, mbuf, &whole, now_us, &packet) == IP_DELIVER)
		ip->config.events->packet(ip->config.events_arg, mbuf, &packet);
}

static enum ip_verdict
deliver(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4, uint64_t now_us,
	struct ip_packet *packet)
{
	ip_mbuf_cut(mbuf, ipv4->total_bytes);
	rte_pktmbuf_adj(mbuf, ipv4->header_bytes);
	describe(mbuf, ipv4, packet);
	switch (ipv4->protocol) {
	case IPPROTO_TCP:
		return IP_DELIVER;
	case IPPROTO_ICMP:
		icmp_input(ip, mbuf, packet, now_us);
		return IP_TAKEN;
	default:
		return refuse(ip, mbuf, ipv4, now_us);
	}
}

/* RFC 1122 sections 3.2.2.1, 4.1.3.1: whoever asks, or traces the way, is to know. */
static enum ip_verdict
refuse(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4, uint64_t now_us)
{
	bool udp = ipv4->protocol == IPPROTO_UDP;

	/* The header still stands before the payload. */
	rte_pktmbuf_prepend(mbuf, ipv4->header_bytes);
	icmp_error_output(ip, mbuf, WIRE_ICMP_UNREACHABLE,
			  udp ? WIRE_ICMP_UNREACHABLE_PORT : WIRE_ICMP_UNREACHABLE_PROTOCOL,
			  now_us);
	return ip_drop(mbuf, udp ? &ip->stats.drop_udp : &ip->stats.drop_ip_protocol);
}

enum ip_verdict
ip_input_usual(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us, struct ip_packet *packet)
{
	struct wire_ipv4 ipv4;

	if (unlikely(!is_usual(ip, mbuf, &ipv4)))
		return eth_input_any(ip, mbuf, now_us, packet);
	mbuf->data_off += WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES;
	mbuf->data_len = ipv4.total_bytes - WIRE_IPV4_HEADER_BYTES;
	mbuf->pkt_len = mbuf->data_len;
	describe(mbuf, &ipv4, packet);
	ip->stats.ip_rx++;
	return IP_DELIVER;
}

static inline bool
is_usual(const struct ip *ip, const struct rte_mbuf *mbuf, struct wire_ipv4 *ipv4)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint64_t flags = mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint32_t bytes = mbuf->pkt_len;

	if (bytes != mbuf->data_len || bytes < ip->usual_bytes ||
	    !wire_ether_is(data, &ip->config.mac, RTE_ETHER_TYPE_IPV4))
		return false;
	data += WIRE_ETHER_HEADER_BYTES;
	if (!wire_ipv4_parse_usual(data, bytes - WIRE_ETHER_HEADER_BYTES, ipv4) ||
	    ipv4->protocol != IPPROTO_TCP || ipv4->dst != ip->addr ||
	    !ip_ipv4_is_peer(ip, ipv4->src))
		return false;
	if (is_verified(flags, RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_IP_CKSUM_NONE))
		return true;
	return flags != RTE_MBUF_F_RX_IP_CKSUM_BAD &&
	       wire_checksum_sum(data, WIRE_IPV4_HEADER_BYTES) == 0xffff;
}

static inline void
describe(const struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4, struct ip_packet *packet)
{
	*packet = (struct ip_packet){
		.src = tr_addr_ipv4(ipv4->src),
		.dst = tr_addr_ipv4(ipv4->dst),
		.bytes = ipv4->total_bytes - ipv4->header_bytes,
		.protocol = ipv4->protocol,
		.ttl = ipv4->ttl,
		.ecn = ipv4->dscp_ecn & WIRE_IPV4_ECN_MASK,
		.checksum_good =
			is_verified(mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
				    RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_NONE),
	};
}

/* Where a packet with a bad header counts; NULL for a good one. */
static uint64_t *
check_header(struct ip *ip, const struct rte_mbuf *mbuf, struct wire_ipv4 *ipv4)
{
	uint64_t flags = mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	bool verified =
		is_verified(flags, RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_IP_CKSUM_NONE);

	switch (wire_ipv4_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len,
				mbuf->pkt_len, !verified, ipv4)) {
	case WIRE_IPV4_OK:
		break;
	case WIRE_IPV4_TRUNCATED:
		return &ip->stats.drop_ip_truncated;
	case WIRE_IPV4_BAD_VERSION:
	case WIRE_IPV4_BAD_LENGTH:
		return &ip->stats.drop_ip_header;
	case WIRE_IPV4_BAD_CHECKSUM:
		return &ip->stats.drop_ip_checksum;
	}
	return flags == RTE_MBUF_F_RX_IP_CKSUM_BAD ? &ip->stats.drop_ip_checksum : NULL;
}

/* Where a packet that we do not take counts; NULL for one that we do. */
static uint64_t *
check_accepted(struct ip *ip, const struct wire_ipv4 *ipv4, bool broadcast)
{
	if (!ip_ipv4_is_peer(ip, ipv4->src))
		return &ip->stats.drop_ip_source;
	/* RFC 1122 section 3.3.6: nor a unicast packet that the link broadcasts. */
	if (ipv4->dst != ip->addr || broadcast)
		return &ip->stats.drop_ip_destination;
	if (ipv4->source_route)
		return &ip->stats.drop_ip_source_route;
	return NULL;
}

/* NONE is a device's word that the data are whole though the field was never filled in. */
static inline bool
is_verified(uint64_t checksum_flags, uint64_t good, uint64_t none)
{
	return checksum_flags == good || checksum_flags == none;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_icmp6.h"

#include <netinet/in.h>

/* RFC 3168 section 5. */
#define ECN_MASK 3

/* Bytes of a packet that TCP wants contiguous. */
#define PAYLOAD_CONTIGUOUS_BYTES 60

static uint64_t *check(struct ip *ip, const struct rte_mbuf *mbuf, bool group,
		       struct wire_ipv6 *ipv6);
static uint64_t *walk_over(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv6 *ipv6,
			   struct wire_ipv6_walk *walk, uint64_t now_us);
static void problem(struct ip *ip, const struct rte_mbuf *mbuf, const struct wire_ipv6 *ipv6,
		    const struct wire_ipv6_walk *walk, uint64_t now_us);
static bool make_contiguous(struct rte_mbuf *mbuf, uint32_t bytes);
static void reassemble(struct ip *ip, struct rte_mbuf *mbuf,
		       const struct wire_ipv6_fragment *fragment, uint64_t now_us);
static enum ip_verdict deliver(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv6 *ipv6,
			       const struct wire_ipv6_walk *walk, uint64_t now_us,
			       struct ip_packet *packet);
static bool is_discovery_in_fragments(const struct rte_mbuf *mbuf,
				      const struct wire_ipv6_walk *walk);
static uint64_t *refuse(struct ip *ip, const struct rte_mbuf *mbuf,
			const struct wire_ipv6_walk *walk, uint64_t now_us);

enum ip_verdict
ip6_input(struct ip *ip, struct rte_mbuf *mbuf, bool group, uint64_t now_us,
	  struct ip_packet *packet)
{
	struct wire_ipv6_walk walk;
	struct wire_ipv6 ipv6;
	uint64_t *drop;

	ip->stats.ip6_rx++;
	drop = check(ip, mbuf, group, &ipv6);
	if (drop == NULL) {
		ip_mbuf_cut(mbuf, WIRE_IPV6_HEADER_BYTES + (uint32_t)ipv6.payload_bytes);
		drop = walk_over(ip, mbuf, &ipv6, &walk, now_us);
	}
	if (drop != NULL)
		return ip_drop(mbuf, drop);
	if (walk.fragment.more || walk.fragment.offset != 0) {
		reassemble(ip, mbuf, &walk.fragment, now_us);
		return IP_TAKEN;
	}
	if (deliver(ip, mbuf, &ipv6, &walk, now_us, packet) == IP_TAKEN)
		return IP_TAKEN;
	return walk.bytes > 0 ? ip_deliver_strayed(ip, mbuf, packet) : IP_DELIVER;
}

/* A packet that is whole with this fragment is not the frame of which the caller waits to hear. */
static void
reassemble(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv6_fragment *fragment,
	   uint64_t now_us)
{
	struct wire_ipv6_walk walk;
	struct ip_packet packet;
	struct wire_ipv6 ipv6;
	uint64_t *drop;

	mbuf = ip_fragment_ipv6(ip, mbuf, fragment, now_us);
	if (mbuf == NULL)
		return;
	wire_ipv6_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, mbuf->pkt_len,
			&ipv6);
	drop = walk_over(ip, mbuf, &ipv6, &walk, now_us);
	if (drop != NULL) {
		ip_drop(mbuf, drop);
		return;
	}
	walk.fragment = *fragment;
	if (deliver(ip, mbuf, &ipv6, &walk, now_us, &packet) == IP_DELIVER)
		ip->config.events->packet(ip->config.events_arg, mbuf, &packet);
}

static enum ip_verdict
deliver(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv6 *ipv6,
	const struct wire_ipv6_walk *walk, uint64_t now_us, struct ip_packet *packet)
{
	bool tcp = walk->protocol == IPPROTO_TCP;
	uint64_t flags;

	/* Who has an address of ours says so, and no more is believed (RFC 4862 section 5.4.4). */
	if (walk->protocol != IPPROTO_ICMPV6 && ip6_find_own(ip, &ipv6->src) != NULL)
		return ip_drop(mbuf, &ip->stats.drop_ip6_source);
	/* Who has no address, and who speaks to a group, can but speak ICMPv6. */
	if (tcp && (tr_addr_is_none(&ipv6->src) || ipv6->dst.bytes[0] == 0xff))
		return ip_drop(mbuf, &ip->stats.drop_ip6_destination);
	if (!tcp && walk->protocol != IPPROTO_ICMPV6)
		return ip_drop(mbuf, refuse(ip, mbuf, walk, now_us));
	rte_pktmbuf_adj(mbuf, WIRE_IPV6_HEADER_BYTES + walk->bytes);
	flags = mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	*packet = (struct ip_packet){
		.src = ipv6->src,
		.dst = ipv6->dst,
		.bytes = mbuf->pkt_len,
		.protocol = walk->protocol,
		.ttl = ipv6->hop_limit,
		.ecn = ipv6->dscp_ecn & ECN_MASK,
		.checksum_good = flags == RTE_MBUF_F_RX_L4_CKSUM_GOOD ||
				 flags == RTE_MBUF_F_RX_L4_CKSUM_NONE,
	};
	if (tcp)
		return IP_DELIVER;
	if (is_discovery_in_fragments(mbuf, walk))
		return ip_drop(mbuf, &ip->stats.drop_nd_malformed);
	icmp6_input(ip, mbuf, packet, now_us);
	return IP_TAKEN;
}

/* RFC 6980 section 5, whether or not it is the only one. @p mbuf: the message. */
static bool
is_discovery_in_fragments(const struct rte_mbuf *mbuf, const struct wire_ipv6_walk *walk)
{
	const uint8_t *type = rte_pktmbuf_mtod(mbuf, const uint8_t *);

	return walk->fragment.at != 0 && mbuf->data_len > 0 &&
	       *type >= WIRE_ICMP6_ROUTER_SOLICITATION && *type <= WIRE_ICMP6_REDIRECT;
}

/* Where a packet that we do not take counts; NULL for one that we do. */
static uint64_t *
check(struct ip *ip, const struct rte_mbuf *mbuf, bool group, struct wire_ipv6 *ipv6)
{
	switch (wire_ipv6_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len,
				mbuf->pkt_len, ipv6)) {
	case WIRE_IPV6_OK:
		break;
	case WIRE_IPV6_TRUNCATED:
		return &ip->stats.drop_ip6_truncated;
	case WIRE_IPV6_BAD_VERSION:
	case WIRE_IPV6_BAD_LENGTH:
		return &ip->stats.drop_ip6_header;
	}
	/* RFC 4862 section 5.4.3: none is who looks for an address. */
	if (!ip6_is_host(&ipv6->src) &&
	    (!tr_addr_is_none(&ipv6->src) || tr_addr_is_ipv4(&ipv6->src)))
		return &ip->stats.drop_ip6_source;
	if (ipv6->dst.bytes[0] == 0xff ? !ip6_is_our_group(ip, &ipv6->dst)
				       : group || !ip6_is_ours(ip, &ipv6->dst))
		return &ip->stats.drop_ip6_destination;
	return NULL;
}

/* The same, of what stands before the payload. */
static uint64_t *
walk_over(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv6 *ipv6,
	  struct wire_ipv6_walk *walk, uint64_t now_us)
{
	if (!make_contiguous(mbuf, WIRE_IPV6_HEADER_BYTES + WIRE_IPV6_EXTENSIONS_BYTES +
					   PAYLOAD_CONTIGUOUS_BYTES))
		return &ip->stats.drop_no_mbuf;
	switch (wire_ipv6_walk(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len,
			       ipv6->next_header, walk)) {
	case WIRE_IPV6_WALK_PAYLOAD:
	case WIRE_IPV6_WALK_FRAGMENT:
		return NULL;
	case WIRE_IPV6_WALK_NOTHING:
		return &ip->stats.drop_ip6_nothing;
	case WIRE_IPV6_WALK_MALFORMED:
	case WIRE_IPV6_WALK_REFUSED:
		break;
	case WIRE_IPV6_WALK_CHAIN:
		walk->problem_code = WIRE_ICMP6_HEADER_CHAIN;
		walk->problem_offset = 0;
		problem(ip, mbuf, ipv6, walk, now_us);
		break;
	case WIRE_IPV6_WALK_PROBLEM:
		problem(ip, mbuf, ipv6, walk, now_us);
		break;
	}
	return &ip->stats.drop_ip6_extension;
}

static void
problem(struct ip *ip, const struct rte_mbuf *mbuf, const struct wire_ipv6 *ipv6,
	const struct wire_ipv6_walk *walk, uint64_t now_us)
{
	if (ipv6->dst.bytes[0] != 0xff || walk->problem_of_group)
		icmp6_error_output(ip, mbuf, WIRE_ICMP6_PARAMETER_PROBLEM, walk->problem_code,
				   walk->problem_offset, now_us);
}

static bool
make_contiguous(struct rte_mbuf *mbuf, uint32_t bytes)
{
	bytes = RTE_MIN(bytes, mbuf->pkt_len);
	return mbuf->data_len >= bytes || ip_mbuf_pullup(mbuf, bytes);
}

/* RFC 4443 sections 3.1, 3.4: whoever asks is to know. Where it counts. */
static uint64_t *
refuse(struct ip *ip, const struct rte_mbuf *mbuf, const struct wire_ipv6_walk *walk,
       uint64_t now_us)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	bool group = data[WIRE_IPV6_ADDRS_OFFSET + sizeof(struct tr_addr)] == 0xff;
	bool udp = walk->protocol == IPPROTO_UDP;

	if (!group && udp)
		icmp6_error_output(ip, mbuf, WIRE_ICMP6_UNREACHABLE, WIRE_ICMP6_PORT_UNREACHABLE, 0,
				   now_us);
	else if (!group)
		icmp6_error_output(ip, mbuf, WIRE_ICMP6_PARAMETER_PROBLEM,
				   WIRE_ICMP6_UNKNOWN_NEXT_HEADER, walk->protocol_offset, now_us);
	return udp ? &ip->stats.drop_udp : &ip->stats.drop_ip6_protocol;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_icmp6.h"
#include "wire_nd.h"

#include <netinet/in.h>

/* Of what could not be told. */
#define TOLD_AGAIN_US UINT64_C(1000000)

static const struct tr_addr all_nodes = {{0xff, 2, [15] = 1}};
static const struct tr_addr all_routers = {{0xff, 2, [15] = 2}};

static bool solicited(struct ip *ip, const struct wire_nd *nd, const struct ip_packet *packet,
		      uint64_t now_us);
static bool advertised(struct ip *ip, const struct wire_nd *nd, const struct ip_packet *packet,
		       uint64_t now_us);
static bool router_advertised(struct ip *ip, const struct wire_nd *nd,
			      const struct ip_packet *packet, uint64_t now_us);
static bool is_on_link(const struct ip *ip, const struct tr_addr *addr);
static void conflict(struct ip *ip, struct ip6_own *own, uint64_t now_us);
static void nd_output(struct ip *ip, const struct wire_nd *nd, struct ip6_send *send,
		      uint64_t now_us);

/* RFC 4861 sections 6.1, 7.1: what a message is worth that did not come from the link: nothing. */
void
nd_input(struct ip *ip, const struct rte_mbuf *mbuf, const struct ip_packet *packet,
	 uint64_t now_us)
{
	struct wire_nd nd;
	bool good;

	ip->stats.nd_rx++;
	good = packet->ttl == IP6_HOP_LIMIT_LINK && mbuf->data_len == packet->bytes &&
	       wire_nd_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), packet->bytes, &nd) &&
	       (!nd.has_mac || rte_is_valid_assigned_ether_addr(&nd.mac));
	if (good && nd.type == WIRE_ICMP6_NEIGHBOUR_SOLICITATION)
		good = solicited(ip, &nd, packet, now_us);
	else if (good && nd.type == WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT)
		good = advertised(ip, &nd, packet, now_us);
	else if (good)
		good = router_advertised(ip, &nd, packet, now_us);
	if (!good)
		ip->stats.drop_nd_malformed++;
}

void
nd_solicit(struct ip *ip, const struct tr_addr *addr, const struct rte_ether_addr *mac,
	   uint64_t now_us)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
		.target = *addr,
		.has_mac = true,
		.mac = ip->config.mac,
	};
	struct ip6_send send = {
		.src = ip6_source(ip, addr),
		.dst = mac != NULL ? *addr : ip6_solicited_group(addr),
		.mac = mac,
	};

	/* Section 7.2.2: not from an address that may be another's. The next question will do. */
	if (ip6_is_ours(ip, &send.src))
		nd_output(ip, &nd, &send, now_us);
}

void
nd_probe(struct ip *ip, const struct tr_addr *addr, uint64_t now_us)
{
	const struct wire_nd nd = {.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION, .target = *addr};
	struct ip6_send send = {.dst = ip6_solicited_group(addr)};

	nd_output(ip, &nd, &send, now_us);
}

void
nd_solicit_router(struct ip *ip, uint64_t now_us)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_ROUTER_SOLICITATION,
		.has_mac = true,
		.mac = ip->config.mac,
	};
	struct ip6_send send = {.src = ip6_source(ip, &all_routers), .dst = all_routers};

	if (ip6_is_ours(ip, &send.src))
		nd_output(ip, &nd, &send, now_us);
}

/* Sections 7.1.1, 7.2.3; RFC 4862 section 5.4.3. False: the message is no good. */
static bool
solicited(struct ip *ip, const struct wire_nd *nd, const struct ip_packet *packet, uint64_t now_us)
{
	struct ip6_own *own = ip6_find_own(ip, &nd->target);
	bool probe = tr_addr_is_none(&packet->src);
	bool near = !probe && is_on_link(ip, &packet->src);
	struct tr_addr group = ip6_solicited_group(&nd->target);
	struct wire_nd answer = {
		.type = WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT,
		.flags = WIRE_ND_OVERRIDE | (probe ? 0 : WIRE_ND_SOLICITED),
		.target = nd->target,
		.has_mac = true,
		.mac = ip->config.mac,
	};
	struct ip6_send send = {
		.src = nd->target,
		.dst = probe ? all_nodes : packet->src,
	};

	if (probe && (nd->has_mac || !tr_addr_is_same(&packet->dst, &group)))
		return false;
	/*
	 * Section 7.2.3 does not ask for its prefix, which may be one of the link that we do not
	 * know. But what lies beyond a router is not to become a neighbour by its word: it is
	 * answered where it says it is, and nothing is noted.
	 */
	if (!probe && !near && (!nd->has_mac || !ip_addr_is_peer(ip, packet->src))) {
		ip->stats.drop_nd_ignored++;
		return true;
	}
	if (own == NULL || own->state == IP6_DUPLICATE) {
		ip->stats.drop_nd_ignored++;
		return true;
	}
	if (own->state == IP6_TENTATIVE) {
		/* Who wants it as we do: then neither has it. Who asks for it: nobody has, yet. */
		if (probe)
			conflict(ip, own, now_us);
		else
			ip->stats.drop_nd_ignored++;
		return true;
	}
	/* Where it says, or was: that an answer went there is no use of the entry. */
	if (!probe && nd->has_mac) {
		if (near)
			ip_neighbour_seen(ip, &packet->src, &nd->mac, now_us);
		send.mac = &nd->mac;
	} else if (!probe) {
		send.mac = ip_neighbour_mac(ip, &packet->src);
	}
	ip->stats.nd_answered++;
	nd_output(ip, &answer, &send, now_us);
	return true;
}

/* Sections 7.1.2, 7.2.5; RFC 4862 section 5.4.4. */
static bool
advertised(struct ip *ip, const struct wire_nd *nd, const struct ip_packet *packet, uint64_t now_us)
{
	struct ip6_own *own = ip6_find_own(ip, &nd->target);
	struct ip_advertisement advertisement = {
		.addr = nd->target,
		.mac = nd->has_mac ? &nd->mac : NULL,
		.solicited = nd->flags & WIRE_ND_SOLICITED,
		.override = nd->flags & WIRE_ND_OVERRIDE,
	};

	/* The table has IPv4's neighbours too: they are not to be had by a mapped address. */
	if (!ip6_is_host(&packet->src) || !ip6_is_host(&nd->target) ||
	    (packet->dst.bytes[0] == 0xff && advertisement.solicited))
		return false;
	if (own != NULL) {
		conflict(ip, own, now_us);
		return true;
	}
	if (!(nd->flags & WIRE_ND_ROUTER))
		ip6_router_heard(ip, &nd->target, 0, now_us);
	if (ip_neighbour_advertised(ip, &advertisement, now_us))
		ip->stats.nd_updates++;
	else
		ip->stats.drop_nd_ignored++;
	return true;
}

/* Sections 6.1.2, 6.3.4: a default router, and where it is; not our addresses nor their prefixes.
 */
static bool
router_advertised(struct ip *ip, const struct wire_nd *nd, const struct ip_packet *packet,
		  uint64_t now_us)
{
	const struct ip6_own *own = ip6_find_own(ip, &packet->src);

	if (packet->src.bytes[0] != 0xfe || (packet->src.bytes[1] & 0xc0) != 0x80)
		return false;
	/* What goes by it would look for our own address among the neighbours. */
	if (own != NULL && own->state != IP6_DUPLICATE) {
		ip->stats.drop_nd_conflict++;
		return true;
	}
	if (nd->has_mac)
		ip_neighbour_seen(ip, &packet->src, &nd->mac, now_us);
	ip6_router_heard(ip, &packet->src, nd->router_lifetime_s, now_us);
	ip->stats.nd_updates++;
	return true;
}

void
ip_link_update(struct ip *ip, const struct ip_link_news *news, uint64_t now_us)
{
	struct ip6_own *own;

	if (!ip->ip6.enabled)
		return;
	if (news->kind != IP_LINK_DUPLICATE) {
		ip6_router_told(ip, news, now_us);
		return;
	}
	/* That core was still trying it: so is this one, or it has just begun to use it. */
	own = ip6_find_own(ip, &news->addr);
	if (own != NULL)
		own->state = IP6_DUPLICATE;
}

static bool
is_on_link(const struct ip *ip, const struct tr_addr *addr)
{
	struct tr_addr next_hop;

	return ip_route(ip, addr, &next_hop) && tr_addr_is_same(&next_hop, addr);
}

/* RFC 4862 section 5.4.5: an address that another host has is not used. One in use is kept. */
static void
conflict(struct ip *ip, struct ip6_own *own, uint64_t now_us)
{
	ip->stats.drop_nd_conflict++;
	if (own->state != IP6_TENTATIVE)
		return;
	own->state = IP6_DUPLICATE;
	nd_tell_duplicate(ip, own, now_us);
}

void
nd_tell_duplicate(struct ip *ip, struct ip6_own *own, uint64_t now_us)
{
	const struct ip_link_news news = {.kind = IP_LINK_DUPLICATE, .addr = own->addr};

	own->tell_us = ip6_tell(ip, &news) ? UINT64_MAX : now_us + TOLD_AGAIN_US;
	ip6_schedule(ip);
}

static void
nd_output(struct ip *ip, const struct wire_nd *nd, struct ip6_send *send, uint64_t now_us)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(ip->config.mbufs);
	uint8_t data[WIRE_ND_BYTES_MAX];
	uint32_t bytes;

	if (mbuf == NULL) {
		ip->stats.drop_no_mbuf++;
		return;
	}
	bytes = wire_nd_write(data, nd);
	memcpy(rte_pktmbuf_append(mbuf, bytes), data, bytes);
	send->next_header = IPPROTO_ICMPV6;
	send->hop_limit = IP6_HOP_LIMIT_LINK;
	icmp6_output(ip, mbuf, send, now_us);
}

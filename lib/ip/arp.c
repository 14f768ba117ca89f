/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_arp.h"

/* RFC 5227 section 1.1: DEFEND_INTERVAL. */
#define DEFEND_INTERVAL_US UINT64_C(10000000)

static const struct rte_ether_addr broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static void answer_request(struct ip *ip, const struct wire_arp *arp, uint64_t now_us);
static void note_sender(struct ip *ip, const struct wire_arp *arp, uint64_t now_us);
static void defend(struct ip *ip, uint64_t now_us);
static bool is_neighbour(const struct ip *ip, rte_be32_t addr);
static bool arp_output(struct ip *ip, const struct wire_arp *arp, const struct rte_ether_addr *dst);

/*
 * RFC 826, "Packet Reception", but for one thing: only a request for our address makes a new
 * entry, so that a stranger's announcements do not fill the table.
 */
void
arp_input(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us)
{
	enum wire_arp_error error;
	struct wire_arp arp;

	ip->stats.arp_rx++;
	error = wire_arp_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, &arp);
	/* Before an answer needs one. */
	rte_pktmbuf_free(mbuf);

	/* RFC 1812 section 3.3.2: nobody lives at a group address. */
	if (error != WIRE_ARP_OK || !rte_is_valid_assigned_ether_addr(&arp.sender_mac))
		ip->stats.drop_arp_malformed++;
	else if (rte_is_same_ether_addr(&arp.sender_mac, &ip->config.mac))
		ip->stats.drop_arp_ignored++; /* our own, looped back */
	else if (arp.sender_addr == ip->addr)
		defend(ip, now_us);
	else if (arp.operation == WIRE_ARP_REQUEST && arp.target_addr == ip->addr)
		answer_request(ip, &arp, now_us);
	else
		note_sender(ip, &arp, now_us);
}

void
arp_request(struct ip *ip, rte_be32_t addr, const struct rte_ether_addr *mac)
{
	struct wire_arp arp = {
		.operation = WIRE_ARP_REQUEST,
		.sender_mac = ip->config.mac,
		.sender_addr = ip->addr,
		.target_addr = addr,
	};

	arp_output(ip, &arp, mac != NULL ? mac : &broadcast);
}

void
arp_announce(struct ip *ip)
{
	arp_request(ip, ip->addr, NULL);
}

static void
answer_request(struct ip *ip, const struct wire_arp *arp, uint64_t now_us)
{
	struct wire_arp reply = {
		.operation = WIRE_ARP_REPLY,
		.sender_mac = ip->config.mac,
		.sender_addr = ip->addr,
		.target_mac = arp->sender_mac,
		.target_addr = arp->sender_addr,
	};
	struct tr_addr sender = tr_addr_ipv4(arp->sender_addr);

	/* RFC 5227 section 2.1.1: the sender of a probe has no address yet. */
	if (is_neighbour(ip, arp->sender_addr))
		ip_neighbour_heard(ip, &sender, &arp->sender_mac, true, now_us);
	if (arp_output(ip, &reply, &arp->sender_mac))
		ip->stats.arp_answered++;
}

/* Replies, announcements, and requests for others: good for entries that there are. */
static void
note_sender(struct ip *ip, const struct wire_arp *arp, uint64_t now_us)
{
	const struct ip_events *events = ip->config.events;
	struct ip_neighbour neighbour = {
		.addr = tr_addr_ipv4(arp->sender_addr),
		.mac = arp->sender_mac,
		.only_if_known = true,
	};

	if (ip_neighbour_heard(ip, &neighbour.addr, &arp->sender_mac, false, now_us)) {
		ip->stats.arp_updates++;
		return;
	}
	ip->stats.drop_arp_ignored++;
	/* Another core may have asked. */
	if (arp->operation == WIRE_ARP_REPLY && arp->target_addr == ip->addr &&
	    is_neighbour(ip, arp->sender_addr) && events != NULL)
		events->neighbour(ip->config.events_arg, &neighbour);
}

/* RFC 5227 section 2.4 (c): keep the address, and say so, but not to a quarrel's pace. */
static void
defend(struct ip *ip, uint64_t now_us)
{
	ip->stats.drop_arp_conflict++;
	if (now_us < ip->defend_after_us)
		return;
	ip->defend_after_us = now_us + DEFEND_INTERVAL_US;
	arp_announce(ip);
}

static bool
is_neighbour(const struct ip *ip, rte_be32_t addr)
{
	return ip_ipv4_is_on_link(ip, addr) && ip_ipv4_is_peer(ip, addr);
}

static bool
arp_output(struct ip *ip, const struct wire_arp *arp, const struct rte_ether_addr *dst)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(ip->config.mbufs);

	if (mbuf == NULL) {
		ip->stats.drop_no_mbuf++;
		return false;
	}
	wire_arp_write((uint8_t *)rte_pktmbuf_append(mbuf, WIRE_ARP_BYTES), arp);
	if (!eth_output(ip, mbuf, dst, RTE_ETHER_TYPE_ARP))
		return false;
	ip->stats.arp_tx++;
	return true;
}

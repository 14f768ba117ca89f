/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the files of lib/ip share: the host, and the steps from one to the next. Nobody else
 * includes it.
 *
 * Threads: the core that owns the struct ip.
 */
#ifndef IP_INTERNAL_H
#define IP_INTERNAL_H

#include <string.h>

#include <netinet/in.h>

#include "ip.h"
#include "ip6.h"
#include "ip_fragment.h"
#include "ip_neighbour.h"
#include "ip_route.h"
#include "wire_ether.h"
#include "wire_ipv4.h"

/** Bytes of every received frame that are made contiguous: each header at its longest. */
#define IP_CONTIGUOUS_BYTES (WIRE_ETHER_HEADER_BYTES + 60 + 60)

/** A host, as one core sees it. */
struct ip {
	struct ip_config config;
	bool has_ipv4; /* an address was configured; else there is IPv6 alone */
	rte_be32_t addr; /* ours */
	uint32_t usual_bytes; /* of the shortest frame of ip_input_usual(): of IPv6 alone none is */
	rte_be32_t mask; /* of the on-link prefix */
	/* RFC 1122 section 3.2.1.3: addresses of the prefix that are no host's; 0: all are. */
	rte_be32_t network;
	rte_be32_t broadcast;
	uint64_t tx_flags; /* of an mbuf with a TCP segment: what the port computes */
	uint64_t defend_after_us; /* RFC 5227 section 2.4: not before */
	uint64_t icmp_errors_us; /* since when they are counted, to limit them */
	uint32_t icmp_errors; /* sent since */
	struct ip_routes routes;
	struct ip_neighbour_table neighbours;
	struct ip_fragments fragments;
	struct ip6 ip6;
	struct ip_stats stats;
	struct ip_txq txq;
};

/** Free a packet and count it. */
static inline enum ip_verdict
ip_drop(struct rte_mbuf *mbuf, uint64_t *counter)
{
	(*counter)++;
	rte_pktmbuf_free(mbuf);
	return IP_TAKEN;
}

/** Whether an address is in our prefix. */
static inline bool
ip_ipv4_is_on_link(const struct ip *ip, rte_be32_t addr)
{
	return ((addr ^ ip->addr) & ip->mask) == 0;
}

/** Whether an address is one host's in whichever network: not "this", loopback or a group. */
static inline bool
ip_ipv4_is_unicast(rte_be32_t addr)
{
	uint8_t network = rte_be_to_cpu_32(addr) >> 24;

	return network != 0 && network != IN_LOOPBACKNET && network < 224;
}

/** RFC 1122 section 3.2.1.3: whether one host can have this address. */
static inline bool
ip_ipv4_is_host(const struct ip *ip, rte_be32_t addr)
{
	return ip_ipv4_is_unicast(addr) && addr != ip->network && addr != ip->broadcast;
}

/** The same, and it is not ours. */
static inline bool
ip_ipv4_is_peer(const struct ip *ip, rte_be32_t addr)
{
	return addr != ip->addr && ip_ipv4_is_host(ip, addr);
}

/** The same as ip_output() of IPv4, with a header from ip_header(). */
void ip_output_ipv4(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4,
		    uint64_t now_us);

/** What all headers from one address to another have in common: no length, no id. */
struct wire_ipv4 ip_header(const struct ip *ip, const struct tr_addr *src,
			   const struct tr_addr *dst, uint8_t protocol);

/** The field with DSCP and ECN, of what no path gives another one. */
static inline uint8_t
ip_dscp_ecn(const struct ip *ip, uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? ip->config.dscp << WIRE_IPV4_DSCP_SHIFT : 0;
}

/**
 * Prepend an Ethernet header and queue the frame for the device.
 *
 * @return
 *   False when the queue was full: the frame is dropped and counted.
 */
bool eth_output(struct ip *ip, struct rte_mbuf *mbuf, const struct rte_ether_addr *dst,
		uint16_t type);

/** Take an ARP packet; @p mbuf begins with it and is consumed. */
void arp_input(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us);

/** Ask for a neighbour: @p mac is where it was last, or the broadcast address. */
void arp_request(struct ip *ip, rte_be32_t addr, const struct rte_ether_addr *mac);

/** Tell everybody our address. */
void arp_announce(struct ip *ip);

/**
 * Take an IPv4 packet, as eth_input() describes.
 *
 * @param mbuf
 *   Begins with the IPv4 header.
 * @param broadcast
 *   It came to the link's broadcast address.
 */
enum ip_verdict ip_input(struct ip *ip, struct rte_mbuf *mbuf, bool broadcast, uint64_t now_us,
			 struct ip_packet *packet);

/**
 * Give a TCP segment that another core may want to who knows which one; where nobody does, the
 * caller delivers it.
 */
enum ip_verdict ip_deliver_strayed(struct ip *ip, struct rte_mbuf *mbuf,
				   const struct ip_packet *packet);

/**
 * Take a frame as eth_input() describes. Nearly all hold a TCP segment in one mbuf, to our Ethernet
 * address, in a whole IPv4 packet without options between a host and us: these are delivered here,
 * any other by eth_input_any(), which would do the same with them, only slower.
 */
enum ip_verdict ip_input_usual(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us,
			       struct ip_packet *packet);

/** Take a frame as eth_input() describes, which has counted it. */
enum ip_verdict eth_input_any(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us,
			      struct ip_packet *packet);

/** Take an ICMP message that fills @p mbuf, which is consumed. */
void icmp_input(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet,
		uint64_t now_us);

/** Take an ICMP error, whose checksum is right; @p mbuf begins with it and is consumed. */
void icmp_error_input(struct ip *ip, struct rte_mbuf *mbuf);

/** Count an error that came, of either family, and tell the owner. */
void icmp_error_report(struct ip *ip, const struct ip_error *error);

/** Whether another ICMP error may be sent now, of either family: it counts as sent. */
bool icmp_error_may_send(struct ip *ip, uint64_t now_us);

/**
 * Tell the sender of a packet that it was dropped (RFC 1122 section 3.2.2), if not too many were
 * told lately. Not for a packet that was broadcast, a later fragment or an ICMP error.
 *
 * @param mbuf
 *   Begins with the packet's IPv4 header; the caller's.
 */
void icmp_error_output(struct ip *ip, const struct rte_mbuf *mbuf, uint8_t type, uint8_t code,
		       uint64_t now_us);

/** The Internet checksum's sum, not complemented, of all of a packet: 0xffff over a good one. */
uint16_t ip_checksum_mbuf(const struct rte_mbuf *mbuf);

/**
 * Make the first bytes of a packet contiguous, in its first mbuf.
 *
 * @param bytes
 *   More than that mbuf has, and at most the packet's length.
 * @return
 *   False, and nothing is changed, when that mbuf has no room for them or is shared.
 */
bool ip_mbuf_pullup(struct rte_mbuf *mbuf, uint16_t bytes);

/** Whether nobody else sees what is written to the first mbuf of a packet. */
static inline bool
ip_mbuf_is_writable(const struct rte_mbuf *mbuf)
{
	return RTE_MBUF_DIRECT(mbuf) && rte_mbuf_refcnt_read(mbuf) == 1;
}

/** Whether the port cuts it into segments: ip_path_output_large(). */
static inline bool
ip_mbuf_is_large(const struct rte_mbuf *mbuf)
{
	return (mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
}

/** Bytes of the longest packet that the wire sees of a TCP segment, without IP's header. */
static inline uint32_t
ip_mbuf_wire_bytes(const struct rte_mbuf *mbuf)
{
	return ip_mbuf_is_large(mbuf) ? (uint32_t)mbuf->l4_len + mbuf->tso_segsz : mbuf->pkt_len;
}

/**
 * A received packet as one to send back: itself, or a copy where somebody else sees it written to;
 * in one mbuf where the port sends no chains.
 *
 * @param bytes
 *   What is past these is left out.
 * @return
 *   NULL for want of an mbuf, or of room in one: it is dropped and counted.
 */
struct rte_mbuf *ip_mbuf_make_answer(struct ip *ip, struct rte_mbuf *mbuf, uint32_t bytes);

/** Cut a packet to its first @p bytes. */
void ip_mbuf_cut(struct rte_mbuf *mbuf, uint32_t bytes);

#endif /* IP_INTERNAL_H */

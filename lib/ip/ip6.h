/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * IPv6 beside IPv4 (RFC 8200): our addresses, and the steps of its packets. Internal to lib/ip.
 *
 * There are two addresses: a link-local one made of the Ethernet address (RFC 4291 appendix A) and
 * the one that was configured. Both are tried for a second before they are used, and not used at
 * all if another host has them (RFC 4862 section 5.4). The groups of their neighbour solicitations
 * are joined (RFC 3810), and a router is asked for where none was configured (RFC 4861
 * section 6.3).
 *
 * Threads: the core that owns the struct ip.
 */
#ifndef IP6_H
#define IP6_H

#include "ip.h"
#include "wire_ipv6.h"

/** Our addresses: the link-local one, then the other. */
#define IP6_OWN 2

/** RFC 8200 section 5. */
#define IP6_MTU_MIN 1280

/** Of neighbour discovery: what crossed a router has less (RFC 4861 section 7.1). */
#define IP6_HOP_LIMIT_LINK 255

/** What we may do with an address of ours. */
enum ip6_own_state {
	IP6_TENTATIVE, /* find out whether somebody else has it */
	IP6_USED,
	IP6_DUPLICATE /* somebody has: nothing */
};

/** An address of ours. */
struct ip6_own {
	struct tr_addr addr;
	enum ip6_own_state state;
	uint64_t tell_us; /* when the other cores are to be told that it is a duplicate */
};

/** The router that advertised itself. */
struct ip6_router {
	struct tr_addr addr; /* or none */
	struct tr_addr gone; /* the one before, of which the other cores do not know yet; or none */
	bool started; /* our addresses have been tried: we may ask */
	bool heard; /* by this core, not by another */
	bool silent; /* as a neighbour it does not answer: any other is better */
	uint8_t nb_asked; /* times that we asked for routers since there is none */
	uint64_t until_us; /* then it is none */
	uint64_t told_us; /* when the other cores were told of it last */
	uint64_t tell_us; /* when they are to be told again */
	uint64_t asked_us; /* when we asked last */
	uint64_t ask_us; /* when we are to ask again */
};

/** IPv6 of a host. */
struct ip6 {
	bool enabled; /* an address was configured; else the rest means nothing */
	bool trying; /* whether others have our addresses: the first step of the start is done */
	struct ip6_own own[IP6_OWN];
	struct ip6_router router;
	uint64_t start_us; /* when the next step of the start is due */
	uint64_t report_us; /* when a report of our groups is due */
	uint64_t next_us; /* the earliest of these */
};

/** What a packet of ours says beside its addresses. */
struct ip6_send {
	struct tr_addr src;
	struct tr_addr dst;
	const struct rte_ether_addr *mac; /* where to; NULL: the neighbour's, or the group's */
	uint8_t next_header;
	uint8_t hop_limit;
	uint8_t dscp_ecn;
	uint32_t flow_label;
};

/** Set up, from ip->config. 0 or -EINVAL. Control thread. */
int ip6_setup(struct ip *ip);

/** Run what is due. */
void ip6_tick(struct ip *ip, uint64_t now_us);

/** Compute when something is due next. */
void ip6_schedule(struct ip *ip);

/** Tell the other cores. False: they are to be told again. */
bool ip6_tell(struct ip *ip, const struct ip_link_news *news);

/** Begin, with no router. */
void ip6_router_setup(struct ip6_router *router);

/** Our addresses have been tried: ask for routers. */
void ip6_router_start(struct ip *ip, uint64_t now_us);

/** A router advertised itself for so long, or is none any more (0): this core heard it. */
void ip6_router_heard(struct ip *ip, const struct tr_addr *addr, uint16_t lifetime_s,
		      uint64_t now_us);

/** Another core heard of a router. */
void ip6_router_told(struct ip *ip, const struct ip_link_news *news, uint64_t now_us);

/** A neighbour, perhaps our router, was asked and did not answer. */
void ip6_router_silent(struct ip *ip, const struct tr_addr *addr, uint64_t now_us);

/** The same, and it did: it hears us. */
void ip6_router_answered(struct ip *ip, const struct tr_addr *addr);

/** Run what is due. */
void ip6_router_tick(struct ip *ip, uint64_t now_us);

/** When something is due next. */
uint64_t ip6_router_next_us(const struct ip6_router *router);

/** Somebody asks which groups we are in: tell within @p within_us. */
void ip6_report_soon(struct ip *ip, uint64_t within_us, uint64_t now_us);

/** The address of ours that this is, whatever its state; NULL: none. */
struct ip6_own *ip6_find_own(struct ip *ip, const struct tr_addr *addr);

/** Whether an address of ours is this, and used. */
bool ip6_is_ours(const struct ip *ip, const struct tr_addr *addr);

/** The address of ours that packets to @p dst are sent from; none while it is not used. */
struct tr_addr ip6_source(const struct ip *ip, const struct tr_addr *dst);

/** Whether a host can have this address: not a group, the loopback, none, or IPv4's. */
bool ip6_is_host(const struct tr_addr *addr);

/** Whether an address is a group that we listen to. */
bool ip6_is_our_group(const struct ip *ip, const struct tr_addr *addr);

/** The group in which who has this address is asked for (RFC 4291 section 2.7.1). */
struct tr_addr ip6_solicited_group(const struct tr_addr *addr);

/**
 * Prepend IPv6 and Ethernet headers and queue the frame: to a group, or to an Ethernet address that
 * is known, at once; to another host through its neighbour. @p mbuf: payload with headroom;
 * consumed.
 */
void ip6_output(struct ip *ip, struct rte_mbuf *mbuf, const struct ip6_send *send, uint64_t now_us);

/**
 * Take an IPv6 packet, as eth_input() describes. @p mbuf begins with its header; @p group: the
 * frame came to a group.
 */
enum ip_verdict ip6_input(struct ip *ip, struct rte_mbuf *mbuf, bool group, uint64_t now_us,
			  struct ip_packet *packet);

/** Take an ICMPv6 message that fills @p mbuf, which is consumed. */
void icmp6_input(struct ip *ip, struct rte_mbuf *mbuf, const struct ip_packet *packet,
		 uint64_t now_us);

/** Take an ICMPv6 error, whose checksum is right; @p mbuf begins with it. The caller frees it. */
void icmp6_error_input(struct ip *ip, const struct rte_mbuf *mbuf);

/** Fill in an ICMPv6 message's checksum, and send it. @p mbuf: the message; consumed. */
void icmp6_output(struct ip *ip, struct rte_mbuf *mbuf, const struct ip6_send *send,
		  uint64_t now_us);

/**
 * Answer a packet with an error, if that may be (RFC 4443 section 2.4): not about an error, nor to
 * who is no single host, and not too often.
 *
 * @param mbuf
 *   The packet from its IPv6 header; as it was afterwards.
 * @param value
 *   The second word of the message.
 */
void icmp6_error_output(struct ip *ip, const struct rte_mbuf *mbuf, uint8_t type, uint8_t code,
			uint32_t value, uint64_t now_us);

/** Take a message of neighbour discovery, whose checksum is right. The caller frees it. */
void nd_input(struct ip *ip, const struct rte_mbuf *mbuf, const struct ip_packet *packet,
	      uint64_t now_us);

/** Ask for a neighbour: @p mac is where it was last; NULL: ask in its group. */
void nd_solicit(struct ip *ip, const struct tr_addr *addr, const struct rte_ether_addr *mac,
		uint64_t now_us);

/** Ask whether somebody has an address of ours, which is not used yet. */
void nd_probe(struct ip *ip, const struct tr_addr *addr, uint64_t now_us);

/** Tell the other cores that another host has an address of ours. */
void nd_tell_duplicate(struct ip *ip, struct ip6_own *own, uint64_t now_us);

/** Ask for routers. */
void nd_solicit_router(struct ip *ip, uint64_t now_us);

#endif /* IP6_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A host of IPv4, of IPv6, or of both, as it has addresses, on one Ethernet port, as one core sees
 * it: frames in, packets for TCP out of them; packets in, frames out.
 *
 * Each core has its own struct ip. What it sends stands in a queue that core hands to the device;
 * what changes in its neighbours it reports, so that core can tell the other cores.
 *
 * Threads: the core that owns it; ip_stats may be read by any.
 */
#ifndef IP_H
#define IP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "ip_stats.h"
#include "tr_addr.h"

struct ip;

/** Routes that can be given beside the gateways. */
#define IP_ROUTES_MAX 32

/** Frames that can wait for the device. */
#define IP_TXQ_SIZE 512

/** Frames on their way to the device, oldest first. Core takes them from the front. */
struct ip_txq {
	uint16_t nb;
	struct rte_mbuf *frames[IP_TXQ_SIZE];
};

/** A neighbour became reachable at an address, changed it, or is still there. */
struct ip_neighbour {
	struct tr_addr addr;
	struct rte_ether_addr mac;
	bool stale; /* it spoke, but nobody knows whether it hears us (RFC 4861 section 7.3.2) */
	bool only_if_known; /* of use to who has an entry for it, or waits for it: create none */
};

struct ip_packet;

/** What an ICMP error says of a packet. */
enum ip_error_kind {
	IP_ERROR_NET, /* there is no way to its network */
	IP_ERROR_HOST, /* nor to its host; or it took too long there */
	IP_ERROR_PROHIBITED, /* somebody on the way forbids it */
	IP_ERROR_PORT, /* its port, or its protocol, is not there */
	IP_ERROR_TOO_BIG /* it does not fit through, and says that it must not be cut */
};

/**
 * An ICMP error about a packet with a source address of ours, which anybody can have made up (RFC
 * 5927): what it quotes is to be compared with what was sent.
 */
struct ip_error {
	enum ip_error_kind kind;
	uint8_t protocol; /* IPPROTO_TCP */
	uint16_t mtu; /* of IP_ERROR_TOO_BIG: what would fit; 0: it is not said */
	uint16_t bytes; /* of the packet, its IP header included */
	struct tr_addr local_addr;
	struct tr_addr remote_addr;
	rte_be16_t local_port;
	rte_be16_t remote_port;
	uint32_t seq; /* TCP's */
};

/** What a host of IPv6 hears on its link for all of its cores. */
enum ip_link_kind {
	IP_LINK_ROUTER, /* a router advertised itself, or is none any more */
	IP_LINK_ROUTER_SILENT, /* one does not answer: others are better */
	IP_LINK_DUPLICATE /* another host has an address of ours, which was tried only */
};

/** Such news. A device gives it to one core. */
struct ip_link_news {
	enum ip_link_kind kind;
	uint16_t lifetime_s; /* of a router; 0: it is none */
	struct tr_addr addr; /* the router's, or ours */
};

/** Where ip reports to its owner. */
struct ip_events {
	/**
	 * This core learned a neighbour: the others want ip_neighbour_update(). The device gives
	 * an ARP reply to one core, whichever asked: so each that may be an answer comes here, too
	 * (at most once a second for a neighbour known here).
	 */
	void (*neighbour)(void *arg, const struct ip_neighbour *neighbour);

	/**
	 * A packet that another core may want, as eth_input() would have delivered it: one is whole
	 * whose last fragment came, or TCP's ports stand behind options or extension headers, where
	 * not every device looks for them. @p mbuf is the callee's. May be NULL: fragments are
	 * dropped then.
	 */
	void (*packet)(void *arg, struct rte_mbuf *mbuf, const struct ip_packet *packet);

	/** An ICMP error came about a TCP segment that may be ours. May be NULL. */
	void (*error)(void *arg, const struct ip_error *error);

	/**
	 * This core heard news of the link: the others want ip_link_update(). Of a router that goes
	 * on at most once a second. May be NULL. False when not all others could be told: they are
	 * told again.
	 */
	bool (*link)(void *arg, const struct ip_link_news *news);
};

/** What ip_create() needs. */
struct ip_config {
	struct rte_ether_addr mac;
	struct tr_addr_net ipv4; /* no address: no IPv4, but IPv6 then */
	struct tr_addr_net ipv6; /* no address: no IPv6 */
	const struct tr_addr_route *routes; /* beside the gateways; copied */
	unsigned int nb_routes; /* up to IP_ROUTES_MAX */
	uint16_t mtu; /* of IP packets */
	uint32_t neighbours_max;
	uint32_t neighbours_key; /* random: places them in their table */
	struct rte_mempool *mbufs; /* for frames that ip itself makes */
	/* For errors that quote a packet of IPv6: with room for 1280 bytes, or they quote less.
	 * NULL: mbufs. */
	struct rte_mempool *quote_mbufs;
	uint8_t dscp; /* of TCP segments (RFC 2474) */
	uint8_t ttl; /* or hop limit, of what is sent beyond the link; 0: 64 */
	bool tx_ipv4_checksum; /* the port computes it */
	bool tx_tcp_checksum;
	bool tx_segments; /* it sends mbufs of several segments */
	int socket;
	const struct ip_events *events; /* may be NULL */
	void *events_arg;
};

/** A packet for a protocol above: where it is in its mbuf, already stripped. */
struct ip_packet {
	struct tr_addr src;
	struct tr_addr dst;
	uint32_t bytes; /* of payload, from the mbuf's first byte */
	uint8_t protocol; /* IPPROTO_TCP */
	uint8_t ttl;
	uint8_t ecn;
	bool checksum_good; /* the device verified the TCP checksum */
};

/** Bytes of the headers that stand before a TCP segment: Ethernet and IPv4. */
#define IP_PATH_HEADER_BYTES 34

/** Both ends of a way. */
struct ip_ends {
	struct tr_addr remote;
	struct tr_addr local; /* an address of ours */
};

/**
 * The way from an address of ours to another, where a connection keeps it: what its packets have in
 * common, as long as the neighbour stays where it is. Made by ip_path_init(). Its ends the
 * connection knows.
 */
struct ip_path {
	uint64_t until_us; /* then the neighbour is looked up again, and noted as used */
	uint32_t generation; /* of the neighbours, when it was noted; 0: it was not */
	union {
		struct {
			uint16_t header_sum; /* of header, without length and id */
			uint16_t pseudo_sum; /* of TCP's pseudo header, without length */
		};
		uint32_t flow_label; /* of IPv6, which has no header here */
	};
	bool ipv6;
	uint8_t dscp_ecn; /* of header: ip_path_set_dscp(), ip_path_set_ecn() */
	uint8_t ttl; /* the same: ip_path_set_ttl() */
	uint8_t header[IP_PATH_HEADER_BYTES];
};

/** What became of a frame. */
enum ip_verdict {
	IP_DELIVER, /* the mbuf now begins with the payload of *packet: the caller's to free */
	IP_TAKEN /* answered, queued or dropped (and counted): nothing is left to do */
};

/**
 * Create a host. Control thread.
 *
 * @return
 *   The host, or NULL with rte_errno: EINVAL (an address that no host has, a gateway that is not
 *   on the link, a route that ip_route_is_valid() refuses, a prefix length beyond 1 to 32 or 128,
 *   an MTU below 68, with IPv6 below 1280), ENOMEM.
 */
struct ip *ip_create(const struct ip_config *config);

/** Free it and the packets that wait in it, for neighbours and the device. Control thread; its
 * core does not run. */
void ip_destroy(struct ip *ip);

/**
 * Take a frame from the device.
 *
 * @param mbuf
 *   Consumed, unless the verdict says that it is delivered. A delivered packet is at least
 *   @p packet->bytes long, of exactly that length (padding is cut), and its first 60 bytes, or all
 *   of it, are contiguous.
 */
enum ip_verdict eth_input(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us,
			  struct ip_packet *packet);

/**
 * Send a packet: prepend IPv4 and Ethernet headers and queue it. While the neighbour's address
 * is being asked for, it waits (a few at most, then the oldest is dropped and counted).
 *
 * @param mbuf
 *   Payload with headroom; consumed whatever happens. Of TCP, ip_tcp_checksum() has seen it.
 * @param src
 *   An address of ours.
 * @param dst
 *   Final destination: the route chooses the neighbour.
 */
void ip_output(struct ip *ip, struct rte_mbuf *mbuf, struct tr_addr src, struct tr_addr dst,
	       uint8_t protocol, uint64_t now_us);

/**
 * Begin a way.
 *
 * @param flow_label
 *   Of all packets that go it, of IPv6 (RFC 6437): 20 bits.
 */
void ip_path_init(const struct ip *ip, struct ip_path *path, const struct ip_ends *ends,
		  uint32_t flow_label);

/**
 * Send a TCP segment: the same as ip_tcp_checksum() and ip_output(), at a fraction
 * of their cost where another packet went the same way in the last second.
 *
 * @param path
 *   Where to; kept up to date here.
 * @param ends
 *   Those with which it was begun.
 * @param mbuf
 *   Begins with the TCP header, whose checksum is zero; consumed whatever happens.
 */
void ip_path_output(struct ip *ip, struct ip_path *path, const struct ip_ends *ends,
		    struct rte_mbuf *mbuf, uint16_t tcp_header_bytes, uint64_t now_us);

/**
 * The same, of a segment that the port cuts into those it sends: RTE_MBUF_F_TX_TCP_SEG.
 *
 * @param mbuf
 *   Up to UINT16_MAX bytes with IP's header; may have several mbufs.
 * @param segment_bytes
 *   Payload of each segment but the last.
 */
void ip_path_output_large(struct ip *ip, struct ip_path *path, const struct ip_ends *ends,
			  struct rte_mbuf *mbuf, uint16_t tcp_header_bytes, uint16_t segment_bytes,
			  uint64_t now_us);

/** What ip_path_output() sends from now on has this ECN field (RFC 3168 section 5). */
void ip_path_set_ecn(struct ip_path *path, uint8_t ecn);

/** The same for its DSCP (RFC 2474): 0 to 63. */
void ip_path_set_dscp(struct ip_path *path, uint8_t dscp);

/** The same for its time to live, or hop limit: not 0. */
void ip_path_set_ttl(struct ip_path *path, uint8_t ttl);

/**
 * Complete a TCP segment's checksum before ip_output(): computed here, or left to the port.
 *
 * @param mbuf
 *   Begins with the TCP header, whose checksum is zero.
 */
void ip_tcp_checksum(struct ip *ip, struct rte_mbuf *mbuf, uint16_t tcp_header_bytes,
		     struct tr_addr src, struct tr_addr dst);

/** Whether a received TCP segment's checksum is right. */
bool ip_tcp_checksum_ok(const struct rte_mbuf *mbuf, const struct ip_packet *packet);

/** The queue of frames for the device. */
struct ip_txq *ip_txq(struct ip *ip);

/**
 * Run what is due: ask again for neighbours, forget silent ones, and fragments that wait too long.
 * Cheap when nothing is.
 */
void ip_tick(struct ip *ip, uint64_t now_us);

/** When ip_tick() next has something to do, or UINT64_MAX. */
uint64_t ip_next_timer_us(const struct ip *ip);

/** Another core learned a neighbour. Reports nothing. */
void ip_neighbour_update(struct ip *ip, const struct ip_neighbour *neighbour, uint64_t now_us);

/** Another core heard news of the link. Reports nothing. */
void ip_link_update(struct ip *ip, const struct ip_link_news *news, uint64_t now_us);

/** Announce our address once (RFC 5227 section 2.3), as the port comes up. */
void ip_announce(struct ip *ip);

/** The address of ours that packets to @p dst are sent from; none: there is none for them. */
struct tr_addr ip_source(const struct ip *ip, struct tr_addr dst);

/** Whether an address is ours. */
bool ip_addr_is_ours(const struct ip *ip, struct tr_addr addr);

/** Our MTU, in bytes of IP packet. */
uint16_t ip_mtu(const struct ip *ip);

/** Whether an address is one that a TCP peer can have: unicast, not ours, not our broadcast. */
bool ip_addr_is_peer(const struct ip *ip, struct tr_addr addr);

/**
 * Whether a route can be: it has no bits behind its prefix, leads by a neighbour other than us, not
 * to our own network, and is the first to where it leads.
 *
 * @param config
 *   Its addresses, gateways and routes are looked at.
 * @param nth
 *   Which of the routes.
 */
bool ip_route_is_valid(const struct ip_config *config, unsigned int nth);

/**
 * Call @p visit for each route, the longest prefix first. The core.
 *
 * @p visit: via none leads to hosts on the link; learned: of a router that advertised itself.
 */
void ip_route_walk(const struct ip *ip,
		   void (*visit)(const struct tr_addr_route *route, bool learned, void *arg),
		   void *arg);

/** Counters; see ip_stats.h. */
const struct ip_stats *ip_stats(const struct ip *ip);

/** Zero the counters. The core. */
void ip_stats_clear(struct ip *ip);

/** Call @p visit for each neighbour entry. The core. @p reachable: its address is known. */
void ip_neighbour_walk(const struct ip *ip,
		       void (*visit)(const struct ip_neighbour *neighbour, bool reachable,
				     void *arg),
		       void *arg);

#endif /* IP_H */

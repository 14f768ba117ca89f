/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A host for the tests of lib/ip: 10.77.0.2/24 with a gateway at 10.77.0.1, frames made from bytes
 * in and taken out as bytes, and the proof at the end that no mbuf is missing.
 */
#ifndef IP_HOST_H
#define IP_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "ip.h"

#define OURS RTE_BE32(0x0a4d0002)
#define PEER RTE_BE32(0x0a4d0003)
#define GATEWAY RTE_BE32(0x0a4d0001)
#define FAR RTE_BE32(0xc0000207)

#define SECOND UINT64_C(1000000)

/** Bytes of the longest frame that the tests make. */
#define FRAME_MAX 2000

extern const struct rte_ether_addr our_mac, peer_mac, other_mac, broadcast_mac;

/** A host, and what came of the last frame. */
struct ip_host {
	struct ip *ip;
	struct ip_config config;
	struct rte_mempool *rx_pool; /* of received frames: not the host's own */
	uint64_t now_us;
	struct ip_packet packet;
	struct rte_mbuf *delivered; /* the last packet for TCP: the test's to free */
	unsigned int nb_events;
	struct ip_neighbour event; /* the last */
	unsigned int nb_errors;
	struct ip_error error; /* the last */
	unsigned int nb_news;
	struct ip_link_news news; /* of the link, the last */
	bool deaf; /* the other cores cannot be told of them */
	unsigned int nb_packets; /* put together from fragments; the last is in delivered */
	uint16_t sent_bytes;
	uint8_t sent[FRAME_MAX]; /* by ip_host_sent() */
};

/** Setup and teardown of a cmocka test; *state is the struct ip_host. */
int ip_host_setup(void **state);
int ip_host_teardown(void **state);

/** Make the host anew, from host->config. */
void ip_host_create(struct ip_host *host);

/** Copy bytes to an mbuf, or to one with several segments of @p segment_bytes. */
struct rte_mbuf *ip_host_mbuf(struct ip_host *host, const void *data, uint32_t len);
struct rte_mbuf *ip_host_segments(struct ip_host *host, const void *data, uint32_t len,
				  uint32_t segment_bytes);

/** Give the host a frame. */
enum ip_verdict ip_host_receive(struct ip_host *host, const void *frame, uint32_t len);
enum ip_verdict ip_host_receive_mbuf(struct ip_host *host, struct rte_mbuf *mbuf);

/** Take the oldest frame that it sent, to host->sent; false when there is none. */
bool ip_host_sent(struct ip_host *host);

/** Let it send a packet of @p bytes bytes, of which the first is @p first. */
void ip_host_send(struct ip_host *host, rte_be32_t dst, uint8_t first, uint32_t bytes);

/** Tell it where the peer is. */
void ip_host_know(struct ip_host *host, rte_be32_t addr, const struct rte_ether_addr *mac);

/** Let time pass, with ticks as they are due. */
void ip_host_sleep(struct ip_host *host, uint64_t us);

/** Frames: write one to @p frame, and return its length. */
uint32_t frame_arp(uint8_t *frame, const struct rte_ether_addr *dst, uint16_t operation,
		   const struct rte_ether_addr *sender_mac, rte_be32_t sender, rte_be32_t target);
uint32_t frame_ipv4(uint8_t *frame, rte_be32_t src, rte_be32_t dst, uint8_t protocol,
		    uint32_t payload_bytes);
uint32_t frame_echo(uint8_t *frame, rte_be32_t src, uint32_t data_bytes);

/** Make the header's checksum right, after a change. */
void frame_fix_ipv4(uint8_t *frame);

/** The sum of all counters of drops. */
uint64_t ip_host_drops(const struct ip_host *host);

/** The last frame sent is an ARP packet of this kind. */
void assert_sent_arp(const struct ip_host *host, const struct rte_ether_addr *dst,
		     uint16_t operation, rte_be32_t target);

#endif /* IP_HOST_H */

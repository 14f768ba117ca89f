/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The host of ip_host.h with an IPv6 address too, 2001:db8::2/64, and its packets.
 */
#ifndef IP6_HOST_H
#define IP6_HOST_H

#include "ip_host.h"
#include "wire_ether.h"
#include "wire_ipv6.h"
#include "wire_nd.h"

/** Bytes before the payload of a frame. */
#define IP6_HOST_HEADERS (WIRE_ETHER_HEADER_BYTES + WIRE_IPV6_HEADER_BYTES)

extern const struct tr_addr ours6, peer6, far6, router6, none6;
/** Our link-local address, of the Ethernet address 02:00:00:00:00:02. */
extern const struct tr_addr ours6_near;
/** The groups in which our addresses are asked for, and all of us. */
extern const struct tr_addr ours6_group, all_nodes6;

/** Setup of a cmocka test, with ip_host_teardown(); *state is the struct ip_host. */
int ip6_host_setup(void **state);

/** Past the second in which our addresses are tried, and the questions for routers. */
void ip6_host_begin(struct ip_host *host);

/** The next frame that was sent: its IPv6 header, and where its payload is; -1: there is none. */
int ip6_host_sent(struct ip_host *host, struct wire_ipv6 *ipv6, const uint8_t **payload);

/** Forget what was sent. */
void ip6_host_drain(struct ip_host *host);

/** Write a frame with these bytes behind the IPv6 header, and return its length. */
uint32_t frame_ipv6(uint8_t *frame, const struct tr_addr *src, const struct tr_addr *dst,
		    uint8_t protocol, uint8_t hop_limit, const void *payload, uint32_t bytes);

/** Give the host such a frame. */
enum ip_verdict ip6_host_receive(struct ip_host *host, const struct tr_addr *src,
				 const struct tr_addr *dst, uint8_t protocol, uint8_t hop_limit,
				 const void *payload, uint32_t bytes);

/** Give it a message of neighbour discovery. */
void ip6_host_receive_nd(struct ip_host *host, const struct tr_addr *src, const struct tr_addr *dst,
			 const struct wire_nd *nd);

/** Tell it where a neighbour is. */
void ip6_host_know(struct ip_host *host, const struct tr_addr *addr,
		   const struct rte_ether_addr *mac);

#endif /* IP6_HOST_H */

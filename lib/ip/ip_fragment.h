/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Fragments, until their packet is whole (RFC 791 section 3.2, RFC 1122 section 3.3.2, RFC 8200
 * section 4.5): DPDK's table of fragments, with what it does not check checked in front of it. Both
 * families share it. Internal to lib/ip.
 *
 * A packet has at most RTE_LIBRTE_IP_FRAG_MAX_FRAG fragments, and so many packets can be incomplete
 * as the table has room for: a small share of a receive pool, whoever sends. While it is full, new
 * packets are refused, and those that are in it go after a minute.
 *
 * Fragments that overlap or repeat are never put together: the bytes of all must be those of the
 * packet, each once. All that came of such a packet is dropped (RFC 5722).
 *
 * Threads: the core that owns the struct ip.
 */
#ifndef IP_FRAGMENT_H
#define IP_FRAGMENT_H

#include "ip.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"

struct rte_ip_frag_tbl;
struct rte_ip_frag_death_row;

/** Packets of which not all has come. */
#define IP_FRAGMENT_PACKETS 64

/** How long an incomplete packet is kept (RFC 1122 section 3.3.2: 60 to 120 s). */
#define IP_FRAGMENT_TIMEOUT_US UINT64_C(60000000)

/** Fragments that wait for others. */
struct ip_fragments {
	struct rte_ip_frag_tbl *table; /* NULL: fragments are not put together */
	uint32_t held; /* fragments in the table */
	uint64_t next_us; /* when to look for those that are too old; UINT64_MAX: none is held */
	struct rte_ip_frag_death_row *dead; /* what the table gives up; empty but during a call */
};

/** Make the table, if somebody takes whole packets. 0 or -ENOMEM. Control thread. */
int ip_fragment_setup(struct ip *ip);

/** Free the table and the fragments in it. Control thread. */
void ip_fragment_teardown(struct ip *ip);

/**
 * Take a fragment.
 *
 * @param mbuf
 *   Begins with the IPv4 header, which is contiguous. Consumed.
 * @return
 *   The whole packet, if this was what lacked: it begins with its IPv4 header, whose checksum is
 *   not filled in, and is contiguous as far as eth_input() promises. NULL otherwise.
 */
struct rte_mbuf *ip_fragment_ipv4(struct ip *ip, struct rte_mbuf *mbuf,
				  const struct wire_ipv4 *ipv4, uint64_t now_us);

/**
 * Take a fragment of IPv6.
 *
 * @param mbuf
 *   Begins with the IPv6 header, and ends where that says. All headers up to the fragment header,
 *   and of a first fragment to the upper protocol's, are contiguous and were walked over. Consumed.
 * @param fragment
 *   What the walk found.
 * @return
 *   The whole packet, if this was what lacked, contiguous as above: it begins with its IPv6 header,
 *   behind which stands what the first fragment had behind its fragment header. NULL otherwise.
 */
struct rte_mbuf *ip_fragment_ipv6(struct ip *ip, struct rte_mbuf *mbuf,
				  const struct wire_ipv6_fragment *fragment, uint64_t now_us);

/** Drop what has waited too long. */
void ip_fragment_tick(struct ip *ip, uint64_t now_us);

#endif /* IP_FRAGMENT_H */

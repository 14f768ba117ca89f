/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The neighbours on the link and their Ethernet addresses (RFC 826, RFC 1122 section 2.3.2, RFC
 * 4861 section 7.3): a bounded table for both families. Internal to lib/ip.
 *
 * An entry is incomplete while its address is asked for, three times a second apart, and a few
 * packets wait in it. It is reachable for a minute after the neighbour answered, of IPv6 for half
 * of one. Then, if it was used in that time, it is probed: used further while the neighbour is
 * asked directly, three times a second apart. An entry that was not used, or gets no answer, goes.
 *
 * Of IPv6 an address can be learned without an answer: then the entry is stale for a minute, and
 * once it is used it is probed after five seconds.
 *
 * In a full table a new entry takes the place of the one used longest ago, but not of one that
 * packets wait in. One that a neighbour's request made counts as never used until it is: a flood
 * of requests displaces its own entries. Of a full table no more than half is incomplete, beside
 * our routers: a flood of segments from made-up addresses displaces no more than that.
 *
 * Threads: the core that owns the struct ip.
 */
#ifndef IP_NEIGHBOUR_H
#define IP_NEIGHBOUR_H

#include <sys/queue.h>

#include "ip.h"

/** Packets that wait for one neighbour's address. */
#define IP_NEIGHBOUR_WAITING 4

/** Questions without answer before a neighbour is given up. */
#define IP_NEIGHBOUR_TRIES 3

/** Between questions (RFC 1122 section 2.3.2.1: at most one a second). */
#define IP_NEIGHBOUR_RETRY_US UINT64_C(1000000)

/** After this time without a sign of life a neighbour is asked, or forgotten if not in use. */
#define IP_NEIGHBOUR_REACHABLE_US UINT64_C(60000000)

/** The same for IPv6, and how long to wait for a sign of life first (RFC 4861 section 10). */
#define IP_NEIGHBOUR_REACHABLE_IPV6_US UINT64_C(30000000)
#define IP_NEIGHBOUR_DELAY_US UINT64_C(5000000)

/** What a neighbour says of itself (RFC 4861 section 4.4). */
struct ip_advertisement {
	struct tr_addr addr;
	const struct rte_ether_addr *mac; /* NULL: not said */
	bool solicited; /* an answer to a question */
	bool override; /* believe it rather than what is known */
};

struct ip_neighbour_entry;
TAILQ_HEAD(ip_neighbour_list, ip_neighbour_entry);

/** The table. */
struct ip_neighbour_table {
	struct ip_neighbour_entry *entries; /* all of them: memory */
	struct ip_neighbour_entry **buckets;
	uint32_t bucket_mask;
	uint32_t hash_key;
	uint32_t nb_incomplete;
	struct ip_neighbour_list used; /* longest ago first */
	struct ip_neighbour_list free;
	uint64_t next_us; /* not later than any entry's deadline */
	uint32_t generation; /* another each time an entry is updated or goes; never 0 */
};

/** Make room for config.neighbours_max entries. 0 or -ENOMEM. Control thread. */
int ip_neighbour_setup(struct ip *ip);

/** Free the table and what waits in it. Control thread. */
void ip_neighbour_teardown(struct ip *ip);

/** Send a packet, IPv4 header first, to a neighbour, now or when its address is known. */
void ip_neighbour_output(struct ip *ip, struct rte_mbuf *mbuf, const struct tr_addr *addr,
			 uint64_t now_us);

/**
 * Where a neighbour is, if its address is known and a packet was sent to it in the last second.
 *
 * @param[out] until_us
 *   When the next is to be sent by ip_neighbour_output(), for the entry to count as used. Good as
 *   long as the table's generation is the same.
 */
bool ip_neighbour_known(const struct ip *ip, const struct tr_addr *addr, struct rte_ether_addr *mac,
			uint64_t *until_us);

/** Where a neighbour is or was, until its entry changes; NULL: nobody knows. It is no use of it. */
const struct rte_ether_addr *ip_neighbour_mac(const struct ip *ip, const struct tr_addr *addr);

/**
 * A neighbour said where it is: update its entry, send what waits for it, report it.
 *
 * @param create
 *   Make an entry where there is none: it spoke to us.
 * @return
 *   Whether there is an entry now.
 */
bool ip_neighbour_heard(struct ip *ip, const struct tr_addr *addr, const struct rte_ether_addr *mac,
			bool create, uint64_t now_us);

/** A neighbour spoke, and said where it is, but not that it hears us: make or change its entry. */
void ip_neighbour_seen(struct ip *ip, const struct tr_addr *addr, const struct rte_ether_addr *mac,
		       uint64_t now_us);

/** A neighbour of IPv6 advertised itself (RFC 4861 section 7.2.5): whether that was of use. */
bool ip_neighbour_advertised(struct ip *ip, const struct ip_advertisement *advertisement,
			     uint64_t now_us);

/** Run the entries' timers that are due. */
void ip_neighbour_tick(struct ip *ip, uint64_t now_us);

#endif /* IP_NEIGHBOUR_H */

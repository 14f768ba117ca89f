/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What clients that share a port tell each other: what came by the queue of one, and is for all of
 * them, or for it is not known which: neighbours, routers, that another host has their address, and
 * ICMP errors about none of its connections.
 *
 * Threads: one sets up and tears down, while no client is polled; the rest is the client's, whose
 * messages to others go over their rings.
 */
#ifndef CORE_CLIENT_NEWS_H
#define CORE_CLIENT_NEWS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>

#include "core_icmp_limit.h"
#include "core_stats.h"
#include "ip.h"

struct core_rss;
struct tcp;

/** One client's side of it. */
struct core_client_news {
	struct core_client_news *next; /* all of a port, in a circle */
	struct rte_ring *ring; /* what others heard, and this one has not looked at */
	struct core_stats *stats; /* the client's */
	struct ip *ip; /* the client's, once there is one */
	struct tcp *tcp; /* the same */
	const struct core_rss *rss; /* whose a connection is */
	uint16_t index; /* the client's */
	uint64_t now_us; /* of the client's turn */
	struct core_icmp_limit icmp_handed;
};

/** For ip_create(), with the struct core_client_news as its argument. */
extern const struct ip_events core_client_news_events;

/**
 * Set up, all zero before.
 *
 * @param name
 *   Of its ring; unique.
 * @param other
 *   Of any client of the port; NULL: this is the first.
 * @param rss
 *   The port's.
 * @param index
 *   The client's, as the port's queues are numbered.
 * @param stats
 *   The client's.
 * @return
 *   0 or -errno.
 */
int core_client_news_setup(struct core_client_news *news, const char *name,
			   struct core_client_news *other, const struct core_rss *rss,
			   uint16_t index, struct core_stats *stats);

/**
 * Tear down, set up or all zero, together with all others, and before any pool of theirs: packets
 * that nobody has looked at are freed.
 */
void core_client_news_teardown(struct core_client_news *news);

/** Whether there is something to hear. rte_ring_empty() reads what others write without atomics. */
static inline bool
core_client_news_waits(const struct core_client_news *news)
{
	return __atomic_load_n(&news->ring->prod.tail, __ATOMIC_ACQUIRE) != news->ring->cons.tail;
}

/** Act on what the others told. */
void core_client_news_hear(struct core_client_news *news);

#endif /* CORE_CLIENT_NEWS_H */

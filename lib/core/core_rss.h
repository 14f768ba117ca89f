/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Which core owns a connection: receive side scaling, as devices do it, and as they are told to do
 * it here. The Toeplitz hash of a segment's addresses and ports chooses an entry of a table, which
 * names the core.
 *
 * Threads: one initialises it; then any, as nothing changes any more.
 */
#ifndef CORE_RSS_H
#define CORE_RSS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "ip.h"
#include "wire_flow.h"

/** Bytes of the longest key that devices take; more than the hash of any flow needs. */
#define CORE_RSS_KEY_BYTES 52

/** The least of them: the key for a flow of IPv6. */
#define CORE_RSS_KEY_BYTES_MIN 40

/** Entries of the table of a device that has none of its own size; a power of two. */
#define CORE_RSS_ENTRIES 512

/** Not a TCP segment: whichever core received it may keep it. */
#define CORE_RSS_NO_CORE UINT16_MAX

struct core_rss {
	uint8_t key[CORE_RSS_KEY_BYTES];
	uint16_t nb_cores;
	uint16_t entries; /* of the table; a power of two. Entry i is core i % nb_cores. */
	/* What each byte of a flow adds to the hash. */
	uint32_t sums[WIRE_FLOW_BYTES_MAX][UINT8_MAX + 1];
};

/**
 * Draw a key: secret and random, so that nobody can choose connections that all meet on one core,
 * but one that spreads the ports of a peer. One random key in 64 would give 64 successive ports to
 * one of two cores; with this, of 2^n successive ports from a multiple of it each entry of a table
 * of 2^n has one, for 2^n up to CORE_RSS_ENTRIES. Any thread.
 *
 * @return
 *   0; -EIO: the kernel gives no random bytes.
 */
int core_rss_key_draw(uint8_t key[CORE_RSS_KEY_BYTES]);

/**
 * Begin.
 *
 * @param key
 *   As core_rss_key_draw() draws it.
 * @param nb_cores
 *   1 or more.
 */
void core_rss_init(struct core_rss *rss, const uint8_t key[CORE_RSS_KEY_BYTES], uint16_t nb_cores);

/** The hash of a flow, as wire_flow_parse() wrote it. */
uint32_t core_rss_hash(const struct core_rss *rss, const uint8_t *flow, unsigned int bytes);

/** The core that owns the flow of this hash. */
static inline uint16_t
core_rss_owner(const struct core_rss *rss, uint32_t hash)
{
	return (hash & (rss->entries - 1u)) % rss->nb_cores;
}

/**
 * The core that owns a frame's connection; of a fragment, the one at which all of its packet meet.
 * Or CORE_RSS_NO_CORE.
 */
uint16_t core_rss_frame_owner(const struct core_rss *rss, const struct rte_mbuf *mbuf);

/** The core that owns the connection of a whole packet for TCP; CORE_RSS_NO_CORE: it has no ports.
 */
uint16_t core_rss_packet_owner(const struct core_rss *rss, const struct rte_mbuf *mbuf,
			       const struct ip_packet *packet);

/**
 * The core that owns a connection of ours: that which its peer's segments come to.
 *
 * @param rss
 *   Of that port.
 * @param ends
 *   Its addresses.
 * @param remote_port
 *   The peer's.
 * @param local_port
 *   Ours.
 */
uint16_t core_rss_conn_owner(const struct core_rss *rss, const struct ip_ends *ends,
			     rte_be16_t remote_port, rte_be16_t local_port);

#endif /* CORE_RSS_H */

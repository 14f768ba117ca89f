/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The send chain as TCP sees it: a byte queue of mbufs to cut segments from and to trim as they
 * are acknowledged.
 *
 * An mbuf of the chain holds at most one segment's payload, behind headroom for its headers. The
 * usual segment is that mbuf itself with one more reference: nothing is copied and nothing is
 * allocated. Once handed out an mbuf is sealed, data and metadata. The chain's own link, offset
 * and length stand in the mbuf's private area, because `next`, `data_off` and the lengths belong
 * to transmission.
 *
 * Threads: the core that owns the connection.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <rte_mbuf.h>

#include "chain_stats.h"
#include "tr_chain.h"

/** Bytes in front of payload for Ethernet (with VLAN), IPv4 or IPv6, and TCP with options. */
#define CHAIN_HEADROOM RTE_PKTMBUF_HEADROOM

/** Room that the pool of a chain keeps in each mbuf's private area. */
#define CHAIN_PRIV_SIZE 32

/** What the chains of one core share. */
struct chain_pool {
	struct rte_mempool *mbufs; /* for what is appended */
	/*
	 * For segments that cannot be sent in place. A pool of its own: these mbufs come back
	 * when they have been sent, so that full chains can always drain.
	 */
	struct rte_mempool *segments;
	bool link_segments; /* the port sends mbufs of several segments */
	bool share_mbufs; /* the port gives an mbuf back before a peer writes to it */
	struct chain_stats stats;
};

/** A place in a chain: an mbuf, and its first byte counted from the chain's first. */
struct chain_cursor {
	struct rte_mbuf *mbuf;
	uint32_t offset;
};

/** A chain. All zero but @p pool and @p segment_bytes when empty. */
struct tr_chain {
	struct chain_pool *pool;
	struct rte_mbuf *head;
	struct rte_mbuf *tail;
	struct chain_cursor cursors[2]; /* where segments were cut last: the next is near */
	uint32_t bytes;
	uint16_t segment_bytes; /* payload of a full segment; an mbuf holds no more */
};

/**
 * Make a pool that chains can use.
 *
 * @param name
 *   Of the mempool.
 * @param nb_mbufs
 *   How many.
 * @param socket
 *   NUMA node, or SOCKET_ID_ANY.
 * @return
 *   The pool, or NULL with rte_errno. Free it with rte_mempool_free().
 */
struct rte_mempool *chain_mempool_create(const char *name, unsigned int nb_mbufs, int socket);

/** Begin an empty chain. @p segment_bytes must not exceed chain_segment_bytes_max(). */
void chain_init(struct tr_chain *chain, struct chain_pool *pool, uint16_t segment_bytes);

/** Most payload an mbuf of this pool holds behind its headroom. */
uint16_t chain_segment_bytes_max(const struct chain_pool *pool);

/** Payload of a full segment changed (path MTU): holds for mbufs filled from now on. */
void chain_set_segment_bytes(struct tr_chain *chain, uint16_t segment_bytes);

/** Free all mbufs of the chain, which is empty afterwards. */
void chain_deinit(struct tr_chain *chain);

/**
 * Cut a segment: the bytes [offset, offset + len) as a packet to prepend headers to.
 *
 * @param offset
 *   From the chain's first byte.
 * @param[in,out] len
 *   In: most bytes wanted, not 0. Out: bytes given, at least 1. Less than was asked for where the
 *   mbuf in which @p offset lies ends.
 * @return
 *   A packet of exactly *len bytes with CHAIN_HEADROOM before its first byte, whose headers the
 *   caller may write; it is the caller's to send or free. NULL when no mbuf can be had.
 */
struct rte_mbuf *chain_segment(struct tr_chain *chain, uint32_t offset, uint32_t *len);

/** Free @p bytes from the front, which have been acknowledged. */
void chain_trim(struct tr_chain *chain, uint32_t bytes);

#endif /* CHAIN_H */

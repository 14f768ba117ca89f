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
 * A value by reference is cut into as few mbufs as their 16-bit length allows, each attached to
 * the value's memory, and every segment of it is linked: an mbuf for headers, one that borrows the
 * bytes. All of these mbufs share one count. Whoever drops the last, the chain as it is trimmed or
 * a device as it completes, on any thread, posts the value to its owner, which releases it.
 *
 * Threads: the core that owns the connection, unless a function says more.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "chain_stats.h"
#include "tr_chain.h"

/** Bytes in front of payload for Ethernet (with VLAN), IPv4 or IPv6, and TCP with options. */
#define CHAIN_HEADROOM RTE_PKTMBUF_HEADROOM

/** Room that the pool of a chain keeps in each mbuf's private area. */
#define CHAIN_PRIV_SIZE 32

/** Values shorter than this cost less to copy. */
#define CHAIN_REFERENCE_MIN (4 * 1024)

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
	/* Values by reference; all zero: values are copied. */
	uint32_t reference_min; /* a value of so many bytes is referenced; 0: none is */
	uint64_t reference_bytes; /* of values referenced and not yet released */
	uint64_t reference_bytes_max; /* beyond, values are copied */
	struct rte_mempool *references; /* one for each such value */
	struct rte_ring *released; /* those that no mbuf points to any more; any thread posts */
	void (*wake)(void *arg); /* called when one was posted, in the same thread; NULL: not */
	void *wake_arg;
	struct chain_stats stats;
};

/** A place in a chain: an mbuf, and its first byte counted from the chain's first. */
struct chain_cursor {
	struct rte_mbuf *mbuf;
	uint32_t offset;
} __rte_packed __rte_aligned(4); /* each connection has two */

/** A chain. All zero but @p pool and @p segment_bytes when empty. */
struct tr_chain {
	struct chain_pool *pool;
	struct rte_mbuf *head;
	struct rte_mbuf *tail;
	struct chain_cursor cursors[2]; /* where segments were cut last: the next is near */
	uint32_t bytes;
	uint16_t segment_bytes; /* payload of a full segment; an mbuf's own room holds no more */
	uint16_t nb_mbufs; /* that hold the bytes; UINT16_MAX: there were so many, or more */
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

/** The same, of which each mbuf has room for @p segment_bytes of payload: of jumbo frames. */
struct rte_mempool *chain_mempool_create_for(const char *name, unsigned int nb_mbufs,
					     uint16_t segment_bytes, int socket);

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
 *   In: most bytes wanted, from 1 to chain_segment_bytes_max(). Out: bytes given, at least 1.
 *   Less than was asked for where the mbuf in which @p offset lies ends.
 * @return
 *   A packet of exactly *len bytes with CHAIN_HEADROOM before its first byte, whose headers the
 *   caller may write; it is the caller's to send or free. NULL when no mbuf can be had.
 */
struct rte_mbuf *chain_segment(struct tr_chain *chain, uint32_t offset, uint32_t *len);

/**
 * Within a large segment no mbuf but the first and the last holds less bytes: else what it is cut
 * into might lie in more mbufs than devices gather for a frame.
 */
#define CHAIN_LARGE_PART_MIN 512

/**
 * Cut a segment that the port will cut into smaller ones: as chain_segment(), out of several mbufs.
 * For pools of which link_segments and share_mbufs are set.
 *
 * @param len
 *   In: most bytes wanted, at most UINT16_MAX and what the chain has. Out: bytes given, at least
 *   1. Less than was asked for where mbufs are short, many, or not to be had.
 * @param nb_max
 *   Mbufs of the packet at most, from 2.
 */
struct rte_mbuf *chain_segment_large(struct tr_chain *chain, uint32_t offset, uint32_t *len,
				     uint16_t nb_max);

/** Of the mbufs in which the first @p bytes lie: the most that is not acknowledged in one. */
uint32_t chain_longest(const struct tr_chain *chain, uint32_t bytes);

/** Free @p bytes from the front, which have been acknowledged. */
void chain_trim(struct tr_chain *chain, uint32_t bytes);

/**
 * Let chains of this pool hold values by reference: reference_min becomes CHAIN_REFERENCE_MIN. For
 * a port that sends mbufs of several segments, shares none with a peer, and reads any memory.
 * Control thread.
 *
 * @param name
 *   Of the mempool and the ring.
 * @param nb_values
 *   Most values referenced at a time; beyond, they are copied.
 * @param bytes_max
 *   Most bytes of such values: what slow peers can keep an engine from reusing.
 * @return
 *   0 or -errno.
 */
int chain_reference_setup(struct chain_pool *pool, const char *name, unsigned int nb_values,
			  uint64_t bytes_max, int socket);

/** Undo it, also if it failed. Nothing is referenced any more. Control thread. */
void chain_reference_teardown(struct chain_pool *pool);

/**
 * Release the values that no mbuf points to any more. Once a turn; costs a load when no value is
 * referenced.
 *
 * @return
 *   How many were released.
 */
unsigned int chain_reference_release(struct chain_pool *pool);

/** Whether there are such values: what an owner looks at that goes to sleep. */
bool chain_reference_waits(const struct chain_pool *pool);

#endif /* CHAIN_H */

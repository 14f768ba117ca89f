/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Segments that came before the ones in front of them, kept in order of sequence and disjoint
 * until the gap is filled (RFC 9293 section 3.10.7.4), and the SACK blocks that name them
 * (RFC 2018).
 *
 * What is bounded is memory, not bytes: each entry is one mbuf, and has its whole room for what
 * follows it. A peer that sends single bytes with gaps between them has used its share up soon.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_REASSEMBLY_H
#define TCP_REASSEMBLY_H

#include "tcp_conn.h"

/** Bytes of the options that name one block. */
#define TCP_REASSEMBLY_SACK_MIN 12

/** What waits: the bytes of one mbuf. */
struct tcp_reassembly_entry {
	struct tcp_reassembly_entry *next;
	struct rte_mbuf *mbuf;
	uint32_t seq;
	uint32_t len;
	uint32_t stamp;
};

/** What became of a segment. */
enum tcp_reassembly_verdict {
	TCP_REASSEMBLY_KEPT,
	TCP_REASSEMBLY_DUPLICATE, /* nothing new in it: freed */
	TCP_REASSEMBLY_FULL /* no room: freed */
};

/** The pool of all connections' entries; NULL with rte_errno. */
struct rte_mempool *tcp_reassembly_pool_create(const char *name, uint32_t entries, int socket);

/**
 * Keep a packet. Where it overlaps in part with what was kept before, that stays as it is; what
 * it covers whole is freed.
 *
 * @param mbuf
 *   The bytes from @p seq on; consumed. Its mbufs are not shared: they are taken apart.
 * @param entries_max
 *   Most entries of this connection.
 * @return
 *   TCP_REASSEMBLY_FULL also if some of it was kept.
 */
enum tcp_reassembly_verdict tcp_reassembly_insert(struct rte_mempool *pool,
						  struct tcp_reassembly *reassembly,
						  struct rte_mbuf *mbuf, uint32_t seq,
						  uint32_t entries_max);

/**
 * Take the next packet if it continues at @p seq.
 *
 * @param[out] len
 *   Its bytes, the first of which is that of @p seq.
 * @return
 *   The caller's, or NULL.
 */
struct rte_mbuf *tcp_reassembly_take(struct rte_mempool *pool, struct tcp_reassembly *reassembly,
				     uint32_t seq, uint32_t *len);

/** Free what is kept of @p end and beyond: nothing comes there. */
void tcp_reassembly_cut(struct rte_mempool *pool, struct tcp_reassembly *reassembly, uint32_t end);

/** Free what is kept. */
void tcp_reassembly_purge(struct rte_mempool *pool, struct tcp_reassembly *reassembly);

/** Name what is kept in @p options: at most @p max blocks, that of the newest segment first. */
void tcp_reassembly_sack(const struct tcp_reassembly *reassembly, struct wire_tcp_options *options,
			 unsigned int max);

/**
 * Whether a segment with @p len bytes of data has no room to name any of it, so that an ACK which
 * is due is still to be sent (RFC 2018 section 4).
 */
static inline bool
tcp_reassembly_hidden(const struct tcp_conn *conn, uint32_t len)
{
	return conn->sack && conn->reassembly.head != NULL &&
	       len + TCP_REASSEMBLY_SACK_MIN > conn->mss;
}

#endif /* TCP_REASSEMBLY_H */

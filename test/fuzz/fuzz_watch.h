/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What holds for a TCP stack whatever its peers send: of each segment that leaves it, and of each
 * connection between two turns.
 */
#ifndef FUZZ_WATCH_H
#define FUZZ_WATCH_H

#include "fuzz_world.h"

#define FUZZ_OUR_ADDR RTE_BE32(0x0a000001)
#define FUZZ_PEER_ADDR RTE_BE32(0x0a000002)
#define FUZZ_OUR_IPV6 ((struct tr_addr){{0x20, 1, 0xd, 0xb8, [15] = 1}})
#define FUZZ_PEER_IPV6 ((struct tr_addr){{0x20, 1, 0xd, 0xb8, [15] = 2}})

/** A frame leaves the stack: it goes into the trace, and must be right. */
void fuzz_watch_frame(struct fuzz_world *world, const struct rte_mbuf *mbuf);

/** What the owner was told goes into the trace. */
void fuzz_watch_event(struct fuzz_world *world, char kind, const struct tcp_conn_info *info);

/** A peer's connection was opened: by one of the stack's answers to its SYNs, not always the last.
 */
void fuzz_watch_opened(const struct fuzz_world *world, struct fuzz_peer *peer,
		       const struct tcp_conn_info *info);

/** Look at every connection, and note where its numbers stand. */
void fuzz_watch_conns(struct fuzz_world *world);

/** Forget a peer's connection if it has ended since: in a call of its owner, or for another. */
void fuzz_watch_ended(struct fuzz_world *world, struct fuzz_peer *peer);

/** The byte of any stream at an absolute sequence number. */
uint8_t fuzz_watch_byte(uint32_t seq);

/**
 * RFC 9293 section 3.1 and RFC 8200 section 8.1, by the book; 0 over a segment whose checksum is
 * right.
 */
uint16_t fuzz_watch_checksum(const uint8_t *data, uint32_t len, struct tr_addr src,
			     struct tr_addr dst);

#endif /* FUZZ_WATCH_H */

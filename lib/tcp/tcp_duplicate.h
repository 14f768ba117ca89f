/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What came twice, until an ACK tells the peer so in its first SACK block (RFC 2883): it learns
 * that what it sent again was not lost. Few have that to tell at a time, so that all connections
 * share some places. Where these do not do, the oldest is not told: it is news, and no duty.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_DUPLICATE_H
#define TCP_DUPLICATE_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_conn;
struct wire_tcp_options;

/** A power of two. */
#define TCP_DUPLICATES 64

/** What came twice. */
struct tcp_duplicate {
	const struct tcp_conn *conn; /* NULL: nothing */
	uint32_t left;
	uint32_t right;
};

/** All of it, oldest first from @p next on, around. */
struct tcp_duplicates {
	struct tcp_duplicate places[TCP_DUPLICATES];
	uint32_t next;
};

/**
 * The bytes from @p left to before @p right were there already: an ACK of their own will say so.
 *
 * @return
 *   False where the peer does not take SACK: the ACK that is due is the caller's.
 */
bool tcp_duplicate_note(struct tcp_conn *conn, uint32_t left, uint32_t right);

/**
 * Put what came twice first, before the blocks that are there: the oldest that was not told yet,
 * once. To be called where duplicate_due is set.
 *
 * @param options
 *   With room for one more block.
 */
void tcp_duplicate_tell(struct tcp_conn *conn, struct wire_tcp_options *options);

/** A connection is freed. */
void tcp_duplicate_forget(struct tcp_conn *conn);

#endif /* TCP_DUPLICATE_H */

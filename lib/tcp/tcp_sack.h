/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The sender's side of selective acknowledgment (RFC 2018 section 5): blocks are checked and
 * written on the ranges in flight. Nothing is freed for them, as the peer may drop what it has
 * (section 8). D-SACK (RFC 2883): a first block that says what arrived twice.
 *
 * An ACK has at most four blocks and a connection at most TCP_FLIGHT_RANGES_MAX ranges: so much
 * work, whatever a peer sends.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_SACK_H
#define TCP_SACK_H

#include "tcp_conn.h"
#include "tcp_segment.h"

/** What the blocks of an ACK say beside what stands on the ranges. */
struct tcp_sack {
	bool refused; /* something new that there was no memory to write down */
	bool duplicate; /* the bytes from left to right arrived twice */
	bool probe; /* they may be a tail loss probe's, or a part of it */
	uint32_t left;
	uint32_t right;
};

/** Take the blocks of an ACK. snd_una has moved; there is a struct tcp_recovery. */
struct tcp_sack tcp_sack_update(struct tcp_conn *conn, const struct tcp_segment *segment);

#endif /* TCP_SACK_H */

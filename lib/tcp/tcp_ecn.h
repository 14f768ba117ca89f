/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Explicit congestion notification (RFC 3168): routers mark segments that they would drop next, the
 * receiver echoes that with ECE, the sender slows down and says so with CWR. Both sides must agree
 * on it in their SYNs; on a connection without it nothing here is called but for those.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_ECN_H
#define TCP_ECN_H

#include "tcp_segment.h"
#include "wire_ipv4.h"

/** Whether a segment says anything of congestion. */
static inline bool
tcp_ecn_is_marked(const struct tcp_segment *segment)
{
	return segment->ecn == WIRE_IPV4_CE || segment->flags & (WIRE_TCP_ECE | WIRE_TCP_CWR);
}

/** The peer's SYN came, with or without ACK, or came again: both sides agree, or not. */
void tcp_ecn_syn_received(struct tcp_conn *conn, const struct tcp_segment *segment);

/** Flags that a SYN or SYN-ACK is to have beside its own. */
uint8_t tcp_ecn_syn_flags(const struct tcp_conn *conn);

/** A segment with data came, on a connection with ECN. */
void tcp_ecn_data_received(struct tcp_conn *conn, const struct tcp_segment *segment);

/** An ACK in the window came, snd_una has not moved yet: on a connection with ECN. */
void tcp_ecn_ack_received(struct tcp_conn *conn, const struct tcp_segment *segment);

/**
 * A segment is about to be sent on a connection with ECN.
 *
 * @param len
 *   Payload.
 * @return
 *   @p flags, and those that ECN adds.
 */
uint8_t tcp_ecn_send(struct tcp_conn *conn, uint32_t seq, uint32_t len, uint8_t flags);

#endif /* TCP_ECN_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a segment acknowledges, the window it offers, and the round trip time that follows
 * (RFC 9293 section 3.10.7.4, fifth; RFC 6298; RFC 7323 section 4).
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_ACK_H
#define TCP_ACK_H

#include "tcp_segment.h"

/** Take the ACK of a segment in a synchronized state. False: process no further. */
bool tcp_ack_process(struct tcp_conn *conn, const struct tcp_segment *segment);

/**
 * Whether the ACK is of what was sent, and not too old (RFC 5961 section 5.2): the segment is
 * remembered then. False: it is dropped, counted and challenged.
 */
bool tcp_ack_acceptable(struct tcp_conn *conn, const struct tcp_segment *segment);

/** The segment acknowledges something new, which was sent. */
void tcp_ack_advance(struct tcp_conn *conn, const struct tcp_segment *segment);

/** The window of a segment that is newer than the last: take it. */
void tcp_ack_window(struct tcp_conn *conn, const struct tcp_segment *segment);

#endif /* TCP_ACK_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The urgent mechanism (RFC 9293 section 3.8.5): where the peer's urgent data ends, and where ours.
 * Either is data among the other, in line (RFC 6093 section 3.2); only where it ends is told.
 *
 * An end has its place in the connection from the time it is told until all before it was read, or
 * acknowledged. Meanwhile what is sent goes the long way, which looks after both.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_URGENT_H
#define TCP_URGENT_H

#include "tcp_conn.h"
#include "tcp_segment.h"

/** A segment with URG was accepted (RFC 9293 section 3.10.7.4, sixth). Not before opened(). */
void tcp_urgent_received(struct tcp_conn *conn, const struct tcp_segment *segment);

/** Say in a segment that is about to be sent where urgent data ends, if it begins before that. */
void tcp_urgent_send(struct tcp_conn *conn, struct wire_tcp *header);

/** Forget both ends: the owner has closed, and all that it sent is acknowledged. */
void tcp_urgent_forget(struct tcp_conn *conn);

#endif /* TCP_URGENT_H */

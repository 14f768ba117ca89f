/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Sending. What happens to a connection only notes what it has to send and puts it on a list;
 * tcp_output() walks the list once a turn, so that data carries the ACK and a burst of segments is
 * answered once. Only what has no connection to be noted in leaves at once: see tcp_stateless.h.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_OUTPUT_H
#define TCP_OUTPUT_H

#include "tcp_conn.h"

/** Look at this connection in the next tcp_output(). */
void tcp_output_want(struct tcp_conn *conn);

/** Whether there is one to look at. */
static inline bool
tcp_output_waits(const struct tcp *tcp)
{
	return tcp->conns->output_newer != 0;
}

/** Do not: it ends. */
void tcp_output_cancel(struct tcp_conn *conn);

/** An ACK is due, unless data carries it. */
void tcp_output_ack(struct tcp_conn *conn);

/** An ACK is due for one segment out of order, whatever else leaves: the peer counts them. */
void tcp_output_dup_ack(struct tcp_conn *conn);

/** An ACK is due to a segment that may be forged; some a second (RFC 5961 section 7). */
void tcp_output_challenge(struct tcp_conn *conn);

/** A SYN or SYN-ACK is due. */
void tcp_output_syn(struct tcp_conn *conn);

/** Send a reset for a connection. */
void tcp_output_reset(struct tcp_conn *conn);

#endif /* TCP_OUTPUT_H */

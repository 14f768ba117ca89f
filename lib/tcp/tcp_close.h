/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The end of connections: FINs, resets, TIME-WAIT (RFC 9293 sections 3.6, 3.10.4, 3.10.5 and
 * 3.10.7.4, eighth).
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_CLOSE_H
#define TCP_CLOSE_H

#include "tcp_conn.h"
#include "tcp_segment.h"

/** Our FIN was acknowledged. */
void tcp_close_fin_acked(struct tcp_conn *conn);

/** All bytes before the peer's FIN were received. */
void tcp_close_fin_received(struct tcp_conn *conn);

/** The peer has reset the connection. */
void tcp_close_reset_received(struct tcp_conn *conn);

/** Reset the connection; its owner is told soon, not now. */
void tcp_close_reset(struct tcp_conn *conn, int error);

/**
 * Whether a segment in TIME-WAIT is a SYN that opens the connection anew (RFC 6191). If so that is
 * done, and @p conn is freed.
 */
bool tcp_close_reopen(struct tcp_conn *conn, struct tcp_segment *segment);

/** A segment in TIME-WAIT. */
void tcp_close_time_wait(struct tcp_conn *conn, struct tcp_segment *segment);

#endif /* TCP_CLOSE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Proportional rate reduction (RFC 9937, before RFC 6937): in recovery each ACK lets out a part of
 * what it says was delivered, so that at its end as much is in flight as ssthresh says, without a
 * burst and without a silence.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_PRR_H
#define TCP_PRR_H

#include "tcp_conn.h"

/** A reduction begins; ssthresh is set. @p flight: bytes in flight before this ACK, not SACKed. */
void tcp_prr_begin(struct tcp_conn *conn, uint32_t flight);

/**
 * An ACK came in recovery: set cwnd.
 *
 * @param delivered
 *   Bytes of which it says so first.
 * @param safe
 *   It acknowledges something new and points at no further loss.
 */
void tcp_prr_acked(struct tcp_conn *conn, uint32_t delivered, bool safe);

#endif /* TCP_PRR_H */

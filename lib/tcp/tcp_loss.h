/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What was lost, and sending it again: duplicate ACKs, fast retransmit and NewReno recovery
 * (RFC 5681 section 3.2, RFC 6582), and the retransmission timeout (RFC 6298 section 5).
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_LOSS_H
#define TCP_LOSS_H

#include "tcp_conn.h"

/** An ACK that acknowledges nothing new while something is in flight. */
void tcp_loss_dup_ack(struct tcp_conn *conn);

/** @p acked new bytes were acknowledged; snd_una has moved. */
void tcp_loss_acked(struct tcp_conn *conn, uint32_t acked);

/** The retransmission timer expired. */
void tcp_loss_timeout(struct tcp_conn *conn);

#endif /* TCP_LOSS_H */

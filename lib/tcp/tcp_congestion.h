/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How much may be in flight: slow start and congestion avoidance (RFC 5681) with byte counting
 * (RFC 3465), an initial window of ten segments (RFC 6928), and the windows of fast recovery
 * (RFC 6582). Which segment was lost is tcp_loss.c's to say.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_CONGESTION_H
#define TCP_CONGESTION_H

#include "tcp_conn.h"

/** A connection begins, or its MSS becomes known. */
void tcp_congestion_init(struct tcp_conn *conn);

/** @p acked new bytes were acknowledged outside of recovery. */
void tcp_congestion_acked(struct tcp_conn *conn, uint32_t acked);

/** A loss was found by duplicate ACKs. */
void tcp_congestion_enter_recovery(struct tcp_conn *conn);

/** A further duplicate ACK in recovery: a segment has left the network. */
void tcp_congestion_inflate(struct tcp_conn *conn);

/** In recovery, @p acked bytes were acknowledged, but not all. */
void tcp_congestion_deflate(struct tcp_conn *conn, uint32_t acked);

/** All that was in flight at the loss is acknowledged. */
void tcp_congestion_leave_recovery(struct tcp_conn *conn);

/** The retransmission timer expired. @p first: it was not for the same segment as before. */
void tcp_congestion_timeout(struct tcp_conn *conn, bool first);

/** Nothing was sent for longer than the retransmission timeout. */
void tcp_congestion_idle(struct tcp_conn *conn);

/** Bytes in flight. */
uint32_t tcp_congestion_flight(const struct tcp_conn *conn);

/** Bytes that may be in flight, with those that limited transmit allows (RFC 3042). */
uint32_t tcp_congestion_window(const struct tcp_conn *conn);

#endif /* TCP_CONGESTION_H */

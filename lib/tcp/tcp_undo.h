/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Losses that were none: what was sent again arrived the first time, only late. Three ways show it:
 * the echo of a timestamp from before (Eifel, RFC 3522), D-SACK for all that was sent again (RFC
 * 3708), and after a timeout ACKs of what was sent only once (F-RTO, RFC 5682). Then congestion
 * control goes back to where it was (RFC 4015), and what was taken for lost counts as in flight.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_UNDO_H
#define TCP_UNDO_H

#include "tcp_conn.h"
#include "tcp_sack.h"

/** A recovery begins that changed congestion control. */
void tcp_undo_begin(struct tcp_conn *conn);

/** @p bytes were sent again in a recovery. */
void tcp_undo_resent(struct tcp_conn *conn, uint32_t bytes);

/**
 * An ACK came in a recovery or shortly after it.
 *
 * @return
 *   True: there was no loss.
 */
bool tcp_undo_acked(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked,
		    const struct tcp_sack *sack);

/**
 * An ACK came after a timeout, which has @p acked new bytes: see whether what was sent only once
 * arrives (RFC 5682 section 2). To learn it new data is sent before what may be lost.
 *
 * @return
 *   True: there was no loss.
 */
bool tcp_undo_frto(struct tcp_conn *conn, uint32_t acked);

/** D-SACK may still come that shows a recovery, which is over, to have been for nothing. */
bool tcp_undo_pending(const struct tcp_conn *conn);

#endif /* TCP_UNDO_H */

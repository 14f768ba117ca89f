/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * RACK (RFC 8985 section 6): what was sent before something that was delivered meanwhile, and a
 * little longer ago than packets overtake each other on this path, is lost. How much longer is
 * learnt from what arrives twice.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_RACK_H
#define TCP_RACK_H

#include "tcp_conn.h"
#include "tcp_segment.h"

/**
 * What was sent at @p sent_us and ends at @p end was delivered, which nobody had said before. There
 * is a struct tcp_recovery.
 *
 * @param resent
 *   The ACK may be for an earlier transmission.
 */
void tcp_rack_delivered(struct tcp_conn *conn, uint64_t sent_us, uint32_t end, bool resent,
			const struct tcp_segment *segment);

/**
 * Mark what is lost. There is a struct tcp_recovery.
 *
 * @return
 *   In how many microseconds there will be more unless it is acknowledged, 0: none.
 */
uint64_t tcp_rack_detect(struct tcp_conn *conn);

/** Something arrived twice: what was sent again was not lost but late (section 6.2, step 4). */
void tcp_rack_duplicate(struct tcp_conn *conn);

/** A recovery has ended: what was learnt lasts for some of them. */
void tcp_rack_recovered(struct tcp_conn *conn);

#endif /* TCP_RACK_H */

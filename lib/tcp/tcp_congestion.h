/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How much may be in flight: what all algorithms of congestion control have in common, and the
 * table of what each does for itself (struct tcp_congestion_ops). Slow start (RFC 5681) with byte
 * counting (RFC 3465) and an initial window of ten segments (RFC 6928) are common.
 *
 * The border to loss recovery: tcp_loss.c says what was lost and when recovery begins and ends, and
 * in recovery it moves cwnd; what it may be afterwards is decided here.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_CONGESTION_H
#define TCP_CONGESTION_H

#include "tcp_conn.h"

/** No window is larger, as no peer can offer more. */
#define TCP_CONGESTION_CWND_MAX (UINT32_C(1) << 30)

/**
 * An algorithm. Its functions see the connection whole: the time, round trips, what is in flight.
 * They keep what they need in struct tcp_congestion, which is zero but for cwnd and ssthresh as a
 * connection begins. An optional one may be NULL.
 */
struct tcp_congestion_ops {
	const char *name;

	/** @p acked new bytes were acknowledged outside of recovery; cwnd was used up. */
	void (*acked)(struct tcp_conn *conn, uint32_t acked);

	/**
	 * Segments were lost, with @p flight bytes on their way.
	 *
	 * @return
	 *   Bytes that the path is believed to carry, at least two segments: ssthresh.
	 */
	uint32_t (*lost)(struct tcp_conn *conn, uint32_t flight);

	/** After lost: a timeout noticed it, and cwnd is one segment. Optional. */
	void (*timeout)(struct tcp_conn *conn);

	/** What was told with lost did not happen; cwnd and ssthresh are what they were. Optional.
	 */
	void (*undo)(struct tcp_conn *conn);

	/** cwnd was cut, as it was not used. Optional. */
	void (*idle)(struct tcp_conn *conn);
};

/** The algorithm of this name, or NULL. A name that is NULL is the default's. */
const struct tcp_congestion_ops *tcp_congestion_find(const char *name);

/** A connection begins, or its MSS becomes known. */
void tcp_congestion_init(struct tcp_conn *conn);

/** SYN or SYN-ACK had to be sent again: data begins with one segment (RFC 5681 section 3.1). */
void tcp_congestion_syn_lost(struct tcp_conn *conn);

/** @p acked new bytes were acknowledged outside of recovery. */
void tcp_congestion_acked(struct tcp_conn *conn, uint32_t acked);

/**
 * Below ssthresh, open the window for @p acked bytes (RFC 5681 section 3.1).
 *
 * @return
 *   False when it is not below: congestion avoidance is the algorithm's own.
 */
bool tcp_congestion_slow_start(struct tcp_conn *conn, uint32_t acked);

/**
 * A loss was found otherwise than by a timeout: ssthresh is set, and cwnd stays, for recovery to
 * bring it there. Not again before that recovery has ended.
 */
void tcp_congestion_loss(struct tcp_conn *conn);

/** The path said that it is about to lose segments: cwnd is ssthresh at once (RFC 3168). */
void tcp_congestion_marked(struct tcp_conn *conn);

/** All that was in flight at the loss is acknowledged: cwnd is ssthresh. */
void tcp_congestion_recovered(struct tcp_conn *conn);

/**
 * The retransmission timer expired: cwnd is one segment.
 *
 * @param first
 *   It was not for the same segment as before.
 */
void tcp_congestion_timeout(struct tcp_conn *conn, bool first);

/**
 * The last tcp_congestion_loss() or first tcp_congestion_timeout() was a mistake (RFC 4015, RFC
 * 5682): cwnd and ssthresh are again what they were, or more.
 */
void tcp_congestion_undo(struct tcp_conn *conn);

/** Nothing was sent for longer than the retransmission timeout. */
void tcp_congestion_idle(struct tcp_conn *conn);

/**
 * More than a segment is about to be sent. A window of which not half was used for longer than the
 * retransmission timeout is not known to fit any more: it is cut by half for each (RFC 2861, RFC
 * 7661), so that what follows a trickle is no burst into a network that has changed.
 */
void tcp_congestion_validate(struct tcp_conn *conn);

/** Bytes in flight. */
uint32_t tcp_congestion_flight(const struct tcp_conn *conn);

#endif /* TCP_CONGESTION_H */

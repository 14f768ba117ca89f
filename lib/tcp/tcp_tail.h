/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Tail loss probes (RFC 8985 section 7): behind the last segment of a flight nothing comes that
 * would show its loss. After two round trips without an ACK one more segment is sent, new data if
 * there is any, or the last once more: what the peer says to it shows what is missing, without a
 * timeout.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_TAIL_H
#define TCP_TAIL_H

#include "tcp_conn.h"
#include "tcp_sack.h"

/** Whether a probe may be sent: nothing is known to be missing, and none is out. */
bool tcp_tail_may_probe(const struct tcp_conn *conn);

/**
 * Whether bytes that end at @p right may be of the probe that was sent last, which is as many
 * segments as mbufs end in it. There is a struct tcp_recovery.
 */
bool tcp_tail_is_probe(const struct tcp_conn *conn, uint32_t right);

/** For how long the retransmission timer is to run now: until a probe, or RTO. */
uint32_t tcp_tail_wait_us(const struct tcp_conn *conn);

/**
 * The retransmission timer expired: have a probe sent with the next tcp_output().
 *
 * @return
 *   False: that was the timeout.
 */
bool tcp_tail_timeout(struct tcp_conn *conn);

/** The probe was sent, up to snd_max. @p resent: it was no new data. */
void tcp_tail_sent(struct tcp_conn *conn, bool resent);

/**
 * An ACK came while there is a struct tcp_recovery.
 *
 * @return
 *   True: the probe has replaced what was lost, which nobody else has noticed.
 */
bool tcp_tail_acked(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked,
		    const struct tcp_sack *sack);

#endif /* TCP_TAIL_H */

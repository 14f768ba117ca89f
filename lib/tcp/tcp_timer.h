/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The timers of a connection, told of as the events that start and stop them; see tcp_timer.c for
 * the story.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_TIMER_H
#define TCP_TIMER_H

#include "tcp_conn.h"

/** A connection begins: no timer runs, RTO is a second. */
void tcp_timer_init(struct tcp_conn *conn);

/** Data, a SYN or a FIN was sent. */
void tcp_timer_data_sent(struct tcp_conn *conn);

/** Something new was acknowledged; snd_una has moved. */
void tcp_timer_data_acked(struct tcp_conn *conn);

/** As one of several segments data was sent: a tail loss probe is due earlier than a timeout. */
void tcp_timer_flight_sent(struct tcp_conn *conn);

/** As before an ACK: the retransmission timer runs for RTO if something is in flight. */
void tcp_timer_restart(struct tcp_conn *conn);

/** Packets may be late, or lost: the retransmission timer tells after @p wait_us. */
void tcp_timer_reorder(struct tcp_conn *conn, uint64_t wait_us);

/** There is data to send, none in flight, and no window for it. */
void tcp_timer_window_closed(struct tcp_conn *conn);

/** All is acknowledged, and the peer may still tell of it: for an RTO that is waited for. */
void tcp_timer_settled(struct tcp_conn *conn);

/** A segment came that can wait for its ACK. */
void tcp_timer_ack_delayed(struct tcp_conn *conn);

/** An ACK was sent. */
void tcp_timer_ack_sent(struct tcp_conn *conn);

/** FIN-WAIT-2 was entered, or the peer opens its window there. */
void tcp_timer_fin_wait_2(struct tcp_conn *conn);

/** Look after so long whether the peer is still there. */
void tcp_timer_keepalive(struct tcp_conn *conn, uint64_t delay_us);

/** Do not. */
void tcp_timer_keepalive_off(struct tcp_conn *conn);

/** TIME-WAIT was entered, or its FIN came again. */
void tcp_timer_time_wait(struct tcp_conn *conn);

/** In TIME-WAIT: deliver the events of a connection that nobody holds with the next tick. */
void tcp_timer_tell(struct tcp_conn *conn);

/** The connection ended in a call of its owner, who is to be told by the next tick. */
void tcp_timer_ended(struct tcp_conn *conn);

/** A round trip took @p rtt_us: set RTO (RFC 6298 section 2). */
void tcp_timer_rtt(struct tcp_conn *conn, uint32_t rtt_us);

/** Stop all. */
void tcp_timer_stop_all(struct tcp_conn *conn);

#endif /* TCP_TIMER_H */

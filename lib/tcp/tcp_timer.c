/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A connection has four timers.
 *
 * Retransmit (RFC 6298). Starts when data, a SYN or a FIN is sent and it does not run. Starts
 * again when something new is acknowledged, stops when all is. With SACK it expires sooner, behind
 * the last of several segments for a tail loss probe (tcp_tail.c), or when something late counts as
 * lost (tcp_rack.c), and starts again. When a hole is found before there was a probe, it starts
 * again with RTO, and with what is left of RTO when no probe can be sent. When it expires RTO
 * doubles and what is not acknowledged is sent again; without an answer the connection is given up
 * (RFC 9293 section 3.8.3): after 7 SYNs, that is 3 minutes (MUST-23), 6 SYN-ACKs, 15 segments, or
 * 8 when the owner has closed it, which are 100 seconds at least.
 *
 * Persist (RFC 9293 section 3.8.6.1). Starts when there is data, none of it in flight, and no
 * window to send it in. When it expires a probe is sent, and it starts again with twice the time,
 * up to a minute. It stops when the window opens. As long as the peer answers the probes they go
 * on; 15 without an answer and the connection is given up. When the owner has closed it, 8 are
 * enough, answered or not: nobody is left to judge a window that does not open (RFC 6429).
 * It starts as well when all is acknowledged, and the peer may still say that something came twice
 * which was sent twice: when it expires that is not waited for any more.
 * In TIME-WAIT, where nothing is sent, it starts when the owner closes what it had shut down: it is
 * told with the next tick.
 *
 * Delayed ACK (RFC 9293 section 3.8.6.3). Starts when a segment came in order and it does not run.
 * Stops when an ACK is sent, with data or without. When it expires the ACK is due.
 *
 * Linger. Starts in FIN-WAIT-2 once the owner has closed, for the peer's FIN after ours, and again
 * when the peer opens its window further than before, as it is still reading: a window has an end,
 * and one that does neither does not keep the connection for ever.
 * Starts in TIME-WAIT, and again when the peer's FIN comes again, or while the owner may still
 * read. Starts when a connection ends in a call of its owner, who learns it from the next tick.
 * When it expires the connection is gone. Before a connection is closed, it runs while keepalive is
 * on; see tcp_keepalive.h.
 *
 * With a user timeout (RFC 5482 section 2), retransmissions and probes are not counted: from the
 * first that is late the time is taken, and the timer is cut so as to expire when it is over. One
 * that only the peer has wished for makes the wait longer, but not shorter: both have to be over.
 */
#include "tcp_timer.h"

#include <errno.h>

#include "tcp_event.h"
#include "tcp_keepalive.h"
#include "tcp_loss.h"
#include "tcp_output.h"
#include "tcp_pmtu.h"
#include "tcp_recovery.h"
#include "tcp_seq.h"
#include "tcp_tail.h"

#define RTO_INITIAL_US 1000000
/*
 * RFC 6298 (2.4) would have a second. That is for clocks that tick every 500 ms and for peers that
 * delay an ACK as long; ours tick every ms, and peers wait for 200 ms and less. So do other stacks.
 */
#define RTO_MIN_US 200000
#define RTO_MAX_US 60000000
#define DELAYED_ACK_US 40000
#define FIN_WAIT_2_US 60000000
#define SYN_RETRIES_MAX 7
#define SYN_ACK_RETRIES_MAX 6
#define RETRIES_MAX 15
#define CLOSED_RETRIES_MAX 8

static void expired(struct tcp_conn *conn, enum tcp_timer_kind kind);
static void retransmit_expired(struct tcp_conn *conn);
static void window_opened(struct tcp_conn *conn);
static void persist_expired(struct tcp_conn *conn);
static bool probe_answered(const struct tcp_conn *conn);
static bool has_more(const struct tcp_conn *conn);
static void linger_expired(struct tcp_conn *conn);
static void start_tail(struct tcp_conn *conn);
static void start(struct tcp_conn *conn, enum tcp_timer_kind kind, uint64_t delay_us);
static void stop(struct tcp_conn *conn, enum tcp_timer_kind kind);
static bool running(const struct tcp_conn *conn, enum tcp_timer_kind kind);
static bool retried_enough(const struct tcp_conn *conn);
static void retry(struct tcp_conn *conn, enum tcp_timer_kind kind, uint32_t delay_us);
static bool has_user_timeout(const struct tcp_conn *conn);
static bool counts_retries(const struct tcp_conn *conn);
static uint32_t waited_ms(const struct tcp_conn *conn);
static unsigned int retries_max(const struct tcp_conn *conn);
static void give_up(struct tcp_conn *conn);

void
tcp_tick(struct tcp *tcp, uint64_t now_us)
{
	struct tcp_wheel_timers *timers;
	struct tcp_conn *conn;
	unsigned int kind;

	tcp->now_us = now_us;
	if (likely(now_us < tcp_wheel_next_us(&tcp->wheel)))
		return;
	while ((timers = tcp_wheel_expire(&tcp->wheel, now_us, &kind)) != NULL) {
		conn = RTE_PTR_SUB(timers, offsetof(struct tcp_conn, timers));
		tcp_conn_hold(conn);
		expired(conn, kind);
		tcp_conn_release(conn);
	}
	if (unlikely(now_us >= tcp->pmtu.next_us))
		tcp_pmtu_tick(tcp);
	tcp_wheel_wake(&tcp->wheel, tcp->pmtu.next_us);
	tcp_reset_tick(tcp);
}

uint64_t
tcp_next_timer_us(const struct tcp *tcp)
{
	uint64_t next_us = tcp_wheel_next_us(&tcp->wheel);

	/* What could not be sent for want of an mbuf or of room in the queue is tried again soon.
	 */
	if (tcp_output_waits(tcp))
		next_us = RTE_MIN(next_us, tcp->now_us + TCP_WHEEL_TICK_US);
	return next_us;
}

void
tcp_timer_init(struct tcp_conn *conn)
{
	conn->rto_us = RTO_INITIAL_US;
}

void
tcp_timer_data_sent(struct tcp_conn *conn)
{
	/* RFC 6298 (5.1) */
	if (!running(conn, TCP_TIMER_RETRANSMIT))
		start(conn, TCP_TIMER_RETRANSMIT, conn->rto_us);
	if (unlikely(running(conn, TCP_TIMER_PERSIST)))
		window_opened(conn);
}

void
tcp_timer_data_acked(struct tcp_conn *conn)
{
	conn->retries = 0;
	/* RFC 6298 (5.2), (5.3) */
	if (conn->snd_una == conn->snd_max) {
		stop(conn, TCP_TIMER_RETRANSMIT);
		/* A probe may have been the last of it. */
		stop(conn, TCP_TIMER_PERSIST);
	} else {
		start_tail(conn);
	}
}

void
tcp_timer_flight_sent(struct tcp_conn *conn)
{
	if (tcp_tail_may_probe(conn))
		start_tail(conn);
}

void
tcp_timer_restart(struct tcp_conn *conn)
{
	if (conn->snd_una != conn->snd_max)
		start(conn, TCP_TIMER_RETRANSMIT, conn->rto_us);
	else
		stop(conn, TCP_TIMER_RETRANSMIT);
}

void
tcp_timer_reorder(struct tcp_conn *conn, uint64_t wait_us)
{
	start(conn, TCP_TIMER_RETRANSMIT, wait_us);
}

void
tcp_timer_window_closed(struct tcp_conn *conn)
{
	/* An ACK of less than was sent has started it: both would count the same silence. */
	stop(conn, TCP_TIMER_RETRANSMIT);
	if (running(conn, TCP_TIMER_PERSIST))
		return;
	conn->persist_us = conn->rto_us;
	start(conn, TCP_TIMER_PERSIST, conn->persist_us);
}

void
tcp_timer_settled(struct tcp_conn *conn)
{
	tcp_timer_window_closed(conn);
}

void
tcp_timer_ack_delayed(struct tcp_conn *conn)
{
	if (!running(conn, TCP_TIMER_DELAYED_ACK))
		start(conn, TCP_TIMER_DELAYED_ACK, DELAYED_ACK_US);
}

void
tcp_timer_ack_sent(struct tcp_conn *conn)
{
	stop(conn, TCP_TIMER_DELAYED_ACK);
}

void
tcp_timer_fin_wait_2(struct tcp_conn *conn)
{
	start(conn, TCP_TIMER_LINGER, FIN_WAIT_2_US);
}

void
tcp_timer_keepalive(struct tcp_conn *conn, uint64_t delay_us)
{
	/* It may expire early: then the rest of the time is waited for. */
	start(conn, TCP_TIMER_LINGER, RTE_MIN(delay_us, TCP_WHEEL_DELAY_MAX_US));
}

void
tcp_timer_keepalive_off(struct tcp_conn *conn)
{
	stop(conn, TCP_TIMER_LINGER);
}

void
tcp_timer_time_wait(struct tcp_conn *conn)
{
	start(conn, TCP_TIMER_LINGER, RTE_MIN(conn->tcp->time_wait_us, TCP_WHEEL_DELAY_MAX_US));
}

void
tcp_timer_tell(struct tcp_conn *conn)
{
	start(conn, TCP_TIMER_PERSIST, 0);
}

void
tcp_timer_ended(struct tcp_conn *conn)
{
	start(conn, TCP_TIMER_LINGER, 0);
}

void
tcp_timer_rtt(struct tcp_conn *conn, uint32_t rtt_us)
{
	uint32_t difference_us;

	/* None is measured yet where it is 0. */
	if (rtt_us - 1 < conn->loss.min_rtt_us - 1)
		conn->loss.min_rtt_us = RTE_MAX(rtt_us, 1u);
	if (conn->srtt_us == 0) {
		/* RFC 6298 (2.2) */
		conn->srtt_us = RTE_MAX(rtt_us, 1u);
		conn->rttvar_us = rtt_us / 2;
	} else {
		/* RFC 6298 (2.3) */
		difference_us =
			rtt_us > conn->srtt_us ? rtt_us - conn->srtt_us : conn->srtt_us - rtt_us;
		conn->rttvar_us = conn->rttvar_us - conn->rttvar_us / 4 + difference_us / 4;
		conn->srtt_us = RTE_MAX(conn->srtt_us - conn->srtt_us / 8 + rtt_us / 8, 1u);
	}
	conn->rto_us = conn->srtt_us + RTE_MAX(4 * conn->rttvar_us, (uint32_t)TCP_WHEEL_TICK_US);
	conn->rto_us = RTE_MIN(RTE_MAX(conn->rto_us, (uint32_t)RTO_MIN_US), (uint32_t)RTO_MAX_US);
}

void
tcp_timer_stop_all(struct tcp_conn *conn)
{
	tcp_wheel_remove(&conn->tcp->wheel, &conn->timers);
}

static void
expired(struct tcp_conn *conn, enum tcp_timer_kind kind)
{
	switch (kind) {
	case TCP_TIMER_RETRANSMIT:
		retransmit_expired(conn);
		break;
	case TCP_TIMER_PERSIST:
		persist_expired(conn);
		break;
	case TCP_TIMER_DELAYED_ACK:
		conn->tcp->stats.delayed_acks++;
		tcp_output_ack(conn);
		break;
	case TCP_TIMER_LINGER:
		linger_expired(conn);
		break;
	case TCP_TIMER_KINDS:
		break;
	}
}

static void
retransmit_expired(struct tcp_conn *conn)
{
	bool syn = conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED;
	const struct tcp_recovery *recovery = conn->loss.recovery;
	uint64_t late_us = conn->flight.sent_us + conn->rto_us;

	if (recovery != NULL && recovery->reorder_timer) {
		tcp_loss_reorder_timeout(conn);
		return;
	}
	if (!syn && tcp_tail_timeout(conn)) {
		start(conn, TCP_TIMER_RETRANSMIT, conn->rto_us);
		return;
	}
	/* It ran for a probe that cannot be sent: RTO is waited for (RFC 8985 section 7.3). */
	if (!syn && tcp_tail_may_probe(conn) && late_us > conn->tcp->now_us) {
		start(conn, TCP_TIMER_RETRANSMIT, late_us - conn->tcp->now_us);
		return;
	}
	/* What is late was sent an RTO ago. */
	if (conn->retries == 0)
		conn->waiting_ms = (uint32_t)((conn->tcp->now_us - conn->rto_us) / 1000);
	if (retried_enough(conn)) {
		give_up(conn);
		return;
	}
	conn->rto_us = RTE_MIN(conn->rto_us * 2, (uint32_t)RTO_MAX_US); /* RFC 6298 (5.5) */
	/* RFC 6298 (5.6): also when it cannot be sent now for want of an mbuf. */
	retry(conn, TCP_TIMER_RETRANSMIT, conn->rto_us);
	if (syn) {
		conn->tcp->stats.retransmit_timeouts++;
		tcp_output_syn(conn);
	} else {
		tcp_pmtu_timeout(conn);
		tcp_loss_timeout(conn);
	}
}

/* What is sent now has all its retransmissions, however often the window was asked for before. */
static void
window_opened(struct tcp_conn *conn)
{
	stop(conn, TCP_TIMER_PERSIST);
	/* It had them, and nobody is left to judge a peer that takes nothing of it. */
	if (conn->closed && tcp_seq_in(conn->loss.recover, conn->snd_una, conn->snd_max))
		return;
	/* A user timeout goes on: it counts what was not answered. */
	conn->retries = RTE_MIN(conn->retries, (uint8_t)(counts_retries(conn) ? 0 : 1));
}

static void
persist_expired(struct tcp_conn *conn)
{
	bool settled = tcp_loss_settled(conn);
	bool first = conn->persist_us <= conn->rto_us && conn->rto_us < RTO_MAX_US;
	bool answered;

	if (conn->state == TCP_TIME_WAIT || !has_more(conn))
		return;
	/* It ran for that: what was appended since goes as the windows allow. */
	if (settled && conn->snd_wnd > 0) {
		tcp_output_want(conn);
		return;
	}
	if (conn->retries == 0)
		conn->waiting_ms = (uint32_t)(conn->tcp->now_us / 1000);
	if (retried_enough(conn)) {
		give_up(conn);
		return;
	}
	answered = probe_answered(conn);
	conn->persist_us = RTE_MIN(conn->persist_us * 2, (uint32_t)RTO_MAX_US);
	retry(conn, TCP_TIMER_PERSIST, conn->persist_us);
	/* Before the first there was no probe that could get lost. */
	if (!first && !answered)
		tcp_pmtu_timeout(conn);
	conn->probe_due = true;
	tcp_output_want(conn);
}

/* Something came since the last probe was sent, or as it was: the timer is a tick late at most. */
static bool
probe_answered(const struct tcp_conn *conn)
{
	return conn->heard_us + conn->persist_us + TCP_WHEEL_TICK_US >= conn->tcp->now_us;
}

/* Data that is not acknowledged, or not sent, or the FIN. */
static bool
has_more(const struct tcp_conn *conn)
{
	return conn->chain.bytes > 0 || (conn->fin_queued && !conn->fin_acked);
}

static void
linger_expired(struct tcp_conn *conn)
{
	/* In CLOSED the owner is told as this connection is released. */
	if (conn->state == TCP_FIN_WAIT_2 && conn->closed)
		give_up(conn);
	else if (conn->state == TCP_TIME_WAIT && conn->owned)
		tcp_timer_time_wait(conn); /* it may still read what came before the FIN */
	else if (conn->state == TCP_TIME_WAIT)
		tcp_conn_drop(conn, 0);
	else if (conn->state != TCP_CLOSED)
		tcp_keepalive_expired(conn);
}

/* Until a probe is due, or RTO. */
static __rte_noinline void
start_tail(struct tcp_conn *conn)
{
	if (unlikely(conn->loss.recovery != NULL))
		conn->loss.recovery->probe_timer = tcp_tail_may_probe(conn);
	start(conn, TCP_TIMER_RETRANSMIT, tcp_tail_wait_us(conn));
}

static void
start(struct tcp_conn *conn, enum tcp_timer_kind kind, uint64_t delay_us)
{
	struct tcp *tcp = conn->tcp;

	tcp_wheel_start(&tcp->wheel, &conn->timers, kind, tcp->now_us + delay_us);
}

static void
stop(struct tcp_conn *conn, enum tcp_timer_kind kind)
{
	tcp_wheel_stop(&conn->timers, kind);
}

static bool
running(const struct tcp_conn *conn, enum tcp_timer_kind kind)
{
	return tcp_wheel_running(&conn->timers, kind);
}

static bool
retried_enough(const struct tcp_conn *conn)
{
	if (has_user_timeout(conn) && waited_ms(conn) < conn->user_timeout_s * 1000u)
		return false;
	return !counts_retries(conn) || conn->retries >= retries_max(conn);
}

static void
retry(struct tcp_conn *conn, enum tcp_timer_kind kind, uint32_t delay_us)
{
	uint64_t left_us;

	/* There is time left, as it is not enough. The last that counts has all of its own. */
	if (has_user_timeout(conn) &&
	    (!counts_retries(conn) || conn->retries >= retries_max(conn))) {
		left_us = (conn->user_timeout_s * 1000u - waited_ms(conn)) * UINT64_C(1000);
		delay_us = RTE_MIN((uint64_t)delay_us, left_us);
	}
	/* An ICMP error of before data got through last is no reason why they do not now. */
	if (conn->retries == 0 && conn->state != TCP_SYN_SENT)
		conn->error = 0;
	if (conn->retries < UINT8_MAX)
		conn->retries++;
	start(conn, kind, delay_us);
}

/* Those that nobody has opened yet, or that nobody owns any more, go by the usual number. */
static bool
has_user_timeout(const struct tcp_conn *conn)
{
	return conn->user_timeout_s != 0 && !conn->closed && conn->state != TCP_SYN_RECEIVED;
}

/* Also where the peer alone has wished for a user timeout: it may have us wait longer, not less. */
static bool
counts_retries(const struct tcp_conn *conn)
{
	return !has_user_timeout(conn) ||
	       (!conn->user_timeout_own && conn->tcp->user_timeout_s == 0);
}

static uint32_t
waited_ms(const struct tcp_conn *conn)
{
	return (uint32_t)(conn->tcp->now_us / 1000) - conn->waiting_ms;
}

static unsigned int
retries_max(const struct tcp_conn *conn)
{
	if (conn->state == TCP_SYN_SENT)
		return SYN_RETRIES_MAX;
	if (conn->state == TCP_SYN_RECEIVED)
		return SYN_ACK_RETRIES_MAX;
	return conn->closed ? CLOSED_RETRIES_MAX : RETRIES_MAX;
}

/* RFC 9293 section 3.9.2.2: with the reason that the network gave, if it did. */
static void
give_up(struct tcp_conn *conn)
{
	bool reason = conn->retries > 0 && conn->error != 0;

	conn->tcp->stats.timed_out++;
	tcp_conn_drop(conn, reason ? conn->error : -ETIMEDOUT);
}

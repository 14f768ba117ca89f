/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_ack.h"

#include "chain.h"
#include "tcp_close.h"
#include "tcp_congestion.h"
#include "tcp_ecn.h"
#include "tcp_event.h"
#include "tcp_flight.h"
#include "tcp_loss.h"
#include "tcp_output.h"
#include "tcp_pmtu.h"
#include "tcp_seq.h"
#include "tcp_timer.h"

/* A sixteenth of the largest window that was offered is worth a minute more. */
#define LINGER_STEPS 16

static void measure(struct tcp_conn *conn, const struct tcp_segment *segment);
static void repeated(struct tcp_conn *conn, const struct tcp_segment *segment);
static bool is_duplicate(const struct tcp_conn *conn, const struct tcp_segment *segment);
static void update_window(struct tcp_conn *conn, const struct tcp_segment *segment);
static bool reads_on(struct tcp_conn *conn, uint32_t window);

bool
tcp_ack_process(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (!tcp_ack_acceptable(conn, segment))
		return false;
	if (conn->ecn)
		tcp_ecn_ack_received(conn, segment);
	if (tcp_seq_gt(segment->header.ack, conn->snd_una))
		tcp_ack_advance(conn, segment);
	else
		repeated(conn, segment);
	if (conn->state != TCP_CLOSED)
		update_window(conn, segment);
	return conn->state != TCP_CLOSED;
}

bool
tcp_ack_acceptable(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t ack = segment->header.ack;

	/* RFC 5961 section 5.2 */
	if (tcp_seq_gt(ack, conn->snd_max) || tcp_seq_lt(ack, conn->snd_una - conn->snd_wnd_max)) {
		conn->tcp->stats.drop_ack++;
		tcp_output_challenge(conn);
		return false;
	}
	tcp_segment_timestamp(conn, segment);
	return true;
}

void
tcp_ack_advance(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t acked = segment->header.ack - conn->snd_una;
	uint32_t bytes = RTE_MIN(acked, conn->chain.bytes);

	if (unlikely(conn->retries >= TCP_PMTU_RETRIES))
		tcp_pmtu_acked(conn);
	chain_trim(&conn->chain, bytes);
	conn->snd_una = segment->header.ack;
	/* Sent before a timeout and now acknowledged: not to be sent again. */
	conn->snd_nxt = tcp_seq_max(conn->snd_nxt, conn->snd_una);
	if (likely(conn->loss.recovery == NULL && segment->header.options.nb_sack == 0)) {
		measure(conn, segment);
		tcp_congestion_acked(conn, acked);
		tcp_timer_data_acked(conn);
	} else {
		tcp_loss_acked(conn, segment, acked);
	}
	if (bytes > 0)
		tcp_event_raise(conn, TCP_EVENT_SENT);
	if (acked > bytes) {
		conn->fin_acked = true;
		tcp_close_fin_acked(conn);
	}
	if (conn->chain.bytes > 0 || conn->fin_queued)
		tcp_output_want(conn);
}

void
tcp_ack_window(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	/* RFC 7323 section 2.2: not scaled with a SYN, which may have crossed ours. */
	if (unlikely(segment->header.flags & WIRE_TCP_SYN))
		conn->snd_wnd = segment->header.window;
	else
		conn->snd_wnd = tcp_segment_window(conn, segment);
	conn->snd_wnd_max = RTE_MAX(conn->snd_wnd_max, conn->snd_wnd);
	conn->snd_wl1 = segment->header.seq;
	conn->snd_wl2 = segment->header.ack;
}

/* RFC 6298 section 3, Karn: of what was sent again there is no sample. */
static void
measure(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint64_t since_us = conn->flight.sent_us;

	if (unlikely(conn->flight.head != NULL || conn->flight.resent)) {
		since_us = tcp_flight_acked(conn, segment);
		if (since_us == 0)
			return;
	}
	tcp_timer_rtt(conn, conn->tcp->now_us - since_us);
}

/*
 * What acknowledges nothing new may say what is missing. An ACK that another has overtaken does so
 * as well, and that something came twice is said by one alone (RFC 2883 section 4).
 */
static void
repeated(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	bool duplicate = is_duplicate(conn, segment);
	bool newest = segment->header.ack == conn->snd_una;

	if (duplicate || (conn->sack && (segment->header.options.nb_sack > 0 ||
					 (newest && conn->loss.recovery != NULL))))
		tcp_loss_dup_ack(conn, segment, duplicate);
}

/* RFC 5681 section 2; with SACK information the window may change (RFC 6675 section 2). */
static bool
is_duplicate(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (segment->header.ack != conn->snd_una || conn->snd_max == conn->snd_una)
		return false;
	/* The answers to window probes look the same. */
	if (conn->snd_wnd == 0 || segment->len > 0 || segment->flags & WIRE_TCP_FIN)
		return false;
	return tcp_segment_window(conn, segment) == conn->snd_wnd ||
	       (conn->sack && segment->header.options.nb_sack > 0);
}

/*
 * RFC 9293 section 3.10.7.4: an old segment must not shrink the window. One that acknowledges more
 * is not old, even if the data it carries is sent again: its window begins where that of no other
 * segment does, and snd_wnd without it would reach beyond what was offered.
 */
static void
update_window(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t window = tcp_segment_window(conn, segment);
	uint32_t seq = segment->header.seq;
	uint32_t ack = segment->header.ack;

	/* Alive: as long as probes are answered they go on (RFC 9293 MUST-37), if it is owned. */
	if (tcp_wheel_running(&conn->timers, TCP_TIMER_PERSIST) && !conn->closed)
		conn->retries = 0;
	if (tcp_seq_lt(ack, conn->snd_una) ||
	    (tcp_seq_le(ack, conn->snd_wl2) && tcp_seq_gt(conn->snd_wl1, seq)))
		return;
	if (conn->state == TCP_FIN_WAIT_2 && conn->closed && ack == conn->snd_wl2 &&
	    !reads_on(conn, window))
		return;
	if (window > conn->snd_wnd)
		tcp_output_want(conn);
	tcp_ack_window(conn, segment);
}

/*
 * Nothing more is sent to it: its window opens as it reads what we sent before our FIN, and a reset
 * now would take that from it. Only what opens further than ever since counts, by steps worth it:
 * so a peer that opens and closes in turn, or byte by byte, has no more than its minute.
 */
static bool
reads_on(struct tcp_conn *conn, uint32_t window)
{
	uint32_t step = RTE_MAX((uint32_t)conn->mss, conn->snd_wnd_max / LINGER_STEPS);

	/* A window may be smaller than a segment. */
	step = RTE_MIN(step, RTE_MAX(conn->snd_wnd_max / 2, 1u));
	if (window < conn->snd_wnd + step)
		return false;
	tcp_timer_fin_wait_2(conn);
	return true;
}

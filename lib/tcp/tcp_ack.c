/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_ack.h"

#include "chain.h"
#include "tcp_close.h"
#include "tcp_ecn.h"
#include "tcp_event.h"
#include "tcp_loss.h"
#include "tcp_output.h"
#include "tcp_seq.h"
#include "tcp_timer.h"

static void measure(struct tcp_conn *conn, const struct tcp_segment *segment);
static bool is_duplicate(const struct tcp_conn *conn, const struct tcp_segment *segment);
static void update_window(struct tcp_conn *conn, const struct tcp_segment *segment);

bool
tcp_ack_process(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t ack = segment->header.ack;

	/* RFC 5961 section 5.2 */
	if (tcp_seq_gt(ack, conn->snd_max) || tcp_seq_lt(ack, conn->snd_una - conn->snd_wnd_max)) {
		conn->tcp->stats.drop_ack++;
		tcp_output_challenge(conn);
		return false;
	}
	if (conn->ecn)
		tcp_ecn_ack_received(conn, segment);
	if (tcp_seq_gt(ack, conn->snd_una))
		tcp_ack_advance(conn, segment);
	else if (is_duplicate(conn, segment))
		tcp_loss_dup_ack(conn);
	if (conn->state != TCP_CLOSED)
		update_window(conn, segment);
	return conn->state != TCP_CLOSED;
}

void
tcp_ack_advance(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t acked = segment->header.ack - conn->snd_una;
	uint32_t bytes = RTE_MIN(acked, tr_chain_bytes(&conn->chain));

	chain_trim(&conn->chain, bytes);
	conn->snd_una = segment->header.ack;
	/* Sent before a timeout and now acknowledged: not to be sent again. */
	conn->snd_nxt = tcp_seq_max(conn->snd_nxt, conn->snd_una);
	measure(conn, segment);
	tcp_loss_acked(conn, acked);
	tcp_timer_data_acked(conn);
	if (bytes > 0)
		tcp_event_raise(conn, TCP_EVENT_SENT);
	if (acked > bytes) {
		conn->fin_acked = true;
		tcp_close_fin_acked(conn);
	}
	if (tr_chain_bytes(&conn->chain) > 0 || conn->fin_queued)
		tcp_output_want(conn);
}

void
tcp_ack_window(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	conn->snd_wnd = tcp_segment_window(conn, segment);
	conn->snd_wnd_max = RTE_MAX(conn->snd_wnd_max, conn->snd_wnd);
	conn->snd_wl1 = segment->header.seq;
	conn->snd_wl2 = segment->header.ack;
}

static void
measure(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	const struct wire_tcp_options *options = &segment->header.options;
	uint32_t ms;

	if (conn->rtt_timing && tcp_seq_ge(conn->snd_una, conn->rtt_seq)) {
		conn->rtt_timing = false;
		tcp_timer_rtt(conn, conn->tcp->now_us - conn->rtt_start_us);
	} else if (conn->timestamps && options->ts_echo != 0 &&
		   tcp_seq_le(conn->snd_una, conn->congestion.recover)) {
		/*
		 * Of what was sent again the echo tells which transmission was received (RFC 7323
		 * section 4.1). An echo from before is that of an ACK which was lost: no sample.
		 */
		ms = tcp_conn_timestamp(conn) - options->ts_echo;
		if (ms <= (conn->tcp->now_us - conn->resent_us) / 1000 + 1)
			tcp_timer_rtt(conn, ms * 1000);
	}
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
	uint32_t seq = segment->header.seq;
	uint32_t ack = segment->header.ack;

	/* Alive: as long as probes are answered they go on (RFC 9293 MUST-37), if it is owned. */
	if (tcp_wheel_running(&conn->timers[TCP_TIMER_PERSIST]) && !conn->closed)
		conn->retries = 0;
	if (tcp_seq_lt(ack, conn->snd_una) ||
	    (tcp_seq_le(ack, conn->snd_wl2) && tcp_seq_gt(conn->snd_wl1, seq)))
		return;
	if (tcp_segment_window(conn, segment) > conn->snd_wnd) {
		tcp_output_want(conn);
		/* It still reads what we sent before our FIN: a reset now would take that from it.
		 */
		if (conn->state == TCP_FIN_WAIT_2 && conn->closed)
			tcp_timer_fin_wait_2(conn);
	}
	tcp_ack_window(conn, segment);
}

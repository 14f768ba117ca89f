/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_loss.h"

#include "tcp_congestion.h"
#include "tcp_output.h"
#include "tcp_seq.h"

/* RFC 5681 section 3.2 */
#define DUP_ACKS_LOSS 3

static void leave_recovery(struct tcp_conn *conn);
static void retransmit(struct tcp_conn *conn);

void
tcp_loss_dup_ack(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;

	if (congestion->recovering) {
		tcp_congestion_inflate(conn);
		tcp_output_want(conn);
		return;
	}
	if (congestion->dup_acks < DUP_ACKS_LOSS)
		congestion->dup_acks++;
	else
		return;
	/*
	 * RFC 6582 section 3.2 step 2: duplicates of what was sent again after a timeout are no
	 * sign of another loss.
	 */
	if (tcp_seq_le(conn->snd_una, congestion->recover)) {
		congestion->dup_acks = 0;
		return;
	}
	if (congestion->dup_acks == DUP_ACKS_LOSS) {
		conn->tcp->stats.fast_retransmits++;
		tcp_congestion_loss(conn);
		tcp_congestion_enter_recovery(conn);
		retransmit(conn);
	}
	/* The first two let new data out instead (RFC 3042). */
	tcp_output_want(conn);
}

void
tcp_loss_acked(struct tcp_conn *conn, uint32_t acked)
{
	struct tcp_congestion *congestion = &conn->congestion;

	congestion->dup_acks = 0;
	if (!congestion->recovering) {
		tcp_congestion_acked(conn, acked);
	} else if (tcp_seq_ge(conn->snd_una, congestion->recover)) {
		leave_recovery(conn);
	} else {
		/* A partial ACK points at the next hole (RFC 6582 section 3.2 step 5). */
		tcp_congestion_deflate(conn, acked);
		retransmit(conn);
	}
}

void
tcp_loss_timeout(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;

	conn->tcp->stats.retransmit_timeouts++;
	tcp_congestion_timeout(conn, conn->retries == 1);
	congestion->recover = conn->snd_max;
	congestion->recovering = false;
	congestion->dup_acks = 0;
	/* From the first hole on everything is sent again, as slow start allows. */
	conn->snd_nxt = conn->snd_una;
	conn->retransmit_due = false;
	conn->rtt_timing = false;
	conn->resent_us = conn->tcp->now_us;
	tcp_output_want(conn);
}

/* RFC 6582 section 3.2 step 5, full acknowledgment: without a burst */
static void
leave_recovery(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;
	uint32_t flight = tcp_congestion_flight(conn);

	tcp_congestion_recovered(conn);
	congestion->cwnd =
		RTE_MIN(congestion->cwnd, RTE_MAX(flight, (uint32_t)conn->mss) + conn->mss);
	congestion->recovering = false;
}

static void
retransmit(struct tcp_conn *conn)
{
	conn->retransmit_due = true;
	conn->rtt_timing = false; /* Karn: its ACK could be for either (RFC 6298 section 3) */
	conn->resent_us = conn->tcp->now_us;
	tcp_output_want(conn);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_undo.h"

#include "tcp_flight.h"
#include "tcp_loss.h"
#include "tcp_seq.h"

/* RFC 5682 section 2.1, step 2b: so much new data asks. */
#define FRTO_SEGMENTS 2

static bool may_send_new(const struct tcp_conn *conn);
static bool echo_is_older(const struct tcp_conn *conn, const struct tcp_segment *segment);
static bool all_arrived_twice(struct tcp_conn *conn, const struct tcp_sack *sack);

void
tcp_undo_begin(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	recovery->undo = true;
	recovery->undo_stamped = false;
	recovery->undo_una = conn->snd_una;
	recovery->undo_bytes = 0;
	if (recovery->state == TCP_RECOVERY_TIMEOUT)
		recovery->frto = TCP_FRTO_FIRST;
}

void
tcp_undo_resent(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	recovery->undo_bytes += bytes;
	if (recovery->undo_stamped)
		return;
	recovery->undo_stamped = true;
	recovery->undo_stamp = tcp_conn_timestamp(conn);
}

bool
tcp_undo_acked(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked,
	       const struct tcp_sack *sack)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	if (!recovery->undo || !recovery->undo_stamped)
		return false;
	if (acked > 0 && echo_is_older(conn, segment))
		return true;
	return sack->duplicate && all_arrived_twice(conn, sack);
}

bool
tcp_undo_frto(struct tcp_conn *conn, uint32_t acked)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	enum tcp_frto step = recovery->frto;

	if (step == TCP_FRTO_NONE)
		return false;
	recovery->frto = TCP_FRTO_NONE;
	if (step == TCP_FRTO_FIRST) {
		/* (2): the ACK may be for either transmission, the next can not. */
		if (acked == 0 || tcp_seq_ge(conn->snd_una, recovery->end) || !may_send_new(conn))
			return false;
		recovery->frto = TCP_FRTO_NEW;
		tcp_flight_resume(conn);
		conn->congestion.cwnd = tcp_loss_pipe(conn) + FRTO_SEGMENTS * conn->mss;
		return false;
	}
	/*
	 * (3b). A block does not do: it may tell of what was sent since, which says nothing, or of
	 * what had been told before the timeout forgot it.
	 */
	if (acked > 0 && tcp_seq_le(conn->snd_una, recovery->end))
		return true;
	conn->snd_nxt = conn->snd_una;
	tcp_flight_purge(conn);
	conn->congestion.cwnd = (FRTO_SEGMENTS + 1) * conn->mss;
	return false;
}

bool
tcp_undo_pending(const struct tcp_conn *conn)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;

	return recovery->undo && recovery->undo_stamped && conn->sack &&
	       conn->snd_una == recovery->end;
}

static bool
may_send_new(const struct tcp_conn *conn)
{
	uint32_t flight = conn->snd_max - conn->snd_una;

	return conn->chain.bytes > flight && conn->snd_wnd > flight;
}

/* RFC 3522 section 3.2, step (5): sent before anything was sent again. */
static bool
echo_is_older(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	const struct wire_tcp_options *options = &segment->header.options;

	return conn->timestamps && options->ts_echo != 0 &&
	       tcp_seq_lt(options->ts_echo, conn->loss.recovery->undo_stamp);
}

static bool
all_arrived_twice(struct tcp_conn *conn, const struct tcp_sack *sack)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	uint32_t bytes = sack->right - sack->left;

	/* Of this recovery. A probe that was out as it began is not among undo_bytes. */
	if (sack->probe || tcp_seq_lt(sack->left, recovery->undo_una) ||
	    tcp_seq_gt(sack->right, recovery->end))
		return false;
	recovery->undo_bytes -= RTE_MIN(bytes, recovery->undo_bytes);
	return recovery->undo_bytes == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_tail.h"

#include "tcp_loss.h"
#include "tcp_output.h"
#include "tcp_seq.h"

/* Behind a single segment the peer may delay its ACK so long (RFC 8985 section 7.2). */
#define DELAYED_ACK_MAX_US 200000

/*
 * Section 7.2. A recovery that is over may still wait for the peer's word on what came twice. That
 * there was a timeout is known without memory for a recovery, too.
 */
bool
tcp_tail_may_probe(const struct tcp_conn *conn)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;

	if (!conn->sack)
		return false;
	if (recovery == NULL)
		return conn->retries == 0;
	return recovery->state == TCP_RECOVERY_WATCH && recovery->probe == TCP_PROBE_NONE &&
	       !recovery->reorder_timer && recovery->sacked_bytes == 0 &&
	       recovery->guessed_bytes == 0 && recovery->lost_bytes == 0;
}

uint32_t
tcp_tail_wait_us(const struct tcp_conn *conn)
{
	uint64_t wait_us = 2 * (uint64_t)conn->srtt_us + TCP_WHEEL_TICK_US;

	if (!tcp_tail_may_probe(conn) || conn->srtt_us == 0)
		return conn->rto_us;
	if (conn->snd_max - conn->snd_una <= conn->mss)
		wait_us += DELAYED_ACK_MAX_US;
	return RTE_MIN(wait_us, (uint64_t)conn->rto_us);
}

bool
tcp_tail_timeout(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery;

	/* A window that was taken back is another matter. */
	if (!tcp_tail_may_probe(conn) || conn->snd_nxt != conn->snd_max ||
	    conn->snd_max - conn->snd_una > conn->snd_wnd)
		return false;
	recovery = tcp_loss_watch(conn);
	if (recovery == NULL)
		return false;
	conn->tcp->stats.tail_probes++;
	recovery->probe = TCP_PROBE_DUE;
	recovery->probe_timer = false;
	recovery->probe_end = conn->snd_max;
	tcp_output_want(conn);
	return true;
}

void
tcp_tail_sent(struct tcp_conn *conn, bool resent)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	recovery->probe = resent ? TCP_PROBE_RESENT : TCP_PROBE_NEW;
	recovery->probe_end = conn->snd_max;
}

bool
tcp_tail_is_probe(const struct tcp_conn *conn, uint32_t right)
{
	uint32_t end = conn->loss.recovery->probe_end;

	return tcp_seq_gt(right, end - conn->mss) && tcp_seq_le(right, end);
}

/* Section 7.4.2 */
bool
tcp_tail_acked(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked,
	       const struct tcp_sack *sack)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	enum tcp_probe probe = recovery->probe;
	uint32_t end = recovery->probe_end;

	if (probe == TCP_PROBE_NONE || tcp_seq_lt(conn->snd_una, end))
		return false;
	if (probe == TCP_PROBE_RESENT && conn->snd_una == end) {
		/* Both have arrived: it says so, or, without D-SACK, its ACK comes twice. */
		bool twice = sack->duplicate && tcp_tail_is_probe(conn, sack->right);
		bool again = acked == 0 && segment->len == 0 &&
			     segment->header.options.nb_sack == 0 &&
			     tcp_segment_window(conn, segment) == conn->snd_wnd;

		if (!twice && !again)
			return false;
		probe = TCP_PROBE_NONE;
	} else if (probe == TCP_PROBE_RESENT && sack->duplicate &&
		   tcp_tail_is_probe(conn, sack->right)) {
		probe = TCP_PROBE_NONE;
	}
	recovery->probe = TCP_PROBE_NONE;
	return probe == TCP_PROBE_RESENT;
}

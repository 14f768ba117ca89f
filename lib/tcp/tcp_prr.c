/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_prr.h"

#include "tcp_loss.h"

static uint32_t less(uint32_t a, uint32_t b);

void
tcp_prr_begin(struct tcp_conn *conn, uint32_t flight)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	recovery->prr_flight = RTE_MAX(flight, 1u);
	recovery->prr_delivered = 0;
	recovery->prr_resent = 0;
	recovery->prr_max = conn->snd_max;
}

void
tcp_prr_acked(struct tcp_conn *conn, uint32_t delivered, bool safe)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	uint32_t ssthresh = conn->congestion.ssthresh;
	uint32_t pipe = tcp_loss_pipe(conn);
	uint32_t sent = recovery->prr_resent + conn->snd_max - recovery->prr_max;
	uint64_t share;
	uint32_t send;

	/* Nothing new, unless a timer has found the first loss. */
	if (delivered == 0 && sent > 0)
		return;
	recovery->prr_delivered += delivered;
	if (pipe > ssthresh) {
		share = (uint64_t)recovery->prr_delivered * ssthresh;
		share = (share + recovery->prr_flight - 1) / recovery->prr_flight;
		send = less(RTE_MIN(share, (uint64_t)UINT32_MAX), sent);
	} else {
		/* Below ssthresh: as much as arrives, or slowly back. */
		send = RTE_MAX(less(recovery->prr_delivered, sent), delivered);
		if (safe)
			send += conn->mss;
		send = RTE_MIN(send, ssthresh - pipe);
	}
	/* What is lost leaves at once. */
	if (sent == 0)
		send = RTE_MAX(send, (uint32_t)conn->mss);
	/* A peer may tell of a few bytes at a time; a window below a segment would send none. */
	conn->congestion.cwnd = RTE_MAX(pipe + send, (uint32_t)conn->mss);
}

static uint32_t
less(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

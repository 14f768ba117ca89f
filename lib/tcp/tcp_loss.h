/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What was lost, and sending it again: the course of a recovery. Which bytes are missing is known
 * from SACK and time (tcp_sack.c, tcp_rack.c), and without SACK from duplicate ACKs (RFC 5681
 * section 3.2, RFC 6582); how fast they are sent again is tcp_prr.c's to say. Whatever these do
 * not find, the retransmission timeout does (RFC 6298 section 5).
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_LOSS_H
#define TCP_LOSS_H

#include "tcp_conn.h"
#include "tcp_recovery.h"
#include "tcp_segment.h"

/** The pool of all connections' recoveries; NULL with rte_errno. */
struct rte_mempool *tcp_loss_pool_create(const char *name, uint32_t recoveries, int socket);

/**
 * @p acked new bytes were acknowledged by @p segment, with SACK blocks or while something is
 * missing; snd_una has moved.
 */
void tcp_loss_acked(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked);

/**
 * An ACK of nothing new while something is in flight.
 *
 * @param duplicate
 *   It is one by RFC 5681 section 2; else it only has SACK blocks.
 */
void tcp_loss_dup_ack(struct tcp_conn *conn, const struct tcp_segment *segment, bool duplicate);

/** The retransmission timer expired. */
void tcp_loss_timeout(struct tcp_conn *conn);

/**
 * What is in flight did not fit through: send it again at once, in segments of the size that now
 * holds. That is no sign of congestion (RFC 1191 section 6.4): the window stays as it is.
 */
void tcp_loss_resend(struct tcp_conn *conn);

/** It expired for what could still have been late, and is not any more. */
void tcp_loss_reorder_timeout(struct tcp_conn *conn);

/** @p bytes are sent again. */
void tcp_loss_resent(struct tcp_conn *conn, uint32_t bytes);

/**
 * What is to be sent again next, as far as cwnd allows it.
 *
 * @param[out] len
 *   A segment at most; it may end with the FIN.
 * @return
 *   False: nothing, now.
 */
bool tcp_loss_next(const struct tcp_conn *conn, uint32_t *seq, uint32_t *len);

/**
 * The recovery that there is, or a new one that has not found a loss; NULL when there is no memory.
 */
struct tcp_recovery *tcp_loss_watch(struct tcp_conn *conn);

/** What a recovery is about, in a word; "none" for NULL. */
const char *tcp_loss_name(const struct tcp_recovery *recovery);

/**
 * Forget it if nothing is in flight: what the peer could still say of it, it would have said. False
 * when there was nothing to forget.
 */
bool tcp_loss_settled(struct tcp_conn *conn);

/** Forget it all: the connection has nothing in flight any more. */
void tcp_loss_purge(struct tcp_conn *conn);

/** Bytes that are believed to be on their way (RFC 6675 section 4, pipe). */
static inline uint32_t
tcp_loss_pipe(const struct tcp_conn *conn)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;
	uint32_t flight = conn->snd_nxt - conn->snd_una;
	uint32_t gone;

	if (likely(recovery == NULL))
		return flight;
	gone = recovery->sacked_bytes + recovery->guessed_bytes + recovery->lost_bytes;
	if (conn->retransmit_due)
		gone += conn->mss;
	return flight > gone ? flight - gone : 0;
}

/** Whether cwnd is going down to ssthresh: congestion control has had its say. */
static inline bool
tcp_loss_is_reducing(const struct tcp_conn *conn)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;

	return recovery != NULL &&
	       (recovery->state == TCP_RECOVERY_FAST || recovery->state == TCP_RECOVERY_REDUCE);
}

#endif /* TCP_LOSS_H */

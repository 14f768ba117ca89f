/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What is in flight, and when it was sent: from snd_una to snd_nxt in ranges of sequence numbers
 * that share one time, in order and disjoint. What an ACK says of them, and what is believed of
 * those that no ACK names, is written on them: RFC 8985's transmission times and RFC 6675's
 * scoreboard are one list.
 *
 * The newest range stands in the connection. Most have no other: all that is in flight was sent in
 * one turn, or in a time that does not matter beside a round trip. Older ones come from a pool, a
 * bounded number for each connection. When there is no memory for another, what would have been a
 * range of its own counts as sent again, which says least of it.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_FLIGHT_H
#define TCP_FLIGHT_H

#include "tcp_conn.h"
#include "tcp_segment.h"

/** Most ranges of one connection: what an ACK may make us walk. */
#define TCP_FLIGHT_RANGES_MAX 128

/** A range. */
struct tcp_flight_range {
	struct tcp_flight_range *next;
	uint64_t sent_us; /* when its first byte was sent, or sent again */
	uint32_t start;
	uint32_t end;
	bool sacked; /* the peer has it, and may still drop it */
	bool lost; /* to be sent again */
	bool resent; /* it was: an ACK does not tell which transmission arrived */
};

/** The pool of all connections' ranges; NULL with rte_errno. */
struct rte_mempool *tcp_flight_pool_create(const char *name, uint32_t ranges, int socket);

/** The same as tcp_flight_sent(), where something is in flight since a while. */
void tcp_flight_sent_later(struct tcp_conn *conn, uint32_t seq);

/** Segments from @p seq on, which is snd_nxt, are sent now. */
static inline void
tcp_flight_sent(struct tcp_conn *conn, uint32_t seq)
{
	struct tcp_flight *flight = &conn->flight;
	uint64_t now_us = conn->tcp->now_us;
	bool resent = seq != conn->snd_max;

	if (likely(seq == conn->snd_una)) {
		flight->sent_us = now_us;
		flight->seq = seq;
		flight->resent = resent;
	} else if (now_us != flight->sent_us || resent != flight->resent) {
		tcp_flight_sent_later(conn, seq);
	}
}

/** The bytes from @p start to @p end, which is at most snd_nxt, are sent again now. */
void tcp_flight_resent(struct tcp_conn *conn, uint32_t start, uint32_t end);

/** Put the newest range into the list, so that all is there. False when there is no memory. */
bool tcp_flight_spill(struct tcp_conn *conn);

/** Cut a range in two before @p seq, which lies in it. False when there is no memory. */
bool tcp_flight_split(struct tcp_conn *conn, struct tcp_flight_range *range, uint32_t seq);

/**
 * snd_una has moved: forget what lies before it, and tell RACK if somebody listens.
 *
 * @param segment
 *   The ACK.
 * @return
 *   Since when the last of it was on its way that was sent only once; 0: none was.
 */
uint64_t tcp_flight_acked(struct tcp_conn *conn, const struct tcp_segment *segment);

/** Join neighbours of which the same is known. */
void tcp_flight_merge(struct tcp_conn *conn);

/** What was sent before a timeout, after all is on its way: up to snd_max all is in flight. */
void tcp_flight_resume(struct tcp_conn *conn);

/** Forget all: the next range begins with what is sent next. */
void tcp_flight_purge(struct tcp_conn *conn);

#endif /* TCP_FLIGHT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A received segment: parsed once, then checked against its connection and cut to the part that is
 * in the window (RFC 9293 section 3.10.7.4, first to fourth; RFC 5961; RFC 7323).
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_SEGMENT_H
#define TCP_SEGMENT_H

#include "tcp_conn.h"
#include "tcp_seq.h"

/** A segment, its header stripped. */
struct tcp_segment {
	struct wire_tcp header;
	struct tcp_flow flow;
	struct rte_mbuf *mbuf; /* payload; NULL when somebody has taken it */
	uint32_t seq; /* of the first byte, after trimming */
	uint32_t len; /* payload, after trimming */
	uint8_t flags; /* the same */
	uint8_t ecn; /* of the IP packet */
};

/**
 * Parse. False when the segment is dropped, and counted.
 *
 * @param mbuf
 *   In segment->mbuf afterwards, in either case.
 */
bool tcp_segment_parse(struct tcp *tcp, struct rte_mbuf *mbuf, const struct ip_packet *packet,
		       struct tcp_segment *segment);

/**
 * Whether a segment for a synchronized connection, or one in SYN-RECEIVED, is to be processed
 * further: it has something in the window, is no reset and no SYN. What it deserves otherwise is
 * done: an ACK, the end of the connection.
 */
bool tcp_segment_acceptable(struct tcp_conn *conn, struct tcp_segment *segment);

/**
 * Remember when a segment was accepted, and its timestamp, to echo it (RFC 7323 section 4.3). Its
 * ACK is accepted as well: who guesses that wrongly is not to have all that follows dropped as old.
 */
static inline void
tcp_segment_timestamp(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	conn->heard_us = conn->tcp->now_us;
	if (!conn->timestamps || tcp_seq_gt(segment->header.seq, conn->last_ack_sent))
		return;
	conn->ts_recent = segment->header.options.ts_value;
}

/** Window that the segment offers, scaled. */
static inline uint32_t
tcp_segment_window(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return (uint32_t)segment->header.window << conn->snd_scale;
}

#endif /* TCP_SEGMENT_H */

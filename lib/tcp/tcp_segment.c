/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_segment.h"

#include "ip.h"
#include "tcp_close.h"
#include "tcp_ecn.h"
#include "tcp_handshake.h"
#include "tcp_output.h"
#include "tcp_receive.h"
#include "tcp_seq.h"

/* RFC 7323 section 5.5: a timestamp that old may have wrapped. */
#define TS_RECENT_MAX_US (UINT64_C(24) * 24 * 3600 * 1000000)

static bool is_syn_again(const struct tcp_conn *conn, const struct tcp_segment *segment);
static bool paws(struct tcp_conn *conn, const struct tcp_segment *segment);
static bool is_keepalive(const struct tcp_conn *conn, const struct tcp_segment *segment);
static void reset(struct tcp_conn *conn, const struct tcp_segment *segment);
static bool syn(struct tcp_conn *conn, struct tcp_segment *segment);
static bool trim_old(struct tcp_conn *conn, struct tcp_segment *segment);
static bool trim_beyond(struct tcp_conn *conn, struct tcp_segment *segment);
static void answer(struct tcp_conn *conn, const struct tcp_segment *segment);

bool
tcp_segment_parse(struct tcp *tcp, struct rte_mbuf *mbuf, const struct ip_packet *packet,
		  struct tcp_segment *segment)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint32_t len = RTE_MIN((uint32_t)mbuf->data_len, packet->bytes);
	struct wire_tcp *header = &segment->header;

	segment->mbuf = mbuf;
	if (unlikely(!wire_tcp_parse_usual(data, len, header)) &&
	    wire_tcp_parse(data, len, header) != WIRE_TCP_OK) {
		tcp->stats.drop_truncated++;
		return false;
	}
	if (!packet->checksum_good && !ip_tcp_checksum_ok(mbuf, packet)) {
		tcp->stats.drop_checksum++;
		return false;
	}
	segment->flow = (struct tcp_flow){
		.remote_addr = packet->src,
		.local_addr = packet->dst,
		.remote_port = header->src_port,
		.local_port = header->dst_port,
	};
	segment->seq = header->seq;
	segment->len = packet->bytes - header->header_bytes;
	segment->flags = header->flags;
	segment->ecn = packet->ecn;
	rte_pktmbuf_adj(mbuf, header->header_bytes);
	return true;
}

bool
tcp_segment_acceptable(struct tcp_conn *conn, struct tcp_segment *segment)
{
	if (segment->flags & WIRE_TCP_RST) {
		reset(conn, segment);
		return false;
	}
	/* Before PAWS, which misses timestamps that the peer has given up. */
	if (unlikely(conn->state == TCP_SYN_RECEIVED) && is_syn_again(conn, segment))
		tcp_handshake_syn_again(conn, &segment->header.options);
	if (!paws(conn, segment))
		return false;
	if (segment->flags & WIRE_TCP_SYN && !syn(conn, segment))
		return false;
	if (tcp_seq_lt(segment->seq, conn->rcv_nxt) && !trim_old(conn, segment))
		return false;
	if (tcp_seq_gt(segment->seq + segment->len, conn->rcv_adv) && !trim_beyond(conn, segment))
		return false;
	if (!(segment->flags & WIRE_TCP_ACK)) {
		conn->tcp->stats.drop_flags++;
		return false;
	}
	if (segment->flags & WIRE_TCP_URG)
		conn->tcp->stats.urgent++;
	return true;
}

static bool
is_syn_again(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return (segment->flags & (WIRE_TCP_SYN | WIRE_TCP_ACK)) == WIRE_TCP_SYN &&
	       segment->seq == conn->irs;
}

/* RFC 7323 section 5.3, R1 */
static bool
paws(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	const struct wire_tcp_options *options = &segment->header.options;

	if (!conn->timestamps)
		return true;
	if (options->has_timestamps && tcp_seq_ge(options->ts_value, conn->ts_recent))
		return true;
	if (options->has_timestamps && conn->tcp->now_us - conn->heard_us > TS_RECENT_MAX_US)
		return true;
	conn->tcp->stats.drop_paws++;
	if (options->has_timestamps)
		answer(conn, segment);
	else if (is_keepalive(conn, segment))
		tcp_output_challenge(conn);
	return false;
}

/* Windows and macOS ask without a timestamp, and give up who does not answer. */
static bool
is_keepalive(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return segment->flags == WIRE_TCP_ACK && segment->seq == conn->rcv_nxt - 1 &&
	       segment->len <= 1;
}

/* RFC 5961 section 3.2: only the exact sequence number resets, what is near is asked back. */
static void
reset(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (segment->seq == conn->rcv_nxt) {
		tcp_close_reset_received(conn);
	} else if (tcp_seq_gt(segment->seq, conn->rcv_nxt) &&
		   tcp_seq_lt(segment->seq, conn->rcv_adv)) {
		tcp_output_challenge(conn);
	} else {
		conn->tcp->stats.drop_reset_window++;
	}
}

/*
 * RFC 5961 section 4.2, in SYN-RECEIVED too: a peer that has lost the connection answers the
 * challenge with a reset, a forger does not see it.
 */
static bool
syn(struct tcp_conn *conn, struct tcp_segment *segment)
{
	if (conn->state == TCP_SYN_RECEIVED && segment->seq == conn->irs) {
		if (segment->flags & WIRE_TCP_ACK) {
			/* Simultaneous open: its SYN is known, its ACK is what counts. */
			segment->flags &= ~WIRE_TCP_SYN;
			segment->seq++;
			return true;
		}
		conn->tcp->stats.duplicates++;
		/* A peer that got no answer may ask without ECN. */
		if (conn->ecn)
			tcp_ecn_syn_received(conn, segment);
		tcp_output_syn(conn);
		return false;
	}
	conn->tcp->stats.drop_flags++;
	tcp_output_challenge(conn);
	return false;
}

static bool
trim_old(struct tcp_conn *conn, struct tcp_segment *segment)
{
	uint32_t old = conn->rcv_nxt - segment->seq;
	uint32_t bytes = segment->len + !!(segment->flags & WIRE_TCP_FIN);

	if (old >= bytes) {
		if (bytes > 0)
			conn->tcp->stats.duplicates++;
		else
			conn->tcp->stats.drop_window++;
		if (segment->len == 0 ||
		    !tcp_duplicate_note(conn, segment->seq, segment->seq + segment->len))
			answer(conn, segment);
		return false;
	}
	tcp_duplicate_note(conn, segment->seq, conn->rcv_nxt);
	tcp_receive_trim_front(&segment->mbuf, old);
	segment->seq += old;
	segment->len -= old;
	return true;
}

static bool
trim_beyond(struct tcp_conn *conn, struct tcp_segment *segment)
{
	uint32_t room = conn->rcv_adv - segment->seq;

	if ((int32_t)room > 0) {
		tcp_receive_truncate(segment->mbuf, room);
	} else if (segment->seq == conn->rcv_nxt) {
		/* A zero window takes no byte, but what the segment acknowledges counts. */
		conn->tcp->stats.drop_window++;
		room = 0;
	} else {
		conn->tcp->stats.drop_window++;
		answer(conn, segment);
		return false;
	}
	segment->len = room;
	segment->flags &= ~WIRE_TCP_FIN;
	tcp_output_ack(conn);
	return true;
}

/*
 * An unacceptable segment is answered with an ACK, which brings a peer that is in doubt back to
 * where we are. If it occupies no sequence number it may itself be such an answer: not without end.
 */
static void
answer(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (segment->len > 0 || segment->flags & WIRE_TCP_FIN)
		tcp_output_ack(conn);
	else
		tcp_output_challenge(conn);
}

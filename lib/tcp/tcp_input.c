/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_ack.h"
#include "tcp_close.h"
#include "tcp_conn.h"
#include "tcp_ecn.h"
#include "tcp_event.h"
#include "tcp_handshake.h"
#include "tcp_output.h"
#include "tcp_reassembly.h"
#include "tcp_receive.h"
#include "tcp_segment.h"
#include "tcp_seq.h"
#include "tcp_stateless.h"
#include "tcp_timer.h"
#include "tcp_urgent.h"
#include "tcp_user_timeout.h"

/* RFC 9293 section 3.8.6.3 */
#define SEGMENTS_PER_ACK 2

typedef void tcp_input_handler(struct tcp_conn *conn, struct tcp_segment *segment);

static bool predicted(struct tcp_conn *conn, struct tcp_segment *segment);
static void process(struct tcp *tcp, struct tcp_segment *segment);
static void no_conn(struct tcp *tcp, struct tcp_segment *segment);
static void syn_sent(struct tcp_conn *conn, struct tcp_segment *segment);
static void syn_received(struct tcp_conn *conn, struct tcp_segment *segment);
static void synchronized(struct tcp_conn *conn, struct tcp_segment *segment);
static void closed(struct tcp_conn *conn, struct tcp_segment *segment);
static void text(struct tcp_conn *conn, struct tcp_segment *segment);
static void note_fin(struct tcp_conn *conn, const struct tcp_segment *segment);
static bool cut_at_fin(struct tcp_conn *conn, struct tcp_segment *segment);
static void fin(struct tcp_conn *conn);
static void receive_in_order(struct tcp_conn *conn, struct tcp_segment *segment);
static void receive_gathered(struct tcp_conn *conn);
static void receive_early(struct tcp_conn *conn, struct tcp_segment *segment);

static tcp_input_handler *const handlers[TCP_STATES] = {
	[TCP_CLOSED] = closed,
	[TCP_SYN_SENT] = syn_sent,
	[TCP_SYN_RECEIVED] = syn_received,
	[TCP_ESTABLISHED] = synchronized,
	[TCP_FIN_WAIT_1] = synchronized,
	[TCP_FIN_WAIT_2] = synchronized,
	[TCP_CLOSE_WAIT] = synchronized,
	[TCP_CLOSING] = synchronized,
	[TCP_LAST_ACK] = synchronized,
	[TCP_TIME_WAIT] = tcp_close_time_wait,
};

void
tcp_input(struct tcp *tcp, struct rte_mbuf *mbuf, const struct ip_packet *packet, uint64_t now_us)
{
	struct tcp_segment segment;

	tcp->now_us = now_us;
	tcp->stats.rx_segments++;
	if (tcp_segment_parse(tcp, mbuf, packet, &segment))
		process(tcp, &segment);
	if (unlikely(segment.mbuf != NULL))
		rte_pktmbuf_free(segment.mbuf);
}

static void
process(struct tcp *tcp, struct tcp_segment *segment)
{
	struct tcp_conn *conn = tcp_conn_lookup(tcp, &segment->flow);

	if (unlikely(conn == NULL)) {
		no_conn(tcp, segment);
		return;
	}
	tcp_conn_hold(conn);
	if (!predicted(conn, segment)) {
		if (conn->state == TCP_TIME_WAIT && tcp_close_reopen(conn, segment))
			return;
		handlers[conn->state](conn, segment);
	}
	tcp_conn_release(conn);
}

/*
 * Header prediction: the next data, or an ACK of what is in flight, on a connection without
 * trouble. What it does not take goes the long way, which would do the same.
 */
static bool
predicted(struct tcp_conn *conn, struct tcp_segment *segment)
{
	const struct wire_tcp *header = &segment->header;
	uint32_t acked = header->ack - conn->snd_una;

	if (conn->state != TCP_ESTABLISHED || header->seq != conn->rcv_nxt ||
	    (header->flags & ~(WIRE_TCP_PSH | WIRE_TCP_ECE | WIRE_TCP_CWR)) != WIRE_TCP_ACK ||
	    tcp_segment_window(conn, segment) != conn->snd_wnd || conn->snd_nxt != conn->snd_max)
		return false;
	if (conn->timestamps && (!header->options.has_timestamps ||
				 tcp_seq_lt(header->options.ts_value, conn->ts_recent)))
		return false;
	if (acked > conn->snd_max - conn->snd_una || conn->loss.recovery != NULL ||
	    header->options.has_rare || conn->fin_seen)
		return false;
	if (conn->tcp->pressure || (unlikely(conn->ecn) && tcp_ecn_is_marked(segment)))
		return false;
	if (segment->len == 0 ? acked == 0
			      : segment->len > tcp_conn_rcv_wnd(conn) || conn->reassembly.nb > 0)
		return false;

	tcp_segment_timestamp(conn, segment);
	conn->snd_wl1 = header->seq;
	conn->snd_wl2 = header->ack;
	if (acked > 0)
		tcp_ack_advance(conn, segment);
	if (segment->len > 0)
		receive_in_order(conn, segment);
	return true;
}

static void
no_conn(struct tcp *tcp, struct tcp_segment *segment)
{
	const struct tcp_flow *flow = &segment->flow;
	const struct tcp_listener *listener;
	struct tcp_conn *conn;

	/* RFC 9293 MUST-57, MUST-63: no broadcast or multicast, on either side. */
	if (!ip_addr_is_ours(tcp->ip, flow->local_addr) ||
	    !ip_addr_is_peer(tcp->ip, flow->remote_addr)) {
		tcp->stats.drop_address++;
		return;
	}
	listener = tcp_listen_lookup(&tcp->listen, &flow->local_addr, flow->local_port);
	if (listener != NULL) {
		conn = tcp_handshake_listen(tcp, segment, listener, 0);
		if (conn != NULL) {
			tcp_conn_hold(conn);
			handlers[conn->state](conn, segment);
			tcp_conn_release(conn);
		}
	} else if (segment->flags & WIRE_TCP_RST) {
		tcp->stats.drop_no_conn_silent++;
	} else {
		tcp->stats.drop_no_conn++;
		tcp_stateless_reset(tcp, segment);
	}
}

static void
syn_sent(struct tcp_conn *conn, struct tcp_segment *segment)
{
	if (!tcp_handshake_syn_sent(conn, segment))
		return;
	text(conn, segment);
	fin(conn);
}

static void
syn_received(struct tcp_conn *conn, struct tcp_segment *segment)
{
	if (!tcp_handshake_syn_received(conn, segment))
		return;
	/* Who is told of urgent data is its owner first. */
	if (segment->flags & WIRE_TCP_URG)
		tcp_event_deliver(conn);
	if (conn->state == TCP_CLOSED)
		return;
	text(conn, segment);
	fin(conn);
}

static void
synchronized(struct tcp_conn *conn, struct tcp_segment *segment)
{
	if (!tcp_segment_acceptable(conn, segment) || !tcp_ack_process(conn, segment))
		return;
	text(conn, segment);
	fin(conn);
}

/* The flow table does not know connections in CLOSED. */
static void
closed(struct tcp_conn *conn, struct tcp_segment *segment)
{
	RTE_SET_USED(segment);
	conn->tcp->stats.drop_flags++;
}

/* RFC 9293 section 3.10.7.4, sixth and seventh */
static void
text(struct tcp_conn *conn, struct tcp_segment *segment)
{
	if (segment->flags & WIRE_TCP_URG)
		tcp_urgent_received(conn, segment);
	if (segment->header.options.user_timeout != 0)
		tcp_user_timeout_received(conn, &segment->header.options);
	if (segment->flags & WIRE_TCP_FIN && !conn->fin_seen)
		note_fin(conn, segment);
	if (segment->len == 0)
		return;
	if (conn->ecn)
		tcp_ecn_data_received(conn, segment);
	if (conn->fin_seen && !cut_at_fin(conn, segment))
		return;
	if (conn->closed) {
		/* RFC 9293 section 3.6.1: nobody will read it, and the peer is to know. */
		conn->tcp->stats.drop_after_close++;
		tcp_close_reset(conn, -ECONNABORTED);
		return;
	}
	if (conn->tcp->pressure != TCP_PRESSURE_NONE &&
	    (conn->tcp->pressure == TCP_PRESSURE_ALL || conn->receive.bytes > 0 ||
	     segment->seq != conn->rcv_nxt)) {
		/* The peer sends it again: until then its buffer serves those who read theirs. */
		conn->tcp->stats.drop_pressure++;
		return;
	}
	if (segment->seq == conn->rcv_nxt)
		receive_in_order(conn, segment);
	else
		receive_early(conn, segment);
}

/* The first FIN counts. What a peer has sent behind it contradicts it, and would hide it. */
static void
note_fin(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	conn->fin_seen = true;
	conn->rcv_fin_seq = segment->seq + segment->len;
	tcp_reassembly_cut(conn->tcp->reassembly_pool, &conn->reassembly, conn->rcv_fin_seq);
	if (segment->len == 0 && tcp_seq_gt(segment->seq, conn->rcv_nxt))
		tcp_output_dup_ack(conn);
}

/* False: nothing is left of it. */
static bool
cut_at_fin(struct tcp_conn *conn, struct tcp_segment *segment)
{
	uint32_t room = conn->rcv_fin_seq - segment->seq;

	if ((int32_t)room <= 0) {
		conn->tcp->stats.drop_window++;
		return false;
	}
	if (segment->len > room) {
		tcp_receive_truncate(segment->mbuf, room);
		segment->len = room;
	}
	return true;
}

static void
receive_in_order(struct tcp_conn *conn, struct tcp_segment *segment)
{
	struct tcp *tcp = conn->tcp;

	tcp_receive_append(&conn->receive, segment->mbuf);
	segment->mbuf = NULL;
	conn->rcv_nxt += segment->len;
	conn->rcv_mss = RTE_MAX(conn->rcv_mss, (uint16_t)RTE_MIN(segment->len, tcp->mss));
	tcp->stats.rx_bytes += segment->len;
	tcp_event_raise(conn, TCP_EVENT_READABLE);
	if (unlikely(conn->reassembly.nb > 0))
		receive_gathered(conn);
	else if (++conn->rcv_segments >= SEGMENTS_PER_ACK)
		tcp_output_ack(conn);
	else
		tcp_timer_ack_delayed(conn);
}

/* What came early and is in order now. RFC 5681 section 4.2: an ACK at once, filled or not. */
static __rte_noinline void
receive_gathered(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	struct rte_mbuf *mbuf;
	uint32_t len;

	while ((mbuf = tcp_reassembly_take(tcp->reassembly_pool, &conn->reassembly, conn->rcv_nxt,
					   &len)) != NULL) {
		tcp_receive_append(&conn->receive, mbuf);
		conn->rcv_nxt += len;
		tcp->stats.rx_bytes += len;
	}
	tcp_output_ack(conn);
}

static void
receive_early(struct tcp_conn *conn, struct tcp_segment *segment)
{
	struct tcp *tcp = conn->tcp;
	struct rte_mbuf *mbuf = segment->mbuf;
	/* No more than is left to others: however many have gaps, the next has room for some. */
	uint32_t entries_max =
		RTE_MIN(tcp->reassembly_conn_max, rte_mempool_avail_count(tcp->reassembly_pool));

	segment->mbuf = NULL;
	switch (tcp_reassembly_insert(tcp->reassembly_pool, &conn->reassembly, mbuf, segment->seq,
				      entries_max)) {
	case TCP_REASSEMBLY_KEPT:
		tcp->stats.out_of_order++;
		break;
	case TCP_REASSEMBLY_DUPLICATE:
		tcp->stats.duplicates++;
		if (tcp_duplicate_note(conn, segment->seq, segment->seq + segment->len))
			return;
		break;
	case TCP_REASSEMBLY_FULL:
		tcp->stats.drop_reassembly++;
		break;
	}
	tcp_output_dup_ack(conn);
}

/* RFC 9293 section 3.10.7.4, eighth. A FIN that came early counts when all before it is there. */
static void
fin(struct tcp_conn *conn)
{
	if (conn->state != TCP_CLOSED && conn->fin_seen && conn->rcv_fin_seq == conn->rcv_nxt)
		tcp_close_fin_received(conn);
}

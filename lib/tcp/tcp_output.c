/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_output.h"

#include "chain.h"
#include "ip.h"
#include "tcp_congestion.h"
#include "tcp_ecn.h"
#include "tcp_flight.h"
#include "tcp_loss.h"
#include "tcp_reassembly.h"
#include "tcp_receive.h"
#include "tcp_seq.h"
#include "tcp_tail.h"
#include "tcp_timer.h"
#include "tcp_urgent.h"
#include "tcp_user_timeout.h"

/* Room in the queue of frames that is left to others: ARP, ICMP, resets. */
#define TXQ_RESERVE 64
/* RFC 5961 section 7: of one connection, so that another peer cannot count them. */
#define CHALLENGES_MAX 10
#define CHALLENGES_MS 1000

/* Of a segment that the port cuts: with the longest headers its IP packet has no more bytes. */
#define LARGE_BYTES_MAX (UINT16_MAX - 120)

/* What of the chain is sent next. */
struct plan {
	uint32_t offset;
	uint32_t len;
	bool fin;
	bool more; /* there is something to send, now or later */
	bool cwnd_limits; /* rather than the peer's window */
};

static void unlist_first(struct tcp *tcp, struct tcp_conn *conn);
static bool output_conn(struct tcp_conn *conn);
static bool send_syn(struct tcp_conn *conn);
static bool send_due(struct tcp_conn *conn);
static bool send_data(struct tcp_conn *conn);
static bool send_tail(struct tcp_conn *conn);
static bool send_lost(struct tcp_conn *conn);
static bool send_again(struct tcp_conn *conn);
static bool send_probe(struct tcp_conn *conn);
static bool send_keepalive(struct tcp_conn *conn);
static bool send_dup_acks(struct tcp_conn *conn);
static bool send_acks(struct tcp_conn *conn);
static struct rte_mbuf *ack_mbuf(struct tcp_conn *conn);
static bool send_segment(struct tcp_conn *conn, const struct plan *plan, uint32_t *end);
static bool send_large(struct tcp_conn *conn, const struct plan *plan, uint32_t *end);
static void transmit_large(struct tcp_conn *conn, struct rte_mbuf *mbuf, uint32_t seq, uint32_t len,
			   uint8_t flags);
static bool send_control(struct tcp_conn *conn, struct wire_tcp *header);
static void flight_sent(struct tcp_conn *conn);
static bool plan_all(const struct tcp_conn *conn, struct plan *plan);
static void plan_next(const struct tcp_conn *conn, struct plan *plan);
static uint32_t plan_bytes_max(const struct tcp_conn *conn);
static void count_sent(struct tcp_conn *conn, uint32_t seq, uint32_t len, uint32_t end);
static void sent(struct tcp_conn *conn, uint32_t seq, uint32_t end);
static struct wire_tcp begin(struct tcp_conn *conn, uint32_t seq, uint8_t flags);
static void add_sack(struct tcp_conn *conn, struct wire_tcp *header, uint32_t len);
static void ack_sent(struct tcp_conn *conn);
static void transmit_data(struct tcp_conn *conn, struct rte_mbuf *mbuf, uint32_t seq, uint32_t len,
			  uint8_t flags);
static void transmit_data_long(struct tcp_conn *conn, struct rte_mbuf *mbuf, uint32_t seq,
			       uint32_t len, uint8_t flags);
static void transmit(struct tcp_conn *conn, struct rte_mbuf *mbuf, const struct wire_tcp *header);
static bool has_room(const struct tcp *tcp);
static uint32_t ack_seq(const struct tcp_conn *conn);

void
tcp_output(struct tcp *tcp, uint64_t now_us)
{
	struct tcp_conn *conn;
	uint32_t place, later = 0;

	tcp->now_us = now_us;
	/* Those that something was left of go to the end: there the next turn begins. */
	while (has_room(tcp) && (place = tcp->conns->output_newer) != 0 && place != later) {
		conn = tcp_conn_at(tcp, place);
		unlist_first(tcp, conn);
		if (output_conn(conn))
			continue;
		tcp_output_want(conn);
		if (later == 0 && conn->output_listed)
			later = place;
	}
}

void
tcp_send(struct tcp_conn *conn)
{
	tcp_output_want(conn);
}

void
tcp_output_want(struct tcp_conn *conn)
{
	struct tcp_conn *ends = conn->tcp->conns;
	uint32_t newest = ends->output_older;

	if (conn->output_listed || conn->state == TCP_CLOSED)
		return;
	conn->output_listed = true;
	conn->output_older = newest;
	conn->output_newer = 0;
	tcp_conn_at(conn->tcp, newest)->output_newer = conn->place;
	ends->output_older = conn->place;
}

void
tcp_output_cancel(struct tcp_conn *conn)
{
	if (!conn->output_listed)
		return;
	conn->output_listed = false;
	tcp_conn_at(conn->tcp, conn->output_older)->output_newer = conn->output_newer;
	tcp_conn_at(conn->tcp, conn->output_newer)->output_older = conn->output_older;
}

void
tcp_output_ack(struct tcp_conn *conn)
{
	conn->ack_now = true;
	tcp_output_want(conn);
}

void
tcp_output_dup_ack(struct tcp_conn *conn)
{
	if (conn->dup_acks_owed < UINT8_MAX)
		conn->dup_acks_owed++;
	tcp_output_want(conn);
}

void
tcp_output_challenge(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	uint32_t now_ms = (uint32_t)(tcp->now_us / 1000);

	if (conn->challenges == 0 || now_ms - conn->challenge_ms >= CHALLENGES_MS) {
		conn->challenge_ms = now_ms;
		conn->challenges = 0;
	}
	if (conn->challenges >= CHALLENGES_MAX)
		return;
	conn->challenges++;
	tcp->stats.challenge_acks++;
	tcp_output_ack(conn);
}

void
tcp_output_syn(struct tcp_conn *conn)
{
	conn->syn_due = true;
	tcp_output_want(conn);
}

void
tcp_output_reset(struct tcp_conn *conn)
{
	struct wire_tcp header = begin(conn, ack_seq(conn), WIRE_TCP_RST | WIRE_TCP_ACK);

	ip_path_set_ecn(&conn->path, 0);
	if (conn->tcp->txq->nb < IP_TXQ_SIZE && send_control(conn, &header))
		conn->tcp->stats.reset_sent++;
	else
		tcp_reset_later(conn->tcp, &conn->flow, &header);
}

/* What tcp_output_cancel() does, of the first. */
static inline void
unlist_first(struct tcp *tcp, struct tcp_conn *conn)
{
	conn->output_listed = false;
	tcp->conns->output_newer = conn->output_newer;
	tcp_conn_at(tcp, conn->output_newer)->output_older = 0;
}

/* Returns false when something is left that the next turn must send. */
static bool
output_conn(struct tcp_conn *conn)
{
	if (conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED) {
		if (conn->syn_due)
			return send_syn(conn);
		return send_acks(conn);
	}
	return send_due(conn) && send_data(conn) && send_acks(conn);
}

static bool
send_syn(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	struct wire_tcp header;
	bool ack = conn->state == TCP_SYN_RECEIVED;

	header = begin(conn, conn->iss,
		       WIRE_TCP_SYN | (ack ? WIRE_TCP_ACK : 0) | tcp_ecn_syn_flags(conn));
	if (!ack)
		header.ack = 0;
	header.window = tcp_receive_window_syn(conn);
	header.options = (struct wire_tcp_options){
		.has_mss = true,
		.mss = tcp_conn_mss_ours(tcp, &conn->flow.remote_addr),
		.has_window_scale = !ack || conn->window_scale,
		.window_scale = conn->rcv_scale,
		.sack_permitted = !ack || conn->sack,
		.has_timestamps = !ack || conn->timestamps,
		.ts_value = tcp_conn_timestamp(conn),
		.ts_echo = ack ? conn->ts_recent : 0,
		.user_timeout = tcp_user_timeout_ours(conn),
	};
	if (!send_control(conn, &header))
		return false;
	conn->syn_due = false;
	if (conn->snd_max == conn->iss)
		tcp_flight_sent(conn, conn->iss);
	else
		conn->flight.resent = true;
	sent(conn, conn->iss, conn->iss + 1);
	conn->snd_nxt = conn->snd_max;
	tcp_timer_data_sent(conn);
	return true;
}

/* What does not wait for a window. */
static bool
send_due(struct tcp_conn *conn)
{
	if (conn->retransmit_due && !send_again(conn))
		return false;
	if (conn->probe_due && !send_probe(conn))
		return false;
	return likely(conn->dup_acks_owed == 0) || send_dup_acks(conn);
}

/*
 * Nagle's algorithm is off (RFC 9293 section 3.7.4 allows it) but for tcp_set_nagle(): what the
 * owner appends in one turn is gathered already, and a response that waited for an ACK would wait
 * for the peer's timer.
 */
static bool
send_data(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	uint32_t start = conn->snd_nxt;
	struct plan plan;
	uint32_t end;

	if (conn->snd_una == conn->snd_max && conn->flight.sent_us != 0 &&
	    tcp->now_us - conn->flight.sent_us > conn->rto_us)
		tcp_congestion_idle(conn);
	if (unlikely(conn->loss.recovery != NULL) && !(send_tail(conn) && send_lost(conn)))
		return false;
	if (!plan_all(conn, &plan)) {
		tcp_congestion_validate(conn);
		plan_next(conn, &plan);
	}
	for (; plan.len > 0 || plan.fin; plan_next(conn, &plan)) {
		if (!has_room(tcp) ||
		    !(likely(plan.len <= conn->mss) ? send_segment(conn, &plan, &end)
						    : send_large(conn, &plan, &end)))
			return false;
		conn->snd_nxt = end;
		tcp_timer_data_sent(conn);
		/* Most often that was all: no need for a plan which says so. */
		if (likely(end == conn->snd_una + conn->chain.bytes && !conn->fin_queued)) {
			conn->congestion.limited = false;
			conn->congestion.full_bytes = 0;
			if (unlikely(plan.offset > 0))
				flight_sent(conn);
			return true;
		}
	}
	/* Where nothing came to it, what is in flight may have used it up. */
	if (plan.more || conn->snd_nxt != start)
		conn->congestion.limited = plan.more && plan.cwnd_limits;
	conn->congestion.full_bytes =
		plan.more && plan.cwnd_limits ? tcp_congestion_flight(conn) : 0;
	if (conn->snd_nxt != start)
		tcp_timer_flight_sent(conn);
	if (plan.more && conn->snd_nxt == conn->snd_una)
		tcp_timer_window_closed(conn);
	return true;
}

/* All of several segments. They may have used cwnd up, but for less than a segment. */
static __rte_noinline void
flight_sent(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;

	congestion->limited = conn->chain.bytes + conn->mss > congestion->cwnd;
	/* As tcp_congestion_validate() has it, which is not asked here. */
	if (conn->chain.bytes >= congestion->cwnd / 2)
		congestion->used_ms = conn->tcp->now_us / 1000;
	tcp_timer_flight_sent(conn);
}

/* The plan for most: all that is queued fits in one segment and both windows. */
static inline bool
plan_all(const struct tcp_conn *conn, struct plan *plan)
{
	uint32_t queued = conn->chain.bytes;
	uint32_t flight = conn->snd_nxt - conn->snd_una;

	if (flight >= queued || queued - flight > conn->mss || queued > conn->snd_wnd ||
	    queued > conn->congestion.cwnd || conn->fin_queued || conn->nagle)
		return false;
	*plan = (struct plan){.offset = flight, .len = queued - flight, .more = true};
	return true;
}

static void
plan_next(const struct tcp_conn *conn, struct plan *plan)
{
	uint32_t queued = conn->chain.bytes;
	uint32_t flight = conn->snd_nxt - conn->snd_una;
	uint32_t pipe = tcp_loss_pipe(conn);
	uint32_t cwnd = conn->congestion.cwnd > pipe ? conn->congestion.cwnd - pipe : 0;
	uint32_t window = conn->snd_wnd > flight ? conn->snd_wnd - flight : 0;
	uint32_t usable = RTE_MIN(cwnd, window);
	bool fin = conn->fin_queued && !conn->fin_acked;
	uint32_t unsent;

	*plan = (struct plan){.offset = conn->snd_nxt - tcp_conn_chain_seq(conn)};
	if (plan->offset > queued)
		return; /* the FIN is on its way */
	unsent = queued - plan->offset;
	plan->more = unsent > 0 || fin;
	plan->cwnd_limits = cwnd < window;
	plan->len = RTE_MIN(RTE_MIN(unsent, usable), plan_bytes_max(conn));
	/* What does not fill a segment is looked at by itself. */
	if (plan->len > conn->mss && (plan->len < unsent || conn->nagle))
		plan->len -= plan->len % conn->mss;
	plan->fin = fin && plan->len == unsent && usable > plan->len;
	/* RFC 9293 section 3.8.6.2.1: no silly windows. */
	if (plan->len < unsent && plan->len < conn->mss && plan->len < conn->snd_wnd_max / 2)
		plan->len = 0;
	/* The ACK of what is in flight lets it go. What the windows hold back is not Nagle's. */
	if (conn->nagle && !plan->fin && plan->len > 0 && plan->len < conn->mss &&
	    conn->snd_una != conn->snd_max && conn->snd_nxt == conn->snd_max)
		*plan = (struct plan){.offset = plan->offset};
}

/*
 * New data may go to the port several segments at a time, but none that carries CWR: not all ports
 * set it in the first of them alone (RFC 3168 section 6.1.2). Nor one with an urgent pointer, which
 * counts from each segment's own number.
 */
static uint32_t
plan_bytes_max(const struct tcp_conn *conn)
{
	if (likely(conn->tcp->large_mbufs == 0) || conn->snd_nxt != conn->snd_max ||
	    conn->ecn_cwr_due || conn->has_urgent)
		return conn->mss;
	return LARGE_BYTES_MAX - LARGE_BYTES_MAX % conn->mss;
}

/* RFC 8985 section 7.3: new data, whatever cwnd says, or the last segment once more. */
static bool
send_tail(struct tcp_conn *conn)
{
	uint32_t flight = conn->snd_nxt - conn->snd_una;
	struct plan plan = {.offset = flight};
	bool resent;
	uint32_t seq;

	if (conn->loss.recovery->probe != TCP_PROBE_DUE)
		return true;
	if (conn->chain.bytes > flight && conn->snd_wnd > flight) {
		plan.len = RTE_MIN(conn->chain.bytes, conn->snd_wnd) - flight;
		plan.len = RTE_MIN(plan.len, (uint32_t)conn->mss);
	}
	resent = plan.len == 0;
	if (resent)
		plan.offset -= RTE_MIN(flight, (uint32_t)conn->mss);
	do {
		if (resent) {
			plan.len = conn->chain.bytes - RTE_MIN(plan.offset, conn->chain.bytes);
			plan.len = RTE_MIN(plan.len, flight - plan.offset);
			plan.fin = flight - plan.offset > plan.len;
		}
		if (!has_room(conn->tcp) || !send_segment(conn, &plan, &seq))
			return false;
		/* The mbuf may have ended before. */
		plan.offset = seq - conn->snd_una;
	} while (resent && plan.offset < flight);
	conn->snd_nxt = tcp_seq_max(conn->snd_nxt, seq);
	tcp_timer_data_sent(conn);
	tcp_tail_sent(conn, resent);
	return true;
}

/* What loss recovery wants sent again. */
static bool
send_lost(struct tcp_conn *conn)
{
	struct plan plan;
	uint32_t seq, len, end;

	while (tcp_loss_next(conn, &seq, &len)) {
		plan = (struct plan){.offset = seq - conn->snd_una};
		plan.len = RTE_MIN(len, conn->chain.bytes - plan.offset);
		plan.fin = plan.len < len;
		if (!has_room(conn->tcp) || !send_segment(conn, &plan, &end))
			return false;
		tcp_timer_data_sent(conn);
	}
	return true;
}

/* The first segment that is not acknowledged. */
static bool
send_again(struct tcp_conn *conn)
{
	struct plan plan = {.len = RTE_MIN(conn->chain.bytes, (uint32_t)conn->mss)};
	uint32_t flight = conn->snd_max - conn->snd_una;
	uint32_t end;

	if (flight == 0) {
		conn->retransmit_due = false;
		return true;
	}
	plan.len = RTE_MIN(plan.len, flight);
	plan.fin = conn->fin_queued && plan.len == conn->chain.bytes && flight > plan.len;
	if (!send_segment(conn, &plan, &end))
		return false;
	conn->retransmit_due = false;
	conn->snd_nxt = tcp_seq_max(conn->snd_nxt, end);
	tcp_timer_data_sent(conn);
	return true;
}

/*
 * RFC 9293 section 3.8.6.1: a byte that the peer must answer, or what little fits in its window.
 * It counts as never sent (snd_nxt stays) until it is acknowledged.
 */
static bool
send_probe(struct tcp_conn *conn)
{
	struct plan plan;
	uint32_t unsent;
	uint32_t end;

	plan_next(conn, &plan);
	if (plan.len > 0 || plan.fin) {
		/* The windows let it go as it is, and it asks as well. */
		conn->probe_due = false;
		return true;
	}
	if (plan.more && conn->snd_nxt == conn->snd_una) {
		unsent = conn->chain.bytes - plan.offset;
		plan.len =
			RTE_MIN(RTE_MIN(unsent, (uint32_t)conn->mss), RTE_MAX(conn->snd_wnd, 1u));
		plan.fin = unsent == 0;
		if (!send_segment(conn, &plan, &end))
			return false;
		conn->tcp->stats.window_probes++;
	} else if (conn->keepalive_probes > 0 && !send_keepalive(conn)) {
		return false;
	}
	conn->probe_due = false;
	return true;
}

/* RFC 9293 section 3.8.4: without data, one byte before what the peer expects. */
static bool
send_keepalive(struct tcp_conn *conn)
{
	struct rte_mbuf *mbuf;

	if (conn->snd_una != conn->snd_max)
		return true;
	mbuf = rte_pktmbuf_alloc(conn->tcp->mbufs);
	if (mbuf == NULL) {
		conn->tcp->stats.send_starved++;
		return false;
	}
	transmit_data(conn, mbuf, conn->snd_una - 1, 0, WIRE_TCP_ACK);
	conn->tcp->stats.keepalive_probes++;
	return true;
}

/* One for each, as the peer counts them, and learns from each what came. */
static bool
send_dup_acks(struct tcp_conn *conn)
{
	struct rte_mbuf *mbuf;

	for (; conn->dup_acks_owed > 0; conn->dup_acks_owed--) {
		mbuf = ack_mbuf(conn);
		if (mbuf == NULL)
			return false;
		transmit_data_long(conn, mbuf, ack_seq(conn), 0, WIRE_TCP_ACK);
		ack_sent(conn);
	}
	return true;
}

static bool
send_acks(struct tcp_conn *conn)
{
	struct rte_mbuf *mbuf;

	if (!conn->ack_now)
		return true;
	mbuf = ack_mbuf(conn);
	if (mbuf == NULL)
		return false;
	transmit_data(conn, mbuf, ack_seq(conn), 0, WIRE_TCP_ACK);
	return true;
}

static struct rte_mbuf *
ack_mbuf(struct tcp_conn *conn)
{
	struct rte_mbuf *mbuf;

	if (!has_room(conn->tcp))
		return NULL;
	mbuf = rte_pktmbuf_alloc(conn->tcp->mbufs);
	if (mbuf == NULL)
		conn->tcp->stats.send_starved++;
	return mbuf;
}

static bool
send_segment(struct tcp_conn *conn, const struct plan *plan, uint32_t *end)
{
	uint32_t seq = tcp_conn_chain_seq(conn) + plan->offset;
	uint32_t len = plan->len;
	uint8_t flags = WIRE_TCP_ACK;
	struct rte_mbuf *mbuf;
	bool fin = plan->fin;

	if (len == 0)
		mbuf = rte_pktmbuf_alloc(conn->tcp->mbufs);
	else
		mbuf = chain_segment(&conn->chain, plan->offset, &len);
	if (mbuf == NULL) {
		conn->tcp->stats.send_starved++;
		return false;
	}
	/* The mbuf may have ended before. */
	fin = fin && len == plan->len;
	if (fin)
		flags |= WIRE_TCP_FIN;
	if (len > 0 && plan->offset + len == conn->chain.bytes)
		flags |= WIRE_TCP_PSH;
	transmit_data(conn, mbuf, seq, len, flags);
	*end = seq + len + fin;
	count_sent(conn, seq, len, *end);
	return true;
}

static inline void
count_sent(struct tcp_conn *conn, uint32_t seq, uint32_t len, uint32_t end)
{
	if (tcp_seq_gt(seq + len, conn->snd_max))
		conn->tcp->stats.tx_bytes += seq + len - tcp_seq_max(seq, conn->snd_max);
	if (likely(seq == conn->snd_nxt))
		tcp_flight_sent(conn, seq);
	else
		tcp_flight_resent(conn, seq, end);
	sent(conn, seq, end);
}

/* The same as send_segment(), of new data that the port cuts. */
static __rte_noinline bool
send_large(struct tcp_conn *conn, const struct plan *plan, uint32_t *end)
{
	struct tcp *tcp = conn->tcp;
	uint32_t seq = tcp_conn_chain_seq(conn) + plan->offset;
	uint32_t len = plan->len;
	uint8_t flags = WIRE_TCP_ACK;
	struct rte_mbuf *mbuf;
	bool fin;

	mbuf = chain_segment_large(&conn->chain, plan->offset, &len, tcp->large_mbufs);
	if (mbuf == NULL) {
		tcp->stats.send_starved++;
		return false;
	}
	fin = plan->fin && len == plan->len;
	if (fin)
		flags |= WIRE_TCP_FIN;
	if (plan->offset + len == conn->chain.bytes)
		flags |= WIRE_TCP_PSH;
	if (likely(len > conn->mss))
		transmit_large(conn, mbuf, seq, len, flags);
	else
		transmit_data(conn, mbuf, seq, len, flags);
	*end = seq + len + fin;
	count_sent(conn, seq, len, *end);
	return true;
}

static void
transmit_large(struct tcp_conn *conn, struct rte_mbuf *mbuf, uint32_t seq, uint32_t len,
	       uint8_t flags)
{
	struct tcp *tcp = conn->tcp;
	struct wire_tcp header;
	uint16_t bytes;

	if (conn->ecn)
		flags = tcp_ecn_send(conn, seq, len, flags);
	header = begin(conn, seq, flags);
	bytes = wire_tcp_header_bytes(&header.options);
	wire_tcp_write((uint8_t *)rte_pktmbuf_prepend(mbuf, bytes), &header);
	tcp->stats.tx_segments += (len + conn->mss - 1) / conn->mss;
	tcp->stats.tx_large++;
	ip_path_output_large(tcp->ip, &conn->path, &conn->flow.ends, mbuf, bytes, conn->mss,
			     tcp->now_us);
	if (!tcp_reassembly_hidden(conn, len))
		ack_sent(conn);
}

static bool
send_control(struct tcp_conn *conn, struct wire_tcp *header)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(conn->tcp->mbufs);

	if (mbuf == NULL) {
		conn->tcp->stats.send_starved++;
		return false;
	}
	transmit(conn, mbuf, header);
	ack_sent(conn);
	return true;
}

static inline void
sent(struct tcp_conn *conn, uint32_t seq, uint32_t end)
{
	if (unlikely(tcp_seq_lt(seq, conn->snd_max)))
		tcp_loss_resent(conn, end - seq);
	conn->snd_max = tcp_seq_max(conn->snd_max, end);
}

/* What all segments of a connection have. Each but the first SYN says what was received. */
static inline struct wire_tcp
begin(struct tcp_conn *conn, uint32_t seq, uint8_t flags)
{
	struct wire_tcp header = {
		.src_port = conn->flow.local_port,
		.dst_port = conn->flow.remote_port,
		.seq = seq,
		.ack = conn->rcv_nxt,
		.flags = flags,
	};

	if (!(flags & (WIRE_TCP_SYN | WIRE_TCP_RST)))
		header.window = tcp_receive_window(conn);
	if (conn->timestamps) {
		header.options.has_timestamps = true;
		header.options.ts_value = tcp_conn_timestamp(conn);
		header.options.ts_echo = conn->ts_recent;
	}
	return header;
}

/* As many blocks as fit beside the payload. */
static void
add_sack(struct tcp_conn *conn, struct wire_tcp *header, uint32_t len)
{
	uint32_t room = conn->mss - RTE_MIN(len, (uint32_t)conn->mss);
	uint32_t max;

	if (!conn->sack || room < TCP_REASSEMBLY_SACK_MIN)
		return;
	max = RTE_MIN((room - 4) / 8, conn->timestamps ? 3u : 4u);
	tcp_reassembly_sack(&conn->reassembly, &header->options, max - conn->duplicate_due);
	if (conn->duplicate_due)
		tcp_duplicate_tell(conn, &header->options);
}

static inline void
ack_sent(struct tcp_conn *conn)
{
	conn->ack_now = false;
	conn->rcv_segments = 0;
	conn->last_ack_sent = conn->rcv_nxt;
	tcp_timer_ack_sent(conn);
}

/*
 * What carries an ACK, with data or without. Nearly always nothing is missing between what came:
 * then its options are timestamps or none.
 */
static inline void
transmit_data(struct tcp_conn *conn, struct rte_mbuf *mbuf, uint32_t seq, uint32_t len,
	      uint8_t flags)
{
	struct tcp *tcp = conn->tcp;

	if (likely(conn->reassembly.head == NULL && !conn->output_long)) {
		const struct wire_tcp header = begin(conn, seq, flags);
		uint16_t bytes = wire_tcp_header_bytes_usual(&header.options);

		wire_tcp_write_usual((uint8_t *)rte_pktmbuf_prepend(mbuf, bytes), &header);
		tcp->stats.tx_segments++;
		ip_path_output(tcp->ip, &conn->path, &conn->flow.ends, mbuf, bytes, tcp->now_us);
	} else {
		transmit_data_long(conn, mbuf, seq, len, flags);
		if (tcp_reassembly_hidden(conn, len))
			return;
	}
	ack_sent(conn);
}

static __rte_noinline void
transmit_data_long(struct tcp_conn *conn, struct rte_mbuf *mbuf, uint32_t seq, uint32_t len,
		   uint8_t flags)
{
	struct wire_tcp header;

	if (conn->ecn)
		flags = tcp_ecn_send(conn, seq, len, flags);
	header = begin(conn, seq, flags);
	if (conn->has_urgent)
		tcp_urgent_send(conn, &header);
	add_sack(conn, &header, len);
	if (conn->user_timeout_due)
		tcp_user_timeout_send(conn, &header, len);
	transmit(conn, mbuf, &header);
}

static void
transmit(struct tcp_conn *conn, struct rte_mbuf *mbuf, const struct wire_tcp *header)
{
	uint16_t bytes = wire_tcp_header_bytes(&header->options);
	struct tcp *tcp = conn->tcp;

	wire_tcp_write((uint8_t *)rte_pktmbuf_prepend(mbuf, bytes), header);
	tcp->stats.tx_segments++;
	ip_path_output(tcp->ip, &conn->path, &conn->flow.ends, mbuf, bytes, tcp->now_us);
}

static inline bool
has_room(const struct tcp *tcp)
{
	return tcp->txq->nb < IP_TXQ_SIZE - TXQ_RESERVE;
}

/* Of a segment without data: the next, unless the peer has taken back the window for it. */
static uint32_t
ack_seq(const struct tcp_conn *conn)
{
	uint32_t edge = conn->snd_una + conn->snd_wnd;

	return tcp_seq_lt(edge, conn->snd_max) ? edge : conn->snd_max;
}

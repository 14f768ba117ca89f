/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_handshake.h"

#include <errno.h>

#include <rte_errno.h>

#include "chain.h"
#include "ip.h"
#include "tcp_ack.h"
#include "tcp_close.h"
#include "tcp_congestion.h"
#include "tcp_cookie.h"
#include "tcp_ecn.h"
#include "tcp_event.h"
#include "tcp_output.h"
#include "tcp_receive.h"
#include "tcp_seq.h"
#include "tcp_stateless.h"
#include "tcp_timer.h"
#include "tcp_user_timeout.h"
#include "tcp_yield.h"

/* RFC 6335 section 6: the dynamic ports */
#define PORT_FIRST 49152
#define PORTS 16384
/* RFC 6298 (5.7) */
#define RTO_AFTER_LOST_SYN_US 3000000

static struct tcp_conn *listen_ack(struct tcp *tcp, struct tcp_segment *segment,
				   const struct tcp_listener *listener);
static bool choose_port(struct tcp *tcp, struct tcp_flow *flow);
static bool is_free(struct tcp *tcp, const struct tcp_flow *flow);
static void set_iss(struct tcp_conn *conn, uint32_t iss);
static void receive_syn(struct tcp_conn *conn, uint32_t irs, uint16_t window,
			const struct wire_tcp_options *options);
static void agree(struct tcp_conn *conn, const struct wire_tcp_options *options);
static bool syn_sent_ack(struct tcp_conn *conn, const struct tcp_segment *segment);
static void established(struct tcp_conn *conn, const struct tcp_segment *segment);

struct tcp_conn *
tcp_connect(struct tcp *tcp, struct tr_addr remote_addr, rte_be16_t remote_port,
	    rte_be16_t local_port, void *user, uint64_t now_us)
{
	struct tcp_flow flow = {
		.remote_addr = remote_addr,
		.local_addr = ip_source(tcp->ip, remote_addr),
		.remote_port = remote_port,
		.local_port = local_port,
	};
	struct tcp_conn *conn;

	tcp->now_us = now_us;
	if (remote_port == 0 || !ip_addr_is_peer(tcp->ip, remote_addr)) {
		rte_errno = EINVAL;
		return NULL;
	}
	if (tr_addr_is_none(&flow.local_addr)) {
		rte_errno = EADDRNOTAVAIL;
		return NULL;
	}
	if (local_port == 0 ? !choose_port(tcp, &flow) : !is_free(tcp, &flow)) {
		tcp->stats.ports_exhausted++;
		rte_errno = EADDRINUSE;
		return NULL;
	}
	conn = tcp_conn_create(tcp, &flow);
	if (conn == NULL) {
		rte_errno = ENOBUFS;
		return NULL;
	}
	conn->active = true;
	conn->owned = true;
	conn->user = user;
	set_iss(conn, tcp_isn(tcp->secret, &flow, now_us));
	tcp_set_state(conn, TCP_SYN_SENT);
	tcp_output_syn(conn);
	return conn;
}

struct tcp_conn *
tcp_handshake_listen(struct tcp *tcp, struct tcp_segment *segment,
		     const struct tcp_listener *listener, uint32_t seq_min)
{
	struct tcp_conn *conn;
	uint32_t iss;

	if (segment->flags & WIRE_TCP_RST) {
		tcp->stats.drop_no_conn_silent++;
		return NULL;
	}
	if (segment->flags & WIRE_TCP_ACK)
		return listen_ack(tcp, segment, listener);
	if ((segment->flags & (WIRE_TCP_SYN | WIRE_TCP_FIN)) != WIRE_TCP_SYN) {
		tcp->stats.drop_flags++;
		return NULL;
	}
	if (seq_min == 0 && tcp->state_nb[TCP_SYN_RECEIVED] >= tcp->syn_backlog &&
	    tcp_yield_possible(tcp)) {
		tcp_cookie_answer(tcp, segment);
		return NULL;
	}
	conn = tcp_conn_create(tcp, &segment->flow);
	if (conn == NULL) {
		tcp->stats.drop_syn_full++;
		return NULL;
	}
	conn->listener = listener;
	iss = tcp_isn(tcp->secret, &segment->flow, tcp->now_us);
	if (seq_min != 0 && tcp_seq_le(iss, seq_min))
		iss = seq_min + 1;
	set_iss(conn, iss);
	receive_syn(conn, segment->seq, segment->header.window, &segment->header.options);
	tcp_ecn_syn_received(conn, segment);
	tcp_set_state(conn, TCP_SYN_RECEIVED);
	tcp_output_syn(conn);
	/* Data that came with the SYN is not acknowledged: it comes again. */
	return NULL;
}

bool
tcp_handshake_syn_sent(struct tcp_conn *conn, struct tcp_segment *segment)
{
	struct tcp *tcp = conn->tcp;
	bool acked = segment->flags & WIRE_TCP_ACK;

	if (acked && !syn_sent_ack(conn, segment))
		return false;
	if (segment->flags & WIRE_TCP_RST) {
		if (!acked) {
			tcp->stats.drop_reset_window++;
			return false;
		}
		tcp->stats.reset_received++;
		tcp_conn_drop(conn, -ECONNREFUSED);
		return false;
	}
	if ((segment->flags & (WIRE_TCP_SYN | WIRE_TCP_FIN)) != WIRE_TCP_SYN) {
		tcp->stats.drop_flags++;
		return false;
	}
	receive_syn(conn, segment->seq, segment->header.window, &segment->header.options);
	tcp_ecn_syn_received(conn, segment);
	if (!acked) {
		/* Simultaneous open: our SYN goes out again, with an ACK. */
		tcp_set_state(conn, TCP_SYN_RECEIVED);
		tcp_output_syn(conn);
		return false;
	}
	conn->rcv_adv = conn->rcv_nxt + RTE_MIN(tcp->receive_window_bytes, (uint32_t)UINT16_MAX);
	established(conn, segment);
	tcp_output_ack(conn);
	segment->seq++;
	segment->flags &= ~WIRE_TCP_SYN;
	if (segment->len > conn->rcv_adv - conn->rcv_nxt) {
		/* More than our SYN allowed: it comes again. */
		tcp->stats.drop_window++;
		return false;
	}
	return true;
}

bool
tcp_handshake_syn_received(struct tcp_conn *conn, struct tcp_segment *segment)
{
	uint32_t ack = segment->header.ack;

	if (!tcp_segment_acceptable(conn, segment))
		return false;
	if (tcp_seq_le(ack, conn->snd_una) || tcp_seq_gt(ack, conn->snd_max)) {
		conn->tcp->stats.drop_ack++;
		tcp_stateless_reset(conn->tcp, segment);
		return false;
	}
	tcp_segment_timestamp(conn, segment);
	established(conn, segment);
	tcp_ack_window(conn, segment);
	return true;
}

void
tcp_handshake_syn_again(struct tcp_conn *conn, const struct wire_tcp_options *options)
{
	struct wire_tcp_options fewer = *options;

	/* It may be older than what was given up since. */
	fewer.has_timestamps = fewer.has_timestamps && conn->timestamps;
	fewer.has_window_scale = fewer.has_window_scale && conn->window_scale;
	fewer.sack_permitted = fewer.sack_permitted && conn->sack;
	fewer.ts_value = conn->ts_recent;
	if (fewer.has_timestamps != conn->timestamps ||
	    fewer.has_window_scale != conn->window_scale || fewer.sack_permitted != conn->sack)
		agree(conn, &fewer);
}

/* What answers a SYN cookie finds the connection as if it had waited in SYN-RECEIVED. */
static struct tcp_conn *
listen_ack(struct tcp *tcp, struct tcp_segment *segment, const struct tcp_listener *listener)
{
	bool expected = !(segment->flags & WIRE_TCP_SYN) && tcp_cookie_expected(tcp);
	struct wire_tcp_options options;
	struct tcp_conn *conn;

	if (!expected || !tcp_cookie_check(tcp, segment, &options)) {
		if (expected)
			tcp->stats.drop_cookie++;
		else
			tcp->stats.drop_no_conn++;
		tcp_stateless_reset(tcp, segment);
		return NULL;
	}
	conn = tcp_conn_create(tcp, &segment->flow);
	if (conn == NULL) {
		/* The peer believes that it is connected: what it sends comes again. */
		tcp->stats.drop_cookie_full++;
		return NULL;
	}
	conn->listener = listener;
	set_iss(conn, segment->header.ack - 1);
	conn->snd_nxt = conn->iss + 1;
	conn->snd_max = conn->snd_nxt;
	receive_syn(conn, segment->seq - 1, 0, &options);
	/* When the SYN-ACK left nobody knows. */
	conn->flight.resent = true;
	tcp_receive_window_syn(conn);
	tcp_set_state(conn, TCP_SYN_RECEIVED);
	tcp->stats.cookies_accepted++;
	return conn;
}

/* RFC 9293 section 3.10.7.3, first */
static bool
syn_sent_ack(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t ack = segment->header.ack;

	if (tcp_seq_gt(ack, conn->iss) && tcp_seq_le(ack, conn->snd_max))
		return true;
	conn->tcp->stats.drop_ack++;
	tcp_stateless_reset(conn->tcp, segment);
	return false;
}

static void
established(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct tcp *tcp = conn->tcp;
	bool lost = conn->retries > 0;

	tcp_set_state(conn, conn->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED);
	conn->syn_due = false;
	conn->snd_una = conn->iss + 1;
	conn->snd_nxt = conn->snd_una;
	if (!conn->flight.resent)
		tcp_timer_rtt(conn, tcp->now_us - conn->flight.sent_us);
	conn->flight.sent_us = 0;
	if (lost) {
		conn->rto_us = RTO_AFTER_LOST_SYN_US;
		tcp_congestion_syn_lost(conn);
	}
	tcp_timer_data_acked(conn);
	conn->snd_wl1 = segment->header.seq;
	conn->snd_wl2 = segment->header.ack;
	if (conn->active) {
		tcp->stats.opened_active++;
		/* RFC 5482 section 3.3: a peer that answered by a SYN cookie has forgotten it. */
		tcp_user_timeout_tell(conn);
	} else {
		tcp->stats.opened_passive++;
	}
	if (conn->ecn)
		tcp->stats.ecn_connections++;
	tcp_event_raise(conn, TCP_EVENT_OPENED);
	/* The owner may have appended before. */
	tcp_output_want(conn);
}

static void
set_iss(struct tcp_conn *conn, uint32_t iss)
{
	conn->iss = iss;
	conn->snd_una = iss;
	conn->snd_nxt = iss;
	conn->snd_max = iss;
	conn->loss.recover = iss;
	tcp_congestion_init(conn);
}

static void
receive_syn(struct tcp_conn *conn, uint32_t irs, uint16_t window,
	    const struct wire_tcp_options *options)
{
	conn->irs = irs;
	conn->rcv_nxt = irs + 1;
	conn->rcv_adv = conn->rcv_nxt;
	conn->last_ack_sent = conn->rcv_nxt;
	/* What the owner has appended may be, what the peer sends is not yet. */
	if (conn->has_urgent)
		conn->urgent.rcv_up = conn->rcv_nxt;
	agree(conn, options);
	/* A SYN's window is not scaled. */
	conn->snd_wnd = window;
	conn->snd_wnd_max = conn->snd_wnd;
	conn->snd_wl1 = irs;
	conn->snd_wl2 = conn->snd_una;
}

static void
agree(struct tcp_conn *conn, const struct wire_tcp_options *options)
{
	struct tcp *tcp = conn->tcp;
	const struct tr_addr *peer = &conn->flow.remote_addr;
	uint16_t mss = options->has_mss ? options->mss : tcp_conn_mss_default(peer);

	tcp_user_timeout_received(conn, options);
	conn->sack = options->sack_permitted;
	conn->timestamps = options->has_timestamps;
	conn->ts_recent = options->ts_value;
	conn->heard_us = tcp->now_us;
	conn->window_scale = options->has_window_scale;
	conn->snd_scale = options->has_window_scale ? options->window_scale : 0;
	if (!conn->window_scale)
		conn->rcv_scale = 0;
	mss = RTE_MIN(RTE_MAX(mss, (uint16_t)TCP_MSS_MIN), tcp_conn_mss_ours(tcp, peer));
	/* RFC 6691: the MSS does not know of options, the segment has to. */
	if (conn->timestamps)
		mss -= TCP_TIMESTAMPS_BYTES;
	conn->mss_max = RTE_MIN(mss, chain_segment_bytes_max(tcp->chain_pool));
	conn->mss = tcp_pmtu_mss(conn);
	chain_set_segment_bytes(&conn->chain, conn->mss);
	tcp_congestion_init(conn);
}

/* RFC 6056 section 3.3.3: for each peer a sequence of its own, that others cannot foresee. */
static bool
choose_port(struct tcp *tcp, struct tcp_flow *flow)
{
	uint32_t offset = tcp_isn_port(tcp->secret, flow);
	unsigned int tries;

	for (tries = 0; tries < PORTS; tries++) {
		flow->local_port =
			rte_cpu_to_be_16(PORT_FIRST + (offset + tcp->port_next++) % PORTS);
		if (is_free(tcp, flow))
			return true;
	}
	return false;
}

/* And of this core: segments that come to another would be reset there. */
static bool
is_free(struct tcp *tcp, const struct tcp_flow *flow)
{
	const struct tcp_events *events = tcp->events;

	return (events->comes_here == NULL ||
		events->comes_here(tcp->events_arg, &flow->ends, flow->remote_port,
				   flow->local_port)) &&
	       tcp_conn_lookup(tcp, flow) == NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_close.h"

#include <errno.h>

#include "chain.h"
#include "tcp_ack.h"
#include "tcp_event.h"
#include "tcp_handshake.h"
#include "tcp_loss.h"
#include "tcp_output.h"
#include "tcp_seq.h"
#include "tcp_timer.h"
#include "tcp_yield.h"

static void queue_fin(struct tcp_conn *conn);
static void close_time_wait(struct tcp_conn *conn);
static void end(struct tcp_conn *conn, int error);
static void enter_time_wait(struct tcp_conn *conn);
static bool may_reuse(const struct tcp_conn *conn, const struct tcp_segment *segment);

void
tcp_close(struct tcp_conn *conn)
{
	if (conn->closed)
		return;
	conn->closed = true;
	tcp_yield_enter(conn, conn->state);
	if (conn->state == TCP_TIME_WAIT) {
		close_time_wait(conn);
		return;
	}
	/* RFC 2525 section 2.17: what was received is lost, and the peer is to know. */
	if (conn->receive.bytes > 0) {
		tcp_close_reset(conn, -ECONNABORTED);
		return;
	}
	if (conn->state == TCP_SYN_SENT) {
		end(conn, -ECONNABORTED);
		return;
	}
	if (conn->state == TCP_FIN_WAIT_2)
		tcp_timer_fin_wait_2(conn);
	queue_fin(conn);
}

int
tcp_shutdown(struct tcp_conn *conn)
{
	if (conn->state != TCP_ESTABLISHED)
		return -ENOTCONN;
	queue_fin(conn);
	return 0;
}

void
tcp_abort(struct tcp_conn *conn)
{
	bool held = conn->held;

	if (conn->state != TCP_CLOSED) {
		tcp_conn_hold(conn);
		tcp_close_reset(conn, -ECONNABORTED);
		conn->held = held;
	}
	tcp_event_deliver(conn);
	if (!held)
		tcp_conn_free(conn);
}

void
tcp_close_fin_acked(struct tcp_conn *conn)
{
	switch (conn->state) {
	case TCP_FIN_WAIT_1:
		tcp_set_state(conn, TCP_FIN_WAIT_2);
		/* An owner that still reads waits for the peer as long as it likes. */
		if (conn->closed)
			tcp_timer_fin_wait_2(conn);
		break;
	case TCP_CLOSING:
		enter_time_wait(conn);
		break;
	case TCP_LAST_ACK:
		conn->tcp->stats.closed++;
		tcp_conn_drop(conn, 0);
		break;
	default:
		break;
	}
}

void
tcp_close_fin_received(struct tcp_conn *conn)
{
	conn->rcv_nxt++;
	conn->rcv_adv = tcp_seq_max(conn->rcv_adv, conn->rcv_nxt);
	tcp_output_ack(conn);
	tcp_event_raise(conn, TCP_EVENT_PEER_CLOSED);
	switch (conn->state) {
	case TCP_ESTABLISHED:
		tcp_set_state(conn, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT_1:
		tcp_set_state(conn, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT_2:
		enter_time_wait(conn);
		break;
	default:
		break;
	}
}

void
tcp_close_reset_received(struct tcp_conn *conn)
{
	int error = -ECONNRESET;

	if (conn->active && conn->state == TCP_SYN_RECEIVED)
		error = -ECONNREFUSED;
	/* The peer has all data and has left TIME-WAIT: only its last ACK was lost. */
	if ((conn->state == TCP_CLOSING || conn->state == TCP_LAST_ACK) &&
	    tr_chain_bytes(&conn->chain) == 0)
		error = 0;
	conn->tcp->stats.reset_received++;
	tcp_conn_drop(conn, error);
}

void
tcp_close_reset(struct tcp_conn *conn, int error)
{
	/* RFC 9293 section 3.10.5: after both FINs, or before a SYN, nothing is left to reset. */
	switch (conn->state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
		tcp_output_reset(conn);
		break;
	default:
		break;
	}
	end(conn, error);
}

bool
tcp_close_reopen(struct tcp_conn *conn, struct tcp_segment *segment)
{
	struct tcp *tcp = conn->tcp;
	const struct tcp_listener *listener;
	uint32_t snd_max = conn->snd_max;

	if (conn->owned || !may_reuse(conn, segment))
		return false;
	listener = tcp_listen_lookup(&tcp->listen, &segment->flow.local_addr,
				     segment->flow.local_port);
	if (listener == NULL)
		return false;
	/* Its memory first: it may be the last. */
	tcp_conn_drop(conn, 0);
	tcp_conn_release(conn);
	tcp_handshake_listen(tcp, segment, listener, snd_max);
	return true;
}

void
tcp_close_time_wait(struct tcp_conn *conn, struct tcp_segment *segment)
{
	struct tcp *tcp = conn->tcp;

	if (segment->flags & WIRE_TCP_RST) {
		tcp->stats.drop_flags++; /* RFC 1337: it does not shorten the wait */
		return;
	}
	if (!tcp_segment_acceptable(conn, segment)) {
		/* The peer has not seen our last ACK: wait anew. */
		if (segment->flags & WIRE_TCP_FIN &&
		    segment->seq + segment->len + 1 == conn->rcv_nxt)
			tcp_timer_time_wait(conn);
		return;
	}
	if (tcp_ack_acceptable(conn, segment) && segment->len > 0)
		tcp->stats.drop_after_close++;
}

/* The FIN goes after what is in the chain. After tcp_shutdown() it is there already. */
static void
queue_fin(struct tcp_conn *conn)
{
	switch (conn->state) {
	case TCP_ESTABLISHED:
		tcp_set_state(conn, TCP_FIN_WAIT_1);
		break;
	case TCP_CLOSE_WAIT:
		tcp_set_state(conn, TCP_LAST_ACK);
		break;
	case TCP_SYN_RECEIVED: /* closes as soon as it is established */
		break;
	default:
		return;
	}
	conn->fin_queued = true;
	tcp_output_want(conn);
}

/* After tcp_shutdown() and the peer's FIN only the owner was left; it is told when we returned. */
static void
close_time_wait(struct tcp_conn *conn)
{
	tcp_conn_purge(conn);
	conn->error = 0;
	tcp_event_raise(conn, TCP_EVENT_CLOSED);
	if (!conn->held)
		tcp_timer_tell(conn);
}

/* What tcp_conn_drop() does, in a call of the owner: it is told when that has returned. */
static void
end(struct tcp_conn *conn, int error)
{
	tcp_conn_drop(conn, error);
	if (!conn->held)
		tcp_timer_ended(conn);
}

static void
enter_time_wait(struct tcp_conn *conn)
{
	tcp_set_state(conn, TCP_TIME_WAIT);
	conn->tcp->stats.closed++;
	tcp_timer_stop_all(conn);
	tcp_timer_time_wait(conn);
	if (!conn->closed) {
		/* After tcp_shutdown(): the owner has not read all, or does not know it yet. */
		chain_deinit(&conn->chain);
		tcp_loss_purge(conn);
		return;
	}
	tcp_conn_purge(conn);
	conn->error = 0;
	tcp_event_raise(conn, TCP_EVENT_CLOSED);
}

/*
 * RFC 6191 section 2: a SYN that cannot be an old duplicate. Nor can it be with timestamps where
 * there were none.
 */
static bool
may_reuse(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	const struct wire_tcp_options *options = &segment->header.options;
	const uint8_t control = WIRE_TCP_SYN | WIRE_TCP_ACK | WIRE_TCP_FIN | WIRE_TCP_RST;

	if ((segment->flags & control) != WIRE_TCP_SYN)
		return false;
	if (!conn->timestamps && options->has_timestamps)
		return true;
	if (conn->timestamps && options->has_timestamps && options->ts_value != conn->ts_recent)
		return tcp_seq_gt(options->ts_value, conn->ts_recent);
	return tcp_seq_ge(segment->seq, conn->rcv_nxt);
}

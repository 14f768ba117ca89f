/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_urgent.h"

#include "tcp_event.h"
#include "tcp_output.h"
#include "tcp_seq.h"

static void begin(struct tcp_conn *conn);
static bool may_come(const struct tcp_conn *conn);
static uint32_t unread_seq(const struct tcp_conn *conn);

void
tcp_send_urgent(struct tcp_conn *conn)
{
	if (conn->chain.bytes == 0)
		return;
	begin(conn);
	conn->urgent.snd_up = tcp_conn_chain_seq(conn) + conn->chain.bytes;
	/* The peer is to know it even if it has no window for the data. */
	if (conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED)
		tcp_output_want(conn);
	else
		tcp_output_ack(conn);
}

uint32_t
tcp_receive_urgent(const struct tcp_conn *conn)
{
	uint32_t first = unread_seq(conn);
	uint32_t end = conn->urgent.rcv_up;

	if (!conn->has_urgent)
		return 0;
	/* There is nothing behind a FIN. */
	if (conn->fin_seen && tcp_seq_gt(end, conn->rcv_fin_seq))
		end = conn->rcv_fin_seq;
	return tcp_seq_gt(end, first) ? end - first : 0;
}

void
tcp_urgent_received(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t end = segment->header.seq + segment->header.urgent;

	if (!may_come(conn) || tcp_seq_le(end, unread_seq(conn)))
		return;
	if (tcp_receive_urgent(conn) > 0 && tcp_seq_le(end, conn->urgent.rcv_up))
		return;
	begin(conn);
	conn->urgent.rcv_up = end;
	tcp_event_raise(conn, TCP_EVENT_URGENT);
}

void
tcp_urgent_send(struct tcp_conn *conn, struct wire_tcp *header)
{
	uint32_t end = conn->urgent.snd_up;

	/* Ends that are behind us stay near, so that their numbers mean what they did. */
	if (tcp_receive_urgent(conn) == 0)
		conn->urgent.rcv_up = unread_seq(conn);
	if (tcp_seq_le(end, conn->snd_una)) {
		conn->urgent.snd_up = conn->snd_una;
		if (tcp_receive_urgent(conn) == 0)
			tcp_urgent_forget(conn);
	} else if (tcp_seq_lt(header->seq, end)) {
		header->flags |= WIRE_TCP_URG;
		/* What is farther away the segments behind this one will say. */
		header->urgent = RTE_MIN(end - header->seq, (uint32_t)UINT16_MAX);
	}
}

void
tcp_urgent_forget(struct tcp_conn *conn)
{
	conn->has_urgent = false;
	tcp_conn_set_output(conn);
}

/* Until one is told, each end is where nothing is urgent. */
static void
begin(struct tcp_conn *conn)
{
	if (conn->has_urgent)
		return;
	conn->has_urgent = true;
	tcp_conn_set_output(conn);
	conn->urgent.rcv_up = unread_seq(conn);
	conn->urgent.snd_up = conn->snd_una;
}

/* Behind the peer's FIN nothing comes, and what is closed nobody reads. */
static bool
may_come(const struct tcp_conn *conn)
{
	return !conn->closed && (conn->state == TCP_ESTABLISHED || conn->state == TCP_FIN_WAIT_1 ||
				 conn->state == TCP_FIN_WAIT_2);
}

/* The number of the first byte that the owner has not read. A FIN that was received has one too. */
static uint32_t
unread_seq(const struct tcp_conn *conn)
{
	bool fin = conn->fin_seen && tcp_seq_gt(conn->rcv_nxt, conn->rcv_fin_seq);

	return conn->rcv_nxt - fin - conn->receive.bytes;
}

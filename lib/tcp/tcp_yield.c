/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_yield.h"

#include <errno.h>

#include "tcp_urgent.h"

static struct tcp_conn_queue *queue_of(struct tcp *tcp, enum tcp_state state);
static struct tcp_conn *oldest(const struct tcp *tcp, const struct tcp_conn_queue *queue);

void
tcp_yield_enter(struct tcp_conn *conn, enum tcp_state state)
{
	struct tcp *tcp = conn->tcp;
	struct tcp_conn_queue *queue = queue_of(tcp, state);

	if (queue == NULL || !conn->closed)
		return;
	tcp_urgent_forget(conn);
	conn->queued.older = queue->newest;
	conn->queued.newer = 0;
	if (queue->newest == 0)
		queue->oldest = conn->place;
	else
		tcp_conn_at(tcp, queue->newest)->queued.newer = conn->place;
	queue->newest = conn->place;
}

void
tcp_yield_leave(struct tcp_conn *conn, enum tcp_state state)
{
	struct tcp *tcp = conn->tcp;
	struct tcp_conn_queue *queue = queue_of(tcp, state);

	if (queue == NULL || !conn->closed)
		return;
	if (conn->queued.older == 0)
		queue->oldest = conn->queued.newer;
	else
		tcp_conn_at(tcp, conn->queued.older)->queued.newer = conn->queued.newer;
	if (conn->queued.newer == 0)
		queue->newest = conn->queued.older;
	else
		tcp_conn_at(tcp, conn->queued.newer)->queued.older = conn->queued.older;
	/* The same place names the listener of those that were not opened yet. */
	conn->listener = NULL;
}

bool
tcp_yield(struct tcp *tcp)
{
	struct tcp_conn *conn = oldest(tcp, &tcp->time_wait);
	int error = 0;

	if (conn != NULL) {
		tcp->stats.yielded_time_wait++;
	} else {
		conn = oldest(tcp, &tcp->fin_wait_2);
		if (conn == NULL)
			return false;
		tcp->stats.yielded_fin_wait_2++;
		error = -ETIMEDOUT;
	}
	/* Without a reset, which would take from the peer what it has not read yet. */
	tcp_conn_hold(conn);
	tcp_conn_drop(conn, error);
	tcp_conn_release(conn);
	return true;
}

bool
tcp_yield_possible(const struct tcp *tcp)
{
	return tcp->conns_nb < tcp->conns_max || oldest(tcp, &tcp->time_wait) != NULL ||
	       oldest(tcp, &tcp->fin_wait_2) != NULL;
}

static struct tcp_conn_queue *
queue_of(struct tcp *tcp, enum tcp_state state)
{
	switch (state) {
	case TCP_TIME_WAIT:
		return &tcp->time_wait;
	case TCP_FIN_WAIT_2:
		return &tcp->fin_wait_2;
	default:
		return NULL;
	}
}

/* The one that is being worked on stays: its owner may just be opening the next. */
static struct tcp_conn *
oldest(const struct tcp *tcp, const struct tcp_conn_queue *queue)
{
	struct tcp_conn *conn;
	uint32_t place;

	for (place = queue->oldest; place != 0; place = conn->queued.newer) {
		conn = tcp_conn_at(tcp, place);
		if (!conn->held)
			return conn;
	}
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_event.h"

#include <errno.h>

#include <rte_branch_prediction.h>

#include "tcp_close.h"

static void deliver_first(struct tcp_conn *conn);
static bool take(struct tcp_conn *conn, enum tcp_event event);
static void opened(struct tcp_conn *conn);

void
tcp_event_deliver(struct tcp_conn *conn)
{
	const struct tcp_events *events = conn->tcp->events;

	if (unlikely(conn->events & (TCP_EVENT_TRACED | TCP_EVENT_OPENED | TCP_EVENT_URGENT)))
		deliver_first(conn);
	if (take(conn, TCP_EVENT_SENT))
		events->sent(conn->user, conn);
	if (take(conn, TCP_EVENT_READABLE))
		events->readable(conn->user, conn);
	if (likely(conn->events == 0))
		return;
	if (take(conn, TCP_EVENT_PEER_CLOSED))
		events->peer_closed(conn->user, conn);
	if (conn->events & TCP_EVENT_CLOSED) {
		conn->events = 0;
		if (conn->owned) {
			conn->owned = false;
			events->closed(conn->user, conn, conn->error);
		}
		conn->user = NULL;
	}
}

/* What is rare. Where urgent data ends is told before it is read. */
static __rte_noinline void
deliver_first(struct tcp_conn *conn)
{
	const struct tcp_events *events = conn->tcp->events;

	if (conn->events & TCP_EVENT_TRACED)
		events->traced(conn->tcp->events_arg, conn);
	if (take(conn, TCP_EVENT_OPENED))
		opened(conn);
	/* A FIN may have come with it, before its end: then there is none. */
	if (take(conn, TCP_EVENT_URGENT) && tcp_receive_urgent(conn) > 0 && events->urgent != NULL)
		events->urgent(conn->user, conn);
}

/* Of a connection that is over, or that its owner has closed, only the end is told. */
static inline bool
take(struct tcp_conn *conn, enum tcp_event event)
{
	if (!(conn->events & event))
		return false;
	conn->events &= ~event;
	if (conn->events & TCP_EVENT_CLOSED || conn->state == TCP_CLOSED)
		return false;
	if (event == TCP_EVENT_OPENED)
		return !conn->closed;
	if (event == TCP_EVENT_SENT)
		return conn->owned;
	return conn->owned && !conn->closed;
}

static void
opened(struct tcp_conn *conn)
{
	struct tcp *tcp = conn->tcp;
	const struct tcp_listener *listener = conn->listener;
	void *user;

	if (conn->active) {
		tcp->events->opened(tcp->events_arg, conn, NULL);
		return;
	}
	conn->listener = NULL;
	user = tcp->events->opened(tcp->events_arg, conn, listener->arg);
	if (user != NULL) {
		conn->user = user;
		conn->owned = true;
		/* Aborted before it had a user to tell: told now. */
		if (conn->state == TCP_CLOSED)
			tcp_event_raise(conn, TCP_EVENT_CLOSED);
	} else if (conn->state != TCP_CLOSED) {
		tcp->stats.refused++;
		tcp_close_reset(conn, -ECONNABORTED);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the owner of a connection is told: raised while a segment or timer is handled, delivered
 * when that is done and the connection is in order, as the owner may abort it in any event.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_EVENT_H
#define TCP_EVENT_H

#include "tcp_conn.h"

/** Events, in the order in which they are delivered. */
enum tcp_event {
	TCP_EVENT_OPENED = 0x01,
	TCP_EVENT_SENT = 0x02,
	TCP_EVENT_READABLE = 0x04,
	TCP_EVENT_PEER_CLOSED = 0x08,
	TCP_EVENT_CLOSED = 0x10,
	TCP_EVENT_URGENT = 0x40, /* delivered after opened */
	TCP_EVENT_TRACED = 0x20 /* stays raised while the connection is traced; delivered first */
};

/** Tell the owner later. */
static inline void
tcp_event_raise(struct tcp_conn *conn, enum tcp_event event)
{
	conn->events |= event;
}

/** Tell the owner now. The connection is held, and may have ended afterwards. */
void tcp_event_deliver(struct tcp_conn *conn);

#endif /* TCP_EVENT_H */

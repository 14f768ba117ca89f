/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_listen.h"

#include <errno.h>

#include "tcp_close.h"
#include "tcp_conn.h"

static struct tcp_listener *find(struct tcp_listen *listen, const struct tr_addr *addr,
				 rte_be16_t port);

int
tcp_listen(struct tcp *tcp, struct tr_addr addr, rte_be16_t port, void *listener_arg)
{
	struct tcp_listener *listener;
	unsigned int i;

	if (find(&tcp->listen, &addr, port) != NULL)
		return -EADDRINUSE;
	for (i = 0; i < TCP_LISTEN_MAX; i++) {
		listener = &tcp->listen.listeners[i];
		if (listener->used)
			continue;
		listener->used = true;
		listener->addr = addr;
		listener->port = port;
		listener->arg = listener_arg;
		return 0;
	}
	return -ENOSPC;
}

int
tcp_unlisten(struct tcp *tcp, struct tr_addr addr, rte_be16_t port)
{
	struct tcp_listener *listener = find(&tcp->listen, &addr, port);
	struct tcp_conn *conn;
	uint32_t id;

	if (listener == NULL)
		return -ENOENT;
	/* What was not opened yet would be opened for nobody. */
	for (id = 0; id < tcp->conns_max; id++) {
		conn = tcp_conn_find(tcp, id);
		if (conn != NULL && conn->state == TCP_SYN_RECEIVED && conn->listener == listener)
			tcp_abort(conn);
	}
	listener->used = false;
	return 0;
}

const struct tcp_listener *
tcp_listen_lookup(const struct tcp_listen *listen, const struct tr_addr *addr, rte_be16_t port)
{
	const struct tcp_listener *any = NULL;
	const struct tcp_listener *listener;
	unsigned int i;

	for (i = 0; i < TCP_LISTEN_MAX; i++) {
		listener = &listen->listeners[i];
		if (!listener->used || listener->port != port)
			continue;
		if (tr_addr_is_same(&listener->addr, addr))
			return listener;
		if (tr_addr_is_none(&listener->addr))
			any = listener;
	}
	return any;
}

static struct tcp_listener *
find(struct tcp_listen *listen, const struct tr_addr *addr, rte_be16_t port)
{
	struct tcp_listener *listener;
	unsigned int i;

	for (i = 0; i < TCP_LISTEN_MAX; i++) {
		listener = &listen->listeners[i];
		if (listener->used && listener->port == port &&
		    tr_addr_is_same(&listener->addr, addr))
			return listener;
	}
	return NULL;
}

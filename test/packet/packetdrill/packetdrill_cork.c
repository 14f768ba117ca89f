/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_cork.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "tr_chain.h"

#define HELD_US 200000

bool
packetdrill_cork_holds(const struct packetdrill_socket *socket, size_t bytes, int flags)
{
	if (socket->conn == NULL || socket->connecting || socket->shut ||
	    !(socket->corked || flags & MSG_MORE || socket->held_bytes > 0))
		return false;
	return tr_chain_bytes(tcp_chain(socket->conn)) + socket->held_bytes + bytes <=
	       socket->send_bytes;
}

ssize_t
packetdrill_cork_write(struct packetdrill_socket *socket, const struct iovec *parts,
		       size_t nb_parts, int flags)
{
	bool more = socket->corked || flags & MSG_MORE;
	struct tcp_conn_info info;
	ssize_t written = 0;
	uint32_t bytes, left;
	uint8_t *data;
	size_t i;

	tcp_conn_info(socket->conn, &info);
	for (i = 0; i < nb_parts; i++)
		written += parts[i].iov_len;
	data = realloc(socket->held, socket->held_bytes + written + 1);
	if (data == NULL)
		abort();
	if (socket->held_bytes == 0)
		socket->held_until_us = socket->drill->stack.now_us + HELD_US;
	bytes = socket->held_bytes;
	for (i = 0; i < nb_parts; i++) {
		memcpy(data + bytes, parts[i].iov_base, parts[i].iov_len);
		bytes += parts[i].iov_len;
	}
	left = more ? bytes % info.mss_bytes : 0;
	if (left == bytes || packetdrill_socket_append(socket, data, bytes - left)) {
		memmove(data, data + bytes - left, left);
	} else {
		left = socket->held_bytes;
		written = -1;
		errno = ENOBUFS;
	}
	socket->drill->nb_held += (left > 0) - (socket->held_bytes > 0);
	socket->held = data;
	socket->held_bytes = left;
	return written;
}

void
packetdrill_cork_release(struct packetdrill_socket *socket)
{
	if (socket->held_bytes == 0)
		return;
	if (socket->conn != NULL)
		packetdrill_socket_append(socket, socket->held, socket->held_bytes);
	socket->held_bytes = 0;
	socket->drill->nb_held--;
}

uint64_t
packetdrill_cork_next_us(const struct packetdrill *drill)
{
	uint64_t next_us = UINT64_MAX;
	unsigned int fd;

	if (drill->nb_held == 0)
		return next_us;
	for (fd = 0; fd < PACKETDRILL_FDS; fd++)
		if (drill->sockets[fd] != NULL && drill->sockets[fd]->held_bytes > 0)
			next_us = RTE_MIN(next_us, drill->sockets[fd]->held_until_us);
	return next_us;
}

void
packetdrill_cork_tick(struct packetdrill *drill)
{
	unsigned int fd;

	if (packetdrill_cork_next_us(drill) > drill->stack.now_us)
		return;
	for (fd = 0; fd < PACKETDRILL_FDS; fd++)
		if (drill->sockets[fd] != NULL && drill->sockets[fd]->held_bytes > 0 &&
		    drill->sockets[fd]->held_until_us <= drill->stack.now_us)
			packetdrill_cork_release(drill->sockets[fd]);
}

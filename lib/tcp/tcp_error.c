/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>

#include "tcp_conn.h"
#include "tcp_pmtu.h"
#include "tcp_seq.h"

static bool in_flight(const struct tcp_conn *conn, uint32_t seq);
static int errno_of(enum ip_error_kind kind);

/*
 * RFC 5927 section 4: only what quotes a segment in flight is looked at. RFC 9293 section 3.9.2.2:
 * no error of the network ends a connection; section 5.2 of RFC 5927: that of a host does so only
 * before the peer has said anything.
 */
bool
tcp_error(struct tcp *tcp, const struct ip_error *error, uint64_t now_us)
{
	const struct tcp_flow flow = {
		.remote_addr = error->remote_addr,
		.local_addr = error->local_addr,
		.remote_port = error->remote_port,
		.local_port = error->local_port,
	};
	struct tcp_conn *conn = tcp_conn_lookup(tcp, &flow);

	tcp->now_us = now_us;
	if (conn == NULL)
		return false;
	if (!in_flight(conn, error->seq)) {
		tcp->stats.icmp_stale++;
		return true;
	}
	tcp_conn_hold(conn);
	if (error->kind == IP_ERROR_TOO_BIG) {
		tcp_pmtu_too_big(conn, error->mtu, error->bytes);
	} else if (conn->state == TCP_SYN_SENT &&
		   (error->kind == IP_ERROR_PORT || error->kind == IP_ERROR_PROHIBITED)) {
		tcp->stats.icmp_refused++;
		tcp_conn_drop(conn, errno_of(error->kind));
	} else {
		tcp->stats.icmp_noted++;
		conn->error = errno_of(error->kind);
	}
	tcp_conn_release(conn);
	return true;
}

static bool
in_flight(const struct tcp_conn *conn, uint32_t seq)
{
	return tcp_seq_ge(seq, conn->snd_una) && tcp_seq_lt(seq, conn->snd_max);
}

static int
errno_of(enum ip_error_kind kind)
{
	switch (kind) {
	case IP_ERROR_NET:
		return -ENETUNREACH;
	case IP_ERROR_PORT:
		return -ECONNREFUSED;
	default:
		return -EHOSTUNREACH;
	}
}

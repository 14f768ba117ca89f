/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_peer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

/* Bytes in the send chain above which a writer waits. */
#define SEND_MAX (64 * 1024)

static void *peer_opened(void *arg, struct tcp_conn *tcp, void *listener_arg);
static void peer_readable(void *user, struct tcp_conn *tcp);
static void peer_sent(void *user, struct tcp_conn *tcp);
static void peer_peer_closed(void *user, struct tcp_conn *tcp);
static void peer_closed(void *user, struct tcp_conn *tcp, int error);

const struct tcp_events sim_peer_events = {
	.opened = peer_opened,
	.readable = peer_readable,
	.sent = peer_sent,
	.peer_closed = peer_peer_closed,
	.closed = peer_closed,
};

static void read_some(struct sim_peer *peer, struct sim_peer_conn *conn);
static void check_bytes(struct sim_peer *peer, const struct sim_peer_conn *conn,
			const uint8_t *data, uint32_t len);
static void write_some(struct sim_peer_conn *conn);
static void close_if_done(struct sim_peer_conn *conn);
static void stream_bytes(uint64_t seed, uint32_t offset, uint8_t *data, uint32_t len);

void
sim_peer_connect(struct sim_peer *peer, struct tcp *tcp, struct tr_addr addr, rte_be16_t port,
		 unsigned int index)
{
	struct sim_peer_conn *conn = &peer->conns[index];

	conn->tcp = tcp_connect(tcp, addr, port, rte_cpu_to_be_16(SIM_PEER_PORT + index), conn,
				peer->now_us);
	conn->asked_to_open = true;
	conn->opened = conn->tcp != NULL;
}

void
sim_peer_run(struct sim_peer *peer, uint64_t now_us)
{
	struct sim_peer_conn *conn;

	peer->now_us = now_us;
	for (conn = peer->conns; conn < peer->conns + peer->nb_conns; conn++) {
		if (conn->tcp != NULL)
			read_some(peer, conn);
		if (conn->tcp != NULL)
			write_some(conn);
		if (conn->tcp != NULL)
			close_if_done(conn);
	}
}

bool
sim_peer_ask(struct sim_peer *peer, unsigned int index)
{
	struct sim_peer_conn *conn = &peer->conns[index];
	struct iovec part = {.iov_base = &(uint8_t){0}, .iov_len = 1};

	if (conn->tcp == NULL || conn->told_closed || conn->asked)
		return false;
	if (tr_chain_append(tcp_chain(conn->tcp), &part, 1) < 0)
		return false;
	conn->asked = true;
	tcp_send(conn->tcp);
	return true;
}

void
sim_peer_print(const struct sim_peer *peer, unsigned int index, const char *name)
{
	const struct sim_peer_conn *conn = &peer->conns[index];
	struct tcp_conn_info info = {.state = TCP_CLOSED};

	if (conn->tcp != NULL)
		tcp_conn_info(conn->tcp, &info);
	printf("    %s: %s, sent %" PRIu32 " of %" PRIu32 ", received %" PRIu32 " of %" PRIu32
	       ", error %d%s%s%s%s\n",
	       name, tcp_state_name(info.state), conn->sent, conn->plan.send_bytes, conn->received,
	       conn->plan.expect_bytes, conn->error, conn->opened ? "" : ", never opened",
	       conn->told_closed ? ", closed" : "", conn->plan.close_last ? ", closes last" : "",
	       conn->plan.abort_after != 0 ? ", aborts" : "");
	if (conn->tcp != NULL)
		printf("      una %" PRIu32 " nxt %" PRIu32 " queued %" PRIu32 " wnd %" PRIu32
		       " cwnd %" PRIu32 " unread %" PRIu32 " offers %" PRIu32 "\n",
		       info.snd_una, info.snd_nxt, info.send_bytes, info.snd_wnd, info.cwnd_bytes,
		       info.receive_bytes, info.rcv_wnd);
}

uint64_t
sim_peer_next_us(const struct sim_peer *peer)
{
	const struct sim_peer_conn *conn;
	uint64_t next_us = UINT64_MAX;

	for (conn = peer->conns; conn < peer->conns + peer->nb_conns; conn++)
		if (conn->tcp != NULL && conn->read_at_us > peer->now_us)
			next_us = RTE_MIN(next_us, conn->read_at_us);
	return next_us;
}

bool
sim_peer_ended(const struct sim_peer *peer)
{
	const struct sim_peer_conn *conn;

	for (conn = peer->conns; conn < peer->conns + peer->nb_conns; conn++)
		if (conn->opened && !conn->ended)
			return false;
	return true;
}

static void
read_some(struct sim_peer *peer, struct sim_peer_conn *conn)
{
	const struct sim_peer_plan *plan = &conn->plan;
	const uint8_t *data;
	uint32_t budget, len;

	if (peer->now_us < conn->read_at_us)
		return;
	budget = plan->read_pause_us > 0 ? plan->read_max : UINT32_MAX;
	while (budget > 0) {
		data = tcp_receive_peek(conn->tcp, &len);
		len = RTE_MIN(len, RTE_MIN(plan->read_max, budget));
		if (len == 0)
			return;
		budget -= len;
		conn->read_at_us = peer->now_us + plan->read_pause_us;
		check_bytes(peer, conn, data, len);
		conn->received += len;
		tcp_receive_consume(conn->tcp, len);
		if (plan->abort_after != 0 && conn->received >= plan->abort_after) {
			tcp_abort(conn->tcp);
			return;
		}
	}
}

static void
check_bytes(struct sim_peer *peer, const struct sim_peer_conn *conn, const uint8_t *data,
	    uint32_t len)
{
	uint8_t expected[4096];
	uint32_t at, part;

	if (len > conn->plan.expect_bytes - conn->received) {
		peer->corrupt = true;
		return;
	}
	for (at = 0; at < len; at += part) {
		part = RTE_MIN(len - at, (uint32_t)sizeof(expected));
		stream_bytes(conn->plan.expect_seed, conn->received + at, expected, part);
		peer->corrupt |= memcmp(data + at, expected, part) != 0;
	}
}

static void
write_some(struct sim_peer_conn *conn)
{
	struct tr_chain *chain = tcp_chain(conn->tcp);
	uint8_t data[4096];
	struct iovec part = {.iov_base = data};

	while (!conn->told_closed && conn->sent < conn->plan.send_bytes &&
	       tr_chain_bytes(chain) < SEND_MAX) {
		part.iov_len = 1 + sim_random_below(&conn->random, conn->plan.write_max);
		part.iov_len = RTE_MIN(part.iov_len, conn->plan.send_bytes - conn->sent);
		part.iov_len = RTE_MIN(part.iov_len, sizeof(data));
		stream_bytes(conn->plan.stream_seed, conn->sent, data, part.iov_len);
		/* The pool may be dry: then this goes on when something was acknowledged. */
		if (tr_chain_append(chain, &part, 1) < 0)
			return;
		conn->sent += part.iov_len;
		tcp_send(conn->tcp);
	}
}

static void
close_if_done(struct sim_peer_conn *conn)
{
	if (!conn->established || conn->told_closed || conn->sent < conn->plan.send_bytes ||
	    conn->received < conn->plan.expect_bytes)
		return;
	if (conn->plan.close_last && !conn->peer_closed)
		return;
	conn->told_closed = true;
	tcp_close(conn->tcp);
}

/* Passively: the connection whose number the client's port tells. */
static void *
peer_opened(void *arg, struct tcp_conn *tcp, void *listener_arg)
{
	struct sim_peer *peer = arg;
	struct tcp_conn_info info;
	struct sim_peer_conn *conn;

	if (listener_arg == NULL) {
		conn = tcp_conn_user(tcp);
		conn->established = true;
		return conn;
	}
	tcp_conn_info(tcp, &info);
	conn = &peer->conns[rte_be_to_cpu_16(info.remote_port) - SIM_PEER_PORT];
	/* A client whose first SYN was answered late may try anew from the same port. */
	if (conn->opened)
		return NULL;
	conn->opened = true;
	conn->established = true;
	conn->tcp = tcp;
	return conn;
}

static void
peer_readable(void *user, struct tcp_conn *tcp)
{
	(void)user;
	(void)tcp;
}

static void
peer_sent(void *user, struct tcp_conn *tcp)
{
	(void)user;
	(void)tcp;
}

static void
peer_peer_closed(void *user, struct tcp_conn *tcp)
{
	struct sim_peer_conn *conn = user;

	(void)tcp;
	conn->peer_closed = true;
}

static void
peer_closed(void *user, struct tcp_conn *tcp, int error)
{
	struct sim_peer_conn *conn = user;

	(void)tcp;
	conn->tcp = NULL;
	conn->ended = true;
	conn->error = error;
}

/* Eight bytes of the stream at a time. */
static void
stream_bytes(uint64_t seed, uint32_t offset, uint8_t *data, uint32_t len)
{
	struct sim_random random;
	uint64_t word;
	uint32_t skip, part;

	while (len > 0) {
		random.state = seed + offset / 8;
		skip = offset % 8;
		part = RTE_MIN(len, 8 - skip);
		word = sim_random_next(&random) >> (8 * skip);
		memcpy(data, &word, part);
		data += part;
		offset += part;
		len -= part;
	}
}

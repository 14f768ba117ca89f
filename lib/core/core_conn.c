/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_conn.h"

#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "core_body.h"
#include "core_reply.h"
#include "core_request.h"
#include "core_trace.h"
#include "core_wait.h"
#include "tcp_poison.h"

/* What the peer must acknowledge at least, if there is so much, each send_timeout_ms. */
#define PROGRESS_BYTES (16 * 1024u)

static void *opened(void *arg, struct tcp_conn *tcp, void *listener_arg);
static void urgent(void *user, struct tcp_conn *tcp);
static void readable(void *user, struct tcp_conn *tcp);
static void sent(void *user, struct tcp_conn *tcp);
static void peer_closed(void *user, struct tcp_conn *tcp);
static void closed(void *user, struct tcp_conn *tcp, int error);

const struct tcp_events core_conn_events = {
	.opened = opened,
	.urgent = urgent,
	.readable = readable,
	.sent = sent,
	.peer_closed = peer_closed,
	.closed = closed,
	.traced = core_trace_conn,
};

static void parse(struct tr_conn *conn);
static size_t parse_span(struct tr_conn *conn, const uint8_t *data, uint32_t len, uint32_t unread);
static void end(struct tr_conn *conn);
static void unready(struct tr_conn *conn);

int
core_conn_setup(struct core *core, int socket)
{
	size_t bytes = core->config.conns_max * sizeof(struct tr_conn);

	core->conns = rte_zmalloc_socket("core_conns", bytes, RTE_CACHE_LINE_SIZE, socket);
	if (core->conns == NULL)
		return -ENOMEM;
	/* Only those that are open can be touched, with the address sanitizer. */
	ASAN_POISON_MEMORY_REGION(core->conns, bytes);
	return 0;
}

void
core_conn_teardown(struct core *core)
{
	if (core->conns == NULL)
		return;
	ASAN_UNPOISON_MEMORY_REGION(core->conns, core->config.conns_max * sizeof(struct tr_conn));
	rte_free(core->conns);
}

unsigned int
core_conn_run(struct core *core)
{
	struct tr_conn *conn;
	unsigned int nb = core->nb_ready;
	unsigned int i;

	/* What becomes ready meanwhile waits for the next turn: it has had its share of this. */
	for (i = 0; i < nb && (conn = TAILQ_FIRST(&core->ready)) != NULL; i++) {
		unready(conn);
		conn->turn_requests = 0;
		parse(conn);
		if (conn->closing && conn->requests == 0)
			end(conn);
	}
	return nb;
}

static void
parse(struct tr_conn *conn)
{
	struct core *core = conn->core;
	const uint8_t *data;
	uint32_t unread, len;
	size_t used;

	while (!conn->closing && conn->wait == CORE_WAIT_NONE) {
		unread = tcp_receive_bytes(conn->tcp);
		if (unread == 0)
			break;
		data = tcp_receive_peek(conn->tcp, &len);
		used = parse_span(conn, data, len, unread);
		/* What ends in the middle of a header is offered with more of what follows. */
		if (used == 0 && len < RTE_MIN(unread, (uint32_t)TR_PROTOCOL_SPAN)) {
			len = tcp_receive_copy(conn->tcp, core->scratch, TR_PROTOCOL_SPAN);
			used = parse_span(conn, core->scratch, len, unread);
		}
		if (used == 0)
			break;
		tcp_receive_consume(conn->tcp, used);
	}
	core_body_parsed(conn);
	if (conn->peer_closed && conn->wait == CORE_WAIT_NONE)
		conn->closing = true;
	/* The turn's share is used up and nothing of it is in flight: go on in the next. */
	if (conn->wait == CORE_WAIT_OWN && conn->requests == 0) {
		core_wait_end(conn);
		core_conn_ready(conn);
	}
}

static size_t
parse_span(struct tr_conn *conn, const uint8_t *data, uint32_t len, uint32_t unread)
{
	struct core *core = conn->core;
	size_t used = 0;

	if (conn->closing || conn->wait != CORE_WAIT_NONE)
		return 0;
	core->span = data;
	core->span_unread = unread;
	conn->ops->parse(conn->protocol, &core_request_host, conn, conn->state, data, len, &used);
	if (conn->body && used > 0)
		core_body_progress(conn, used);
	return used;
}

/* Nothing is in flight and nothing more will be parsed: close. */
static void
end(struct tr_conn *conn)
{
	if (conn->closed)
		return;
	conn->closed = true;
	if (conn->open != NULL)
		core_request_abandon(conn);
	/* What the client sent after its last word is of no interest, and no reason for a reset. */
	tcp_receive_consume(conn->tcp, tcp_receive_bytes(conn->tcp));
	tcp_close(conn->tcp);
}

void
core_conn_ready(struct tr_conn *conn)
{
	if (conn->ready)
		return;
	conn->ready = true;
	TAILQ_INSERT_TAIL(&conn->core->ready, conn, ready_link);
	conn->core->nb_ready++;
}

static void
unready(struct tr_conn *conn)
{
	if (!conn->ready)
		return;
	conn->ready = false;
	TAILQ_REMOVE(&conn->core->ready, conn, ready_link);
	conn->core->nb_ready--;
}

void
core_conn_close(struct tr_conn *conn)
{
	conn->closing = true;
	core_conn_ready(conn);
}

void
core_conn_urgent(struct tr_conn *conn)
{
	tcp_send_urgent(conn->tcp);
}

void
core_conn_send(struct tr_conn *conn)
{
	struct core *core = conn->core;
	uint32_t bytes;

	tcp_send(conn->tcp);
	if (conn->sending)
		return;
	bytes = conn->chain->bytes;
	if (bytes == 0)
		return;
	conn->sending = true;
	/* What is queued must go, not just a byte of it now and then. */
	conn->send_until = tcp_send_acknowledged(conn->tcp) + RTE_MIN(bytes, PROGRESS_BYTES);
	conn->send_progress_us = core->now_us;
	TAILQ_INSERT_TAIL(&core->sending, conn, send_link);
}

void
core_conn_tick(struct core *core)
{
	struct tr_conn *conn;

	while ((conn = TAILQ_FIRST(&core->sending)) != NULL &&
	       core->now_us >= core_conn_due_us(core, conn)) {
		core->stats.closed_send_timeout++;
		tcp_abort(conn->tcp);
	}
}

uint64_t
core_conn_due_us(const struct core *core, const struct tr_conn *conn)
{
	return core_due_us(core, conn->send_progress_us + core->config.send_timeout_ms * 1000ull);
}

static void *
opened(void *arg, struct tcp_conn *tcp, void *listener_arg)
{
	struct core_listener *listener = listener_arg;
	struct core *core = arg;
	struct tr_conn *conn = &core->conns[tcp_conn_id(tcp)];

	if (!core->listening) {
		core->stats.conns_refused++;
		return NULL;
	}
	core->nb_conns++;
	ASAN_UNPOISON_MEMORY_REGION(conn, sizeof(*conn));
	memset(conn, 0, sizeof(*conn));
	conn->core = core;
	conn->tcp = tcp;
	conn->chain = tcp_chain(tcp);
	conn->ops = listener->ops;
	conn->protocol = listener->protocol;
	TAILQ_INIT(&conn->pipeline);
	TAILQ_INIT(&conn->abandoned);
	core->stats.conns_opened++;
	if (core->config.keepalive_s != UINT32_MAX)
		tcp_set_keepalive(tcp, true);
	conn->ops->open(conn->protocol, conn, conn->state);
	return conn;
}

static void
urgent(void *user, struct tcp_conn *tcp)
{
	struct tr_conn *conn = user;

	if (conn->ops->urgent != NULL && !conn->closing)
		conn->ops->urgent(conn->protocol, conn, conn->state, tcp_receive_urgent(tcp));
}

static void
readable(void *user, struct tcp_conn *tcp)
{
	struct tr_conn *conn = user;

	(void)tcp;
	/* A connection that waits is resumed by what it waits for. */
	if (conn->wait == CORE_WAIT_NONE && !conn->closing)
		core_conn_ready(conn);
}

static void
sent(void *user, struct tcp_conn *tcp)
{
	struct tr_conn *conn = user;
	struct core *core = conn->core;
	uint32_t bytes = conn->chain->bytes;

	if (conn->sending &&
	    (bytes == 0 || (int32_t)(tcp_send_acknowledged(tcp) - conn->send_until) >= 0)) {
		TAILQ_REMOVE(&core->sending, conn, send_link);
		conn->sending = false;
		if (bytes > 0)
			core_conn_send(conn);
	}
	if (conn->wait == CORE_WAIT_SEND && bytes <= core->config.send_max_bytes / 2 &&
	    conn->chain->nb_mbufs <= core_conn_send_mbufs_max(core) / 2) {
		core_wait_end(conn);
		if (core_reply_compose(conn))
			core_conn_ready(conn);
	}
}

static void
peer_closed(void *user, struct tcp_conn *tcp)
{
	struct tr_conn *conn = user;

	(void)tcp;
	conn->peer_closed = true;
	core_conn_ready(conn);
}

static void
closed(void *user, struct tcp_conn *tcp, int error)
{
	struct tr_conn *conn = user;
	struct core *core = conn->core;

	(void)tcp;
	(void)error;
	conn->ops->closed(conn->protocol, conn->state);
	core_request_abandon(conn);
	core_wait_end(conn);
	unready(conn);
	if (conn->sending)
		TAILQ_REMOVE(&core->sending, conn, send_link);
	core->nb_conns--;
	ASAN_POISON_MEMORY_REGION(conn, sizeof(*conn));
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_request.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <rte_malloc.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core_body.h"
#include "core_conn.h"
#include "core_order.h"
#include "core_reply.h"
#include "core_timeout.h"
#include "core_wait.h"

/* One credit in this many is kept for connections with nothing in flight. */
#define RESERVE_SHARE 8

/*
 * And one in this many, at least one, is given to nobody while the engine keeps answering: if it
 * stops, and holds all others, they are for failures, and for requests that need no engine.
 */
#define LAST_SHARE 32

static struct tr_request *request_get(struct tr_conn *conn);
static void request_put(struct tr_conn *conn, struct tr_request *request);
static int request_prepare(struct tr_conn *conn, struct tr_request *request, const uint8_t *body,
			   uint32_t trailer_bytes, enum tr_engine_status *status);
static void request_start(struct tr_conn *conn, struct tr_request *request, unsigned int order);
static void request_answer(struct tr_conn *conn, struct tr_request *request,
			   const struct tr_response *response, unsigned int order);

const struct tr_protocol_host core_request_host = {
	.request_get = request_get,
	.request_put = request_put,
	.request_prepare = request_prepare,
	.request_start = request_start,
	.request_answer = request_answer,
	.close = core_conn_close,
	.urgent = core_conn_urgent,
};

static struct core_request *take(struct core *core);
static void clear(struct tr_request *request);
static enum core_wait scarce(const struct tr_conn *conn);
static void count_blocked(struct core *core, enum core_wait wait);
static void hash_key(const struct core *core, struct tr_request *request);
static void enter_pipeline(struct tr_conn *conn, struct core_request *request, unsigned int order);
static void refuse(struct core *core, struct core_request *request, enum tr_engine_status status);
static bool engine_is_stuck(const struct core *core, const struct core_request *request);
static void discard(struct core *core, struct core_request *request);

static struct tr_request *
request_get(struct tr_conn *conn)
{
	struct core *core = conn->core;
	struct core_request *request = NULL;
	enum core_wait wait = scarce(conn);

	if (wait == CORE_WAIT_NONE) {
		request = take(core);
		wait = CORE_WAIT_CREDIT;
	}
	if (request == NULL) {
		if (wait != (enum core_wait)conn->wait)
			count_blocked(core, wait);
		core_wait_begin(conn, wait);
		return NULL;
	}
	request->conn = conn;
	request->ops = conn->ops;
	request->protocol = conn->protocol;
	conn->turn_requests++;
	conn->open = request;
	return &request->request;
}

bool
core_request_ask(struct core *core, enum tr_engine_op op, struct core_ask *ask)
{
	struct core_request *request;

	/* One at a time: an engine that does not answer them is not to get all credits so. */
	request = core->engine.ops != NULL && !core->asked ? take(core) : NULL;
	if (request == NULL)
		return false;
	core->asked = true;
	request->ask = ask;
	request->request.op = op;
	core_request_execute(core, request);
	return true;
}

/* A credit, or NULL. */
static struct core_request *
take(struct core *core)
{
	struct core_request *request = SLIST_FIRST(&core->requests_free);

	if (unlikely(request == NULL))
		return NULL;
	SLIST_REMOVE_HEAD(&core->requests_free, free_link);
	core->credits_used++;
	clear(&request->request);
	request->request.core = core->index;
	request->request.now_us = core->now_us;
	request->request.now_s = core->now_s;
	request->request.op = TR_ENGINE_OPS;
	request->conn = NULL;
	request->ask = NULL;
	request->ops = NULL;
	request->body_bytes = 0;
	request->state = CORE_REQUEST_OPEN;
	request->order = 0;
	request->order_slot = 0;
	request->with_engine = false;
	request->timed = false;
	request->abandoned = false;
	request->local = false;
	request->prepared = false;
	return request;
}

/* All but the token, which it keeps, and the clock, which the caller sets. */
static inline void
clear(struct tr_request *request)
{
	const size_t clock = offsetof(struct tr_request, now_us);
	const size_t rest = offsetof(struct tr_request, expiry_s);

	memset(&request->item, 0, clock - offsetof(struct tr_request, item));
	memset(&request->expiry_s, 0, offsetof(struct tr_request, key) - rest);
}

static void
request_put(struct tr_conn *conn, struct tr_request *request)
{
	struct core_request *open = (struct core_request *)request;

	conn->open = NULL;
	core_body_arrived(conn, open);
	discard(conn->core, open);
	core_request_free(conn->core, open);
}

static int
request_prepare(struct tr_conn *conn, struct tr_request *request, const uint8_t *body,
		uint32_t trailer_bytes, enum tr_engine_status *status)
{
	struct core_request *open = (struct core_request *)request;
	struct core *core = conn->core;
	bool arrived;

	hash_key(core, request);
	if (core->engine.ops == NULL) {
		*status = TR_ENGINE_NOT_SUPPORTED;
		return -ENOTSUP;
	}
	if (request->value_len > core->config.value_max) {
		*status = TR_ENGINE_TOO_LARGE;
		return -EMSGSIZE;
	}
	arrived = core->span_unread - (uint64_t)(body - core->span) >=
		  (uint64_t)request->value_len + trailer_bytes;
	if (!core_body_admit(conn, open, arrived)) {
		if (unlikely(core->nb_abandoned > 0) && core_body_stuck(core, open)) {
			core->stats.refused_abandoned++;
			*status = TR_ENGINE_NO_MEMORY;
			return -ENOMEM;
		}
		count_blocked(core, CORE_WAIT_BODY);
		core_wait_begin(conn, CORE_WAIT_BODY);
		return -EAGAIN;
	}
	*status = core->engine.ops->prepare(core->engine.instance, request);
	if (*status != TR_ENGINE_OK) {
		core_body_arrived(conn, open);
		core_body_done(core, open);
		return -ENOMEM;
	}
	open->prepared = true;
	return 0;
}

static void
request_start(struct tr_conn *conn, struct tr_request *request, unsigned int order)
{
	struct core_request *open = (struct core_request *)request;

	if (!open->prepared)
		hash_key(conn->core, request);
	enter_pipeline(conn, open, order);
}

static void
request_answer(struct tr_conn *conn, struct tr_request *request, const struct tr_response *response,
	       unsigned int order)
{
	struct core_request *open = (struct core_request *)request;

	/* While it is still known what was charged for its value. */
	core_body_arrived(conn, open);
	discard(conn->core, open);
	open->local = true;
	open->response = *response;
	open->response.token = request->token;
	enter_pipeline(conn, open, order);
}

static void
hash_key(const struct core *core, struct tr_request *request)
{
	request->hash = XXH3_64bits_withSeed(request->key, request->key_len, core->key_seed);
}

static void
enter_pipeline(struct tr_conn *conn, struct core_request *request, unsigned int order)
{
	core_body_arrived(conn, request);
	conn->open = NULL;
	conn->requests++;
	conn->requests_total++;
	conn->core->stats.requests++;
	request->order = order;
	TAILQ_INSERT_TAIL(&conn->pipeline, request, link);
	if (core_order_enter(conn, request)) {
		core_request_execute(conn->core, request);
		return;
	}
	request->state = CORE_REQUEST_HELD;
	if (!request->local)
		core_timeout_begin(conn->core, request);
	conn->held++;
	conn->core->stats.held_order++;
}

void
core_request_execute(struct core *core, struct core_request *request)
{
	enum tr_engine_verdict verdict;
	struct tr_response response;

	request->state = CORE_REQUEST_STARTED;
	if (request->local) {
		core->stats.responses_local++;
		response = request->response;
		core_reply(core, request, &response);
		return;
	}
	if (unlikely(core->engine.ops == NULL)) {
		refuse(core, request, TR_ENGINE_NOT_SUPPORTED);
		return;
	}
	if (unlikely(core->nb_abandoned > 0) && engine_is_stuck(core, request)) {
		core->stats.refused_abandoned++;
		discard(core, request);
		refuse(core, request, TR_ENGINE_BUSY);
		return;
	}
	core->stats.dispatched++;
	request->prepared = false;
	verdict = CORE_CYCLES_WITHIN(
		&core->cycles, core->cycles.engine,
		submit_dispatch(core->submit, core->index, &request->request, &response));
	if (verdict == TR_ENGINE_PENDING) {
		request->with_engine = true;
		core_timeout_begin(core, request);
		return;
	}
	core->stats.responses++;
	core_reply(core, request, &response);
}

/* Answer what the engine does not get. */
static void
refuse(struct core *core, struct core_request *request, enum tr_engine_status status)
{
	struct tr_response response = {.token = request->request.token, .status = status};

	core_reply(core, request, &response);
}

/* Whether so much is overdue, of all or of its connection, that the engine gets no more. */
static bool
engine_is_stuck(const struct core *core, const struct core_request *request)
{
	const struct tr_conn *conn = request->conn;

	if (core_timeout_stuck(core))
		return true;
	return conn != NULL && conn->requests + conn->nb_abandoned > CORE_CONN_REQUESTS_MAX;
}

void
core_request_expire(struct core_request *request)
{
	static const struct tr_response busy = {.status = TR_ENGINE_BUSY};
	struct tr_conn *conn = request->conn;

	conn->held--;
	discard(conn->core, request);
	core_reply_tell(request, &busy);
}

void
core_request_free(struct core *core, struct core_request *request)
{
	uint64_t token = request->request.token;

	if (request->ops != NULL && request->ops->request_done != NULL)
		request->ops->request_done(request->protocol, &request->request);
	if (unlikely(request->ask != NULL))
		core->asked = false;
	core_order_leave(core, request);
	request->state = CORE_REQUEST_FREE;
	request->conn = NULL;
	request->request.token = submit_token(core->index, submit_token_index(token),
					      submit_token_generation(token) + 1);
	SLIST_INSERT_HEAD(&core->requests_free, request, free_link);
	core->credits_used--;
	core_wait_freed(core, CORE_WAIT_CREDIT);
}

void
core_request_abandon(struct tr_conn *conn)
{
	struct core *core = conn->core;
	struct core_request *request;

	if (conn->open != NULL)
		request_put(conn, &conn->open->request);
	while ((request = TAILQ_FIRST(&conn->pipeline)) != NULL) {
		TAILQ_REMOVE(&conn->pipeline, request, link);
		request->conn = NULL;
		if (request->with_engine)
			continue; /* it lives until it is answered */
		if (request->state == CORE_REQUEST_ANSWERED || request->local)
			core_reply_release(&request->response);
		else
			core->stats.discarded++;
		core_timeout_end(core, request);
		discard(core, request);
		core_request_free(core, request);
	}
	while ((request = TAILQ_FIRST(&conn->abandoned)) != NULL) {
		TAILQ_REMOVE(&conn->abandoned, request, link);
		request->conn = NULL;
	}
	conn->nb_abandoned = 0;
	conn->requests = 0;
	conn->held = 0;
	conn->nb_special = 0;
}

int
core_request_setup(struct core *core, const char *name, int socket)
{
	unsigned int credits = core->credits_max;
	struct core_request *request;
	unsigned int i;

	core->requests = rte_zmalloc_socket(name, credits * sizeof(*core->requests),
					    RTE_CACHE_LINE_SIZE, socket);
	if (core->requests == NULL)
		return -ENOMEM;
	for (i = credits; i-- > 0;) {
		request = &core->requests[i];
		request->request.token = submit_token(core->index, i, 0);
		SLIST_INSERT_HEAD(&core->requests_free, request, free_link);
	}
	core->credits_given = credits - RTE_MAX(credits / LAST_SHARE, 1u);
	core->credits_shared = core->credits_given - credits / RESERVE_SHARE;
	return 0;
}

void
core_request_teardown(struct core *core)
{
	struct core_request *request;
	unsigned int i;

	for (i = 0; core->requests != NULL && i < core->credits_max; i++) {
		request = &core->requests[i];
		if (request->state == CORE_REQUEST_FREE)
			continue;
		if (request->ask != NULL)
			core_ask_cancel(request->ask);
		core_request_free(core, request);
	}
	rte_free(core->requests);
}

/* Why a connection gets no request now: CORE_WAIT_NONE if it does. */
static enum core_wait
scarce(const struct tr_conn *conn)
{
	const struct core *core = conn->core;

	/* Responses wait already: nothing else is to take the place of that. */
	if (conn->wait == CORE_WAIT_MEMORY || conn->wait == CORE_WAIT_SEND)
		return conn->wait;
	if (conn->requests >= CORE_CONN_REQUESTS_MAX ||
	    conn->turn_requests >= CORE_CONN_REQUESTS_TURN)
		return CORE_WAIT_OWN;
	if (conn->chain->bytes >= core->config.send_max_bytes)
		return CORE_WAIT_SEND;
	if (conn->requests > 0 && core->credits_used >= core->credits_shared)
		return CORE_WAIT_CREDIT;
	if (core->credits_used >= core->credits_given &&
	    (conn->requests > 0 || !core_timeout_stuck(core)))
		return CORE_WAIT_CREDIT;
	return CORE_WAIT_NONE;
}

static void
count_blocked(struct core *core, enum core_wait wait)
{
	core->stats.blocked_credit += wait == CORE_WAIT_CREDIT;
	core->stats.blocked_body += wait == CORE_WAIT_BODY;
	core->stats.blocked_send += wait == CORE_WAIT_SEND;
}

/* Give what prepare gave back, of a request that will not be executed. */
static void
discard(struct core *core, struct core_request *request)
{
	if (request->prepared)
		core->engine.ops->discard(core->engine.instance, &request->request);
	request->prepared = false;
	core_body_done(core, request);
}

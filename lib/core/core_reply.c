/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_reply.h"

#include "core_body.h"
#include "core_conn.h"
#include "core_order.h"
#include "core_request.h"
#include "core_timeout.h"
#include "core_wait.h"

/* Responses taken from the submit rings at once, and in one turn. */
#define DRAIN_BURST 32
#define DRAIN_TURN 256

static struct core_request *find(struct core *core, uint64_t token);
static void end_abandoned(struct core *core, struct core_request *request);
static bool is_next(const struct core_request *request);
static bool compose_or_wait(struct tr_conn *conn, struct core_request *request,
			    const struct tr_response *response);
static bool compose(struct tr_conn *conn, struct core_request *request,
		    const struct tr_response *response);

unsigned int
core_reply_drain(struct core *core)
{
	struct tr_response responses[DRAIN_BURST];
	struct core_request *request;
	unsigned int total = 0;
	unsigned int n, i;

	do {
		n = submit_drain(core->submit, core->index, responses, DRAIN_BURST);
		for (i = 0; i < n; i++) {
			request = find(core, responses[i].token);
			if (request == NULL) {
				core->stats.drop_response_double++;
				core_reply_release(&responses[i]);
				continue;
			}
			core->stats.responses++;
			core_cycles_answer(&core->cycles, request->entered_us);
			core_reply(core, request, &responses[i]);
		}
		total += n;
	} while (n == DRAIN_BURST && total < DRAIN_TURN);
	return total;
}

/* The request that a token names, if it waits for its response: else this one is a second. */
static struct core_request *
find(struct core *core, uint64_t token)
{
	struct core_request *request;
	uint32_t index = submit_token_index(token);

	if (index >= core->credits_max)
		return NULL;
	request = &core->requests[index];
	if (request->request.token != token || !request->with_engine)
		return NULL;
	return request;
}

void
core_reply(struct core *core, struct core_request *request, const struct tr_response *response)
{
	core_body_done(core, request);
	core_timeout_end(core, request);
	if (request->conn != NULL && !request->abandoned) {
		core_reply_tell(request, response);
		return;
	}
	if (request->ask != NULL)
		core_ask_answer(request->ask, response);
	else
		core->stats.responses_late++;
	core_reply_release(response);
	end_abandoned(core, request);
}

/* Nobody is left to be told; others of its connection may have waited for it. */
static void
end_abandoned(struct core *core, struct core_request *request)
{
	struct tr_conn *conn = request->conn;

	if (conn == NULL) {
		core_request_free(core, request);
		return;
	}
	/* Else the client waits to be told still, and then it is over. */
	if (request->state == CORE_REQUEST_TOLD) {
		TAILQ_REMOVE(&conn->abandoned, request, link);
		conn->nb_abandoned--;
		core_request_free(core, request);
	}
	if (conn->held > 0)
		core_order_run(conn);
}

void
core_reply_tell(struct core_request *request, const struct tr_response *response)
{
	struct tr_conn *conn = request->conn;

	request->state = CORE_REQUEST_ANSWERED;
	if (!is_next(request) || !compose_or_wait(conn, request, response))
		request->response = *response;
	else if (!TAILQ_EMPTY(&conn->pipeline))
		core_reply_compose(conn);
	if (conn->held > 0)
		core_order_run(conn);
}

bool
core_reply_compose(struct tr_conn *conn)
{
	struct core_request *request, *next;

	for (request = TAILQ_FIRST(&conn->pipeline); request != NULL; request = next) {
		next = TAILQ_NEXT(request, link);
		if (request->state == CORE_REQUEST_ANSWERED && is_next(request)) {
			if (!compose_or_wait(conn, request, &request->response))
				return false;
		} else if (!(request->order & TR_PROTOCOL_UNORDERED)) {
			break; /* nothing overtakes it */
		}
	}
	return true;
}

/*
 * Compose, unless responses before it wait already, or the peer has enough to read: then this one
 * waits in its request, and so does what would come after it.
 */
static bool
compose_or_wait(struct tr_conn *conn, struct core_request *request,
		const struct tr_response *response)
{
	struct core *core = conn->core;

	if (conn->wait == CORE_WAIT_MEMORY || conn->wait == CORE_WAIT_SEND)
		return false;
	if (core_conn_send_full(conn)) {
		core->stats.blocked_send++;
		core_wait_begin(conn, CORE_WAIT_SEND);
		return false;
	}
	if (compose(conn, request, response))
		return true;
	core->stats.blocked_memory++;
	core_wait_begin(conn, CORE_WAIT_MEMORY);
	return false;
}

/* Whether the order of replies lets this one leave now: the unordered ones overtake each other. */
static bool
is_next(const struct core_request *request)
{
	const struct core_request *before = TAILQ_PREV(request, core_pipeline, link);

	while (before != NULL && (request->order & before->order & TR_PROTOCOL_UNORDERED) != 0)
		before = TAILQ_PREV(before, core_pipeline, link);
	return before == NULL;
}

/* Write a response into the chain and end its request; false: no mbufs, nothing has changed. */
static bool
compose(struct tr_conn *conn, struct core_request *request, const struct tr_response *response)
{
	struct core *core = conn->core;
	int ret;

	ret = CORE_CYCLES_WITHIN(&core->cycles, CORE_STAGE_COMPOSE,
				 conn->ops->compose(conn->protocol, conn->state, &request->request,
						    response, conn->chain));
	if (ret < 0)
		return false;
	core->stats.composed++;
	if (ret != TR_CHAIN_TAKEN)
		core_reply_release(response);
	TAILQ_REMOVE(&conn->pipeline, request, link);
	conn->requests--;
	if (likely(!request->with_engine)) {
		core_request_free(core, request);
	} else {
		/* It lives until it is answered, and later ones may have to wait for that. */
		request->state = CORE_REQUEST_TOLD;
		TAILQ_INSERT_TAIL(&conn->abandoned, request, link);
		conn->nb_abandoned++;
	}
	core_conn_send(conn);
	if (conn->wait == CORE_WAIT_OWN) {
		core_wait_end(conn);
		core_conn_ready(conn);
	} else if (conn->closing && conn->requests == 0) {
		core_conn_ready(conn);
	}
	return true;
}

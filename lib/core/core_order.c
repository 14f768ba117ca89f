/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_order.h"

#include <string.h>

#include <rte_debug.h>

#include "core_request.h"
#include "core_timeout.h"

static bool may_start(const struct core_request *request);
static bool may_pass(const struct core_request *request, const struct core_request *before);
static bool same_key(const struct core_request *a, const struct core_request *b);

/*
 * A walk along the pipeline for each request of a deep one would cost more than all else. So a core
 * counts what is in flight by connection and key, in slots that others may share: where a request
 * is the only one of its slot, and its connection has only ordinary ones, it need not look.
 */
bool
core_order_enter(struct tr_conn *conn, struct core_request *request)
{
	uint32_t *keys = conn->core->order_keys;
	uint32_t slot;

	conn->nb_special += request->order != 0;
	if (!request->local) {
		slot = (request->request.hash + (uintptr_t)conn / RTE_CACHE_LINE_SIZE) %
		       CORE_ORDER_SLOTS;
		request->order_slot = 1 + slot;
		if (keys[slot]++ == 0 && conn->nb_special == 0) {
			RTE_ASSERT(may_start(request));
			return true;
		}
	}
	return conn->requests + conn->nb_abandoned == 1 || may_start(request);
}

void
core_order_leave(struct core *core, const struct core_request *request)
{
	if (request->order_slot != 0)
		core->order_keys[request->order_slot - 1]--;
	if (request->conn != NULL)
		request->conn->nb_special -= request->order != 0;
}

static bool
may_start(const struct core_request *request)
{
	const struct core_request *before;

	/* Nearest first: what holds a request back is mostly the one right before it. */
	before = TAILQ_PREV(request, core_pipeline, link);
	for (; before != NULL; before = TAILQ_PREV(before, core_pipeline, link)) {
		/* The client has a response, but the engine may be executing it still. */
		if (before->state == CORE_REQUEST_ANSWERED &&
		    (request->local || !before->with_engine))
			continue;
		/* The unordered ones and the others hold each other back. */
		if (((request->order ^ before->order) & TR_PROTOCOL_UNORDERED) != 0 ||
		    !may_pass(request, before))
			return false;
	}
	if (request->local)
		return true;
	TAILQ_FOREACH (before, &request->conn->abandoned, link)
		if (!may_pass(request, before))
			return false;
	return true;
}

void
core_order_run(struct tr_conn *conn)
{
	struct core_request *request;

	/* A request that is answered at once comes back here: the loop below goes on for it. */
	if (conn->ordering)
		return;
	conn->ordering = true;
	request = TAILQ_FIRST(&conn->pipeline);
	while (request != NULL && conn->held > 0) {
		if (request->state != CORE_REQUEST_HELD || core_timeout_is_due(request) ||
		    !may_start(request)) {
			request = TAILQ_NEXT(request, link);
			continue;
		}
		conn->held--;
		core_request_execute(conn->core, request);
		/* It may be answered, composed and free by now, and so may others. */
		request = TAILQ_FIRST(&conn->pipeline);
	}
	conn->ordering = false;
}

/* Whether a request may start while one before it is not answered. */
static bool
may_pass(const struct core_request *request, const struct core_request *before)
{
	if ((request->order | before->order) & TR_PROTOCOL_BARRIER)
		return false;
	return (request->order & before->order & TR_PROTOCOL_UNORDERED) != 0 ||
	       !same_key(request, before);
}

static bool
same_key(const struct core_request *a, const struct core_request *b)
{
	return a->request.hash == b->request.hash && a->request.key_len == b->request.key_len &&
	       a->request.key_len != 0 &&
	       memcmp(a->request.key, b->request.key, a->request.key_len) == 0;
}

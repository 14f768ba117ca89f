/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_order.h"

#include <string.h>

#include "core_request.h"

static bool answered(const struct core_request *request);
static bool same_key(const struct core_request *a, const struct core_request *b);

bool
core_order_may_start(const struct core_request *request)
{
	const struct core_request *before;

	/* Nearest first: what holds a request back is mostly the one right before it. */
	before = TAILQ_PREV(request, core_pipeline, link);
	for (; before != NULL; before = TAILQ_PREV(before, core_pipeline, link)) {
		if (answered(before))
			continue;
		if ((request->order | before->order) & TR_PROTOCOL_BARRIER)
			return false;
		if ((request->order ^ before->order) & TR_PROTOCOL_UNORDERED)
			return false;
		if (!(request->order & TR_PROTOCOL_UNORDERED) && same_key(request, before))
			return false;
	}
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
		if (request->state != CORE_REQUEST_HELD || !core_order_may_start(request)) {
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

static bool
answered(const struct core_request *request)
{
	return request->state == CORE_REQUEST_ANSWERED;
}

static bool
same_key(const struct core_request *a, const struct core_request *b)
{
	return a->request.hash == b->request.hash && a->request.key_len == b->request.key_len &&
	       a->request.key_len != 0 &&
	       memcmp(a->request.key, b->request.key, a->request.key_len) == 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_body.h"

#include "core_timeout.h"
#include "core_wait.h"

/* Shares of the budget: large and small values. */
#define SMALL_SHARE 4 /* one part in this many is for small ones */

/* What a value must have moved by, at least, each body_timeout_ms. */
#define PROGRESS_BYTES (16 * 1024)

static unsigned int kind(const struct core_request *request);
static void await(struct tr_conn *conn, struct core_request *request);
static void moved(struct tr_conn *conn);
static uint64_t budget(const struct core *core, unsigned int kind);

bool
core_body_admit(struct tr_conn *conn, struct core_request *request, bool arrived)
{
	struct core *core = conn->core;
	unsigned int size = kind(request);
	uint64_t bytes = request->request.value_len;

	if (core->body_bytes[size] + bytes > budget(core, size))
		return false;
	if (!arrived && (core->body_incomplete[size] + bytes > budget(core, size) / 2 ||
			 core->body_requests >= core->credits_max / 2))
		return false;
	core->body_bytes[size] += bytes;
	request->body_bytes = bytes;
	if (!arrived)
		await(conn, request);
	return true;
}

void
core_body_await(struct tr_conn *conn)
{
	if (conn->open->prepared && !conn->body)
		await(conn, conn->open);
}

/* From here on the value counts as incomplete, and its connection must make progress. */
static void
await(struct tr_conn *conn, struct core_request *request)
{
	struct core *core = conn->core;

	core->body_incomplete[kind(request)] += request->body_bytes;
	core->body_requests++;
	conn->body = true;
	conn->body_moved = 0;
	conn->body_progress_us = core->now_us;
	TAILQ_INSERT_TAIL(&core->bodies, conn, body_link);
}

void
core_body_complete(struct tr_conn *conn, struct core_request *request)
{
	struct core *core = conn->core;

	core->body_incomplete[kind(request)] -= request->body_bytes;
	core->body_requests--;
	conn->body = false;
	TAILQ_REMOVE(&core->bodies, conn, body_link);
	core_wait_freed(core, CORE_WAIT_BODY);
}

void
core_body_uncharge(struct core *core, struct core_request *request)
{
	core->body_bytes[kind(request)] -= request->body_bytes;
	if (request->abandoned)
		core->body_abandoned[kind(request)] -= request->body_bytes;
	request->body_bytes = 0;
	core_wait_freed(core, CORE_WAIT_BODY);
}

void
core_body_abandoned(struct core *core, struct core_request *request)
{
	if (request->body_bytes == 0)
		return;
	core->body_abandoned[kind(request)] += request->body_bytes;
	/* Who waits is to be refused, if that was too much. */
	core_wait_freed(core, CORE_WAIT_BODY);
}

bool
core_body_stuck(const struct core *core, const struct core_request *request)
{
	unsigned int size = kind(request);

	return core->body_bytes[size] + request->request.value_len > budget(core, size) &&
	       core->body_abandoned[size] >= budget(core, size) / CORE_TIMEOUT_STUCK_SHARE;
}

void
core_body_progress(struct tr_conn *conn, uint32_t bytes)
{
	conn->body_moved += bytes;
	if (conn->body_moved >= PROGRESS_BYTES)
		moved(conn);
}

static void
moved(struct tr_conn *conn)
{
	struct core *core = conn->core;

	conn->body_moved = 0;
	conn->body_progress_us = core->now_us;
	TAILQ_REMOVE(&core->bodies, conn, body_link);
	TAILQ_INSERT_TAIL(&core->bodies, conn, body_link);
}

void
core_body_tick(struct core *core)
{
	struct tr_conn *conn;

	while ((conn = TAILQ_FIRST(&core->bodies)) != NULL &&
	       core->now_us >= core_body_due_us(core, conn)) {
		/* It is the core that reads nothing: its responses wait for mbufs. */
		if (conn->wait != CORE_WAIT_NONE) {
			moved(conn);
			continue;
		}
		core->stats.closed_body_timeout++;
		tcp_abort(conn->tcp);
	}
}

uint64_t
core_body_due_us(const struct core *core, const struct tr_conn *conn)
{
	return core_due_us(core, conn->body_progress_us + core->config.body_timeout_ms * 1000ull);
}

static unsigned int
kind(const struct core_request *request)
{
	return request->request.value_len <= CORE_BODY_SMALL_BYTES;
}

static uint64_t
budget(const struct core *core, unsigned int size)
{
	uint64_t small = core->config.body_budget_bytes / SMALL_SHARE;

	return size ? small : core->config.body_budget_bytes - small;
}

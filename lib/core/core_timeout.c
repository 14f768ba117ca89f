/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_timeout.h"

#include "core_body.h"
#include "core_reply.h"
#include "core_request.h"
#include "core_wait.h"

static void overdue(struct core *core, struct core_request *request);
static uint64_t due_us(const struct core *core, const struct core_request *request);

void
core_timeout_begin(struct core *core, struct core_request *request)
{
	if (request->timed)
		return;
	request->timed = true;
	request->entered_us = core->now_us;
	TAILQ_INSERT_TAIL(&core->timed, request, timed_link);
}

void
core_timeout_stop(struct core *core, struct core_request *request)
{
	request->timed = false;
	request->with_engine = false;
	if (request->abandoned)
		core->nb_abandoned--;
	else
		TAILQ_REMOVE(&core->timed, request, timed_link);
}

void
core_timeout_tick(struct core *core)
{
	struct core_request *request;

	while ((request = TAILQ_FIRST(&core->timed)) != NULL &&
	       core->now_us >= due_us(core, request)) {
		if (request->with_engine) {
			overdue(core, request);
			continue;
		}
		core_timeout_end(core, request);
		core->stats.expired_held++;
		core_request_expire(request);
	}
}

static void
overdue(struct core *core, struct core_request *request)
{
	static const struct tr_response busy = {.status = TR_ENGINE_BUSY};

	TAILQ_REMOVE(&core->timed, request, timed_link);
	request->abandoned = true;
	core->stats.abandoned++;
	core->nb_abandoned++;
	core_body_abandoned(core, request);
	/* Who waits for a credit gets one of the last now, to be told. */
	if (core_timeout_stuck(core))
		core_wait_freed(core, CORE_WAIT_CREDIT);
	/* It may have nobody to tell any more. */
	if (request->conn != NULL)
		core_reply_tell(request, &busy);
}

bool
core_timeout_is_due(const struct core_request *request)
{
	const struct core *core = request->conn->core;

	return request->timed && core->now_us >= due_us(core, request);
}

uint64_t
core_timeout_next_us(const struct core *core)
{
	const struct core_request *request = TAILQ_FIRST(&core->timed);

	return request != NULL ? due_us(core, request) : UINT64_MAX;
}

static uint64_t
due_us(const struct core *core, const struct core_request *request)
{
	return core_due_us(core,
			   request->entered_us + core->config.request_timeout_ms * UINT64_C(1000));
}

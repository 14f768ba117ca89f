/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_timeout.h"

#include "core_reply.h"

static uint64_t due_us(const struct core *core, const struct core_request *request);

void
core_timeout_begin(struct core *core, struct core_request *request)
{
	request->with_engine = true;
	request->started_us = core->now_us;
	TAILQ_INSERT_TAIL(&core->started, request, started_link);
}

void
core_timeout_end(struct core *core, struct core_request *request)
{
	if (!request->with_engine)
		return;
	request->with_engine = false;
	if (!request->abandoned)
		TAILQ_REMOVE(&core->started, request, started_link);
}

void
core_timeout_tick(struct core *core)
{
	static const struct tr_response busy = {.status = TR_ENGINE_BUSY};
	struct core_request *request;

	while ((request = TAILQ_FIRST(&core->started)) != NULL &&
	       core->now_us >= due_us(core, request)) {
		TAILQ_REMOVE(&core->started, request, started_link);
		request->abandoned = true;
		core->stats.abandoned++;
		/* It may have nobody to tell any more. */
		if (request->conn != NULL)
			core_reply_tell(request, &busy);
	}
}

uint64_t
core_timeout_next_us(const struct core *core)
{
	const struct core_request *request = TAILQ_FIRST(&core->started);

	return request != NULL ? due_us(core, request) : UINT64_MAX;
}

static uint64_t
due_us(const struct core *core, const struct core_request *request)
{
	return request->started_us + core->config.request_timeout_ms * UINT64_C(1000);
}

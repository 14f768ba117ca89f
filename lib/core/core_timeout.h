/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Requests that an engine does not answer in time, counted from when they entered the pipeline.
 *
 * What the engine has by then is abandoned: the client is told of a temporary failure, and the
 * request goes on waiting for its answer. As long as its connection lives, later requests for the
 * engine keep their order with it, as with any that is unanswered. What was held back all the time
 * is never executed; the client is told the same.
 *
 * Threads: the core.
 */
#ifndef CORE_TIMEOUT_H
#define CORE_TIMEOUT_H

#include "core.h"

/** The share of the credits that may be abandoned before the engine gets no more requests. */
#define CORE_TIMEOUT_STUCK_SHARE 2

/** A request is held for the engine, or given to it: its time counts from the first of these. */
void core_timeout_begin(struct core *core, struct core_request *request);

/** The same as core_timeout_end(), of a request whose time counts. */
void core_timeout_stop(struct core *core, struct core_request *request);

/** The engine has answered it, or it will never execute. */
static inline void
core_timeout_end(struct core *core, struct core_request *request)
{
	if (request->timed)
		core_timeout_stop(core, request);
}

/** Answer for the engine where it is overdue. */
void core_timeout_tick(struct core *core);

/** Whether a held request is overdue: then it is not started any more. */
bool core_timeout_is_due(const struct core_request *request);

/** When the next one will be overdue, or UINT64_MAX. */
uint64_t core_timeout_next_us(const struct core *core);

/** Whether abandoned requests hold so many credits that the engine gets no more. */
static inline bool
core_timeout_stuck(const struct core *core)
{
	return core->nb_abandoned >= core->credits_max / CORE_TIMEOUT_STUCK_SHARE;
}

#endif /* CORE_TIMEOUT_H */

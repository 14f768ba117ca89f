/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The budget for values that are prepared and not executed. A value is admitted only when the
 * budget covers it whole. Those that have not arrived hold at most half of it and half of the
 * credits, small ones draw on a part of their own, and one that does not move is given up: no
 * number of half-sent values keeps others from being served.
 * Threads: the core.
 */
#ifndef CORE_BODY_H
#define CORE_BODY_H

#include "core.h"

/** Charge the open request's value; @p arrived: it needs no waiting for. False: no room now. */
bool core_body_admit(struct tr_conn *conn, struct core_request *request, bool arrived);

/** The same as core_body_parsed(), of a connection with a request that is open. */
void core_body_await(struct tr_conn *conn);

/** The same as core_body_arrived(), of a value that counts as incomplete. */
void core_body_complete(struct tr_conn *conn, struct core_request *request);

/** The same as core_body_done(), of a value that is charged. */
void core_body_uncharge(struct core *core, struct core_request *request);

/**
 * All that had come was parsed. A request that is open still, though its value had arrived, lacks
 * what ends it, such as a line end: its connection must make progress as well.
 */
static inline void
core_body_parsed(struct tr_conn *conn)
{
	if (conn->open != NULL)
		core_body_await(conn);
}

/** The value has arrived, or will not: it does not count as incomplete any more. */
static inline void
core_body_arrived(struct tr_conn *conn, struct core_request *request)
{
	if (conn->body)
		core_body_complete(conn, request);
}

/** The value was executed or discarded: it is charged no more. */
static inline void
core_body_done(struct core *core, struct core_request *request)
{
	if (request->body_bytes > 0)
		core_body_uncharge(core, request);
}

/** A request is abandoned: the engine has its value past its time. */
void core_body_abandoned(struct core *core, struct core_request *request);

/**
 * Whether abandoned requests have so much of the budget that a value which finds no room is not to
 * wait for it.
 */
bool core_body_stuck(const struct core *core, const struct core_request *request);

/** Bytes of the open request's value were parsed. */
void core_body_progress(struct tr_conn *conn, uint32_t bytes);

/** Reset connections whose value does not move. */
void core_body_tick(struct core *core);

/** When this one will be reset if its value does not move. */
uint64_t core_body_due_us(const struct core *core, const struct tr_conn *conn);

#endif /* CORE_BODY_H */

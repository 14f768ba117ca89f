/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_wait.h"

#include "core_conn.h"
#include "core_reply.h"

/* Connections of one kind that try again in one turn. */
#define TRIES_TURN 32u

/* Free mbufs cannot be seen: what waits for them tries at this interval. */
#define MEMORY_RETRY_US 1000

static bool queued(enum core_wait wait);

void
core_wait_begin(struct tr_conn *conn, enum core_wait wait)
{
	struct core *core = conn->core;

	/* A response that waits is more than bytes that do: nothing else ends its wait. */
	if (conn->wait == CORE_WAIT_MEMORY)
		return;
	core_wait_end(conn);
	conn->wait = wait;
	if (!queued(wait))
		return;
	TAILQ_INSERT_TAIL(&core->waits[wait], conn, wait_link);
	core->wait_count[wait]++;
	core->nb_waiting++;
	/* Who comes later does not put off those who wait already. */
	if (wait == CORE_WAIT_MEMORY && core->wait_count[wait] == 1)
		core->memory_retry_us = core->now_us + MEMORY_RETRY_US;
}

void
core_wait_end(struct tr_conn *conn)
{
	struct core *core = conn->core;

	if (queued(conn->wait)) {
		TAILQ_REMOVE(&core->waits[conn->wait], conn, wait_link);
		core->nb_waiting--;
		/* What was freed for those who waited is there for who comes now. */
		if (--core->wait_count[conn->wait] == 0)
			core->wait_tries[conn->wait] = 0;
	}
	conn->wait = CORE_WAIT_NONE;
}

unsigned int
core_wait_resume(struct core *core)
{
	unsigned int resumed = 0;
	struct tr_conn *conn;
	unsigned int wait, tries;

	if (core->wait_count[CORE_WAIT_MEMORY] > 0 && core->now_us >= core->memory_retry_us) {
		core_wait_freed(core, CORE_WAIT_MEMORY);
		core->memory_retry_us = core->now_us + MEMORY_RETRY_US;
	}
	for (wait = CORE_WAIT_CREDIT; wait < CORE_WAITS; wait++) {
		tries = RTE_MIN(core->wait_tries[wait], TRIES_TURN);
		core->wait_tries[wait] -= tries;
		while (tries-- > 0 && (conn = TAILQ_FIRST(&core->waits[wait])) != NULL) {
			core_wait_end(conn);
			resumed++;
			/* What waits for mbufs is a response: then there may be more to parse. */
			if (wait != CORE_WAIT_MEMORY || core_reply_compose(conn))
				core_conn_ready(conn);
		}
	}
	return resumed;
}

static bool
queued(enum core_wait wait)
{
	return wait > CORE_WAIT_NONE && wait < CORE_WAITS;
}

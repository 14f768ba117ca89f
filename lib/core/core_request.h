/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Requests: credits, the pipeline of a connection, and the services of the core to a protocol.
 * Threads: the core.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "core.h"
#include "core_ask.h"

/** The services of a core to the protocols on it. */
extern const struct tr_protocol_host core_request_host;

/** Create the credits of a core. 0 or -errno. */
int core_request_setup(struct core *core, const char *name, int socket);

/** Free them, and what unanswered ones hold. */
void core_request_teardown(struct core *core);

/**
 * Have the engine execute a request of the server's own, one at a time. False: no credit, no
 * engine, or the last is not answered.
 */
bool core_request_ask(struct core *core, enum tr_engine_op op, struct core_ask *ask);

/** Begin the execution of a request, or answer it if it is local. It is in the pipeline. */
void core_request_execute(struct core *core, struct core_request *request);

/** Its time ran out while it was held: it will never execute, and the client is told. */
void core_request_expire(struct core_request *request);

/** Free a request that was composed, or that never will be. */
void core_request_free(struct core *core, struct core_request *request);

/** The connection has closed: give up what has not started, orphan what has. */
void core_request_abandon(struct tr_conn *conn);

#endif /* CORE_REQUEST_H */

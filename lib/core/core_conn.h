/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Where TCP meets a protocol: connections open and close, received bytes go to the parser.
 * Threads: the core.
 */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include "core.h"

/** What TCP tells a core. Its argument is the core. */
extern const struct tcp_events core_conn_events;

/** Make the connections: one for each of TCP's. 0 or -ENOMEM. */
int core_conn_setup(struct core *core, int socket);

/** Free them; also if there are none. */
void core_conn_teardown(struct core *core);

/** Parse what the connections on the ready list have received. Returns how many there were. */
unsigned int core_conn_run(struct core *core);

/** Put a connection on the ready list: there is something to parse, or it may be over. */
void core_conn_ready(struct tr_conn *conn);

/** Parse no more; close once the pipeline is empty. */
void core_conn_close(struct tr_conn *conn);

/** The send queue has got bytes: send them, and watch that they move. */
void core_conn_send(struct tr_conn *conn);

/** Reset connections whose send queue does not move. */
void core_conn_tick(struct core *core);

/** When this one, which has bytes to send, will be reset if it takes too few. */
uint64_t core_conn_due_us(const struct core *core, const struct tr_conn *conn);

#endif /* CORE_CONN_H */

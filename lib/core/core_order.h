/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The order of execution: a request of a connection starts only when none of that connection's
 * unanswered requests before it has its key, barriers wait for all before them and hold back all
 * after. Unordered requests drop the rule of the key among themselves, never the barriers; they and
 * the ordered ones hold each other back.
 * Threads: the core.
 */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include "core.h"

/**
 * A request has become the last of its connection's pipeline.
 *
 * @return
 *   Whether it may start now.
 */
bool core_order_enter(struct tr_conn *conn, struct core_request *request);

/** A request ends, of whatever connection, also one that never entered a pipeline. */
void core_order_leave(struct core *core, const struct core_request *request);

/** A request of this connection was answered: start those that waited for it alone. */
void core_order_run(struct tr_conn *conn);

#endif /* CORE_ORDER_H */

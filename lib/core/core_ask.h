/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A request of the server's own: no connection made it, and its answer goes to a control thread.
 * Threads: control, unless a function says more.
 */
#ifndef CORE_ASK_H
#define CORE_ASK_H

#include "core.h"

/** A question: two sides hold it, and the last to let go frees it. */
struct core_ask;

/**
 * Ask the engine for its statistics through a core, and wait for the answer.
 *
 * @param[out] text
 *   name NUL text NUL ...: to be freed with free().
 * @return
 *   0, -ENOTSUP, -EBUSY (no credit, or the engine has not answered the last), -ENOMEM or
 *   -ETIMEDOUT.
 */
int core_ask_stats(struct core *core, char **text, uint32_t *len);

/** The engine answered: copy the answer and let go. The core. */
void core_ask_answer(struct core_ask *ask, const struct tr_response *response);

/** The engine never will, as the core ends: let go. Control thread. */
void core_ask_cancel(struct core_ask *ask);

#endif /* CORE_ASK_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Requests that an engine does not answer in time: the client is told of a temporary failure, and
 * the abandoned request goes on waiting for its answer, without a way back to the connection.
 * Threads: the core.
 */
#ifndef CORE_TIMEOUT_H
#define CORE_TIMEOUT_H

#include "core.h"

/** The engine has the request from now on. */
void core_timeout_begin(struct core *core, struct core_request *request);

/** The engine has answered it. */
void core_timeout_end(struct core *core, struct core_request *request);

/** Answer for the engine where it is overdue. */
void core_timeout_tick(struct core *core);

/** When the next one will be overdue, or UINT64_MAX. */
uint64_t core_timeout_next_us(const struct core *core);

#endif /* CORE_TIMEOUT_H */

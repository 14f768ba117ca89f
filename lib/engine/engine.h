/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The registry of engines. Control thread only.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "tr_engine.h"

/** The registered engine of this name, or NULL. */
const struct tr_engine_ops *engine_find(const char *name);

/**
 * Call @p visit for each registered engine, in order of registration.
 */
void engine_walk(void (*visit)(const struct tr_engine_ops *ops, void *arg), void *arg);

/** The name of a status, for logs and statistics: "not_found". */
const char *engine_status_name(enum tr_engine_status status);

#endif /* ENGINE_H */

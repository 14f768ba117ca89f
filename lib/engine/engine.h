/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The registry of engines and the loader: from the text of --engine to an instance.
 * Control thread only.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "tr_engine.h"

/** An engine that runs: its table, its instance, and the shared object that it came from. */
struct engine {
	const struct tr_engine_ops *ops;
	void *instance;
	void *library; /* dlopen handle that keeps its object loaded, or NULL */
};

/** The registered engine of this name, or NULL. */
const struct tr_engine_ops *engine_find(const char *name);

/**
 * Call @p visit for each registered engine, in order of registration.
 */
void engine_walk(void (*visit)(const struct tr_engine_ops *ops, void *arg), void *arg);

/**
 * Find, load if need be, and create an engine.
 *
 * @param spec
 *   NAME or PATH.so, then optional ",key=value..." for the engine. A NAME that is not registered
 *   is looked for as engine_NAME.so in @p directories.
 * @param directories
 *   NULL-terminated list of folders to look in.
 * @param config
 *   Handed to the engine.
 * @param engine
 *   Filled in on success.
 * @param error
 *   On failure: one line that says what was wrong and what would do.
 * @return
 *   0, -ENOENT (no such engine), -EINVAL (bad arguments or not an engine).
 */
int engine_open(const char *spec, const char *const *directories,
		const struct tr_engine_config *config, struct engine *engine, char *error,
		size_t error_size);

/** Destroy the instance and unload what engine_open() loaded. */
void engine_close(struct engine *engine);

/** The name of a status, for logs and statistics: "not_found". */
const char *engine_status_name(enum tr_engine_status status);

#endif /* ENGINE_H */

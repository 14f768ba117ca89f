/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The control thread: waits for signals, for the prompt and for who reads metrics while the cores
 * run, and logs what goes wrong meanwhile.
 *
 * A signal is read from a descriptor by this thread, instead of running a handler in whichever
 * thread it meets: so nothing is global, and no core is interrupted.
 *
 * Threads: the main thread.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "metrics.h"
#include "prompt.h"

struct control;

/**
 * Keep SIGINT and SIGTERM for the control thread, and SIGPIPE from all. Before EAL starts threads,
 * which inherit it.
 */
void control_block_signals(void);

/**
 * Start the thread.
 *
 * @param prompt
 *   Its own until it ends.
 * @param metrics
 *   The same, or NULL.
 * @param server
 *   Whose trouble it logs (trouble.h).
 * @return
 *   The thread, or NULL with errno.
 */
struct control *control_create(struct prompt *prompt, struct metrics *metrics,
			       struct tr_core_server *server);

/** End the thread, and wait for it. After tr_core_run(). */
void control_destroy(struct control *control);

#endif /* CONTROL_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The control thread: waits for signals and for the prompt while the cores run.
 *
 * A signal is read from a descriptor by this thread, instead of running a handler in whichever
 * thread it meets: so nothing is global, and no core is interrupted.
 *
 * Threads: the main thread.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "prompt.h"

struct control;

/** Keep SIGINT and SIGTERM for the control thread. Before EAL starts threads, which inherit it. */
void control_block_signals(void);

/**
 * Start the thread.
 *
 * @return
 *   The thread, or NULL with errno.
 */
struct control *control_create(struct prompt *prompt);

/** End the thread, and wait for it. After tr_core_run(). */
void control_destroy(struct control *control);

#endif /* CONTROL_H */

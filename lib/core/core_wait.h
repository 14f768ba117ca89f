/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Connections that wait for something scarce, and are resumed in turn when some of it is free.
 * Threads: the core.
 */
#ifndef CORE_WAIT_H
#define CORE_WAIT_H

#include "core.h"

/** Have a connection wait; its kind of wait says for what, and where. */
void core_wait_begin(struct tr_conn *conn, enum core_wait wait);

/** The connection waits no more: it is resumed, or gone. */
void core_wait_end(struct tr_conn *conn);

/** Something that connections wait for was freed: they may try again. */
static inline void
core_wait_freed(struct core *core, enum core_wait wait)
{
	core->wait_tries[wait] = core->wait_count[wait];
}

/** Let some of those that wait try again. Returns how many did. */
unsigned int core_wait_resume(struct core *core);

#endif /* CORE_WAIT_H */

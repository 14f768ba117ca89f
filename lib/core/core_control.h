/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The control crossing: messages that the owning core runs between two turns.
 */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include "core.h"

/** Create the ring of a core. 0 or -errno. Control thread. */
int core_control_setup(struct core *core, const char *name, int socket);

/** Free it. Control thread. */
void core_control_teardown(struct core *core);

/** Hand a message to a core, and wake it. Any thread. 0, or -ENOBUFS when its ring is full. */
int core_control_post(struct core *core, const struct core_message *message);

/**
 * The same, of a message with a packet: those have half of the ring at most, as whoever sends many
 * is not to keep a core from others. Any core.
 */
int core_control_post_packet(struct core *core, const struct core_message *message);

/**
 * Have a core run @p call and wait until it has. Any thread but a core's.
 *
 * @return
 *   0, -ENOBUFS or -ETIMEDOUT (not within two seconds: it will not run any more).
 */
int core_control_call(struct core *core, void (*call)(struct core *core, void *arg), void *arg);

/** Whether messages wait. The core. */
static inline bool
core_control_waits(const struct core *core)
{
	const struct rte_ring *ring = core->control;

	/* rte_ring_empty() reads what other threads write without atomics. */
	return __atomic_load_n(&ring->prod.tail, __ATOMIC_ACQUIRE) != ring->cons.tail;
}

/** Run the messages that wait. Returns how many. The core. */
unsigned int core_control_run(struct core *core);

#endif /* CORE_CONTROL_H */

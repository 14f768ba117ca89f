/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How a core sleeps: on the receive interrupt of its queue and one eventfd where the port has
 * interrupts, else in naps that grow while nothing happens.
 * Threads: the core.
 */
#ifndef CORE_IDLE_H
#define CORE_IDLE_H

#include <rte_interrupts.h>

#include "core.h"

/** What a core knows of its idleness. */
struct core_idle {
	struct core *core;
	bool poll; /* never sleeps */
	bool interrupts; /* the port's receive interrupt wakes it */
	bool armed; /* that interrupt is enabled */
	uint32_t idle_turns;
	uint32_t nap_us;
	uint64_t steered; /* frames that the core had passed to others, or sent for them, when last
			     asked */
	int wake_fd;
	struct rte_epoll_event wake_event; /* for wake_fd: rte_epoll keeps a pointer to it */
};

/** Begin, on the thread that will poll the core. */
void core_idle_init(struct core_idle *idle, struct core *core, bool poll);

/** End, on the same thread. */
void core_idle_deinit(struct core_idle *idle);

/**
 * Say how much a turn did; sleep when the last ones did nothing.
 *
 * @param now_us
 *   The time that the turn was given: sleeps no longer than until core_sleep_until_us().
 */
void core_idle_turn(struct core_idle *idle, unsigned int work, uint64_t now_us);

#endif /* CORE_IDLE_H */

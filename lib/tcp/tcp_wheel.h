/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A hierarchical timer wheel with a tick of one millisecond: start and stop in constant time, and
 * the time of the next expiry at a glance.
 *
 * A timer stands on the level of the highest group of six bits in which its tick differs from the
 * wheel's. So all timers of a level are due before any of the next, and on a level the lowest
 * occupied slot is the first: no slot is ever walked in vain.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_WHEEL_H
#define TCP_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_WHEEL_TICK_US 1000
#define TCP_WHEEL_SLOTS 64
#define TCP_WHEEL_LEVELS 9 /* 54 bits of ticks: as many as 64 bits of microseconds have */

/** A timer, part of what it is for. All zero when it never ran. */
struct tcp_wheel_timer {
	struct tcp_wheel_timer *next;
	struct tcp_wheel_timer **link; /* what points here; NULL when it does not run */
	uint64_t tick;
	uint8_t level;
	uint8_t slot;
	uint8_t kind; /* its owner's */
};

/** A wheel. */
struct tcp_wheel {
	uint64_t tick; /* timers before it have expired */
	uint64_t occupied[TCP_WHEEL_LEVELS]; /* a bit for each slot */
	struct tcp_wheel_timer *slots[TCP_WHEEL_LEVELS][TCP_WHEEL_SLOTS];
};

/** Begin an empty wheel. */
void tcp_wheel_init(struct tcp_wheel *wheel, uint64_t now_us);

/** Start a timer, or start it again. It expires at the first tick not before @p due_us. */
void tcp_wheel_start(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer, uint64_t due_us);

/** Stop a timer, if it runs. */
void tcp_wheel_stop(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer);

/** Take out one timer that is due, or NULL. To be called until it returns NULL. */
struct tcp_wheel_timer *tcp_wheel_expire(struct tcp_wheel *wheel, uint64_t now_us);

/** A time at or before the next expiry, and after the last call of tcp_wheel_expire(). */
uint64_t tcp_wheel_next_us(const struct tcp_wheel *wheel);

/** Whether a timer runs. */
static inline bool
tcp_wheel_running(const struct tcp_wheel_timer *timer)
{
	return timer->link != NULL;
}

#endif /* TCP_WHEEL_H */

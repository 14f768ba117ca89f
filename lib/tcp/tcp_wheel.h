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
 * Most timers are stopped, or put off, long before they are due: with each segment. That is noted
 * in the timer alone, which keeps its place and moves, or goes, when its place is reached. So the
 * wheel may wake its owner once for a timer that is not due, and one that is freed must be taken
 * out.
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
	uint64_t due_us; /* 0 when it does not run */
	struct tcp_wheel_timer *next;
	struct tcp_wheel_timer **link; /* what points here; NULL when it stands nowhere */
	uint64_t tick; /* where it stands: not after due_us, while it runs */
	uint8_t level;
	uint8_t slot;
	uint8_t kind; /* its owner's */
};

/** A wheel. */
struct tcp_wheel {
	uint64_t next_us; /* before it nothing is to be done */
	uint64_t tick; /* timers before it have expired */
	uint64_t occupied[TCP_WHEEL_LEVELS]; /* a bit for each slot */
	struct tcp_wheel_timer *slots[TCP_WHEEL_LEVELS][TCP_WHEEL_SLOTS];
};

/** Begin an empty wheel. */
void tcp_wheel_init(struct tcp_wheel *wheel, uint64_t now_us);

/** Put a timer where it is due, wherever it stands. */
void tcp_wheel_place(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer);

/** Stop a timer, if it runs, and take it out: the wheel does not know it any more. */
void tcp_wheel_remove(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer);

/** Take out one timer that is due, or NULL. To be called until it returns NULL. */
struct tcp_wheel_timer *tcp_wheel_expire(struct tcp_wheel *wheel, uint64_t now_us);

/** A time at or before the next expiry, and after the last call of tcp_wheel_expire(). */
static inline uint64_t
tcp_wheel_next_us(const struct tcp_wheel *wheel)
{
	return wheel->next_us;
}

/**
 * Start a timer, or start it again. It expires at the first tick not before @p due_us, which is not
 * 0.
 */
static inline void
tcp_wheel_start(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer, uint64_t due_us)
{
	timer->due_us = due_us;
	/* Where it stands is early enough. */
	if (timer->link != NULL && due_us > (timer->tick - 1) * TCP_WHEEL_TICK_US)
		return;
	tcp_wheel_place(wheel, timer);
}

/** Stop a timer, if it runs. It must not be freed: see tcp_wheel_remove(). */
static inline void
tcp_wheel_stop(struct tcp_wheel_timer *timer)
{
	timer->due_us = 0;
}

/** Whether a timer runs. */
static inline bool
tcp_wheel_running(const struct tcp_wheel_timer *timer)
{
	return timer->due_us != 0;
}

#endif /* TCP_WHEEL_H */

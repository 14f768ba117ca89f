/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A hierarchical timer wheel with a tick of one millisecond: start and stop in constant time, and
 * the time of the next expiry at a glance.
 *
 * The few timers of one owner stand there together, at the first that is due, so that each costs no
 * more than its time: 32 bits of ticks, told from others nearby.
 *
 * They stand on the level of the highest group of six bits in which their tick differs from the
 * wheel's. So all timers of a level are due before any of the next, and on a level the lowest
 * occupied slot is the first: no slot is ever walked in vain.
 *
 * Most timers are stopped, or put off, long before they are due: with each segment. That is noted
 * in the owner alone, which keeps its place and moves, or goes, when its place is reached. So the
 * wheel may wake its owner once for a timer that is not due, and what is freed must be taken out.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_WHEEL_H
#define TCP_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

#define TCP_WHEEL_TICK_US 1000
#define TCP_WHEEL_SLOTS 64
#define TCP_WHEEL_LEVELS 9 /* 54 bits of ticks: as many as 64 bits of microseconds have */
#define TCP_WHEEL_TIMERS 4 /* of one owner */
/** Three days: no timer is started for longer, so that 32 bits of ticks can be told apart. */
#define TCP_WHEEL_DELAY_MAX_US ((UINT64_C(1) << 28) * TCP_WHEEL_TICK_US)

/** The timers of one owner, part of it. All zero when none ever ran. */
struct tcp_wheel_timers {
	struct tcp_wheel_timers *next;
	struct tcp_wheel_timers **link; /* what points here; NULL when they stand nowhere */
	uint32_t due[TCP_WHEEL_TIMERS]; /* ticks; 0 when it does not run */
	uint32_t tick; /* where they stand: not after any that is due */
	uint8_t level;
	uint8_t slot;
};

/** A wheel. */
struct tcp_wheel {
	uint64_t next_us; /* before it nothing is to be done */
	uint64_t tick; /* timers before it have expired */
	uint64_t occupied[TCP_WHEEL_LEVELS]; /* a bit for each slot */
	struct tcp_wheel_timers *slots[TCP_WHEEL_LEVELS][TCP_WHEEL_SLOTS];
};

/** Begin an empty wheel. */
void tcp_wheel_init(struct tcp_wheel *wheel, uint64_t now_us);

/** Put timers where one of them is due, at a tick, wherever they stand. */
void tcp_wheel_place(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers, uint64_t tick);

/** Stop all that run, and take them out: the wheel does not know them any more. */
void tcp_wheel_remove(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers);

/**
 * Stop one timer that is due. To be called until it returns NULL.
 *
 * @param[out] kind
 *   Which of its owner's timers it is.
 * @return
 *   Its owner's timers, or NULL.
 */
struct tcp_wheel_timers *tcp_wheel_expire(struct tcp_wheel *wheel, uint64_t now_us,
					  unsigned int *kind);

/** A time at or before the next expiry, and after the last call of tcp_wheel_expire(). */
static inline uint64_t
tcp_wheel_next_us(const struct tcp_wheel *wheel)
{
	return wheel->next_us;
}

/**
 * Have tcp_wheel_next_us() say no later time than this, of something that stands on no wheel. Until
 * the next tcp_wheel_expire().
 */
static inline void
tcp_wheel_wake(struct tcp_wheel *wheel, uint64_t at_us)
{
	wheel->next_us = RTE_MIN(wheel->next_us, at_us);
}

/**
 * Start a timer, or start it again. It expires at the first tick not before @p due_us, which is at
 * most TCP_WHEEL_DELAY_MAX_US away.
 */
static inline void
tcp_wheel_start(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers, unsigned int kind,
		uint64_t due_us)
{
	uint64_t tick = (due_us + TCP_WHEEL_TICK_US - 1) / TCP_WHEEL_TICK_US;
	uint32_t due = (uint32_t)tick;

	/* Once in 50 days a timer is late by a tick. */
	due += due == 0;
	timers->due[kind] = due;
	/* Where it stands is early enough. */
	if (timers->link != NULL && (int32_t)(due - timers->tick) >= 0)
		return;
	tcp_wheel_place(wheel, timers, tick);
}

/** Stop a timer, if it runs. It must not be freed: see tcp_wheel_remove(). */
static inline void
tcp_wheel_stop(struct tcp_wheel_timers *timers, unsigned int kind)
{
	timers->due[kind] = 0;
}

/** Whether a timer runs. */
static inline bool
tcp_wheel_running(const struct tcp_wheel_timers *timers, unsigned int kind)
{
	return timers->due[kind] != 0;
}

#endif /* TCP_WHEEL_H */

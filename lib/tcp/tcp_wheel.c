/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_wheel.h"

#include <string.h>

#include <rte_common.h>

#define SLOT_BITS 6
#define DELAY_MAX (TCP_WHEEL_DELAY_MAX_US / TCP_WHEEL_TICK_US)

static struct tcp_wheel_timers *expire_one(struct tcp_wheel *wheel, unsigned int *kind);
static bool expire_kind(const struct tcp_wheel *wheel, struct tcp_wheel_timers *timers,
			unsigned int *kind);
static void place_first(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers);
static void place(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers, uint64_t tick);
static void take_out(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers);
static void insert(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers);
static uint64_t widen(const struct tcp_wheel *wheel, uint32_t tick);
static void cascade(struct tcp_wheel *wheel, unsigned int level, unsigned int slot);
static int first_level(const struct tcp_wheel *wheel);
static uint64_t first_tick(const struct tcp_wheel *wheel, unsigned int level);

void
tcp_wheel_init(struct tcp_wheel *wheel, uint64_t now_us)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->tick = now_us / TCP_WHEEL_TICK_US;
	wheel->next_us = UINT64_MAX;
}

void
tcp_wheel_place(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers, uint64_t tick)
{
	if (timers->link != NULL)
		take_out(wheel, timers);
	/* An empty wheel stands still, for months maybe: let 32 bits tell its tick from this one.
	 */
	if (first_level(wheel) < 0 && tick > DELAY_MAX)
		wheel->tick = RTE_MAX(wheel->tick, tick - DELAY_MAX);
	place(wheel, timers, tick);
}

void
tcp_wheel_remove(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers)
{
	memset(timers->due, 0, sizeof(timers->due));
	if (timers->link != NULL)
		take_out(wheel, timers);
}

struct tcp_wheel_timers *
tcp_wheel_expire(struct tcp_wheel *wheel, uint64_t now_us, unsigned int *kind)
{
	struct tcp_wheel_timers *timers = NULL;
	uint64_t now = now_us / TCP_WHEEL_TICK_US;
	uint64_t tick;
	int level;

	while (timers == NULL && (level = first_level(wheel)) >= 0) {
		tick = first_tick(wheel, level);
		if (tick > now)
			break;
		wheel->tick = tick;
		if (level == 0)
			timers = expire_one(wheel, kind);
		else
			cascade(wheel, level, rte_bsf64(wheel->occupied[level]));
	}
	if (timers == NULL)
		wheel->tick = RTE_MAX(wheel->tick, now);
	level = first_level(wheel);
	wheel->next_us = level < 0 ? UINT64_MAX : first_tick(wheel, level) * TCP_WHEEL_TICK_US;
	return timers;
}

/* Of those that stand at the wheel's tick; NULL when this one is not due any more. */
static struct tcp_wheel_timers *
expire_one(struct tcp_wheel *wheel, unsigned int *kind)
{
	struct tcp_wheel_timers *timers = wheel->slots[0][wheel->tick % TCP_WHEEL_SLOTS];
	bool expired = expire_kind(wheel, timers, kind);

	take_out(wheel, timers);
	place_first(wheel, timers);
	return expired ? timers : NULL;
}

static bool
expire_kind(const struct tcp_wheel *wheel, struct tcp_wheel_timers *timers, unsigned int *kind)
{
	unsigned int i;

	for (i = 0; i < TCP_WHEEL_TIMERS; i++) {
		if (timers->due[i] == 0 || widen(wheel, timers->due[i]) > wheel->tick)
			continue;
		timers->due[i] = 0;
		*kind = i;
		return true;
	}
	return false;
}

/* Where the first of them is due, if any runs. */
static void
place_first(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers)
{
	uint64_t first = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < TCP_WHEEL_TIMERS; i++)
		if (timers->due[i] != 0)
			first = RTE_MIN(first, widen(wheel, timers->due[i]));
	if (first != UINT64_MAX)
		place(wheel, timers, first);
}

static void
place(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers, uint64_t tick)
{
	tick = RTE_MAX(tick, wheel->tick);
	timers->tick = (uint32_t)tick;
	insert(wheel, timers);
	wheel->next_us = RTE_MIN(wheel->next_us, tick * TCP_WHEEL_TICK_US);
}

static void
take_out(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers)
{
	*timers->link = timers->next;
	if (timers->next != NULL)
		timers->next->link = timers->link;
	timers->link = NULL;
	if (wheel->slots[timers->level][timers->slot] == NULL)
		wheel->occupied[timers->level] &= ~(UINT64_C(1) << timers->slot);
}

static void
insert(struct tcp_wheel *wheel, struct tcp_wheel_timers *timers)
{
	uint64_t tick = widen(wheel, timers->tick);
	uint64_t differs = tick ^ wheel->tick;
	struct tcp_wheel_timers **head;

	timers->level = differs == 0 ? 0 : (rte_fls_u64(differs) - 1) / SLOT_BITS;
	timers->slot = (tick >> (SLOT_BITS * timers->level)) % TCP_WHEEL_SLOTS;
	head = &wheel->slots[timers->level][timers->slot];
	timers->next = *head;
	if (timers->next != NULL)
		timers->next->link = &timers->next;
	timers->link = head;
	*head = timers;
	wheel->occupied[timers->level] |= UINT64_C(1) << timers->slot;
}

/* The tick near the wheel's of which these are the lower bits. */
static uint64_t
widen(const struct tcp_wheel *wheel, uint32_t tick)
{
	return wheel->tick + (int64_t)(int32_t)(tick - (uint32_t)wheel->tick);
}

/* The wheel has reached the first tick of a slot: its timers now belong on lower levels. */
static void
cascade(struct tcp_wheel *wheel, unsigned int level, unsigned int slot)
{
	struct tcp_wheel_timers *timers = wheel->slots[level][slot];
	struct tcp_wheel_timers *next;

	wheel->slots[level][slot] = NULL;
	wheel->occupied[level] &= ~(UINT64_C(1) << slot);
	for (; timers != NULL; timers = next) {
		next = timers->next;
		insert(wheel, timers);
	}
}

static int
first_level(const struct tcp_wheel *wheel)
{
	int level;

	for (level = 0; level < TCP_WHEEL_LEVELS; level++)
		if (wheel->occupied[level] != 0)
			return level;
	return -1;
}

/* The first tick of the lowest occupied slot of a level. */
static uint64_t
first_tick(const struct tcp_wheel *wheel, unsigned int level)
{
	unsigned int shift = SLOT_BITS * level;
	uint64_t slot = rte_bsf64(wheel->occupied[level]);

	return (wheel->tick >> (shift + SLOT_BITS) << (shift + SLOT_BITS)) | (slot << shift);
}

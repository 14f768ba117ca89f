/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_wheel.h"

#include <string.h>

#include <rte_common.h>

#define SLOT_BITS 6
#define TICK_MAX ((UINT64_C(1) << (SLOT_BITS * TCP_WHEEL_LEVELS)) - 1)

static struct tcp_wheel_timer *expire_one(struct tcp_wheel *wheel);
static void take_out(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer);
static void insert(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer);
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
tcp_wheel_place(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer)
{
	if (timer->link != NULL)
		take_out(wheel, timer);
	timer->due_us = RTE_MIN(timer->due_us, TICK_MAX * TCP_WHEEL_TICK_US);
	timer->tick = (timer->due_us + TCP_WHEEL_TICK_US - 1) / TCP_WHEEL_TICK_US;
	timer->tick = RTE_MAX(timer->tick, wheel->tick);
	insert(wheel, timer);
	wheel->next_us = RTE_MIN(wheel->next_us, timer->tick * TCP_WHEEL_TICK_US);
}

void
tcp_wheel_remove(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer)
{
	timer->due_us = 0;
	if (timer->link != NULL)
		take_out(wheel, timer);
}

struct tcp_wheel_timer *
tcp_wheel_expire(struct tcp_wheel *wheel, uint64_t now_us)
{
	struct tcp_wheel_timer *timer = NULL;
	uint64_t now = now_us / TCP_WHEEL_TICK_US;
	uint64_t tick;
	int level;

	while (timer == NULL && (level = first_level(wheel)) >= 0) {
		tick = first_tick(wheel, level);
		if (tick > now)
			break;
		wheel->tick = tick;
		if (level == 0)
			timer = expire_one(wheel);
		else
			cascade(wheel, level, rte_bsf64(wheel->occupied[level]));
	}
	if (timer == NULL)
		wheel->tick = RTE_MAX(wheel->tick, now);
	level = first_level(wheel);
	wheel->next_us = level < 0 ? UINT64_MAX : first_tick(wheel, level) * TCP_WHEEL_TICK_US;
	return timer;
}

/* Of the timers that stand at the wheel's tick; NULL when this one is not due any more. */
static struct tcp_wheel_timer *
expire_one(struct tcp_wheel *wheel)
{
	struct tcp_wheel_timer *timer = wheel->slots[0][wheel->tick % TCP_WHEEL_SLOTS];

	take_out(wheel, timer);
	if (timer->due_us > wheel->tick * TCP_WHEEL_TICK_US) {
		tcp_wheel_place(wheel, timer);
		return NULL;
	}
	if (timer->due_us == 0)
		return NULL;
	timer->due_us = 0;
	return timer;
}

static void
take_out(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer)
{
	*timer->link = timer->next;
	if (timer->next != NULL)
		timer->next->link = timer->link;
	timer->link = NULL;
	if (wheel->slots[timer->level][timer->slot] == NULL)
		wheel->occupied[timer->level] &= ~(UINT64_C(1) << timer->slot);
}

static void
insert(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer)
{
	uint64_t differs = timer->tick ^ wheel->tick;
	struct tcp_wheel_timer **head;

	timer->level = differs == 0 ? 0 : (rte_fls_u64(differs) - 1) / SLOT_BITS;
	timer->slot = (timer->tick >> (SLOT_BITS * timer->level)) % TCP_WHEEL_SLOTS;
	head = &wheel->slots[timer->level][timer->slot];
	timer->next = *head;
	if (timer->next != NULL)
		timer->next->link = &timer->next;
	timer->link = head;
	*head = timer;
	wheel->occupied[timer->level] |= UINT64_C(1) << timer->slot;
}

/* The wheel has reached the first tick of a slot: its timers now belong on lower levels. */
static void
cascade(struct tcp_wheel *wheel, unsigned int level, unsigned int slot)
{
	struct tcp_wheel_timer *timer = wheel->slots[level][slot];
	struct tcp_wheel_timer *next;

	wheel->slots[level][slot] = NULL;
	wheel->occupied[level] &= ~(UINT64_C(1) << slot);
	for (; timer != NULL; timer = next) {
		next = timer->next;
		insert(wheel, timer);
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

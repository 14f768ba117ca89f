/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_wheel.h"

#include <string.h>

#include <rte_common.h>

#define SLOT_BITS 6
#define TICK_MAX ((UINT64_C(1) << (SLOT_BITS * TCP_WHEEL_LEVELS)) - 1)

static void insert(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer);
static void cascade(struct tcp_wheel *wheel, unsigned int level, unsigned int slot);
static int first_level(const struct tcp_wheel *wheel);
static uint64_t first_tick(const struct tcp_wheel *wheel, unsigned int level);

void
tcp_wheel_init(struct tcp_wheel *wheel, uint64_t now_us)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->tick = now_us / TCP_WHEEL_TICK_US;
}

void
tcp_wheel_start(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer, uint64_t due_us)
{
	uint64_t tick = due_us / TCP_WHEEL_TICK_US + (due_us % TCP_WHEEL_TICK_US != 0);

	tcp_wheel_stop(wheel, timer);
	timer->tick = RTE_MIN(RTE_MAX(tick, wheel->tick), TICK_MAX);
	insert(wheel, timer);
}

void
tcp_wheel_stop(struct tcp_wheel *wheel, struct tcp_wheel_timer *timer)
{
	if (timer->link == NULL)
		return;
	*timer->link = timer->next;
	if (timer->next != NULL)
		timer->next->link = timer->link;
	timer->link = NULL;
	if (wheel->slots[timer->level][timer->slot] == NULL)
		wheel->occupied[timer->level] &= ~(UINT64_C(1) << timer->slot);
}

struct tcp_wheel_timer *
tcp_wheel_expire(struct tcp_wheel *wheel, uint64_t now_us)
{
	uint64_t now = now_us / TCP_WHEEL_TICK_US;
	struct tcp_wheel_timer *timer;
	uint64_t tick;
	int level;

	while ((level = first_level(wheel)) >= 0) {
		tick = first_tick(wheel, level);
		if (tick > now)
			break;
		wheel->tick = tick;
		if (level > 0) {
			cascade(wheel, level, rte_bsf64(wheel->occupied[level]));
			continue;
		}
		timer = wheel->slots[0][tick % TCP_WHEEL_SLOTS];
		tcp_wheel_stop(wheel, timer);
		return timer;
	}
	wheel->tick = RTE_MAX(wheel->tick, now);
	return NULL;
}

uint64_t
tcp_wheel_next_us(const struct tcp_wheel *wheel)
{
	int level = first_level(wheel);

	if (level < 0)
		return UINT64_MAX;
	return first_tick(wheel, level) * TCP_WHEEL_TICK_US;
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

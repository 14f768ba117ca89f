/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_wait.h"

#include <time.h>

#include <rte_common.h>

#include "packetdrill_cork.h"

/* What no script waits for: then it fails, where it would hang. */
#define FOREVER_US UINT64_C(3600000000)
/* Of real time. A thread that does not ask for the time is not making a call. */
#define LATE_S 1

static uint64_t next_event_us(const struct packetdrill *drill);
static bool is_script(const struct packetdrill *drill);
static bool wait_on_script(struct packetdrill *drill, struct packetdrill_waiter *waiter);
static bool is_over(const struct packetdrill *drill, const struct packetdrill_waiter *waiter);
static void step(struct packetdrill *drill, uint64_t next_us);
static void settle(struct packetdrill *drill);

bool
packetdrill_wait(struct packetdrill *drill, bool (*ready)(void *arg), void *arg,
		 uint64_t deadline_us)
{
	struct packetdrill_waiter waiter = {
		.ready = ready,
		.arg = arg,
		.deadline_us = RTE_MIN(deadline_us, drill->stack.now_us + FOREVER_US),
	};

	if (ready(arg))
		return true;
	if (is_script(drill))
		return wait_on_script(drill, &waiter);
	drill->waiter = &waiter;
	while (!waiter.awake)
		pthread_cond_wait(&drill->changed, &drill->lock);
	drill->waiter = NULL;
	return ready(arg);
}

void
packetdrill_advance(struct packetdrill *drill, uint64_t until_us)
{
	uint64_t next_us;

	for (;;) {
		settle(drill);
		next_us = next_event_us(drill);
		if (next_us > until_us)
			break;
		step(drill, next_us);
	}
	step(drill, until_us);
}

void
packetdrill_happened(struct packetdrill *drill)
{
	struct packetdrill_waiter *waiter = drill->waiter;

	if (waiter == NULL || waiter->awake || !is_over(drill, waiter))
		return;
	waiter->awake = true;
	drill->looks_late = true;
	pthread_cond_broadcast(&drill->changed);
}

uint64_t
packetdrill_now(struct packetdrill *drill)
{
	if (drill->looks_late && !is_script(drill)) {
		drill->looks_late = false;
		pthread_cond_broadcast(&drill->changed);
	} else {
		packetdrill_advance(drill, drill->stack.now_us + 1);
	}
	return drill->stack.now_us;
}

static uint64_t
next_event_us(const struct packetdrill *drill)
{
	uint64_t next_us =
		RTE_MIN(packetdrill_stack_next_us(&drill->stack), packetdrill_cork_next_us(drill));

	if (drill->waiter != NULL)
		next_us = RTE_MIN(next_us, drill->waiter->deadline_us);
	return next_us;
}

static bool
is_script(const struct packetdrill *drill)
{
	return pthread_equal(pthread_self(), drill->script);
}

static bool
wait_on_script(struct packetdrill *drill, struct packetdrill_waiter *waiter)
{
	uint64_t next_us;

	while (!is_over(drill, waiter)) {
		next_us = next_event_us(drill);
		next_us = RTE_MIN(next_us, waiter->deadline_us);
		settle(drill);
		step(drill, next_us);
	}
	return waiter->ready(waiter->arg);
}

static bool
is_over(const struct packetdrill *drill, const struct packetdrill_waiter *waiter)
{
	return drill->stack.now_us >= waiter->deadline_us || waiter->ready(waiter->arg);
}

static void
step(struct packetdrill *drill, uint64_t next_us)
{
	packetdrill_stack_advance(&drill->stack, next_us);
	packetdrill_cork_tick(drill);
	packetdrill_happened(drill);
}

/* The other thread's call was over at this time: it is to see this time. */
static void
settle(struct packetdrill *drill)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += LATE_S;
	while (drill->looks_late)
		if (pthread_cond_timedwait(&drill->changed, &drill->lock, &end) != 0)
			drill->looks_late = false;
}

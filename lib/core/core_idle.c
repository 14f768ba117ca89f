/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_idle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_pause.h>

#include "core_control.h"
#include "core_steer.h"

/* Turns without work before a core sleeps: some tens of microseconds. */
#define IDLE_TURNS 256

/* A core without interrupts looks at its port at least this often. */
#define NAP_MIN_US 50
#define NAP_MAX_US 1000u

/* Longest sleep: nothing needs it to end, but a bound is good to have. */
#define SLEEP_MAX_US 1000000ull

static bool has_steered(struct core_idle *idle);
static bool may_sleep(const struct core *core);
static void arm(struct core_idle *idle, bool armed);
static void take_signals(const struct core_port *port);
static void wait_interrupt(uint64_t timeout_us);
static void nap(struct core_idle *idle, uint64_t timeout_us);

void
core_idle_init(struct core_idle *idle, struct core *core, bool poll)
{
	const struct core_port *port = core->port;

	idle->core = core;
	idle->poll = poll;
	idle->interrupts = false;
	idle->armed = false;
	idle->idle_turns = 0;
	idle->nap_us = NAP_MIN_US;
	idle->steered = core->stats.steered + core->stats.sent_for_others;
	idle->wake_fd = submit_wake_fd(core->submit, core->index);
	idle->wake_event = (struct rte_epoll_event){.epdata.event = EPOLLIN};
	if (poll || !port->rx_interrupt)
		return;
	if (rte_eth_dev_rx_intr_ctl_q(port->port_id, port->queue, RTE_EPOLL_PER_THREAD,
				      RTE_INTR_EVENT_ADD, NULL) < 0)
		return;
	if (rte_epoll_ctl(RTE_EPOLL_PER_THREAD, EPOLL_CTL_ADD, idle->wake_fd, &idle->wake_event) <
	    0) {
		rte_eth_dev_rx_intr_ctl_q(port->port_id, port->queue, RTE_EPOLL_PER_THREAD,
					  RTE_INTR_EVENT_DEL, NULL);
		return;
	}
	idle->interrupts = true;
	take_signals(port);
}

void
core_idle_deinit(struct core_idle *idle)
{
	const struct core_port *port = idle->core->port;

	if (!idle->interrupts)
		return;
	arm(idle, false);
	rte_epoll_ctl(RTE_EPOLL_PER_THREAD, EPOLL_CTL_DEL, idle->wake_fd, &idle->wake_event);
	rte_eth_dev_rx_intr_ctl_q(port->port_id, port->queue, RTE_EPOLL_PER_THREAD,
				  RTE_INTR_EVENT_DEL, NULL);
}

void
core_idle_turn(struct core_idle *idle, unsigned int work, uint64_t now_us)
{
	struct core *core = idle->core;
	uint64_t next_us;

	if (work > 0 || has_steered(idle)) {
		arm(idle, false);
		idle->idle_turns = 0;
		idle->nap_us = NAP_MIN_US;
		return;
	}
	if (idle->poll || idle->idle_turns++ < IDLE_TURNS) {
		rte_pause();
		return;
	}
	/* From here on the device interrupts; a frame that came before is met by one more turn. */
	if (idle->interrupts && !idle->armed) {
		arm(idle, true);
		return;
	}
	next_us = core_sleep_until_us(core);
	if (next_us <= now_us || !submit_sleep_begin(core->submit, core->index))
		return;
	if (may_sleep(core)) {
		core->stats.sleeps++;
		if (idle->interrupts)
			wait_interrupt(RTE_MIN(next_us - now_us, SLEEP_MAX_US));
		else
			nap(idle, next_us - now_us);
	}
	submit_sleep_end(core->submit, core->index);
	if (idle->interrupts) {
		arm(idle, false);
		idle->idle_turns = 0;
	}
}

/* What a queue brings for others, or takes of them, is no work of the core's; but it is not idle.
 */
static bool
has_steered(struct core_idle *idle)
{
	uint64_t steered = idle->core->stats.steered + idle->core->stats.sent_for_others;
	bool has = steered != idle->steered;

	idle->steered = steered;
	return has;
}

/* Having said that it sleeps: nothing has crossed to it before, and what does now wakes it. */
static bool
may_sleep(const struct core *core)
{
	return !core_control_waits(core) && !chain_reference_waits(&core->chains) &&
	       !atomic_load_explicit(&core->stop, memory_order_relaxed) &&
	       (core->steer == NULL || !core_steer_waits(core->steer, core->index));
}

/* A core that is at work polls: an interrupt for each frame would be waste. */
static void
arm(struct core_idle *idle, bool armed)
{
	const struct core_port *port = idle->core->port;

	if (idle->armed == armed)
		return;
	idle->armed = armed;
	if (armed)
		rte_eth_dev_rx_intr_enable(port->port_id, port->queue);
	else
		rte_eth_dev_rx_intr_disable(port->port_id, port->queue);
}

/*
 * net_tap yields no frame before some thread has taken the signal of it. That must be the thread
 * which the frame wakes: of another, it would look too early, and sleep until the next frame.
 */
static void
take_signals(const struct core_port *port)
{
	struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = rte_gettid()};
	int fd = rte_eth_dev_rx_intr_ctl_q_get_fd(port->port_id, port->queue);

	if (fd >= 0)
		fcntl(fd, F_SETOWN_EX, &owner);
}

static void
wait_interrupt(uint64_t timeout_us)
{
	struct rte_epoll_event events[2];

	/* Rounded up: the wheel's tick is a millisecond as well, and a spin for less is waste. */
	rte_epoll_wait(RTE_EPOLL_PER_THREAD, events, RTE_DIM(events),
		       (int)((timeout_us + 999) / 1000));
}

static void
nap(struct core_idle *idle, uint64_t timeout_us)
{
	struct pollfd fd = {.fd = idle->wake_fd, .events = POLLIN};
	uint64_t nap_us = RTE_MIN((uint64_t)idle->nap_us, timeout_us);
	struct timespec timeout = {.tv_nsec = nap_us * 1000};

	idle->nap_us = RTE_MIN(2 * idle->nap_us, NAP_MAX_US);
	ppoll(&fd, 1, &timeout, NULL);
}

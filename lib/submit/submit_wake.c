/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Sleeping without a lost wake-up, the same for cores and engine threads.
 *
 *     who sleeps                       who crosses
 *     store sleeping = true            store the message
 *     full fence                       full fence
 *     load the messages: none          load sleeping: true
 *     wait for the eventfd             store sleeping = false, write the eventfd
 *
 * With a full fence between store and load on both sides at least one of them sees the other's
 * store: the sleeper finds the message, or the other finds it asleep. The store of false spares
 * those who cross next a write; it may hit a later sleep than the one that was seen, but then the
 * write that follows ends that one. A write that comes late ends a sleep for nothing, no more.
 *
 * That store and that write are to be seen in this order: the kernel takes the eventfd's lock for
 * the write and for the sleeper's read, so the store that came before the one is seen after the
 * other. test/model searches every run of this, and what each fence, check and order is for.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_atomic.h>

#include "submit_private.h"

static bool core_has_responses(const struct tr_submit *submit, unsigned int core);

bool
submit_sleep_begin(struct tr_submit *submit, unsigned int core)
{
	struct submit_sleeper *sleeper = &submit->cores[core].sleeper;

	submit_sleeper_begin(sleeper);
	if (core_has_responses(submit, core)) {
		atomic_store_explicit(&sleeper->sleeping, false, memory_order_relaxed);
		return false;
	}
	return true;
}

void
submit_sleep_end(struct tr_submit *submit, unsigned int core)
{
	submit_sleeper_end(&submit->cores[core].sleeper);
}

void
submit_wake(struct tr_submit *submit, unsigned int core)
{
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	submit_sleeper_wake(&submit->cores[core].sleeper);
}

int
submit_wake_fd(const struct tr_submit *submit, unsigned int core)
{
	return submit->cores[core].sleeper.fd;
}

int
submit_sleeper_init(struct submit_sleeper *sleeper)
{
	atomic_init(&sleeper->sleeping, false);
	sleeper->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return sleeper->fd < 0 ? -errno : 0;
}

void
submit_sleeper_deinit(struct submit_sleeper *sleeper)
{
	if (sleeper->fd >= 0)
		close(sleeper->fd);
	sleeper->fd = -1;
}

void
submit_sleeper_begin(struct submit_sleeper *sleeper)
{
	atomic_store_explicit(&sleeper->sleeping, true, memory_order_relaxed);
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
submit_sleeper_end(struct submit_sleeper *sleeper)
{
	eventfd_t count;

	atomic_store_explicit(&sleeper->sleeping, false, memory_order_relaxed);
	/* -EAGAIN: something else ended the sleep. */
	(void)eventfd_read(sleeper->fd, &count);
}

void
submit_sleeper_wait(struct submit_sleeper *sleeper)
{
	struct pollfd readable = {.fd = sleeper->fd, .events = POLLIN};

	/* A signal ends the wait as well: who waits looks at everything again anyway. */
	(void)poll(&readable, 1, -1);
}

bool
submit_sleeper_wake(struct submit_sleeper *sleeper)
{
	if (!atomic_load_explicit(&sleeper->sleeping, memory_order_relaxed))
		return false;
	atomic_store_explicit(&sleeper->sleeping, false, memory_order_relaxed);
	/* Cannot fail: the counter would have to overflow. */
	(void)eventfd_write(sleeper->fd, 1);
	return true;
}

static bool
core_has_responses(const struct tr_submit *submit, unsigned int core)
{
	unsigned int nb = submit_producers(submit);
	unsigned int i;

	for (i = 0; i < nb; i++)
		if (submit_ring_count(submit->producers[i]->rings[core]) > 0)
			return true;
	return false;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_control.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include <rte_errno.h>
#include <rte_ring_elem.h>

#include "submit.h"

#define RING_MESSAGES 256
#define CALL_TIMEOUT_S 2

/* Of these, with packets; a few more where several cores post at once. */
#define RING_PACKETS 128

/* A call that somebody waits for; the last of the two sides to leave frees it. */
struct control_call {
	void (*call)(struct core *core, void *arg);
	void *arg;
	sem_t done;
	atomic_int state;
};

enum control_call_state { CALL_WAITING, CALL_RUNNING, CALL_GIVEN_UP };

static void run_call(struct core *core, const struct core_message *message);
static int wait_done(struct control_call *call);

int
core_control_setup(struct core *core, const char *name, int socket)
{
	core->control = rte_ring_create_elem(name, sizeof(struct core_message), RING_MESSAGES,
					     socket, RING_F_SC_DEQ);
	return core->control != NULL ? 0 : -rte_errno;
}

void
core_control_teardown(struct core *core)
{
	rte_ring_free(core->control);
}

int
core_control_post(struct core *core, const struct core_message *message)
{
	if (rte_ring_enqueue_elem(core->control, (void *)(uintptr_t)message, sizeof(*message)) != 0)
		return -ENOBUFS;
	submit_wake(core->submit, core->index);
	return 0;
}

/* rte_ring_count() reads what other threads write without atomics. */
int
core_control_post_packet(struct core *core, const struct core_message *message)
{
	const struct rte_ring *ring = core->control;
	uint32_t tail = __atomic_load_n(&ring->cons.tail, __ATOMIC_ACQUIRE);

	if (__atomic_load_n(&ring->prod.tail, __ATOMIC_RELAXED) - tail >= RING_PACKETS)
		return -ENOBUFS;
	return core_control_post(core, message);
}

int
core_control_call(struct core *core, void (*function)(struct core *core, void *arg), void *arg)
{
	struct control_call *call = calloc(1, sizeof(*call));
	struct core_message message = {.run = run_call, .arg = call};
	int waiting = CALL_WAITING;
	int ret;

	if (call == NULL)
		return -ENOMEM;
	call->call = function;
	call->arg = arg;
	sem_init(&call->done, 0, 0);
	ret = core_control_post(core, &message);
	if (ret == 0 && wait_done(call) < 0) {
		/* The core has the message: either it runs now, or it will free it unrun. */
		if (atomic_compare_exchange_strong(&call->state, &waiting, CALL_GIVEN_UP))
			return -ETIMEDOUT;
		while (sem_wait(&call->done) < 0)
			;
	}
	sem_destroy(&call->done);
	free(call);
	return ret;
}

unsigned int
core_control_run(struct core *core)
{
	struct core_message message;
	unsigned int nb = 0;

	while (nb < RING_MESSAGES &&
	       rte_ring_dequeue_elem(core->control, &message, sizeof(message)) == 0) {
		message.run(core, &message);
		core->stats.control++;
		nb++;
	}
	return nb;
}

static void
run_call(struct core *core, const struct core_message *message)
{
	struct control_call *call = message->arg;
	int waiting = CALL_WAITING;

	if (!atomic_compare_exchange_strong(&call->state, &waiting, CALL_RUNNING)) {
		sem_destroy(&call->done);
		free(call);
		return;
	}
	call->call(core, call->arg);
	sem_post(&call->done);
}

static int
wait_done(struct control_call *call)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CALL_TIMEOUT_S;
	while (sem_timedwait(&call->done, &until) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "rings.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "producer.h"
#include "stream.h"

#define RING_MESSAGES 1024
#define BURST 32

struct message {
	uint64_t number;
	uint64_t payload[7];
};

_Static_assert(sizeof(struct message) == 64, "a message is as large as a response");

struct sender {
	pthread_t id;
	unsigned int index;
	const struct placement *placement;
	struct rte_ring *ring;
	const atomic_bool *start;
	const atomic_bool *stop;
	uint64_t sent; /* by the thread */
	atomic_bool ended; /* sent is final */
} __rte_cache_aligned;

struct rings {
	struct rte_ring *rings[STREAM_THREADS_MAX];
	unsigned int nb_rings;
	struct sender senders[STREAM_THREADS_MAX];
	unsigned int nb_senders;
	atomic_bool start;
	atomic_bool stop;
};

static const struct {
	const char *name;
	const char *help;
	unsigned int flags; /* of the ring */
} modes[RINGS_MODES] = {
	[RINGS_SHARED] = {"shared", "one ring, multi-producer", RING_F_SC_DEQ},
	[RINGS_RTS] = {"rts", "one ring, relaxed tail", RING_F_MP_RTS_ENQ | RING_F_SC_DEQ},
	[RINGS_HTS] = {"hts", "one ring, head and tail", RING_F_MP_HTS_ENQ | RING_F_SC_DEQ},
	[RINGS_OWN] = {"own", "a ring for each thread", RING_F_SP_ENQ | RING_F_SC_DEQ},
};

static int setup(struct rings *rings, enum rings_mode mode, unsigned int nb_producers,
		 const struct placement *placement);
static void *sender_main(void *arg);
static uint64_t receive(struct rings *rings, unsigned int duration_ms, double *seconds);
static uint64_t receive_round(struct rings *rings);
static bool all_ended(const struct rings *rings);

const char *
rings_name(enum rings_mode mode)
{
	return modes[mode].name;
}

const char *
rings_help(enum rings_mode mode)
{
	return modes[mode].help;
}

int
rings_run(enum rings_mode mode, unsigned int nb_producers, unsigned int duration_ms,
	  const struct placement *placement, double *rate, char *error, size_t error_size)
{
	struct rings rings = {0};
	uint64_t received = 0;
	uint64_t sent = 0;
	unsigned int i;
	double seconds = 0;
	int rc;

	rc = setup(&rings, mode, nb_producers, placement);
	if (rc == 0)
		received = receive(&rings, duration_ms, &seconds);
	atomic_store_explicit(&rings.stop, true, memory_order_relaxed);
	atomic_store_explicit(&rings.start, true, memory_order_release);
	for (i = 0; i < rings.nb_senders; i++) {
		pthread_join(rings.senders[i].id, NULL);
		sent += rings.senders[i].sent;
	}
	for (i = 0; i < rings.nb_rings; i++)
		rte_ring_free(rings.rings[i]);

	if (rc < 0) {
		snprintf(error, error_size, "ring %s: %s", modes[mode].name, strerror(-rc));
		return rc;
	}
	if (received != sent) {
		snprintf(error, error_size,
			 "ring %s: %" PRIu64 " messages were sent, but %" PRIu64 " received",
			 modes[mode].name, sent, received);
		return -EIO;
	}
	*rate = received / seconds;
	return 0;
}

static int
setup(struct rings *rings, enum rings_mode mode, unsigned int nb_producers,
      const struct placement *placement)
{
	unsigned int nb_rings = mode == RINGS_OWN ? nb_producers : 1;
	char name[RTE_RING_NAMESIZE];
	unsigned int i;
	int rc;

	for (i = 0; i < nb_rings; i++) {
		snprintf(name, sizeof(name), "bench_ring_%u", i);
		rings->rings[i] = rte_ring_create_elem(name, sizeof(struct message), RING_MESSAGES,
						       SOCKET_ID_ANY, modes[mode].flags);
		if (rings->rings[i] == NULL)
			return -rte_errno;
		rings->nb_rings++;
	}
	for (i = 0; i < nb_producers; i++) {
		struct sender *sender = &rings->senders[i];

		sender->index = i;
		sender->placement = placement;
		sender->ring = rings->rings[i % nb_rings];
		sender->start = &rings->start;
		sender->stop = &rings->stop;
		rc = rte_ctrl_thread_create(&sender->id, "bench-sender", NULL, sender_main, sender);
		if (rc != 0)
			return -abs(rc);
		rings->nb_senders++;
	}
	return 0;
}

/* As fast as the ring takes them. */
static void *
sender_main(void *arg)
{
	struct sender *sender = arg;
	struct message message = {0};
	unsigned int spins = 0;

	placement_enter_engine(sender->placement, sender->index);
	while (!atomic_load_explicit(sender->start, memory_order_acquire))
		sched_yield();
	while (!atomic_load_explicit(sender->stop, memory_order_relaxed)) {
		message.number = sender->sent;
		if (rte_ring_enqueue_elem(sender->ring, &message, sizeof(message)) == 0) {
			sender->sent++;
			spins = 0;
		} else if (++spins % PRODUCER_SPINS == 0) {
			sched_yield();
		} else {
			rte_pause();
		}
	}
	atomic_store_explicit(&sender->ended, true, memory_order_release);
	return NULL;
}

static uint64_t
receive(struct rings *rings, unsigned int duration_ms, double *seconds)
{
	uint64_t hz = rte_get_timer_hz();
	uint64_t begin = rte_get_timer_cycles();
	uint64_t end = begin + duration_ms * hz / 1000;
	unsigned int idle = 0;
	uint64_t received = 0;
	uint64_t nb;
	bool ended;

	atomic_store_explicit(&rings->start, true, memory_order_release);
	for (;;) {
		ended = all_ended(rings);
		nb = receive_round(rings);
		received += nb;
		/* Never before the first: a rate is of something, however late a sender runs. */
		if (rte_get_timer_cycles() >= end && received > 0)
			atomic_store_explicit(&rings->stop, true, memory_order_relaxed);
		if (nb > 0)
			idle = 0;
		else if (ended)
			break;
		else if (++idle % PRODUCER_SPINS == 0)
			sched_yield();
		else
			rte_pause();
	}
	*seconds = (double)(rte_get_timer_cycles() - begin) / hz;
	return received;
}

static uint64_t
receive_round(struct rings *rings)
{
	struct message messages[BURST];
	uint64_t received = 0;
	unsigned int i;

	for (i = 0; i < rings->nb_rings; i++)
		received += rte_ring_dequeue_burst_elem(rings->rings[i], messages,
							sizeof(messages[0]), BURST, NULL);
	return received;
}

static bool
all_ended(const struct rings *rings)
{
	unsigned int i;

	for (i = 0; i < rings->nb_senders; i++)
		if (!atomic_load_explicit(&rings->senders[i].ended, memory_order_acquire))
			return false;
	return true;
}

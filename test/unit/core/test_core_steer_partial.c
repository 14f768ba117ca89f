/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Steering before queues that may not be there, as the port's peer pleases. */
#include "core_steer.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "steer_rig.h"
#include "test_eal.h"

/* What each thread sends, and peers that come meanwhile, at most. */
#define THREAD_FRAMES 2000
#define THREAD_PEERS 100

static int
setup(void **state)
{
	(void)state;
	setup_port(false);
	return 0;
}

static int
setup_partial(void **state)
{
	(void)state;
	setup_port(true);
	return 0;
}

static int
setup_first(void **state)
{
	unsigned int i;

	(void)state;
	setup_port(true);
	for (i = 0; i < CORES; i++) {
		queues[i].port.is_there_unasked = true;
		ports[i] = core_steer_port(steer, i, &queues[i].port, &stats[i]);
	}
	return 0;
}

static void
send(unsigned int core, unsigned int nb)
{
	struct rte_mbuf *mbuf;

	while (nb-- > 0) {
		mbuf = segment(0, 0);
		assert_int_equal(ports[core]->tx(ports[core], &mbuf, 1), 1);
	}
}

/* Turns of all cores, until what a queue brought is where it belongs. */
static void
turns(uint32_t *next)
{
	unsigned int i;

	for (i = 0; i < 2 * CORES; i++)
		turn(i % CORES, next);
}

/* Who has none needs none: what is sent goes by the first core's. */
static void
test_a_queue_that_is_not_there(void **state)
{
	struct rte_mbuf *mbufs[BURST];
	unsigned int bursts, i;

	(void)state;
	queues[1].missing = true;
	queues[2].missing = true;
	assert_false(core_steer_waits(steer, 0));
	send(1, 3);
	send(2, 2);
	assert_true(woken[0] > 0);
	assert_true(core_steer_waits(steer, 0));
	assert_int_equal(queues[1].sent + queues[2].sent, 0);
	assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_int_equal(queues[0].sent, 5);
	assert_false(core_steer_waits(steer, 0));
	/* Rubbish is brought twice, and counted. */
	for (i = 1; i <= 2; i++) {
		put(1, segment(0, 0));
		assert_int_equal(ports[1]->rx(ports[1], mbufs, BURST), 0);
		assert_int_equal(stats[1].drop_queue_missing, i);
	}
	bursts = queues[1].bursts;
	assert_int_equal(ports[1]->rx(ports[1], mbufs, BURST), 0);
	assert_int_equal(queues[1].bursts, bursts);
	assert_int_equal(stats[1].steered, 0);
	send(1, 1);
	assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_int_equal(queues[0].sent, 6);
	assert_int_equal(queues[1].sent, 0);
}

/* How much there seems to be of a queue that never was, no more is read than tells it. */
static void
test_a_queue_that_was_never_there(void **state)
{
	struct rte_mbuf *mbufs[BURST];
	unsigned int peers, i;

	(void)state;
	queues[1].missing = true;
	for (i = 0; i < 4 * BURST; i++)
		put(1, segment(0, 0));
	for (peers = 1; peers <= 3; peers++) {
		for (i = 0; i < 5; i++)
			assert_int_equal(ports[1]->rx(ports[1], mbufs, BURST), 0);
		assert_int_equal(queues[1].at, 2 * peers);
		assert_int_equal(stats[1].drop_queue_missing, 2 * peers);
		core_steer_counters_cleared(steer, 1);
		atomic_fetch_add(core_steer_peers(steer), 1);
	}
	rte_pktmbuf_free_bulk(&queues[1].frames[queues[1].at], queues[1].nb - queues[1].at);
}

/* One frame is lost when somebody clears the counters then, however many there are. */
static void
test_an_uncounted_queue_of_many_frames(void **state)
{
	uint32_t next[FLOWS] = {0};
	unsigned int i;

	(void)state;
	queues[1].cleared = true;
	put(1, segment(1, 0));
	for (i = 0; i < 3 * BURST; i++)
		put(1, segment(1, i));
	for (i = 0; i < 10; i++)
		turns(next);
	assert_int_equal(stats[1].drop_queue_missing, 1);
	assert_int_equal(next[1], 3 * BURST);
}

/* Who asks for one frame has one. */
static void
test_one_frame_at_a_time(void **state)
{
	struct rte_mbuf *mbuf;
	uint16_t flow = 0;
	unsigned int i;

	(void)state;
	mbuf = segment(flow, 0);
	while (core_rss_frame_owner(&rss, mbuf) != 1) {
		rte_pktmbuf_free(mbuf);
		mbuf = segment(++flow, 0);
	}
	put(1, mbuf);
	put(1, segment(flow, 1));
	assert_int_equal(ports[1]->rx(ports[1], &mbuf, 0), 0);
	assert_int_equal(queues[1].at, 0);
	for (i = 1; i <= 2; i++) {
		assert_int_equal(ports[1]->rx(ports[1], &mbuf, 1), 1);
		assert_int_equal(queues[1].at, i);
		rte_pktmbuf_free(mbuf);
	}
}

/* It is known as soon as it has brought something; what it takes is seen by one frame. */
static void
test_a_queue_that_is_there(void **state)
{
	uint32_t next[FLOWS] = {0};
	struct rte_mbuf *mbufs[4];
	unsigned int i;

	(void)state;
	put(1, segment(1, 0));
	for (i = 0; i < 2 * CORES; i++)
		turn(i % CORES, next);
	assert_int_equal(next[1], 1);
	for (i = 0; i < RTE_DIM(mbufs); i++)
		mbufs[i] = segment(0, 0);
	assert_int_equal(ports[1]->tx(ports[1], mbufs, RTE_DIM(mbufs)), 1);
	assert_int_equal(ports[1]->tx(ports[1], mbufs + 1, RTE_DIM(mbufs) - 1), RTE_DIM(mbufs) - 1);
	assert_int_equal(queues[1].sent, RTE_DIM(mbufs));
	assert_false(core_steer_waits(steer, 0));
	/* It brings frames, and takes none: there are more of one kind than of the other. */
	put(2, segment(1, 1));
	for (i = 0; i < 2 * CORES; i++)
		turn(i % CORES, next);
	assert_int_equal(next[1], 2);
	queues[2].missing = true;
	send(2, 3);
	assert_int_equal(queues[2].sent, 1);
	turn(0, next);
	assert_int_equal(queues[0].sent, 2);
	put(2, segment(1, 2));
	for (i = 0; i < 2 * CORES; i++)
		turn(i % CORES, next);
	assert_int_equal(next[1], 3);
}

/* One burst of it is not counted as somebody clears the counters then. */
static void
test_the_counters_are_cleared(void **state)
{
	uint32_t next[FLOWS] = {0};

	(void)state;
	queues[1].cleared = true;
	put(1, segment(1, 0));
	turns(next);
	assert_int_equal(stats[1].drop_queue_missing, 1);
	put(1, segment(1, 0));
	turns(next);
	assert_int_equal(next[1], 1);
	assert_int_equal(stats[1].drop_queue_missing, 1);
}

/* Where frames are lost on their way to the queue, it is asked again, and in the end found. */
static void
test_the_first_frames_are_lost(void **state)
{
	uint32_t next[FLOWS] = {0};
	unsigned int i;

	(void)state;
	put(1, segment(1, 0));
	turns(next);
	queues[1].lose = 3;
	for (i = 0; i < 200; i++) {
		send(1, 1);
		turn(0, next);
	}
	assert_int_equal(queues[1].lost, 3);
	assert_true(queues[1].sent > 100);
	assert_int_equal(queues[0].sent + queues[1].sent, 197);
}

/* A queue that takes nothing for good costs a few frames, far between, and no more. */
static void
test_all_frames_are_lost(void **state)
{
	uint32_t next[FLOWS] = {0};
	unsigned int i;

	(void)state;
	put(1, segment(1, 0));
	turns(next);
	queues[1].lose = UINT32_MAX;
	for (i = 0; i < 10000; i++) {
		send(1, 1);
		turn(0, next);
		if (i == 0 || i == 5)
			assert_int_equal(queues[1].lost, 1 + i / 5);
	}
	assert_int_equal(queues[1].lost, 6);
	assert_int_equal(queues[0].sent, 10000 - 6);
}

/* With each peer it is asked again, whether it was missing or not. */
static void
test_another_peer(void **state)
{
	uint32_t next[FLOWS] = {0};
	struct rte_mbuf *mbufs[BURST];
	unsigned int sent, i;

	(void)state;
	queues[1].missing = true;
	for (i = 0; i < 2; i++) {
		put(1, segment(1, 0));
		assert_int_equal(ports[1]->rx(ports[1], mbufs, BURST), 0);
	}
	put(1, segment(1, 0));
	turns(next);
	assert_int_equal(next[1], 0);

	queues[1].missing = false;
	atomic_fetch_add(core_steer_peers(steer), 1);
	turns(next);
	assert_int_equal(next[1], 1);
	send(1, 3);
	assert_int_equal(queues[1].sent, 3);

	queues[1].missing = true;
	atomic_fetch_add(core_steer_peers(steer), 1);
	sent = queues[0].sent;
	send(1, 2);
	put(1, segment(1, 1));
	turns(next);
	assert_int_equal(next[1], 1);
	assert_int_equal(stats[1].drop_queue_missing, 3);
	assert_int_equal(queues[1].sent, 3);
	assert_int_equal(queues[0].sent, sent + 2);
	/* The first is there for whoever comes. */
	put(0, segment(1, 1));
	turns(next);
	assert_int_equal(next[1], 2);
}

/* What it is, is known before it is used, once it was there: neither harm is done nor a frame lost.
 */
static void
test_another_peer_of_a_port_that_says_it_first(void **state)
{
	uint32_t next[FLOWS] = {0};
	unsigned int bursts;

	(void)state;
	put(1, segment(1, 0));
	turns(next);
	send(1, 2);
	assert_int_equal(queues[1].sent, 2);
	bursts = queues[1].bursts;
	queues[1].missing = true;
	atomic_fetch_add(core_steer_peers(steer), 1);
	turns(next);
	send(1, 2);
	turns(next);
	assert_int_equal(queues[1].bursts, bursts);
	assert_int_equal(queues[1].sent, 2);
	assert_int_equal(queues[0].sent, 2);

	queues[1].missing = false;
	atomic_fetch_add(core_steer_peers(steer), 1);
	send(1, 2);
	assert_int_equal(queues[1].sent, 4);
	put(1, segment(1, 1));
	turns(next);
	assert_int_equal(next[1], 2);

	/* It would read as missing, and must be asked, when nothing came since the counters began.
	 */
	core_steer_counters_cleared(steer, 1);
	atomic_fetch_add(core_steer_peers(steer), 1);
	queues[1].cleared = true;
	put(1, segment(1, 2));
	turns(next);
	assert_int_equal(stats[1].drop_queue_missing, 1);
	put(1, segment(1, 2));
	turns(next);
	assert_int_equal(next[1], 3);
}

/* While the first queue is full, frames of others wait in order; then their cores' do. */
static void
test_the_first_queue_is_full(void **state)
{
	struct rte_mbuf *mbufs[BURST], *mbuf;
	unsigned int sent = 0, woke, i;

	(void)state;
	queues[0].full = true;
	for (i = 0; i < 10; i++)
		assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	for (mbuf = segment(0, 0); ports[1]->tx(ports[1], &mbuf, 1) == 1; mbuf = segment(0, 0))
		sent++;
	/* Who is given nothing sleeps on. */
	woke = woken[0];
	assert_int_equal(ports[1]->tx(ports[1], &mbuf, 1), 0);
	assert_int_equal(woken[0], woke);
	rte_pktmbuf_free(mbuf);
	assert_in_range(sent, 64, POOL_MBUFS / 2);
	assert_false(core_steer_is_stuck(steer, 0));
	assert_true(core_steer_waits(steer, 0));
	for (i = 0; i < CORE_PORT_REFUSALS; i++)
		assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_true(core_steer_is_stuck(steer, 0));
	assert_false(core_steer_waits(steer, 0));
	queues[0].full = false;
	for (i = 0; i < sent; i++)
		assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_int_equal(queues[0].sent, sent);
	assert_int_equal(stats[0].sent_for_others, sent);
	assert_false(core_steer_is_stuck(steer, 0));
	/* Some are with the first core, some on their way, as all ends. */
	queues[0].full = true;
	send(1, 100);
	assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
}

/* What cores gave as they ended, be it more than a burst, leaves when they run no more. */
static void
test_the_last_frames(void **state)
{
	struct rte_mbuf *mbufs[BURST];

	(void)state;
	queues[0].full = true;
	send(1, 40);
	assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	send(1, 60);
	send(2, 70);
	queues[0].full = false;
	core_steer_flush(steer);
	assert_int_equal(queues[0].sent, 170);
	assert_false(core_steer_waits(steer, 0));
	/* It does not wait for ever. */
	queues[0].full = true;
	send(1, 100);
	core_steer_flush(steer);
	assert_int_equal(queues[0].sent, 170);
}

/* Of a port of which all queues are there nothing waits so. */
static void
test_no_last_frames(void **state)
{
	(void)state;
	send(1, 1);
	core_steer_flush(steer);
	assert_int_equal(queues[1].sent, 1);
}

/* Cores as threads: each sends, and receives what comes for it. */
struct runner {
	pthread_t thread;
	unsigned int core;
	unsigned int received;
	struct rte_mbuf *frames[THREAD_FRAMES];
};

static atomic_uint running;
static atomic_bool go_on;

static void *
run(void *arg)
{
	struct runner *runner = arg;
	struct core_port *port = ports[runner->core];
	const struct queue *queue = &queues[runner->core];
	struct rte_mbuf *mbufs[BURST];
	unsigned int sent = 0;
	bool done = false;
	uint16_t nb;

	while (atomic_load(&go_on) || core_steer_waits(steer, runner->core)) {
		nb = port->rx(port, mbufs, BURST);
		runner->received += nb;
		rte_pktmbuf_free_bulk(mbufs, nb);
		nb = RTE_MIN(THREAD_FRAMES - sent, 8u);
		if (nb > 0)
			sent += port->tx(port, &runner->frames[sent], nb);
		if (!done && sent == THREAD_FRAMES && (queue->missing || queue->at == queue->nb)) {
			done = true;
			atomic_fetch_sub(&running, 1);
		}
		sched_yield();
	}
	return NULL;
}

/* Peers come and go meanwhile, and not a frame is lost but those that are counted. */
static void
test_threads(void **state)
{
	static struct runner runners[CORES];
	unsigned int received = 0, sent = 0, dropped = 0, peers = 0, i, j;

	(void)state;
	queues[1].missing = true;
	for (i = 0; i < CORES; i++) {
		runners[i] = (struct runner){.core = i};
		for (j = 0; j < THREAD_FRAMES; j++) {
			runners[i].frames[j] = segment(0, 0);
			if (j % 2 == 0)
				put(i, segment(j % FLOWS, j));
		}
	}
	atomic_store(&running, CORES);
	atomic_store(&go_on, true);
	for (i = 0; i < CORES; i++)
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	for (; atomic_load(&running) > 0; sched_yield())
		if (peers < THREAD_PEERS)
			atomic_store(core_steer_peers(steer), ++peers);
	atomic_store(&go_on, false);
	for (i = 0; i < CORES; i++) {
		pthread_join(runners[i].thread, NULL);
		received += runners[i].received;
		dropped += stats[i].drop_steer;
	}
	core_steer_flush(steer);
	for (i = 0; i < CORES; i++)
		sent += queues[i].sent;
	assert_int_equal(sent, CORES * THREAD_FRAMES);
	assert_int_equal(queues[1].sent, 0);
	assert_int_equal(stats[1].drop_queue_missing, queues[1].at);
	assert_int_equal(received + dropped, queues[0].nb + queues[2].nb);
	rte_pktmbuf_free_bulk(&queues[1].frames[queues[1].at], queues[1].nb - queues[1].at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_queue_that_is_not_there, setup_partial,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_queue_that_was_never_there, setup_first,
						teardown),
		cmocka_unit_test_setup_teardown(test_an_uncounted_queue_of_many_frames,
						setup_partial, teardown),
		cmocka_unit_test_setup_teardown(test_one_frame_at_a_time, setup_partial, teardown),
		cmocka_unit_test_setup_teardown(test_a_queue_that_is_there, setup_partial,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_counters_are_cleared, setup_partial,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_first_frames_are_lost, setup_partial,
						teardown),
		cmocka_unit_test_setup_teardown(test_all_frames_are_lost, setup_partial, teardown),
		cmocka_unit_test_setup_teardown(test_another_peer, setup_partial, teardown),
		cmocka_unit_test_setup_teardown(test_another_peer_of_a_port_that_says_it_first,
						setup_first, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup_partial, teardown),
		cmocka_unit_test_setup_teardown(test_the_last_frames, setup_partial, teardown),
		cmocka_unit_test_setup_teardown(test_no_last_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_first_queue_is_full, setup_partial,
						teardown),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

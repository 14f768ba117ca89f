/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Steering: whichever queue frames come by, those of a connection reach one core, in order. */
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
#include <string.h>

#include <cmocka.h>

#include "steer_rig.h"
#include "test_eal.h"

static int
setup(void **state)
{
	(void)state;
	setup_port(false);
	return 0;
}

static void
test_a_flow_reaches_one_core(void **state)
{
	uint32_t next[FLOWS] = {0};
	unsigned int received[CORES] = {0};
	unsigned int all = FLOWS * 40;
	unsigned int core, turns, i;

	(void)state;
	/* Each flow by a queue that has nothing to do with its owner. */
	for (i = 0; i < all; i++)
		put(i % FLOWS * 7 % CORES, segment(i % FLOWS, i / FLOWS));
	for (turns = 0; turns < 1000; turns++)
		for (core = 0; core < CORES; core++)
			received[core] += turn(core, next);
	for (core = 0; core < CORES; core++) {
		assert_true(received[core] > all / CORES / 2);
		assert_true(stats[core].steered > 0);
		assert_int_equal(stats[core].drop_steer, 0);
		assert_true(woken[core] > 0);
		assert_false(core_steer_waits(steer, core));
	}
	assert_int_equal(received[0] + received[1] + received[2], all);
}

/* Whichever queue a segment comes by. */
static void
test_a_flow_may_move(void **state)
{
	uint32_t next[FLOWS] = {0};
	unsigned int core, i;

	(void)state;
	for (i = 0; i < 600; i++) {
		put(i % CORES, segment(5, i));
		for (core = 0; core < CORES; core++)
			turn((core + i) % CORES, next);
		for (core = 0; core < CORES; core++)
			turn(core, next);
		assert_int_equal(next[5], i + 1);
	}
}

static void
test_the_rest_stays(void **state)
{
	struct rte_mbuf *mbufs[BURST];
	struct rte_mbuf *arp = segment(0, 0);
	unsigned int core;

	(void)state;
	rte_pktmbuf_mtod(arp, uint8_t *)[13] = 0x06;
	for (core = 0; core < CORES; core++) {
		rte_mbuf_refcnt_update(arp, 1);
		put(core, arp);
		assert_int_equal(ports[core]->rx(ports[core], mbufs, BURST), 1);
		assert_ptr_equal(mbufs[0], arp);
		assert_int_equal(stats[core].steered, 0);
		rte_pktmbuf_free(arp);
	}
	rte_pktmbuf_free(arp);
}

/* Those of a packet, of which one alone has ports, are put together by one core. */
static void
test_fragments_meet(void **state)
{
	struct rte_mbuf *mbufs[BURST];
	struct rte_mbuf *fragment;
	unsigned int core, i, nb, met[CORES];
	uint8_t host;

	(void)state;
	for (host = 0; host < 32; host++) {
		memset(met, 0, sizeof(met));
		for (core = 0; core < CORES; core++) {
			/* Ports, or whatever stands there, differ. */
			fragment = segment(2 * core, 0);
			rte_pktmbuf_mtod(fragment, uint8_t *)[14 + 7] = core;
			rte_pktmbuf_mtod(fragment, uint8_t *)[14 + 6] = core < CORES - 1 ? 0x20 : 0;
			rte_pktmbuf_mtod(fragment, uint8_t *)[14 + 15] = host;
			put(core, fragment);
		}
		for (i = 0; i < 2 * CORES; i++) {
			nb = ports[i % CORES]->rx(ports[i % CORES], mbufs, BURST);
			met[i % CORES] += nb;
			rte_pktmbuf_free_bulk(mbufs, nb);
		}
		for (core = 0; core < CORES; core++)
			assert_true(met[core] == 0 || met[core] == CORES);
	}
	assert_true(stats[0].steered > 0 && stats[1].steered > 0 && stats[2].steered > 0);
}

/* A flow that core 0 owns not, and who does. */
static uint16_t
foreign_flow(uint16_t *owner)
{
	struct rte_mbuf *mbuf;
	uint16_t flow = 0;

	do {
		mbuf = segment(++flow, 0);
		*owner = core_rss_frame_owner(&rss, mbuf);
		rte_pktmbuf_free(mbuf);
	} while (*owner == 0);
	return flow;
}

static void
test_a_full_ring_drops(void **state)
{
	struct rte_mbuf *mbufs[BURST];
	unsigned int all = 3000, passed;
	uint32_t next[FLOWS] = {0};
	uint16_t owner, flow = foreign_flow(&owner);
	unsigned int i;

	(void)state;
	for (i = 0; i < all; i++)
		put(0, segment(flow, i));
	for (i = 0; i < all; i++)
		assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_int_equal(stats[0].steered, all);
	passed = all - stats[0].drop_steer;
	assert_in_range(passed, 128, all - 1);
	assert_true(core_steer_waits(steer, owner));
	assert_false(core_steer_waits(steer, 0));
	/* The oldest are there, and no more than fit are taken in a turn. */
	for (i = 0; i < all; i++)
		turn(owner, next);
	assert_int_equal(next[flow], passed);
	/* What is on its way when all ends is freed: the teardown looks. */
	put(0, segment(flow, 0));
	assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_true(core_steer_waits(steer, owner));
}

/* A queue that never runs dry does not keep from its core what came by another. */
static void
test_a_busy_queue_lets_others_in(void **state)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t owner, flow = foreign_flow(&owner), own_flow = flow;
	unsigned int foreign = 0;
	struct rte_mbuf *mbuf;
	uint16_t nb, i;

	(void)state;
	mbuf = segment(own_flow, 0);
	put(0, mbuf);
	assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	for (i = 0; i < 4 * BURST; i++)
		put(owner, segment(own_flow, 1));
	nb = ports[owner]->rx(ports[owner], mbufs, BURST);
	assert_int_equal(nb, BURST);
	for (i = 0; i < nb; i++)
		foreign += mbufs[i] == mbuf;
	rte_pktmbuf_free_bulk(mbufs, nb);
	assert_int_equal(foreign, 1);
	rte_pktmbuf_free_bulk(&queues[owner].frames[queues[owner].at],
			      queues[owner].nb - queues[owner].at);
}

static void
test_the_rest_of_the_port(void **state)
{
	struct rte_mbuf *mbuf = segment(1, 1);

	(void)state;
	assert_int_equal(ports[2]->queue, 2);
	assert_int_equal(ports[2]->mtu, 1500);
	assert_true(ports[2]->rx_interrupt);
	assert_ptr_equal(ports[2]->below, &queues[2].port);
	assert_int_equal(ports[2]->tx(ports[2], &mbuf, 1), 1);
	assert_int_equal(queues[2].sent, 1);
}

/* Cores as threads, as they are. */
struct runner {
	pthread_t thread;
	unsigned int core;
	unsigned int received;
	bool unowned;
};

static atomic_uint running;
static atomic_bool go_on;

static void *
run(void *arg)
{
	struct runner *runner = arg;
	struct rte_mbuf *mbufs[BURST];
	struct core_port *port = ports[runner->core];
	const struct queue *queue = &queues[runner->core];
	bool done = false;
	uint16_t nb, i;

	while (atomic_load(&go_on) || core_steer_waits(steer, runner->core)) {
		nb = port->rx(port, mbufs, BURST);
		for (i = 0; i < nb; i++)
			runner->unowned |= core_rss_frame_owner(&rss, mbufs[i]) != runner->core;
		runner->received += nb;
		rte_pktmbuf_free_bulk(mbufs, nb);
		if (!done && queue->at == queue->nb) {
			done = true;
			atomic_fetch_sub(&running, 1);
		}
		if (nb == 0)
			sched_yield();
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct runner runners[CORES] = {0};
	unsigned int all = 0, dropped = 0, i;

	(void)state;
	for (i = 0; i < CORES * QUEUE_FRAMES; i++)
		put(i % CORES, segment(i % FLOWS, i));
	atomic_store(&running, CORES);
	atomic_store(&go_on, true);
	for (i = 0; i < CORES; i++) {
		runners[i].core = i;
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	while (atomic_load(&running) > 0)
		sched_yield();
	atomic_store(&go_on, false);
	for (i = 0; i < CORES; i++) {
		pthread_join(runners[i].thread, NULL);
		assert_false(runners[i].unowned);
		assert_true(runners[i].received > 0);
		all += runners[i].received;
		dropped += stats[i].drop_steer;
	}
	assert_int_equal(all + dropped, CORES * QUEUE_FRAMES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_flow_reaches_one_core, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_flow_may_move, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_rest_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fragments_meet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_full_ring_drops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_busy_queue_lets_others_in, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_rest_of_the_port, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

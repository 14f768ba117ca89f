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

#include <rte_mempool.h>

#include "test_eal.h"

#define CORES 3
#define QUEUE_FRAMES 4096
#define POOL_MBUFS 16383
#define BURST 64
#define FLOWS 97

/* Where a frame's number stands, behind what steering looks at. */
#define NUMBER_OFFSET 54

/* A queue of a port: what is to be received. */
struct queue {
	struct core_port port;
	struct rte_mbuf *frames[QUEUE_FRAMES];
	unsigned int nb;
	unsigned int at;
	unsigned int sent;
	bool full; /* takes nothing */
	unsigned int lose; /* so many of what it takes next, before they are counted */
	unsigned int lost;
	bool missing; /* and what it brings is rubbish */
	bool cleared; /* the counters, just before they are read */
	unsigned int bursts; /* that were asked for */
};

static struct rte_mempool *pool;
static struct core_rss rss;
static struct core_steer *steer;
static struct queue queues[CORES];
static struct core_stats stats[CORES];
static struct core_port *ports[CORES];
static unsigned int woken[CORES];

static uint16_t
queue_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct queue *queue = container_of(port, struct queue, port);
	uint16_t nb = RTE_MIN((unsigned int)max, queue->nb - queue->at);

	queue->bursts++;
	memcpy(mbufs, &queue->frames[queue->at], nb * sizeof(mbufs[0]));
	queue->at += nb;
	return nb;
}

static uint16_t
queue_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct queue *queue = container_of(port, struct queue, port);
	uint16_t i;

	if (queue->full)
		return 0;
	for (i = 0; i < nb; i++)
		if (queue->lose > 0) {
			queue->lose--;
			queue->lost++;
		} else {
			queue->sent++;
		}
	rte_pktmbuf_free_bulk(mbufs, nb);
	return nb;
}

static void
wake(void *arg, unsigned int core)
{
	assert_ptr_equal(arg, woken);
	/* Several cores wake in the test of threads. */
	__atomic_store_n(&woken[core], __atomic_load_n(&woken[core], __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELAXED);
}

static bool
queue_is_there(const struct core_port *port, bool sent)
{
	struct queue *queue = &queues[port->queue];
	bool cleared = queue->cleared;

	assert_true(sent ? queue->sent + queue->lost > 0 : queue->at > 0);
	if (sent && queue->sent == 0)
		return false;
	queue->cleared = false;
	return !queue->missing && !cleared;
}

static int
setup_port(bool partial)
{
	static const uint8_t key[CORE_RSS_KEY_BYTES] =
		"any that is not all zero, and of this length...";
	struct core_steer_config config = {.rss = &rss,
					   .wake = wake,
					   .wake_arg = woken,
					   .partial = partial,
					   .socket = SOCKET_ID_ANY};
	unsigned int i;

	pool = rte_pktmbuf_pool_create("steer", POOL_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	assert_non_null(pool);
	memset(queues, 0, sizeof(queues));
	memset(stats, 0, sizeof(stats));
	memset(woken, 0, sizeof(woken));
	core_rss_init(&rss, key, CORES);
	steer = core_steer_create(&config);
	assert_non_null(steer);
	for (i = 0; i < CORES; i++) {
		queues[i].port = (struct core_port){.rx = queue_rx,
						    .tx = queue_tx,
						    .queue = i,
						    .mtu = 1500,
						    .rx_interrupt = true,
						    .is_there = partial ? queue_is_there : NULL};
		ports[i] = core_steer_port(steer, i, &queues[i].port, &stats[i]);
	}
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return setup_port(false);
}

static int
setup_partial(void **state)
{
	(void)state;
	return setup_port(true);
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

static int
teardown(void **state)
{
	int lacking;

	core_steer_destroy(steer);
	lacking = test_pools_full(state);
	rte_mempool_free(pool);
	return lacking;
}

/* A segment of a flow, over IPv4 or IPv6 in turn. */
static struct rte_mbuf *
segment(uint16_t flow, uint32_t number)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	bool ipv6 = flow % 2;
	uint8_t *frame;

	assert_non_null(mbuf);
	frame = (uint8_t *)rte_pktmbuf_append(mbuf, NUMBER_OFFSET + 16);
	memset(frame, 0, NUMBER_OFFSET + 16);
	memcpy(frame + 12, ipv6 ? "\x86\xdd" : "\x08\x00", 2);
	frame[14] = ipv6 ? 0x60 : 0x45;
	frame[14 + (ipv6 ? 6 : 9)] = 6;
	/* The source port tells flows apart. */
	memcpy(frame + 14 + (ipv6 ? 40 : 20), &flow, sizeof(flow));
	memcpy(frame + NUMBER_OFFSET + 4, &number, sizeof(number));
	return mbuf;
}

static uint16_t
flow_of(const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint16_t flow;

	memcpy(&flow, frame + 14 + (frame[14] == 0x60 ? 40 : 20), sizeof(flow));
	return flow;
}

static uint32_t
number_of(const struct rte_mbuf *mbuf)
{
	uint32_t number;

	memcpy(&number, rte_pktmbuf_mtod(mbuf, const uint8_t *) + NUMBER_OFFSET + 4,
	       sizeof(number));
	return number;
}

static void
put(unsigned int queue, struct rte_mbuf *mbuf)
{
	assert_in_range(queues[queue].nb, 0, QUEUE_FRAMES - 1);
	queues[queue].frames[queues[queue].nb++] = mbuf;
}

/* What a core has in a turn; it owns each connection of it, whose segments come in order. */
static unsigned int
turn(unsigned int core, uint32_t *next)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t nb = ports[core]->rx(ports[core], mbufs, BURST);
	uint16_t i;

	assert_in_range(nb, 0, BURST);
	for (i = 0; i < nb; i++) {
		assert_int_equal(core_rss_frame_owner(&rss, mbufs[i]), core);
		assert_int_equal(number_of(mbufs[i]), next[flow_of(mbufs[i])]++);
		rte_pktmbuf_free(mbufs[i]);
	}
	return nb;
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

static void
send(unsigned int core, unsigned int nb)
{
	struct rte_mbuf *mbuf;

	while (nb-- > 0) {
		mbuf = segment(0, 0);
		assert_int_equal(ports[core]->tx(ports[core], &mbuf, 1), 1);
	}
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

/* Turns of all cores, until what a queue brought is where it belongs. */
static void
turns(uint32_t *next)
{
	unsigned int i;

	for (i = 0; i < 2 * CORES; i++)
		turn(i % CORES, next);
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
	unsigned int sent = 0, i;

	(void)state;
	queues[0].full = true;
	for (i = 0; i < 10; i++)
		assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	for (mbuf = segment(0, 0); ports[1]->tx(ports[1], &mbuf, 1) == 1; mbuf = segment(0, 0))
		sent++;
	rte_pktmbuf_free(mbuf);
	assert_in_range(sent, 64, POOL_MBUFS / 2);
	assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_true(core_steer_waits(steer, 0));
	queues[0].full = false;
	for (i = 0; i < sent; i++)
		assert_int_equal(ports[0]->rx(ports[0], mbufs, BURST), 0);
	assert_int_equal(queues[0].sent, sent);
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
		cmocka_unit_test_setup_teardown(test_a_queue_that_is_not_there, setup_partial,
						teardown),
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
		cmocka_unit_test_setup_teardown(test_the_last_frames, setup_partial, teardown),
		cmocka_unit_test_setup_teardown(test_no_last_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_first_queue_is_full, setup_partial,
						teardown),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

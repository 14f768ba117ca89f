/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "steer_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "test_eal.h"

/* Where a frame's number stands, behind what steering looks at. */
#define NUMBER_OFFSET 54

struct core_rss rss;
struct core_steer *steer;
struct queue queues[CORES];
struct core_stats stats[CORES];
struct core_port *ports[CORES];
unsigned int woken[CORES];
static struct rte_mempool *pool;

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

void
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
}

int
teardown(void **state)
{
	int lacking;

	core_steer_destroy(steer);
	lacking = test_pools_full(state);
	rte_mempool_free(pool);
	return lacking;
}

struct rte_mbuf *
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

void
put(unsigned int queue, struct rte_mbuf *mbuf)
{
	assert_in_range(queues[queue].nb, 0, QUEUE_FRAMES - 1);
	queues[queue].frames[queues[queue].nb++] = mbuf;
}

unsigned int
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* A bad link each way in front of a port that takes frames when it likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "impair_port.h"
#include "test_eal.h"

#define FRAMES_MAX 512

static struct rte_mempool *pool;
static struct impair_port impair;
static struct core_port below;
static uint64_t now_us;
static struct rte_mbuf *received[FRAMES_MAX]; /* that the port below has */
static unsigned int nb_received;
static struct rte_mbuf *sent[FRAMES_MAX]; /* that it took */
static unsigned int nb_sent;
static unsigned int room; /* that it still takes */

static uint16_t
below_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t nb = RTE_MIN(max, nb_received);

	assert_ptr_equal(port, &below);
	memcpy(mbufs, received, nb * sizeof(mbufs[0]));
	nb_received -= nb;
	memmove(received, received + nb, nb_received * sizeof(received[0]));
	return nb;
}

static uint16_t
below_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	assert_ptr_equal(port, &below);
	nb = RTE_MIN(nb, room);
	memcpy(sent + nb_sent, mbufs, nb * sizeof(mbufs[0]));
	nb_sent += nb;
	room -= nb;
	return nb;
}

static int
group_setup(void **state)
{
	(void)state;
	test_eal_init();
	pool = rte_pktmbuf_pool_create("frames", 2047, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool != NULL ? 0 : -1;
}

static int
setup(void **state)
{
	(void)state;
	below = (struct core_port){.rx = below_rx, .tx = below_tx};
	now_us = 1000;
	nb_received = nb_sent = 0;
	room = FRAMES_MAX;
	impair_port_init(&impair, pool, &now_us);
	impair.port.below = &below;
	impair.port.due_us = 0;
	return 0;
}

static int
teardown(void **state)
{
	impair_port_deinit(&impair);
	rte_pktmbuf_free_bulk(received, nb_received);
	rte_pktmbuf_free_bulk(sent, nb_sent);
	return test_pools_full(state);
}

static void
make(struct rte_mbuf **mbufs, unsigned int nb)
{
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, mbufs, nb), 0);
}

/* One turn of a core. */
static uint16_t
turn(struct rte_mbuf **mbufs, uint16_t max)
{
	return impair.port.rx(&impair.port, mbufs, max);
}

static void
test_clear(void **state)
{
	struct rte_mbuf *mbufs[8];

	(void)state;
	make(mbufs, 8);
	room = 3;
	/* The port below says what it takes; the rest stays the caller's. */
	assert_int_equal(impair.port.tx(&impair.port, mbufs, 8), 3);
	assert_int_equal(nb_sent, 3);
	assert_int_equal(impair.port.due_us, 0);
	rte_pktmbuf_free_bulk(mbufs + 3, 5);
	make(received, 5);
	nb_received = 5;
	assert_int_equal(turn(mbufs, 8), 5);
	rte_pktmbuf_free_bulk(mbufs, 5);
}

/* A frame that the port does not take has met its fate already, and meets no other. */
static void
test_each_frame_once(void **state)
{
	struct rte_mbuf *mbufs[200], *none[8];
	unsigned int i;

	(void)state;
	impair.links[IMPAIR_TX].settings.delay_us = 10;
	make(mbufs, 200);
	room = 0;
	assert_int_equal(impair.port.tx(&impair.port, mbufs, 200), 200);
	now_us += 10;
	assert_int_equal(impair.port.due_us, now_us);
	for (i = 0; nb_sent < 200; i++) {
		room = i % 3 == 0 ? 0 : 7;
		assert_int_equal(turn(none, 8), 0);
		assert_true(i < 200);
	}
	assert_memory_equal(sent, mbufs, sizeof(mbufs));
	assert_int_equal(impair.links[IMPAIR_TX].stats.frames, 200);
	assert_int_equal(impair.port.due_us, 0);
}

static void
test_receive_late(void **state)
{
	struct rte_mbuf *mbufs[8], *expected[20];

	(void)state;
	impair.links[IMPAIR_RX].settings.delay_us = 100;
	make(received, 20);
	memcpy(expected, received, sizeof(expected));
	nb_received = 20;
	assert_int_equal(turn(mbufs, 8), 0);
	assert_int_equal(turn(mbufs, 8), 0);
	assert_int_equal(impair.port.due_us, now_us + 100);
	now_us += 100;
	assert_int_equal(turn(mbufs, 8), 8);
	assert_memory_equal(mbufs, expected, sizeof(mbufs));
	rte_pktmbuf_free_bulk(mbufs, 8);
	/* More are due than fit: the core is to come again at once. */
	assert_true(impair.port.due_us <= now_us);
	assert_int_equal(turn(mbufs, 8), 8);
	assert_memory_equal(mbufs, expected + 8, sizeof(mbufs));
	rte_pktmbuf_free_bulk(mbufs, 8);
	assert_int_equal(impair.port.due_us, now_us + 100);
}

/* The core is to come for whichever is earlier. */
static void
test_due(void **state)
{
	struct rte_mbuf *mbufs[1];

	(void)state;
	impair.links[IMPAIR_RX].settings.delay_us = 100;
	impair.links[IMPAIR_TX].settings.delay_us = 50;
	make(received, 1);
	nb_received = 1;
	assert_int_equal(turn(mbufs, 1), 0);
	assert_int_equal(impair.port.due_us, now_us + 100);
	make(mbufs, 1);
	assert_int_equal(impair.port.tx(&impair.port, mbufs, 1), 1);
	assert_int_equal(impair.port.due_us, now_us + 50);
	now_us += 50;
	assert_int_equal(turn(mbufs, 1), 0);
	assert_int_equal(nb_sent, 1);
	assert_int_equal(impair.port.due_us, now_us + 50);
}

static void
test_end(void **state)
{
	struct rte_mbuf *mbufs[100];

	(void)state;
	impair.links[IMPAIR_RX].settings.delay_us = 100;
	impair.links[IMPAIR_TX].settings.delay_us = 100;
	make(received, 5);
	nb_received = 5;
	turn(mbufs, 100);
	make(mbufs, 100);
	assert_int_equal(impair.port.tx(&impair.port, mbufs, 100), 100);
	room = 90;
	impair_port_deinit(&impair);
	assert_int_equal(nb_sent, 90);
	assert_int_equal(impair.links[IMPAIR_TX].stats.drop_impair_end, 10);
	assert_int_equal(impair.links[IMPAIR_RX].stats.drop_impair_end, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_clear),	 TEST(test_each_frame_once),
		TEST(test_receive_late), TEST(test_due),
		TEST(test_end),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}

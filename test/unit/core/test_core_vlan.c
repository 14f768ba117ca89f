/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* A port in a VLAN: what passes it, as what, and what does not. */
#include "core_vlan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_mempool.h>

#include "test_eal.h"
#include "wire_ether.h"

#define FRAMES 8
#define VLAN 7
#define PAYLOAD_BYTES 46

/* A queue: what comes, and what went. */
static struct queue {
	struct core_port port;
	struct rte_mbuf *frames[FRAMES];
	uint16_t nb;
	uint16_t room; /* for frames to send */
} queue;

static struct rte_mempool *pool;
static struct rte_mempool *copies;
static struct core_stats stats;
static struct core_vlan vlan;
static struct core_port *port;

static uint16_t
queue_rx(struct core_port *below, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t nb = RTE_MIN(queue.nb, max);

	assert_ptr_equal(below, &queue.port);
	memcpy(mbufs, queue.frames, nb * sizeof(mbufs[0]));
	queue.nb = 0;
	return nb;
}

static uint16_t
queue_tx(struct core_port *below, struct rte_mbuf **mbufs, uint16_t nb)
{
	uint16_t sent = RTE_MIN(nb, queue.room);

	assert_ptr_equal(below, &queue.port);
	memcpy(queue.frames + queue.nb, mbufs, sent * sizeof(mbufs[0]));
	queue.nb += sent;
	queue.room -= sent;
	return sent;
}

static int
setup(void **state)
{
	(void)state;
	test_eal_init();
	pool = rte_pktmbuf_pool_create("vlan", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	copies = rte_pktmbuf_pool_create("copies", 1, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					 SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_non_null(copies);
	memset(&stats, 0, sizeof(stats));
	queue = (struct queue){
		.port = {.rx = queue_rx, .tx = queue_tx, .queue = 3, .mtu = 1500},
		.room = FRAMES,
	};
	port = core_vlan_init(&vlan, VLAN, &queue.port, copies, &stats);
	assert_int_equal(port->queue, 3);
	assert_int_equal(port->mtu, 1500);
	assert_ptr_equal(port->below, &queue.port);
	return 0;
}

static int
teardown(void **state)
{
	int ret = test_pools_full(state);

	rte_mempool_free(pool);
	rte_mempool_free(copies);
	return ret;
}

/* A frame whose payload is one number; with a tag, if it is not negative. */
static struct rte_mbuf *
frame(int tag, uint8_t number)
{
	struct wire_ether ether = {
		.dst = {{2, 0, 0, 0, 0, 1}}, .src = {{2, 0, 0, 0, 0, 2}}, .type = 0x0800};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint8_t *data;

	assert_non_null(mbuf);
	data = (uint8_t *)rte_pktmbuf_append(mbuf, WIRE_ETHER_HEADER_BYTES + PAYLOAD_BYTES);
	wire_ether_write(data, &ether);
	memset(data + WIRE_ETHER_HEADER_BYTES, number, PAYLOAD_BYTES);
	mbuf->l2_len = WIRE_ETHER_HEADER_BYTES;
	if (tag >= 0)
		wire_ether_tag((uint8_t *)rte_pktmbuf_prepend(mbuf, WIRE_ETHER_TAG_BYTES), tag);
	return mbuf;
}

static void
assert_frame(struct rte_mbuf *mbuf, int tag, uint8_t number)
{
	struct rte_mbuf *wanted = frame(tag, number);

	rte_mbuf_sanity_check(mbuf, 1);
	assert_int_equal(mbuf->pkt_len, wanted->pkt_len);
	assert_int_equal(mbuf->data_len, wanted->data_len);
	assert_memory_equal(rte_pktmbuf_mtod(mbuf, void *), rte_pktmbuf_mtod(wanted, void *),
			    wanted->data_len);
	rte_pktmbuf_free(wanted);
}

static void
test_receives_its_own(void **state)
{
	struct rte_mbuf *mbufs[FRAMES];
	unsigned int i;

	(void)state;
	queue.frames[0] = frame(VLAN, 0);
	queue.frames[1] = frame(-1, 1);
	queue.frames[2] = frame(VLAN + 1, 2);
	queue.frames[3] = frame(VLAN | 0xe000, 3); /* of a high priority */
	queue.frames[4] = frame(0, 4);
	queue.frames[5] = frame(VLAN, 5);
	queue.frames[6] = frame(VLAN, 6);
	rte_pktmbuf_trim(queue.frames[6], PAYLOAD_BYTES + 1);
	queue.nb = 7;
	assert_int_equal(port->rx(port, mbufs, FRAMES), 3);
	assert_int_equal(stats.drop_vlan, 4);
	assert_frame(mbufs[0], -1, 0);
	assert_frame(mbufs[1], -1, 3);
	assert_frame(mbufs[2], -1, 5);
	for (i = 0; i < 3; i++)
		rte_pktmbuf_free(mbufs[i]);
}

static void
test_tag_taken_by_the_device(void **state)
{
	struct rte_mbuf *mbufs[FRAMES];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		queue.frames[i] = frame(-1, i);
		queue.frames[i]->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		queue.frames[i]->vlan_tci = VLAN + i;
	}
	queue.nb = 2;
	assert_int_equal(port->rx(port, mbufs, FRAMES), 1);
	assert_int_equal(stats.drop_vlan, 1);
	assert_frame(mbufs[0], -1, 0);
	assert_int_equal(mbufs[0]->ol_flags, 0);
	/* Its answer, in the same mbuf, is refused: it comes again without our tag. */
	queue.room = 0;
	assert_int_equal(port->tx(port, mbufs, 1), 0);
	assert_frame(mbufs[0], -1, 0);
	assert_int_equal(mbufs[0]->l2_len, WIRE_ETHER_HEADER_BYTES);
	rte_pktmbuf_free(mbufs[0]);
}

/* Over rings in memory its sender may hold a frame still, and send it again: with its tag. */
static void
test_receives_what_others_hold(void **state)
{
	struct rte_mbuf *mbufs[FRAMES], *sent[2];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		sent[i] = queue.frames[i] = frame(VLAN, i);
		rte_mbuf_refcnt_update(sent[i], 1);
	}
	queue.nb = 2;
	/* There is one mbuf for copies. */
	assert_int_equal(port->rx(port, mbufs, FRAMES), 1);
	assert_int_equal(stats.drop_vlan_mbuf, 1);
	assert_int_equal(stats.drop_vlan, 0);
	assert_frame(mbufs[0], -1, 0);
	rte_pktmbuf_free(mbufs[0]);
	for (i = 0; i < 2; i++) {
		assert_int_equal(rte_mbuf_refcnt_read(sent[i]), 1);
		assert_frame(sent[i], VLAN, i);
		rte_pktmbuf_free(sent[i]);
	}
}

/* What the port does not take comes again, as it was. */
static void
test_sends_tagged(void **state)
{
	struct rte_mbuf *mbufs[FRAMES];
	uint16_t sent;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++)
		mbufs[i] = frame(-1, i);
	queue.room = 2;
	sent = port->tx(port, mbufs, 5);
	assert_int_equal(sent, 2);
	for (i = sent; i < 5; i++) {
		assert_frame(mbufs[i], -1, i);
		assert_int_equal(mbufs[i]->l2_len, 14);
	}
	queue.room = FRAMES;
	assert_int_equal(port->tx(port, mbufs + sent, 5 - sent), 5 - sent);
	assert_int_equal(queue.nb, 5);
	for (i = 0; i < 5; i++) {
		assert_frame(queue.frames[i], VLAN, i);
		assert_int_equal(queue.frames[i]->l2_len, 18);
		rte_pktmbuf_free(queue.frames[i]);
	}
}

/* The payload of a response is its connection's: the header alone is this frame's. */
static void
test_sends_what_others_hold(void **state)
{
	struct rte_mbuf *mbuf = frame(-1, 1);

	(void)state;
	rte_mbuf_refcnt_update(mbuf, 1);
	assert_int_equal(port->tx(port, &mbuf, 1), 1);
	assert_frame(queue.frames[0], VLAN, 1);
	rte_pktmbuf_free(queue.frames[0]);
	rte_pktmbuf_free(mbuf);
}

static void
test_no_headroom(void **state)
{
	struct rte_mbuf *mbufs[FRAMES];
	uint16_t sent;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++)
		mbufs[i] = frame(-1, i);
	for (i = 1; i < 4; i += 2)
		rte_pktmbuf_prepend(mbufs[i], RTE_PKTMBUF_HEADROOM - 3);
	queue.room = 2;
	sent = port->tx(port, mbufs, 5);
	assert_int_equal(sent, 4); /* two of them dropped */
	assert_int_equal(stats.drop_vlan_headroom, 2);
	assert_int_equal(queue.nb, 2);
	assert_frame(queue.frames[0], VLAN, 0);
	assert_frame(queue.frames[1], VLAN, 2);
	assert_frame(mbufs[4], -1, 4);
	rte_pktmbuf_free(queue.frames[0]);
	rte_pktmbuf_free(queue.frames[1]);
	rte_pktmbuf_free(mbufs[4]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_receives_its_own),	      TEST(test_tag_taken_by_the_device),
		TEST(test_receives_what_others_hold), TEST(test_sends_tagged),
		TEST(test_sends_what_others_hold),    TEST(test_no_headroom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tcp_receive.h"
#include "test_eal.h"

static struct rte_mempool *mbufs;

static int
setup(void **state)
{
	(void)state;
	test_eal_init();
	mbufs = rte_pktmbuf_pool_create("mbufs", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					SOCKET_ID_ANY);
	return mbufs == NULL;
}

static struct rte_mbuf *
packet(uint8_t first, uint32_t len)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(mbufs);
	uint8_t *data = (uint8_t *)rte_pktmbuf_append(mbuf, len);

	for (uint32_t i = 0; i < len; i++)
		data[i] = first + i;
	return mbuf;
}

static unsigned int
queue_mbufs(const struct tcp_receive_queue *queue)
{
	const struct rte_mbuf *mbuf;
	unsigned int nb = 0;

	for (mbuf = queue->head; mbuf != NULL; mbuf = mbuf->next)
		nb++;
	return nb;
}

static void
test_small_segments_share_an_mbuf(void **state)
{
	struct tcp_conn conn = {0};
	uint8_t data[300];

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		tcp_receive_append(&conn.receive, packet(i, 1));
	assert_int_equal(conn.receive.bytes, 300);
	assert_int_equal(queue_mbufs(&conn.receive), 1);
	assert_int_equal(tcp_receive_copy(&conn, data, sizeof(data)), 300);
	for (unsigned int i = 0; i < 300; i++)
		assert_int_equal(data[i], (uint8_t)i);
	tcp_receive_purge(&conn.receive);
}

static void
test_shared_mbuf_is_not_written_to(void **state)
{
	struct tcp_conn conn = {0};
	struct rte_mbuf *held = packet(0, 10);
	struct rte_mbuf *clone;

	(void)state;
	clone = rte_pktmbuf_clone(held, mbufs);
	tcp_receive_append(&conn.receive, clone);
	tcp_receive_append(&conn.receive, packet(10, 10));
	assert_int_equal(queue_mbufs(&conn.receive), 2);
	assert_int_equal(conn.receive.bytes, 20);
	tcp_receive_purge(&conn.receive);
	tcp_receive_append(&conn.receive, packet(10, 10));
	rte_mbuf_refcnt_update(conn.receive.tail, 1);
	tcp_receive_append(&conn.receive, packet(20, 10));
	assert_int_equal(queue_mbufs(&conn.receive), 2);
	rte_mbuf_refcnt_update(conn.receive.head, -1);
	tcp_receive_purge(&conn.receive);
	rte_pktmbuf_free(held);
}

static void
test_segments_of_many_mbufs_are_taken_apart(void **state)
{
	struct tcp_conn conn = {0};
	struct rte_mbuf *mbuf = packet(0, 1000);
	uint8_t data[2600];
	const uint8_t *first;
	uint32_t len;

	(void)state;
	assert_int_equal(rte_pktmbuf_chain(mbuf, packet((uint8_t)1000, 600)), 0);
	assert_int_equal(rte_pktmbuf_chain(mbuf, packet((uint8_t)1600, 1000)), 0);
	tcp_receive_append(&conn.receive, mbuf);
	assert_int_equal(conn.receive.bytes, 2600);
	first = tcp_receive_peek(&conn, &len);
	assert_int_equal(len, 1000);
	assert_int_equal(first[999], (uint8_t)999);
	assert_int_equal(tcp_receive_copy(&conn, data, 1100), 1100);
	assert_int_equal(data[1099], (uint8_t)1099);
	assert_int_equal(tcp_receive_copy(&conn, data, 9999), 2600);
	for (unsigned int i = 0; i < 2600; i++)
		assert_int_equal(data[i], (uint8_t)i);
	tcp_receive_purge(&conn.receive);
	assert_null(tcp_receive_peek(&conn, &len));
	assert_int_equal(len, 0);
}

static void
test_trim_and_truncate(void **state)
{
	struct rte_mbuf *mbuf = packet(0, 100);

	(void)state;
	rte_pktmbuf_chain(mbuf, packet(100, 100));
	rte_pktmbuf_chain(mbuf, packet(200, 50));
	tcp_receive_trim_front(&mbuf, 150);
	assert_int_equal(mbuf->pkt_len, 100);
	assert_int_equal(mbuf->nb_segs, 2);
	assert_int_equal(*rte_pktmbuf_mtod(mbuf, uint8_t *), 150);
	tcp_receive_truncate(mbuf, 60);
	assert_int_equal(mbuf->pkt_len, 60);
	assert_int_equal(mbuf->nb_segs, 2);
	tcp_receive_truncate(mbuf, 50);
	assert_int_equal(mbuf->nb_segs, 1);
	rte_mbuf_sanity_check(mbuf, 1);
	rte_pktmbuf_free(mbuf);
}

static void
test_scale(void **state)
{
	(void)state;
	assert_int_equal(tcp_receive_scale(1), 0);
	assert_int_equal(tcp_receive_scale(65535), 0);
	assert_int_equal(tcp_receive_scale(65536), 1);
	assert_int_equal(tcp_receive_scale(1 << 20), 5);
	assert_int_equal(tcp_receive_scale(UINT32_MAX), 14);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_small_segments_share_an_mbuf, test_pools_full),
		cmocka_unit_test_teardown(test_shared_mbuf_is_not_written_to, test_pools_full),
		cmocka_unit_test_teardown(test_segments_of_many_mbufs_are_taken_apart,
					  test_pools_full),
		cmocka_unit_test_teardown(test_trim_and_truncate, test_pools_full),
		cmocka_unit_test(test_scale),
	};

	return cmocka_run_group_tests(tests, setup, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tcp_reassembly.h"
#include "test_eal.h"

#define ENTRIES 64
#define ENTRIES_MAX 48

static struct rte_mempool *entries;
static struct rte_mempool *mbufs;

static int
setup(void **state)
{
	(void)state;
	test_eal_init();
	entries = tcp_reassembly_pool_create("entries", ENTRIES, SOCKET_ID_ANY);
	mbufs = rte_pktmbuf_pool_create("mbufs", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					SOCKET_ID_ANY);
	return entries == NULL || mbufs == NULL;
}

/* A packet whose bytes say their sequence number, in two mbufs if it has two bytes. */
static struct rte_mbuf *
packet(uint32_t seq, uint32_t len)
{
	struct rte_mbuf *first = rte_pktmbuf_alloc(mbufs);
	struct rte_mbuf *second = rte_pktmbuf_alloc(mbufs);
	uint8_t *data;
	uint32_t i;

	data = (uint8_t *)rte_pktmbuf_append(first, len / 2);
	for (i = 0; i < len / 2; i++)
		data[i] = seq + i;
	data = (uint8_t *)rte_pktmbuf_append(second, len - len / 2);
	for (; i < len; i++)
		data[i - len / 2] = seq + i;
	assert_int_equal(rte_pktmbuf_chain(first, second), 0);
	return first;
}

static enum tcp_reassembly_verdict
insert(struct tcp_reassembly *reassembly, uint32_t seq, uint32_t len)
{
	return tcp_reassembly_insert(entries, reassembly, packet(seq, len), seq, ENTRIES_MAX);
}

/* Take what continues at seq; returns how far it went. */
static uint32_t
take(struct tcp_reassembly *reassembly, uint32_t seq)
{
	struct rte_mbuf *mbuf;
	uint32_t len, i;
	uint8_t byte;

	while ((mbuf = tcp_reassembly_take(entries, reassembly, seq, &len)) != NULL) {
		assert_int_equal(mbuf->pkt_len, len);
		for (i = 0; i < len; i++, seq++) {
			byte = *(const uint8_t *)rte_pktmbuf_read(mbuf, i, 1, &byte);
			assert_int_equal(byte, (uint8_t)seq);
		}
		rte_pktmbuf_free(mbuf);
	}
	return seq;
}

static void
test_in_order_of_sequence(void **state)
{
	struct tcp_reassembly reassembly = {0};

	(void)state;
	assert_int_equal(insert(&reassembly, 30, 10), TCP_REASSEMBLY_KEPT);
	assert_int_equal(insert(&reassembly, 10, 10), TCP_REASSEMBLY_KEPT);
	assert_int_equal(insert(&reassembly, 20, 10), TCP_REASSEMBLY_KEPT);
	assert_int_equal(take(&reassembly, 5), 5);
	assert_int_equal(take(&reassembly, 10), 40);
	assert_int_equal(reassembly.nb, 0);
}

static void
test_overlaps(void **state)
{
	struct tcp_reassembly reassembly = {0};

	(void)state;
	insert(&reassembly, 100, 20);
	insert(&reassembly, 140, 20);
	assert_int_equal(insert(&reassembly, 100, 20), TCP_REASSEMBLY_DUPLICATE);
	assert_int_equal(insert(&reassembly, 105, 10), TCP_REASSEMBLY_DUPLICATE);
	/* Reaches into both: what lies between is appended to the first. */
	assert_int_equal(insert(&reassembly, 110, 35), TCP_REASSEMBLY_KEPT);
	assert_int_equal(reassembly.nb, 2);
	/* Covers all: its first mbuf takes the place of one, its second has more for the other. */
	assert_int_equal(insert(&reassembly, 90, 100), TCP_REASSEMBLY_KEPT);
	assert_int_equal(reassembly.nb, 2);
	/* Some of it came by another way. */
	assert_int_equal(take(&reassembly, 95), 190);
}

static void
test_what_is_passed_is_freed(void **state)
{
	struct tcp_reassembly reassembly = {0};

	(void)state;
	insert(&reassembly, 100, 20);
	insert(&reassembly, 130, 20);
	assert_int_equal(take(&reassembly, 125), 125);
	assert_int_equal(reassembly.nb, 1);
	assert_int_equal(take(&reassembly, 200), 200);
	assert_int_equal(reassembly.nb, 0);
}

static void
test_bounds(void **state)
{
	struct tcp_reassembly first = {0};
	struct tcp_reassembly second = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < ENTRIES_MAX; i++)
		assert_int_equal(insert(&first, 10 + 4 * i, 2), TCP_REASSEMBLY_KEPT);
	assert_int_equal(insert(&first, 1000, 2), TCP_REASSEMBLY_FULL);
	for (i = 0; i < ENTRIES - ENTRIES_MAX; i++)
		assert_int_equal(insert(&second, 10 + 4 * i, 2), TCP_REASSEMBLY_KEPT);
	assert_int_equal(insert(&second, 1000, 2), TCP_REASSEMBLY_FULL);
	tcp_reassembly_purge(entries, &first);
	tcp_reassembly_purge(entries, &second);
}

/* Attacks 27 and 28: what is counted are mbufs, whatever is in them. */
static void
test_single_bytes_share_an_mbuf(void **state)
{
	struct tcp_reassembly reassembly = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_int_equal(insert(&reassembly, 100 + i, 1), TCP_REASSEMBLY_KEPT);
	assert_int_equal(reassembly.nb, 1);
	assert_int_equal(rte_mempool_in_use_count(mbufs), 1);
	assert_int_equal(take(&reassembly, 100), 1100);
}

static void
test_each_mbuf_is_counted(void **state)
{
	struct tcp_reassembly reassembly = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < ENTRIES_MAX / 2; i++) {
		assert_int_equal(insert(&reassembly, 2000 * i, 1400), TCP_REASSEMBLY_KEPT);
		assert_int_equal(reassembly.nb, 2 * (i + 1));
	}
	assert_int_equal(insert(&reassembly, 2000 * i, 1400), TCP_REASSEMBLY_FULL);
	assert_int_equal(rte_mempool_in_use_count(mbufs), ENTRIES_MAX);
	assert_int_equal(take(&reassembly, 0), 1400);
	assert_int_equal(reassembly.nb, ENTRIES_MAX - 2);
	/* What is kept of the first leaves room for one of the two. */
	assert_int_equal(insert(&reassembly, 2000 * i, 300), TCP_REASSEMBLY_KEPT);
	assert_int_equal(insert(&reassembly, 2000 * i + 1000, 1400), TCP_REASSEMBLY_FULL);
	assert_int_equal(rte_mempool_in_use_count(mbufs), ENTRIES_MAX);
	tcp_reassembly_purge(entries, &reassembly);
}

/* What is in the tail room of an mbuf that others see is theirs. */
static void
test_shared_mbuf_is_not_appended_to(void **state)
{
	struct tcp_reassembly reassembly = {0};
	struct rte_mbuf *first;

	(void)state;
	first = rte_pktmbuf_alloc(mbufs);
	*(uint8_t *)rte_pktmbuf_append(first, 1) = 100;
	rte_mbuf_refcnt_update(first, 1);
	assert_int_equal(tcp_reassembly_insert(entries, &reassembly, first, 100, ENTRIES_MAX),
			 TCP_REASSEMBLY_KEPT);
	assert_int_equal(insert(&reassembly, 101, 1), TCP_REASSEMBLY_KEPT);
	assert_int_equal(reassembly.nb, 2);
	assert_int_equal(take(&reassembly, 100), 102);
	rte_pktmbuf_free(first);
}

static void
test_sack_blocks(void **state)
{
	struct wire_tcp_options options = {0};
	struct tcp_reassembly reassembly = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < 6; i++)
		insert(&reassembly, 100 + 100 * i, 50);
	insert(&reassembly, 350, 10); /* grows the third */
	tcp_reassembly_sack(&reassembly, &options, 4);
	assert_int_equal(options.nb_sack, 4);
	assert_int_equal(options.sack[0].left, 300);
	assert_int_equal(options.sack[0].right, 360);
	assert_int_equal(options.sack[1].left, 600);
	assert_int_equal(options.sack[2].left, 500);
	assert_int_equal(options.sack[3].left, 400);
	/* One that comes again is the newest (RFC 2018 section 4). */
	insert(&reassembly, 100, 50);
	tcp_reassembly_sack(&reassembly, &options, 2);
	assert_int_equal(options.nb_sack, 2);
	assert_int_equal(options.sack[0].left, 100);
	assert_int_equal(options.sack[1].left, 300);
	tcp_reassembly_purge(entries, &reassembly);
}

static void
test_random_pieces(void **state)
{
	unsigned int seed = 11, round, i;
	uint32_t start = 0xffffff80, next, len;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (round = 0; round < 500; round++) {
		struct tcp_reassembly reassembly = {0};

		next = start;
		for (i = 0; i < 200 && next != start + 300; i++) {
			uint32_t offset = random() % 300;

			len = 1 + random() % (300 - offset > 60 ? 60 : 300 - offset);
			insert(&reassembly, start + offset, len);
			next = take(&reassembly, next);
			assert_true(next - start <= 300);
		}
		tcp_reassembly_purge(entries, &reassembly);
		assert_int_equal(reassembly.nb, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_in_order_of_sequence, test_pools_full),
		cmocka_unit_test_teardown(test_overlaps, test_pools_full),
		cmocka_unit_test_teardown(test_what_is_passed_is_freed, test_pools_full),
		cmocka_unit_test_teardown(test_bounds, test_pools_full),
		cmocka_unit_test_teardown(test_single_bytes_share_an_mbuf, test_pools_full),
		cmocka_unit_test_teardown(test_each_mbuf_is_counted, test_pools_full),
		cmocka_unit_test_teardown(test_shared_mbuf_is_not_appended_to, test_pools_full),
		cmocka_unit_test_teardown(test_sack_blocks, test_pools_full),
		cmocka_unit_test_teardown(test_random_pieces, test_pools_full),
	};

	return cmocka_run_group_tests(tests, setup, test_pools_full);
}

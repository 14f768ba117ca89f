/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <rte_mempool.h>

#include "chain.h"
#include "test_eal.h"

#define POOL_MBUFS 64
#define SEGMENT 1000

static struct rte_mempool *mempool;
static struct chain_pool pool;
static struct tr_chain chain;
static uint8_t pattern[POOL_MBUFS * SEGMENT * 2];

static int
group_setup(void **state)
{
	size_t i;

	(void)state;
	test_eal_init();
	mempool = chain_mempool_create("test_chain", POOL_MBUFS, SOCKET_ID_ANY);
	assert_non_null(mempool);
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 7 + i / 251;
	return 0;
}

static int
group_teardown(void **state)
{
	test_pools_full(state);
	rte_mempool_free(mempool);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	pool = (struct chain_pool){
		.mbufs = mempool, .segments = mempool, .link_segments = true, .share_mbufs = true};
	chain_init(&chain, &pool, SEGMENT);
	return 0;
}

static int
teardown(void **state)
{
	chain_deinit(&chain);
	assert_int_equal(tr_chain_bytes(&chain), 0);
	assert_null(chain.head);
	assert_null(chain.tail);
	return test_pools_full(state);
}

static int
append(const void *data, size_t len)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	return tr_chain_append(&chain, &part, 1);
}

/* The chain holds exactly the pattern's bytes [from, from + len). */
static void
check_content(const uint8_t *expected, uint32_t len)
{
	uint32_t offset = 0;

	assert_int_equal(tr_chain_bytes(&chain), len);
	while (offset < len) {
		uint32_t bytes = UINT32_MAX;
		struct rte_mbuf *packet = chain_segment(&chain, offset, &bytes);
		uint8_t copy[RTE_MBUF_DEFAULT_DATAROOM];
		const void *data;

		assert_non_null(packet);
		data = rte_pktmbuf_read(packet, 0, bytes, copy);
		assert_non_null(data);
		assert_memory_equal(data, expected + offset, bytes);
		rte_pktmbuf_free(packet);
		offset += bytes;
	}
	assert_int_equal(offset, len);
}

static void
test_response_is_one_allocation(void **state)
{
	struct iovec parts[] = {
		{pattern, 24},	    {pattern + 24, 4},	 {NULL, 0},
		{pattern + 28, 30}, {pattern + 58, 500},
	};

	(void)state;
	assert_int_equal(tr_chain_append(&chain, parts, RTE_DIM(parts)), 0);
	assert_int_equal(rte_mempool_in_use_count(mempool), 1);
	assert_int_equal(pool.stats.appends, 1);
	assert_int_equal(pool.stats.mbufs, 1);
	assert_int_equal(pool.stats.bytes_copied, 558);
	check_content(pattern, 558);
}

static void
test_reserved_room_is_written_in_place(void **state)
{
	uint32_t len = 0;
	uint8_t *to;

	(void)state;
	/* A new mbuf, then the room behind what was written, of which less is used than was asked.
	 */
	to = tr_chain_reserve(&chain, 300);
	assert_non_null(to);
	memcpy(to, pattern, 200);
	tr_chain_commit(&chain, 200);
	len += 200;
	assert_ptr_equal(tr_chain_reserve(&chain, SEGMENT - 200), to + 200);
	memcpy(to + 200, pattern + 200, 700);
	tr_chain_commit(&chain, 700);
	len += 700;
	/* What does not fit in one piece is for append, which fills the mbuf. */
	assert_null(tr_chain_reserve(&chain, 101));
	assert_int_equal(append(pattern + len, 101), 0);
	len += 101;
	assert_int_equal(rte_mempool_in_use_count(mempool), 2);
	assert_null(tr_chain_reserve(&chain, SEGMENT + 1));
	assert_int_equal(pool.stats.appends, 3);
	assert_int_equal(pool.stats.mbufs, 2);
	assert_int_equal(pool.stats.bytes_copied, len);
	check_content(pattern, len);
	/* All of it has been handed out: nothing is written to those mbufs any more. */
	to = tr_chain_reserve(&chain, 1);
	assert_non_null(to);
	*to = pattern[len++];
	tr_chain_commit(&chain, 1);
	assert_int_equal(pool.stats.mbufs, 3);
	check_content(pattern, len);
}

static void
test_no_room_to_reserve(void **state)
{
	struct rte_mbuf *mbufs[POOL_MBUFS];

	(void)state;
	assert_int_equal(rte_pktmbuf_alloc_bulk(mempool, mbufs, POOL_MBUFS), 0);
	assert_null(tr_chain_reserve(&chain, 1));
	assert_int_equal(tr_chain_bytes(&chain), 0);
	assert_null(chain.head);
	rte_pktmbuf_free_bulk(mbufs, POOL_MBUFS);
}

static void
test_responses_of_a_turn_share_an_allocation(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SEGMENT / 100; i++)
		assert_int_equal(append(pattern + i * 100, 100), 0);
	assert_int_equal(pool.stats.mbufs, 1);
	assert_int_equal(append(pattern + SEGMENT, 1), 0);
	assert_int_equal(pool.stats.mbufs, 2);
	check_content(pattern, SEGMENT + 1);
}

static void
test_tail_is_filled_first(void **state)
{
	uint32_t len = 1;

	(void)state;
	assert_int_equal(append(pattern, SEGMENT - 10), 0);
	assert_int_equal(append(pattern + SEGMENT - 10, 10 + 2 * SEGMENT + 1), 0);
	assert_int_equal(pool.stats.mbufs, 4);
	for (unsigned int i = 0; i < 3; i++) {
		len = UINT32_MAX;
		rte_pktmbuf_free(chain_segment(&chain, i * SEGMENT, &len));
		assert_int_equal(len, SEGMENT);
	}
	check_content(pattern, 3 * SEGMENT + 1);
}

static void
test_nothing_appended(void **state)
{
	(void)state;
	assert_int_equal(tr_chain_append(&chain, NULL, 0), 0);
	assert_int_equal(append(pattern, 0), 0);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
	assert_int_equal(pool.stats.appends, 0);
}

static void
test_failure_leaves_the_chain(void **state)
{
	/* More than the pool has; and a last round of the allocation that fails. */
	static const size_t too_much[] = {POOL_MBUFS * SEGMENT * 2, (POOL_MBUFS + 1) * SEGMENT,
					  (POOL_MBUFS - 1) * SEGMENT + 101};
	struct tr_chain before;
	unsigned int i;

	(void)state;
	assert_int_equal(append(pattern, 900), 0);
	before = chain;
	for (i = 0; i < RTE_DIM(too_much); i++) {
		assert_int_equal(append(pattern, too_much[i]), -ENOMEM);
		assert_memory_equal(&chain, &before, sizeof(chain));
		assert_int_equal(rte_mempool_in_use_count(mempool), 1);
		assert_int_equal(pool.stats.append_failures, i + 1);
	}
	assert_int_equal(pool.stats.appends, 1);
	assert_int_equal(pool.stats.mbufs, 1);
	check_content(pattern, 900);

	/* To the last mbuf, it works: the tail is sealed now. */
	assert_int_equal(append(pattern + 900, (POOL_MBUFS - 1) * SEGMENT), 0);
	assert_int_equal(rte_mempool_in_use_count(mempool), POOL_MBUFS);
	assert_int_equal(append(pattern, 1), -ENOMEM);
	check_content(pattern, 900 + (POOL_MBUFS - 1) * SEGMENT);
}

static void
test_length_beyond_the_chain(void **state)
{
	struct iovec parts[2] = {{pattern, SIZE_MAX / 4}, {pattern, 10}};
	struct iovec sum[2] = {{pattern, UINT32_MAX - 5}, {pattern, 10}};

	(void)state;
	assert_int_equal(append(pattern, 10), 0);
	assert_int_equal(tr_chain_append(&chain, parts, 2), -ENOMEM);
	assert_int_equal(tr_chain_append(&chain, sum, 2), -ENOMEM);
	check_content(pattern, 10);
}

static void
test_trim(void **state)
{
	(void)state;
	assert_int_equal(append(pattern, 3 * SEGMENT), 0);
	chain_trim(&chain, 0);
	check_content(pattern, 3 * SEGMENT);
	chain_trim(&chain, 1);
	assert_int_equal(rte_mempool_in_use_count(mempool), 3);
	check_content(pattern + 1, 3 * SEGMENT - 1);
	chain_trim(&chain, SEGMENT - 1);
	assert_int_equal(rte_mempool_in_use_count(mempool), 2);
	chain_trim(&chain, SEGMENT + 500);
	assert_int_equal(rte_mempool_in_use_count(mempool), 1);
	check_content(pattern + 2 * SEGMENT + 500, 500);
	chain_trim(&chain, 500);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
	assert_int_equal(append(pattern, 5), 0);
	check_content(pattern, 5);
}

/* Of what is acknowledged of an mbuf nothing counts, nor of those behind the bytes asked about. */
static void
test_longest(void **state)
{
	(void)state;
	assert_int_equal(chain_longest(&chain, 1), 0);
	assert_int_equal(append(pattern, 2 * SEGMENT + 500), 0);
	assert_int_equal(chain_longest(&chain, 0), 0);
	assert_int_equal(chain_longest(&chain, 1), SEGMENT);
	chain_trim(&chain, 600);
	assert_int_equal(chain_longest(&chain, 400), 400);
	assert_int_equal(chain_longest(&chain, 401), SEGMENT);
	chain_trim(&chain, SEGMENT + 400);
	assert_int_equal(chain_longest(&chain, UINT32_MAX), 500);
}

static void
test_mbufs_are_counted(void **state)
{
	(void)state;
	assert_int_equal(append(pattern, 2 * SEGMENT + 1), 0);
	assert_int_equal(chain.nb_mbufs, 3);
	assert_int_equal(append(pattern, 1), 0);
	assert_int_equal(chain.nb_mbufs, 3);
	chain_trim(&chain, 2 * SEGMENT);
	assert_int_equal(chain.nb_mbufs, 1);
	assert_non_null(tr_chain_reserve(&chain, 1));
	assert_int_equal(chain.nb_mbufs, 1);
	tr_chain_commit(&chain, 1);
	/* Who has more than can be counted is not believed to have few. */
	chain.nb_mbufs = UINT16_MAX - 1;
	assert_int_equal(append(pattern, 3 * SEGMENT), 0);
	assert_int_equal(chain.nb_mbufs, UINT16_MAX);
	chain_trim(&chain, chain.bytes - 1);
	assert_int_equal(chain.nb_mbufs, UINT16_MAX);
	chain_trim(&chain, 1);
	assert_int_equal(chain.nb_mbufs, 0);
	assert_non_null(tr_chain_reserve(&chain, 1));
	assert_int_equal(chain.nb_mbufs, 1);
	tr_chain_commit(&chain, 1);
}

static void
test_segment_bytes_change(void **state)
{
	(void)state;
	assert_int_equal(append(pattern, 600), 0);
	chain_set_segment_bytes(&chain, 500);
	assert_int_equal(append(pattern + 600, 700), 0);
	assert_int_equal(pool.stats.mbufs, 3);
	chain_set_segment_bytes(&chain, chain_segment_bytes_max(&pool));
	assert_int_equal(append(pattern + 1300, chain_segment_bytes_max(&pool) - 200), 0);
	assert_int_equal(pool.stats.mbufs, 3);
	assert_int_equal(append(pattern + 1100 + chain_segment_bytes_max(&pool), 1), 0);
	assert_int_equal(pool.stats.mbufs, 4);
	check_content(pattern, 1101 + chain_segment_bytes_max(&pool));
}

static void
test_room_for_jumbo_frames(void **state)
{
	struct chain_pool jumbo = {.link_segments = true, .share_mbufs = true};
	static uint8_t data[8960] = {[0] = 1, [4000] = 2, [8959] = 3};
	struct iovec part = {.iov_base = data, .iov_len = sizeof(data)};
	uint32_t len = sizeof(data);
	struct rte_mbuf *mbuf;

	(void)state;
	jumbo.mbufs = chain_mempool_create_for("test_jumbo", 7, 9000, SOCKET_ID_ANY);
	assert_non_null(jumbo.mbufs);
	assert_int_equal(chain_segment_bytes_max(&jumbo), 9000);
	jumbo.segments = jumbo.mbufs;
	chain_deinit(&chain);
	chain_init(&chain, &jumbo, sizeof(data));
	assert_return_code(tr_chain_append(&chain, &part, 1), 0);
	mbuf = chain_segment(&chain, 0, &len);
	assert_non_null(mbuf);
	assert_int_equal(len, sizeof(data));
	assert_int_equal(mbuf->nb_segs, 1);
	assert_memory_equal(rte_pktmbuf_mtod(mbuf, void *), data, sizeof(data));
	rte_pktmbuf_free(mbuf);
	chain_deinit(&chain);
	assert_int_equal(test_pools_full(NULL), 0);
	rte_mempool_free(jumbo.mbufs);
	chain_init(&chain, &pool, SEGMENT);
	/* Never less than usual. */
	jumbo.mbufs = chain_mempool_create_for("test_narrow", 7, 536, SOCKET_ID_ANY);
	assert_int_equal(chain_segment_bytes_max(&jumbo), RTE_MBUF_DEFAULT_DATAROOM);
	rte_mempool_free(jumbo.mbufs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_response_is_one_allocation, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reserved_room_is_written_in_place, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_room_to_reserve, setup, teardown),
		cmocka_unit_test_setup_teardown(test_responses_of_a_turn_share_an_allocation, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_tail_is_filled_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_appended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure_leaves_the_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_length_beyond_the_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trim, setup, teardown),
		cmocka_unit_test_setup_teardown(test_longest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_room_for_jumbo_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mbufs_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_segment_bytes_change, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_mempool.h>

#include "chain.h"
#include "test_eal.h"

#define POOL_MBUFS 256
#define SEGMENT 1000
#define HEADERS 66

static struct rte_mempool *mempool;
static struct chain_pool pool;
static struct tr_chain chain;
static uint8_t pattern[1 << 20];

static int
group_setup(void **state)
{
	size_t i;

	(void)state;
	test_eal_init();
	mempool = chain_mempool_create("test_segment", POOL_MBUFS, SOCKET_ID_ANY);
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
	return test_pools_full(state);
}

static int
append(const void *data, size_t len)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	return tr_chain_append(&chain, &part, 1);
}

/* A packet as chain_segment() promises it. */
static void
check_packet(struct rte_mbuf *packet, uint32_t len)
{
	const char *reason = "";

	assert_non_null(packet);
	assert_int_equal(rte_mbuf_check(packet, 1, &reason), 0);
	assert_int_equal(packet->pkt_len, len);
	assert_in_range(rte_pktmbuf_headroom(packet), CHAIN_HEADROOM, UINT16_MAX);
	assert_int_equal(packet->ol_flags, 0);
	assert_int_equal(packet->tx_offload, 0);
	if (packet->next != NULL) {
		assert_int_equal(packet->nb_segs, 2);
		assert_int_equal(packet->data_len, 0);
		assert_int_equal(packet->next->ol_flags, RTE_MBUF_F_INDIRECT);
		assert_null(packet->next->next);
	}
}

/* A packet as chain_segment_large() promises it. */
static void
check_large(struct rte_mbuf *packet, uint32_t len, uint16_t nb_max)
{
	const char *reason = "";

	assert_non_null(packet);
	assert_int_equal(rte_mbuf_check(packet, 1, &reason), 0);
	assert_int_equal(packet->pkt_len, len);
	assert_in_range(packet->nb_segs, 1, nb_max);
	assert_in_range(rte_pktmbuf_headroom(packet), CHAIN_HEADROOM, UINT16_MAX);
	assert_int_equal(packet->ol_flags, 0);
	assert_int_equal(packet->tx_offload, 0);
}

/* What the layers below do: headers, offloads. */
static void
transmit(struct rte_mbuf *packet, uint8_t mark)
{
	memset(rte_pktmbuf_prepend(packet, HEADERS), mark, HEADERS);
	packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	packet->l2_len = 14;
	packet->vlan_tci = mark;
}

/* Headers and payload are still what was transmitted. */
static void
check_transmitted(const struct rte_mbuf *packet, uint8_t mark, const uint8_t *payload, uint32_t len)
{
	uint8_t headers[HEADERS];
	uint8_t copy[4 * RTE_MBUF_DEFAULT_DATAROOM];

	memset(headers, mark, sizeof(headers));
	assert_int_equal(packet->pkt_len, HEADERS + len);
	assert_memory_equal(rte_pktmbuf_read(packet, 0, HEADERS, copy), headers, HEADERS);
	assert_memory_equal(rte_pktmbuf_read(packet, HEADERS, len, copy), payload, len);
}

static void
test_whole_mbuf_in_place(void **state)
{
	struct rte_mbuf *packet;
	uint32_t len = SEGMENT;

	(void)state;
	assert_int_equal(append(pattern, 1500), 0);
	packet = chain_segment(&chain, 0, &len);
	assert_int_equal(len, SEGMENT);
	check_packet(packet, SEGMENT);
	assert_ptr_equal(packet, chain.head);
	assert_int_equal(rte_mbuf_refcnt_read(packet), 2);
	assert_int_equal(rte_mempool_in_use_count(mempool), 2);
	assert_int_equal(pool.stats.segments, 1);
	transmit(packet, 1);
	check_transmitted(packet, 1, pattern, SEGMENT);

	/* The chain lets go first: the device still reads. */
	chain_trim(&chain, SEGMENT);
	assert_int_equal(rte_mempool_in_use_count(mempool), 2);
	check_transmitted(packet, 1, pattern, SEGMENT);
	rte_pktmbuf_free(packet);
	assert_int_equal(rte_mempool_in_use_count(mempool), 1);
}

static void
test_sealed_tail_is_not_appended_to(void **state)
{
	struct rte_mbuf *packet;
	uint32_t len = SEGMENT;

	(void)state;
	assert_int_equal(append(pattern, 10), 0);
	packet = chain_segment(&chain, 0, &len);
	assert_int_equal(len, 10);
	transmit(packet, 1);
	assert_int_equal(append(pattern + 10, 10), 0);
	assert_int_equal(pool.stats.mbufs, 2);
	check_transmitted(packet, 1, pattern, 10);
	rte_pktmbuf_free(packet);
	/* Nor when the device has let go. */
	assert_int_equal(append(pattern + 20, 10), 0);
	len = SEGMENT;
	packet = chain_segment(&chain, 0, &len);
	assert_int_equal(len, 10);
	rte_pktmbuf_free(packet);
}

static void
test_retransmission_clones_what_the_device_holds(void **state)
{
	struct rte_mbuf *first;
	struct rte_mbuf *second;
	struct rte_mbuf *third;
	uint32_t len = SEGMENT;

	(void)state;
	assert_int_equal(append(pattern, SEGMENT), 0);
	first = chain_segment(&chain, 0, &len);
	transmit(first, 1);
	second = chain_segment(&chain, 0, &len);
	check_packet(second, SEGMENT);
	assert_int_equal(second->nb_segs, 2);
	assert_int_equal(pool.stats.segments_linked, 1);
	assert_int_equal(rte_mempool_in_use_count(mempool), 3);
	transmit(second, 2);
	check_transmitted(first, 1, pattern, SEGMENT);
	check_transmitted(second, 2, pattern, SEGMENT);
	rte_pktmbuf_free(first);
	/* The clone still reads the bytes. */
	third = chain_segment(&chain, 0, &len);
	assert_int_equal(third->nb_segs, 2);
	rte_pktmbuf_free(third);
	rte_pktmbuf_free(second);
	third = chain_segment(&chain, 0, &len);
	check_packet(third, SEGMENT);
	assert_ptr_equal(third, chain.head);
	rte_pktmbuf_free(third);
}

/* Transmission may link a packet to others: they are not the chain's to free. */
static void
test_next_belongs_to_transmission(void **state)
{
	struct rte_mbuf *packet;
	struct rte_mbuf *other;
	uint32_t len = SEGMENT;

	(void)state;
	assert_int_equal(append(pattern, 2 * SEGMENT), 0);
	packet = chain_segment(&chain, 0, &len);
	packet->next = rte_pktmbuf_alloc(mempool);
	packet->nb_segs = 2;
	chain_trim(&chain, SEGMENT);
	assert_int_equal(rte_mbuf_refcnt_read(packet->next), 1);
	assert_int_equal(rte_mempool_in_use_count(mempool), 3);
	rte_pktmbuf_free(packet);
	assert_int_equal(rte_mempool_in_use_count(mempool), 1);

	/* A link that was left behind is not followed by the next transmission either. */
	packet = chain_segment(&chain, 0, &len);
	assert_int_equal(len, SEGMENT);
	other = rte_pktmbuf_alloc(mempool);
	packet->next = other;
	packet->nb_segs = 2;
	rte_pktmbuf_free_seg(packet);
	packet = chain_segment(&chain, 0, &len);
	check_packet(packet, SEGMENT);
	assert_null(packet->next);
	assert_int_equal(packet->nb_segs, 1);
	rte_pktmbuf_free(packet);
	rte_pktmbuf_free(other);
}

static void
test_part_is_never_sent_in_place(void **state)
{
	struct rte_mbuf *packet;
	uint32_t len = 400;

	(void)state;
	assert_int_equal(append(pattern, 900), 0);
	packet = chain_segment(&chain, 0, &len);
	assert_int_equal(len, 400);
	check_packet(packet, 400);
	assert_int_equal(packet->nb_segs, 2);
	transmit(packet, 1);
	check_transmitted(packet, 1, pattern, 400);
	rte_pktmbuf_free(packet);

	/* In front of these are bytes of the chain: no room for headers. */
	len = SEGMENT;
	packet = chain_segment(&chain, 400, &len);
	assert_int_equal(len, 500);
	assert_int_equal(packet->nb_segs, 2);
	transmit(packet, 2);
	check_transmitted(packet, 2, pattern + 400, 500);
	rte_pktmbuf_free(packet);
	packet = chain_segment(&chain, 0, &len);
	transmit(packet, 3);
	check_transmitted(packet, 3, pattern, 500);
	rte_pktmbuf_free(packet);
	assert_int_equal(pool.stats.segments, 0);
}

static void
test_rest_after_partial_ack_in_place(void **state)
{
	struct rte_mbuf *held;
	struct rte_mbuf *packet;
	uint32_t len = SEGMENT;

	(void)state;
	assert_int_equal(append(pattern, SEGMENT), 0);
	held = chain_segment(&chain, 0, &len);
	transmit(held, 1);
	chain_trim(&chain, 10);

	/* The device reads the acknowledged bytes: headers may not go there yet. */
	packet = chain_segment(&chain, 0, &len);
	assert_int_equal(len, SEGMENT - 10);
	assert_int_equal(packet->nb_segs, 2);
	transmit(packet, 2);
	check_transmitted(held, 1, pattern, SEGMENT);
	check_transmitted(packet, 2, pattern + 10, SEGMENT - 10);
	rte_pktmbuf_free(held);
	rte_pktmbuf_free(packet);

	packet = chain_segment(&chain, 0, &len);
	check_packet(packet, SEGMENT - 10);
	assert_ptr_equal(packet, chain.head);
	transmit(packet, 3);
	check_transmitted(packet, 3, pattern + 10, SEGMENT - 10);
	rte_pktmbuf_free(packet);
}

static void
test_copies_where_mbufs_may_not_be_shared(void **state)
{
	struct rte_mbuf *packet;
	uint32_t len = SEGMENT;

	(void)state;
	pool.share_mbufs = false;
	assert_int_equal(append(pattern, 800), 0);
	packet = chain_segment(&chain, 0, &len);
	check_packet(packet, 800);
	assert_int_equal(packet->nb_segs, 1);
	assert_int_equal(pool.stats.segments_copied, 1);
	/* The peer writes to it. */
	memset(rte_pktmbuf_mtod(packet, void *), 0xff, 800);
	rte_pktmbuf_free(packet);
	/* Nobody reads the chain's own mbuf: its room is used. */
	assert_int_equal(append(pattern + 800, 200), 0);
	assert_int_equal(pool.stats.mbufs, 1);
	len = SEGMENT;
	packet = chain_segment(&chain, 0, &len);
	assert_int_equal(len, SEGMENT);
	transmit(packet, 1);
	check_transmitted(packet, 1, pattern, SEGMENT);
	rte_pktmbuf_free(packet);
}

static void
test_dry_pool_gives_no_packet(void **state)
{
	struct rte_mbuf *mbufs[POOL_MBUFS];
	struct rte_mbuf *packet;
	unsigned int taken = 0;
	uint32_t len = SEGMENT;

	(void)state;
	assert_int_equal(append(pattern, SEGMENT), 0);
	while ((mbufs[taken] = rte_pktmbuf_alloc(mempool)) != NULL)
		taken++;
	assert_int_equal(taken, POOL_MBUFS - 1);

	/* In place needs nothing. */
	packet = chain_segment(&chain, 0, &len);
	check_packet(packet, SEGMENT);
	assert_null(chain_segment(&chain, 0, &len));
	/* A clone needs two: one is not enough, and is given back. */
	rte_pktmbuf_free(mbufs[--taken]);
	assert_null(chain_segment(&chain, 0, &len));
	assert_int_equal(rte_mempool_in_use_count(mempool), POOL_MBUFS - 1);
	pool.link_segments = false;
	rte_pktmbuf_free(packet);
	len = 10;
	packet = chain_segment(&chain, 5, &len);
	check_packet(packet, 10);
	assert_null(chain_segment(&chain, 5, &len));
	rte_pktmbuf_free(packet);
	while (taken > 0)
		rte_pktmbuf_free(mbufs[--taken]);
	assert_int_equal(pool.stats.segments, 1);
	assert_int_equal(pool.stats.segments_linked, 0);
	assert_int_equal(pool.stats.segments_copied, 1);
}

/*
 * Random appends, cuts and acknowledgements against an array of bytes, while a device holds what
 * was cut for a while. Whatever was given to the device reads the same until it is given back.
 */

struct held {
	struct rte_mbuf *packet;
	uint32_t from; /* in pattern */
	uint32_t len;
	uint8_t mark;
};

struct model {
	struct held held[64];
	unsigned int nb_held;
	uint32_t una; /* in pattern: first byte of the chain */
	uint32_t nxt; /* first byte not yet cut */
	uint32_t end; /* first byte not yet appended */
	uint8_t mark;
	bool peer_writes;
	uint64_t seed;
};

static uint32_t
model_random(struct model *model, uint32_t below)
{
	model->seed = model->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(model->seed >> 33) % below;
}

static void
model_complete(struct model *model)
{
	unsigned int i = model_random(model, model->nb_held);
	struct held *held = &model->held[i];
	struct rte_mbuf *segment;

	check_transmitted(held->packet, held->mark, pattern + held->from, held->len);
	if (model->peer_writes)
		for (segment = held->packet; segment != NULL; segment = segment->next)
			memset(rte_pktmbuf_mtod(segment, void *), 0xee, segment->data_len);
	rte_pktmbuf_free(held->packet);
	*held = model->held[--model->nb_held];
}

static void
model_append(struct model *model)
{
	struct iovec parts[4];
	unsigned int nb = 1 + model_random(model, RTE_DIM(parts));
	uint32_t at = model->end;
	uint32_t before = model->end - model->una;
	unsigned int in_use = rte_mempool_in_use_count(mempool);
	unsigned int i;

	for (i = 0; i < nb; i++) {
		uint32_t len = model_random(model, model_random(model, 4) == 0 ? 40000 : 60);

		if (at + len > sizeof(pattern))
			len = 0;
		parts[i] = (struct iovec){.iov_base = pattern + at, .iov_len = len};
		at += len;
	}
	if (tr_chain_append(&chain, parts, nb) == 0) {
		model->end = at;
	} else {
		assert_int_equal(rte_mempool_in_use_count(mempool), in_use);
		assert_int_equal(tr_chain_bytes(&chain), before);
	}
}

static void
model_cut(struct model *model)
{
	bool again = model->nxt > model->una && model_random(model, 3) == 0;
	uint32_t from = model->nxt;
	uint32_t len = SEGMENT;
	struct rte_mbuf *packet;

	if (again)
		from = model->una + model_random(model, model->nxt - model->una);
	if (from == model->end || model->nb_held == RTE_DIM(model->held))
		return;
	if (model_random(model, 4) == 0)
		len = 1 + model_random(model, SEGMENT);
	if (pool.link_segments && pool.share_mbufs && model_random(model, 4) == 0) {
		len = RTE_MIN(len * 4, model->end - from);
		packet = chain_segment_large(&chain, from - model->una, &len, 7);
		if (packet == NULL)
			return;
		assert_in_range(len, 1, model->end - from);
		check_large(packet, len, 7);
	} else {
		packet = chain_segment(&chain, from - model->una, &len);
		if (packet == NULL)
			return;
		assert_in_range(len, 1, RTE_MIN((uint32_t)SEGMENT, model->end - from));
		check_packet(packet, len);
	}
	transmit(packet, ++model->mark);
	model->held[model->nb_held++] = (struct held){packet, from, len, model->mark};
	if (from + len > model->nxt)
		model->nxt = from + len;
}

static void
model_acknowledge(struct model *model)
{
	uint32_t bytes;

	if (model->nxt == model->una)
		return;
	bytes = 1 + model_random(model, model->nxt - model->una);
	chain_trim(&chain, bytes);
	model->una += bytes;
}

static void
model_run(bool link_segments, bool share_mbufs)
{
	const char *given = getenv("TR_SEED");
	struct model model = {.seed = given != NULL ? strtoull(given, NULL, 0)
						    : (uint64_t)time(NULL),
			      .peer_writes = !share_mbufs};
	unsigned int step;

	print_message("TR_SEED=%llu\n", (unsigned long long)model.seed);
	pool.link_segments = link_segments;
	pool.share_mbufs = share_mbufs;
	for (step = 0; step < 60000; step++) {
		switch (model_random(&model, 8)) {
		case 0:
			model_append(&model);
			break;
		case 1:
			model_acknowledge(&model);
			break;
		case 2:
		case 3:
		case 4:
			if (model.nb_held > 0)
				model_complete(&model);
			break;
		default:
			model_cut(&model);
			break;
		}
		assert_int_equal(tr_chain_bytes(&chain), model.end - model.una);
		if (model.end == sizeof(pattern) || model.una > sizeof(pattern) / 2) {
			chain_trim(&chain, model.end - model.una);
			while (model.nb_held > 0)
				model_complete(&model);
			assert_int_equal(rte_mempool_in_use_count(mempool), 0);
			model.una = model.nxt = model.end = 0;
		}
	}
	while (model.nb_held > 0)
		model_complete(&model);
	assert_true(pool.stats.append_failures > 0);
	assert_true(!share_mbufs || pool.stats.segments > 1000);
	assert_true(!(share_mbufs && link_segments) || pool.stats.segments_linked > 1000);
	assert_true((share_mbufs && link_segments) || pool.stats.segments_copied > 1000);
}

static void
test_large_in_place(void **state)
{
	struct rte_mbuf *packet;
	uint32_t len = 3500;

	(void)state;
	assert_int_equal(append(pattern, 3500), 0);
	packet = chain_segment_large(&chain, 0, &len, 8);
	assert_int_equal(len, 3500);
	check_large(packet, 3500, 4);
	assert_ptr_equal(packet, chain.head);
	/* Nothing was allocated. */
	assert_int_equal(rte_mempool_in_use_count(mempool), 4);
	transmit(packet, 1);
	check_transmitted(packet, 1, pattern, 3500);
	/* The device lets go first, then the chain. */
	rte_pktmbuf_free(packet);
	assert_int_equal(rte_mempool_in_use_count(mempool), 4);
	chain_trim(&chain, 3500);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
}

/* What the device holds, and parts of mbufs, are borrowed: an mbuf each, and one for headers. */
static void
test_large_borrows(void **state)
{
	struct rte_mbuf *packet, *again;
	uint32_t len = 3 * SEGMENT;

	(void)state;
	assert_int_equal(append(pattern, 3 * SEGMENT), 0);
	packet = chain_segment_large(&chain, 0, &len, 8);
	transmit(packet, 1);
	len = 2500;
	again = chain_segment_large(&chain, 500, &len, 8);
	assert_int_equal(len, 2500);
	check_large(again, 2500, 4);
	assert_int_equal(rte_mempool_in_use_count(mempool), 3 + 4);
	transmit(again, 2);
	chain_trim(&chain, 3 * SEGMENT);
	check_transmitted(packet, 1, pattern, 3 * SEGMENT);
	check_transmitted(again, 2, pattern + 500, 2500);
	rte_pktmbuf_free(packet);
	check_transmitted(again, 2, pattern + 500, 2500);
	rte_pktmbuf_free(again);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
}

static void
test_large_ends_where_it_must(void **state)
{
	struct rte_mbuf *held[POOL_MBUFS], *packet;
	uint32_t len = 6 * SEGMENT;
	unsigned int nb = 0;

	(void)state;
	assert_int_equal(append(pattern, 6 * SEGMENT), 0);
	/* At so many mbufs. */
	packet = chain_segment_large(&chain, 0, &len, 3);
	assert_int_equal(len, 3 * SEGMENT);
	check_large(packet, len, 3);
	rte_pktmbuf_free(packet);
	/* Where the pool is empty: nothing borrowed is missing in what it has. */
	len = 1;
	packet = chain_segment(&chain, 1000, &len);
	while (nb < POOL_MBUFS && (held[nb] = rte_pktmbuf_alloc(mempool)) != NULL)
		nb++;
	len = 3 * SEGMENT;
	held[nb] = chain_segment_large(&chain, 0, &len, 8);
	assert_int_equal(len, SEGMENT);
	check_large(held[nb++], SEGMENT, 1);
	rte_pktmbuf_free_bulk(held, nb);
	rte_pktmbuf_free(packet);
	/* After a short mbuf, of which many would make one segment. */
	chain_trim(&chain, 5 * SEGMENT);
	len = SEGMENT;
	rte_pktmbuf_free(chain_segment(&chain, 0, &len));
	assert_int_equal(append(pattern, 100), 0);
	len = 100;
	rte_pktmbuf_free(chain_segment(&chain, SEGMENT, &len));
	assert_int_equal(append(pattern, SEGMENT), 0);
	len = 2 * SEGMENT + 100;
	packet = chain_segment_large(&chain, 0, &len, 8);
	assert_int_equal(len, SEGMENT + 100);
	rte_pktmbuf_free(packet);
	/* But if it is the first. */
	len = SEGMENT + 100;
	packet = chain_segment_large(&chain, SEGMENT, &len, 8);
	assert_int_equal(len, 100 + SEGMENT);
	rte_pktmbuf_free(packet);
}

static void
test_model_linked(void **state)
{
	(void)state;
	model_run(true, true);
}

static void
test_model_no_links(void **state)
{
	(void)state;
	model_run(false, true);
}

static void
test_model_not_shared(void **state)
{
	(void)state;
	model_run(true, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole_mbuf_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sealed_tail_is_not_appended_to, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_retransmission_clones_what_the_device_holds,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_next_belongs_to_transmission, setup, teardown),
		cmocka_unit_test_setup_teardown(test_part_is_never_sent_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rest_after_partial_ack_in_place, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_copies_where_mbufs_may_not_be_shared, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_dry_pool_gives_no_packet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_borrows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_ends_where_it_must, setup, teardown),
		cmocka_unit_test_setup_teardown(test_model_linked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_model_no_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_model_not_shared, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <pthread.h>
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
#define SEGMENT_MBUFS 128
#define SEGMENT 1000
/* Whole segments in 16 bits. */
#define PIECE 65000
#define HEADERS 66
#define VALUES_MAX 8
#define BYTES_MAX (512 * 1024)
#define REFERENCE_MIN 2000

static struct rte_mempool *mempool;
static struct rte_mempool *segments;
static struct chain_pool pool;
static struct tr_chain chain;
static uint8_t pattern[1 << 20];
static unsigned int released;
static pthread_t released_by;

static int
group_setup(void **state)
{
	size_t i;

	(void)state;
	test_eal_init();
	mempool = chain_mempool_create("test_reference", POOL_MBUFS, SOCKET_ID_ANY);
	segments = chain_mempool_create("test_segments", SEGMENT_MBUFS, SOCKET_ID_ANY);
	assert_non_null(mempool);
	assert_non_null(segments);
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 7 + i / 251;
	return 0;
}

static int
group_teardown(void **state)
{
	test_pools_full(state);
	rte_mempool_free(mempool);
	rte_mempool_free(segments);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	pool = (struct chain_pool){
		.mbufs = mempool, .segments = segments, .link_segments = true, .share_mbufs = true};
	assert_int_equal(
		chain_reference_setup(&pool, "test_values", VALUES_MAX, BYTES_MAX, SOCKET_ID_ANY),
		0);
	assert_int_equal(pool.reference_min, CHAIN_REFERENCE_MIN);
	pool.reference_min = REFERENCE_MIN;
	chain_init(&chain, &pool, SEGMENT);
	released = 0;
	return 0;
}

static int
teardown(void **state)
{
	chain_deinit(&chain);
	chain_reference_release(&pool);
	assert_int_equal(pool.reference_bytes, 0);
	assert_int_equal(pool.stats.values_released, pool.stats.values_referenced);
	test_pools_full(state);
	chain_reference_teardown(&pool);
	return 0;
}

static void
release(void *arg)
{
	assert_ptr_equal(arg, &pool);
	released++;
	released_by = pthread_self();
}

/* A value of the pattern at @p at, with bytes before and behind it. */
static int
append_at(uint32_t at, uint32_t head, uint32_t len, uint32_t tail)
{
	struct iovec parts[] = {
		{pattern + at, head / 2},
		{pattern + at + head / 2, head - head / 2},
		{pattern + at + head, len},
		{pattern + at + head + len, tail},
	};

	return tr_chain_append_value(&chain, parts, RTE_DIM(parts), 2, release, &pool);
}

static int
append_copied(const void *data, size_t len)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	return tr_chain_append(&chain, &part, 1);
}

/* Cut a segment, and write headers in front of it as the layers below do. */
static struct rte_mbuf *
transmit(uint32_t offset, uint32_t *len, uint8_t mark)
{
	struct rte_mbuf *packet = chain_segment(&chain, offset, len);
	const char *reason = "";

	if (packet == NULL)
		return NULL;
	assert_int_equal(rte_mbuf_check(packet, 1, &reason), 0);
	assert_int_equal(packet->pkt_len, *len);
	assert_int_equal(packet->ol_flags, 0);
	memset(rte_pktmbuf_prepend(packet, HEADERS), mark, HEADERS);
	packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	return packet;
}

static void
check_transmitted(const struct rte_mbuf *packet, uint8_t mark, const uint8_t *payload, uint32_t len)
{
	uint8_t headers[HEADERS];
	uint8_t copy[SEGMENT + HEADERS];

	memset(headers, mark, sizeof(headers));
	assert_int_equal(packet->pkt_len, HEADERS + len);
	assert_memory_equal(rte_pktmbuf_read(packet, 0, HEADERS, copy), headers, HEADERS);
	assert_memory_equal(rte_pktmbuf_read(packet, HEADERS, len, copy), payload, len);
}

static void
check_content(const uint8_t *expected, uint32_t len)
{
	uint32_t offset, bytes;

	assert_int_equal(tr_chain_bytes(&chain), len);
	for (offset = 0; offset < len; offset += bytes) {
		struct rte_mbuf *packet;

		bytes = SEGMENT;
		packet = transmit(offset, &bytes, 0x55);
		assert_non_null(packet);
		check_transmitted(packet, 0x55, expected + offset, bytes);
		rte_pktmbuf_free(packet);
	}
	assert_int_equal(offset, len);
}

static void
test_a_large_value_is_not_copied(void **state)
{
	uint32_t len = SEGMENT;
	struct rte_mbuf *packet;

	(void)state;
	assert_int_equal(append_at(0, 24, 200000, 2), TR_CHAIN_TAKEN);
	assert_int_equal(pool.stats.values_referenced, 1);
	assert_int_equal(pool.stats.bytes_referenced, 200000);
	assert_int_equal(pool.stats.bytes_copied, 26);
	/* One for what is in front, one for what is behind, and as few as 16 bits allow. */
	assert_int_equal(pool.stats.mbufs, 2 + (200000 + PIECE - 1) / PIECE);
	assert_int_equal(rte_mempool_in_use_count(mempool), pool.stats.mbufs);
	assert_int_equal(pool.reference_bytes, 200000);
	check_content(pattern, 200026);

	packet = transmit(24 + 5 * SEGMENT, &len, 1);
	assert_int_equal(len, SEGMENT);
	assert_int_equal(packet->nb_segs, 2);
	assert_int_equal(packet->data_len, HEADERS);
	assert_ptr_equal(rte_pktmbuf_mtod(packet->next, uint8_t *), pattern + 24 + 5 * SEGMENT);
	assert_int_equal(packet->next->ol_flags, RTE_MBUF_F_EXTERNAL);
	rte_pktmbuf_free(packet);
	assert_int_equal(chain_reference_release(&pool), 0);
	assert_int_equal(released, 0);
	chain_trim(&chain, 200023);
	assert_int_equal(chain_reference_release(&pool), 0);
	chain_trim(&chain, 1);
	assert_int_equal(chain_reference_release(&pool), 1);
	assert_int_equal(released, 1);
	check_content(pattern + 200024, 2);
}

static void
test_neighbours_share_mbufs_as_ever(void **state)
{
	(void)state;
	assert_int_equal(append_copied(pattern, 10), 0);
	assert_int_equal(append_at(10, 2 * SEGMENT, 5000, 20), TR_CHAIN_TAKEN);
	assert_int_equal(append_copied(pattern + 7030, 30), 0);
	assert_int_equal(append_at(7060, 10, 5000, 0), TR_CHAIN_TAKEN);
	/* Nothing is written to a value. */
	assert_int_equal(append_copied(pattern + 12070, 10), 0);
	assert_int_equal(append_at(12080, 0, 5000, 1500), TR_CHAIN_TAKEN);
	/* 10 and the head: 3; the tail with what follows it: 1; three values; 1; 2. */
	assert_int_equal(pool.stats.mbufs, 3 + 1 + 3 + 1 + 2);
	check_content(pattern, 18580);
}

static void
test_whole_value_in_one_segment(void **state)
{
	uint32_t len = SEGMENT;
	struct rte_mbuf *packet;
	uint8_t value[600];

	(void)state;
	/* No room for headers in front of it, so it must not be sent in place. */
	pool.reference_min = 1;
	memcpy(value, pattern, sizeof(value));
	struct iovec part = {value + 100, 500};

	assert_int_equal(tr_chain_append_value(&chain, &part, 1, 0, release, &pool),
			 TR_CHAIN_TAKEN);
	packet = transmit(0, &len, 1);
	assert_int_equal(len, 500);
	check_transmitted(packet, 1, pattern + 100, 500);
	assert_memory_equal(value, pattern, sizeof(value));
	rte_pktmbuf_free(packet);
	chain_trim(&chain, 500);
	assert_int_equal(chain_reference_release(&pool), 1);
}

static void
test_copied_where_it_must_be(void **state)
{
	struct iovec part = {pattern, 5000};

	(void)state;
	assert_int_equal(append_at(0, 10, REFERENCE_MIN - 1, 2), 0);
	assert_int_equal(tr_chain_append_value(&chain, &part, 1, 0, NULL, NULL), 0);
	pool.link_segments = false;
	assert_int_equal(append_at(0, 10, 5000, 2), 0);
	pool.link_segments = true;
	pool.share_mbufs = false;
	assert_int_equal(append_at(0, 10, 5000, 2), 0);
	pool.share_mbufs = true;
	pool.reference_min = 0;
	assert_int_equal(append_at(0, 10, 5000, 2), 0);
	assert_int_equal(append_at(0, 0, 0, 0), 0);
	assert_int_equal(pool.stats.values_referenced, 0);
	assert_int_equal(pool.stats.references_refused, 0);
	assert_int_equal(pool.stats.bytes_copied, tr_chain_bytes(&chain));
	chain_trim(&chain, tr_chain_bytes(&chain));
	assert_int_equal(released, 0);
}

static void
test_released_when_both_are_through(void **state)
{
	uint32_t len = SEGMENT;
	struct rte_mbuf *first;
	struct rte_mbuf *again;

	(void)state;
	/* Acknowledged first. */
	assert_int_equal(append_at(0, 0, 3 * SEGMENT, 0), TR_CHAIN_TAKEN);
	first = transmit(SEGMENT, &len, 1);
	again = transmit(SEGMENT, &len, 2);
	chain_trim(&chain, 3 * SEGMENT);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
	assert_int_equal(chain_reference_release(&pool), 0);
	check_transmitted(first, 1, pattern + SEGMENT, SEGMENT);
	rte_pktmbuf_free(first);
	assert_int_equal(chain_reference_release(&pool), 0);
	check_transmitted(again, 2, pattern + SEGMENT, SEGMENT);
	rte_pktmbuf_free(again);
	/* Posted only: the core releases. */
	assert_int_equal(released, 0);
	assert_int_equal(chain_reference_release(&pool), 1);
	assert_int_equal(chain_reference_release(&pool), 0);
	assert_int_equal(released, 1);

	/* Completed first. */
	assert_int_equal(append_at(0, 0, 3 * SEGMENT, 0), TR_CHAIN_TAKEN);
	first = transmit(0, &len, 1);
	rte_pktmbuf_free(first);
	assert_int_equal(chain_reference_release(&pool), 0);
	chain_trim(&chain, 3 * SEGMENT);
	assert_int_equal(released, 1);
	assert_int_equal(chain_reference_release(&pool), 1);
	assert_int_equal(released, 2);
}

static void
test_chain_ends_while_the_device_reads(void **state)
{
	uint32_t len = SEGMENT;
	struct rte_mbuf *packet;

	(void)state;
	assert_int_equal(append_at(0, 5, 150000, 5), TR_CHAIN_TAKEN);
	assert_int_equal(append_at(0, 5, 150000, 5), TR_CHAIN_TAKEN);
	packet = transmit(100005, &len, 1);
	chain_deinit(&chain);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
	assert_int_equal(chain_reference_release(&pool), 1);
	check_transmitted(packet, 1, pattern + 100005, SEGMENT);
	rte_pktmbuf_free(packet);
	assert_int_equal(chain_reference_release(&pool), 1);
	assert_int_equal(released, 2);
}

static void *
complete(void *packet)
{
	rte_pktmbuf_free(packet);
	return NULL;
}

static void
test_completed_by_another_thread(void **state)
{
	uint32_t len = SEGMENT;
	struct rte_mbuf *packet;
	pthread_t thread;

	(void)state;
	assert_int_equal(append_at(0, 0, 5000, 0), TR_CHAIN_TAKEN);
	packet = transmit(0, &len, 1);
	chain_trim(&chain, 5000);
	assert_int_equal(pthread_create(&thread, NULL, complete, packet), 0);
	while (chain_reference_release(&pool) == 0)
		sched_yield();
	assert_int_equal(released, 1);
	assert_true(pthread_equal(released_by, pthread_self()));
	pthread_join(thread, NULL);
}

static void
test_dry_pool_leaves_the_chain(void **state)
{
	struct rte_mbuf *mbufs[POOL_MBUFS];
	unsigned int taken = 0;
	struct tr_chain before;
	unsigned int left;

	(void)state;
	assert_int_equal(append_copied(pattern, 900), 0);
	before = chain;
	while ((mbufs[taken] = rte_pktmbuf_alloc(mempool)) != NULL)
		taken++;
	/* 100 of the head fit in the tail: 1 for the rest, 3 pieces, 2 for the tail. */
	for (left = 0; left < 6; left++) {
		assert_int_equal(append_at(900, 200, 2 * PIECE + 1, SEGMENT + 1), -ENOMEM);
		assert_memory_equal(&chain, &before, sizeof(chain));
		assert_int_equal(rte_mempool_in_use_count(mempool), POOL_MBUFS - left);
		assert_int_equal(rte_mempool_in_use_count(pool.references), 0);
		assert_int_equal(pool.reference_bytes, 0);
		assert_int_equal(pool.stats.append_failures, left + 1);
		rte_pktmbuf_free(mbufs[--taken]);
	}
	assert_int_equal(append_at(900, 200, 2 * PIECE + 1, SEGMENT + 1), TR_CHAIN_TAKEN);
	assert_int_equal(rte_mempool_in_use_count(mempool), POOL_MBUFS);
	assert_int_equal(released, 0);
	check_content(pattern, 900 + 200 + 2 * PIECE + 1 + SEGMENT + 1);
	while (taken > 0)
		rte_pktmbuf_free(mbufs[--taken]);
}

static void
test_too_many_values_are_copied(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < VALUES_MAX; i++)
		assert_int_equal(append_at(i * 3010, 10, 3000, 0), TR_CHAIN_TAKEN);
	assert_int_equal(append_at(VALUES_MAX * 3010, 10, 3000, 0), 0);
	assert_int_equal(pool.stats.references_refused, 1);
	check_content(pattern, (VALUES_MAX + 1) * 3010);
	chain_trim(&chain, 3010);
	/* Not released yet: no room yet. */
	assert_int_equal(append_at(0, 10, 3000, 0), 0);
	assert_int_equal(chain_reference_release(&pool), 1);
	assert_int_equal(append_at(0, 10, 3000, 0), TR_CHAIN_TAKEN);
	assert_int_equal(pool.stats.references_refused, 2);
}

static void
test_too_many_bytes_are_copied(void **state)
{
	(void)state;
	pool.reference_bytes_max = 10000;
	assert_int_equal(append_at(0, 0, 10001, 0), 0);
	assert_int_equal(append_at(10001, 0, 6000, 0), TR_CHAIN_TAKEN);
	assert_int_equal(append_at(16001, 0, 4001, 0), 0);
	assert_int_equal(append_at(20002, 0, 4000, 0), TR_CHAIN_TAKEN);
	assert_int_equal(pool.stats.references_refused, 2);
	check_content(pattern, 24002);
}

static void
test_length_beyond_the_count(void **state)
{
	struct iovec part = {pattern, UINT32_MAX - 10};

	(void)state;
	/* More pieces than 16 bits count: neither referenced nor, as it is, copied. */
	pool.reference_bytes_max = UINT64_MAX;
	assert_int_equal(tr_chain_append_value(&chain, &part, 1, 0, release, &pool), -ENOMEM);
	assert_int_equal(pool.stats.references_refused, 1);
	part.iov_len = SIZE_MAX / 4;
	assert_int_equal(tr_chain_append_value(&chain, &part, 1, 0, release, &pool), -ENOMEM);
	assert_int_equal(pool.stats.references_refused, 2);
	/* More than a chain holds. */
	part.iov_len = 4000000000;
	chain.bytes = UINT32_MAX - 10;
	assert_int_equal(tr_chain_append_value(&chain, &part, 1, 0, release, &pool), -ENOMEM);
	chain.bytes = 0;
	assert_int_equal(pool.stats.references_refused, 2);
	assert_int_equal(rte_mempool_in_use_count(pool.references), 0);
	assert_int_equal(released, 0);
}

/*
 * Random appends, by copy and by reference, cuts and acknowledgements against an array of bytes,
 * while a device holds what was cut for a while. A value lives in memory of its own until it is
 * released, which must not happen while anybody could read it.
 */

struct held {
	struct rte_mbuf *packet;
	uint32_t from; /* in pattern */
	uint32_t len;
	uint8_t mark;
};

struct value {
	struct model *model;
	uint8_t *bytes; /* NULL: released */
	uint32_t from; /* in pattern */
	uint32_t len;
};

struct model {
	struct held held[48];
	unsigned int nb_held;
	struct value values[VALUES_MAX];
	uint64_t nb_referenced;
	uint64_t nb_released;
	uint32_t una; /* in pattern: first byte of the chain */
	uint32_t nxt; /* first byte not yet cut */
	uint32_t end; /* first byte not yet appended */
	uint8_t mark;
	uint64_t seed;
};

static uint32_t
model_random(struct model *model, uint32_t below)
{
	model->seed = model->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(model->seed >> 33) % below;
}

static void
model_release(void *arg)
{
	struct value *value = arg;
	struct model *model = value->model;
	unsigned int i;

	assert_non_null(value->bytes);
	assert_true(value->from + value->len <= model->una);
	for (i = 0; i < model->nb_held; i++)
		assert_true(model->held[i].from >= value->from + value->len ||
			    model->held[i].from + model->held[i].len <= value->from);
	free(value->bytes);
	value->bytes = NULL;
	model->nb_released++;
}

static void
model_complete(struct model *model)
{
	unsigned int i = model_random(model, model->nb_held);
	struct held *held = &model->held[i];

	check_transmitted(held->packet, held->mark, pattern + held->from, held->len);
	rte_pktmbuf_free(held->packet);
	*held = model->held[--model->nb_held];
}

static uint32_t
model_length(struct model *model)
{
	static const uint32_t most[] = {4, 60, 3000, 20000, 200000};

	return model_random(model, most[model_random(model, RTE_DIM(most))]);
}

static void
model_append(struct model *model)
{
	unsigned int in_use = rte_mempool_in_use_count(mempool);
	struct value *value = model->values;
	uint32_t head = model_random(model, 2) * model_length(model) / 8;
	uint32_t tail = model_random(model, 2) * model_length(model) / 8;
	uint32_t len = model_length(model);
	struct iovec parts[3];
	int ret;

	while (value < model->values + VALUES_MAX && value->bytes != NULL)
		value++;
	if (model->end + head + len + tail > sizeof(pattern))
		return;
	if (value == model->values + VALUES_MAX) {
		/* All objects are taken: copied, and the value is still ours. */
		parts[0] = (struct iovec){pattern + model->end, head + len + tail};
		ret = tr_chain_append_value(&chain, parts, 1, 0, model_release, NULL);
		assert_int_not_equal(ret, TR_CHAIN_TAKEN);
	} else {
		*value = (struct value){model, malloc(len), model->end + head, len};
		if (len > 0)
			memcpy(value->bytes, pattern + value->from, len);
		parts[0] = (struct iovec){pattern + model->end, head};
		parts[1] = (struct iovec){value->bytes, len};
		parts[2] = (struct iovec){pattern + model->end + head + len, tail};
		ret = tr_chain_append_value(&chain, parts, RTE_DIM(parts), 1, model_release, value);
		if (ret == TR_CHAIN_TAKEN) {
			assert_true(len >= REFERENCE_MIN);
			model->nb_referenced++;
		} else {
			free(value->bytes);
			value->bytes = NULL;
		}
	}
	if (ret >= 0)
		model->end += head + len + tail;
	else
		assert_int_equal(rte_mempool_in_use_count(mempool), in_use);
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
	if (model_random(model, 16) == 0)
		len = 1 + model_random(model, SEGMENT);
	packet = transmit(from - model->una, &len, ++model->mark);
	if (packet == NULL)
		return;
	assert_in_range(len, 1, RTE_MIN((uint32_t)SEGMENT, model->end - from));
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
	model->una += bytes;
	chain_trim(&chain, bytes);
}

static void
model_restart(struct model *model)
{
	model->una = model->end;
	chain_deinit(&chain);
	chain_reference_release(&pool);
	while (model->nb_held > 0)
		model_complete(model);
	chain_reference_release(&pool);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
	assert_int_equal(rte_mempool_in_use_count(pool.references), 0);
	assert_int_equal(model->nb_released, model->nb_referenced);
	model->una = model->nxt = model->end = 0;
}

static void
test_model(void **state)
{
	const char *given = getenv("TR_SEED");
	struct model model = {.seed = given != NULL ? strtoull(given, NULL, 0)
						    : (uint64_t)time(NULL)};
	unsigned int step;

	(void)state;
	print_message("TR_SEED=%llu\n", (unsigned long long)model.seed);
	for (step = 0; step < 300000; step++) {
		switch (model_random(&model, 32)) {
		case 0:
			model_append(&model);
			break;
		case 1:
			model_acknowledge(&model);
			break;
		case 2:
			chain_reference_release(&pool);
			break;
		case 3:
			if (model_random(&model, 16) == 0)
				chain_set_segment_bytes(&chain, 500 + model_random(&model, 501));
			break;
		default:
			if (model.nb_held > 0 && model_random(&model, 2) == 0)
				model_complete(&model);
			else
				model_cut(&model);
			break;
		}
		assert_int_equal(tr_chain_bytes(&chain), model.end - model.una);
		if (model.end > sizeof(pattern) - 100000 || model_random(&model, 20000) == 0)
			model_restart(&model);
	}
	model_restart(&model);
	assert_true(model.nb_referenced > 500);
	assert_true(pool.stats.append_failures > 0);
	assert_true(pool.stats.references_refused > 0);
	assert_true(pool.stats.segments > 500);
	assert_true(pool.stats.segments_linked > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_a_large_value_is_not_copied),
		TEST(test_neighbours_share_mbufs_as_ever),
		TEST(test_whole_value_in_one_segment),
		TEST(test_copied_where_it_must_be),
		TEST(test_released_when_both_are_through),
		TEST(test_chain_ends_while_the_device_reads),
		TEST(test_completed_by_another_thread),
		TEST(test_dry_pool_leaves_the_chain),
		TEST(test_too_many_values_are_copied),
		TEST(test_too_many_bytes_are_copied),
		TEST(test_length_beyond_the_count),
		TEST(test_model),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

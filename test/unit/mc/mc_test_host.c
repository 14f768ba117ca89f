/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_test_host.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_mempool.h>

#include "chain.h"
#include "mc_test_engine.h"
#include "test_eal.h"

#define POOL_MBUFS 255
#define SEGMENT_BYTES 1460
#define CREDITS_MAX 64
#define VALUES_MAX 4
#define ORDERS_MAX 256

enum slot_state { SLOT_TAKEN, SLOT_PREPARED, SLOT_STARTED, SLOT_ANSWERED };

/* A request and where it is; the tests see one if it is freed, used later or not returned. */
struct slot {
	struct tr_request request;
	struct tr_response response;
	enum slot_state state;
	uint8_t arrived[16]; /* of the value, when it was prepared */
	size_t arrived_len;
};

struct tr_conn {
	struct mc_test *test;
};

struct mc_test {
	struct mc_test_options options;
	uint64_t seed;
	struct tr_conn conn;
	struct mc_stats *stats;
	void *protocol;
	_Alignas(16) uint8_t state[128];
	struct mc_test_engine engine;
	struct slot *pipeline[CREDITS_MAX]; /* started or answered, oldest first */
	unsigned int pipelined;
	unsigned int credits_used;
	struct slot *prepared; /* short of its start */
	bool closing;
	struct chain_pool chain_pool;
	struct tr_chain chain;
	uint8_t *in;
	size_t in_len;
	const uint8_t *span_end; /* of the bytes that parse looks at */
	uint8_t *out;
	size_t out_len;
	size_t out_room;
	uint8_t orders[ORDERS_MAX]; /* of all requests, the first of them */
	size_t nb_orders;
};

static struct rte_mempool *mempool;

static struct tr_request *host_request_get(struct tr_conn *conn);
static void host_request_put(struct tr_conn *conn, struct tr_request *request);
static int host_request_prepare(struct tr_conn *conn, struct tr_request *request,
				const uint8_t *body, uint32_t trailer_bytes,
				enum tr_engine_status *status);
static void host_request_start(struct tr_conn *conn, struct tr_request *request,
			       unsigned int order);
static void host_request_answer(struct tr_conn *conn, struct tr_request *request,
				const struct tr_response *response, unsigned int order);
static void enter_pipeline(struct mc_test *test, struct slot *slot, unsigned int order);
static void host_close(struct tr_conn *conn);
static void arrive(struct mc_test *test, const uint8_t *bytes, size_t len);
static void parse(struct mc_test *test);
static bool turn(struct mc_test *test);
static void compose(struct mc_test *test, struct slot *slot);
static void finish(struct mc_test *test, struct slot *slot);
static bool starve(struct mc_test *test, struct slot *slot);
static void drain(struct mc_test *test);
static bool chance(struct mc_test *test, unsigned int percent);

static const struct tr_protocol_host host = {
	.request_get = host_request_get,
	.request_put = host_request_put,
	.request_prepare = host_request_prepare,
	.request_start = host_request_start,
	.request_answer = host_request_answer,
	.close = host_close,
};

int
mc_test_group_setup(void **state)
{
	(void)state;
	test_eal_init();
	mempool = chain_mempool_create("test_mc", POOL_MBUFS, SOCKET_ID_ANY);
	assert_non_null(mempool);
	return 0;
}

int
mc_test_group_teardown(void **state)
{
	test_pools_full(state);
	rte_mempool_free(mempool);
	return 0;
}

struct mc_test *
mc_test_create(const struct mc_test_options *options)
{
	struct mc_test *test = calloc(1, sizeof(*test));
	struct mc_config config = {.version = MC_TEST_VERSION};

	if (options != NULL)
		test->options = *options;
	if (test->options.credits == 0)
		test->options.credits = CREDITS_MAX;
	test->seed = test->options.seed;
	test->conn.test = test;
	test->chain_pool = (struct chain_pool){.mbufs = mempool, .segments = mempool};
	if (test->options.by_reference) {
		test->chain_pool.link_segments = true;
		test->chain_pool.share_mbufs = true;
		assert_int_equal(chain_reference_setup(&test->chain_pool, "test_mc_values",
						       VALUES_MAX, UINT32_MAX, SOCKET_ID_ANY),
				 0);
		test->chain_pool.reference_min = 1;
	}
	chain_init(&test->chain, &test->chain_pool, SEGMENT_BYTES);
	test->stats = mc_stats_create(2);
	assert_non_null(test->stats);
	config.stats = test->stats;
	config.value_max = test->options.value_max;
	test->protocol = mc_protocol.create(&config, 1);
	assert_non_null(test->protocol);
	assert_in_range(mc_protocol.state_bytes, 1, sizeof(test->state));
	mc_protocol.open(test->protocol, &test->conn, test->state);
	assert_int_equal(mc_stats_connections(test->stats), 1);
	return test;
}

void
mc_test_destroy(struct mc_test *test)
{
	while (turn(test))
		;
	/* What was prepared and not started is the core's to take back. */
	if (test->prepared != NULL)
		host_request_put(&test->conn, &test->prepared->request);
	assert_int_equal(test->credits_used, 0);
	assert_int_equal(test->engine.prepared, 0);
	assert_int_equal(test->engine.released, 0);
	mc_protocol.closed(test->protocol, test->state);
	assert_int_equal(mc_stats_connections(test->stats), 0);
	mc_protocol.destroy(test->protocol);
	mc_stats_destroy(test->stats);
	mc_test_engine_clear(&test->engine);
	chain_deinit(&test->chain);
	chain_reference_teardown(&test->chain_pool);
	free(test->in);
	free(test->out);
	free(test);
}

void
mc_test_send(struct mc_test *test, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len != 0 && !test->closing) {
		size_t chunk = test->options.chunk != 0 ? test->options.chunk : len;

		if (test->options.chunk_random)
			chunk = 1 + mc_test_random(&test->seed) % chunk;
		chunk = RTE_MIN(chunk, len);
		arrive(test, at, chunk);
		parse(test);
		at += chunk;
		len -= chunk;
	}
	while (turn(test))
		;
}

const uint8_t *
mc_test_take(struct mc_test *test, size_t *len)
{
	*len = test->out_len;
	test->out_len = 0;
	return test->out;
}

bool
mc_test_closing(const struct mc_test *test)
{
	return test->closing;
}

struct mc_stats *
mc_test_stats(struct mc_test *test)
{
	return test->stats;
}

const uint8_t *
mc_test_orders(const struct mc_test *test, size_t *count)
{
	*count = test->nb_orders;
	return test->orders;
}

struct wanted {
	const char *name;
	uint64_t value;
	bool found;
};

static void
visit(const struct mc_stats_counter *counter, void *arg)
{
	struct wanted *wanted = arg;

	assert_non_null(counter->help);
	if (strcmp(counter->name, wanted->name) != 0)
		return;
	assert_false(wanted->found);
	wanted->value = counter->value;
	wanted->found = true;
}

uint64_t
mc_test_referenced(const struct mc_test *test)
{
	return test->chain_pool.stats.values_referenced;
}

uint64_t
mc_test_counter(struct mc_test *test, const char *name)
{
	struct wanted wanted = {.name = name};

	assert_int_equal(mc_stats_counters(test->stats, UINT_MAX, visit, &wanted), 0);
	if (!wanted.found)
		fail_msg("no counter %s", name);
	return wanted.value;
}

static void
print_bytes(const char *title, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t i;

	print_error("%s, %zu bytes:", title, len);
	for (i = 0; i < RTE_MIN(len, 400u); i++)
		print_error(at[i] >= ' ' && at[i] <= '~' ? " %c" : " %02x", at[i]);
	print_error("\n");
}

void
mc_test_expect(const struct mc_test_options *options, const void *in, size_t in_len,
	       const void *out, size_t out_len)
{
	struct mc_test *test = mc_test_create(options);
	const uint8_t *got;
	size_t got_len;

	mc_test_send(test, in, in_len);
	got = mc_test_take(test, &got_len);
	if (got_len != out_len || (out_len != 0 && memcmp(got, out, out_len) != 0)) {
		print_bytes("sent", in, in_len);
		print_bytes("expected", out, out_len);
		print_bytes("got", got, got_len);
		if (options != NULL)
			print_error("credits %u late %u again %u starved %u chunk %zu\n",
				    options->credits, options->late_percent, options->again_percent,
				    options->starved_percent, options->chunk);
	}
	assert_int_equal(got_len, out_len);
	if (out_len != 0)
		assert_memory_equal(got, out, out_len);
	mc_test_destroy(test);
}

uint64_t
mc_test_random(uint64_t *seed)
{
	uint64_t z = (*seed += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static bool
chance(struct mc_test *test, unsigned int percent)
{
	return percent != 0 && mc_test_random(&test->seed) % 100 < percent;
}

static void
arrive(struct mc_test *test, const uint8_t *bytes, size_t len)
{
	test->in = realloc(test->in, test->in_len + len);
	assert_non_null(test->in);
	memcpy(test->in + test->in_len, bytes, len);
	test->in_len += len;
}

/* Offer the bytes as a core does: a span of them, contiguous, and not one byte more. */
static void
parse(struct mc_test *test)
{
	enum tr_protocol_verdict verdict;

	do {
		size_t offered = RTE_MIN(test->in_len, (size_t)TR_PROTOCOL_SPAN);
		size_t consumed = SIZE_MAX;
		uint8_t *span;

		if (offered == 0 || test->closing)
			return;
		span = malloc(offered);
		memcpy(span, test->in, offered);
		test->span_end = span + offered;
		verdict = mc_protocol.parse(test->protocol, &host, &test->conn, test->state, span,
					    offered, &consumed);
		free(span);
		assert_true(consumed <= offered);
		assert_true(test->closing == (verdict == TR_PROTOCOL_CLOSED));
		if (verdict == TR_PROTOCOL_MORE && offered == TR_PROTOCOL_SPAN)
			assert_int_not_equal(consumed, 0);
		test->in_len -= consumed;
		memmove(test->in, test->in + consumed, test->in_len);
		turn(test);
		if (verdict == TR_PROTOCOL_MORE && consumed == 0)
			return;
	} while (verdict != TR_PROTOCOL_CLOSED);
}

/* Execute and compose, oldest first, until one is late. False: nothing is left. */
static bool
turn(struct mc_test *test)
{
	while (test->pipelined != 0) {
		struct slot *slot = test->pipeline[0];

		if (chance(test, test->options.late_percent))
			return true;
		if (slot->state == SLOT_STARTED) {
			if (test->options.engine_fails != TR_ENGINE_OK) {
				slot->response.status = test->options.engine_fails;
				if (slot->request.item != NULL)
					mc_test_engine_discard(&test->engine, &slot->request);
			} else {
				mc_test_engine_execute(&test->engine, &slot->request,
						       &slot->response);
			}
		}
		if (!chance(test, test->options.starved_percent) || !starve(test, slot))
			compose(test, slot);
		finish(test, slot);
		test->pipelined--;
		memmove(&test->pipeline[0], &test->pipeline[1],
			test->pipelined * sizeof(test->pipeline[0]));
	}
	return false;
}

/* Into an empty chain: one append, one allocation for each mbuf-full, however many parts it has. */
static void
compose(struct mc_test *test, struct slot *slot)
{
	const struct chain_stats before = test->chain_pool.stats;
	const struct chain_stats *after = &test->chain_pool.stats;
	uint32_t bytes;
	int ret;

	ret = mc_protocol.compose(test->protocol, test->state, &slot->request, &slot->response,
				  &test->chain);
	bytes = tr_chain_bytes(&test->chain);
	assert_int_equal(after->appends - before.appends, bytes > 0);
	if (ret == TR_CHAIN_TAKEN && test->options.by_reference) {
		/* The chain releases what it has taken. */
		slot->response.release = NULL;
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(after->mbufs - before.mbufs, (bytes + SEGMENT_BYTES - 1) / SEGMENT_BYTES);
}

static void
finish(struct mc_test *test, struct slot *slot)
{
	if (slot->response.has_number == 0 && slot->response.release != NULL)
		slot->response.release(slot->response.release_arg);
	drain(test);
	test->credits_used--;
	free(slot);
}

/* Compose without an mbuf. True: there was nothing to write. Else nothing has changed. */
static bool
starve(struct mc_test *test, struct slot *slot)
{
	struct rte_mbuf *mbufs[POOL_MBUFS];
	uint8_t state[sizeof(test->state)];
	int ret;

	memcpy(state, test->state, sizeof(state));
	assert_int_equal(rte_pktmbuf_alloc_bulk(mempool, mbufs, POOL_MBUFS), 0);
	ret = mc_protocol.compose(test->protocol, test->state, &slot->request, &slot->response,
				  &test->chain);
	rte_pktmbuf_free_bulk(mbufs, POOL_MBUFS);
	assert_int_equal(tr_chain_bytes(&test->chain), 0);
	if (ret == 0)
		return true;
	assert_int_equal(ret, -ENOMEM);
	assert_memory_equal(state, test->state, sizeof(state));
	return false;
}

static void
drain(struct mc_test *test)
{
	uint32_t bytes = tr_chain_bytes(&test->chain);

	if (test->out_len + bytes > test->out_room) {
		test->out_room = 2 * (test->out_len + bytes);
		test->out = realloc(test->out, test->out_room);
		assert_non_null(test->out);
	}
	while (bytes != 0) {
		uint32_t len = RTE_MIN(bytes, 1460u);
		struct rte_mbuf *mbuf = chain_segment(&test->chain, 0, &len);
		const void *data;

		assert_non_null(mbuf);
		data = rte_pktmbuf_read(mbuf, 0, len, test->out + test->out_len);
		if (data != test->out + test->out_len)
			memcpy(test->out + test->out_len, data, len);
		test->out_len += len;
		rte_pktmbuf_free(mbuf);
		chain_trim(&test->chain, len);
		bytes -= len;
	}
	chain_reference_release(&test->chain_pool);
}

static struct tr_request *
host_request_get(struct tr_conn *conn)
{
	struct mc_test *test = conn->test;
	struct slot *slot;

	assert_false(test->closing);
	if (test->credits_used == test->options.credits)
		return NULL;
	test->credits_used++;
	slot = calloc(1, sizeof(*slot));
	memset(slot->request.key, 0xa5, sizeof(slot->request.key));
	slot->request.op = TR_ENGINE_OPS;
	slot->request.now_s = MC_TEST_NOW_S;
	return &slot->request;
}

static void
host_request_put(struct tr_conn *conn, struct tr_request *request)
{
	struct slot *slot = container_of(request, struct slot, request);

	assert_true(slot->state == SLOT_TAKEN || slot->state == SLOT_PREPARED);
	if (slot->state == SLOT_PREPARED) {
		mc_test_engine_discard(&conn->test->engine, request);
		conn->test->prepared = NULL;
	}
	conn->test->credits_used--;
	free(slot);
}

static int
host_request_prepare(struct tr_conn *conn, struct tr_request *request, const uint8_t *body,
		     uint32_t trailer_bytes, enum tr_engine_status *status)
{
	struct slot *slot = container_of(request, struct slot, request);
	struct mc_test *test = conn->test;

	assert_true(body <= test->span_end);
	/* A text value ends with its line. */
	assert_true(trailer_bytes == 0 || trailer_bytes == 2);
	assert_true(slot->state == SLOT_TAKEN);
	assert_null(test->prepared);
	assert_in_range(request->op, TR_ENGINE_SET, TR_ENGINE_PREPEND);
	assert_in_range(request->key_len, 1, TR_ENGINE_KEY_MAX);
	if (chance(test, test->options.again_percent))
		return -EAGAIN;
	if (test->options.prepare_fails != TR_ENGINE_OK) {
		*status = test->options.prepare_fails;
		return -ENOMEM;
	}
	if (test->options.engine_value_max != 0 &&
	    request->value_len > test->options.engine_value_max) {
		*status = TR_ENGINE_TOO_LARGE;
		return -EMSGSIZE;
	}
	mc_test_engine_prepare(&test->engine, request);
	slot->arrived_len = RTE_MIN((size_t)(test->span_end - body), sizeof(slot->arrived));
	slot->arrived_len = RTE_MIN(slot->arrived_len, request->value_len);
	memcpy(slot->arrived, body, slot->arrived_len);
	slot->state = SLOT_PREPARED;
	test->prepared = slot;
	return 0;
}

static void
host_request_start(struct tr_conn *conn, struct tr_request *request, unsigned int order)
{
	struct slot *slot = container_of(request, struct slot, request);
	bool stores = request->op >= TR_ENGINE_SET && request->op <= TR_ENGINE_PREPEND;
	bool barrier = request->op == TR_ENGINE_FLUSH || request->op == TR_ENGINE_STAT;

	assert_in_range(request->op, 0, TR_ENGINE_OPS - 1);
	assert_true(slot->state == (stores ? SLOT_PREPARED : SLOT_TAKEN));
	assert_true(order == (barrier ? TR_PROTOCOL_BARRIER : 0) ||
		    (order == TR_PROTOCOL_UNORDERED && !barrier));
	if (stores)
		conn->test->prepared = NULL;
	if (slot->arrived_len != 0)
		assert_memory_equal(request->value, slot->arrived, slot->arrived_len);
	slot->state = SLOT_STARTED;
	enter_pipeline(conn->test, slot, order);
}

static void
host_request_answer(struct tr_conn *conn, struct tr_request *request,
		    const struct tr_response *response, unsigned int order)
{
	struct slot *slot = container_of(request, struct slot, request);

	assert_true(slot->state == SLOT_TAKEN);
	slot->response = *response;
	slot->state = SLOT_ANSWERED;
	enter_pipeline(conn->test, slot, order);
}

static void
enter_pipeline(struct mc_test *test, struct slot *slot, unsigned int order)
{
	if (test->nb_orders < ORDERS_MAX)
		test->orders[test->nb_orders++] = order;
	test->pipeline[test->pipelined++] = slot;
}

static void
host_close(struct tr_conn *conn)
{
	assert_false(conn->test->closing);
	conn->test->closing = true;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The interleaving of evbuffer.c on our path. An engine's thread has its reservation, which is the
 * request; the core sends what is in the chain, frees it as it is acknowledged, and only then does
 * the thread answer. It holds no pointer into the chain, so there is nothing to dangle and nothing
 * to commit: the response arrives, byte for byte.
 */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_debug.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "chain.h"
#include "submit.h"
#include "test_eal.h"

#define POOL_MBUFS 64
#define SEGMENT 1000

static const char first[] = "VALUE first 0 5\r\nfirst\r\nEND\r\n";
static const char head[] = "VALUE second 0 6\r\n";
static const char tail[] = "\r\nEND\r\n";
static const char second[] = "VALUE second 0 6\r\nsecond\r\nEND\r\n";

static struct tr_submit *submit;
static struct tr_submit_producer *producer;
static struct tr_request request;
static sem_t reserved; /* the core's turn */
static sem_t drained; /* the engine's turn */
static unsigned int released;

static struct rte_mempool *mempool;
static struct chain_pool pool;
static struct tr_chain chain;

/* What execute() gets is all that the engine has of the connection. */
static enum tr_engine_verdict
keep_execute(void *engine, const struct tr_request *asked, struct tr_response *response)
{
	(void)response;
	*(const struct tr_request **)engine = asked;
	return TR_ENGINE_PENDING;
}

static const struct tr_engine_ops keep_ops = {.name = "keep", .execute = keep_execute};

static void
release_value(void *arg)
{
	free(arg);
	released++;
}

static void *
engine_main(void *arg)
{
	const struct tr_request *asked = arg;
	struct tr_response response = {.token = asked->token, .release = release_value};
	char *value = strdup("second");

	RTE_VERIFY(value != NULL);
	sem_post(&reserved);
	sem_wait(&drained);
	response.value = (const uint8_t *)value;
	response.value_len = strlen(value);
	response.release_arg = value;
	tr_submit_response(producer, &response);
	return NULL;
}

/* The device has sent all of the chain, and the peer has acknowledged it. */
static void
core_send(const char *expected)
{
	uint32_t len = strlen(expected), bytes = UINT32_MAX;
	struct rte_mbuf *packet;
	char copy[256];

	assert_int_equal(tr_chain_bytes(&chain), len);
	packet = chain_segment(&chain, 0, &bytes);
	assert_non_null(packet);
	assert_int_equal(bytes, len);
	assert_memory_equal(rte_pktmbuf_read(packet, 0, bytes, copy), expected, len);
	rte_pktmbuf_free(packet);
	chain_trim(&chain, len);
	/* Where the chain's last bytes were there is nothing any more. */
	assert_int_equal(tr_chain_bytes(&chain), 0);
	assert_int_equal(rte_mempool_in_use_count(mempool), 0);
}

static void
core_append(const void *data, size_t len)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

	assert_int_equal(tr_chain_append(&chain, &part, 1), 0);
}

static void
core_reply(const struct tr_response *response)
{
	struct iovec parts[] = {
		{(void *)(uintptr_t)head, strlen(head)},
		{(void *)(uintptr_t)response->value, response->value_len},
		{(void *)(uintptr_t)tail, strlen(tail)},
	};

	assert_int_equal(tr_chain_append(&chain, parts, RTE_DIM(parts)), 0);
	response->release(response->release_arg);
}

static void
test_reserve_drain_answer(void **state)
{
	const struct submit_config config = {.nb_cores = 1, .credits = 1};
	const struct tr_request *asked = NULL;
	struct tr_response response;
	pthread_t engine;

	(void)state;
	submit = submit_create(&config);
	assert_non_null(submit);
	producer = tr_submit_producer_create(submit, "engine");
	assert_int_equal(submit_start(submit, &keep_ops, &asked), 0);
	sem_init(&reserved, 0, 0);
	sem_init(&drained, 0, 0);
	chain_init(&chain, &pool, SEGMENT);

	core_append(first, strlen(first));
	request.token = submit_token(0, 0, 1);
	assert_int_equal(submit_dispatch(submit, 0, &request, &response), TR_ENGINE_PENDING);
	assert_ptr_equal(asked, &request);
	assert_int_equal(pthread_create(&engine, NULL, engine_main, &request), 0);
	sem_wait(&reserved);
	core_send(first);
	sem_post(&drained);
	pthread_join(engine, NULL);

	assert_int_equal(submit_drain(submit, 0, &response, 1), 1);
	assert_int_equal(response.token, request.token);
	core_reply(&response);
	core_send(second);
	assert_int_equal(released, 1);
	assert_int_equal(submit_drain(submit, 0, &response, 1), 0);
	chain_deinit(&chain);
	submit_stop(submit);
	submit_destroy(submit);
}

static int
setup(void **state)
{
	(void)state;
	test_eal_init();
	mempool = chain_mempool_create("race", POOL_MBUFS, SOCKET_ID_ANY);
	assert_non_null(mempool);
	pool = (struct chain_pool){
		.mbufs = mempool, .segments = mempool, .link_segments = true, .share_mbufs = true};
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reserve_drain_answer),
	};

	return cmocka_run_group_tests(tests, setup, test_pools_full);
}

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
#include <rte_malloc.h>

#include "submit.h"
#include "submit_test.h"
#include "test_eal.h"

static unsigned int executed;
static enum tr_engine_verdict verdict;

static enum tr_engine_verdict
count_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	const struct tr_response zero = {.token = request->token};

	assert_ptr_equal(engine, &executed);
	assert_memory_equal(response, &zero, sizeof(zero));
	executed++;
	response->number = request->delta;
	response->has_number = 1;
	return verdict;
}

static const struct tr_engine_ops count_ops = {.name = "count", .execute = count_execute};

static void
test_token_round_trip(void **state)
{
	static const uint32_t indexes[] = {0, 1, 4095, SUBMIT_TOKEN_INDEXES - 1};
	static const uint32_t generations[] = {0, 1, 0x80000000, UINT32_MAX};
	unsigned int core;
	unsigned int i;
	unsigned int j;

	(void)state;
	for (core = 0; core < SUBMIT_TOKEN_CORES; core += 85)
		for (i = 0; i < RTE_DIM(indexes); i++)
			for (j = 0; j < RTE_DIM(generations); j++) {
				uint64_t token = submit_token(core, indexes[i], generations[j]);

				assert_int_equal(submit_token_core(token), core);
				assert_int_equal(submit_token_index(token), indexes[i]);
				assert_int_equal(submit_token_generation(token), generations[j]);
			}
}

static void
test_config_is_checked(void **state)
{
	static const struct submit_config bad[] = {
		{.nb_cores = 0, .nb_threads = 1, .credits = 1},
		{.nb_cores = SUBMIT_TOKEN_CORES + 1, .nb_threads = 1, .credits = 1},
		{.nb_cores = 1, .nb_threads = SUBMIT_PRODUCERS_MAX + 1, .credits = 1},
		{.nb_cores = 1, .nb_threads = 1, .credits = 0},
		{.nb_cores = 1, .nb_threads = 1, .credits = SUBMIT_TOKEN_INDEXES},
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		rte_errno = 0;
		assert_null(submit_create(&bad[i]));
		assert_int_equal(rte_errno, EINVAL);
	}
	submit_destroy(NULL);
}

static void
test_no_memory_leaves_nothing(void **state)
{
	/* The dispatch ring fits, the response ring takes all of EAL's memory. */
	const struct submit_config config = {.nb_cores = 1, .nb_threads = 1, .credits = 1 << 23};

	(void)state;
	rte_errno = 0;
	assert_null(submit_create(&config));
	assert_int_equal(rte_errno, ENOMEM);
}

static void
test_without_threads_executes_here(void **state)
{
	const struct submit_config config = {.nb_cores = 2, .credits = 4};
	struct tr_submit *submit = submit_create(&config);
	struct tr_request request = {.token = submit_token(1, 3, 7), .delta = 42};
	struct tr_response response;

	(void)state;
	assert_non_null(submit);
	assert_int_equal(submit_producers(submit), 0);
	assert_int_equal(submit_start(submit, &count_ops, &executed), 0);
	executed = 0;
	verdict = TR_ENGINE_DONE;
	memset(&response, 0xff, sizeof(response));
	assert_int_equal(submit_dispatch(submit, 1, &request, &response), TR_ENGINE_DONE);
	assert_int_equal(executed, 1);
	assert_int_equal(response.token, request.token);
	assert_int_equal(response.number, 42);
	verdict = TR_ENGINE_PENDING;
	memset(&response, 0xff, sizeof(response));
	assert_int_equal(submit_dispatch(submit, 1, &request, &response), TR_ENGINE_PENDING);
	assert_int_equal(executed, 2);
	submit_flush(submit, 1);
	assert_int_equal(submit_drain(submit, 1, &response, 1), 0);
	submit_stop(submit);
	submit_destroy(submit);
}

/* A burst that one producer could fill gives each its turn. */
static void
test_drain_takes_turns(void **state)
{
	const struct submit_config config = {.nb_cores = 2, .credits = 100};
	struct tr_submit *submit = submit_create(&config);
	struct tr_submit_producer *producers[3];
	struct tr_response responses[64];
	unsigned int i;
	unsigned int n;

	(void)state;
	for (i = 0; i < RTE_DIM(producers); i++) {
		producers[i] = tr_submit_producer_create(submit, "turns");
		for (n = 0; n < 20; n++) {
			struct tr_response response = {.token = submit_token(1, n, i)};

			tr_submit_response(producers[i], &response);
		}
	}
	assert_int_equal(submit_drain(submit, 0, responses, RTE_DIM(responses)), 0);
	assert_int_equal(submit_drain(submit, 1, responses, 0), 0);
	for (n = 0; n < 6; n++) {
		assert_int_equal(submit_drain(submit, 1, responses, 10), 10);
		for (i = 0; i < 10; i++) {
			/* In the order of each producer, and another one first each time. */
			assert_int_equal(submit_token_generation(responses[i].token), n % 3);
			assert_int_equal(submit_token_index(responses[i].token), n / 3 * 10 + i);
		}
	}
	assert_int_equal(submit_drain(submit, 1, responses, RTE_DIM(responses)), 0);
	for (i = 0; i < RTE_DIM(producers); i++) {
		struct tr_response response = {.token = submit_token(1, 0, i)};

		tr_submit_response(producers[i], &response);
	}
	assert_int_equal(submit_drain(submit, 1, responses, RTE_DIM(responses)), 3);
	submit_destroy(submit);
}

static void
count_release(void *arg)
{
	(*(unsigned int *)arg)++;
}

static void
test_destroy_releases_what_waits(void **state)
{
	const struct submit_config config = {.nb_cores = 2, .credits = 4};
	struct tr_submit *submit = submit_create(&config);
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "late");
	unsigned int released = 0;
	struct tr_response with_value = {
		.value = "x", .value_len = 1, .release = count_release, .release_arg = &released};
	struct tr_response with_number = {.number = 3, .has_number = 1};
	struct tr_response without_release = {.value = "x", .value_len = 1};

	(void)state;
	with_value.token = submit_token(0, 1, 1);
	tr_submit_response(producer, &with_value);
	with_value.token = submit_token(1, 1, 1);
	tr_submit_response(producer, &with_value);
	tr_submit_response(producer, &with_number);
	tr_submit_response(producer, &without_release);
	submit_destroy(submit);
	assert_int_equal(released, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SUBMIT_TEST(test_token_round_trip),
		SUBMIT_TEST(test_config_is_checked),
		SUBMIT_TEST(test_no_memory_leaves_nothing),
		SUBMIT_TEST(test_without_threads_executes_here),
		SUBMIT_TEST(test_drain_takes_turns),
		SUBMIT_TEST(test_destroy_releases_what_waits),
	};

	return cmocka_run_group_tests(tests, submit_test_group_setup, test_pools_full);
}

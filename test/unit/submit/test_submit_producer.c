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

#include "submit.h"
#include "submit_test.h"
#include "test_eal.h"

static const struct submit_config config = {.nb_cores = 2, .credits = 7};

static void
test_response_crosses_whole(void **state)
{
	struct tr_submit *submit = submit_create(&config);
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "whole");
	struct tr_response response;
	struct tr_response back[2];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(response); i++)
		((uint8_t *)&response)[i] = i;
	response.token = submit_token(1, 2, 3);
	tr_submit_response(producer, &response);
	assert_int_equal(submit_drain(submit, 0, back, 2), 0);
	assert_int_equal(submit_drain(submit, 1, back, 2), 1);
	assert_memory_equal(&back[0], &response, sizeof(response));
	tr_submit_producer_destroy(producer);
	submit_destroy(submit);
}

static void
test_credits_fit_and_a_double_answer_is_counted(void **state)
{
	struct tr_submit *submit = submit_create(&config);
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "twice");
	struct tr_response response = {.token = submit_token(0, 0, 0)};
	struct submit_producer_stats stats;
	struct tr_response back[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < config.credits; i++)
		tr_submit_response(producer, &response);
	assert_int_equal(submit_producer_stats(submit, 0, &stats), 0);
	assert_string_equal(stats.name, "twice");
	assert_int_equal(stats.responses, config.credits);
	assert_int_equal(stats.drop_ring_full, 0);

	for (i = 0; i < 20; i++)
		tr_submit_response(producer, &response);
	assert_int_equal(submit_producer_stats(submit, 0, &stats), 0);
	assert_int_equal(stats.responses + stats.drop_ring_full, config.credits + 20);
	assert_int_equal(submit_drain(submit, 0, back, RTE_DIM(back)), stats.responses);

	/* And the ring is as good as before. */
	tr_submit_response(producer, &response);
	assert_int_equal(submit_drain(submit, 0, back, RTE_DIM(back)), 1);
	submit_destroy(submit);
}

static void
test_responses_of_several_cores_cross_together(void **state)
{
	struct tr_submit *submit = submit_create(&config);
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "several");
	const struct tr_response responses[] = {
		{.token = submit_token(1, 0, 0)}, {.token = submit_token(1, 1, 0)},
		{.token = submit_token(2, 0, 0)}, {.token = submit_token(0, 0, 0)},
		{.token = submit_token(1, 2, 0)},
	};
	struct submit_producer_stats stats;
	struct tr_response back[RTE_DIM(responses)];

	(void)state;
	tr_submit_responses(producer, responses, RTE_DIM(responses));
	tr_submit_responses(producer, responses, 0);
	assert_int_equal(submit_drain(submit, 0, back, RTE_DIM(back)), 1);
	assert_int_equal(back[0].token, responses[3].token);
	assert_int_equal(submit_drain(submit, 1, back, RTE_DIM(back)), 3);
	assert_int_equal(back[0].token, responses[0].token);
	assert_int_equal(back[1].token, responses[1].token);
	assert_int_equal(back[2].token, responses[4].token);
	assert_int_equal(submit_producer_stats(submit, 0, &stats), 0);
	assert_int_equal(stats.responses, 4);
	assert_int_equal(stats.drop_bad_token, 1);
	submit_destroy(submit);
}

static void
test_token_of_no_core_is_counted(void **state)
{
	struct tr_submit *submit = submit_create(&config);
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "wrong");
	struct tr_response response = {.token = submit_token(2, 0, 0)};
	struct submit_producer_stats stats;

	(void)state;
	tr_submit_response(producer, &response);
	response.token = UINT64_MAX;
	tr_submit_response(producer, &response);
	assert_int_equal(submit_producer_stats(submit, 0, &stats), 0);
	assert_int_equal(stats.drop_bad_token, 2);
	assert_int_equal(stats.responses, 0);
	submit_destroy(submit);
}

static void
test_handle_is_used_again(void **state)
{
	struct tr_submit *submit = submit_create(&config);
	struct tr_submit_producer *first = tr_submit_producer_create(submit, "first");
	struct tr_submit_producer *second = tr_submit_producer_create(submit, "second");
	struct tr_submit_producer *third;
	struct tr_response response = {.token = submit_token(0, 1, 1)};
	struct submit_producer_stats stats;
	struct tr_response back[4];

	(void)state;
	assert_int_equal(submit_producers(submit), 2);
	tr_submit_response(first, &response);
	tr_submit_producer_destroy(first);
	/* What waits is delivered, whoever has the handle then. */
	third = tr_submit_producer_create(submit, "a name that is too long");
	assert_ptr_equal(third, first);
	assert_int_equal(submit_producers(submit), 2);
	response.token = submit_token(0, 2, 2);
	tr_submit_response(third, &response);
	assert_int_equal(submit_drain(submit, 0, back, RTE_DIM(back)), 2);
	assert_int_equal(back[0].token, submit_token(0, 1, 1));
	assert_int_equal(back[1].token, submit_token(0, 2, 2));
	assert_int_equal(submit_producer_stats(submit, 0, &stats), 0);
	assert_string_equal(stats.name, "a name that is ");
	assert_int_equal(submit_producer_stats(submit, 2, &stats), -ENOENT);
	tr_submit_response(second, &response);
	tr_submit_producer_destroy(second);
	tr_submit_producer_destroy(third);
	assert_int_equal(submit_drain(submit, 0, back, RTE_DIM(back)), 1);
	submit_destroy(submit);
}

static void
test_handles_are_bounded(void **state)
{
	const struct submit_config with_threads = {.nb_cores = 1, .nb_threads = 2, .credits = 1};
	struct tr_submit *submit = submit_create(&with_threads);
	struct tr_submit_producer *producer = NULL;
	unsigned int i;

	(void)state;
	assert_int_equal(submit_producers(submit), 2);
	for (i = 2; i < SUBMIT_PRODUCERS_MAX; i++) {
		producer = tr_submit_producer_create(submit, "one");
		assert_non_null(producer);
	}
	rte_errno = 0;
	assert_null(tr_submit_producer_create(submit, "one too many"));
	assert_int_equal(rte_errno, ENOSPC);
	tr_submit_producer_destroy(producer);
	assert_ptr_equal(tr_submit_producer_create(submit, "again"), producer);
	submit_destroy(submit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SUBMIT_TEST(test_response_crosses_whole),
		SUBMIT_TEST(test_credits_fit_and_a_double_answer_is_counted),
		SUBMIT_TEST(test_responses_of_several_cores_cross_together),
		SUBMIT_TEST(test_token_of_no_core_is_counted),
		SUBMIT_TEST(test_handle_is_used_again),
		SUBMIT_TEST(test_handles_are_bounded),
	};

	return cmocka_run_group_tests(tests, submit_test_group_setup, test_pools_full);
}

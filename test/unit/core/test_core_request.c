/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Requests: credits, late and double answers, connections that close meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"
#include "test_eal.h"

static struct core_rig rig;

static int
setup(void **state)
{
	/* Of 17 the last is for failures, and two more for connections with nothing in flight. */
	static const struct tr_core_config config = {.credits = 17};

	(void)state;
	core_rig_init(&rig, &config);
	core_rig_connect(&rig, 0);
	return 0;
}

static int
teardown(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

static void
test_credits_run_out_and_come_back(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "abcdefghijklmnopqr");
	assert_string_equal(rig.executed, "abcdefghijklmn");
	assert_int_equal(rig.core->credits_used, 14);
	assert_int_equal(rig.core->stats.blocked_credit, 1);
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "abcdefghijklmno");
	while (rig.nb_pending > 0)
		core_rig_answer(&rig, rig.pending[0]->key[0]);
	assert_string_equal(rig.clients[0].received, "abcdefghijklmnopqr");
}

static void
test_the_reserve_serves_who_has_nothing_in_flight(void **state)
{
	(void)state;
	core_rig_connect(&rig, 1);
	core_rig_say(&rig, 0, "abcdefghijklmnopqr");
	core_rig_say(&rig, 1, "z");
	assert_string_equal(rig.executed, "abcdefghijklmnz");
	core_rig_answer(&rig, 'z');
	assert_string_equal(rig.clients[1].received, "z");
}

static void
test_waiting_connections_take_turns(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < 4; i++)
		core_rig_connect(&rig, i);
	core_rig_say(&rig, 0, "abcdefghijklmnopqr");
	core_rig_say(&rig, 1, "xu");
	core_rig_say(&rig, 2, "yv");
	core_rig_say(&rig, 3, "zw");
	/* One each for two more from the reserve; the fourth finds nothing. */
	assert_string_equal(rig.executed, "abcdefghijklmnxy");
	for (i = 0; i < 12; i++)
		core_rig_answer(&rig, rig.pending[0]->key[0]);
	while (rig.nb_pending > 0)
		core_rig_answer(&rig, rig.pending[0]->key[0]);
	assert_string_equal(rig.clients[0].received, "abcdefghijklmnopqr");
	assert_string_equal(rig.clients[1].received, "xu");
	assert_string_equal(rig.clients[2].received, "yv");
	assert_string_equal(rig.clients[3].received, "zw");
}

static void
test_a_late_answer_is_released(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "ab");
	tcp_abort(rig.clients[0].tcp);
	core_rig_run(&rig, 10000);
	assert_int_equal(rig.core->credits_used, 2);
	/* A new connection takes the place of the old: nothing of it may get there. */
	core_rig_connect(&rig, 1);
	core_rig_answer(&rig, 'a');
	core_rig_answer(&rig, 'b');
	assert_int_equal(rig.core->stats.responses_late, 2);
	assert_int_equal(rig.released, 2);
	assert_int_equal(rig.core->credits_used, 0);
	assert_int_equal(rig.clients[1].nb_received, 0);
}

static void
count_release(void *arg)
{
	(*(unsigned int *)arg)++;
}

static void
test_a_double_answer_is_counted_and_ignored(void **state)
{
	unsigned int released = 0;
	struct tr_response response = {
		.value = "x", .value_len = 1, .release = count_release, .release_arg = &released};

	(void)state;
	core_rig_say(&rig, 0, "a");
	response.token = rig.pending[0]->token;
	core_rig_answer(&rig, 'a');
	tr_submit_response(rig.producer, &response);
	core_rig_run(&rig, 5000);
	assert_int_equal(rig.core->stats.drop_response_double, 1);
	assert_int_equal(released, 1);
	assert_string_equal(rig.clients[0].received, "a");
	response.token = submit_token(0, SUBMIT_TOKEN_INDEXES - 1, 0);
	tr_submit_response(rig.producer, &response);
	core_rig_run(&rig, 5000);
	assert_int_equal(rig.core->stats.drop_response_double, 2);
	assert_int_equal(released, 2);
}

/* The next use of a credit has another generation: an old token must not answer it. */
static void
test_an_old_token_does_not_answer_a_new_request(void **state)
{
	struct tr_response response = {0};
	uint32_t index;
	unsigned int nb;

	(void)state;
	core_rig_say(&rig, 0, "a");
	response.token = rig.pending[0]->token;
	index = submit_token_index(response.token);
	core_rig_answer(&rig, 'a');
	core_rig_say(&rig, 0, "b");
	while (submit_token_index(rig.pending[0]->token) != index) {
		core_rig_answer(&rig, 'b');
		core_rig_say(&rig, 0, "b");
		assert_true(rig.nb_executed <= rig.config.credits + 1);
	}
	nb = rig.clients[0].nb_received;
	tr_submit_response(rig.producer, &response);
	core_rig_run(&rig, 5000);
	assert_int_equal(rig.core->stats.drop_response_double, 1);
	assert_int_equal(rig.clients[0].nb_received, nb);
	assert_int_equal(rig.core->credits_used, 1);
	core_rig_answer(&rig, 'b');
	assert_int_equal(rig.clients[0].nb_received, nb + 1);
}

/* The first answer waits for its turn: the second must not take its place. */
static void
test_a_double_answer_to_a_request_that_waits(void **state)
{
	unsigned int released = 0;
	struct tr_response response = {
		.value = "x", .value_len = 1, .release = count_release, .release_arg = &released};

	(void)state;
	core_rig_say(&rig, 0, "ab");
	response.token = rig.pending[1]->token;
	core_rig_answer(&rig, 'b');
	tr_submit_response(rig.producer, &response);
	core_rig_run(&rig, 5000);
	assert_int_equal(rig.core->stats.drop_response_double, 1);
	assert_int_equal(released, 1);
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.clients[0].received, "ab");
	assert_int_equal(rig.released, 2);
}

static void
test_held_requests_of_a_closed_connection_never_execute(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "aaaNb");
	assert_string_equal(rig.executed, "a");
	tcp_abort(rig.clients[0].tcp);
	core_rig_run(&rig, 10000);
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "a");
	assert_int_equal(rig.core->credits_used, 0);
}

static void
test_close_waits_for_answers(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "ab.c");
	assert_string_equal(rig.executed, "ab");
	assert_false(rig.clients[0].ended);
	core_rig_answer(&rig, 'b');
	core_rig_answer(&rig, 'a');
	core_rig_run(&rig, 100000);
	assert_string_equal(rig.clients[0].received, "ab");
	assert_true(rig.clients[0].ended);
}

static int
setup_many(void **state)
{
	static const struct tr_core_config config = {.credits = 512};

	(void)state;
	core_rig_init(&rig, &config);
	return 0;
}

static void
test_a_core_that_ends_releases_all_answers(void **state)
{
	unsigned int i, nb;

	for (i = 0; i < 12; i++) {
		core_rig_connect(&rig, i);
		core_rig_say(&rig, i, "abcdefghijklmnopqrstuvwxyzabcdef" + i % 2);
	}
	nb = rig.nb_pending;
	/* More than a core takes in one turn. */
	assert_true(nb > 300);
	core_rig_answer_all(&rig);
	core_destroy(rig.core);
	rig.core = NULL;
	/* The engine may go now: nothing of it is left in the rings. */
	assert_int_equal(rig.released, nb);
	core_rig_free(&rig);
	test_pools_full(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_credits_run_out_and_come_back),
		TEST(test_the_reserve_serves_who_has_nothing_in_flight),
		TEST(test_waiting_connections_take_turns),
		TEST(test_a_late_answer_is_released),
		TEST(test_a_double_answer_is_counted_and_ignored),
		TEST(test_an_old_token_does_not_answer_a_new_request),
		TEST(test_a_double_answer_to_a_request_that_waits),
		TEST(test_held_requests_of_a_closed_connection_never_execute),
		TEST(test_close_waits_for_answers),
		cmocka_unit_test_setup(test_a_core_that_ends_releases_all_answers, setup_many),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

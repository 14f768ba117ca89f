/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Requests that the engine does not answer in time. */
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
	static const struct tr_core_config config = {.request_timeout_ms = 1000};

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
pass_the_timeout(void)
{
	core_rig_run(&rig, 1100000);
}

static void
test_the_client_is_told_and_the_answer_awaited(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "ab");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "");
	pass_the_timeout();
	assert_string_equal(rig.clients[0].received, "?b");
	assert_int_equal(rig.core->stats.abandoned, 1);
	/* Until the engine answers, the request is its own, and holds a credit. */
	assert_int_equal(rig.core->credits_used, 1);
	assert_int_equal(rig.released, 1);
	core_rig_answer(&rig, 'a');
	assert_int_equal(rig.core->credits_used, 0);
	assert_int_equal(rig.core->stats.responses_late, 1);
	assert_int_equal(rig.released, 2);
	assert_string_equal(rig.clients[0].received, "?b");
}

static void
test_answers_in_time_are_none_of_it(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		core_rig_say(&rig, 0, "a");
		core_rig_run(&rig, 900000);
		core_rig_answer(&rig, 'a');
	}
	assert_string_equal(rig.clients[0].received, "aaaaaaaaaa");
	assert_int_equal(rig.core->stats.abandoned, 0);
}

static void
test_what_it_held_back_goes_on(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "aaNb");
	assert_string_equal(rig.executed, "a");
	pass_the_timeout();
	assert_string_equal(rig.executed, "aa");
	core_rig_answer(&rig, 'a');
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "aab");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "?aNb");
}

static void
test_the_connection_closes_before_the_answer(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "ab");
	tcp_abort(rig.clients[0].tcp);
	core_rig_run(&rig, 10000);
	pass_the_timeout();
	assert_int_equal(rig.core->credits_used, 2);
	core_rig_answer(&rig, 'a');
	core_rig_answer(&rig, 'b');
	assert_int_equal(rig.core->credits_used, 0);
	assert_int_equal(rig.released, 2);
}

static void
test_the_answer_comes_before_the_client_can_be_told(void **state)
{
	struct rte_mempool *pool = rig.core->chains.mbufs;
	struct rte_mbuf *taken[4096];
	unsigned int nb = 0;

	(void)state;
	core_rig_say(&rig, 0, "ab");
	while (nb < RTE_DIM(taken) && (taken[nb] = rte_pktmbuf_alloc(pool)) != NULL)
		nb++;
	assert_true(nb < RTE_DIM(taken));
	pass_the_timeout();
	core_rig_answer(&rig, 'a');
	assert_int_equal(rig.core->credits_used, 2);
	assert_int_equal(rig.released, 1);
	while (nb > 0)
		rte_pktmbuf_free(taken[--nb]);
	core_rig_run(&rig, 10000);
	assert_string_equal(rig.clients[0].received, "??");
	assert_int_equal(rig.core->credits_used, 1);
	core_rig_answer(&rig, 'b');
	assert_int_equal(rig.core->credits_used, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_the_client_is_told_and_the_answer_awaited),
		TEST(test_answers_in_time_are_none_of_it),
		TEST(test_what_it_held_back_goes_on),
		TEST(test_the_connection_closes_before_the_answer),
		TEST(test_the_answer_comes_before_the_client_can_be_told),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	static const struct tr_core_config config = {
		.request_timeout_ms = 1000, .credits = 256, .body_budget_bytes = 320 * 1024};

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
	core_rig_say(&rig, 0, "aN");
	core_rig_run(&rig, 500000);
	core_rig_say(&rig, 0, "b");
	assert_string_equal(rig.executed, "a");
	core_rig_run(&rig, 600000);
	/* Its key is not that of the one which is not answered yet. */
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "?Nb");
}

static void
test_the_same_key_waits_for_the_abandoned(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "a");
	pass_the_timeout();
	core_rig_say(&rig, 0, "ab");
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "aba");
	while (rig.nb_pending > 0)
		core_rig_answer(&rig, rig.pending[0]->key[0]);
	assert_int_equal(rig.core->stats.responses_late, 1);
	assert_int_equal(rig.core->nb_abandoned, 0);
	assert_int_equal(rig.clients[0].nb_received, 3);
}

/* Not even one that may be reordered, as the other may not. */
static void
test_the_same_key_unordered_waits_for_the_abandoned(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "a");
	pass_the_timeout();
	core_rig_say(&rig, 0, "UaUb");
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "aba");
	core_rig_answer_all(&rig);
	core_rig_run(&rig, 1000);
	assert_int_equal(rig.core->nb_abandoned, 0);
}

static void
test_an_engine_barrier_waits_for_the_abandoned(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "UaUb");
	pass_the_timeout();
	core_rig_say(&rig, 0, "Fc");
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "abF");
	/* And so does what comes after one that was abandoned itself. */
	pass_the_timeout();
	core_rig_say(&rig, 0, "d");
	assert_string_equal(rig.executed, "abF");
	core_rig_answer(&rig, 'F');
	assert_string_equal(rig.executed, "abFd");
	core_rig_answer(&rig, 'd');
	assert_string_equal(rig.clients[0].received, "????d");
}

static void
test_what_needs_no_engine_does_not_wait(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "aF");
	pass_the_timeout();
	core_rig_say(&rig, 0, "NaN");
	/* The second N waits for its turn, as its client has not been told about the 'a' yet. */
	assert_string_equal(rig.clients[0].received, "??N");
	pass_the_timeout();
	assert_string_equal(rig.clients[0].received, "??N?N");
	assert_string_equal(rig.executed, "a");
}

static void
test_held_requests_end_without_being_executed(void **state)
{
	static const char zeros[2 * 1024];

	(void)state;
	core_rig_say(&rig, 0, "S001");
	core_rig_send(&rig, 0, zeros, 1024);
	core_rig_run(&rig, 500000);
	core_rig_say(&rig, 0, "FS002");
	core_rig_send(&rig, 0, zeros, sizeof(zeros));
	assert_int_equal(rig.prepared, 1);
	core_rig_run(&rig, 600000);
	assert_string_equal(rig.clients[0].received, "?");
	core_rig_run(&rig, 500000);
	assert_string_equal(rig.clients[0].received, "???");
	assert_string_equal(rig.executed, "s");
	assert_int_equal(rig.core->stats.abandoned, 1);
	assert_int_equal(rig.core->stats.expired_held, 2);
	/* What they held is free, though the engine has not answered. */
	assert_int_equal(rig.prepared, 0);
	assert_int_equal(rig.core->body_bytes[1], 1024);
	assert_int_equal(rig.core->credits_used, 1);
}

/* An engine that holds the budget for values is told no more of them, and clients do not wait. */
static void
test_values_that_no_budget_will_come_for_are_refused(void **state)
{
	static const char zeros[16 * 1024];
	unsigned int i;

	(void)state;
	for (i = 1; i < 8; i++) {
		core_rig_connect(&rig, i);
		core_rig_say(&rig, i, "S016");
		core_rig_send(&rig, i, zeros, sizeof(zeros));
	}
	/* Of 80 KiB for small values five such are taken. The others wait, at first. */
	assert_int_equal(rig.nb_executed, 5);
	assert_true(rig.core->stats.blocked_body > 0);
	pass_the_timeout();
	for (i = 1; i < 8; i++)
		assert_string_equal(rig.clients[i].received, "?");
	assert_int_equal(rig.core->stats.refused_abandoned, 2);
	core_rig_say(&rig, 0, "b");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "b");
	core_rig_answer(&rig, 's');
	core_rig_say(&rig, 7, "S016");
	core_rig_send(&rig, 7, zeros, sizeof(zeros));
	assert_int_equal(rig.nb_executed, 7);
}

/* When it may start at last, it is too late. */
static void
test_what_is_overdue_does_not_start(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "aNb");
	pass_the_timeout();
	assert_string_equal(rig.clients[0].received, "?N?");
	assert_string_equal(rig.executed, "a");
	assert_int_equal(rig.core->stats.expired_held, 1);
}

static void
test_time_held_counts(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "aa");
	core_rig_run(&rig, 800000);
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "aa");
	core_rig_run(&rig, 300000);
	assert_string_equal(rig.clients[0].received, "a?");
	assert_int_equal(rig.core->stats.abandoned, 1);
}

/* Ask for as many as one connection may have in flight. */
static void
ask_all(unsigned int client)
{
	char text[2 * CORE_CONN_REQUESTS_MAX + 1];
	unsigned int i;

	for (i = 0; i < CORE_CONN_REQUESTS_MAX; i++)
		memcpy(&text[2 * i], "Ua", 2);
	text[2 * i] = '\0';
	core_rig_say(&rig, client, text);
}

static void
test_a_connection_has_no_more_abandoned_than_in_flight(void **state)
{
	unsigned int told = CORE_CONN_REQUESTS_MAX;

	(void)state;
	core_rig_connect(&rig, 1);
	ask_all(0);
	pass_the_timeout();
	assert_int_equal(rig.clients[0].nb_received, told);
	assert_int_equal(rig.core->nb_abandoned, told);
	core_rig_say(&rig, 0, "UbNS000N");
	assert_string_equal(rig.clients[0].received + told, "?N?N");
	assert_int_equal(rig.core->stats.refused_abandoned, 2);
	assert_int_equal(rig.nb_executed, told);
	/* Another connection is none of it. */
	core_rig_say(&rig, 1, "c");
	core_rig_answer(&rig, 'c');
	assert_string_equal(rig.clients[1].received, "c");
	core_rig_answer(&rig, 'a');
	core_rig_say(&rig, 0, "Ub");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received + told, "?N?Nb");
}

static void
test_an_engine_that_is_stuck_gets_no_more(void **state)
{
	const struct core_stats *stats = &rig.core->stats;
	unsigned int half = 128, i;

	(void)state;
	for (i = 1; i < 6; i++)
		core_rig_connect(&rig, i);
	for (i = 0; i < 3; i++)
		ask_all(i);
	/* Of those whose client is gone as well. */
	ask_all(3);
	tcp_abort(rig.clients[3].tcp);
	pass_the_timeout();
	assert_int_equal(rig.core->nb_abandoned, half);
	core_rig_say(&rig, 5, "zNSz");
	assert_string_equal(rig.clients[5].received, "?N");
	assert_int_equal(stats->refused_abandoned, 1);
	assert_int_equal(rig.nb_executed, half);
	/* One answer, and it is given requests again. */
	core_rig_answer(&rig, 'a');
	core_rig_say(&rig, 4, "y");
	core_rig_answer(&rig, 'y');
	assert_string_equal(rig.clients[4].received, "y");
	assert_int_equal(stats->refused_abandoned, 1);
}

/* All the credits that it can be given are with the engine, and it answers none. */
static void
test_who_waits_for_a_credit_of_a_stuck_engine_is_told(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < 20; i++)
		core_rig_connect(&rig, i);
	for (i = 0; i < 8; i++)
		ask_all(i);
	for (i = 8; i < 20; i++)
		ask_all(i);
	core_rig_say(&rig, 19, "N");
	assert_in_range(rig.core->credits_used, 217, 248);
	assert_true(rig.core->stats.blocked_credit > 0);
	pass_the_timeout();
	pass_the_timeout();
	for (i = 0; i < 20; i++)
		assert_int_equal(rig.clients[i].nb_received, CORE_CONN_REQUESTS_MAX + (i == 19));
	assert_int_equal(rig.nb_executed, rig.core->nb_abandoned);
	assert_true(rig.core->stats.refused_abandoned > 0);
	core_rig_say(&rig, 0, "N");
	assert_int_equal(rig.clients[0].nb_received, CORE_CONN_REQUESTS_MAX + 1);
	core_rig_answer_all(&rig);
	core_rig_run(&rig, 10000);
	assert_int_equal(rig.core->credits_used, 0);
	core_rig_say(&rig, 1, "b");
	core_rig_answer(&rig, 'b');
	assert_int_equal(rig.clients[1].received[CORE_CONN_REQUESTS_MAX], 'b');
}

static void
test_the_connection_closes_after_it_was_told(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "ab");
	pass_the_timeout();
	core_rig_say(&rig, 0, "ab");
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'b');
	tcp_abort(rig.clients[0].tcp);
	core_rig_run(&rig, 10000);
	core_rig_answer(&rig, 'a');
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.executed, "abb");
	assert_int_equal(rig.core->credits_used, 0);
	assert_int_equal(rig.core->nb_abandoned, 0);
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
		TEST(test_the_same_key_waits_for_the_abandoned),
		TEST(test_the_same_key_unordered_waits_for_the_abandoned),
		TEST(test_an_engine_barrier_waits_for_the_abandoned),
		TEST(test_what_needs_no_engine_does_not_wait),
		TEST(test_held_requests_end_without_being_executed),
		TEST(test_values_that_no_budget_will_come_for_are_refused),
		TEST(test_what_is_overdue_does_not_start),
		TEST(test_time_held_counts),
		TEST(test_a_connection_has_no_more_abandoned_than_in_flight),
		TEST(test_an_engine_that_is_stuck_gets_no_more),
		TEST(test_who_waits_for_a_credit_of_a_stuck_engine_is_told),
		TEST(test_the_connection_closes_before_the_answer),
		TEST(test_the_connection_closes_after_it_was_told),
		TEST(test_the_answer_comes_before_the_client_can_be_told),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

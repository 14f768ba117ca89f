/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Values on their way in: the budget, half-sent ones, and those that do not move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"
#include "test_eal.h"

static struct core_rig rig;

/* Of 4 MiB one is for small values; of either, half for those that have not arrived. */
static int
setup(void **state)
{
	static const struct tr_core_config defaults;

	(void)state;
	core_rig_init(&rig, &defaults);
	rig.answer_at_once = true;
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
send_bytes(unsigned int client, size_t len)
{
	static const char zeros[65536];

	while (len > 0) {
		core_rig_send(&rig, client, zeros, RTE_MIN(len, sizeof(zeros)));
		len -= RTE_MIN(len, sizeof(zeros));
	}
	core_rig_run(&rig, 100000);
}

static void
test_a_value_arrives_in_pieces(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "S100");
	assert_int_equal(rig.prepared, 1);
	send_bytes(0, 100 * 1024);
	assert_string_equal(rig.clients[0].received, "s");
	assert_int_equal(rig.prepared, 0);
}

static void
test_half_sent_values_leave_small_ones_served(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i <= 40; i++) {
		core_rig_connect(&rig, i);
		core_rig_say(&rig, i, "S999");
	}
	/* Half of 3 MiB: one value of 999 KiB. The others wait, and pin nothing in the engine. */
	assert_int_equal(rig.prepared, 1);
	assert_int_equal(rig.core->stats.blocked_body > 0, 1);
	core_rig_say(&rig, 0, "S016");
	send_bytes(0, 16 * 1024);
	core_rig_say(&rig, 0, "a");
	assert_string_equal(rig.clients[0].received, "sa");
}

/* The server's end of a client connection: of the core's, the one with the client's port. */
static struct tcp_conn *
find_server_conn(unsigned int client)
{
	struct tcp_conn_info own, peer;
	struct tcp_conn *tcp = NULL;
	uint32_t id;

	tcp_conn_info(rig.clients[client].tcp, &own);
	for (id = 0; id < rig.config.conns_max; id++) {
		tcp = tcp_conn_find(rig.core->tcp, id);
		if (tcp == NULL)
			continue;
		tcp_conn_info(tcp, &peer);
		if (peer.remote_port == own.local_port)
			return tcp;
	}
	fail_msg("client %u has no connection", client);
	return NULL;
}

static void
test_a_value_that_does_not_move_is_given_up(void **state)
{
	const struct tr_conn *conn;

	(void)state;
	core_rig_connect(&rig, 1);
	core_rig_connect(&rig, 2);
	core_rig_say(&rig, 1, "S999");
	core_rig_say(&rig, 2, "S999");
	assert_int_equal(rig.prepared, 1);
	core_rig_run(&rig, 11 * 1000000);
	assert_true(rig.clients[1].ended);
	assert_int_equal(rig.core->stats.closed_body_timeout, 1);
	/* The one that waited has its turn now. */
	assert_int_equal(rig.prepared, 1);
	send_bytes(2, 999 * 1024);
	assert_string_equal(rig.clients[2].received, "s");
	/* It was taken once, however often it was tried. */
	conn = tcp_conn_user(find_server_conn(2));
	assert_int_equal(conn->requests_total, 1);
}

static void
test_a_client_that_vanishes_gives_its_budget_back(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "S999abc");
	assert_int_equal(rig.prepared, 1);
	tcp_abort(rig.clients[0].tcp);
	core_rig_run(&rig, 10000);
	assert_int_equal(rig.prepared, 0);
	assert_int_equal(rig.core->body_requests, 0);
}

static void
test_a_value_that_is_refused_when_it_is_there_gives_its_budget_back(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "S100!");
	assert_int_equal(rig.prepared, 1);
	send_bytes(0, 100 * 1024 - 1);
	assert_string_equal(rig.clients[0].received, "s");
	assert_int_equal(rig.nb_executed, 0);
	assert_int_equal(rig.prepared, 0);
	assert_int_equal(rig.core->body_incomplete[0], 0);
}

/* The protocol takes one more byte for the end of a value, as a line end is for others. */
static void
test_a_request_that_lacks_only_its_end_is_given_up(void **state)
{
	(void)state;
	core_rig_connect(&rig, 1);
	core_rig_say(&rig, 0, "S000");
	core_rig_say(&rig, 1, "S000");
	assert_int_equal(rig.prepared, 2);
	core_rig_run(&rig, 5 * 1000000);
	core_rig_say(&rig, 1, "a");
	assert_string_equal(rig.clients[1].received, "sa");
	core_rig_run(&rig, 6 * 1000000);
	assert_int_equal(rig.core->stats.closed_body_timeout, 1);
	assert_true(rig.clients[0].ended);
	assert_false(rig.clients[1].ended);
	assert_int_equal(rig.prepared, 0);
	assert_int_equal(rig.core->credits_used, 0);
}

/* They hold no more than their share, however small they are. */
static void
test_requests_that_lack_only_their_end_leave_credits(void **state)
{
	unsigned int i;

	(void)state;
	rig.trailer_bytes = 1;
	for (i = 1; i <= 40; i++) {
		core_rig_connect(&rig, i);
		core_rig_say(&rig, i, "S000");
	}
	assert_int_equal(rig.prepared, rig.core->credits_max / 2);
	core_rig_say(&rig, 0, "a");
	assert_string_equal(rig.clients[0].received, "a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_a_value_arrives_in_pieces),
		TEST(test_half_sent_values_leave_small_ones_served),
		TEST(test_a_value_that_does_not_move_is_given_up),
		TEST(test_a_client_that_vanishes_gives_its_budget_back),
		TEST(test_a_request_that_lacks_only_its_end_is_given_up),
		TEST(test_requests_that_lack_only_their_end_leave_credits),
		TEST(test_a_value_that_is_refused_when_it_is_there_gives_its_budget_back),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

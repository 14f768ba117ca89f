/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Connections: echo through a whole core, clients that read nothing, send space, the end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_conn.h"
#include "core_rig.h"
#include "test_eal.h"

static struct core_rig rig;

static int
setup(void **state)
{
	static const struct tr_core_config config = {.send_max_bytes = 100000,
						     .send_timeout_ms = 5000,
						     .credits = 64,
						     .keepalive_s = 30};

	(void)state;
	core_rig_init(&rig, &config);
	core_rig_connect_to(&rig, 0, CORE_RIG_ECHO_PORT);
	return 0;
}

static int
teardown(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

static void
send_pattern(unsigned int client, size_t len)
{
	char data[1000];
	size_t i, nb;

	for (i = 0; i < len; i += nb) {
		nb = RTE_MIN(len - i, sizeof(data));
		memset(data, 'a' + i / sizeof(data) % 26, nb);
		core_rig_send(&rig, client, data, nb);
	}
}

static void
test_echo_returns_what_it_got(void **state)
{
	size_t i;

	(void)state;
	send_pattern(0, 60000);
	core_rig_run(&rig, 100000);
	assert_int_equal(rig.clients[0].nb_received, 60000);
	for (i = 0; i < 60000; i++)
		assert_int_equal(rig.clients[0].received[i], 'a' + i / 1000 % 26);
	assert_int_equal(rig.core->credits_used, 0);
}

static void
test_a_client_that_reads_nothing_stops_only_itself(void **state)
{
	(void)state;
	rig.clients[0].deaf = true;
	send_pattern(0, 250000);
	assert_true(rig.core->stats.blocked_send > 0);
	core_rig_connect_to(&rig, 1, CORE_RIG_ECHO_PORT);
	core_rig_say(&rig, 1, "hello");
	assert_string_equal(rig.clients[1].received, "hello");
	/* In the end it is reset, and what it held is free. */
	core_rig_run(&rig, 10 * 1000000);
	assert_true(rig.clients[0].ended);
	assert_int_equal(rig.core->stats.closed_send_timeout, 1);
	assert_int_equal(rte_mempool_in_use_count(rig.core->chains.mbufs), 0);
	core_rig_say(&rig, 1, " again");
	assert_string_equal(rig.clients[1].received, "hello again");
}

static struct rte_mbuf *taken[4096];
static unsigned int nb_taken;

static void
take_mbufs(void)
{
	struct rte_mempool *pool = rig.core->chains.mbufs;

	while (nb_taken < RTE_DIM(taken) && (taken[nb_taken] = rte_pktmbuf_alloc(pool)) != NULL)
		nb_taken++;
	assert_true(nb_taken < RTE_DIM(taken));
}

static void
give_mbufs(void)
{
	while (nb_taken > 0)
		rte_pktmbuf_free(taken[--nb_taken]);
}

static void
test_a_response_waits_for_mbufs(void **state)
{
	(void)state;
	take_mbufs();
	core_rig_say(&rig, 0, "hello");
	assert_string_equal(rig.clients[0].received, "");
	assert_true(rig.core->stats.blocked_memory > 0);
	assert_int_equal(rig.core->credits_used, 1);
	give_mbufs();
	core_rig_run(&rig, 10000);
	assert_string_equal(rig.clients[0].received, "hello");
	assert_int_equal(rig.core->credits_used, 0);
}

static void
test_who_waits_for_mbufs_later_puts_nobody_off(void **state)
{
	char x = 'x';
	struct iovec part = {.iov_base = &x, .iov_len = 1};
	unsigned int i;

	(void)state;
	for (i = 1; i < CORE_RIG_CONNS_MAX; i++)
		core_rig_connect_to(&rig, i, CORE_RIG_ECHO_PORT);
	take_mbufs();
	/* One more waits every half of the time between two tries. */
	for (i = 0; i < CORE_RIG_CONNS_MAX; i++) {
		assert_return_code(tr_chain_append(tcp_chain(rig.clients[i].tcp), &part, 1), 0);
		tcp_send(rig.clients[i].tcp);
		core_rig_run(&rig, 500);
	}
	assert_true(rig.core->stats.blocked_memory > 5 * CORE_RIG_CONNS_MAX);
	/* And nobody tries more often than that. */
	assert_true(rig.core->stats.blocked_memory <
		    CORE_RIG_CONNS_MAX * (CORE_RIG_CONNS_MAX / 2 + 2));
	give_mbufs();
	core_rig_run(&rig, 10000);
	for (i = 0; i < CORE_RIG_CONNS_MAX; i++)
		assert_string_equal(rig.clients[i].received, "x");
}

/* What the engine answers while the peer takes nothing waits in its request, not in the chain. */
static void
test_answers_wait_for_send_space(void **state)
{
	(void)state;
	core_rig_connect(&rig, 1);
	core_rig_say(&rig, 1, "abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(rig.nb_pending, 26);
	rig.core->config.send_max_bytes = 4;
	sim_wire_cut(rig.wire, true);
	while (rig.nb_pending > 0)
		core_rig_answer(&rig, rig.pending[rig.nb_pending - 1]->key[0]);
	assert_int_equal(rig.core->stats.composed, 4);
	assert_int_equal(rig.core->credits_used, 22);
	sim_wire_cut(rig.wire, false);
	core_rig_run(&rig, 60 * 1000000);
	assert_string_equal(rig.clients[1].received, "abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(rig.core->credits_used, 0);
}

/* Each answer that was sent by itself holds an mbuf until it is acknowledged. */
static void
test_answers_wait_for_mbufs(void **state)
{
	(void)state;
	core_rig_connect(&rig, 1);
	core_rig_say(&rig, 1, "abcdefghijklmnopqrstuvwxyz");
	rig.core->config.send_max_bytes = 4 * CORE_CONN_SEND_MBUF_BYTES;
	sim_wire_cut(rig.wire, true);
	for (char key = 'a'; key <= 'z'; key++) {
		core_rig_answer(&rig, key);
		core_rig_run(&rig, 1000);
	}
	assert_int_equal(rig.core->stats.composed, 21);
	assert_int_equal(rig.core->credits_used, 5);
	assert_int_equal(rig.core->stats.blocked_send, 1);
	sim_wire_cut(rig.wire, false);
	core_rig_run(&rig, 60 * 1000000);
	assert_string_equal(rig.clients[1].received, "abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(rig.core->credits_used, 0);
}

static void
test_stop_closes_and_start_accepts_again(void **state)
{
	struct tcp_conn *tcp;

	(void)state;
	core_rig_say(&rig, 0, "hello");
	core_set_listening(rig.core, false);
	core_rig_run(&rig, 100000);
	assert_true(rig.clients[0].ended);
	assert_true(core_is_drained(rig.core));
	tcp = tcp_connect(rig.stack.tcp, rig.config.ipv4.addr, rte_cpu_to_be_16(CORE_RIG_ECHO_PORT),
			  0, &rig.clients[1], rig.now_us);
	assert_non_null(tcp);
	core_rig_run(&rig, 100000);
	assert_true(rig.clients[1].ended);
	core_set_listening(rig.core, true);
	core_rig_connect_to(&rig, 2, CORE_RIG_ECHO_PORT);
	core_rig_say(&rig, 2, "back");
	assert_string_equal(rig.clients[2].received, "back");
}

static void
test_one_port_is_listened_on_once(void **state)
{
	struct core_listener listener = {.ops = &tr_core_echo};

	(void)state;
	listener.port = rte_cpu_to_be_16(CORE_RIG_ECHO_PORT);
	assert_int_equal(core_listen(rig.core, &listener), -EADDRINUSE);
	/* Not while it is stopped either, when TCP would not mind. */
	core_set_listening(rig.core, false);
	assert_int_equal(core_listen(rig.core, &listener), -EADDRINUSE);
	listener.port = rte_cpu_to_be_16(CORE_RIG_ECHO_PORT + 1);
	assert_return_code(core_listen(rig.core, &listener), 0);
	core_set_listening(rig.core, true);
	core_rig_connect_to(&rig, 1, CORE_RIG_ECHO_PORT + 1);
}

static void
test_every_port_is_listened_on_again(void **state)
{
	struct core_listener listener = {.ops = &tr_core_echo};
	unsigned int i;

	(void)state;
	for (i = rig.core->nb_listeners; i < CORE_LISTENERS_MAX; i++) {
		listener.port = rte_cpu_to_be_16(100 + i);
		assert_return_code(core_listen(rig.core, &listener), 0);
	}
	listener.port = rte_cpu_to_be_16(100 + i);
	assert_int_equal(core_listen(rig.core, &listener), -ENOSPC);
	core_set_listening(rig.core, false);
	core_set_listening(rig.core, true);
	core_rig_connect_to(&rig, 1, CORE_RIG_ECHO_PORT);
	core_rig_connect_to(&rig, 2, 100 + CORE_LISTENERS_MAX - 1);
}

static void
test_a_core_under_pressure_does_not_sleep_for_long(void **state)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("rx", 15, 0, 0, 128, SOCKET_ID_ANY);
	struct rte_mbuf *mbufs[10];
	unsigned int i;

	(void)state;
	assert_non_null(pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, mbufs, RTE_DIM(mbufs)), 0);
	rig.core->rx_mbufs = pool;
	core_rig_run(&rig, 2000);
	assert_true(core_sleep_until_us(rig.core) <= rig.now_us + 1000);
	for (i = 0; i < RTE_DIM(mbufs); i++)
		rte_pktmbuf_free(mbufs[i]);
	core_rig_run(&rig, 2000);
	assert_true(core_sleep_until_us(rig.core) > rig.now_us + 1000);
	rig.core->rx_mbufs = NULL;
	rte_mempool_free(pool);
}

/* Of frames that are steered, a core may hold what another's queue brought. */
static void
test_pressure_on_any_queue(void **state)
{
	struct rte_mempool *pools[2] = {
		rte_pktmbuf_pool_create("rx0", 15, 0, 0, 128, SOCKET_ID_ANY),
		rte_pktmbuf_pool_create("rx1", 15, 0, 0, 128, SOCKET_ID_ANY),
	};
	struct rte_mbuf *mbufs[12], *last;
	unsigned int which, i;

	(void)state;
	rig.core->rx_mbufs = pools[0];
	rig.core->rx_pools = pools;
	rig.core->nb_rx_pools = 2;
	for (which = 0; which < 2; which++) {
		core_rig_run(&rig, 2000);
		assert_false(rig.core->pressure);
		/* Less than half, 7, are left; and of a quarter, 3, no less. */
		assert_int_equal(rte_pktmbuf_alloc_bulk(pools[which], mbufs, 9), 0);
		core_rig_run(&rig, 2000);
		assert_int_equal(rig.core->pressure, TCP_PRESSURE_UNREAD);
		assert_int_equal(rte_pktmbuf_alloc_bulk(pools[which], mbufs + 9, 3), 0);
		core_rig_run(&rig, 2000);
		assert_int_equal(rig.core->pressure, TCP_PRESSURE_UNREAD);
		assert_int_equal(rte_pktmbuf_alloc_bulk(pools[which], &last, 1), 0);
		core_rig_run(&rig, 2000);
		assert_int_equal(rig.core->pressure, TCP_PRESSURE_ALL);
		rte_pktmbuf_free(last);
		for (i = 0; i < RTE_DIM(mbufs); i++)
			rte_pktmbuf_free(mbufs[i]);
	}
	core_rig_run(&rig, 2000);
	assert_false(rig.core->pressure);
	rig.core->rx_mbufs = NULL;
	rte_mempool_free(pools[0]);
	rte_mempool_free(pools[1]);
}

static void
test_many_connections(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < CORE_RIG_CONNS_MAX; i++)
		core_rig_connect_to(&rig, i, CORE_RIG_ECHO_PORT);
	core_rig_say(&rig, CORE_RIG_CONNS_MAX - 1, "last");
	assert_string_equal(rig.clients[CORE_RIG_CONNS_MAX - 1].received, "last");
	assert_int_equal(rig.core->stats.conns_opened, CORE_RIG_CONNS_MAX);
}

static uint64_t
keepalive_probes(void)
{
	return tcp_stats(rig.core->tcp)->keepalive_probes;
}

static void
test_a_silent_client_is_asked_whether_it_is_there(void **state)
{
	static const struct tr_core_config never = {.keepalive_s = UINT32_MAX};

	(void)state;
	core_rig_run(&rig, 29 * 1000000);
	assert_int_equal(keepalive_probes(), 0);
	core_rig_run(&rig, 90 * 1000000);
	assert_in_range(keepalive_probes(), 2, 3);
	core_rig_say(&rig, 0, "still here");
	assert_string_equal(rig.clients[0].received, "still here");
	core_rig_deinit(&rig);
	core_rig_init(&rig, &never);
	core_rig_connect_to(&rig, 0, CORE_RIG_ECHO_PORT);
	core_rig_run(&rig, UINT64_C(10) * 3600 * 1000000);
	assert_int_equal(keepalive_probes(), 0);
}

/* Client 0 speaks to echo, which does not care. */
/* Shows: MUST-32, MUST-33. */
static void
test_a_protocol_is_told_of_urgent_data(void **state)
{
	struct iovec part = {.iov_base = (char[]){"AB"}, .iov_len = 2};
	unsigned int i;

	(void)state;
	core_rig_connect(&rig, 1);
	rig.answer_at_once = true;
	for (i = 0; i < 2; i++) {
		assert_int_equal(tr_chain_append(tcp_chain(rig.clients[i].tcp), &part, 1), 0);
		tcp_send_urgent(rig.clients[i].tcp);
		core_rig_say(&rig, i, "C");
	}
	assert_string_equal(rig.clients[0].received, "ABC");
	assert_string_equal(rig.clients[1].received, "ABC");
	assert_int_equal(tcp_stats(rig.core->tcp)->urgent, 2);
	assert_int_equal(rig.nb_urgent, 1);
	assert_int_equal(rig.urgent_bytes, 2);
	assert_int_equal(rig.clients[1].urgent_end, 0);
	core_rig_say(&rig, 1, "D");
	assert_int_equal(rig.nb_urgent, 1);
}

/* Shows: MUST-30. */
static void
test_a_protocol_sends_urgent_data(void **state)
{
	(void)state;
	core_rig_connect(&rig, 1);
	core_rig_say(&rig, 1, "AB");
	assert_int_equal(rig.clients[1].urgent_end, 0);
	rig.answer_urgent = true;
	core_rig_say(&rig, 1, "CD");
	assert_string_equal(rig.clients[1].received, "ABCD");
	assert_int_equal(rig.clients[1].urgent_end, 4);
	rig.answer_urgent = false;
	core_rig_say(&rig, 1, "E");
	assert_int_equal(rig.clients[1].urgent_end, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_echo_returns_what_it_got),
		TEST(test_a_client_that_reads_nothing_stops_only_itself),
		TEST(test_a_response_waits_for_mbufs),
		TEST(test_who_waits_for_mbufs_later_puts_nobody_off),
		TEST(test_answers_wait_for_mbufs),
		TEST(test_answers_wait_for_send_space),
		TEST(test_stop_closes_and_start_accepts_again),
		TEST(test_one_port_is_listened_on_once),
		TEST(test_every_port_is_listened_on_again),
		TEST(test_a_core_under_pressure_does_not_sleep_for_long),
		TEST(test_pressure_on_any_queue),
		TEST(test_a_silent_client_is_asked_whether_it_is_there),
		TEST(test_a_protocol_is_told_of_urgent_data),
		TEST(test_a_protocol_sends_urgent_data),
		TEST(test_many_connections),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

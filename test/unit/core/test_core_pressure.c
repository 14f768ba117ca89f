/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * What runs short, or is slow, or comes all at once: each has a bound, a counter and an outcome,
 * and does not keep the connections that have no part in it from being served. More of it is in
 * test_core_request (credits), test_core_timeout (an engine that does not answer) and
 * test_core_conn (a client that reads nothing).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"
#include "test_eal.h"
#include "wire_ether.h"
#include "wire_ipv4.h"

#define SECOND_US 1000000
#define SEND_TIMEOUT_S 600
#define INNOCENT (CORE_RIG_CONNS_MAX - 1)

static struct core_rig rig;

static int
setup(void **state)
{
	static const struct tr_core_config config = {.credits = 512,
						     .send_timeout_ms = SEND_TIMEOUT_S * 1000,
						     .request_timeout_ms = 10000};

	(void)state;
	core_rig_init(&rig, &config);
	core_rig_connect(&rig, 0);
	core_rig_connect(&rig, INNOCENT);
	return 0;
}

static int
teardown(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

static void
assert_innocent_served(void)
{
	unsigned int nb = rig.clients[INNOCENT].nb_received;

	core_rig_say(&rig, INNOCENT, "zN");
	core_rig_answer(&rig, 'z');
	assert_string_equal(rig.clients[INNOCENT].received + nb, "zN");
}

static void
test_no_mbufs_stop_responses_and_nothing_else(void **state)
{
	struct rte_mempool *pool = rig.core->chains.mbufs;
	static struct rte_mbuf *taken[8192];
	unsigned int nb = 0;

	(void)state;
	while (nb < RTE_DIM(taken) && (taken[nb] = rte_pktmbuf_alloc(pool)) != NULL)
		nb++;
	assert_true(nb < RTE_DIM(taken));
	core_rig_say(&rig, 0, "ab");
	core_rig_answer(&rig, 'a');
	assert_true(rig.core->stats.blocked_memory > 0);
	/* Connections are accepted, requests executed, bytes acknowledged. */
	core_rig_connect(&rig, 1);
	core_rig_say(&rig, 1, "c");
	core_rig_answer(&rig, 'c');
	assert_string_equal(rig.executed, "abc");
	assert_int_equal(rig.core->credits_used, 3);
	while (nb > 0)
		rte_pktmbuf_free(taken[--nb]);
	core_rig_run(&rig, 10000);
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "ab");
	assert_string_equal(rig.clients[1].received, "c");
	assert_innocent_served();
}

/* Read so many bytes each second, and let the innocent ask in between. */
static void
read_slowly(unsigned int index, uint32_t bytes, unsigned int seconds)
{
	struct core_rig_client *client = &rig.clients[index];
	unsigned int i;

	for (i = 0; i < seconds && client->tcp != NULL; i++) {
		tcp_receive_consume(client->tcp, RTE_MIN(bytes, tcp_receive_bytes(client->tcp)));
		core_rig_run(&rig, SECOND_US);
		if (i % 100 == 0)
			assert_innocent_served();
	}
}

static void
test_a_client_that_reads_a_little_is_reset(void **state)
{
	(void)state;
	rig.value_bytes[0] = 200000;
	rig.clients[0].deaf = true;
	core_rig_say(&rig, 0, "a");
	core_rig_answer(&rig, 'a');
	/* It makes progress now and then, but 16 KiB take it half an hour. */
	read_slowly(0, 10, SEND_TIMEOUT_S - 60);
	assert_false(rig.clients[0].ended);
	read_slowly(0, 10, 120);
	assert_true(rig.clients[0].ended);
	assert_int_equal(rig.core->stats.closed_send_timeout, 1);
	assert_int_equal(rig.core->chains.reference_bytes, 0);
	assert_innocent_served();
}

static void
test_a_client_that_reads_slowly_is_not(void **state)
{
	(void)state;
	rig.value_bytes[0] = 200000;
	rig.clients[0].deaf = true;
	core_rig_say(&rig, 0, "a");
	core_rig_answer(&rig, 'a');
	read_slowly(0, 100, 3 * SEND_TIMEOUT_S);
	assert_false(rig.clients[0].ended);
	assert_int_equal(rig.core->stats.closed_send_timeout, 0);
}

/* Each client has as many requests in flight as it may. */
static void
ask_much(unsigned int first, unsigned int nb)
{
	unsigned int i;

	for (i = first; i < first + nb; i++) {
		if (rig.clients[i].tcp == NULL)
			core_rig_connect(&rig, i);
		core_rig_say(&rig, i, "abcdefghijklmnopqrstuvwxy");
	}
}

static void
test_an_engine_that_answers_all_at_once(void **state)
{
	unsigned int nb, i;
	uint64_t responses;

	(void)state;
	ask_much(0, 16);
	nb = rig.nb_pending;
	assert_int_equal(nb, 16 * 25);
	core_rig_answer_all(&rig);
	/* A turn takes its share, so that frames and timers have theirs. */
	responses = rig.core->stats.responses;
	core_poll(rig.core, rig.now_us);
	assert_int_equal(rig.core->stats.responses - responses, 256);
	assert_innocent_served();
	for (i = 0; i < 16; i++)
		assert_string_equal(rig.clients[i].received, "abcdefghijklmnopqrstuvwxy");
}

/* Nobody runs the core for a while; what came meanwhile is looked at first. */
static void
stall(unsigned int seconds)
{
	rig.now_us += (uint64_t)seconds * SECOND_US;
	core_poll(rig.core, rig.now_us);
}

static void
test_a_stall_makes_no_answer_late(void **state)
{
	unsigned int i;

	(void)state;
	ask_much(0, 16);
	core_rig_answer_all(&rig);
	stall(30);
	core_rig_run(&rig, SECOND_US);
	assert_int_equal(rig.core->stats.stalls, 1);
	assert_int_equal(rig.core->stats.abandoned, 0);
	for (i = 0; i < 16; i++)
		assert_string_equal(rig.clients[i].received, "abcdefghijklmnopqrstuvwxy");
	/* What is overdue still is so in the end. */
	core_rig_say(&rig, 0, "a");
	stall(30);
	core_rig_run(&rig, 2 * SECOND_US);
	assert_int_equal(rig.core->stats.stalls, 2);
	assert_int_equal(rig.core->stats.abandoned, 1);
	assert_innocent_served();
}

/* Else a host that takes the CPU away now and then would switch all timeouts off. */
static void
test_stalls_do_not_put_a_timeout_off_for_ever(void **state)
{
	unsigned int i;

	(void)state;
	core_rig_say(&rig, 0, "a");
	for (i = 0; i < 60; i++)
		stall(1);
	assert_int_equal(rig.core->stats.stalls, 60);
	assert_int_equal(rig.core->stats.abandoned, 1);
	core_rig_run(&rig, SECOND_US);
	assert_innocent_served();
}

static void
test_a_stall_resets_no_client_that_reads(void **state)
{
	(void)state;
	rig.value_bytes[0] = 100000;
	rig.clients[0].deaf = true;
	core_rig_say(&rig, 0, "a");
	core_rig_answer(&rig, 'a');
	core_rig_run(&rig, (SEND_TIMEOUT_S - 10) * (uint64_t)SECOND_US);
	/* Its window opens while nobody looks. */
	rig.clients[0].deaf = false;
	tcp_receive_consume(rig.clients[0].tcp, tcp_receive_bytes(rig.clients[0].tcp));
	sim_stack_poll(&rig.stack, rig.now_us);
	rig.now_us += 20 * SECOND_US;
	sim_wire_advance(rig.wire, rig.now_us);
	core_poll(rig.core, rig.now_us);
	core_rig_run(&rig, 10 * SECOND_US);
	assert_int_equal(rig.core->stats.stalls, 1);
	assert_int_equal(rig.core->stats.closed_send_timeout, 0);
	assert_int_equal(rig.core->chains.reference_bytes, 0);
	assert_innocent_served();
}

/* A sleep that was announced is none. */
static void
test_sleep_is_no_stall(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "a");
	core_rig_run(&rig, 5 * (uint64_t)SECOND_US);
	core_rig_answer(&rig, 'a');
	core_rig_run(&rig, 100 * (uint64_t)SECOND_US);
	assert_innocent_served();
	assert_int_equal(rig.core->stats.stalls, 0);
}

static uint16_t
take_nothing(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	(void)port;
	(void)mbufs;
	(void)nb;
	return 0;
}

static void
test_a_port_that_takes_nothing(void **state)
{
	struct core_port *port = rig.core->port;
	uint16_t (*tx)(struct core_port *, struct rte_mbuf **, uint16_t) = port->tx;
	unsigned int i;

	(void)state;
	for (i = 1; i < INNOCENT; i++)
		core_rig_connect(&rig, i);
	rig.value_bytes[0] = 60000;
	for (i = 0; i < INNOCENT; i++)
		core_rig_say(&rig, i, "a");
	port->tx = take_nothing;
	core_rig_answer_all(&rig);
	core_rig_run(&rig, 20000);
	/* Segments with data leave room for those without. */
	assert_in_range(ip_txq(rig.core->ip)->nb, 400, 448);
	assert_true(rig.core->stats.tx_partial > 0);
	assert_int_equal(ip_stats(rig.core->ip)->drop_tx_queue, 0);
	port->tx = tx;
	core_rig_run(&rig, 60 * (uint64_t)SECOND_US);
	for (i = 0; i < INNOCENT; i++)
		assert_int_equal(rig.clients[i].nb_received, 60001);
	assert_innocent_served();
}

/*
 * A receive queue of few mbufs, as a device has one: what finds none is lost. And while a hole is
 * kept open, so is what begins with the letter 'h'.
 */
#define FEW_MBUFS 31
/* More than a connection has credits for. */
#define MANY "abcdefgabcdefgabcdefgabcdefgabcdefgabcdefgabcdefgabcdefgabcdefgabcdefg"
#define TCP_OFFSET (WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES)

static struct {
	uint16_t (*rx)(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
	struct rte_mempool *pool;
	bool holes;
	unsigned int least; /* mbufs that were left */
	unsigned int lost; /* for want of one */
} few;

static bool
is_in_hole(const struct rte_mbuf *mbuf)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint32_t offset = TCP_OFFSET + (data[TCP_OFFSET + 12] >> 4) * 4;

	return few.holes && mbuf->data_len > offset && data[offset] == 'h';
}

static uint16_t
rx_few(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t nb = few.rx(port, mbufs, max);
	uint16_t taken = 0, i;
	struct rte_mbuf *copy;

	for (i = 0; i < nb; i++) {
		copy = is_in_hole(mbufs[i]) ? NULL
					    : rte_pktmbuf_copy(mbufs[i], few.pool, 0, UINT32_MAX);
		few.lost += copy == NULL && !is_in_hole(mbufs[i]);
		rte_pktmbuf_free(mbufs[i]);
		if (copy != NULL)
			mbufs[taken++] = copy;
	}
	few.least = RTE_MIN(few.least, rte_mempool_avail_count(few.pool));
	return taken;
}

/*
 * More connections than mbufs, each with something that cannot be read yet: half of them behind a
 * hole, the others without credits. A quarter is left to ACKs, so that a response goes on
 * meanwhile; and as soon as what was waited for comes, all of them get on.
 */
static void
test_more_connections_than_mbufs(void **state)
{
	unsigned int i;

	(void)state;
	memset(&few, 0, sizeof(few));
	few.pool = rte_pktmbuf_pool_create("few", FEW_MBUFS, 0, 0, 2048, SOCKET_ID_ANY);
	assert_non_null(few.pool);
	few.least = FEW_MBUFS;
	few.rx = rig.core->port->rx;
	rig.core->port->rx = rx_few;
	rig.core->rx_mbufs = few.pool;
	rig.value_bytes['x' - 'a'] = 60000;
	core_rig_say(&rig, 0, "x");
	for (i = 1; i < INNOCENT; i++) {
		core_rig_connect(&rig, i);
		core_rig_say(&rig, i, "F");
	}
	assert_int_equal(rig.nb_pending, INNOCENT);
	few.holes = true;
	for (i = 1; i < INNOCENT; i++) {
		core_rig_say(&rig, i, i % 2 == 0 ? "h" : MANY);
		core_rig_say(&rig, i, "b");
	}
	assert_int_equal(rig.core->pressure, TCP_PRESSURE_ALL);
	assert_true(tcp_stats(rig.core->tcp)->out_of_order > 0);
	assert_true(tcp_stats(rig.core->tcp)->drop_pressure > 0);
	assert_int_equal(rig.clients[0].nb_received, 0);
	core_rig_answer(&rig, 'x');
	core_rig_run(&rig, SECOND_US);
	assert_int_equal(rig.clients[0].nb_received, 60001);
	assert_int_equal(rig.core->pressure, TCP_PRESSURE_ALL);
	assert_true(few.least > 0);
	assert_int_equal(few.lost, 0);
	few.holes = false;
	rig.answer_at_once = true;
	core_rig_answer_all(&rig);
	core_rig_run(&rig, 60 * (uint64_t)SECOND_US);
	for (i = 1; i < INNOCENT; i++)
		assert_string_equal(rig.clients[i].received, i % 2 == 0 ? "Fhb" : "F" MANY "b");
	assert_int_equal(rig.core->pressure, TCP_PRESSURE_NONE);
	rig.answer_at_once = false;
	assert_innocent_served();
	assert_int_equal(rte_mempool_avail_count(few.pool), FEW_MBUFS);
	rig.core->port->rx = few.rx;
	rig.core->rx_mbufs = NULL;
	rte_mempool_free(few.pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_no_mbufs_stop_responses_and_nothing_else),
		TEST(test_a_client_that_reads_a_little_is_reset),
		TEST(test_a_client_that_reads_slowly_is_not),
		TEST(test_an_engine_that_answers_all_at_once),
		TEST(test_a_stall_makes_no_answer_late),
		TEST(test_stalls_do_not_put_a_timeout_off_for_ever),
		TEST(test_a_stall_resets_no_client_that_reads),
		TEST(test_sleep_is_no_stall),
		TEST(test_a_port_that_takes_nothing),
		TEST(test_more_connections_than_mbufs),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

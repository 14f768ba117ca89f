/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * When a core sleeps, and that what others' queues bring it, or its own brings others, prevents it;
 * but not what its port does not take.
 */
#include "core_idle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core_rig.h"
#include "core_steer.h"
#include "test_eal.h"

/* So many turns without work end in some sleeps. */
#define TURNS 300

static struct core_rig rig;
static struct core_idle idle;
static struct core_rss rss;
static struct core_steer *steer;
static struct core_port *own_port;

/* The other core, and the frame that its queue brings. */
static struct core_port other_queue;
static struct core_port *other;
static struct core_stats other_stats;
static struct rte_mbuf *frame;

static uint16_t
other_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t nb = frame != NULL && max > 0;

	assert_ptr_equal(port, &other_queue);
	if (nb > 0)
		mbufs[0] = frame;
	frame = NULL;
	return nb;
}

static void
wake(void *arg, unsigned int core)
{
	assert_int_equal(core, 0);
	submit_wake(arg, core);
}

static int
set_up(bool partial)
{
	static const struct tr_core_config defaults;
	static const uint8_t key[CORE_RSS_KEY_BYTES] = "some key";
	struct core_steer_config config = {
		.rss = &rss, .wake = wake, .partial = partial, .socket = SOCKET_ID_ANY};

	core_rig_init(&rig, &defaults);
	core_rss_init(&rss, key, 2);
	config.wake_arg = rig.submit;
	steer = core_steer_create(&config);
	assert_non_null(steer);
	own_port = rig.core->port;
	rig.core->port = core_steer_port(steer, 0, own_port, &rig.core->stats);
	rig.core->steer = steer;
	other_queue.rx = other_rx;
	other = core_steer_port(steer, 1, &other_queue, &other_stats);
	core_idle_init(&idle, rig.core, false);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return set_up(false);
}

static int
setup_partial(void **state)
{
	(void)state;
	return set_up(true);
}

static int
teardown(void **state)
{
	core_idle_deinit(&idle);
	rig.core->port = own_port;
	core_rig_deinit(&rig);
	core_steer_destroy(steer);
	return test_pools_full(state);
}

/* A segment of a connection that core 0 owns comes by the other's queue. */
static void
pass_frame(void)
{
	struct rte_mbuf *mbufs[8];
	uint16_t port = 0;
	uint8_t *data;

	frame = rte_pktmbuf_alloc(rig.core->control_mbufs);
	assert_non_null(frame);
	data = (uint8_t *)rte_pktmbuf_append(frame, 54);
	memset(data, 0, 54);
	data[12] = 0x08;
	data[14] = 0x45;
	data[14 + 9] = 6;
	do
		memcpy(data + 34, &port, sizeof(port));
	while (core_rss_frame_owner(&rss, frame) != 0 && ++port != 0);
	assert_int_equal(other->rx(other, mbufs, RTE_DIM(mbufs)), 0);
	assert_int_equal(other_stats.steered, 1);
}

static unsigned int
sleeps_of_idle_turns(void)
{
	uint64_t before = rig.core->stats.sleeps;
	unsigned int i;

	for (i = 0; i < TURNS; i++)
		core_idle_turn(&idle, 0, rig.now_us);
	return rig.core->stats.sleeps - before;
}

static void
test_a_frame_that_waits_keeps_awake(void **state)
{
	(void)state;
	other_stats.steered = 0;
	assert_true(sleeps_of_idle_turns() > 0);
	pass_frame();
	assert_int_equal(sleeps_of_idle_turns(), 0);
	core_poll(rig.core, ++rig.now_us);
	assert_int_equal(rig.core->stats.rx_frames, 1);
	assert_true(sleeps_of_idle_turns() > 0);
}

static void
test_a_frame_wakes(void **state)
{
	uint64_t count;

	(void)state;
	other_stats.steered = 0;
	assert_true(submit_sleep_begin(rig.submit, 0));
	assert_int_equal(read(submit_wake_fd(rig.submit, 0), &count, sizeof(count)), -1);
	pass_frame();
	assert_int_equal(read(submit_wake_fd(rig.submit, 0), &count, sizeof(count)), sizeof(count));
	submit_sleep_end(rig.submit, 0);
	core_poll(rig.core, ++rig.now_us);
}

/* A core that has nothing to send but what others gave it. */
static void
test_who_sends_for_others_is_awake(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * TURNS; i++) {
		rig.core->stats.sent_for_others++;
		core_idle_turn(&idle, 0, rig.now_us);
	}
	assert_int_equal(rig.core->stats.sleeps, 0);
	assert_true(sleeps_of_idle_turns() > 0);
}

/* A queue at which frames come one after the other, all of them for others. */
static void
test_who_passes_frames_on_is_awake(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * TURNS; i++) {
		rig.core->stats.steered++;
		core_idle_turn(&idle, 0, rig.now_us);
	}
	assert_int_equal(rig.core->stats.sleeps, 0);
	assert_true(sleeps_of_idle_turns() > 0);
}

static uint16_t
take_nothing(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	(void)port;
	(void)mbufs;
	(void)nb;
	return 0;
}

/* A port without a peer takes nothing, for ever perhaps: it is asked now and then. */
static void
test_a_port_that_takes_nothing_lets_sleep(void **state)
{
	uint16_t (*tx)(struct core_port * port, struct rte_mbuf * *mbufs, uint16_t nb) =
		own_port->tx;

	(void)state;
	own_port->tx = take_nothing;
	ip_announce(rig.core->ip);
	core_poll(rig.core, ++rig.now_us);
	assert_true(ip_txq(rig.core->ip)->nb > 0);
	assert_int_equal(core_sleep_until_us(rig.core), rig.now_us);
	for (unsigned int i = 1; i < CORE_PORT_REFUSALS; i++)
		core_poll(rig.core, ++rig.now_us);
	assert_true(sleeps_of_idle_turns() > 0);
	assert_in_range(core_sleep_until_us(rig.core), rig.now_us + 1, rig.now_us + 1000);
	own_port->tx = tx;
	core_poll(rig.core, ++rig.now_us);
	assert_int_equal(ip_txq(rig.core->ip)->nb, 0);
	assert_true(core_sleep_until_us(rig.core) > rig.now_us + 1000);
}

/* Nor does it what another core gave to be sent. */
static void
test_frames_of_others_that_are_not_taken_let_sleep(void **state)
{
	uint16_t (*tx)(struct core_port * port, struct rte_mbuf * *mbufs, uint16_t nb) =
		own_port->tx;
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rig.core->control_mbufs);

	(void)state;
	assert_non_null(mbuf);
	memset(rte_pktmbuf_append(mbuf, 54), 0, 54);
	own_port->tx = take_nothing;
	assert_int_equal(other->tx(other, &mbuf, 1), 1);
	/* Not before it was tried for long. */
	assert_int_equal(sleeps_of_idle_turns(), 0);
	for (unsigned int i = 0; i < CORE_PORT_REFUSALS; i++)
		core_poll(rig.core, ++rig.now_us);
	assert_true(sleeps_of_idle_turns() > 0);
	assert_in_range(core_sleep_until_us(rig.core), rig.now_us + 1, rig.now_us + 1000);
	own_port->tx = tx;
	core_poll(rig.core, ++rig.now_us);
	assert_int_equal(rig.core->stats.sent_for_others, 1);
	assert_true(core_sleep_until_us(rig.core) > rig.now_us + 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_frame_that_waits_keeps_awake, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_frame_wakes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_passes_frames_on_is_awake, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_who_sends_for_others_is_awake, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_port_that_takes_nothing_lets_sleep, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_frames_of_others_that_are_not_taken_let_sleep,
						setup_partial, teardown),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Impairment in front of a core's port, set and ended while the core runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "core_between.h"
#include "core_capture.h"
#include "core_rig.h"
#include "core_server.h"
#include "impair.h"
#include "test_eal.h"

static struct core_rig rig;
static struct tr_core_server server;
static struct impair *impair;
static struct core_port *port; /* the core's, with nothing before it */

static void
begin(bool tx_large)
{
	static const struct tr_core_config defaults;
	const struct sim_wire_config wire = {.delay_us = 100,
					     .mtu = 1500,
					     .tx_segments = true,
					     .share_mbufs = true,
					     .tx_large = tx_large,
					     .partial_ppm = 300000};

	core_rig_init_wire(&rig, &defaults, &wire, 1);
	rig.answer_at_once = true;
	port = rig.core->port;
	server = (struct tr_core_server){.nb_cores = 1, .cores = {rig.core}, .ports = {*port}};
	impair = impair_create(&server);
	assert_non_null(impair);
}

static int
setup(void **state)
{
	(void)state;
	begin(false);
	return 0;
}

/* At a port that cuts large segments. */
static int
setup_large(void **state)
{
	(void)state;
	begin(true);
	return 0;
}

static int
teardown(void **state)
{
	impair_end(impair);
	assert_ptr_equal(rig.core->port, port);
	core_rig_deinit(&rig);
	assert_int_equal(test_pools_full(state), 0);
	impair_destroy(impair);
	return 0;
}

/* What another thread does while this one polls the core. */
struct caller {
	pthread_t thread;
	enum impair_direction direction;
	struct impair_settings settings;
	struct core_capture *capture; /* is started, or stopped */
	bool stop;
	int ret;
	atomic_bool done;
};

static void *
run_caller(void *arg)
{
	struct caller *caller = arg;

	if (caller->capture == NULL)
		caller->ret = impair_set(impair, caller->direction, &caller->settings);
	else if (caller->stop)
		caller->ret = core_capture_stop(caller->capture);
	else
		caller->ret = core_capture_start(caller->capture);
	atomic_store(&caller->done, true);
	return NULL;
}

static void
call(struct caller *caller)
{
	atomic_store(&caller->done, false);
	assert_int_equal(pthread_create(&caller->thread, NULL, run_caller, caller), 0);
	while (!atomic_load(&caller->done))
		core_rig_run(&rig, 10);
	pthread_join(caller->thread, NULL);
	assert_int_equal(caller->ret, 0);
}

static void
set(enum impair_direction direction, const struct impair_settings *settings)
{
	struct caller caller = {.direction = direction, .settings = *settings};

	call(&caller);
}

static void
talk(unsigned int client, unsigned int times)
{
	uint32_t before = rig.clients[client].nb_received;
	unsigned int i;

	for (i = 0; i < times; i++)
		core_rig_say(&rig, client, "abc");
	/* Losses are found by timers at both ends. */
	core_rig_run(&rig, 60 * 1000000);
	assert_int_equal(rig.clients[client].nb_received, before + 3 * times);
}

static void
test_round_trips(void **state)
{
	const struct impair_settings bad = {
		.loss_ppm = 10000, .duplicate_ppm = 10000, .reorder_ppm = 20000, .delay_us = 500};
	const struct impair_settings none = {0};
	struct impair_info info;

	(void)state;
	core_rig_connect(&rig, 0);
	set(IMPAIR_RX, &bad);
	set(IMPAIR_TX, &bad);
	assert_ptr_not_equal(rig.core->port, port);
	talk(0, 1000);
	impair_info(impair, &info);
	assert_int_equal(info.directions[IMPAIR_RX].settings.loss_ppm, 10000);
	assert_true(info.directions[IMPAIR_RX].stats.frames > 1000);
	assert_true(info.directions[IMPAIR_RX].stats.drop_impair_loss > 0);
	assert_true(info.directions[IMPAIR_RX].stats.duplicated > 0);
	assert_true(info.directions[IMPAIR_RX].stats.reordered > 0);
	assert_true(info.directions[IMPAIR_TX].stats.drop_impair_loss > 0);
	assert_true(info.directions[IMPAIR_TX].stats.duplicated > 0);
	assert_true(info.directions[IMPAIR_TX].stats.reordered > 0);
	/* One way ends, then the other: only then nothing is there. */
	set(IMPAIR_RX, &none);
	assert_ptr_not_equal(rig.core->port, port);
	set(IMPAIR_TX, &none);
	assert_ptr_equal(rig.core->port, port);
	talk(0, 10);
	impair_info(impair, &info);
	set(IMPAIR_TX, &bad);
	talk(0, 10);
	assert_ptr_not_equal(rig.core->port, port);
}

/* No packet wakes a core for what it has had already. */
static void
test_sleep(void **state)
{
	const struct impair_settings late = {.delay_us = 20000};
	uint64_t until_us;

	(void)state;
	core_rig_connect(&rig, 0);
	core_rig_run(&rig, 1000000);
	set(IMPAIR_RX, &late);
	core_rig_send(&rig, 0, "a", 1);
	assert_int_equal(rig.clients[0].nb_received, 0);
	until_us = core_sleep_until_us(rig.core);
	assert_true(until_us > rig.now_us && until_us <= rig.now_us + 20000);
	core_rig_run(&rig, 100000);
	assert_int_equal(rig.clients[0].nb_received, 1);
}

/* A capture sees what the core does, whichever came first; and either ends without the other. */
static void
test_capture(void **state)
{
	const struct impair_settings lost = {.loss_ppm = IMPAIR_PPM};
	const struct impair_settings none = {0};
	static const struct core_capture_filter all;
	struct caller caller = {0};
	struct rte_mbuf *mbufs[64];
	unsigned int nb;

	(void)state;
	core_rig_connect(&rig, 0);
	caller.capture = core_capture_create(&server, &all);
	assert_non_null(caller.capture);
	call(&caller);
	set(IMPAIR_RX, &lost);
	nb = core_capture_take(caller.capture, mbufs, 64);
	rte_pktmbuf_free_bulk(mbufs, nb);
	core_rig_send(&rig, 0, "a", 1);
	assert_int_equal(core_capture_take(caller.capture, mbufs, 64), 0);
	/* The capture ends first, and once more last. */
	caller.stop = true;
	call(&caller);
	assert_ptr_not_equal(rig.core->port, port);
	caller.stop = false;
	call(&caller);
	set(IMPAIR_RX, &none);
	assert_ptr_not_equal(rig.core->port, port);
	core_rig_run(&rig, 10 * 1000000);
	assert_int_equal(rig.clients[0].nb_received, 1);
	nb = core_capture_take(caller.capture, mbufs, 64);
	assert_true(nb > 1);
	rte_pktmbuf_free_bulk(mbufs, nb);
	caller.stop = true;
	call(&caller);
	assert_ptr_equal(rig.core->port, port);
	core_capture_destroy(caller.capture);
}

/* Stands nearest to the core, and sees the longest frame that it sends. */
static struct core_port watch;
static uint32_t longest;

static uint16_t
watch_rx(struct core_port *own, struct rte_mbuf **mbufs, uint16_t max)
{
	return own->below->rx(own->below, mbufs, max);
}

static uint16_t
watch_tx(struct core_port *own, struct rte_mbuf **mbufs, uint16_t nb)
{
	uint16_t i;

	for (i = 0; i < nb; i++)
		longest = RTE_MAX(longest, mbufs[i]->pkt_len);
	return own->below->tx(own->below, mbufs, nb);
}

/* What is lost is a segment: none is sent that the port would cut, while there is impairment. */
static void
test_large_segments(void **state)
{
	const struct impair_settings late = {.delay_us = 500};
	const struct impair_settings none = {0};
	uint32_t before;
	unsigned int i;

	(void)state;
	watch = (struct core_port){.rx = watch_rx, .tx = watch_tx};
	core_between_insert_first(rig.core, &watch);
	core_rig_connect(&rig, 0);
	rig.value_bytes[0] = 15000;
	for (i = 0; i < 4; i++) {
		if (i > 0)
			set(i < 3 ? IMPAIR_TX : IMPAIR_RX, i == 2 ? &none : &late);
		longest = 0;
		before = rig.clients[0].nb_received;
		core_rig_say(&rig, 0, "a");
		core_rig_run(&rig, 1000000);
		assert_int_equal(rig.clients[0].nb_received, before + 15001);
		if (i % 2 == 0)
			assert_true(longest > 2 * 1514);
		else
			assert_int_equal(longest, 1514);
	}
	set(IMPAIR_RX, &none);
	core_between_remove(rig.core, &watch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_round_trips),
		TEST(test_sleep),
		TEST(test_capture),
		cmocka_unit_test_setup_teardown(test_large_segments, setup_large, teardown),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

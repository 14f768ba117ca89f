/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* The control crossing: calls from another thread, questions to the engine, and a core asleep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <rte_ring_elem.h>

#include "core_ask.h"
#include "core_control.h"
#include "core_idle.h"
#include "core_rig.h"
#include "test_eal.h"

static struct core_rig rig;

/* What the other thread does while this one polls the core. */
struct caller {
	pthread_t thread;
	void (*run)(void);
	atomic_bool done;
};

static int
setup(void **state)
{
	static const struct tr_core_config defaults;

	(void)state;
	core_rig_init(&rig, &defaults);
	return 0;
}

static int
teardown(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

static void *
call(void *arg)
{
	struct caller *caller = arg;

	caller->run();
	atomic_store(&caller->done, true);
	return NULL;
}

/* Poll the core, sleeping when it may, until the other thread has done its work. */
static void
poll_until_done(void (*run)(void))
{
	struct caller caller = {.run = run};
	struct core_idle idle;

	core_idle_init(&idle, rig.core, false);
	assert_int_equal(pthread_create(&caller.thread, NULL, call, &caller), 0);
	while (!atomic_load(&caller.done)) {
		sim_wire_advance(rig.wire, ++rig.now_us);
		core_idle_turn(&idle, core_poll(rig.core, rig.now_us), rig.now_us);
	}
	pthread_join(caller.thread, NULL);
	core_idle_deinit(&idle);
}

static void
add(struct core *core, void *arg)
{
	assert_ptr_equal(core, rig.core);
	++*(unsigned int *)arg;
}

static void
call_often(void)
{
	unsigned int nb = 0;
	unsigned int i;

	for (i = 0; i < 1000; i++)
		assert_return_code(core_control_call(rig.core, add, &nb), 0);
	assert_int_equal(nb, 1000);
}

static void
test_calls_run_once_each(void **state)
{
	(void)state;
	poll_until_done(call_often);
	assert_int_equal(rig.core->stats.control, 1000);
}

static void
call_with_pauses(void)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	unsigned int nb = 0;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		nanosleep(&pause, NULL);
		assert_return_code(core_control_call(rig.core, add, &nb), 0);
	}
}

static void
test_a_sleeping_core_is_woken(void **state)
{
	(void)state;
	poll_until_done(call_with_pauses);
	assert_true(rig.core->stats.sleeps > 0);
	assert_int_equal(rig.core->stats.control, 10);
}

static void
ask(void)
{
	char *text = NULL;
	uint32_t len = 0;

	assert_return_code(core_ask_stats(rig.core, &text, &len), 0);
	assert_int_equal(len, sizeof("one\0001\0two\0002"));
	assert_memory_equal(text, "one\0001\0two\0002", len);
	free(text);
}

static void
test_the_engine_is_asked(void **state)
{
	(void)state;
	poll_until_done(ask);
	assert_int_equal(rig.core->credits_used, 0);
}

static void
test_a_full_ring_is_told(void **state)
{
	struct core_message message = {.run = NULL};

	(void)state;
	while (core_control_post(rig.core, &message) == 0)
		;
	assert_int_equal(core_control_post(rig.core, &message), -ENOBUFS);
	while (rte_ring_dequeue_elem(rig.core->control, &message, sizeof(message)) == 0)
		;
}

static void
count(struct core *core, const struct core_message *message)
{
	(void)core;
	*(uint64_t *)message->arg += message->data;
}

static void
test_a_core_that_ends_runs_what_waits(void **state)
{
	uint64_t sum = 0;
	struct core_message message = {.run = count, .arg = &sum, .data = 3};
	unsigned int unused = 0;

	assert_return_code(core_control_post(rig.core, &message), 0);
	/* Nobody polls the core: this is given up, and is the core's to free. */
	assert_int_equal(core_control_call(rig.core, add, &unused), -ETIMEDOUT);
	core_rig_free(&rig);
	assert_int_equal(sum, 3);
	assert_int_equal(unused, 0);
	test_pools_full(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_calls_run_once_each),
		TEST(test_a_sleeping_core_is_woken),
		TEST(test_the_engine_is_asked),
		TEST(test_a_full_ring_is_told),
		cmocka_unit_test_setup(test_a_core_that_ends_runs_what_waits, setup),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_pause.h>

#include "submit.h"
#include "submit_test.h"
#include "test_eal.h"

/* Far longer than any preemption: what takes this long was lost. */
#define LOST_MS 20000

static struct tr_submit *submit;

static struct tr_submit *
create(void)
{
	const struct submit_config config = {.nb_cores = 2, .credits = 4};

	submit = submit_create(&config);
	assert_non_null(submit);
	return submit;
}

static bool
readable(unsigned int core, int timeout_ms)
{
	struct pollfd fd = {.fd = submit_wake_fd(submit, core), .events = POLLIN};

	return poll(&fd, 1, timeout_ms) == 1;
}

static void
test_only_a_sleeper_is_woken(void **state)
{
	struct tr_submit_producer *producer = tr_submit_producer_create(create(), "waker");
	struct tr_response response = {.token = submit_token(1, 0, 0)};
	struct submit_producer_stats stats;

	(void)state;
	tr_submit_response(producer, &response);
	submit_wake(submit, 1);
	assert_false(readable(1, 0));

	/* A response waits: no sleep, and nobody writes. */
	assert_false(submit_sleep_begin(submit, 1));
	tr_submit_response(producer, &response);
	assert_false(readable(1, 0));
	assert_int_equal(submit_producer_stats(submit, 0, &stats), 0);
	assert_int_equal(stats.wakeups, 0);

	assert_true(submit_sleep_begin(submit, 0));
	tr_submit_response(producer, &response);
	assert_false(readable(0, 0));
	response.token = submit_token(0, 0, 0);
	tr_submit_response(producer, &response);
	tr_submit_response(producer, &response);
	assert_true(readable(0, 0));
	/* The second found it woken already. */
	assert_int_equal(submit_producer_stats(submit, 0, &stats), 0);
	assert_int_equal(stats.wakeups, 1);
	submit_sleep_end(submit, 0);
	assert_false(readable(0, 0));
	submit_destroy(submit);
}

static void
test_wake_for_other_crossings(void **state)
{
	(void)state;
	create();
	assert_true(submit_sleep_begin(submit, 0));
	assert_true(submit_sleep_begin(submit, 1));
	submit_wake(submit, 1);
	assert_true(readable(1, 0));
	assert_false(readable(0, 0));
	submit_sleep_end(submit, 1);
	submit_sleep_end(submit, 0);
	assert_false(readable(1, 0));
	/* An end without a wake-up is as good. */
	assert_true(submit_sleep_begin(submit, 0));
	submit_sleep_end(submit, 0);
	submit_wake(submit, 0);
	assert_false(readable(0, 0));
	submit_destroy(submit);
}

static void
test_producer_made_while_asleep_wakes(void **state)
{
	struct tr_response response = {.token = submit_token(0, 0, 0)};

	(void)state;
	create();
	assert_true(submit_sleep_begin(submit, 0));
	tr_submit_response(tr_submit_producer_create(submit, "new"), &response);
	assert_true(readable(0, 0));
	submit_sleep_end(submit, 0);
	assert_int_equal(submit_drain(submit, 0, &response, 1), 1);
	submit_destroy(submit);
}

static atomic_uint message; /* crosses by submit_wake() */
static atomic_uint taken; /* crossings that have arrived */
static unsigned int crossings; /* in all */

/* On both sides, so that falling asleep and crossing collide often. */
static void
dawdle(uint64_t *seed)
{
	unsigned int n = submit_test_random(seed, 64);

	while (n-- > 0)
		rte_pause();
}

/* One crossing at a time: if its wake-up is lost, no later one makes up for it. */
static void *
waker_main(void *arg)
{
	uint64_t *seed = arg;
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "waker");
	const struct tr_response response = {.token = submit_token(0, 0, 0)};
	unsigned int spins;
	unsigned int i;

	submit_test_pin(1);
	for (i = 0; i < crossings; i++) {
		for (spins = 1; atomic_load(&taken) != i; spins++)
			if (spins % 1024 == 0)
				sched_yield();
		dawdle(seed);
		if (submit_test_random(seed, 2) == 0) {
			tr_submit_response(producer, &response);
		} else {
			atomic_fetch_add_explicit(&message, 1, memory_order_release);
			submit_wake(submit, 0);
		}
	}
	tr_submit_producer_destroy(producer);
	return NULL;
}

/* Sleep at every chance. No crossing may leave the core asleep. */
static void
test_no_wake_up_is_lost(void **state)
{
	uint64_t seed = submit_test_seed();
	uint64_t waker_seed = seed + 1;
	struct tr_response response;
	unsigned int messages = 0;
	unsigned int responses = 0;
	unsigned int sleeps = 0;
	pthread_t waker;

	(void)state;
	create();
	submit_test_pin(0);
	crossings = submit_test_rounds(20000);
	atomic_store(&message, 0);
	atomic_store(&taken, 0);
	assert_int_equal(pthread_create(&waker, NULL, waker_main, &waker_seed), 0);
	while (responses + messages < crossings) {
		messages = atomic_load_explicit(&message, memory_order_acquire);
		responses += submit_drain(submit, 0, &response, 1);
		atomic_store(&taken, responses + messages);
		dawdle(&seed);
		if (responses + messages == crossings || !submit_sleep_begin(submit, 0))
			continue;
		if (atomic_load_explicit(&message, memory_order_acquire) == messages) {
			sleeps++;
			assert_true(readable(0, LOST_MS));
		}
		submit_sleep_end(submit, 0);
	}
	pthread_join(waker, NULL);
	print_message("%u sleeps for %u crossings\n", sleeps, crossings);
	assert_true(sleeps > 0);
	submit_destroy(submit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SUBMIT_TEST(test_only_a_sleeper_is_woken),
		SUBMIT_TEST(test_wake_for_other_crossings),
		SUBMIT_TEST(test_producer_made_while_asleep_wakes),
		SUBMIT_TEST(test_no_wake_up_is_lost),
	};

	return cmocka_run_group_tests(tests, submit_test_group_setup, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_pause.h>

#include "submit.h"
#include "submit_test.h"
#include "test_eal.h"

#define CREDITS 500
#define THREADS 3
#define KEYS 16

/** Which thread executed a key's requests, and the last of them. Written by that thread. */
struct key_log {
	pthread_t thread;
	uint64_t last;
	bool seen;
};

static struct key_log keys[KEYS];
static atomic_bool gate; /* while closed, execute waits */

static enum tr_engine_verdict
log_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	struct key_log *log = &keys[request->hash % KEYS];
	char name[16];

	(void)engine;
	while (!atomic_load(&gate))
		rte_delay_us_sleep(100);
	RTE_VERIFY(pthread_getname_np(pthread_self(), name, sizeof(name)) == 0);
	RTE_VERIFY(strncmp(name, "tr-engine/", 10) == 0);
	RTE_VERIFY((unsigned int)(name[10] - '0') == request->hash % THREADS);
	RTE_VERIFY(!log->seen || pthread_equal(log->thread, pthread_self()));
	RTE_VERIFY(!log->seen || request->delta == log->last + 1);
	log->seen = true;
	log->thread = pthread_self();
	log->last = request->delta;
	response->cas = request->delta;
	return request->flags != 0 ? TR_ENGINE_PENDING : TR_ENGINE_DONE;
}

static const struct tr_engine_ops log_ops = {.name = "log", .execute = log_execute};

static struct tr_submit *submit;
static struct tr_request requests[CREDITS];

static void
start(void)
{
	const struct submit_config config = {
		.nb_cores = 1, .nb_threads = THREADS, .credits = CREDITS};

	memset(keys, 0, sizeof(keys));
	atomic_store(&gate, true);
	submit = submit_create(&config);
	assert_non_null(submit);
	assert_int_equal(submit_start(submit, &log_ops, NULL), 0);
}

static void
dispatch(unsigned int nb)
{
	struct tr_response response;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		requests[i] = (struct tr_request){
			.token = submit_token(0, i, 1), .hash = i % KEYS, .delta = i / KEYS + 1};
		assert_int_equal(submit_dispatch(submit, 0, &requests[i], &response),
				 TR_ENGINE_PENDING);
	}
	submit_flush(submit, 0);
}

/* Sleeping between bursts, as a core does; a lost wake-up ends the test. */
static void
collect(unsigned int nb)
{
	static bool answered[CREDITS];
	struct tr_response responses[32];
	struct pollfd fd = {.fd = submit_wake_fd(submit, 0), .events = POLLIN};
	unsigned int got;
	unsigned int i;

	memset(answered, 0, sizeof(answered));
	while (nb > 0) {
		got = submit_drain(submit, 0, responses, RTE_DIM(responses));
		for (i = 0; i < got; i++) {
			uint32_t index = submit_token_index(responses[i].token);

			assert_false(answered[index]);
			answered[index] = true;
			assert_int_equal(responses[i].cas, requests[index].delta);
		}
		nb -= got;
		if (got == 0 && submit_sleep_begin(submit, 0)) {
			assert_int_equal(poll(&fd, 1, 20000), 1);
			submit_sleep_end(submit, 0);
		}
	}
}

static void
test_key_order_and_thread(void **state)
{
	struct submit_thread_stats stats;
	uint64_t executed = 0;
	unsigned int i;

	(void)state;
	start();
	dispatch(CREDITS);
	collect(CREDITS);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(submit_thread_stats(submit, i, &stats), 0);
		executed += stats.executed;
		assert_int_equal(stats.pending, 0);
		assert_int_equal(stats.queued, 0);
	}
	assert_int_equal(executed, CREDITS);
	assert_int_equal(submit_thread_stats(submit, THREADS, &stats), -ENOENT);
	submit_stop(submit);
	submit_destroy(submit);
}

static void
test_stop_executes_what_was_dispatched(void **state)
{
	struct tr_response responses[CREDITS];
	unsigned int got = 0;

	(void)state;
	start();
	dispatch(CREDITS);
	submit_stop(submit);
	got = submit_drain(submit, 0, responses, CREDITS);
	assert_int_equal(got, CREDITS);
	/* And again. */
	assert_int_equal(submit_start(submit, &log_ops, NULL), 0);
	memset(keys, 0, sizeof(keys));
	dispatch(CREDITS);
	collect(CREDITS);
	submit_stop(submit);
	submit_stop(submit);
	submit_destroy(submit);
}

static void
test_pending_is_counted_and_not_answered(void **state)
{
	struct tr_request request = {.flags = 1, .delta = 1, .hash = 1};
	struct submit_thread_stats stats;
	struct tr_response response;

	(void)state;
	start();
	submit_dispatch(submit, 0, &request, &response);
	submit_flush(submit, 0);
	submit_stop(submit);
	assert_int_equal(submit_drain(submit, 0, &response, 1), 0);
	assert_int_equal(submit_thread_stats(submit, 1, &stats), 0);
	assert_int_equal(stats.executed, 1);
	assert_int_equal(stats.pending, 1);
	submit_destroy(submit);
}

static void
test_idle_thread_sleeps_and_wakes(void **state)
{
	struct submit_thread_stats stats;
	unsigned int round;
	unsigned int i;

	(void)state;
	start();
	for (round = 1; round < 20; round++) {
		for (i = 0; i < THREADS; i++) {
			unsigned int waited = 0;

			/* A round of an idle thread ends in sleep, soon. */
			do {
				assert_true(waited++ < 20000);
				rte_delay_us_sleep(1000);
				assert_int_equal(submit_thread_stats(submit, i, &stats), 0);
			} while (stats.sleeps < round);
		}
		memset(keys, 0, sizeof(keys));
		dispatch(KEYS);
		collect(KEYS);
	}
	submit_stop(submit);
	submit_destroy(submit);
}

/* Dispatch about when the thread falls asleep, so that the two collide often. */
static void
test_no_dispatch_is_lost(void **state)
{
	uint64_t seed = submit_test_seed();
	struct tr_request request = {.token = submit_token(0, 0, 0)};
	struct submit_thread_stats stats;
	struct tr_response response;
	unsigned int rounds = submit_test_rounds(10000);
	unsigned int pauses;
	unsigned int i;

	(void)state;
	submit_test_pin(0);
	start();
	for (i = 0; i < rounds; i++) {
		uint64_t lost = rte_get_tsc_cycles() + 20 * rte_get_tsc_hz();

		for (pauses = submit_test_random(&seed, 1024); pauses > 0; pauses--)
			rte_pause();
		request.delta++;
		submit_dispatch(submit, 0, &request, &response);
		submit_flush(submit, 0);
		while (submit_drain(submit, 0, &response, 1) == 0) {
			assert_true(rte_get_tsc_cycles() < lost);
			sched_yield();
		}
	}
	assert_int_equal(submit_thread_stats(submit, 0, &stats), 0);
	print_message("%u sleeps for %u requests\n", (unsigned int)stats.sleeps, i);
	submit_stop(submit);
	submit_destroy(submit);
}

static void
test_queued_is_what_waits(void **state)
{
	struct submit_thread_stats stats;
	unsigned int queued = 0;
	unsigned int i;

	(void)state;
	start();
	atomic_store(&gate, false);
	dispatch(CREDITS);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(submit_thread_stats(submit, i, &stats), 0);
		queued += stats.queued;
	}
	/* All but the burst that each thread may hold. */
	assert_in_range(queued, CREDITS - THREADS * 32, CREDITS);
	atomic_store(&gate, true);
	collect(CREDITS);
	submit_stop(submit);
	submit_destroy(submit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SUBMIT_TEST(test_key_order_and_thread),
		SUBMIT_TEST(test_stop_executes_what_was_dispatched),
		SUBMIT_TEST(test_pending_is_counted_and_not_answered),
		SUBMIT_TEST(test_idle_thread_sleeps_and_wakes),
		SUBMIT_TEST(test_no_dispatch_is_lost),
		SUBMIT_TEST(test_queued_is_what_waits),
	};

	return cmocka_run_group_tests(tests, submit_test_group_setup, test_pools_full);
}

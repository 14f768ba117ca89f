/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Both crossings at once: threads that do what cores do, engine threads, and an engine whose own
 * threads answer some requests late and in any order, through handles that they give back and
 * take again. Every request is answered exactly once, requests for one key execute in order, and
 * nobody sleeps through a message. For the thread sanitizer above all.
 *
 * TR_STRESS: responses altogether. TR_SEED: of what is random in the threads.
 */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_debug.h>

#include "submit.h"
#include "submit_test.h"
#include "test_eal.h"

#define CORES 2
#define WORKERS 2
#define KEYS 32
#define CREDITS_MAX 256
#define LOST_MS 60000

/** What a core knows of one of its requests. */
struct slot {
	struct tr_request request;
	uint32_t generation;
	bool out;
};

/** A thread that does what a core does. */
struct stress_core {
	pthread_t id;
	struct stress *stress;
	unsigned int index;
	uint64_t seed;
	unsigned int goal; /* responses */
	unsigned int dispatched;
	unsigned int answered;
	unsigned int released;
	unsigned int sleeps;
	unsigned int out;
	uint64_t sequence[KEYS];
	struct slot slots[CREDITS_MAX];
};

/** One of the engine's own threads, and the requests that it will answer some time. */
struct stress_worker {
	pthread_t id;
	struct stress *stress;
	uint64_t seed;
	pthread_mutex_t lock;
	pthread_cond_t more;
	const struct tr_request *requests[CORES * CREDITS_MAX];
	unsigned int nb;
	bool quit;
};

struct stress {
	struct tr_submit *submit;
	unsigned int credits;
	struct stress_core cores[CORES];
	struct stress_worker workers[WORKERS];
	uint64_t executed[CORES][KEYS]; /* by the one thread that the key belongs to */
	atomic_bool done;
};

static void answer(const struct tr_request *request, struct tr_response *response);

static enum tr_engine_verdict
stress_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	struct stress *stress = engine;
	uint64_t *executed = &stress->executed[request->core][request->hash];
	struct stress_worker *worker;

	RTE_VERIFY(request->delta == *executed + 1);
	*executed = request->delta;
	if (request->initial == 0) {
		answer(request, response);
		return TR_ENGINE_DONE;
	}
	worker = &stress->workers[request->initial % WORKERS];
	pthread_mutex_lock(&worker->lock);
	worker->requests[worker->nb++] = request;
	pthread_cond_signal(&worker->more);
	pthread_mutex_unlock(&worker->lock);
	return TR_ENGINE_PENDING;
}

static const struct tr_engine_ops stress_ops = {.name = "stress", .execute = stress_execute};

static void
stress_release(void *arg)
{
	struct stress_core *core = arg;

	RTE_VERIFY(pthread_equal(core->id, pthread_self()));
	core->released++;
}

static void
answer(const struct tr_request *request, struct tr_response *response)
{
	response->cas = request->delta;
	response->value = request->key;
	response->value_len = request->key_len;
	response->release = stress_release;
	response->release_arg = (void *)(uintptr_t)request->cas;
}

static void *
worker_main(void *arg)
{
	struct stress_worker *worker = arg;
	struct tr_submit *submit = worker->stress->submit;
	struct tr_submit_producer *producer = tr_submit_producer_create(submit, "worker");

	pthread_mutex_lock(&worker->lock);
	while (worker->nb > 0 || !worker->quit) {
		struct tr_response response = {0};
		unsigned int i;

		if (worker->nb == 0) {
			pthread_cond_wait(&worker->more, &worker->lock);
			continue;
		}
		i = submit_test_random(&worker->seed, worker->nb);
		response.token = worker->requests[i]->token;
		answer(worker->requests[i], &response);
		worker->requests[i] = worker->requests[--worker->nb];
		pthread_mutex_unlock(&worker->lock);

		if (submit_test_random(&worker->seed, 64) == 0)
			sched_yield();
		tr_submit_response(producer, &response);
		if (submit_test_random(&worker->seed, 256) == 0) {
			tr_submit_producer_destroy(producer);
			producer = tr_submit_producer_create(submit, "worker");
		}
		pthread_mutex_lock(&worker->lock);
	}
	pthread_mutex_unlock(&worker->lock);
	tr_submit_producer_destroy(producer);
	return NULL;
}

static void
core_dispatch(struct stress_core *core)
{
	struct stress *stress = core->stress;
	unsigned int nb = submit_test_random(&core->seed, 48);
	struct tr_response response;
	unsigned int i;

	for (i = 0; i < stress->credits && nb > 0 && core->dispatched < core->goal; i++) {
		struct slot *slot = &core->slots[i];
		uint32_t key = submit_test_random(&core->seed, KEYS);

		if (slot->out)
			continue;
		slot->out = true;
		slot->generation++;
		slot->request = (struct tr_request){
			.token = submit_token(core->index, i, slot->generation),
			.core = core->index,
			.hash = key,
			.delta = ++core->sequence[key],
			.cas = (uintptr_t)core,
			.initial = submit_test_random(&core->seed, 5),
			.key_len = 4,
		};
		memcpy(slot->request.key, &slot->generation, slot->request.key_len);
		RTE_VERIFY(submit_dispatch(stress->submit, core->index, &slot->request,
					   &response) == TR_ENGINE_PENDING);
		core->dispatched++;
		core->out++;
		nb--;
	}
	submit_flush(stress->submit, core->index);
}

static unsigned int
core_drain(struct stress_core *core)
{
	struct tr_response responses[32];
	unsigned int max = 1 + submit_test_random(&core->seed, RTE_DIM(responses));
	unsigned int nb = submit_drain(core->stress->submit, core->index, responses, max);
	unsigned int i;

	RTE_VERIFY(nb <= max);
	for (i = 0; i < nb; i++) {
		const struct tr_response *response = &responses[i];
		struct slot *slot = &core->slots[submit_token_index(response->token)];

		RTE_VERIFY(submit_token_core(response->token) == core->index);
		RTE_VERIFY(slot->out);
		RTE_VERIFY(submit_token_generation(response->token) == slot->generation);
		RTE_VERIFY(response->cas == slot->request.delta);
		RTE_VERIFY(memcmp(response->value, &slot->generation, response->value_len) == 0);
		response->release(response->release_arg);
		/* The request is written again: an engine that still looked would be seen. */
		memset(&slot->request, 0xff, sizeof(slot->request));
		slot->out = false;
		core->out--;
	}
	core->answered += nb;
	return nb;
}

static void
core_sleep(struct stress_core *core)
{
	struct tr_submit *submit = core->stress->submit;
	struct pollfd fd = {.fd = submit_wake_fd(submit, core->index), .events = POLLIN};

	if (!submit_sleep_begin(submit, core->index))
		return;
	core->sleeps++;
	RTE_VERIFY(poll(&fd, 1, LOST_MS) == 1);
	submit_sleep_end(submit, core->index);
}

static void *
core_main(void *arg)
{
	struct stress_core *core = arg;

	while (core->answered < core->goal) {
		bool full = core->out == core->stress->credits || core->dispatched == core->goal;

		if (!full && submit_test_random(&core->seed, 4) != 0)
			core_dispatch(core);
		/* Mostly when nothing is left to do, as a core; sometimes with much under way. */
		if (core_drain(core) == 0 && core->out > 0 &&
		    (full || submit_test_random(&core->seed, 16) == 0))
			core_sleep(core);
	}
	return NULL;
}

/* What telemetry does meanwhile. */
static void *
watch_main(void *arg)
{
	struct stress *stress = arg;
	struct submit_producer_stats producer;
	struct submit_thread_stats thread;
	unsigned int i;

	while (!atomic_load(&stress->done)) {
		for (i = 0; submit_producer_stats(stress->submit, i, &producer) == 0; i++)
			RTE_VERIFY(producer.drop_ring_full == 0);
		for (i = 0; submit_thread_stats(stress->submit, i, &thread) == 0; i++)
			RTE_VERIFY(thread.queued <= CORES * stress->credits);
		rte_delay_us_sleep(1000);
	}
	return NULL;
}

static void
check_sums(struct stress *stress)
{
	struct submit_producer_stats producer;
	struct submit_thread_stats thread;
	uint64_t responses = 0;
	uint64_t executed = 0;
	uint64_t wakeups = 0;
	uint64_t sleeps = 0;
	uint64_t goal = 0;
	unsigned int core_sleeps = 0;
	unsigned int i;

	for (i = 0; i < CORES; i++) {
		assert_int_equal(stress->cores[i].answered, stress->cores[i].goal);
		assert_int_equal(stress->cores[i].released, stress->cores[i].goal);
		goal += stress->cores[i].goal;
		core_sleeps += stress->cores[i].sleeps;
	}
	for (i = 0; submit_producer_stats(stress->submit, i, &producer) == 0; i++) {
		responses += producer.responses;
		wakeups += producer.wakeups;
		assert_int_equal(producer.drop_ring_full, 0);
	}
	for (i = 0; submit_thread_stats(stress->submit, i, &thread) == 0; i++) {
		executed += thread.executed;
		sleeps += thread.sleeps;
	}
	assert_int_equal(responses, goal);
	assert_int_equal(executed, goal);
	print_message("%" PRIu64 " responses; cores slept %u times, threads %" PRIu64 "; %" PRIu64
		      " wake-ups\n",
		      responses, core_sleeps, sleeps, wakeups);
}

static unsigned int
stress_goal(void)
{
	/* Six tests, each with some cores. */
	return RTE_MAX(submit_test_rounds(200000) / 6 / CORES, 1u);
}

static void
stress_run(unsigned int threads, unsigned int credits)
{
	const struct submit_config config = {
		.nb_cores = CORES, .nb_threads = threads, .credits = credits};
	struct stress *stress = calloc(1, sizeof(*stress));
	uint64_t seed = submit_test_seed();
	pthread_t watch;
	unsigned int i;

	assert_non_null(stress);
	stress->credits = credits;
	stress->submit = submit_create(&config);
	assert_non_null(stress->submit);
	assert_int_equal(submit_start(stress->submit, &stress_ops, stress), 0);
	assert_int_equal(pthread_create(&watch, NULL, watch_main, stress), 0);
	for (i = 0; i < WORKERS; i++) {
		struct stress_worker *worker = &stress->workers[i];

		worker->stress = stress;
		worker->seed = seed + 100 + i;
		pthread_mutex_init(&worker->lock, NULL);
		pthread_cond_init(&worker->more, NULL);
	}
	for (i = 0; i < CORES; i++) {
		struct stress_core *core = &stress->cores[i];

		core->stress = stress;
		core->index = i;
		core->seed = seed + i;
		core->goal = stress_goal();
		assert_int_equal(pthread_create(&core->id, NULL, core_main, core), 0);
	}
	/* Late: their handles appear while cores look. */
	for (i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&stress->workers[i].id, NULL, worker_main,
						&stress->workers[i]),
				 0);

	for (i = 0; i < CORES; i++)
		pthread_join(stress->cores[i].id, NULL);
	submit_stop(stress->submit);
	for (i = 0; i < WORKERS; i++) {
		struct stress_worker *worker = &stress->workers[i];

		pthread_mutex_lock(&worker->lock);
		worker->quit = true;
		pthread_cond_signal(&worker->more);
		pthread_mutex_unlock(&worker->lock);
		pthread_join(worker->id, NULL);
		pthread_cond_destroy(&worker->more);
		pthread_mutex_destroy(&worker->lock);
	}
	atomic_store(&stress->done, true);
	pthread_join(watch, NULL);
	check_sums(stress);
	submit_destroy(stress->submit);
	free(stress);
}

static void
test_one_thread(void **state)
{
	(void)state;
	stress_run(1, 256);
}

static void
test_two_threads(void **state)
{
	(void)state;
	stress_run(2, 256);
}

static void
test_four_threads(void **state)
{
	(void)state;
	stress_run(4, 256);
}

static void
test_one_thread_few_credits(void **state)
{
	(void)state;
	stress_run(1, 3);
}

static void
test_two_threads_few_credits(void **state)
{
	(void)state;
	stress_run(2, 7);
}

static void
test_four_threads_one_credit(void **state)
{
	(void)state;
	stress_run(4, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SUBMIT_TEST(test_one_thread),
		SUBMIT_TEST(test_two_threads),
		SUBMIT_TEST(test_four_threads),
		SUBMIT_TEST(test_one_thread_few_credits),
		SUBMIT_TEST(test_two_threads_few_credits),
		SUBMIT_TEST(test_four_threads_one_credit),
	};

	return cmocka_run_group_tests(tests, submit_test_group_setup, test_pools_full);
}

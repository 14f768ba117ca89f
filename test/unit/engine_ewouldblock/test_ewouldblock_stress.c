/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Two cores that execute as fast as their credits allow, while a third thread holds and releases:
 * each request is answered once, whoever answers it. For the thread sanitizer above all.
 */
#include "ewouldblock_fixture.h"

#include <sched.h>
#include <stdlib.h>

#define REQUESTS 20000

/** One core and its requests; written by its thread. */
struct core {
	unsigned int index;
	unsigned int unanswered;
	unsigned int done;
	unsigned int late;
	unsigned int wrong;
	uint32_t generations[FIXTURE_CREDITS];
	bool waits[FIXTURE_CREDITS];
};

static atomic_bool finished;

static void
core_drain(struct core *core)
{
	struct tr_response responses[FIXTURE_CREDITS];
	unsigned int nb = submit_drain(fixture.submit, core->index, responses, FIXTURE_CREDITS);
	unsigned int i;

	for (i = 0; i < nb; i++) {
		uint32_t slot = submit_token_index(responses[i].token);

		if (!core->waits[slot] ||
		    core->generations[slot] != submit_token_generation(responses[i].token))
			core->wrong++;
		core->waits[slot] = false;
		core->unanswered--;
		core->late++;
		fixture_release(&responses[i]);
	}
	if (nb == 0)
		sched_yield();
}

static void
core_execute(struct core *core, uint32_t slot)
{
	struct tr_request *request = &fixture.requests[core->index * FIXTURE_CREDITS + slot];
	struct tr_response response = {0};

	*request = (struct tr_request){
		.token = submit_token(core->index, slot, ++core->generations[slot]),
		.core = core->index,
		.op = TR_ENGINE_GET,
	};
	response.token = request->token;
	core->waits[slot] = true;
	core->unanswered++;
	if (fixture.engine.ops->execute(fixture.engine.instance, request, &response) ==
	    TR_ENGINE_PENDING)
		return;
	core->waits[slot] = false;
	core->unanswered--;
	core->done++;
	fixture_release(&response);
}

static void *
core_main(void *arg)
{
	struct core *core = arg;
	uint32_t slot;

	while (core->done + core->late + core->unanswered < REQUESTS) {
		for (slot = 0; slot < FIXTURE_CREDITS && core->waits[slot]; slot++)
			;
		if (slot < FIXTURE_CREDITS)
			core_execute(core, slot);
		if (slot == FIXTURE_CREDITS || core->unanswered > FIXTURE_CREDITS / 2)
			core_drain(core);
	}
	while (core->unanswered > 0)
		core_drain(core);
	return NULL;
}

static void *
control_main(void *arg)
{
	char reply[64];

	while (!finished) {
		fixture.engine.ops->control(fixture.engine.instance, "hold", reply, sizeof(reply));
		sched_yield();
		fixture.engine.ops->control(fixture.engine.instance, "release", reply,
					    sizeof(reply));
	}
	return arg;
}

static void
stress(const char *args)
{
	struct core *cores = calloc(FIXTURE_CORES, sizeof(*cores));
	pthread_t threads[FIXTURE_CORES];
	pthread_t control;
	unsigned int i;

	assert_non_null(cores);
	fixture_open(args);
	finished = false;
	for (i = 0; i < FIXTURE_CORES; i++) {
		cores[i].index = i;
		assert_int_equal(pthread_create(&threads[i], NULL, core_main, &cores[i]), 0);
	}
	assert_int_equal(pthread_create(&control, NULL, control_main, NULL), 0);
	for (i = 0; i < FIXTURE_CORES; i++)
		pthread_join(threads[i], NULL);
	finished = true;
	pthread_join(control, NULL);
	for (i = 0; i < FIXTURE_CORES; i++) {
		assert_int_equal(cores[i].wrong, 0);
		assert_int_equal(cores[i].done + cores[i].late, REQUESTS);
		assert_true(cores[i].done > 0 && cores[i].late > 0);
	}
	assert_int_equal(fixture_stat("ewouldblock_made_pending"), cores[0].late + cores[1].late);
	assert_int_equal(fixture_stat("ewouldblock_answered_late"), cores[0].late + cores[1].late);
	tr_engine_close(&fixture.engine);
	free(cores);
}

static void
test_now(void **state)
{
	(void)state;
	stress("random=70,seed=3,answer=shuffled,window=16,delay_us=100,inner=fake");
}

static void
test_late(void **state)
{
	(void)state;
	stress("random=70,seed=4,answer=burst,window=16,delay_us=100,execute=late,inner=fake");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_now),
		FIXTURE_TEST(test_late),
	};

	return cmocka_run_group_tests(tests, fixture_group_setup, NULL);
}

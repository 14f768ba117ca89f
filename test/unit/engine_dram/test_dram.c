/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* The engine as its threads use it: cores prepare and release while executors execute. */
#include "dram_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#define CORES 2
#define EXECUTORS 2
#define REQUESTS 32 /* of each core, unanswered */
#define HELD 24 /* responses of each core, unreleased */
#define STEPS 20000
#define KEYS 300

/* One producer, one consumer; as deep as the core has requests. */
struct ring {
	_Atomic unsigned int head;
	_Atomic unsigned int tail;
	void *slots[REQUESTS];
};

struct call {
	struct tr_request request;
	struct tr_response response;
};

struct world {
	struct fixture fixture;
	struct ring out[CORES][EXECUTORS];
	struct ring back[CORES][EXECUTORS];
	_Atomic bool stop;
	bool inline_execute; /* cores execute their own requests */
};

struct core {
	struct world *world;
	unsigned int index;
	unsigned int seed;
	unsigned int nb_free;
	unsigned int nb_held;
	unsigned int answered;
	unsigned int refused;
	struct call calls[REQUESTS];
	struct call *free[REQUESTS];
	struct tr_response held[HELD];
	uint32_t held_sum[HELD];
};

static void
ring_put(struct ring *ring, void *item)
{
	unsigned int head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	ring->slots[head % REQUESTS] = item;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

static void *
ring_take(struct ring *ring)
{
	unsigned int tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	void *item;

	if (atomic_load_explicit(&ring->head, memory_order_acquire) == tail)
		return NULL;
	item = ring->slots[tail % REQUESTS];
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return item;
}

/* All values of a key consist of one character, whichever store came last; but for counters. */
static char
char_of(const struct tr_request *request)
{
	return 'a' + request->hash % 26;
}

static void
check_value(const struct tr_request *request, const struct tr_response *response)
{
	const char *value = response->value;
	uint32_t i;

	for (i = 0; i < response->value_len && request->key[0] == 'k'; i++)
		if (value[i] != char_of(request))
			abort();
}

static uint32_t
value_sum(const struct tr_response *response)
{
	const uint8_t *value = response->value;
	uint32_t i, sum = 0;

	for (i = 0; i < response->value_len; i++)
		sum = sum * 31 + value[i];
	return sum;
}

static void
release_held(struct core *core, unsigned int slot)
{
	struct tr_response *held = &core->held[slot];

	if (value_sum(held) != core->held_sum[slot])
		abort();
	fixture_release(held);
}

static void
call_done(struct core *core, struct call *call)
{
	const struct tr_response *response = &call->response;
	unsigned int slot = rand_r(&core->seed) % HELD;

	core->answered++;
	core->free[core->nb_free++] = call;
	if (response->has_number || response->value == NULL || call->request.op == TR_ENGINE_STAT) {
		fixture_release(response);
		return;
	}
	check_value(&call->request, response);
	/* A slow client: when it is done the value must still be what it was. */
	if (core->nb_held < HELD)
		slot = core->nb_held++;
	else
		release_held(core, slot);
	core->held[slot] = *response;
	core->held_sum[slot] = value_sum(response);
}

static void
request_choose(struct core *core, struct tr_request *request)
{
	static const enum tr_engine_op ops[] = {
		TR_ENGINE_GET,	  TR_ENGINE_GET,    TR_ENGINE_GET,     TR_ENGINE_GAT,
		TR_ENGINE_TOUCH,  TR_ENGINE_SET,    TR_ENGINE_SET,     TR_ENGINE_ADD,
		TR_ENGINE_APPEND, TR_ENGINE_DELETE, TR_ENGINE_REPLACE, TR_ENGINE_PREPEND,
	};
	struct fixture fixture = {.core = core->index, .now_s = 1000 + core->answered / 1000};
	unsigned int dice = rand_r(&core->seed) % 1000;
	char key[16];

	snprintf(key, sizeof(key), "key%u", rand_r(&core->seed) % KEYS);
	*request = fixture_request(&fixture, ops[dice % RTE_DIM(ops)], key);
	if (dice < 100)
		request->expiry_s = request->now_s + 1 + dice % 3;
	if (dice == 1)
		request->op = TR_ENGINE_FLUSH;
	else if (dice == 2)
		*request = fixture_request(&fixture, TR_ENGINE_STAT, "");
	if (dice % 5 != 0)
		return;
	/* Counters have keys of their own, of which some are read as well. */
	snprintf(key, sizeof(key), "n%u", rand_r(&core->seed) % 8);
	*request = fixture_request(&fixture, dice % 2 ? TR_ENGINE_INCR : TR_ENGINE_GET, key);
	request->delta = dice;
}

static void
core_step(struct core *core)
{
	struct world *world = core->world;
	struct call *call = core->free[--core->nb_free];
	struct tr_request *request = &call->request;
	uint32_t len;

	request_choose(core, request);
	memset(&call->response, 0, sizeof(call->response));
	if (request->op >= TR_ENGINE_SET && request->op <= TR_ENGINE_PREPEND) {
		len = rand_r(&core->seed) % (rand_r(&core->seed) % 2 == 0 ? 1 << 15 : 400);
		request->value_len = len;
		if (fixture_ops()->prepare(world->fixture.dram, request) != TR_ENGINE_OK) {
			core->refused++;
			core->free[core->nb_free++] = call;
			return;
		}
		memset(request->value, char_of(request), len);
		if (len % 64 == 1) {
			fixture_ops()->discard(world->fixture.dram, request);
			core->free[core->nb_free++] = call;
			return;
		}
	}
	if (world->inline_execute) {
		fixture_ops()->execute(world->fixture.dram, request, &call->response);
		call_done(core, call);
	} else {
		ring_put(&world->out[core->index][request->hash % EXECUTORS], call);
	}
}

static void *
core_main(void *arg)
{
	struct core *core = arg;
	struct world *world = core->world;
	unsigned int i, step = 0;
	struct call *call;

	for (i = 0; i < REQUESTS; i++)
		core->free[core->nb_free++] = &core->calls[i];
	while (step < STEPS || core->nb_free < REQUESTS) {
		for (i = 0; i < EXECUTORS; i++)
			while ((call = ring_take(&world->back[core->index][i])) != NULL)
				call_done(core, call);
		if (step < STEPS && core->nb_free > 0) {
			core_step(core);
			step++;
		} else {
			sched_yield();
		}
	}
	for (i = 0; i < core->nb_held; i++)
		release_held(core, i);
	return NULL;
}

struct executor {
	struct world *world;
	unsigned int index;
};

static void *
executor_main(void *arg)
{
	struct executor *executor = arg;
	struct world *world = executor->world;
	struct call *call;
	unsigned int i;
	bool idle;

	while (!atomic_load_explicit(&world->stop, memory_order_acquire)) {
		idle = true;
		for (i = 0; i < CORES; i++) {
			call = ring_take(&world->out[i][executor->index]);
			if (call == NULL)
				continue;
			idle = false;
			fixture_ops()->execute(world->fixture.dram, &call->request,
					       &call->response);
			ring_put(&world->back[i][executor->index], call);
		}
		if (idle)
			sched_yield();
	}
	return NULL;
}

static void
stress(bool inline_execute)
{
	const struct tr_engine_config config = {
		.nb_cores = CORES,
		.nb_executors = EXECUTORS,
		.partitioned = !inline_execute,
		.prepared_bytes = 1 << 18,
		.value_max = 1 << 15,
	};
	static struct world world;
	static struct core cores[CORES];
	struct executor executors[EXECUTORS];
	pthread_t core_threads[CORES], executor_threads[EXECUTORS];
	unsigned int i;

	memset(&world, 0, sizeof(world));
	memset(cores, 0, sizeof(cores));
	world.inline_execute = inline_execute;
	fixture_create(&world.fixture, "memory=1200k", &config);
	for (i = 0; i < EXECUTORS && !inline_execute; i++) {
		executors[i] = (struct executor){.world = &world, .index = i};
		assert_int_equal(
			pthread_create(&executor_threads[i], NULL, executor_main, &executors[i]),
			0);
	}
	for (i = 0; i < CORES; i++) {
		cores[i].world = &world;
		cores[i].index = i;
		cores[i].seed = 7 + i;
		assert_int_equal(pthread_create(&core_threads[i], NULL, core_main, &cores[i]), 0);
	}
	for (i = 0; i < CORES; i++)
		pthread_join(core_threads[i], NULL);
	atomic_store_explicit(&world.stop, true, memory_order_release);
	for (i = 0; i < EXECUTORS && !inline_execute; i++)
		pthread_join(executor_threads[i], NULL);
	for (i = 0; i < CORES; i++)
		assert_true(cores[i].answered > STEPS / 2);
	world.fixture.now_s = 2000;
	fixture_check(&world.fixture);
	assert_true(fixture_stat(&world.fixture, "evictions") > 0);
	print_message("evicted %u, for room %u, spilled %u, refused %u\n",
		      (unsigned int)fixture_stat(&world.fixture, "evictions"),
		      (unsigned int)fixture_stat(&world.fixture, "evicted_for_room"),
		      (unsigned int)fixture_stat(&world.fixture, "spilled"),
		      cores[0].refused + cores[1].refused);
	fixture_destroy(&world.fixture);
}

static void
test_executors_of_their_own(void **state)
{
	(void)state;
	stress(false);
}

static void
test_cores_that_share_shards(void **state)
{
	(void)state;
	stress(true);
}

static void
test_create_refuses(void **state)
{
	const struct tr_engine_config config = {
		.nb_cores = 1,
		.nb_executors = 1,
		.partitioned = true,
		.prepared_bytes = 16 << 20,
		.value_max = 1 << 20,
	};
	char error[256];

	(void)state;
	assert_string_equal(fixture_ops()->name, "dram");
	assert_null(fixture_ops()->create("memory=16M", &config, error, sizeof(error)));
	assert_non_null(strstr(error, "memory="));
	assert_null(fixture_ops()->create("size=16M", &config, error, sizeof(error)));
	assert_non_null(strstr(error, "'size=16M'"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_refuses),
		cmocka_unit_test(test_executors_of_their_own),
		cmocka_unit_test(test_cores_that_share_shards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

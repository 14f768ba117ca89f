/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ewouldblock_fixture.h"

#include <string.h>

static void
test_execute_now(void **state)
{
	uint32_t index;

	(void)state;
	fixture_open("answer=never,execute=now,inner=fake");
	fixture_pend(1);
	assert_int_equal(fake.executed, 1);
	assert_true(pthread_equal(fake.executor, pthread_self()));
	fixture_control("release", 0);
	fixture_expect(1, &index);
	assert_int_equal(fake.executed, 1);
}

static void
test_execute_late(void **state)
{
	uint32_t indexes[2];

	(void)state;
	fixture_open("sequence=pdp,answer=never,execute=late,inner=fake");
	assert_int_equal(fixture_execute(0, TR_ENGINE_GET), TR_ENGINE_PENDING);
	assert_int_equal(fake.executed, 0);
	/* What is not chosen does not wait for what is. */
	assert_int_equal(fixture_execute(1, TR_ENGINE_GET), TR_ENGINE_DONE);
	assert_true(pthread_equal(fake.executor, pthread_self()));
	assert_int_equal(fixture_execute(1, TR_ENGINE_GET), TR_ENGINE_PENDING);
	fixture_control("release", 0);
	fixture_expect(2, indexes);
	assert_int_equal(fake.executed, 3);
	assert_false(pthread_equal(fake.executor, pthread_self()));
}

static void
stop(const char *args)
{
	uint32_t indexes[5];

	fixture_open(args);
	fixture_pend(5);
	fixture.engine.ops->stop(fixture.engine.instance);
	/* It is there now; there is nothing to wait for. */
	assert_int_equal(fake.stopped, 1);
	assert_int_equal(fake.executed_at_stop, 5);
	fixture_expect(5, indexes);
	tr_engine_close(&fixture.engine);
	assert_int_equal(fake.stopped, 1);
	assert_int_equal(fake.released, 5);
	fake = (struct fake){0};
}

static void
test_stop_answers_all(void **state)
{
	(void)state;
	stop("answer=never,inner=fake");
	stop("answer=never,execute=late,inner=fake");
	stop("answer=late,execute=late," FIXTURE_LONG ",inner=fake");
	stop("answer=shuffled,window=4," FIXTURE_LONG ",inner=fake");
}

/* A server that could not be set up is destroyed as well. */
static void
test_destroy_without_stop(void **state)
{
	(void)state;
	fixture_open("answer=never,inner=fake");
	fixture_pend(2);
	tr_engine_close(&fixture.engine);
	assert_int_equal(fake.stopped, 0);
}

static void
test_what_the_inner_engine_answers_is_its_own(void **state)
{
	(void)state;
	fake.answers_itself = true;
	fixture_open("answer=late,delay_us=0,inner=fake");
	fixture_pend(2);
	fixture_expect_none();
	tr_engine_close(&fixture.engine);

	fixture_open("answer=late,delay_us=0,execute=late,inner=fake");
	fixture_pend(2);
	fixture_expect_none();
	fixture.engine.ops->stop(fixture.engine.instance);
	assert_int_equal(fake.executed, 4);
	fixture_expect_none();
}

static void
test_prepare_and_discard_are_the_inner_engines(void **state)
{
	struct tr_request request = {.op = TR_ENGINE_SET, .value_len = 5};

	(void)state;
	fixture_open("inner=fake");
	assert_int_equal(fixture.engine.ops->prepare(fixture.engine.instance, &request),
			 TR_ENGINE_TOO_LARGE);
	assert_int_equal(fake.prepared, 1);
	fixture.engine.ops->discard(fixture.engine.instance, &request);
	assert_int_equal(fake.discarded, 1);
}

static void
test_statistics_never_wait(void **state)
{
	struct tr_request group = {.op = TR_ENGINE_STAT, .key = "items", .key_len = 5};
	struct tr_response response = {0};

	(void)state;
	fixture_open("every=2,answer=never,inner=fake");
	assert_int_equal(fixture_stat("fake_items"), 7);
	assert_int_equal(fixture_stat("ewouldblock_made_pending"), 0);
	assert_int_equal(fixture_stat("ewouldblock_pending"), 0);
	/* Nor do they count: the second request is the second. */
	assert_int_equal(fixture_execute(0, TR_ENGINE_GET), TR_ENGINE_DONE);
	assert_int_equal(fixture_stat("fake_items"), 7);
	assert_int_equal(fixture_execute(1, TR_ENGINE_GET), TR_ENGINE_PENDING);
	/* A group is a request like others. */
	assert_int_equal(fixture_execute(2, TR_ENGINE_GET), TR_ENGINE_DONE);
	assert_int_equal(fixture.engine.ops->execute(fixture.engine.instance, &group, &response),
			 TR_ENGINE_PENDING);
	assert_int_equal(fixture_stat("ewouldblock_pending"), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_execute_now),
		FIXTURE_TEST(test_execute_late),
		FIXTURE_TEST(test_stop_answers_all),
		FIXTURE_TEST(test_destroy_without_stop),
		FIXTURE_TEST(test_what_the_inner_engine_answers_is_its_own),
		FIXTURE_TEST(test_prepare_and_discard_are_the_inner_engines),
		FIXTURE_TEST(test_statistics_never_wait),
	};

	return cmocka_run_group_tests(tests, fixture_group_setup, NULL);
}

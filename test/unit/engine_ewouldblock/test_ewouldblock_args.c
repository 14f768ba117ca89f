/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ewouldblock_fixture.h"

#include <string.h>

#include <rte_common.h>

static void
test_bad_arguments_are_named(void **state)
{
	static const struct {
		const char *args;
		const char *message;
	} bad[] = {
		{"often", "engine ewouldblock: unknown argument \"often\": takes every="},
		{"firstly", "unknown argument \"firstly\""},
		{",", "unknown argument \"\""},
		{"every", "unknown argument \"every\""},
		{"every=", "bad \"every=\": every takes a number from 1 to 4294967295"},
		{"every=0", "bad \"every=0\": every takes"},
		{"every=-1", "bad \"every=-1\""},
		{"every=3k", "bad \"every=3k\""},
		{"random=101", "bad \"random=101\": random takes a number from 0 to 100"},
		{"seed=0", "bad \"seed=0\": seed takes"},
		{"seed=99999999999999999999", "bad \"seed=99999999999999999999\""},
		{"every=2,random=5", "every=2 and random=5: one rule would do"},
		{"first,sequence=p", "first and sequence=p: one rule would do"},
		{"sequence=", "bad \"sequence=\": sequence takes 1 to 64 letters d (done) or p"},
		{"sequence=dpx", "bad \"sequence=dpx\""},
		{"sequence=dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddpp",
		 "sequence takes"},
		{"answer=soon", "bad \"answer=soon\": answer takes late, burst, shuffled or never"},
		{"answer=latex", "bad \"answer=latex\""},
		{"answer=", "bad \"answer=\""},
		{"delay_us=4294967296", "delay_us takes a number from 0 to 4294967295"},
		{"window=0", "window takes a number from 1 to 4096"},
		{"window=4097", "bad \"window=4097\""},
		{"execute=", "bad \"execute=\": execute takes now or late"},
		{"execute=later", "bad \"execute=later\""},
		{"inner=", "names no engine"},
		{"inner=nonesuch", "engine ewouldblock: no engine nonesuch; there are:"},
		{"inner=fake,every=3", "engine ewouldblock: engine fake: fake takes no every=3"},
		{"inner=null,value=x", "engine null: bad \"value=x\""},
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++)
		fixture_refuse(bad[i].args, bad[i].message);
}

static void
test_good_arguments(void **state)
{
	static const char *const good[] = {
		"inner=fake",
		"every=4294967295,inner=fake",
		"sequence=dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddp,inner="
		"fake",
		"first,answer=late,delay_us=0,window=4096,execute=now,seed=1,inner=fake",
		"random=0,answer=burst,seed=18446744073709551615,inner=fake",
		"execute=late,answer=shuffled,inner=fake",
		"inner=ewouldblock,inner=fake",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(good); i++) {
		fixture_open(good[i]);
		assert_ptr_equal(fake.config.submit, fixture.submit);
		tr_engine_close(&fixture.engine);
	}
}

/* What stands after inner= is the inner engine's, which is loaded and unloaded like any. */
static void
test_inner_engine_is_loaded_with_its_arguments(void **state)
{
	struct tr_request request = {.op = TR_ENGINE_GET};
	struct tr_response response = {0};

	(void)state;
	fixture_open("every=2,inner=null,value=7");
	assert_int_equal(fixture.engine.ops->execute(fixture.engine.instance, &request, &response),
			 TR_ENGINE_DONE);
	assert_int_equal(response.value_len, 7);
	tr_engine_close(&fixture.engine);

	fixture_open("every=2,inner=null,value=9");
	assert_int_equal(fixture.engine.ops->execute(fixture.engine.instance, &request, &response),
			 TR_ENGINE_DONE);
	assert_int_equal(response.value_len, 9);
}

static void
test_executors_are_told_truly(void **state)
{
	(void)state;
	fixture_open("inner=fake");
	assert_int_equal(fake.config.nb_executors, 3);
	assert_true(fake.config.partitioned);
	tr_engine_close(&fixture.engine);

	fixture_open("execute=late,inner=fake");
	assert_int_equal(fake.config.nb_executors, 4);
	assert_false(fake.config.partitioned);
	assert_int_equal(fake.config.requests_max, FIXTURE_CORES * FIXTURE_CREDITS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_bad_arguments_are_named),
		FIXTURE_TEST(test_good_arguments),
		FIXTURE_TEST(test_inner_engine_is_loaded_with_its_arguments),
		FIXTURE_TEST(test_executors_are_told_truly),
	};

	return cmocka_run_group_tests(tests, fixture_group_setup, NULL);
}

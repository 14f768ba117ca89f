/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ewouldblock_fixture.h"

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

/* What becomes of one request after the other: d for done, p for pending. */
static void
outcome(const char *args, const enum tr_engine_op *ops, unsigned int nb, char *letters)
{
	char spec[256];
	uint32_t index;
	unsigned int i;

	snprintf(spec, sizeof(spec), "%s,answer=late,delay_us=0,inner=fake", args);
	fixture_open(spec);
	for (i = 0; i < nb; i++) {
		letters[i] = 'd';
		if (fixture_execute(0, ops != NULL ? ops[i] : TR_ENGINE_GET) == TR_ENGINE_PENDING) {
			letters[i] = 'p';
			fixture_expect(1, &index);
		}
	}
	letters[nb] = '\0';
	assert_int_equal(fake.executed, nb);
	tr_engine_close(&fixture.engine);
	assert_int_equal(fake.released, nb);
	fake.executed = 0;
	fake.released = 0;
}

static void
test_every_and_sequence(void **state)
{
	static const struct {
		const char *args;
		const char *expected;
	} cases[] = {
		{"every=1", "pppppp"},
		{"every=3", "ddpddpdd"},
		{"sequence=d", "ddd"},
		{"sequence=p", "ppp"},
		{"sequence=ppd", "ppdppdppd"},
		{"sequence=ddddp", "ddddpd"},
		{"random=0", "dddddddd"},
		{"random=100", "pppppppp"},
		{"seed=3", "pppp"},
	};
	char letters[32];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		outcome(cases[i].args, NULL, strlen(cases[i].expected), letters);
		assert_string_equal(letters, cases[i].expected);
	}
}

static void
test_first_of_each_operation(void **state)
{
	static const enum tr_engine_op ops[] = {TR_ENGINE_GET,	  TR_ENGINE_GET, TR_ENGINE_SET,
						TR_ENGINE_GET,	  TR_ENGINE_SET, TR_ENGINE_DELETE,
						TR_ENGINE_DELETE, TR_ENGINE_OPS, TR_ENGINE_FLUSH};
	char letters[32];

	(void)state;
	outcome("first", ops, RTE_DIM(ops), letters);
	assert_string_equal(letters, "pdpddpddp");
}

static void
test_random_follows_its_seed(void **state)
{
	char first[201], again[201], other[201], none[1001];
	unsigned int pending = 0;
	unsigned int i;

	(void)state;
	outcome("random=30,seed=1", NULL, 200, first);
	outcome("seed=1,random=30", NULL, 200, again);
	outcome("random=30,seed=2", NULL, 200, other);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	for (i = 0; i < 200; i++)
		pending += first[i] == 'p';
	assert_in_range(pending, 40, 80);
	/* None is none, not one of a hundred. */
	outcome("random=0", NULL, 1000, none);
	assert_int_equal(strspn(none, "d"), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_every_and_sequence),
		FIXTURE_TEST(test_first_of_each_operation),
		FIXTURE_TEST(test_random_follows_its_seed),
	};

	return cmocka_run_group_tests(tests, fixture_group_setup, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "engine.h"

#define VALUE_MAX 1000

static const char *const directories[] = {TEST_ENGINE_DIR, NULL};

static struct tr_engine engine;

static void
open_null(const char *spec, unsigned int nb_cores, unsigned int nb_executors, bool partitioned)
{
	const struct tr_engine_config config = {
		.nb_cores = nb_cores,
		.nb_executors = nb_executors,
		.partitioned = partitioned,
		.value_max = VALUE_MAX,
		.prepared_bytes = nb_cores * VALUE_MAX,
		.directories = directories,
	};
	char error[256];

	if (tr_engine_open(spec, &config, &engine, error, sizeof(error)) != 0)
		fail_msg("%s", error);
}

static int
teardown(void **state)
{
	(void)state;
	tr_engine_close(&engine);
	return 0;
}

static struct tr_response
execute(enum tr_engine_op op, unsigned int core, uint32_t hash)
{
	struct tr_request request = {.op = op, .core = core, .hash = hash, .initial = 41};
	struct tr_response response = {.token = 9};

	assert_int_equal(engine.ops->execute(engine.instance, &request, &response), TR_ENGINE_DONE);
	assert_int_equal(response.token, 9);
	return response;
}

static void
test_get(void **state)
{
	static const struct {
		const char *spec;
		uint32_t len;
	} cases[] = {{"null", 32}, {"null,value=0", 0}, {"null,value=1048576", 1048576}};
	struct tr_response response;
	unsigned int i;
	uint32_t byte;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		open_null(cases[i].spec, 1, 1, true);
		response = execute(TR_ENGINE_GET, 0, 5);
		assert_int_equal(response.status, TR_ENGINE_OK);
		assert_int_equal(response.value_len, cases[i].len);
		assert_int_equal(response.has_number, 0);
		assert_int_equal(response.ttl_s, UINT32_MAX);
		assert_null(response.release);
		for (byte = 0; byte < cases[i].len; byte++)
			assert_int_equal(((const char *)response.value)[byte], 'a' + byte % 26);
		tr_engine_close(&engine);
	}
}

static void
test_arguments(void **state)
{
	static const char *const bad[] = {"null,value=",	"null,value=-1",
					  "null,value=1048577", "null,value=3k",
					  "null,value= 3",	"null,value=99999999999999999999",
					  "null,valu",		"null,value=1,,"};
	const struct tr_engine_config config = {
		.nb_cores = 1, .nb_executors = 1, .directories = directories};
	char error[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		assert_int_not_equal(tr_engine_open(bad[i], &config, &engine, error, sizeof(error)),
				     0);
		assert_non_null(strstr(error, "value"));
	}
}

static void
test_stores_are_prepared_and_forgotten(void **state)
{
	struct tr_request requests[4] = {
		{.op = TR_ENGINE_SET, .core = 0, .value_len = VALUE_MAX},
		{.op = TR_ENGINE_SET, .core = 1, .value_len = VALUE_MAX},
		{.op = TR_ENGINE_ADD, .core = 1, .value_len = 0},
		{.op = TR_ENGINE_SET, .core = 0, .value_len = VALUE_MAX + 1},
	};
	struct tr_response response = {0};
	unsigned int i;

	(void)state;
	open_null("null", 2, 2, false);
	for (i = 0; i < 3; i++) {
		assert_int_equal(engine.ops->prepare(engine.instance, &requests[i]), TR_ENGINE_OK);
		assert_non_null(requests[i].value);
		memset(requests[i].value, 'x', requests[i].value_len);
	}
	assert_int_equal(engine.ops->prepare(engine.instance, &requests[3]), TR_ENGINE_TOO_LARGE);
	/* Cores write to memory of their own. */
	assert_true(requests[0].value + VALUE_MAX <= requests[1].value ||
		    requests[1].value + VALUE_MAX <= requests[0].value);
	engine.ops->discard(engine.instance, &requests[2]);
	assert_int_equal(engine.ops->execute(engine.instance, &requests[0], &response),
			 TR_ENGINE_DONE);
	assert_int_equal(response.status, TR_ENGINE_OK);
	assert_int_equal(response.value_len, 0);
}

static void
test_arithmetic(void **state)
{
	struct tr_response response;

	(void)state;
	open_null("null", 1, 1, true);
	response = execute(TR_ENGINE_INCR, 0, 5);
	assert_int_equal(response.has_number, 1);
	assert_int_equal(response.number, 41);
	assert_int_equal(response.value_len, 0);
	response = execute(TR_ENGINE_OPS, 0, 5);
	assert_int_equal(response.status, TR_ENGINE_NOT_SUPPORTED);
}

/* The text of a name in the answer to STAT, as a number. */
static unsigned long
stat_value(const struct tr_response *response, const char *name)
{
	const char *text = response->value;
	const char *end = text + response->value_len;

	while (text < end) {
		const char *value = text + strlen(text) + 1;

		if (strcmp(text, name) == 0)
			return strtoul(value, NULL, 10);
		text = value + strlen(value) + 1;
	}
	assert_ptr_equal(text, end);
	fail_msg("no %s", name);
	return 0;
}

static void
test_stat_sums_executors(void **state)
{
	struct tr_response response;
	unsigned int i;

	(void)state;
	open_null("null", 1, 3, true);
	for (i = 0; i < 10; i++)
		execute(TR_ENGINE_GET, 0, i);
	execute(TR_ENGINE_TOUCH, 0, 1);
	response = execute(TR_ENGINE_STAT, 0, 0);
	assert_int_equal(response.status, TR_ENGINE_OK);
	assert_int_equal(stat_value(&response, "null_get"), 10);
	assert_int_equal(stat_value(&response, "null_touch"), 1);
	assert_int_equal(stat_value(&response, "null_stat"), 1);
	assert_int_equal(stat_value(&response, "null_set"), 0);
	response.release(response.release_arg);
	tr_engine_close(&engine);

	open_null("null", 3, 3, false);
	for (i = 0; i < 9; i++)
		execute(TR_ENGINE_SET, i % 3, 1);
	response = execute(TR_ENGINE_STAT, 2, 0);
	assert_int_equal(stat_value(&response, "null_set"), 9);
	response.release(response.release_arg);
	tr_engine_close(&engine);

	/* Fewer executors than cores: one engine thread, and one of an engine around this one. */
	open_null("null", 3, 2, false);
	for (i = 0; i < 9; i++)
		execute(TR_ENGINE_SET, i % 3, 1);
	response = execute(TR_ENGINE_STAT, 2, 0);
	assert_int_equal(stat_value(&response, "null_set"), 9);
	response.release(response.release_arg);
}

static void
test_stat_is_bounded(void **state)
{
	struct tr_response responses[17];
	struct tr_response again;
	unsigned int i;

	(void)state;
	open_null("null", 1, 1, true);
	for (i = 0; i < RTE_DIM(responses); i++)
		responses[i] = execute(TR_ENGINE_STAT, 0, 0);
	assert_int_equal(responses[15].status, TR_ENGINE_OK);
	assert_int_equal(responses[16].status, TR_ENGINE_BUSY);
	assert_null(responses[16].release);
	assert_int_equal(stat_value(&responses[3], "null_stat"), 4);
	responses[7].release(responses[7].release_arg);
	again = execute(TR_ENGINE_STAT, 0, 0);
	assert_int_equal(again.status, TR_ENGINE_OK);
	assert_ptr_equal(again.value, responses[7].value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_get, teardown),
		cmocka_unit_test_teardown(test_arguments, teardown),
		cmocka_unit_test_teardown(test_stores_are_prepared_and_forgotten, teardown),
		cmocka_unit_test_teardown(test_arithmetic, teardown),
		cmocka_unit_test_teardown(test_stat_sums_executors, teardown),
		cmocka_unit_test_teardown(test_stat_is_bounded, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

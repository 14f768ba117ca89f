/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "engine.h"

static void *
fake_create(const char *args, const struct tr_engine_config *config, char *error, size_t error_size)
{
	(void)args;
	(void)config;
	(void)error;
	(void)error_size;
	return NULL;
}

static void
fake_destroy(void *engine)
{
	(void)engine;
}

static enum tr_engine_status
fake_prepare(void *engine, struct tr_request *request)
{
	(void)engine;
	(void)request;
	return TR_ENGINE_NO_MEMORY;
}

static void
fake_discard(void *engine, struct tr_request *request)
{
	(void)engine;
	(void)request;
}

static enum tr_engine_verdict
fake_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	(void)engine;
	(void)request;
	(void)response;
	return TR_ENGINE_DONE;
}

#define FAKE(engine_name)                                                                          \
	{                                                                                          \
		.name = (engine_name), .args_help = "", .create = fake_create,                     \
		.destroy = fake_destroy, .prepare = fake_prepare, .discard = fake_discard,         \
		.execute = fake_execute                                                            \
	}

static const struct tr_engine_ops by_constructor = FAKE("constructor");
static const struct tr_engine_ops one = FAKE("one");
static const struct tr_engine_ops two = FAKE("two");
static const struct tr_engine_ops also_two = FAKE("two");

TR_ENGINE_REGISTER(by_constructor)

static void
list_visit(const struct tr_engine_ops *ops, void *arg)
{
	char *list = arg;

	strcat(list, ops->name);
	strcat(list, " ");
}

static void
check_list(const char *expected)
{
	char list[4096] = "";

	engine_walk(list_visit, list);
	assert_string_equal(list, expected);
}

static void
test_constructor_registers(void **state)
{
	(void)state;
	assert_ptr_equal(engine_find("constructor"), &by_constructor);
	check_list("constructor ");
}

static void
test_register_and_unregister(void **state)
{
	(void)state;
	assert_int_equal(tr_engine_register(&one), 0);
	assert_int_equal(tr_engine_register(&two), 0);
	check_list("constructor one two ");
	assert_ptr_equal(engine_find("two"), &two);
	assert_null(engine_find("three"));
	assert_int_equal(tr_engine_register(&two), -EEXIST);
	assert_int_equal(tr_engine_register(&also_two), -EEXIST);
	/* What was refused takes nothing with it. */
	tr_engine_unregister(&also_two);
	check_list("constructor one two ");
	tr_engine_unregister(&one);
	check_list("constructor two ");
	tr_engine_unregister(&two);
	check_list("constructor ");
}

static void
test_incomplete_table_is_refused(void **state)
{
	struct tr_engine_ops ops[] = {FAKE("x"), FAKE("x"), FAKE("x"), FAKE("x"),
				      FAKE("x"), FAKE(""),  FAKE(NULL)};
	unsigned int i;

	(void)state;
	ops[0].create = NULL;
	ops[1].destroy = NULL;
	ops[2].prepare = NULL;
	ops[3].discard = NULL;
	ops[4].execute = NULL;
	for (i = 0; i < RTE_DIM(ops); i++)
		assert_int_equal(tr_engine_register(&ops[i]), -EINVAL);
	check_list("constructor ");
}

static void
test_registry_is_bounded(void **state)
{
	static struct tr_engine_ops many[64];
	static char names[64][8];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(many); i++) {
		many[i] = one;
		snprintf(names[i], sizeof(names[i]), "many%u", i);
		many[i].name = names[i];
		assert_int_equal(tr_engine_register(&many[i]), i < 63 ? 0 : -ENOSPC);
	}
	for (i = 0; i < RTE_DIM(many); i++)
		tr_engine_unregister(&many[i]);
	check_list("constructor ");
}

static void
test_every_status_has_a_name(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < TR_ENGINE_STATUSES; i++)
		assert_non_null(engine_status_name(i));
	assert_string_equal(engine_status_name(TR_ENGINE_OK), "ok");
	assert_string_equal(engine_status_name(TR_ENGINE_NOT_FOUND), "not_found");
	assert_string_equal(engine_status_name(TR_ENGINE_BUSY), "busy");
	assert_string_equal(engine_status_name(TR_ENGINE_STATUSES), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constructor_registers),
		cmocka_unit_test(test_register_and_unregister),
		cmocka_unit_test(test_incomplete_table_is_refused),
		cmocka_unit_test(test_registry_is_bounded),
		cmocka_unit_test(test_every_status_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

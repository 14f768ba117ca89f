/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine.h"

#define NULL_PATH TEST_ENGINE_DIR "/engine_null.so"

static const char *const directories[] = {"/nowhere", TEST_ENGINE_DIR, NULL};
static const struct tr_engine_config config = {
	.nb_cores = 2,
	.nb_executors = 2,
	.value_max = 1000,
	.prepared_bytes = 4000,
	.directories = directories,
};

static char error[512];

static int
open_spec(const char *spec, struct tr_engine *engine)
{
	memset(error, 'X', sizeof(error));
	return tr_engine_open(spec, &config, engine, error, sizeof(error));
}

static void
check_error(const char *spec, int rc, const char *part)
{
	struct tr_engine engine;

	assert_int_equal(open_spec(spec, &engine), rc);
	assert_null(engine.ops);
	assert_null(engine.instance);
	assert_null(engine.library);
	assert_null(strchr(error, '\n'));
	if (strstr(error, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, error);
	assert_null(engine_find("null"));
}

static void
test_by_name(void **state)
{
	struct tr_engine engine;

	(void)state;
	assert_int_equal(open_spec("null", &engine), 0);
	assert_string_equal(error, "");
	assert_string_equal(engine.ops->name, "null");
	assert_non_null(engine.instance);
	assert_ptr_equal(engine_find("null"), engine.ops);
	tr_engine_close(&engine);
	assert_null(engine.ops);
	/* Unloaded, and out of the registry. */
	assert_null(engine_find("null"));
	assert_null(dlopen(NULL_PATH, RTLD_NOW | RTLD_NOLOAD));
	tr_engine_close(&engine);
}

static void
test_by_path(void **state)
{
	struct tr_engine engine;
	char cwd[1024];

	(void)state;
	assert_int_equal(open_spec(NULL_PATH ",value=7", &engine), 0);
	assert_string_equal(engine.ops->name, "null");
	tr_engine_close(&engine);

	/* A bare file name is a file of this folder. */
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(TEST_ENGINE_DIR), 0);
	assert_int_equal(open_spec("engine_null.so", &engine), 0);
	tr_engine_close(&engine);
	assert_int_equal(chdir(cwd), 0);
}

static void
test_twice_at_once(void **state)
{
	struct tr_engine by_path;
	struct tr_engine by_path_again;
	struct tr_engine by_name;

	(void)state;
	assert_int_equal(open_spec(NULL_PATH, &by_path), 0);
	assert_int_equal(open_spec(NULL_PATH, &by_path_again), 0);
	assert_int_equal(open_spec("null", &by_name), 0);
	assert_ptr_equal(by_path.ops, by_path_again.ops);
	assert_ptr_equal(by_path.ops, by_name.ops);
	assert_ptr_not_equal(by_path.instance, by_name.instance);
	tr_engine_close(&by_path);
	tr_engine_close(&by_path_again);
	/* The last one keeps the object. */
	assert_ptr_equal(engine_find("null"), by_name.ops);
	assert_string_equal(by_name.ops->name, "null");
	tr_engine_close(&by_name);
	assert_null(engine_find("null"));
}

static void
test_errors(void **state)
{
	Dl_info cmocka;

	(void)state;
	check_error("", -EINVAL, "NAME or PATH.so");
	check_error(",value=1", -EINVAL, "NAME or PATH.so");
	check_error("nonesuch", -ENOENT, "no engine nonesuch; there are:");
	check_error("nonesuch", -ENOENT, " null");
	check_error("nonesuch", -ENOENT,
		    "(looked for engine_nonesuch.so in /nowhere " TEST_ENGINE_DIR ")");
	check_error("/nowhere/engine_null.so", -ENOENT, "/nowhere/engine_null.so: No such file");
	check_error("/etc/passwd", -EINVAL, "cannot load the engine: /etc/passwd");
	assert_int_not_equal(dladdr((void *)(uintptr_t)_cmocka_run_group_tests, &cmocka), 0);
	check_error(cmocka.dli_fname, -EINVAL, "registers no engine");
	check_error("null,size=3", -EINVAL, "engine null: unknown argument \"size=3\"");
	check_error("null,value=1,value=x", -EINVAL, "engine null: bad \"value=x\"");
}

static void
test_no_directories(void **state)
{
	const struct tr_engine_config nowhere = {.nb_cores = 1, .nb_executors = 1};
	struct tr_engine engine;

	(void)state;
	assert_int_equal(tr_engine_open("null", &nowhere, &engine, error, sizeof(error)), -ENOENT);
	assert_string_equal(error,
			    "no engine null; there are: (looked for engine_null.so in no folder)");
}

static void
test_error_is_cut(void **state)
{
	struct tr_engine engine;
	size_t size;

	(void)state;
	for (size = 0; size < 60; size++) {
		memset(error, 'X', sizeof(error));
		assert_int_equal(tr_engine_open("nonesuch", &config, &engine, error, size),
				 -ENOENT);
		assert_int_equal(error[size], 'X');
		assert_true(size == 0 || strlen(error) == size - 1);
		assert_int_equal(tr_engine_open("null,x=1", &config, &engine, error, size),
				 -EINVAL);
		assert_int_equal(error[size], 'X');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_name),	       cmocka_unit_test(test_by_path),
		cmocka_unit_test(test_twice_at_once),  cmocka_unit_test(test_errors),
		cmocka_unit_test(test_no_directories), cmocka_unit_test(test_error_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

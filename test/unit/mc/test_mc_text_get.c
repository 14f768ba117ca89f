/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "mc_test_host.h"

#define K50 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define K250 K50 K50 K50 K50 K50
#define BAD "CLIENT_ERROR bad command line format\r\n"
#define BAD_EXPTIME "CLIENT_ERROR invalid exptime argument\r\n"
#define SET_A "set a 0 0 1 noreply\r\n1\r\n"
#define VALUE_A "VALUE a 0 1\r\n1\r\n"

/* Each answer is what memcached 1.6.18 answers. */
static const struct {
	const char *in;
	const char *out;
} exchanges[] = {
	{"get\r\nget \r\ngets\r\ngat\r\ngats\r\n", "ERROR\r\nERROR\r\nERROR\r\nERROR\r\nERROR\r\n"},
	{"get a\r\nget a b c\r\n", "END\r\nEND\r\n"},
	{SET_A "get a\r\nget a\n", VALUE_A "END\r\n" VALUE_A "END\r\n"},
	{SET_A "  get  b  a   a  \r\n", VALUE_A VALUE_A "END\r\n"},
	{SET_A "gets a b\r\n", "VALUE a 0 1 1\r\n1\r\nEND\r\n"},
	{SET_A "get a\r\r\nget a\tb\r\n", "END\r\nEND\r\n"},
	{SET_A "get noreply a\r\n", VALUE_A "END\r\n"},
	{"get " K250 "\r\n", "END\r\n"},
	{"get " K250 "k\r\n", BAD},
	{SET_A "get a " K250 "k b\r\nget a\r\n", BAD VALUE_A "END\r\n"},
	{"gat 0\r\ngats 0\r\n", "END\r\nEND\r\n"},
	{SET_A "gat 0 a b\r\ngats 0 a\r\n", VALUE_A "END\r\nVALUE a 0 1 1\r\n1\r\nEND\r\n"},
	{SET_A "gat -1 a\r\nget a\r\n", VALUE_A "END\r\nEND\r\n"},
	{SET_A "gat  0  a \r\n", VALUE_A "END\r\n"},
	{"gat a\r\ngat x a\r\ngat x\r\n", BAD_EXPTIME BAD_EXPTIME BAD_EXPTIME},
	{"gat 0 a " K250 "k\r\n", BAD},
};

static void
expect_all(const struct mc_test_options *options)
{
	size_t i;

	for (i = 0; i < RTE_DIM(exchanges); i++)
		mc_test_expect(options, exchanges[i].in, strlen(exchanges[i].in), exchanges[i].out,
			       strlen(exchanges[i].out));
}

static void
test_exchanges(void **state)
{
	(void)state;
	expect_all(NULL);
}

/* An error takes the place of END, of one key or the last of several; what comes next is whole. */
static void
test_errors_end_the_answer(void **state)
{
	const struct mc_test_options options = {.engine_fails = TR_ENGINE_BUSY};
	static const char in[] = "get a\r\nget a b\r\nget a \r\nget b\r\n";
	static const char busy[] = "SERVER_ERROR temporary failure\r\n";
	char out[4 * sizeof(busy)] = "";
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		strcat(out, busy);
	mc_test_expect(&options, in, strlen(in), out, strlen(out));
}

static void
test_exchanges_unkind(void **state)
{
	const struct mc_test_options options = {
		.credits = 1,
		.late_percent = 50,
		.again_percent = 50,
		.starved_percent = 50,
		.chunk = 1,
		.seed = 3,
	};

	(void)state;
	expect_all(&options);
}

static void
test_exchanges_by_reference(void **state)
{
	const struct mc_test_options options = {
		.by_reference = true, .late_percent = 30, .starved_percent = 30, .seed = 4};

	(void)state;
	expect_all(&options);
}

static void
test_large_value_by_reference(void **state)
{
	static const struct mc_test_options options = {.by_reference = true};
	static const char set[] = "set a 5 0 300000 noreply\r\n";
	static const char get[] = "get a\r\ngets b a a\r\n";
	static const char value[] = "VALUE a 5 300000\r\n";
	static const char value_cas[] = "VALUE a 5 300000 1\r\n";
	static char bytes[300000 + 2];
	struct mc_test *test = mc_test_create(&options);
	const char *const heads[] = {value, value_cas, value_cas};
	const uint8_t *out;
	size_t len, i;

	(void)state;
	for (i = 0; i < sizeof(bytes) - 2; i++)
		bytes[i] = i * 7 + i / 251;
	memcpy(bytes + i, "\r\n", 2);
	mc_test_send(test, set, strlen(set));
	mc_test_send(test, bytes, sizeof(bytes));
	mc_test_send(test, get, strlen(get));
	out = mc_test_take(test, &len);
	for (i = 0; i < RTE_DIM(heads); i++) {
		assert_memory_equal(out, heads[i], strlen(heads[i]));
		out += strlen(heads[i]);
		assert_memory_equal(out, bytes, sizeof(bytes));
		out += sizeof(bytes);
		if (i == 1)
			continue;
		assert_memory_equal(out, "END\r\n", 5);
		out += 5;
	}
	assert_int_equal(mc_test_referenced(test), RTE_DIM(heads));
	assert_int_equal(mc_test_counter(test, "get_hits"), 3);
	mc_test_destroy(test);
}

/* A line of many spans, whose keys are longest keys; also where it arrives in pieces. */
static void
test_long_line(void **state)
{
	static const char *const verbs[] = {SET_A "get", SET_A "gat 0"};
	struct mc_test_options options = {.credits = 3, .late_percent = 30, .seed = 4};
	static char in[20000], out[4000];
	size_t in_len, out_len, chunk, i, verb;

	(void)state;
	for (verb = 0; verb < RTE_DIM(verbs); verb++) {
		in_len = snprintf(in, sizeof(in), "%s", verbs[verb]);
		out_len = 0;
		for (i = 0; i < 60; i++) {
			in_len += snprintf(in + in_len, sizeof(in) - in_len, " " K250 " a");
			out_len += snprintf(out + out_len, sizeof(out) - out_len, VALUE_A);
		}
		in_len += snprintf(in + in_len, sizeof(in) - in_len, "\r\nget a\r\n");
		out_len +=
			snprintf(out + out_len, sizeof(out) - out_len, "END\r\n" VALUE_A "END\r\n");
		for (chunk = 0; chunk < 6000; chunk = 3 * chunk + 61) {
			options.chunk = chunk;
			mc_test_expect(&options, in, in_len, out, out_len);
		}
	}
}

/* Answered as far as it goes, then the error in place of END. */
static void
test_long_line_bad_key(void **state)
{
	static char in[8000];
	static const char out[] = VALUE_A BAD VALUE_A "END\r\n";
	struct mc_test_options options = {.seed = 5};
	size_t len, chunk;

	(void)state;
	len = snprintf(in, sizeof(in), SET_A "get a ");
	memset(in + len, 'k', 7000);
	len += 7000;
	len += snprintf(in + len, sizeof(in) - len, " a\r\nget a\r\n");
	for (chunk = 0; chunk < 6000; chunk = 3 * chunk + 61) {
		options.chunk = chunk;
		mc_test_expect(&options, in, len, out, strlen(out));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_errors_end_the_answer),
		cmocka_unit_test(test_exchanges_unkind),
		cmocka_unit_test(test_exchanges_by_reference),
		cmocka_unit_test(test_large_value_by_reference),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_long_line_bad_key),
	};

	return cmocka_run_group_tests_name("mc_text_get", tests, mc_test_group_setup,
					   mc_test_group_teardown);
}

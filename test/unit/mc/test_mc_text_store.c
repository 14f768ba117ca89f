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
#define BAD_CHUNK "CLIENT_ERROR bad data chunk\r\n"
#define TOO_LARGE "SERVER_ERROR object too large for cache\r\n"
#define SET_A "set a 0 0 1\r\n1\r\n"
#define ITEM_A "VALUE a 0 1\r\n1\r\nEND\r\n"

/* Each answer is what memcached 1.6.18 answers, with values of at most 100 bytes. */
static const struct {
	const char *in;
	const char *out;
} exchanges[] = {
	/* the line */
	{"set\r\nset a\r\nset a 0 0\r\ncas a 0 0 1\r\ncas a 1 2 3 4 5 6 7\r\nreplace\r\n",
	 "ERROR\r\nERROR\r\nERROR\r\nERROR\r\nERROR\r\nERROR\r\n"},
	{"set a x 0 1\r\n1\r\n", BAD "ERROR\r\n"},
	{"set a -1 0 1\r\n1\r\n", BAD "ERROR\r\n"},
	{"set a 0x1 0 1\r\n1\r\n", BAD "ERROR\r\n"},
	{"set a 0 x 1\r\n1\r\n", BAD "ERROR\r\n"},
	{"set a 0 1x 1\r\n1\r\n", BAD "ERROR\r\n"},
	{"set a 0 0 x\r\n", BAD},
	{"set a 0 0 1x\r\n", BAD},
	{"set a 0 0 -1\r\nabc\r\n", BAD "ERROR\r\n"},
	{"set a 0 0 2147483646\r\n1\r\n", BAD "ERROR\r\n"},
	{"set a 0 0 99999999999999999999\r\n", BAD},
	{"set a 0 0 x noreply\r\nset a 0 0 noreply\r\n", ""},
	{"set a 0 0 1 noreply x\r\n1\r\n", "ERROR\r\nERROR\r\n"},
	{"set " K250 " 0 0 1\r\n1\r\n", "STORED\r\n"},
	{"set " K250 "k 0 0 1\r\n1\r\n", BAD "ERROR\r\n"},
	{"set a +4294967295 +0 +1\r\n1\r\nget a\r\n",
	 "STORED\r\nVALUE a 4294967295 1\r\n1\r\nEND\r\n"},
	{"set   a  0 0  01  \n1\r\nget a\r\n", "STORED\r\n" ITEM_A},
	/* expiry */
	{"set a 0 -1 1\r\n1\r\nget a\r\n", "STORED\r\nEND\r\n"},
	{"set a 0 1 1\r\n1\r\nget a\r\n", "STORED\r\n" ITEM_A},
	{"set a 0 1700000000 1\r\n1\r\nget a\r\n", "STORED\r\nEND\r\n"},
	{"set a 0 1700000001 1\r\n1\r\nget a\r\n", "STORED\r\n" ITEM_A},
	{"set a 0 9223372036854775807 1\r\n1\r\nget a\r\n", "STORED\r\n" ITEM_A},
	/* the value */
	{"set a 5 0 0\r\n\r\nget a\r\n", "STORED\r\nVALUE a 5 0\r\n\r\nEND\r\n"},
	{"set a 0 0 2\r\n\r\n\r\nget a\r\n", "STORED\r\nVALUE a 0 2\r\n\r\n\r\nEND\r\n"},
	{"set a 0 0 1 x\r\n1\r\n", "STORED\r\n"},
	{SET_A "set a 0 0 1\r\n12\r\nget a\r\n", "STORED\r\n" BAD_CHUNK "ERROR\r\n" ITEM_A},
	{"set a 0 0 1\r\n12345\r\n\r\nget a\r\n", BAD_CHUNK "ERROR\r\nERROR\r\nEND\r\n"},
	{"set a 0 0 3\r\nabcd\nversion\r\n", BAD_CHUNK "VERSION " MC_TEST_VERSION "\r\n"},
	{"set a 0 0 3\r\nab\r\nversion\r\n", BAD_CHUNK "ERROR\r\n"},
	{"set a 0 0 1 noreply\r\n123\nget a\r\n", "ERROR\r\nEND\r\n"},
	/* too large: skipped, and an old value is not served for the new one */
	{SET_A "set a 0 0 101\r\n" K50 K50 "k\r\nget a\r\n", "STORED\r\n" TOO_LARGE "END\r\n"},
	{SET_A "add a 0 0 101\r\n" K50 K50 "k\r\nget a\r\n", "STORED\r\n" TOO_LARGE ITEM_A},
	{SET_A "set a 0 0 101 noreply\r\n" K50 K50 "kzzget a\r\n", "STORED\r\nEND\r\n"},
	{"set a 0 0 2147483645\r\n1\r\n", TOO_LARGE},
	/* the commands */
	{SET_A "get a\r\n", "STORED\r\n" ITEM_A},
	{"set a 0 0 1 noreply\r\n1\r\nget a\r\n", ITEM_A},
	{"add a 0 0 1\r\n1\r\nadd a 0 0 1\r\n2\r\nget a\r\n", "STORED\r\nNOT_STORED\r\n" ITEM_A},
	{"replace a 0 0 1\r\n1\r\n" SET_A "replace a 7 0 1\r\n2\r\nget a\r\n",
	 "NOT_STORED\r\nSTORED\r\nSTORED\r\nVALUE a 7 1\r\n2\r\nEND\r\n"},
	{"append a 0 0 1\r\n2\r\n" SET_A
	 "append a 0 0 2\r\n23\r\nprepend a 0 0 1\r\n0\r\nget a\r\n",
	 "NOT_STORED\r\nSTORED\r\nSTORED\r\nSTORED\r\nVALUE a 0 4\r\n0123\r\nEND\r\n"},
	{"cas a 0 0 1 1\r\n1\r\ncas a 0 0 1 0\r\n1\r\n", "NOT_FOUND\r\nNOT_FOUND\r\n"},
	{SET_A "cas a 0 0 1 2\r\n2\r\ncas a 0 0 1 0\r\n2\r\ncas a 0 0 1 1\r\n3\r\ngets a\r\n",
	 "STORED\r\nEXISTS\r\nEXISTS\r\nSTORED\r\nVALUE a 0 1 2\r\n3\r\nEND\r\n"},
	{SET_A "cas a 0 0 1 1 noreply\r\n3\r\ngets a\r\n",
	 "STORED\r\nVALUE a 0 1 2\r\n3\r\nEND\r\n"},
	{"cas a 0 0 1 x\r\n1\r\n", BAD "ERROR\r\n"},
	{"cas a 0 0 1 -1\r\n1\r\n", BAD "ERROR\r\n"},
	{"cas a 0 0 1 18446744073709551616\r\n1\r\n", BAD "ERROR\r\n"},
	{"cas a 0 0 1 noreply\r\n1\r\n", "ERROR\r\n"},
};

static void
expect_all(struct mc_test_options *options)
{
	size_t i;

	options->value_max = 100;
	for (i = 0; i < RTE_DIM(exchanges); i++)
		mc_test_expect(options, exchanges[i].in, strlen(exchanges[i].in), exchanges[i].out,
			       strlen(exchanges[i].out));
}

static void
test_exchanges(void **state)
{
	struct mc_test_options options = {0};

	(void)state;
	expect_all(&options);
}

static void
test_exchanges_unkind(void **state)
{
	struct mc_test_options options = {
		.credits = 1,
		.late_percent = 50,
		.again_percent = 50,
		.starved_percent = 50,
		.chunk = 1,
		.seed = 2,
	};

	(void)state;
	expect_all(&options);
}

/* What the engine refuses is skipped as what the protocol refuses. */
static void
test_engine_refuses(void **state)
{
	static const char in[] = SET_A "set a 0 0 4\r\nabcd\r\nget a\r\n";
	static const char out[] = "STORED\r\n" TOO_LARGE "END\r\n";
	static const char in_full[] =
		"add a 0 0 4\r\nabcd\r\nadd a 0 0 1 noreply\r\nx\r\nget a\r\n";
	static const char out_full[] = "SERVER_ERROR out of memory storing object\r\nEND\r\n";
	struct mc_test_options options = {.engine_value_max = 3, .again_percent = 50};

	(void)state;
	mc_test_expect(&options, in, strlen(in), out, strlen(out));
	options = (struct mc_test_options){.prepare_fails = TR_ENGINE_NO_MEMORY};
	mc_test_expect(&options, in_full, strlen(in_full), out_full, strlen(out_full));
}

/* The connection goes while a value arrives: nothing stays behind. */
static void
test_closed_within_value(void **state)
{
	static const char in[] = "set a 0 0 9\r\n1234";
	size_t len;

	(void)state;
	for (len = 1; len <= strlen(in); len++)
		mc_test_expect(NULL, in, len, "", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_exchanges_unkind),
		cmocka_unit_test(test_engine_refuses),
		cmocka_unit_test(test_closed_within_value),
	};

	return cmocka_run_group_tests_name("mc_text_store", tests, mc_test_group_setup,
					   mc_test_group_teardown);
}

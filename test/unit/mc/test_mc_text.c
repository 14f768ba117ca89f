/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "mc_test_host.h"

#define SET_A "set a 0 0 1\r\n1\r\n"
#define ITEM_A "VALUE a 0 1\r\n1\r\nEND\r\n"
#define K50 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define K250 K50 K50 K50 K50 K50
#define K251 K250 "k"
#define BAD "CLIENT_ERROR bad command line format\r\n"
#define BAD_DELETE "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n"
#define BAD_EXPTIME "CLIENT_ERROR invalid exptime argument\r\n"
#define BAD_DELTA "CLIENT_ERROR invalid numeric delta argument\r\n"
#define NOT_NUMERIC "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"

/* Each answer is what memcached 1.6.18 answers. */
static const struct {
	const char *in;
	const char *out;
} exchanges[] = {
	/* lines */
	{"\r\n", "ERROR\r\n"},
	{"\n", "ERROR\r\n"},
	{" \r\n", "ERROR\r\n"},
	{"foo\r\n", "ERROR\r\n"},
	{"GET a\r\n", "ERROR\r\n"},
	{"ge\r\n", "ERROR\r\n"},
	{"getsx\r\n", "ERROR\r\n"},
	{"version\n", "VERSION " MC_TEST_VERSION "\r\n"},
	{"version\r\r\n", "ERROR\r\n"},
	{"  version  x  \r\n", "VERSION " MC_TEST_VERSION "\r\n"},
	/* delete */
	{"delete\r\n", "ERROR\r\n"},
	{SET_A "delete a\r\ndelete a\r\nget a\r\n", "STORED\r\nDELETED\r\nNOT_FOUND\r\nEND\r\n"},
	{"delete a 0\r\n", "NOT_FOUND\r\n"},
	{"delete a 1\r\n", BAD_DELETE},
	{"delete a x\r\n", BAD_DELETE},
	{"delete a 0 x\r\n", BAD_DELETE},
	{"delete a noreply x\r\n", BAD_DELETE},
	{"delete a x noreply\r\n", ""},
	{"delete a b c d\r\n", "ERROR\r\n"},
	{"delete noreply\r\n", "NOT_FOUND\r\n"},
	{SET_A "delete a noreply\r\nget a\r\n", "STORED\r\nEND\r\n"},
	{SET_A "delete a 0 noreply\r\nget a\r\n", "STORED\r\nEND\r\n"},
	{"delete " K250 "\r\n", "NOT_FOUND\r\n"},
	{"delete " K251 "\r\n", BAD},
	/* incr, decr */
	{"incr\r\nincr a\r\nincr a \r\nincr a 1 2 3\r\ndecr a\r\n",
	 "ERROR\r\nERROR\r\nERROR\r\nERROR\r\nERROR\r\n"},
	{"incr a 1\r\ndecr a 1\r\n", "NOT_FOUND\r\nNOT_FOUND\r\n"},
	{SET_A "incr a 4\r\nincr a 1 x\r\ndecr a 2\r\ndecr a 9\r\n",
	 "STORED\r\n5\r\n6\r\n4\r\n0\r\n"},
	{SET_A "incr a 18446744073709551615\r\n", "STORED\r\n0\r\n"},
	{SET_A "incr a +1\r\n", "STORED\r\n2\r\n"},
	{SET_A "incr a 1 noreply\r\nget a\r\n", "STORED\r\nVALUE a 0 1\r\n2\r\nEND\r\n"},
	{"incr a x\r\nincr a -1\r\nincr a 1x\r\nincr a 18446744073709551616\r\nincr a +\r\n",
	 BAD_DELTA BAD_DELTA BAD_DELTA BAD_DELTA BAD_DELTA},
	{"incr a noreply\r\nincr a x noreply\r\n", ""},
	{"set b 0 0 1\r\nx\r\nincr b 1\r\ndecr b 1\r\n", "STORED\r\n" NOT_NUMERIC NOT_NUMERIC},
	{"incr " K251 " 1\r\n", BAD},
	/* touch */
	{"touch\r\ntouch a\r\ntouch a 0 noreply x\r\n", "ERROR\r\nERROR\r\nERROR\r\n"},
	{SET_A "touch a 0\r\ntouch b 0\r\ntouch a 0 x\r\n",
	 "STORED\r\nTOUCHED\r\nNOT_FOUND\r\nTOUCHED\r\n"},
	{"touch a x\r\n", BAD_EXPTIME},
	{SET_A "touch a 0 noreply\r\ntouch a noreply\r\n", "STORED\r\n"},
	{SET_A "touch a -1\r\nget a\r\n", "STORED\r\nTOUCHED\r\nEND\r\n"},
	{"touch " K251 " 0\r\n", BAD},
	/* flush_all */
	{SET_A "flush_all\r\nget a\r\n", "STORED\r\nOK\r\nEND\r\n"},
	{SET_A "flush_all 0\r\nget a\r\n", "STORED\r\nOK\r\nEND\r\n"},
	{SET_A "flush_all -1\r\nget a\r\n", "STORED\r\nOK\r\nEND\r\n"},
	{SET_A "flush_all 10\r\nget a\r\n", "STORED\r\nOK\r\n" ITEM_A},
	{SET_A "flush_all noreply\r\nget a\r\n", "STORED\r\nEND\r\n"},
	{SET_A "flush_all 0 noreply\r\nget a\r\n", "STORED\r\nEND\r\n"},
	{"flush_all x\r\nflush_all 0 x\r\nflush_all 0 1 2\r\n", BAD_EXPTIME "OK\r\nERROR\r\n"},
	{"flush_all x noreply\r\n", ""},
	/* verbosity */
	{"verbosity\r\nverbosity 0\r\nverbosity 0 1\r\nverbosity 0 0 0\r\nverbosity x\r\n",
	 "ERROR\r\nOK\r\nOK\r\nERROR\r\n" BAD},
	{"verbosity 0 noreply\r\nverbosity noreply\r\nverbosity x noreply\r\n", ""},
};

static void
test_exchanges(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(exchanges); i++)
		mc_test_expect(NULL, exchanges[i].in, strlen(exchanges[i].in), exchanges[i].out,
			       strlen(exchanges[i].out));
}

/* Every answer, with the bytes arriving one at a time and one credit. */
static void
test_exchanges_unkind(void **state)
{
	struct mc_test_options options = {
		.credits = 1,
		.late_percent = 50,
		.again_percent = 50,
		.starved_percent = 50,
		.chunk = 1,
		.seed = 1,
	};
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(exchanges); i++)
		mc_test_expect(&options, exchanges[i].in, strlen(exchanges[i].in), exchanges[i].out,
			       strlen(exchanges[i].out));
}

static void
expect_close(const char *in, size_t len, const char *out)
{
	struct mc_test *test = mc_test_create(NULL);
	const uint8_t *got;
	size_t got_len;

	mc_test_send(test, in, len);
	assert_true(mc_test_closing(test));
	got = mc_test_take(test, &got_len);
	assert_int_equal(got_len, strlen(out));
	if (got_len != 0)
		assert_memory_equal(got, out, got_len);
	mc_test_destroy(test);
}

static void
test_quit(void **state)
{
	static const char in[] = "version\r\nquit\r\nversion\r\n";
	static const char in_words[] = "quit noreply\r\nversion\r\n";

	(void)state;
	expect_close(in, strlen(in), "VERSION " MC_TEST_VERSION "\r\n");
	expect_close(in_words, strlen(in_words), "");
}

static void
test_http_is_closed(void **state)
{
	static const char in[] = "POST / HTTP/1.1\r\nset a 0 0 1\r\n1\r\n";

	(void)state;
	expect_close(in, strlen(in), "");
}

/* Whether or not its end has arrived. */
static void
test_line_too_long(void **state)
{
	char line[3002];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line + 3000, "\r\n", 2);
	expect_close(line, 2049, "CLIENT_ERROR line too long\r\n");
	expect_close(line, sizeof(line), "CLIENT_ERROR line too long\r\n");
	memcpy(line, "set ", 4);
	expect_close(line, sizeof(line), "CLIENT_ERROR line too long\r\n");
	memcpy(line, "gat ", 4);
	expect_close(line, sizeof(line), "CLIENT_ERROR line too long\r\n");
	memcpy(line + 2047, "\r\n", 2);
	memset(line, 'x', 4);
	mc_test_expect(NULL, line, 2049, "ERROR\r\n", 7);
}

static void
test_engine_failures(void **state)
{
	static const struct {
		enum tr_engine_status status;
		const char *in;
		const char *out;
	} failures[] = {
		{TR_ENGINE_BUSY, SET_A, "SERVER_ERROR temporary failure\r\n"},
		{TR_ENGINE_BUSY, "delete a\r\n", "SERVER_ERROR temporary failure\r\n"},
		{TR_ENGINE_BUSY, "incr a 1\r\n", "SERVER_ERROR temporary failure\r\n"},
		{TR_ENGINE_BUSY, "get a b c\r\nversion\r\nget a\r\n",
		 "SERVER_ERROR temporary failure\r\nVERSION " MC_TEST_VERSION "\r\n"
		 "SERVER_ERROR temporary failure\r\n"},
		{TR_ENGINE_NO_MEMORY, SET_A, "SERVER_ERROR out of memory storing object\r\n"},
		{TR_ENGINE_TOO_LARGE, "append a 0 0 1\r\n1\r\n",
		 "SERVER_ERROR object too large for cache\r\n"},
		{TR_ENGINE_NOT_SUPPORTED, "touch a 0\r\n", "SERVER_ERROR not supported\r\n"},
		{TR_ENGINE_INVALID, "flush_all\r\n", BAD},
	};
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(failures); i++) {
		struct mc_test_options options = {.engine_fails = failures[i].status};

		mc_test_expect(&options, failures[i].in, strlen(failures[i].in), failures[i].out,
			       strlen(failures[i].out));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),     cmocka_unit_test(test_exchanges_unkind),
		cmocka_unit_test(test_quit),	      cmocka_unit_test(test_http_is_closed),
		cmocka_unit_test(test_line_too_long), cmocka_unit_test(test_engine_failures),
	};

	return cmocka_run_group_tests_name("mc_text", tests, mc_test_group_setup,
					   mc_test_group_teardown);
}

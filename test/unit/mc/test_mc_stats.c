/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_errno.h>

#include "mc_test_binary.h"
#include "mc_test_host.h"

#define SET_A "set a 0 0 1\r\n1\r\n"

static void
send_text(struct mc_test *test, const char *text)
{
	mc_test_send(test, text, strlen(text));
}

/* What was answered, as a string. */
static const char *
take_text(struct mc_test *test)
{
	static char text[8192];
	const uint8_t *got;
	size_t len;

	got = mc_test_take(test, &len);
	assert_in_range(len, 0, sizeof(text) - 1);
	if (len != 0)
		memcpy(text, got, len);
	text[len] = '\0';
	return text;
}

static void
assert_counters(struct mc_test *test, const char *const names[], const uint64_t values[],
		unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		if (mc_test_counter(test, names[i]) != values[i])
			fail_msg("%s is %ju, not %ju", names[i],
				 (uintmax_t)mc_test_counter(test, names[i]), (uintmax_t)values[i]);
}

static void
test_create(void **state)
{
	struct mc_stats *stats;

	(void)state;
	assert_null(mc_stats_create(0));
	assert_int_equal(rte_errno, EINVAL);
	stats = mc_stats_create(3);
	assert_non_null(stats);
	assert_int_equal(mc_stats_counters(stats, 3, NULL, NULL), -ENOENT);
	assert_int_equal(mc_stats_connections(stats), 0);
	mc_stats_destroy(stats);
}

static void
test_counters(void **state)
{
	static const char in[] =
		"get a\r\n" SET_A "get a b\r\ngat 0 a b\r\ntouch a 0\r\ntouch b 0\r\n"
		"incr a 1\r\nincr b 1\r\ndecr a 1\r\ndecr b 1\r\n"
		"cas a 0 0 1 9\r\n1\r\ncas b 0 0 1 9\r\n1\r\ndelete b\r\ndelete a\r\n"
		"add a 0 0 101\r\n" /* its body comes last */;
	static const char *const names[] = {
		"total_connections", "cmd_get",	   "cmd_set",	   "cmd_flush",	      "cmd_touch",
		"get_hits",	     "get_misses", "delete_hits",  "delete_misses",   "incr_hits",
		"incr_misses",	     "decr_hits",  "decr_misses",  "cas_hits",	      "cas_misses",
		"cas_badval",	     "touch_hits", "touch_misses", "store_too_large",
	};
	static const uint64_t values[] = {1, 5, 3, 1, 4, 2, 3, 1, 1, 1, 1, 1, 1, 0, 1, 1, 2, 2, 1};
	struct mc_test_options options = {.value_max = 100, .starved_percent = 50, .seed = 7};
	struct mc_test *test = mc_test_create(&options);
	char body[104];

	(void)state;
	send_text(test, in);
	memset(body, 'x', 103);
	body[103] = '\0';
	send_text(test, body);
	send_text(test, "flush_all\r\n");
	assert_counters(test, names, values, RTE_DIM(names));
	mc_test_destroy(test);
}

static void
test_bad_commands(void **state)
{
	static const char *const names[] = {"cmd_unknown", "cmd_malformed", "closed_malformed"};
	struct mc_test *test = mc_test_create(NULL);

	(void)state;
	send_text(test, "foo\r\nget\r\nincr a x\r\ntouch a x\r\ndelete a 1\r\nset a 0 0 1\r\n123");
	assert_counters(test, names, (const uint64_t[]){2, 4, 0}, RTE_DIM(names));
	send_text(test, "\r\nGET / HTTP/1.1\r\n");
	assert_counters(test, names, (const uint64_t[]){3, 4, 1}, RTE_DIM(names));
	mc_test_destroy(test);
}

static void
test_engine_failure_is_counted(void **state)
{
	struct mc_test_options options = {.engine_fails = TR_ENGINE_BUSY};
	struct mc_test *test = mc_test_create(&options);

	(void)state;
	send_text(test, SET_A "get a\r\n");
	assert_int_equal(mc_test_counter(test, "cmd_failed"), 2);
	assert_int_equal(mc_test_counter(test, "cmd_get"), 0);
	mc_test_destroy(test);
}

/* Other cores' counters are zeroed by them: not by who asks, but as if at once. */
static void
test_reset(void **state)
{
	struct mc_test *test = mc_test_create(NULL);

	(void)state;
	send_text(test, "get a\r\nget a\r\n");
	assert_int_equal(mc_test_counter(test, "cmd_get"), 2);
	take_text(test);
	send_text(test, "stats reset\r\n");
	assert_string_equal(take_text(test), "RESET\r\n");
	assert_int_equal(mc_test_counter(test, "cmd_get"), 0);
	send_text(test, "get a\r\n");
	assert_int_equal(mc_test_counter(test, "cmd_get"), 1);
	mc_stats_reset(mc_test_stats(test));
	assert_int_equal(mc_test_counter(test, "cmd_get"), 0);
	assert_int_equal(mc_stats_connections(mc_test_stats(test)), 1);
	mc_test_destroy(test);
}

static void
test_text(void **state)
{
	struct mc_test_options options = {.starved_percent = 50, .late_percent = 50, .seed = 8};
	struct mc_test *test = mc_test_create(&options);
	char wanted[64];
	const char *text;

	(void)state;
	send_text(test, "get a\r\nstats\r\n");
	text = take_text(test);
	assert_memory_equal(text, "END\r\nSTAT pid ", 14);
	snprintf(wanted, sizeof(wanted), "STAT pid %d\r\nSTAT uptime 0\r\n", getpid());
	assert_non_null(strstr(text, wanted));
	snprintf(wanted, sizeof(wanted), "STAT time %d\r\n", MC_TEST_NOW_S);
	assert_non_null(strstr(text, wanted));
	assert_non_null(strstr(text, "STAT version " MC_TEST_VERSION "\r\n"));
	assert_non_null(strstr(text, "STAT threads 2\r\nSTAT curr_connections 1\r\n"));
	assert_non_null(strstr(text, "STAT get_misses 1\r\n"));
	assert_non_null(strstr(text, "\r\nSTAT curr_items 3\r\nSTAT empty \r\nEND\r\n"));
	send_text(test, "stats group\r\nstats nonsense\r\nstats x y z\r\n");
	assert_string_equal(take_text(test),
			    "STAT colour blue\r\nSTAT width 7\r\nEND\r\nERROR\r\nERROR\r\n");
	mc_test_destroy(test);
}

/* An engine that has no statistics does not hide ours. */
static void
test_engine_has_none(void **state)
{
	struct mc_test_options options = {.engine_fails = TR_ENGINE_NOT_SUPPORTED};
	struct mc_test *test = mc_test_create(&options);
	const char *text;

	(void)state;
	send_text(test, "stats\r\n");
	text = take_text(test);
	assert_non_null(strstr(text, "STAT cmd_get 0\r\n"));
	assert_non_null(strstr(text, "\r\nEND\r\n"));
	mc_test_destroy(test);
}

static void
test_binary(void **state)
{
	static struct mc_test_bytes in, out;
	struct mc_test *test = mc_test_create(NULL);
	const uint8_t *got;
	size_t len;

	(void)state;
	in.len = 0;
	out.len = 0;
	mc_test_packet(&in, &(struct mc_test_packet){.opcode = MC_BINARY_STAT, .key = "group"});
	mc_test_packet(&in, &(struct mc_test_packet){.opcode = MC_BINARY_STAT, .key = "nonsense"});
	mc_test_packet(&in, &(struct mc_test_packet){.opcode = MC_BINARY_STAT, .key = "reset"});
	mc_test_packet(&out, &(struct mc_test_packet){.magic = MC_BINARY_MAGIC_RESPONSE,
						      .opcode = MC_BINARY_STAT,
						      .key = "colour",
						      .value = "blue"});
	mc_test_packet(&out, &(struct mc_test_packet){.magic = MC_BINARY_MAGIC_RESPONSE,
						      .opcode = MC_BINARY_STAT,
						      .key = "width",
						      .value = "7"});
	mc_test_packet(&out, &(struct mc_test_packet){.magic = MC_BINARY_MAGIC_RESPONSE,
						      .opcode = MC_BINARY_STAT});
	mc_test_packet(&out, &(struct mc_test_packet){.magic = MC_BINARY_MAGIC_RESPONSE,
						      .opcode = MC_BINARY_STAT,
						      .status = MC_BINARY_NOT_FOUND,
						      .value = "Not found"});
	mc_test_packet(&out, &(struct mc_test_packet){.magic = MC_BINARY_MAGIC_RESPONSE,
						      .opcode = MC_BINARY_STAT});
	mc_test_expect(NULL, in.bytes, in.len, out.bytes, out.len);

	/* The general group: ends with the engine's, then the empty reply. */
	in.len = 0;
	out.len = 0;
	mc_test_packet(&in, &(struct mc_test_packet){.opcode = MC_BINARY_STAT});
	mc_test_packet(&out, &(struct mc_test_packet){.magic = MC_BINARY_MAGIC_RESPONSE,
						      .opcode = MC_BINARY_STAT,
						      .key = "empty"});
	mc_test_packet(&out, &(struct mc_test_packet){.magic = MC_BINARY_MAGIC_RESPONSE,
						      .opcode = MC_BINARY_STAT});
	mc_test_send(test, in.bytes, in.len);
	got = mc_test_take(test, &len);
	assert_in_range(len, 20 * 24, 8192);
	assert_memory_equal(got + len - out.len, out.bytes, out.len);
	mc_test_destroy(test);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_bad_commands),
		cmocka_unit_test(test_engine_failure_is_counted),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_engine_has_none),
		cmocka_unit_test(test_binary),
	};

	return cmocka_run_group_tests_name("mc_stats", tests, mc_test_group_setup,
					   mc_test_group_teardown);
}

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
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_errno.h>

#include "mc_internal.h"
#include "mc_test_binary.h"
#include "mc_test_host.h"

#define SEED 0x7461696c72616365
#define PIPELINES 300
#define FUZZED 3000

#define EXTRAS(bytes) .extras = (bytes), .extras_len = sizeof(bytes) - 1

static const char text_stream[] =
	"set a 5 0 3\r\nabc\r\nget a b a\r\nset b 0 0 2 noreply\r\n\r\n\r\ngets b\r\n\r\n"
	"append a 0 0 1\r\nd\r\ncas b 0 0 1 2\r\n7\r\nincr b 3\r\nset c 0 0 1\r\ntoo long\r\n"
	"gat 0 a b c d\r\ntouch a x\r\nset big 0 0 70\r\n"
	"0123456789012345678901234567890123456789012345678901234567890123456789\r\n"
	"delete a\r\nflush_all noreply\r\nget a b\r\nversion\r\nstats group\r\n";

static const struct mc_test_packet binary_stream[] = {
	{.opcode = MC_BINARY_SET, EXTRAS("\0\0\0\5\0\0\0\0"), .key = "a", .value = "abc"},
	{.opcode = MC_BINARY_GETK, .key = "a"},
	{.opcode = MC_BINARY_SETQ, EXTRAS("\0\0\0\0\0\0\0\0"), .key = "b"},
	{.opcode = MC_BINARY_GETKQ, .key = "c"},
	{.opcode = MC_BINARY_APPENDQ, .key = "b", .value = "7"},
	{.opcode = MC_BINARY_NOOP},
	{.opcode = MC_BINARY_INCREMENT,
	 EXTRAS("\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0"),
	 .key = "b"},
	{.opcode = MC_BINARY_SET,
	 EXTRAS("\0\0\0\0\0\0\0\0"),
	 .key = "b",
	 .value = "0123456789012345678901234567890123456789012345678901234567890123456789"},
	{.opcode = 0x55, .key = "key", .value = "value"},
	{.opcode = MC_BINARY_GET, .key = "b", EXTRAS("1")},
	{.opcode = MC_BINARY_STAT, .key = "group"},
	{.opcode = MC_BINARY_FLUSHQ},
	{.opcode = MC_BINARY_GET, .key = "a"},
};

/* The answer to a stream that arrives at once, to compare with. */
static uint8_t *
answer(const struct mc_test_options *options, const void *in, size_t in_len, size_t *out_len)
{
	struct mc_test *test = mc_test_create(options);
	const uint8_t *got;
	uint8_t *out;

	mc_test_send(test, in, in_len);
	got = mc_test_take(test, out_len);
	out = malloc(*out_len + 1);
	assert_non_null(out);
	if (*out_len != 0)
		memcpy(out, got, *out_len);
	mc_test_destroy(test);
	return out;
}

/* However a stream is cut, and however unkind the core, its answer is the same. */
static void
check_cuts(const void *in, size_t in_len)
{
	struct mc_test_options options = {.value_max = 64};
	size_t out_len, got_len, cut;
	uint8_t *out = answer(&options, in, in_len, &out_len);

	assert_in_range(out_len, 100, 10000);
	for (cut = 0; cut <= in_len; cut++) {
		struct mc_test *test = mc_test_create(&options);
		const uint8_t *got;

		mc_test_send(test, in, cut);
		mc_test_send(test, (const uint8_t *)in + cut, in_len - cut);
		got = mc_test_take(test, &got_len);
		assert_int_equal(got_len, out_len);
		assert_memory_equal(got, out, out_len);
		mc_test_destroy(test);
	}
	options.chunk = 1;
	mc_test_expect(&options, in, in_len, out, out_len);
	options.starved_percent = 40;
	options.again_percent = 40;
	options.late_percent = 60;
	options.chunk_random = true;
	for (options.credits = 1; options.credits < 12; options.credits++) {
		options.chunk = options.credits * 7;
		options.seed = SEED + options.credits;
		mc_test_expect(&options, in, in_len, out, out_len);
	}
	free(out);
}

static void
test_cuts(void **state)
{
	static struct mc_test_bytes in;
	size_t i;

	(void)state;
	check_cuts(text_stream, strlen(text_stream));
	in.len = 0;
	for (i = 0; i < RTE_DIM(binary_stream); i++)
		mc_test_packet(&in, &binary_stream[i]);
	check_cuts(in.bytes, in.len);
}

/* A stream of random commands, most of them good. */
static void
make_text(struct mc_test_bytes *in, uint64_t *seed)
{
	static const char *const commands[] = {
		"get %c%c\r\n",
		"gets %c %c\r\n",
		"gat 0 %c %c x\r\n",
		"set %c 0 0 1\r\n%c\r\n",
		"add %c%c 0 0 3 noreply\r\nabc\r\n",
		"append %c 0 0 2\r\n%c1\r\n",
		"incr %c %c\r\n",
		"delete %c%c noreply\r\n",
		"set %c 0 0 3\r\n%c\r\n",
		"touch %c 0 %c\r\n",
		"set %c%c 0 0 70\r\n1111111111222222222233333333334444444444"
		"555555555566666666667777777777\r\n",
		"flush_all\r\n",
		"version %c\r\n",
		"%c%c\r\n",
	};
	unsigned int i;

	in->len = 0;
	for (i = 0; i < 40; i++) {
		unsigned int kind = mc_test_random(seed) % RTE_DIM(commands);
		int first = 'a' + mc_test_random(seed) % 4;
		int second = '0' + mc_test_random(seed) % 4;

		in->len += snprintf((char *)in->bytes + in->len, sizeof(in->bytes) - in->len,
				    commands[kind], first, second);
	}
}

static void
make_binary(struct mc_test_bytes *in, uint64_t *seed)
{
	static const char *const keys[] = {"a", "b", "c", "d"};
	unsigned int i;

	in->len = 0;
	for (i = 0; i < 40; i++) {
		struct mc_test_packet packet = {.opcode = mc_test_random(seed) % 0x26};
		const struct mc_binary_form *form = mc_binary_form(packet.opcode);

		if (packet.opcode == MC_BINARY_STAT || (form->flags & MC_BINARY_CLOSE) != 0)
			continue;
		packet.extras = "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0";
		packet.extras_len = form->extras_len;
		if ((form->flags & MC_BINARY_KEY) != 0)
			packet.key = keys[mc_test_random(seed) % RTE_DIM(keys)];
		if ((form->flags & MC_BINARY_VALUE) != 0)
			packet.value = keys[mc_test_random(seed) % RTE_DIM(keys)];
		mc_test_packet(in, &packet);
	}
}

static void
test_random_pipelines(void **state)
{
	static struct mc_test_bytes in;
	uint64_t seed = SEED;
	unsigned int i;

	(void)state;
	print_message("seed %#jx\n", (uintmax_t)seed);
	for (i = 0; i < PIPELINES; i++) {
		struct mc_test_options options = {.value_max = 64};
		uint8_t *out;
		size_t out_len;

		if (i % 2 == 0)
			make_text(&in, &seed);
		else
			make_binary(&in, &seed);
		out = answer(&options, in.bytes, in.len, &out_len);
		options.credits = 1 + i % 9;
		options.late_percent = mc_test_random(&seed) % 90;
		options.again_percent = mc_test_random(&seed) % 90;
		options.starved_percent = mc_test_random(&seed) % 90;
		options.chunk = 1 + mc_test_random(&seed) % 100;
		options.chunk_random = true;
		options.seed = mc_test_random(&seed);
		mc_test_expect(&options, in.bytes, in.len, out, out_len);
		free(out);
	}
}

/* Bytes that mean nothing, or nearly what a client would have meant. */
static void
test_random_bytes(void **state)
{
	static struct mc_test_bytes in;
	uint64_t seed = SEED;
	unsigned int i, j;

	(void)state;
	print_message("seed %#jx\n", (uintmax_t)seed);
	for (i = 0; i < FUZZED; i++) {
		struct mc_test_options options = {.credits = 1 + i % 5, .value_max = 64};
		struct mc_test *test;

		if (i % 4 == 0) {
			in.len = 1 + mc_test_random(&seed) % 6000;
			for (j = 0; j < in.len; j++)
				in.bytes[j] = mc_test_random(&seed);
			in.bytes[0] = i % 8 == 0 ? MC_BINARY_MAGIC_REQUEST : in.bytes[0];
		} else {
			if (i % 2 == 0)
				make_text(&in, &seed);
			else
				make_binary(&in, &seed);
			for (j = 1 + mc_test_random(&seed) % 8; j > 0; j--)
				in.bytes[mc_test_random(&seed) % in.len] = mc_test_random(&seed);
		}
		options.late_percent = 30;
		options.again_percent = 30;
		options.starved_percent = 30;
		options.chunk = 1 + mc_test_random(&seed) % 3000;
		options.seed = mc_test_random(&seed);
		test = mc_test_create(&options);
		mc_test_send(test, in.bytes, in.len);
		mc_test_destroy(test);
	}
}

static void
test_create_refuses(void **state)
{
	struct mc_stats *stats = mc_stats_create(1);
	struct mc_config config = {.stats = stats, .version = "1"};
	char version[MC_VERSION_MAX + 2];
	void *protocol;

	(void)state;
	memset(version, '1', sizeof(version) - 1);
	version[sizeof(version) - 1] = '\0';
	assert_null(mc_protocol.create(NULL, 0));
	assert_int_equal(rte_errno, EINVAL);
	assert_null(mc_protocol.create(&config, 1));
	config.version = version;
	assert_null(mc_protocol.create(&config, 0));
	config.version = version + 1;
	config.value_max = UINT32_MAX;
	assert_null(mc_protocol.create(&config, 0));
	config.value_max = 0;
	protocol = mc_protocol.create(&config, 0);
	assert_non_null(protocol);
	mc_protocol.destroy(protocol);
	mc_stats_destroy(stats);
}

static void
test_expiry(void **state)
{
	const uint32_t now = MC_TEST_NOW_S;
	const int64_t days30 = 30 * 24 * 60 * 60;

	(void)state;
	assert_int_equal(mc_expiry(0, now), 0);
	assert_int_equal(mc_expiry(-1, now), 1);
	assert_int_equal(mc_expiry(INT64_MIN, now), 1);
	assert_int_equal(mc_expiry(1, now), now + 1);
	assert_int_equal(mc_expiry(days30, now), now + days30);
	assert_int_equal(mc_expiry(days30 + 1, now), days30 + 1);
	assert_int_equal(mc_expiry(INT64_C(1) << 32, now), UINT32_MAX);
	assert_int_equal(mc_expiry(INT64_MAX, now), UINT32_MAX);
	assert_int_equal(mc_expiry(days30, UINT32_MAX), UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_refuses), cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_cuts),	       cmocka_unit_test(test_random_pipelines),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests_name("mc", tests, mc_test_group_setup,
					   mc_test_group_teardown);
}

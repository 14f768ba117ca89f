/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** A segment of exactly @p len bytes of memory, with these options, to parse. */
static enum wire_tcp_error
parse(const uint8_t *options, uint32_t options_bytes, struct wire_tcp *tcp)
{
	uint32_t words = (WIRE_TCP_HEADER_BYTES + options_bytes + 3) / 4;
	uint8_t *data = calloc(1, words * 4);
	enum wire_tcp_error error;

	memcpy(data + WIRE_TCP_HEADER_BYTES, options, options_bytes);
	data[12] = words << 4;
	error = wire_tcp_parse(data, words * 4, tcp);
	free(data);
	return error;
}

static void
test_fields(void **state)
{
	static const uint8_t data[] = {
		0x2b, 0xcb, 0x80, 0x01, 1,    2,    3,	  4,	0xf1, 0xf2,
		0xf3, 0xf4, 0x50, 0xd9, 0xab, 0xcd, 0xee, 0xee, 0x00, 0x07,
	};
	struct wire_tcp tcp;

	(void)state;
	assert_int_equal(wire_tcp_parse(data, sizeof(data), &tcp), WIRE_TCP_OK);
	assert_int_equal(tcp.src_port, RTE_BE16(0x2bcb));
	assert_int_equal(tcp.dst_port, RTE_BE16(0x8001));
	assert_int_equal(tcp.seq, 0x01020304);
	assert_int_equal(tcp.ack, 0xf1f2f3f4);
	assert_int_equal(tcp.header_bytes, 20);
	assert_int_equal(tcp.flags,
			 WIRE_TCP_CWR | WIRE_TCP_ECE | WIRE_TCP_ACK | WIRE_TCP_PSH | WIRE_TCP_FIN);
	assert_int_equal(tcp.window, 0xabcd);
	assert_int_equal(tcp.urgent, 7);
	assert_false(tcp.options.has_mss);
	assert_false(tcp.options.has_window_scale);
	assert_false(tcp.options.has_timestamps);
	assert_false(tcp.options.sack_permitted);
	assert_int_equal(tcp.options.nb_sack, 0);
}

static void
test_offset(void **state)
{
	unsigned int words;

	(void)state;
	for (words = 0; words < 16; words++) {
		uint8_t data[60] = {[12] = words << 4};
		struct wire_tcp tcp;
		uint32_t len;

		for (len = 20; len <= sizeof(data); len++)
			assert_int_equal(wire_tcp_parse(data, len, &tcp),
					 words < 5	   ? WIRE_TCP_BAD_OFFSET
					 : words * 4 > len ? WIRE_TCP_TRUNCATED
							   : WIRE_TCP_OK);
	}
}

static void
test_every_length(void **state)
{
	struct wire_tcp in = {
		.options = {.has_mss = true, .mss = 1460, .has_timestamps = true, .nb_sack = 2},
	};
	uint8_t data[WIRE_TCP_HEADER_MAX];
	struct wire_tcp tcp;
	uint16_t bytes;
	uint32_t len;

	(void)state;
	bytes = wire_tcp_write(data, &in);
	assert_int_equal(bytes, 20 + 4 + 12 + 20);
	for (len = 0; len < bytes; len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, data, len);
		assert_int_equal(wire_tcp_parse(copy, len, &tcp), WIRE_TCP_TRUNCATED);
		free(copy);
	}
	assert_int_equal(wire_tcp_parse(data, bytes, &tcp), WIRE_TCP_OK);
	assert_int_equal(tcp.options.nb_sack, 2);
}

/* An unknown kind of every length, and another option behind it. */
/* Shows: MUST-6, MUST-68. */
static void
test_unknown_lengths(void **state)
{
	unsigned int len;

	(void)state;
	for (len = 0; len <= 255; len++) {
		uint8_t options[40] = {253, len};
		struct wire_tcp tcp;

		if (len >= 2 && len <= 36)
			memcpy(options + len, "\x02\x04\x05\xb4", 4);
		else
			memcpy(options + 2, "\x02\x04\x05\xb4", 4);
		assert_int_equal(parse(options, sizeof(options), &tcp), WIRE_TCP_OK);
		assert_int_equal(tcp.options.has_mss, len >= 2 && len <= 36);
		if (tcp.options.has_mss)
			assert_int_equal(tcp.options.mss, 1460);
	}
}

/* Every kind with every length at every place of the options: read inside the header only. */
/* Shows: MUST-7, MUST-64. */
static void
test_any_option_anywhere(void **state)
{
	unsigned int kind, len, at;

	(void)state;
	for (kind = 0; kind < 256; kind++)
		for (len = 0; len <= 42; len++)
			for (at = 0; at < 40; at += kind < 10 ? 1 : 13) {
				uint8_t options[41];
				struct wire_tcp tcp;

				memset(options, 1, sizeof(options));
				options[at] = kind;
				options[at + 1] = len;
				assert_int_equal(parse(options, 40, &tcp), WIRE_TCP_OK);
				assert_in_range(tcp.options.nb_sack, 0, WIRE_TCP_SACK_MAX);
				assert_in_range(tcp.options.window_scale, 0, 14);
			}
}

struct option_case {
	const char *name;
	uint8_t bytes[40];
	uint8_t nb;
	struct wire_tcp_options want;
};

static const struct option_case option_cases[] = {
	{"linux syn",
	 {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7},
	 20,
	 {.has_mss = true,
	  .mss = 1460,
	  .sack_permitted = true,
	  .has_timestamps = true,
	  .ts_value = 9,
	  .has_window_scale = true,
	  .window_scale = 7}},
	{"end hides what follows", {0, 2, 4, 5, 0xb4}, 5, {0}},
	{"nops only", {1, 1, 1, 1}, 4, {0}},
	{"mss of length 3, then a good one",
	 {2, 3, 5, 2, 4, 1, 0},
	 7,
	 {.has_mss = true, .mss = 256}},
	{"mss of length 2", {2, 2, 4, 2}, 4, {.sack_permitted = true}},
	{"mss 0", {2, 4, 0, 0}, 4, {.has_mss = true}},
	{"two mss: the first", {2, 4, 5, 0xb4, 2, 4, 1, 0}, 8, {.has_mss = true, .mss = 1460}},
	{"length 0 ends", {4, 2, 2, 0, 3, 3, 7}, 7, {.sack_permitted = true}},
	{"length 1 ends", {4, 2, 2, 1, 3, 3, 7}, 7, {.sack_permitted = true}},
	{"beyond the header", {4, 2, 8, 10, 0, 0, 0, 1}, 8, {.sack_permitted = true}},
	{"kind without length", {1, 1, 1, 8}, 4, {0}},
	{"window scale 14", {3, 3, 14, 1}, 4, {.has_window_scale = true, .window_scale = 14}},
	{"window scale 15", {3, 3, 15, 1}, 4, {.has_window_scale = true, .window_scale = 14}},
	{"window scale 255", {3, 3, 255, 1}, 4, {.has_window_scale = true, .window_scale = 14}},
	{"two window scales", {3, 3, 2, 3, 3, 9}, 6, {.has_window_scale = true, .window_scale = 2}},
	{"window scale of length 4", {3, 4, 7, 0}, 4, {0}},
	{"sack permitted of length 3", {4, 3, 0, 1}, 4, {0}},
	{"two timestamps, unaligned",
	 {1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0, 8, 10, 1, 1, 1, 1, 2, 2, 2, 2},
	 21,
	 {.has_timestamps = true, .ts_value = 0x100, .ts_echo = 0x200}},
	{"timestamps of length 9, then 10",
	 {8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6},
	 19,
	 {.has_timestamps = true, .ts_value = 5, .ts_echo = 6}},
	{"one sack block",
	 {1, 1, 5, 10, 0, 0, 0, 1, 0xff, 0, 0, 2},
	 12,
	 {.has_rare = true, .nb_sack = 1, .sack = {{1, 0xff000002}}}},
	{"sack of no block", {5, 2, 4, 2}, 4, {.sack_permitted = true}},
	{"sack of odd length, then a good one",
	 {5, 9, 9, 9, 9, 9, 9, 9, 9, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4},
	 19,
	 {.has_rare = true, .nb_sack = 1, .sack = {{3, 4}}}},
	{"four sack blocks",
	 {5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0,
	  4, 0,	 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8},
	 34,
	 {.has_rare = true, .nb_sack = 4, .sack = {{1, 2}, {3, 4}, {5, 6}, {7, 8}}}},
	{"user timeout of 300 s", {28, 4, 1, 44}, 4, {.has_rare = true, .user_timeout = 300}},
	{"user timeout of 2 minutes",
	 {28, 4, 0x80, 2},
	 4,
	 {.has_rare = true, .user_timeout = WIRE_TCP_MINUTES | 2}},
	{"user timeouts of 0, then one",
	 {28, 4, 0, 0, 28, 4, 0x80, 0, 28, 4, 0, 9, 1},
	 13,
	 {.has_rare = true, .user_timeout = 9}},
	{"user timeout of length 3, then two",
	 {28, 3, 9, 28, 4, 0, 5, 28, 4, 0, 6},
	 11,
	 {.has_rare = true, .user_timeout = 5}},
	{"two sacks: the first",
	 {5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4},
	 20,
	 {.has_rare = true, .nb_sack = 1, .sack = {{1, 2}}}},
};

static void
check_options(const struct wire_tcp_options *got, const struct wire_tcp_options *want)
{
	unsigned int i;

	assert_int_equal(got->has_rare, want->has_rare);
	assert_int_equal(got->user_timeout, want->user_timeout);
	assert_int_equal(got->has_mss, want->has_mss);
	assert_int_equal(got->mss, want->mss);
	assert_int_equal(got->sack_permitted, want->sack_permitted);
	assert_int_equal(got->has_window_scale, want->has_window_scale);
	assert_int_equal(got->window_scale, want->window_scale);
	assert_int_equal(got->has_timestamps, want->has_timestamps);
	assert_int_equal(got->ts_value, want->ts_value);
	assert_int_equal(got->ts_echo, want->ts_echo);
	assert_int_equal(got->nb_sack, want->nb_sack);
	for (i = 0; i < want->nb_sack; i++) {
		assert_int_equal(got->sack[i].left, want->sack[i].left);
		assert_int_equal(got->sack[i].right, want->sack[i].right);
	}
}

/* Shows: MUST-4, MUST-7. */
static void
test_options(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(option_cases) / sizeof(option_cases[0]); i++) {
		const struct option_case *c = &option_cases[i];
		struct wire_tcp tcp;

		print_message("%s\n", c->name);
		assert_int_equal(parse(c->bytes, c->nb, &tcp), WIRE_TCP_OK);
		check_options(&tcp.options, &c->want);
	}
}

/* Every set of options: what is written has the length that was told, and reads the same. */
static void
test_round_trip(void **state)
{
	unsigned int set;

	(void)state;
	for (set = 0; set < 32 * (WIRE_TCP_SACK_MAX + 1); set++) {
		struct wire_tcp in = {
			.src_port = RTE_BE16(11211),
			.dst_port = RTE_BE16(50000),
			.seq = 0x80000001,
			.ack = 0xfffffffe,
			.window = 0x1234,
			.urgent = 3,
			.flags = WIRE_TCP_ACK | WIRE_TCP_URG,
			.options = {.has_rare = set >= 16,
				    .has_mss = set & 1,
				    .mss = set & 1 ? 1460 : 0,
				    .sack_permitted = set & 2,
				    .has_timestamps = set & 4,
				    .ts_value = set & 4 ? 0xa1a2a3a4 : 0,
				    .ts_echo = set & 4 ? 0xb1b2b3b4 : 0,
				    .has_window_scale = set & 8,
				    .window_scale = set & 8 ? 14 : 0,
				    .user_timeout = set & 16 ? 0x8003 : 0,
				    .nb_sack = set / 32,
				    .sack = {{1, 2}, {3, 4}, {5, 6}, {7, 8}}},
		};
		uint16_t told = wire_tcp_header_bytes(&in.options);
		uint8_t data[1 + WIRE_TCP_HEADER_MAX + 1];
		struct wire_tcp out;
		unsigned int others;

		memset(data, 0xee, sizeof(data));
		assert_int_equal(told % 4, 0);
		assert_in_range(told, WIRE_TCP_HEADER_BYTES, WIRE_TCP_HEADER_MAX);
		assert_int_equal(wire_tcp_write(data + 1, &in), told);
		assert_int_equal(data[0], 0xee);
		assert_int_equal(data[1 + told], 0xee);
		assert_int_equal(wire_tcp_parse(data + 1, told, &out), WIRE_TCP_OK);
		assert_int_equal(out.header_bytes, told);
		assert_int_equal(out.src_port, in.src_port);
		assert_int_equal(out.dst_port, in.dst_port);
		assert_int_equal(out.seq, in.seq);
		assert_int_equal(out.ack, in.ack);
		assert_int_equal(out.window, in.window);
		assert_int_equal(out.urgent, in.urgent);
		assert_int_equal(out.flags, in.flags);
		assert_int_equal(data[1 + 16] | data[1 + 17], 0);
		/* As many blocks as fit beside the rest. */
		others = told - WIRE_TCP_HEADER_BYTES -
			 (out.options.nb_sack > 0 ? 4 + 8 * out.options.nb_sack : 0);
		assert_true(out.options.nb_sack == in.options.nb_sack ||
			    others + 4 + 8 * (out.options.nb_sack + 1u) > 40);
		in.options.nb_sack = out.options.nb_sack;
		check_options(&out.options, &in.options);
	}
}

/* Shows: MUST-69. */
static void
test_write_order(void **state)
{
	static const uint8_t syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
				      0, 1, 0, 0,    0, 2, 1, 3,  3, 8};
	static const uint8_t ack[] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,
				      1, 1, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4};
	struct wire_tcp tcp = {
		.flags = WIRE_TCP_SYN,
		.options = {.has_mss = true,
			    .mss = 1460,
			    .sack_permitted = true,
			    .has_timestamps = true,
			    .ts_value = 1,
			    .ts_echo = 2,
			    .has_window_scale = true,
			    .window_scale = 8},
	};
	uint8_t data[WIRE_TCP_HEADER_MAX];

	(void)state;
	assert_int_equal(wire_tcp_write(data, &tcp), 20 + sizeof(syn));
	assert_memory_equal(data + 20, syn, sizeof(syn));
	tcp = (struct wire_tcp){
		.flags = WIRE_TCP_ACK,
		.options = {.has_timestamps = true,
			    .ts_value = 1,
			    .ts_echo = 2,
			    .nb_sack = 1,
			    .sack = {{3, 4}}},
	};
	assert_int_equal(wire_tcp_write(data, &tcp), 20 + sizeof(ack));
	assert_memory_equal(data + 20, ack, sizeof(ack));

	/* Three blocks fit beside timestamps. */
	tcp.options.nb_sack = 4;
	assert_int_equal(wire_tcp_write(data, &tcp), 60);
	assert_int_equal(data[20 + 15], 2 + 3 * 8);
}

/* What the short way takes, the other reads in the same way; what it does not, it does not take. */
static void
test_usual(void **state)
{
	struct wire_tcp usual = {
		.src_port = RTE_BE16(1234),
		.dst_port = RTE_BE16(80),
		.seq = 0x01020304,
		.ack = 0x05060708,
		.window = 0x1234,
		.urgent = 0x5678,
		.flags = WIRE_TCP_ACK,
		.options = {.has_timestamps = true, .ts_value = 0xa1a2a3a4, .ts_echo = 0xb1b2b3b4},
	};
	unsigned int bit, len, taken = 0;

	(void)state;
	for (bit = 0; bit < 32 * 8; bit++)
		for (len = 31; len <= 33; len++) {
			struct wire_tcp in, out;
			uint8_t data[33] = {0};

			assert_int_equal(wire_tcp_write(data, &usual), 32);
			data[bit / 8] ^= 1 << bit % 8;
			memset(&in, 0, sizeof(in));
			memset(&out, 0, sizeof(out));
			if (!wire_tcp_parse_usual(data, len, &in)) {
				/* Too short, its length changed, or its options' kinds and lengths.
				 */
				assert_true(len < 32 || bit / 8 == 12 ||
					    (bit / 8 >= 20 && bit / 8 < 24));
				continue;
			}
			assert_int_equal(wire_tcp_parse(data, len, &out), WIRE_TCP_OK);
			assert_memory_equal(&in, &out, sizeof(in));
			taken++;
		}
	assert_int_equal(taken, (32 * 8 - 4 - 4 * 8) * 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_offset),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_unknown_lengths),
		cmocka_unit_test(test_any_option_anywhere),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_write_order),
		cmocka_unit_test(test_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

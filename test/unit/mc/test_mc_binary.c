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

#include "mc_test_binary.h"
#include "mc_test_host.h"
#include "tr_protocol.h"

#define K50 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define K250 K50 K50 K50 K50 K50
#define FEATURES128 K50 K50 "kkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define EXTRAS(bytes) .extras = (bytes), .extras_len = sizeof(bytes) - 1
#define LIST(bytes) .value = (bytes), .value_len = sizeof(bytes) - 1
#define FLAGS5 "\0\0\0\5"
#define STORE EXTRAS(FLAGS5 "\0\0\0\0")
#define STORE_EXPIRED EXTRAS(FLAGS5 "\x65\x53\xf1\x00") /* now */
#define DELTA_3 "\0\0\0\0\0\0\0\3"
#define INITIAL_9 "\0\0\0\0\0\0\0\x9"
#define CREATE EXTRAS(DELTA_3 INITIAL_9 "\0\0\0\0")
#define NO_CREATE EXTRAS(DELTA_3 INITIAL_9 "\xff\xff\xff\xff")
#define EXPIRY_0 EXTRAS("\0\0\0\0")
#define NOOP                                                                                       \
	{                                                                                          \
		.opcode = MC_BINARY_NOOP                                                           \
	}
#define SET(text)                                                                                  \
	{                                                                                          \
		.opcode = MC_BINARY_SETQ, STORE, .key = "k", .value = (text)                       \
	}
#define GET_K                                                                                      \
	{                                                                                          \
		.opcode = MC_BINARY_GET, .key = "k"                                                \
	}
#define HIT(op, text)                                                                              \
	{                                                                                          \
		.opcode = (op), .cas = 1, EXTRAS(FLAGS5), .value = (text)                          \
	}
#define HIT_KEY(op, text)                                                                          \
	{                                                                                          \
		.opcode = (op), .cas = 1, EXTRAS(FLAGS5), .key = "k", .value = (text)              \
	}
#define NOT_FOUND .status = MC_BINARY_NOT_FOUND, .value = "Not found"
#define EXISTS .status = MC_BINARY_EXISTS, .value = "Data exists for key."
#define TOO_LARGE .status = MC_BINARY_TOO_LARGE, .value = "Too large."
#define INVALID .status = MC_BINARY_INVALID, .value = "Invalid arguments"
#define NOT_STORED .status = MC_BINARY_NOT_STORED, .value = "Not stored."
#define BAD_DELTA                                                                                  \
	.status = MC_BINARY_BAD_DELTA, .value = "Non-numeric server-side value for incr or decr"
#define UNKNOWN .status = MC_BINARY_UNKNOWN_COMMAND, .value = "Unknown command"

#define PACKETS 6

/* clang-format off */
/*
 * Requests and the answers to them. The answers are memcached 1.6.18's, but that memcached closes
 * where it says "Invalid arguments" and does not know VERBOSITY. Values are at most 100 bytes.
 */
static const struct {
	struct mc_test_packet in[PACKETS];
	struct mc_test_packet out[PACKETS];
} exchanges[] = {
	/* retrievals: hits, misses */
	{{SET("v"), GET_K, {.opcode = MC_BINARY_GETQ, .key = "k"},
	  {.opcode = MC_BINARY_GETK, .key = "k"}, {.opcode = MC_BINARY_GETKQ, .key = "k"}},
	 {HIT(MC_BINARY_GET, "v"), HIT(MC_BINARY_GETQ, "v"), HIT_KEY(MC_BINARY_GETK, "v"),
	  HIT_KEY(MC_BINARY_GETKQ, "v")}},
	{{GET_K, {.opcode = MC_BINARY_GETQ, .key = "k"}, {.opcode = MC_BINARY_GETK, .key = "k"},
	  {.opcode = MC_BINARY_GETKQ, .key = "k"}, NOOP},
	 {{.opcode = MC_BINARY_GET, NOT_FOUND},
	  {.opcode = MC_BINARY_GETK, .status = MC_BINARY_NOT_FOUND, .key = "k"}, NOOP}},
	{{SET("v"), {.opcode = MC_BINARY_GAT, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_GATQ, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_GATK, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_GATKQ, EXTRAS("\x65\x53\xf1\x00"), .key = "k"}, GET_K},
	 {HIT(MC_BINARY_GAT, "v"), HIT(MC_BINARY_GATQ, "v"), HIT_KEY(MC_BINARY_GATK, "v"),
	  HIT_KEY(MC_BINARY_GATKQ, "v"), {.opcode = MC_BINARY_GET, NOT_FOUND}}},
	{{{.opcode = MC_BINARY_GAT, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_GATQ, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_GATK, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_GATKQ, EXPIRY_0, .key = "k"}, NOOP},
	 {{.opcode = MC_BINARY_GAT, NOT_FOUND},
	  {.opcode = MC_BINARY_GATK, .status = MC_BINARY_NOT_FOUND, .key = "k"}, NOOP}},
	{{{.opcode = MC_BINARY_TOUCH, EXPIRY_0, .key = "k"}, SET("v"),
	  {.opcode = MC_BINARY_TOUCH, EXPIRY_0, .key = "k"}},
	 {{.opcode = MC_BINARY_TOUCH, NOT_FOUND}, HIT(MC_BINARY_TOUCH, NULL)}},
	/* stores */
	{{{.opcode = MC_BINARY_SET, STORE, .key = "k", .value = "v"}, GET_K,
	  {.opcode = MC_BINARY_SET, STORE, .key = K250}},
	 {{.opcode = MC_BINARY_SET, .cas = 1}, HIT(MC_BINARY_GET, "v"),
	  {.opcode = MC_BINARY_SET, .cas = 2}}},
	{{{.opcode = MC_BINARY_SET, STORE_EXPIRED, .key = "k", .value = "v"}, GET_K},
	 {{.opcode = MC_BINARY_SET, .cas = 1}, {.opcode = MC_BINARY_GET, NOT_FOUND}}},
	{{{.opcode = MC_BINARY_ADD, STORE, .key = "k", .value = "v"},
	  {.opcode = MC_BINARY_ADD, STORE, .key = "k", .value = "w"},
	  {.opcode = MC_BINARY_ADDQ, STORE, .key = "k", .value = "w"},
	  {.opcode = MC_BINARY_ADDQ, STORE, .key = "l", .value = "w"}, GET_K},
	 {{.opcode = MC_BINARY_ADD, .cas = 1}, {.opcode = MC_BINARY_ADD, EXISTS},
	  {.opcode = MC_BINARY_ADDQ, EXISTS}, HIT(MC_BINARY_GET, "v")}},
	{{{.opcode = MC_BINARY_REPLACE, STORE, .key = "k", .value = "v"},
	  {.opcode = MC_BINARY_REPLACEQ, STORE, .key = "k", .value = "v"}, SET("u"),
	  {.opcode = MC_BINARY_REPLACEQ, STORE, .key = "k", .value = "v"},
	  {.opcode = MC_BINARY_REPLACE, STORE, .key = "k", .value = "w"}},
	 {{.opcode = MC_BINARY_REPLACE, NOT_FOUND}, {.opcode = MC_BINARY_REPLACEQ, NOT_FOUND},
	  {.opcode = MC_BINARY_REPLACE, .cas = 3}}},
	{{{.opcode = MC_BINARY_SET, STORE, .key = "k", .value = "v", .cas = 7}, SET("u"),
	  {.opcode = MC_BINARY_SETQ, STORE, .key = "k", .value = "v", .cas = 7},
	  {.opcode = MC_BINARY_ADD, STORE, .key = "k", .value = "v", .cas = 1},
	  {.opcode = MC_BINARY_REPLACE, STORE, .key = "l", .value = "v", .cas = 1}},
	 {{.opcode = MC_BINARY_SET, NOT_FOUND}, {.opcode = MC_BINARY_SETQ, EXISTS},
	  {.opcode = MC_BINARY_ADD, .cas = 2}, {.opcode = MC_BINARY_REPLACE, NOT_FOUND}}},
	{{SET("b"), {.opcode = MC_BINARY_APPEND, .key = "k", .value = "c"},
	  {.opcode = MC_BINARY_PREPEND, .key = "k", .value = "a"},
	  {.opcode = MC_BINARY_APPENDQ, .key = "k", .value = "d"},
	  {.opcode = MC_BINARY_PREPENDQ, .key = "k", .value = "0"}, GET_K},
	 {{.opcode = MC_BINARY_APPEND, .cas = 2}, {.opcode = MC_BINARY_PREPEND, .cas = 3},
	  {.opcode = MC_BINARY_GET, .cas = 5, EXTRAS(FLAGS5), .value = "0abcd"}}},
	{{{.opcode = MC_BINARY_APPEND, .key = "k", .value = "c"},
	  {.opcode = MC_BINARY_PREPENDQ, .key = "k", .value = "c"}},
	 {{.opcode = MC_BINARY_APPEND, NOT_STORED}, {.opcode = MC_BINARY_PREPENDQ, NOT_STORED}}},
	/* too large: skipped, and an old value is not served for the new one */
	{{SET("u"), {.opcode = MC_BINARY_SETQ, STORE, .key = "k", .value = K50 K50 "v"}, GET_K,
	  NOOP},
	 {{.opcode = MC_BINARY_SETQ, TOO_LARGE}, {.opcode = MC_BINARY_GET, NOT_FOUND}, NOOP}},
	{{SET("u"), {.opcode = MC_BINARY_ADD, STORE, .key = "k", .value = K50 K50 "v"}, GET_K},
	 {{.opcode = MC_BINARY_ADD, TOO_LARGE}, HIT(MC_BINARY_GET, "u")}},
	{{{.opcode = MC_BINARY_SET, STORE, .key = "k", .value = K250}, NOOP},
	 {{.opcode = MC_BINARY_SET, TOO_LARGE}, NOOP}},
	/* delete */
	{{SET("v"), {.opcode = MC_BINARY_DELETE, .key = "k", .cas = 9},
	  {.opcode = MC_BINARY_DELETE, .key = "k"}, {.opcode = MC_BINARY_DELETE, .key = "k"},
	  {.opcode = MC_BINARY_DELETEQ, .key = "k"}},
	 {{.opcode = MC_BINARY_DELETE, EXISTS}, {.opcode = MC_BINARY_DELETE},
	  {.opcode = MC_BINARY_DELETE, NOT_FOUND}, {.opcode = MC_BINARY_DELETEQ, NOT_FOUND}}},
	{{SET("v"), {.opcode = MC_BINARY_DELETEQ, .key = "k"}, GET_K},
	 {{.opcode = MC_BINARY_GET, NOT_FOUND}}},
	/* arithmetic */
	{{{.opcode = MC_BINARY_INCREMENT, NO_CREATE, .key = "k"},
	  {.opcode = MC_BINARY_INCREMENT, CREATE, .key = "k"},
	  {.opcode = MC_BINARY_INCREMENTQ, CREATE, .key = "k"},
	  {.opcode = MC_BINARY_DECREMENTQ, CREATE, .key = "k"},
	  {.opcode = MC_BINARY_DECREMENT, CREATE, .key = "k"},
	  {.opcode = MC_BINARY_INCREMENT, CREATE, .key = "k", .cas = 99}},
	 {{.opcode = MC_BINARY_INCREMENT, NOT_FOUND},
	  {.opcode = MC_BINARY_INCREMENT, EXTRAS(INITIAL_9), .extras_len_more = -8, .cas = 1},
	  {.opcode = MC_BINARY_DECREMENT, EXTRAS("\0\0\0\0\0\0\0\6"), .extras_len_more = -8,
	   .cas = 4},
	  {.opcode = MC_BINARY_INCREMENT, EXISTS}}},
	{{SET("v"), {.opcode = MC_BINARY_INCREMENTQ, CREATE, .key = "k"}},
	 {{.opcode = MC_BINARY_INCREMENTQ, BAD_DELTA}}},
	/* the rest */
	{{SET("v"), {.opcode = MC_BINARY_FLUSH}, GET_K, SET("w"), {.opcode = MC_BINARY_FLUSHQ},
	  GET_K},
	 {{.opcode = MC_BINARY_FLUSH}, {.opcode = MC_BINARY_GET, NOT_FOUND},
	  {.opcode = MC_BINARY_GET, NOT_FOUND}}},
	{{SET("v"), {.opcode = MC_BINARY_FLUSH, EXTRAS("\0\0\0\x9")}, GET_K,
	  {.opcode = MC_BINARY_FLUSH, EXPIRY_0}, GET_K},
	 {{.opcode = MC_BINARY_FLUSH}, HIT(MC_BINARY_GET, "v"), {.opcode = MC_BINARY_FLUSH},
	  {.opcode = MC_BINARY_GET, NOT_FOUND}}},
	{{{.opcode = MC_BINARY_VERSION}, {.opcode = MC_BINARY_VERBOSITY, EXPIRY_0}},
	 {{.opcode = MC_BINARY_VERSION, .value = MC_TEST_VERSION},
	  {.opcode = MC_BINARY_VERBOSITY}}},
	{{{.opcode = 0x20}, {.opcode = 0x21, EXTRAS("ee"), .key = K250 "k", .value = "v"},
	  {.opcode = 0xff, .value = "v"}, NOOP},
	 {{.opcode = 0x20, UNKNOWN}, {.opcode = 0x21, UNKNOWN}, {.opcode = 0xff, UNKNOWN}, NOOP}},
	/* hello: what is granted of what was asked for; nothing is; the longest list */
	{{{.opcode = MC_BINARY_HELLO, LIST("\0\x0e\0\1\0\3\0\x0e\1\x0e\0\5\xff\xff"), .key = K250},
	  {.opcode = MC_BINARY_HELLO, LIST("\0\3")}, NOOP},
	 {{.opcode = MC_BINARY_HELLO, LIST("\0\3\0\x0e")}, {.opcode = MC_BINARY_HELLO, LIST("\0\3")},
	  NOOP}},
	{{{.opcode = MC_BINARY_HELLO}, {.opcode = MC_BINARY_HELLO, LIST("\0\1"), .key = "agent"},
	  {.opcode = MC_BINARY_HELLO, .value = FEATURES128}},
	 {{.opcode = MC_BINARY_HELLO}, {.opcode = MC_BINARY_HELLO}, {.opcode = MC_BINARY_HELLO}}},
	/* malformed */
	{{{.opcode = MC_BINARY_GETK}, {.opcode = MC_BINARY_SET, STORE, .value = "v"},
	  {.opcode = MC_BINARY_GETQ, .key = K250 "k"},
	  {.opcode = MC_BINARY_GETKQ, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_DELETEQ, .key = "k", .value = "v"}, NOOP},
	 {{.opcode = MC_BINARY_GETK, INVALID}, {.opcode = MC_BINARY_SET, INVALID},
	  {.opcode = MC_BINARY_GETQ, INVALID}, {.opcode = MC_BINARY_GETKQ, INVALID},
	  {.opcode = MC_BINARY_DELETEQ, INVALID}, NOOP}},
	{{{.opcode = MC_BINARY_SETQ, EXPIRY_0, .key = "k", .value = "v"},
	  {.opcode = MC_BINARY_INCREMENTQ, EXPIRY_0, .key = "k"},
	  {.opcode = MC_BINARY_TOUCH, .key = "k"},
	  {.opcode = MC_BINARY_FLUSHQ, EXTRAS("12")}, {.opcode = MC_BINARY_FLUSH, .key = "k"},
	  {.opcode = MC_BINARY_NOOP, .value = "v"}},
	 {{.opcode = MC_BINARY_SETQ, INVALID}, {.opcode = MC_BINARY_INCREMENTQ, INVALID},
	  {.opcode = MC_BINARY_TOUCH, INVALID}, {.opcode = MC_BINARY_FLUSHQ, INVALID},
	  {.opcode = MC_BINARY_FLUSH, INVALID}, {.opcode = MC_BINARY_NOOP, INVALID}}},
	{{{.opcode = MC_BINARY_HELLO, LIST("\0\x0e\0")},
	  {.opcode = MC_BINARY_HELLO, EXPIRY_0, LIST("\0\x0e")},
	  {.opcode = MC_BINARY_HELLO, .value = FEATURES128 "kk"},
	  {.opcode = MC_BINARY_HELLO, .key = K250 "k"}, NOOP},
	 {{.opcode = MC_BINARY_HELLO, INVALID}, {.opcode = MC_BINARY_HELLO, INVALID},
	  {.opcode = MC_BINARY_HELLO, INVALID}, {.opcode = MC_BINARY_HELLO, INVALID}, NOOP}},
	{{{.opcode = MC_BINARY_GET, .key = "k", .key_len_more = 1},
	  {.opcode = MC_BINARY_GET, .key = "k", .key_len_more = 0xfff0},
	  {.opcode = MC_BINARY_SET, STORE, .key = "k", .value = "v", .extras_len_more = 3},
	  NOOP},
	 {{.opcode = MC_BINARY_GET, INVALID}, {.opcode = MC_BINARY_GET, INVALID},
	  {.opcode = MC_BINARY_SET, INVALID}, NOOP}},
};
/* clang-format on */

static void
build(struct mc_test_bytes *bytes, const struct mc_test_packet packets[PACKETS], uint8_t magic)
{
	static const struct mc_test_packet none;
	size_t i;

	bytes->len = 0;
	for (i = 0; i < PACKETS; i++) {
		struct mc_test_packet packet = packets[i];

		if (memcmp(&packet, &none, sizeof(packet)) == 0)
			continue;
		packet.magic = magic;
		mc_test_packet(bytes, &packet);
	}
}

static void
expect_all(struct mc_test_options *options)
{
	static struct mc_test_bytes in, out;
	size_t i;

	options->value_max = 100;
	for (i = 0; i < RTE_DIM(exchanges); i++) {
		build(&in, exchanges[i].in, MC_BINARY_MAGIC_REQUEST);
		build(&out, exchanges[i].out, MC_BINARY_MAGIC_RESPONSE);
		mc_test_expect(options, in.bytes, in.len, out.bytes, out.len);
	}
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
		.seed = 6,
	};

	(void)state;
	expect_all(&options);
}

static void
test_exchanges_by_reference(void **state)
{
	struct mc_test_options options = {
		.by_reference = true, .late_percent = 30, .starved_percent = 30, .seed = 7};

	(void)state;
	expect_all(&options);
}

/* Send requests to a server that closes, and assert what it answered before. */
static void
expect_close(const struct mc_test_packet in[PACKETS], const struct mc_test_packet out[PACKETS],
	     const char *counter)
{
	struct mc_test_options options = {.value_max = 100};
	static struct mc_test_bytes sent, wanted;
	struct mc_test *test = mc_test_create(&options);
	const uint8_t *got;
	size_t got_len, i;

	sent.len = 0;
	for (i = 0; i < PACKETS && (i == 0 || in[i].opcode != 0); i++)
		mc_test_packet(&sent, &in[i]);
	build(&wanted, out, MC_BINARY_MAGIC_RESPONSE);
	mc_test_send(test, sent.bytes, sent.len);
	assert_true(mc_test_closing(test));
	got = mc_test_take(test, &got_len);
	assert_int_equal(got_len, wanted.len);
	if (got_len != 0)
		assert_memory_equal(got, wanted.bytes, got_len);
	if (counter != NULL)
		assert_int_equal(mc_test_counter(test, counter), 1);
	assert_int_equal(mc_test_counter(test, "closed_malformed"), counter != NULL);
	mc_test_destroy(test);
}

static void
test_quit(void **state)
{
	const struct mc_test_packet quit[PACKETS] = {NOOP, {.opcode = MC_BINARY_QUIT}, NOOP};
	const struct mc_test_packet quit_out[PACKETS] = {NOOP, {.opcode = MC_BINARY_QUIT}};
	const struct mc_test_packet quitq[PACKETS] = {NOOP, {.opcode = MC_BINARY_QUITQ}, NOOP};
	const struct mc_test_packet quitq_out[PACKETS] = {NOOP};

	(void)state;
	expect_close(quit, quit_out, NULL);
	expect_close(quitq, quitq_out, NULL);
}

static void
test_absurd_length_closes(void **state)
{
	const struct mc_test_packet in[PACKETS] = {{.opcode = MC_BINARY_SETQ,
						    STORE,
						    .key = "k",
						    .value = "v",
						    .body_len_more = 0xffffffff - 10}};
	const struct mc_test_packet unknown[PACKETS] = {
		{.opcode = 0x70, .body_len_more = 200 + TR_PROTOCOL_SPAN + 1}};
	const struct mc_test_packet out[PACKETS] = {{.opcode = MC_BINARY_SETQ, TOO_LARGE}};
	const struct mc_test_packet unknown_out[PACKETS] = {{.opcode = 0x70, TOO_LARGE}};

	(void)state;
	expect_close(in, out, "store_too_large");
	expect_close(unknown, unknown_out, "store_too_large");
}

static void
test_bad_magic_closes(void **state)
{
	const struct mc_test_packet in[PACKETS] = {
		NOOP, {.magic = MC_BINARY_MAGIC_RESPONSE, .opcode = MC_BINARY_NOOP}};
	/* A body that is longer than its header says. */
	const struct mc_test_packet short_body[PACKETS] = {
		{.opcode = MC_BINARY_SET, STORE, .key = "k", .body_len_more = -9}};
	const struct mc_test_packet out[PACKETS] = {NOOP};
	const struct mc_test_packet short_out[PACKETS] = {{.opcode = MC_BINARY_SET, INVALID}};

	(void)state;
	expect_close(in, out, "closed_malformed");
	expect_close(short_body, short_out, "closed_malformed");
}

static void
test_engine_failures(void **state)
{
	static const struct {
		enum tr_engine_status status;
		struct mc_test_packet out;
	} failures[] = {
		{TR_ENGINE_BUSY, {.status = MC_BINARY_BUSY, .value = "Temporary failure"}},
		{TR_ENGINE_NO_MEMORY, {.status = MC_BINARY_NO_MEMORY, .value = "Out of memory"}},
		{TR_ENGINE_NOT_SUPPORTED,
		 {.status = MC_BINARY_NOT_SUPPORTED, .value = "Not supported"}},
		{TR_ENGINE_INVALID, {INVALID}},
		{TR_ENGINE_TOO_LARGE, {TOO_LARGE}},
	};
	static struct mc_test_bytes in, out;
	size_t i;

	(void)state;
	for (i = 0; i < RTE_DIM(failures); i++) {
		struct mc_test_options options = {.engine_fails = failures[i].status};
		const struct mc_test_packet requests[PACKETS] = {
			SET("v"), {.opcode = MC_BINARY_GETKQ, .key = "k"}};
		struct mc_test_packet answers[PACKETS] = {failures[i].out, failures[i].out};

		answers[0].opcode = MC_BINARY_SETQ;
		answers[1].opcode = MC_BINARY_GETKQ;
		build(&in, requests, MC_BINARY_MAGIC_REQUEST);
		build(&out, answers, MC_BINARY_MAGIC_RESPONSE);
		mc_test_expect(&options, in.bytes, in.len, out.bytes, out.len);
	}
}

/* Commands, and whether they may be reordered once that was negotiated. */
static const struct {
	struct mc_test_packet in;
	unsigned int order;
} orders[] = {
	{{.opcode = MC_BINARY_GET, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_GETQ, .key = "k"}, 0},
	{{.opcode = MC_BINARY_GETK, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_GETKQ, .key = "k"}, 0},
	{{.opcode = MC_BINARY_GAT, EXPIRY_0, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_GATQ, EXPIRY_0, .key = "k"}, 0},
	{{.opcode = MC_BINARY_GATK, EXPIRY_0, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_GATKQ, EXPIRY_0, .key = "k"}, 0},
	{{.opcode = MC_BINARY_TOUCH, EXPIRY_0, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_SET, STORE, .key = "k", .value = "v"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_SETQ, STORE, .key = "k", .value = "v"}, 0},
	{{.opcode = MC_BINARY_ADD, STORE, .key = "k", .value = "v"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_ADDQ, STORE, .key = "k", .value = "v"}, 0},
	{{.opcode = MC_BINARY_REPLACE, STORE, .key = "k", .value = "v"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_REPLACEQ, STORE, .key = "k", .value = "v"}, 0},
	{{.opcode = MC_BINARY_APPEND, .key = "k", .value = "v"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_APPENDQ, .key = "k", .value = "v"}, 0},
	{{.opcode = MC_BINARY_PREPEND, .key = "k", .value = "v"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_PREPENDQ, .key = "k", .value = "v"}, 0},
	{{.opcode = MC_BINARY_DELETE, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_DELETEQ, .key = "k"}, 0},
	{{.opcode = MC_BINARY_INCREMENT, CREATE, .key = "n"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_INCREMENTQ, CREATE, .key = "n"}, 0},
	{{.opcode = MC_BINARY_DECREMENT, CREATE, .key = "n"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_DECREMENTQ, CREATE, .key = "n"}, 0},
	{{.opcode = MC_BINARY_FLUSH}, TR_PROTOCOL_BARRIER},
	{{.opcode = MC_BINARY_FLUSHQ}, TR_PROTOCOL_BARRIER},
	{{.opcode = MC_BINARY_STAT, .key = "reset"}, TR_PROTOCOL_BARRIER},
	{NOOP, TR_PROTOCOL_BARRIER},
	{{.opcode = MC_BINARY_VERSION}, 0},
	{{.opcode = MC_BINARY_VERBOSITY, EXPIRY_0}, 0},
	/* refused: by their form, as too large for the engine, as too large for anything, unknown
	 */
	{{.opcode = MC_BINARY_GET}, 0},
	{{.opcode = MC_BINARY_SET, STORE, .key = "k", .value = K50 K50 "v"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_ADD, STORE, .key = "k", .value = K50 K50 "v"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_SETQ, STORE, .key = "k", .value = K50 K50 "v"}, 0},
	{{.opcode = MC_BINARY_SET, STORE, .key = "k", .value = K250}, 0},
	{{.opcode = 0x20}, 0},
	/* does not change what was negotiated; the last does */
	{{.opcode = MC_BINARY_HELLO, LIST("\0")}, 0},
	{{.opcode = MC_BINARY_DELETE, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_HELLO, LIST("\0\x0e")}, TR_PROTOCOL_BARRIER},
	{{.opcode = MC_BINARY_DELETE, .key = "k"}, TR_PROTOCOL_UNORDERED},
	{{.opcode = MC_BINARY_HELLO, LIST("\0\3")}, TR_PROTOCOL_BARRIER},
	{{.opcode = MC_BINARY_DELETE, .key = "k"}, 0},
	{{.opcode = MC_BINARY_QUITQ}, TR_PROTOCOL_BARRIER},
};

/* The same commands with and without the feature. */
static void
test_orders(void **state)
{
	static const char *const lists[] = {"\0\3", "\0\x0e"};
	struct mc_test_options options = {.value_max = 100, .late_percent = 20};
	static struct mc_test_bytes in;
	const uint8_t *got;
	size_t count, i, wanted, unordered;
	struct mc_test *test;

	(void)state;
	for (unordered = 0; unordered < 2; unordered++) {
		struct mc_test_packet hello = {
			.opcode = MC_BINARY_HELLO, .value = lists[unordered], .value_len = 2};

		in.len = 0;
		mc_test_packet(&in, &hello);
		for (i = 0; i < RTE_DIM(orders); i++)
			if (unordered || orders[i].in.opcode != MC_BINARY_HELLO)
				mc_test_packet(&in, &orders[i].in);
		test = mc_test_create(&options);
		mc_test_send(test, in.bytes, in.len);
		got = mc_test_orders(test, &count);
		assert_int_equal(*got, TR_PROTOCOL_BARRIER);
		wanted = 1;
		for (i = 0; i < RTE_DIM(orders); i++) {
			unsigned int order = orders[i].order;

			if (!unordered && orders[i].in.opcode == MC_BINARY_HELLO)
				continue;
			if (!unordered && order == TR_PROTOCOL_UNORDERED)
				order = 0;
			if (wanted >= count || got[wanted] != order)
				fail_msg("order of command %zu, opcode %02x", i,
					 orders[i].in.opcode);
			wanted++;
		}
		assert_int_equal(count, wanted);
		mc_test_destroy(test);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_exchanges_unkind),
		cmocka_unit_test(test_exchanges_by_reference),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_quit),
		cmocka_unit_test(test_absurd_length_closes),
		cmocka_unit_test(test_bad_magic_closes),
		cmocka_unit_test(test_engine_failures),
	};

	return cmocka_run_group_tests_name("mc_binary", tests, mc_test_group_setup,
					   mc_test_group_teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "load_protocol.h"

#define VALUE_BYTES 20

/* Two keys of three bytes, with values of VALUE_BYTES. */
static struct load_keys keys;

static int
setup(void **state)
{
	struct load_size key = {.kind = LOAD_SIZE_RANGE, .min = 3, .max = 3};
	struct load_size value = {.kind = LOAD_SIZE_RANGE, .min = VALUE_BYTES, .max = VALUE_BYTES};

	(void)state;
	return load_keys_init(&keys, 2, &key, &value, 1);
}

static int
teardown(void **state)
{
	(void)state;
	load_keys_deinit(&keys);
	return 0;
}

static size_t
flatten(const struct load_protocol *protocol, const struct load_request *request, char *bytes)
{
	struct iovec parts[LOAD_PROTOCOL_PARTS];
	char head[LOAD_PROTOCOL_HEAD_MAX];
	unsigned int nb = load_protocol_request(protocol, &keys, request, head, parts);
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		memcpy(bytes + len, parts[i].iov_base, parts[i].iov_len);
		len += parts[i].iov_len;
	}
	return len;
}

static void
test_requests(void **state)
{
	static const uint8_t get_header[] = {0x80, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 3,
					     0,	   0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t set_header[] = {0x80, 1, 0, 3, 8, 0, 0, 0, 0, 0, 0, 31, 0, 0, 0, 1,
					     0,	   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0};
	struct load_request request = {.key = 1};
	char bytes[1024];

	(void)state;
	assert_int_equal(flatten(&load_protocol_text, &request, bytes), 9);
	assert_memory_equal(bytes, "get ba-\r\n", 9);
	assert_int_equal(flatten(&load_protocol_binary, &request, bytes), 27);
	assert_memory_equal(bytes, get_header, 24);
	assert_memory_equal(bytes + 24, "ba-", 3);
	request.set = true;
	assert_int_equal(flatten(&load_protocol_text, &request, bytes), 16 + VALUE_BYTES + 2);
	assert_memory_equal(bytes, "set ba- 0 0 20\r\n", 16);
	assert_memory_equal(bytes + 16, load_keys_value(&keys, 1), VALUE_BYTES);
	assert_memory_equal(bytes + 16 + VALUE_BYTES, "\r\n", 2);
	assert_int_equal(flatten(&load_protocol_binary, &request, bytes), 32 + 3 + VALUE_BYTES);
	assert_memory_equal(bytes, set_header, 32);
	assert_memory_equal(bytes + 32, "ba-", 3);
	assert_memory_equal(bytes + 35, load_keys_value(&keys, 1), VALUE_BYTES);
}

/* A stream of replies with what must come of each. */
struct expected {
	struct load_request request;
	enum load_outcome outcome;
	bool differs;
};

struct stream {
	uint8_t bytes[4096];
	uint32_t len;
	struct expected expected[32];
	unsigned int nb;
};

static void
add_bytes(struct stream *stream, const void *bytes, uint32_t len)
{
	memcpy(stream->bytes + stream->len, bytes, len);
	stream->len += len;
}

static void
expect(struct stream *stream, uint32_t key, bool set, enum load_outcome outcome, bool differs)
{
	stream->expected[stream->nb++] = (struct expected){
		.request = {.key = key, .set = set}, .outcome = outcome, .differs = differs};
}

static void
add_text(struct stream *stream, const char *text)
{
	add_bytes(stream, text, strlen(text));
}

static void
add_text_value(struct stream *stream, uint32_t key, uint32_t len, bool wrong)
{
	char line[64];

	snprintf(line, sizeof(line), "VALUE %s 0 %u\r\n", key == 0 ? "aa-" : "ba-", len);
	add_text(stream, line);
	add_bytes(stream, load_keys_value(&keys, key), len);
	if (wrong)
		stream->bytes[stream->len - 1] ^= 1;
	add_text(stream, "\r\nEND\r\n");
	expect(stream, key, false, LOAD_HIT, wrong || len != VALUE_BYTES);
}

static void
add_binary(struct stream *stream, uint32_t key, bool set, uint16_t status, const void *body,
	   uint32_t len, uint8_t extras)
{
	uint8_t header[24] = {0x81, set, 0, 0, extras, 0, status >> 8, status, 0, 0, 0, len};

	header[15] = key;
	add_bytes(stream, header, sizeof(header));
	add_bytes(stream, body, len);
}

static void
add_binary_value(struct stream *stream, uint32_t key, uint32_t len, bool wrong)
{
	uint8_t body[64] = {0};

	memcpy(body + 4, load_keys_value(&keys, key), len);
	body[4 + len - 1] ^= wrong;
	add_binary(stream, key, false, 0, body, 4 + len, 4);
	expect(stream, key, false, LOAD_HIT, wrong || len != VALUE_BYTES);
}

/* In pieces of up to @p piece bytes. */
static void
play(const struct load_protocol *protocol, const struct stream *stream, uint32_t piece)
{
	struct load_reply reply = {.verify = true};
	uint32_t at = 0, end, used;
	enum load_outcome outcome;
	unsigned int nb = 0;

	for (end = piece; at < stream->len; end += piece) {
		end = RTE_MIN(end, stream->len);
		while (at < end) {
			/* Exactly those bytes: a sanitizer sees what is read beyond. */
			uint8_t *data = malloc(end - at);

			memcpy(data, stream->bytes + at, end - at);
			outcome = load_protocol_reply(protocol, &reply, &keys,
						      &stream->expected[nb].request, data, end - at,
						      &used);
			free(data);
			if (outcome == LOAD_MORE) {
				assert_int_equal(used, end - at);
			} else {
				assert_int_equal(outcome, stream->expected[nb].outcome);
				assert_int_equal(reply.differs, stream->expected[nb].differs);
				nb++;
			}
			at += used;
		}
	}
	assert_int_equal(nb, stream->nb);
}

static void
play_all(const struct load_protocol *protocol, const struct stream *stream)
{
	uint32_t piece;

	for (piece = 1; piece <= stream->len; piece++)
		play(protocol, stream, piece);
}

static void
test_text_replies(void **state)
{
	static struct stream stream;

	(void)state;
	add_text_value(&stream, 0, VALUE_BYTES, false);
	add_text(&stream, "STORED\r\n");
	expect(&stream, 0, true, LOAD_STORED, false);
	add_text_value(&stream, 1, VALUE_BYTES, false);
	add_text_value(&stream, 1, VALUE_BYTES, true);
	add_text(&stream, "END\r\n");
	expect(&stream, 1, false, LOAD_MISS, false);
	add_text_value(&stream, 0, VALUE_BYTES - 1, false);
	add_text_value(&stream, 0, 0, false);
	add_text_value(&stream, 0, 100, false);
	add_text(&stream, "SERVER_ERROR out of memory storing object\r\n");
	expect(&stream, 1, true, LOAD_REFUSED, false);
	add_text(&stream, "ERROR\r\n");
	expect(&stream, 1, false, LOAD_REFUSED, false);
	add_text_value(&stream, 0, VALUE_BYTES, false);
	play_all(&load_protocol_text, &stream);
}

static void
test_binary_replies(void **state)
{
	static struct stream stream;

	(void)state;
	add_binary_value(&stream, 0, VALUE_BYTES, false);
	add_binary(&stream, 0, true, 0, "", 0, 0);
	expect(&stream, 0, true, LOAD_STORED, false);
	add_binary_value(&stream, 1, VALUE_BYTES, false);
	add_binary_value(&stream, 1, VALUE_BYTES, true);
	add_binary(&stream, 1, false, 1, "Not found", 9, 0);
	expect(&stream, 1, false, LOAD_MISS, false);
	add_binary(&stream, 1, true, 0x82, "Out of memory", 13, 0);
	expect(&stream, 1, true, LOAD_REFUSED, false);
	add_binary_value(&stream, 0, VALUE_BYTES - 1, false);
	add_binary_value(&stream, 0, VALUE_BYTES + 1, false);
	add_binary_value(&stream, 0, VALUE_BYTES, false);
	play_all(&load_protocol_binary, &stream);
}

static void
assert_broken(const struct load_protocol *protocol, bool set, const void *bytes, uint32_t len)
{
	struct load_request request = {.key = 1, .set = set};
	struct load_reply reply = {0};
	uint32_t used;

	assert_int_equal(load_protocol_reply(protocol, &reply, &keys, &request, bytes, len, &used),
			 LOAD_BROKEN);
}

/* What ends a value is looked at, wherever the reply is cut. */
static void
test_tail(void **state)
{
	static const char *const texts[] = {
		"VALUE ba- 0 4\r\nabcdXXXXXXX",
		"VALUE ba- 0 4\r\nabcde\r\nEND\r",
		"VALUE ba- 0 4\r\nabcd\r\nEND\rX",
		"VALUE ba- 0 4\r\nabcd\r\nVALUE",
	};
	struct load_request request = {.key = 1};
	unsigned int i;
	size_t cut;

	(void)state;
	for (i = 0; i < RTE_DIM(texts); i++) {
		const uint8_t *text = (const uint8_t *)texts[i];
		size_t len = strlen(texts[i]);

		for (cut = 1; cut < len; cut++) {
			struct load_reply reply = {0};
			enum load_outcome outcome;
			uint32_t used;

			outcome = load_protocol_reply(&load_protocol_text, &reply, &keys, &request,
						      text, cut, &used);
			if (outcome == LOAD_MORE)
				outcome =
					load_protocol_reply(&load_protocol_text, &reply, &keys,
							    &request, text + cut, len - cut, &used);
			assert_int_equal(outcome, LOAD_BROKEN);
		}
	}
}

static void
test_broken(void **state)
{
	static const char *const texts[] = {
		"STORED\r\n",
		"VALUE aa- 0 1\r\nx\r\nEND\r\n",
		"VALUE ba- 0\r\n",
		"VALUE ba- 0 \r\n",
		"VALUE ba- 0 4294967296\r\n",
		"VALUE ba-x 0 1\r\n",
		"\r\n",
		"END \r\n",
	};
	char endless[LOAD_PROTOCOL_HEAD_MAX];
	static struct stream stream;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(texts); i++)
		assert_broken(&load_protocol_text, false, texts[i], strlen(texts[i]));
	assert_broken(&load_protocol_text, true, "END\r\n", 5);
	memset(endless, 'x', sizeof(endless));
	assert_broken(&load_protocol_text, false, endless, sizeof(endless));

	add_binary(&stream, 0, false, 0, "1234", 4, 4); /* another opaque */
	assert_broken(&load_protocol_binary, false, stream.bytes, stream.len);
	stream.bytes[15] = 1;
	assert_broken(&load_protocol_binary, true, stream.bytes, stream.len); /* another command */
	stream.bytes[4] = 5; /* more extras than body */
	assert_broken(&load_protocol_binary, false, stream.bytes, stream.len);
	stream.bytes[4] = 4;
	stream.bytes[0] = 0x80;
	assert_broken(&load_protocol_binary, false, stream.bytes, stream.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),       cmocka_unit_test(test_text_replies),
		cmocka_unit_test(test_binary_replies), cmocka_unit_test(test_tail),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

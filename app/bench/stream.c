/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

static void fill(uint8_t *bytes, uint64_t len, uint64_t seed);
static bool check_head(struct stream_checker *checker);

_Static_assert(sizeof(struct stream_header) == STREAM_HEADER_BYTES, "the header is packed");

int
stream_init(struct stream *stream, unsigned int nb_threads, uint32_t nb_items, uint32_t value_bytes)
{
	uint64_t nb = (uint64_t)nb_threads * nb_items;

	*stream = (struct stream){
		.nb_threads = nb_threads,
		.nb_items = nb_items,
		.value_bytes = value_bytes,
		.keys = malloc(nb * STREAM_KEY_BYTES),
		.values = malloc(RTE_MAX(nb * value_bytes, 1u)),
		.extras = RTE_BE32(0xdecade),
	};
	if (stream->keys == NULL || stream->values == NULL) {
		stream_deinit(stream);
		return -ENOMEM;
	}
	fill(stream->keys, nb * STREAM_KEY_BYTES, 1);
	fill(stream->values, nb * value_bytes, 2);
	return 0;
}

void
stream_deinit(struct stream *stream)
{
	free(stream->keys);
	free(stream->values);
}

bool
stream_check(struct stream_checker *checker, const uint8_t *data, uint32_t len)
{
	uint32_t response_bytes = stream_response_bytes(checker->stream);

	while (len > 0) {
		uint32_t part;

		if (checker->at < STREAM_HEAD_BYTES) {
			part = RTE_MIN(len, STREAM_HEAD_BYTES - checker->at);
			memcpy(checker->head + checker->at, data, part);
			if (checker->at + part == STREAM_HEAD_BYTES && !check_head(checker))
				return false;
		} else {
			part = RTE_MIN(len, response_bytes - checker->at);
			if (memcmp(checker->value + checker->at - STREAM_HEAD_BYTES, data, part) !=
			    0)
				return false;
		}
		data += part;
		len -= part;
		checker->at += part;
		if (checker->at == response_bytes)
			checker->at = 0;
	}
	return true;
}

/* The head is there: it is that of its thread's next response. */
static bool
check_head(struct stream_checker *checker)
{
	const struct stream *stream = checker->stream;
	struct stream_header expected;
	struct stream_header header;
	unsigned int thread;
	uint64_t number;

	memcpy(&header, checker->head, sizeof(header));
	thread = rte_be_to_cpu_32(header.opaque);
	if (thread >= stream->nb_threads)
		return false;
	number = checker->next[thread]++;
	checker->value = stream_value(stream, thread, number);
	stream_header_write(&expected, stream->value_bytes, thread, number);
	return memcmp(&header, &expected, sizeof(header)) == 0 &&
	       memcmp(checker->head + STREAM_HEADER_BYTES, &stream->extras, STREAM_EXTRAS_BYTES) ==
		       0 &&
	       memcmp(checker->head + STREAM_HEADER_BYTES + STREAM_EXTRAS_BYTES,
		      stream_key(stream, thread, number), STREAM_KEY_BYTES) == 0;
}

/* Bytes that are other bytes at every place: what has moved is seen (splitmix64). */
static void
fill(uint8_t *bytes, uint64_t len, uint64_t seed)
{
	uint64_t i;

	for (i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t word = (seed << 56) + i * 0x9e3779b97f4a7c15;

		word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
		word ^= word >> 27;
		memcpy(bytes + i, &word, RTE_MIN(len - i, sizeof(word)));
	}
}

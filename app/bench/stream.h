/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The responses of a measurement as bytes: what engine threads answer with, and what must come
 * out of the connection, byte for byte.
 *
 * A response is a 24-byte header, 4 bytes of extras, a key of 32 bytes, and a value: the answer to
 * a GETK of memcached's binary protocol. Each thread has some items of its own and answers with one
 * after the other.
 *
 * Threads: any reads; a checker belongs to one.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>

#define STREAM_HEADER_BYTES 24
#define STREAM_EXTRAS_BYTES 4
#define STREAM_KEY_BYTES 32
#define STREAM_HEAD_BYTES (STREAM_HEADER_BYTES + STREAM_EXTRAS_BYTES + STREAM_KEY_BYTES)

/** Most engine threads. */
#define STREAM_THREADS_MAX 16

/** Items of each thread: more than the first level cache holds, but for small values. */
#define STREAM_ITEMS_MAX 256

/** What the threads answer with. */
struct stream {
	unsigned int nb_threads;
	uint32_t nb_items; /* of each thread; a power of two */
	uint32_t value_bytes;
	uint8_t *keys; /* by thread and item */
	uint8_t *values; /* by thread and item */
	uint32_t extras;
};

/** Header of a response, as on the wire. */
struct stream_header {
	uint8_t magic;
	uint8_t op;
	rte_be16_t key_len;
	uint8_t extras_len;
	uint8_t datatype;
	rte_be16_t status;
	rte_be32_t body_len;
	rte_be32_t opaque; /* thread */
	rte_be64_t cas; /* number of the response among the thread's */
} __attribute__((packed));

/** Sees the bytes of a connection go by. */
struct stream_checker {
	const struct stream *stream;
	uint64_t next[STREAM_THREADS_MAX]; /* number of each thread's next response */
	uint32_t at; /* bytes of the current response seen */
	uint8_t head[STREAM_HEAD_BYTES];
	const uint8_t *value; /* that must follow */
};

/** Make the items; 0 or -ENOMEM. @p nb_items is a power of two. */
int stream_init(struct stream *stream, unsigned int nb_threads, uint32_t nb_items,
		uint32_t value_bytes);

void stream_deinit(struct stream *stream);

/** Bytes of a whole response. */
static inline uint32_t
stream_response_bytes(const struct stream *stream)
{
	return STREAM_HEAD_BYTES + stream->value_bytes;
}

static inline const uint8_t *
stream_key(const struct stream *stream, unsigned int thread, uint64_t number)
{
	uint64_t item = number & (stream->nb_items - 1);

	return stream->keys + (thread * stream->nb_items + item) * STREAM_KEY_BYTES;
}

static inline const uint8_t *
stream_value(const struct stream *stream, unsigned int thread, uint64_t number)
{
	uint64_t item = number & (stream->nb_items - 1);

	return stream->values + (thread * stream->nb_items + item) * stream->value_bytes;
}

static inline void
stream_header_write(struct stream_header *header, uint32_t value_bytes, unsigned int thread,
		    uint64_t number)
{
	*header = (struct stream_header){
		.magic = 0x81,
		.op = 0x0c,
		.key_len = RTE_BE16(STREAM_KEY_BYTES),
		.extras_len = STREAM_EXTRAS_BYTES,
		.body_len = rte_cpu_to_be_32(STREAM_EXTRAS_BYTES + STREAM_KEY_BYTES + value_bytes),
		.opaque = rte_cpu_to_be_32(thread),
		.cas = rte_cpu_to_be_64(number),
	};
}

/**
 * The next bytes of the connection.
 *
 * @return
 *   Whether they are what they must be: whole responses, each thread's in its order.
 */
bool stream_check(struct stream_checker *checker, const uint8_t *data, uint32_t len);

#endif /* STREAM_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * memcached's protocols as a client sees them: requests to bytes, bytes to outcomes. Replies come
 * in the order of the requests, and their bytes in any pieces.
 *
 * Threads: a reply belongs to the thread of its connection.
 */
#ifndef LOAD_PROTOCOL_H
#define LOAD_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "load_keys.h"

/** Room for what stands before a value, in requests and replies. */
#define LOAD_PROTOCOL_HEAD_MAX 320

/** Parts of a request: head, value, and what ends it. */
#define LOAD_PROTOCOL_PARTS 3

struct load_request {
	uint64_t due; /* a reading of the clock */
	uint32_t key; /* its number */
	bool set; /* or else get */
};

enum load_outcome {
	LOAD_MORE, /* the reply is not complete */
	LOAD_HIT,
	LOAD_MISS,
	LOAD_STORED,
	LOAD_REFUSED, /* the server reports an error */
	LOAD_BROKEN /* no reply to this request: the connection is of no use any more */
};

/** A reply on its way. Zeroed to begin with; a complete one leaves it ready for the next. */
struct load_reply {
	enum load_outcome outcome; /* when it is complete; LOAD_MORE while the head is not */
	bool differs; /* the value is not the key's */
	bool verify; /* look at the value; stays */
	uint32_t skip; /* bytes still to come before the value */
	uint32_t value; /* bytes of the value still to come */
	uint32_t value_at; /* bytes of it seen */
	uint32_t tail_bytes; /* that still end it */
	const char *tail; /* these */
	uint32_t head_len; /* of a head that came in pieces */
	char head[LOAD_PROTOCOL_HEAD_MAX];
};

struct load_protocol {
	const char *name;

	/** Write what stands before a set's value, or all of a get; at most LOAD_PROTOCOL_HEAD_MAX.
	 */
	uint32_t (*request_head)(const struct load_keys *keys, const struct load_request *request,
				 char *head);

	/** What ends a set. */
	const char *request_tail;

	/** Bytes of the reply's head; 0 where its end is not among @p len bytes. */
	uint32_t (*reply_head_bytes)(const char *data, uint32_t len);

	/** Understand a complete head: sets outcome, skip, value and tail of @p reply. */
	void (*reply_head)(struct load_reply *reply, const struct load_keys *keys,
			   const struct load_request *request, const char *head, uint32_t len);
};

extern const struct load_protocol load_protocol_text;
extern const struct load_protocol load_protocol_binary;

/**
 * Lay out a request.
 *
 * @param protocol
 *   The protocol.
 * @param keys
 *   The keys.
 * @param request
 *   The request.
 * @param head
 *   Room for LOAD_PROTOCOL_HEAD_MAX bytes.
 * @param[out] parts
 *   LOAD_PROTOCOL_PARTS of them; they refer to @p head and to the key's value.
 * @return
 *   How many of them there are.
 */
unsigned int load_protocol_request(const struct load_protocol *protocol,
				   const struct load_keys *keys, const struct load_request *request,
				   char *head, struct iovec *parts);

/**
 * Take bytes of the reply to a request.
 *
 * @param protocol
 *   The protocol.
 * @param reply
 *   What came of it so far.
 * @param keys
 *   The keys.
 * @param request
 *   The request that it answers.
 * @param data
 *   What came; more replies may follow it.
 * @param len
 *   Length of @p data.
 * @param[out] used
 *   How many of them are this reply's.
 * @return
 *   LOAD_MORE: all were used. Else the outcome; reply->differs tells of the value until the next.
 */
enum load_outcome load_protocol_reply(const struct load_protocol *protocol,
				      struct load_reply *reply, const struct load_keys *keys,
				      const struct load_request *request, const uint8_t *data,
				      uint32_t len, uint32_t *used);

#endif /* LOAD_PROTOCOL_H */

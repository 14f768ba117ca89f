/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the files of mc share: the state of a connection, the parser that walks its bytes, and the
 * tag by which a response finds its way back into the client's words.
 *
 * Threads: the core that owns the connection.
 */
#ifndef MC_INTERNAL_H
#define MC_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "mc.h"
#include "mc_stats.h"

/** Largest value stored where the configuration names none. */
#define MC_VALUE_MAX_DEFAULT (1024 * 1024)

/** What all connections of a core share. */
struct mc {
	struct mc_stats *stats;
	struct mc_stats_core *counters; /* this core's */
	const char *version;
	size_t version_len;
	uint32_t value_max;
};

/** Which protocol a connection speaks. */
enum mc_mode {
	MC_MODE_UNKNOWN, /* nothing has arrived yet */
	MC_MODE_TEXT,
	MC_MODE_BINARY
};

/** What the next byte of a connection belongs to. */
enum mc_step {
	MC_STEP_COMMAND, /* a header or a command line */
	MC_STEP_VALUE, /* the value of the request in hand */
	MC_STEP_SKIP, /* the body of a request that was answered already */
	MC_STEP_VALUE_END, /* text: the line end after a value */
	MC_STEP_KEYS, /* text: the keys of a retrieval */
	MC_STEP_SKIP_LINE, /* text: the rest of a line that was answered already */
	MC_STEPS
};

/** The state of a connection; the core keeps it, zeroed at first. */
struct mc_conn {
	struct tr_request *request; /* prepared, its value still arriving */
	uint64_t skip; /* bytes left to skip */
	int64_t exptime; /* of a gat, as the client gave it */
	uint32_t value_offset; /* bytes of the value that have arrived */
	uint8_t mode; /* enum mc_mode */
	uint8_t step; /* enum mc_step */
	uint8_t keys_op; /* of the retrieval: TR_ENGINE_GET or TR_ENGINE_GAT */
	uint8_t keys_flags; /* of the retrieval: MC_TAG_* */
	bool unordered; /* binary: negotiated */
	bool get_failed; /* text, compose: an error ended the answer to this retrieval */
};

_Static_assert(sizeof(struct mc_conn) <= 128, "a protocol's state is at most 128 bytes");

/** One call of parse: the bytes, and how far it got. */
struct mc_parser {
	struct mc *mc;
	const struct tr_protocol_host *host;
	struct tr_conn *conn;
	struct mc_conn *state;
	const uint8_t *data;
	size_t len;
	size_t used;
};

/** What a step says. */
enum mc_result {
	MC_NEXT, /* on to the step that the state names */
	MC_MORE, /* needs bytes that have not arrived */
	MC_BLOCKED, /* no credit or budget; nothing of this request was consumed */
	MC_CLOSED /* the host was told to close */
};

#define MC_TAG_NOREPLY 0x01 /* text: the client wants no answer */
#define MC_TAG_CAS 0x02 /* text: the answer shows the cas */
#define MC_TAG_END 0x04 /* text: ends the answer to a retrieval */
#define MC_TAG_UNORDERED 0x08 /* binary: may be executed and answered out of order */

/** Ways of a request back to its client: kept in the request's protocol_data. */
struct mc_tag {
	uint32_t opaque; /* binary: as it came */
	uint16_t fixed; /* answer known without the engine: binary status or enum mc_text_reply */
	uint8_t flags; /* MC_TAG_* */
	uint8_t reserved; /* zero */
};

_Static_assert(sizeof(struct mc_tag) == sizeof(uint64_t), "a tag is one word of protocol_data");

static inline void
mc_tag_store(struct tr_request *request, struct mc_tag tag)
{
	memcpy(&request->protocol_data[0], &tag, sizeof(tag));
}

static inline struct mc_tag
mc_tag_load(const struct tr_request *request)
{
	struct mc_tag tag;

	memcpy(&tag, &request->protocol_data[0], sizeof(tag));
	return tag;
}

static inline struct iovec
mc_part(const void *base, size_t len)
{
	/* The chain only reads, but struct iovec has no const. */
	return (struct iovec){.iov_base = (void *)(uintptr_t)base, .iov_len = len};
}

/** Bytes not yet consumed. */
static inline const uint8_t *
mc_rest(const struct mc_parser *parser)
{
	return parser->data + parser->used;
}

/** Number of bytes not yet consumed. */
static inline size_t
mc_rest_len(const struct mc_parser *parser)
{
	return parser->len - parser->used;
}

/** Make @p len bytes of a body that nobody needs the next thing to arrive. */
void mc_skip_body(struct mc_parser *parser, uint64_t len);

/** Take a request, tagged; NULL: no credit. */
struct tr_request *mc_request_get(struct mc_parser *parser, uint8_t protocol_op, struct mc_tag tag);

/** Set the key of a request; @p len is at most TR_ENGINE_KEY_MAX. */
void mc_request_set_key(struct tr_request *request, const uint8_t *key, size_t len);

/** Answer a request with its tag's fixed answer, or with plain success. */
void mc_request_answer(struct mc_parser *parser, struct tr_request *request, unsigned int order);

/**
 * Prepare a storing request and make its value the next thing to arrive, or refuse it: then its
 * place is taken by the answer that says so. Unless there is no budget, the header is used up.
 *
 * @param header_bytes
 *   Of the request, in front of the value.
 * @param trailer_bytes
 *   The same, behind it.
 * @return
 *   0: the value comes next; -EAGAIN: no budget, the request was given back; -EMSGSIZE or -ENOMEM:
 *   refused and answered, its body is to be skipped.
 */
int mc_request_store(struct mc_parser *parser, struct tr_request *request, size_t header_bytes,
		     uint32_t trailer_bytes, uint16_t (*refusal)(enum tr_engine_status status));

/** Start the request in hand, whose value is complete. */
void mc_request_start_stored(struct mc_parser *parser);

/**
 * When an item expires, by memcached's rule: 0 never, negative at once, up to 30 days from now, and
 * beyond that as UNIX time.
 */
uint32_t mc_expiry(int64_t exptime, uint32_t now_s);

/** Parse one binary request's header, extras and key. */
enum mc_result mc_binary_command(struct mc_parser *parser);

/** Write the bytes that answer a binary request. As tr_protocol_ops.compose. */
int mc_binary_compose(struct mc *mc, const struct mc_conn *state, const struct tr_request *request,
		      const struct tr_response *response, struct tr_chain *chain);

/** Parse one command line. */
enum mc_result mc_text_command(struct mc_parser *parser);

/** Parse what follows a value: the line end without which it is no value. */
enum mc_result mc_text_value_end(struct mc_parser *parser);

/** Parse the next key of a retrieval, or its end. */
enum mc_result mc_text_get_keys(struct mc_parser *parser);

/** Skip to the end of the line. */
enum mc_result mc_text_get_skip_line(struct mc_parser *parser);

/** Write the bytes that answer a text request. As tr_protocol_ops.compose. */
int mc_text_compose(struct mc *mc, struct mc_conn *state, const struct tr_request *request,
		    const struct tr_response *response, struct tr_chain *chain);

#endif /* MC_INTERNAL_H */

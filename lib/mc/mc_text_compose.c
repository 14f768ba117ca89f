/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_memcpy.h>

#include "mc_decimal.h"
#include "mc_text.h"

static const char mc_text_value[] = "VALUE ";
#define MC_TEXT_VALUE_BYTES (sizeof(mc_text_value) - 1)
static const char mc_text_line_end_and_end[] = "\r\nEND\r\n";

/* Two numbers of 32 bits and one of 64, a space before each, and a line end. */
#define MC_TEXT_NUMBERS_MAX (3 + 2 * 10 + MC_DECIMAL_MAX + 2)

/* An item's answer without key and value; and the longest value that is written in one piece. */
#define MC_TEXT_ITEM_MAX                                                                           \
	(MC_TEXT_VALUE_BYTES + MC_TEXT_NUMBERS_MAX + sizeof(mc_text_line_end_and_end) - 1)
#define MC_TEXT_WRITE_MAX 1024

#define REPLY(reply)                                                                               \
	{                                                                                          \
		reply, sizeof(reply) - 1                                                           \
	}

static const struct {
	const char *text;
	size_t len;
} mc_text_replies[MC_TEXT_REPLIES] = {
	[MC_TEXT_OK] = REPLY("OK\r\n"),
	[MC_TEXT_END] = REPLY("END\r\n"),
	[MC_TEXT_STORED] = REPLY("STORED\r\n"),
	[MC_TEXT_NOT_STORED] = REPLY("NOT_STORED\r\n"),
	[MC_TEXT_EXISTS] = REPLY("EXISTS\r\n"),
	[MC_TEXT_NOT_FOUND] = REPLY("NOT_FOUND\r\n"),
	[MC_TEXT_DELETED] = REPLY("DELETED\r\n"),
	[MC_TEXT_TOUCHED] = REPLY("TOUCHED\r\n"),
	[MC_TEXT_VERSION] = REPLY("VERSION "),
	[MC_TEXT_ERROR] = REPLY("ERROR\r\n"),
	[MC_TEXT_BAD_FORMAT] = REPLY("CLIENT_ERROR bad command line format\r\n"),
	[MC_TEXT_BAD_DELETE] = REPLY("CLIENT_ERROR bad command line format.  "
				     "Usage: delete <key> [noreply]\r\n"),
	[MC_TEXT_BAD_CHUNK] = REPLY("CLIENT_ERROR bad data chunk\r\n"),
	[MC_TEXT_BAD_DELTA] = REPLY("CLIENT_ERROR invalid numeric delta argument\r\n"),
	[MC_TEXT_BAD_EXPTIME] = REPLY("CLIENT_ERROR invalid exptime argument\r\n"),
	[MC_TEXT_LINE_TOO_LONG] = REPLY("CLIENT_ERROR line too long\r\n"),
	[MC_TEXT_NOT_NUMERIC] =
		REPLY("CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"),
	[MC_TEXT_TOO_LARGE] = REPLY("SERVER_ERROR object too large for cache\r\n"),
	[MC_TEXT_NO_MEMORY] = REPLY("SERVER_ERROR out of memory storing object\r\n"),
	[MC_TEXT_NOT_SUPPORTED] = REPLY("SERVER_ERROR not supported\r\n"),
	[MC_TEXT_BUSY] = REPLY("SERVER_ERROR temporary failure\r\n"),
};

#undef REPLY

static int mc_text_compose_reply(struct mc *mc, enum mc_text_reply reply, struct tr_chain *chain);
static int mc_text_compose_get(struct mc *mc, struct mc_conn *state,
			       const struct tr_request *request, const struct tr_response *response,
			       struct tr_chain *chain);
static int mc_text_compose_end(struct mc *mc, struct mc_conn *state, enum mc_text_reply reply,
			       struct tr_chain *chain);
static int mc_text_compose_item(const struct tr_request *request,
				const struct tr_response *response, struct tr_chain *chain);
static int mc_text_append_item(const struct tr_request *request, const struct tr_response *response,
			       uint8_t flags, struct tr_chain *chain);
static char *mc_text_write_numbers(char *to, const struct tr_response *response, uint8_t flags);
static int mc_text_compose_number(uint64_t number, struct tr_chain *chain);
static enum mc_text_reply mc_text_reply_of(uint8_t op, uint16_t status);
static enum mc_text_reply mc_text_success_of(uint8_t op);

int
mc_text_compose(struct mc *mc, struct mc_conn *state, const struct tr_request *request,
		const struct tr_response *response, struct tr_chain *chain)
{
	struct mc_tag tag = mc_tag_load(request);
	enum mc_text_reply reply = tag.fixed;

	if ((tag.flags & MC_TAG_NOREPLY) != 0)
		return 0;
	if (reply != MC_TEXT_NONE) {
		if ((tag.flags & MC_TAG_END) != 0)
			return mc_text_compose_end(mc, state, reply, chain);
		return mc_text_compose_reply(mc, reply, chain);
	}

	switch (request->op) {
	case TR_ENGINE_GET:
	case TR_ENGINE_GAT:
		return mc_text_compose_get(mc, state, request, response, chain);
	case TR_ENGINE_INCR:
	case TR_ENGINE_DECR:
		if (response->status == TR_ENGINE_OK)
			return mc_text_compose_number(response->number, chain);
		break;
	case TR_ENGINE_STAT:
		if (mc_stats_answers(request, response))
			return mc_stats_compose(mc, state, request, response, chain);
		/* There is no such group. */
		return mc_text_compose_reply(mc, MC_TEXT_ERROR, chain);
	default:
		break;
	}
	return mc_text_compose_reply(mc, mc_text_reply_of(request->op, response->status), chain);
}

static int
mc_text_compose_reply(struct mc *mc, enum mc_text_reply reply, struct tr_chain *chain)
{
	const char *text = mc_text_replies[reply].text;
	size_t len = mc_text_replies[reply].len;
	struct iovec parts[3] = {mc_part(text, len)};
	void *to;

	if (reply != MC_TEXT_VERSION) {
		to = tr_chain_reserve(chain, len);
		if (unlikely(to == NULL))
			return tr_chain_append(chain, parts, 1);
		rte_memcpy(to, text, len);
		tr_chain_commit(chain, len);
		return 0;
	}
	parts[1] = mc_part(mc->version, mc->version_len);
	parts[2] = mc_part("\r\n", 2);
	return tr_chain_append(chain, parts, RTE_DIM(parts));
}

/*
 * A client takes an error line for the end of the answer to a retrieval, so nothing may follow it:
 * neither the items of further keys nor END.
 */
static int
mc_text_compose_get(struct mc *mc, struct mc_conn *state, const struct tr_request *request,
		    const struct tr_response *response, struct tr_chain *chain)
{
	bool last = (mc_tag_load(request).flags & MC_TAG_END) != 0;
	int ret;

	if (!state->get_failed && response->status == TR_ENGINE_OK)
		return mc_text_compose_item(request, response, chain);
	if (state->get_failed || response->status == TR_ENGINE_NOT_FOUND)
		return last ? mc_text_compose_end(mc, state, MC_TEXT_END, chain) : 0;
	ret = mc_text_compose_reply(mc, mc_text_reply_of(request->op, response->status), chain);
	if (ret == 0)
		state->get_failed = !last;
	return ret;
}

static int
mc_text_compose_end(struct mc *mc, struct mc_conn *state, enum mc_text_reply reply,
		    struct tr_chain *chain)
{
	if (state->get_failed) {
		state->get_failed = false;
		return 0;
	}
	return mc_text_compose_reply(mc, reply, chain);
}

static int
mc_text_compose_item(const struct tr_request *request, const struct tr_response *response,
		     struct tr_chain *chain)
{
	uint8_t flags = mc_tag_load(request).flags;
	char *begin = NULL;
	char *end;

	if (likely(response->value_len <= MC_TEXT_WRITE_MAX))
		begin = tr_chain_reserve(chain,
					 MC_TEXT_ITEM_MAX + request->key_len + response->value_len);
	if (unlikely(begin == NULL))
		return mc_text_append_item(request, response, flags, chain);
	memcpy(begin, mc_text_value, MC_TEXT_VALUE_BYTES);
	end = begin + MC_TEXT_VALUE_BYTES;
	rte_memcpy(end, request->key, request->key_len);
	end = mc_text_write_numbers(end + request->key_len, response, flags);
	rte_memcpy(end, response->value, response->value_len);
	end += response->value_len;
	if ((flags & MC_TAG_END) != 0) {
		memcpy(end, mc_text_line_end_and_end, 7);
		end += 7;
	} else {
		memcpy(end, mc_text_line_end_and_end, 2);
		end += 2;
	}
	tr_chain_commit(chain, end - begin);
	return 0;
}

/* What is large, or does not fit into one mbuf. */
static int
mc_text_append_item(const struct tr_request *request, const struct tr_response *response,
		    uint8_t flags, struct tr_chain *chain)
{
	char numbers[MC_TEXT_NUMBERS_MAX];
	char *end = mc_text_write_numbers(numbers, response, flags);
	struct iovec parts[] = {
		mc_part(mc_text_value, MC_TEXT_VALUE_BYTES),
		mc_part(request->key, request->key_len),
		mc_part(numbers, end - numbers),
		mc_part(response->value, response->value_len),
		mc_part(mc_text_line_end_and_end, (flags & MC_TAG_END) != 0 ? 7 : 2),
	};

	return tr_chain_append_value(chain, parts, RTE_DIM(parts), 3, response->release,
				     response->release_arg);
}

/* Flags, length and cas, with what separates them, up to MC_TEXT_NUMBERS_MAX bytes. */
static char *
mc_text_write_numbers(char *to, const struct tr_response *response, uint8_t flags)
{
	*to++ = ' ';
	to = mc_decimal_write(to, response->client_flags);
	*to++ = ' ';
	to = mc_decimal_write(to, response->value_len);
	if ((flags & MC_TAG_CAS) != 0) {
		*to++ = ' ';
		to = mc_decimal_write(to, response->cas);
	}
	*to++ = '\r';
	*to++ = '\n';
	return to;
}

static int
mc_text_compose_number(uint64_t number, struct tr_chain *chain)
{
	char text[MC_DECIMAL_MAX + 2];
	char *end = mc_decimal_write(text, number);
	struct iovec part;

	*end++ = '\r';
	*end++ = '\n';
	part = mc_part(text, end - text);
	return tr_chain_append(chain, &part, 1);
}

static enum mc_text_reply
mc_text_reply_of(uint8_t op, uint16_t status)
{
	switch (status) {
	case TR_ENGINE_OK:
		return mc_text_success_of(op);
	case TR_ENGINE_NOT_FOUND:
		return MC_TEXT_NOT_FOUND;
	case TR_ENGINE_EXISTS:
		return MC_TEXT_EXISTS;
	case TR_ENGINE_NOT_STORED:
		return MC_TEXT_NOT_STORED;
	case TR_ENGINE_TOO_LARGE:
		return MC_TEXT_TOO_LARGE;
	case TR_ENGINE_BAD_DELTA:
		return MC_TEXT_NOT_NUMERIC;
	case TR_ENGINE_NO_MEMORY:
		return MC_TEXT_NO_MEMORY;
	case TR_ENGINE_INVALID:
		return MC_TEXT_BAD_FORMAT;
	case TR_ENGINE_NOT_SUPPORTED:
		return MC_TEXT_NOT_SUPPORTED;
	default:
		return MC_TEXT_BUSY;
	}
}

static enum mc_text_reply
mc_text_success_of(uint8_t op)
{
	switch (op) {
	case TR_ENGINE_DELETE:
		return MC_TEXT_DELETED;
	case TR_ENGINE_TOUCH:
		return MC_TEXT_TOUCHED;
	case TR_ENGINE_FLUSH:
		return MC_TEXT_OK;
	default:
		return MC_TEXT_STORED;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <rte_common.h>

#include "mc_decimal.h"
#include "mc_text.h"

static const char *const mc_text_replies[MC_TEXT_REPLIES] = {
	[MC_TEXT_OK] = "OK\r\n",
	[MC_TEXT_END] = "END\r\n",
	[MC_TEXT_STORED] = "STORED\r\n",
	[MC_TEXT_NOT_STORED] = "NOT_STORED\r\n",
	[MC_TEXT_EXISTS] = "EXISTS\r\n",
	[MC_TEXT_NOT_FOUND] = "NOT_FOUND\r\n",
	[MC_TEXT_DELETED] = "DELETED\r\n",
	[MC_TEXT_TOUCHED] = "TOUCHED\r\n",
	[MC_TEXT_VERSION] = "VERSION ",
	[MC_TEXT_ERROR] = "ERROR\r\n",
	[MC_TEXT_BAD_FORMAT] = "CLIENT_ERROR bad command line format\r\n",
	[MC_TEXT_BAD_DELETE] = "CLIENT_ERROR bad command line format.  "
			       "Usage: delete <key> [noreply]\r\n",
	[MC_TEXT_BAD_CHUNK] = "CLIENT_ERROR bad data chunk\r\n",
	[MC_TEXT_BAD_DELTA] = "CLIENT_ERROR invalid numeric delta argument\r\n",
	[MC_TEXT_BAD_EXPTIME] = "CLIENT_ERROR invalid exptime argument\r\n",
	[MC_TEXT_LINE_TOO_LONG] = "CLIENT_ERROR line too long\r\n",
	[MC_TEXT_NOT_NUMERIC] = "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
	[MC_TEXT_TOO_LARGE] = "SERVER_ERROR object too large for cache\r\n",
	[MC_TEXT_NO_MEMORY] = "SERVER_ERROR out of memory storing object\r\n",
	[MC_TEXT_NOT_SUPPORTED] = "SERVER_ERROR not supported\r\n",
	[MC_TEXT_BUSY] = "SERVER_ERROR temporary failure\r\n",
};

static int mc_text_compose_reply(struct mc *mc, enum mc_text_reply reply, struct tr_chain *chain);
static int mc_text_compose_get(struct mc *mc, struct mc_conn *state,
			       const struct tr_request *request, const struct tr_response *response,
			       struct tr_chain *chain);
static int mc_text_compose_end(struct mc *mc, struct mc_conn *state, enum mc_text_reply reply,
			       struct tr_chain *chain);
static int mc_text_compose_item(const struct tr_request *request,
				const struct tr_response *response, struct tr_chain *chain);
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
	const char *text = mc_text_replies[reply];
	struct iovec parts[3] = {mc_part(text, strlen(text))};

	if (reply != MC_TEXT_VERSION)
		return tr_chain_append(chain, parts, 1);
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
	static const char line_end_and_end[] = "\r\nEND\r\n";
	uint8_t flags = mc_tag_load(request).flags;
	/* Flags, length and cas, with what separates them. */
	char numbers[3 * (1 + MC_DECIMAL_MAX) + 2];
	struct iovec parts[5];
	char *end = numbers;

	*end++ = ' ';
	end = mc_decimal_write(end, response->client_flags);
	*end++ = ' ';
	end = mc_decimal_write(end, response->value_len);
	if ((flags & MC_TAG_CAS) != 0) {
		*end++ = ' ';
		end = mc_decimal_write(end, response->cas);
	}
	*end++ = '\r';
	*end++ = '\n';
	parts[0] = mc_part("VALUE ", 6);
	parts[1] = mc_part(request->key, request->key_len);
	parts[2] = mc_part(numbers, end - numbers);
	parts[3] = mc_part(response->value, response->value_len);
	parts[4] = mc_part(line_end_and_end, (flags & MC_TAG_END) != 0 ? 7 : 2);
	return tr_chain_append_value(chain, parts, RTE_DIM(parts), 3, response->release,
				     response->release_arg);
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

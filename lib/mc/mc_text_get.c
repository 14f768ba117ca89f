/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Retrievals. Each key becomes a request of its own, so that a line of any length needs no more
 * credit than there is at a time and no more memory than one key. That of the last key also ends
 * the answer; where the line end does not follow the key at once, END is a request of its own. A
 * line that can be seen whole is checked whole first: then an error is the only answer to it, as it
 * is with memcached. A longer one is answered as far as it goes.
 */
#include "mc_text.h"

#include <rte_common.h>

static enum mc_result mc_text_get_begin(struct mc_parser *parser,
					const struct mc_text_command *command, int64_t exptime,
					const uint8_t *keys);
static bool mc_text_get_start(struct mc_parser *parser, struct mc_tag tag, const uint8_t *key,
			      size_t len);
static enum mc_result mc_text_get_end(struct mc_parser *parser, size_t line_end_len);
static enum mc_result mc_text_get_key(struct mc_parser *parser, size_t len, size_t line_end_len);
static enum mc_result mc_text_get_bad_key(struct mc_parser *parser);

enum mc_result
mc_text_get_usual(struct mc_parser *parser)
{
	static const char get[4] = "get ";
	const uint8_t *begin = mc_rest(parser);
	const uint8_t *key = begin + sizeof(get);
	struct mc_tag tag = {.flags = MC_TAG_END};
	const uint8_t *newline;
	size_t len;

	if (mc_rest_len(parser) < sizeof(get) || memcmp(begin, get, sizeof(get)) != 0)
		return mc_text_command_any(parser);
	len = RTE_MIN(mc_rest_len(parser) - sizeof(get), (size_t)TR_ENGINE_KEY_MAX + 2);
	newline = memchr(key, '\n', len);
	if (newline == NULL)
		return mc_text_command_any(parser);
	len = newline - key - (newline > key && newline[-1] == '\r');
	if (len == 0 || len > TR_ENGINE_KEY_MAX || memchr(key, ' ', len) != NULL)
		return mc_text_command_any(parser);
	parser->state->keys_op = TR_ENGINE_GET;
	if (!mc_text_get_start(parser, tag, key, len))
		return MC_BLOCKED;
	parser->used += newline + 1 - begin;
	return MC_NEXT;
}

enum mc_result
mc_text_get(struct mc_parser *parser, const struct mc_text_command *command,
	    const struct mc_text_line *line)
{
	const uint8_t *keys = line->words[0].bytes + line->words[0].len;
	struct mc_text_word key;
	int64_t exptime = 0;

	if (command->op == TR_ENGINE_GAT) {
		if (!mc_text_parse_signed(&line->words[1], &exptime))
			return mc_text_answer(parser, line, MC_TEXT_BAD_EXPTIME);
		keys = line->words[1].bytes + line->words[1].len;
	}
	for (key = mc_text_word_next(keys, line->end); key.len != 0;
	     key = mc_text_word_next(key.bytes + key.len, line->end))
		if (key.len > TR_ENGINE_KEY_MAX)
			return mc_text_answer(parser, line, MC_TEXT_BAD_FORMAT);
	return mc_text_get_begin(parser, command, exptime, keys);
}

enum mc_result
mc_text_get_long(struct mc_parser *parser)
{
	const uint8_t *end = mc_rest(parser) + MC_TEXT_LINE_MAX;
	struct mc_text_word word = mc_text_word_next(mc_rest(parser), end);
	const struct mc_text_command *command = mc_text_find(&word);
	int64_t exptime = 0;

	if (command == NULL || command->run != mc_text_get)
		goto too_long;
	if (command->op == TR_ENGINE_GAT) {
		word = mc_text_word_next(word.bytes + word.len, end);
		if (word.bytes + word.len == end || !mc_text_parse_signed(&word, &exptime))
			goto too_long;
	}
	return mc_text_get_begin(parser, command, exptime, word.bytes + word.len);

too_long:
	if (!mc_text_reply(parser, MC_TEXT_LINE_TOO_LONG, 0))
		return MC_BLOCKED;
	mc_stats_count(parser->mc, MC_CLOSED_MALFORMED);
	parser->host->close(parser->conn);
	return MC_CLOSED;
}

static enum mc_result
mc_text_get_begin(struct mc_parser *parser, const struct mc_text_command *command, int64_t exptime,
		  const uint8_t *keys)
{
	struct mc_conn *state = parser->state;

	state->keys_op = command->op;
	state->keys_flags = command->flags;
	state->exptime = exptime;
	state->step = MC_STEP_KEYS;
	parser->used = keys - parser->data;
	return MC_NEXT;
}

enum mc_result
mc_text_get_keys(struct mc_parser *parser)
{
	const uint8_t *begin, *at, *end, *space;
	size_t line_end_len = 0;

	while (mc_rest_len(parser) != 0 && *mc_rest(parser) == ' ')
		parser->used++;
	begin = mc_rest(parser);
	/* Longer than a key and a line end: there is no need to see more. */
	end = begin + RTE_MIN(mc_rest_len(parser), (size_t)TR_ENGINE_KEY_MAX + 2);
	at = memchr(begin, '\n', end - begin);
	if (at == NULL)
		at = end;
	space = memchr(begin, ' ', at - begin);
	if (space != NULL)
		at = space;
	if (at == end)
		return at - begin < TR_ENGINE_KEY_MAX + 2 ? MC_MORE : mc_text_get_bad_key(parser);
	if (*at == '\n')
		line_end_len = 1;
	if (*at == '\n' && at > begin && at[-1] == '\r') {
		at--;
		line_end_len = 2;
	}
	if (at == begin)
		return mc_text_get_end(parser, line_end_len);
	if (at - begin > TR_ENGINE_KEY_MAX)
		return mc_text_get_bad_key(parser);
	return mc_text_get_key(parser, at - begin, line_end_len);
}

/* @p line_end_len: of the line end that follows the key; 0: something else does. */
static enum mc_result
mc_text_get_key(struct mc_parser *parser, size_t len, size_t line_end_len)
{
	struct mc_conn *state = parser->state;
	bool last = line_end_len > 0;
	struct mc_tag tag = {.flags = state->keys_flags | (last ? MC_TAG_END : 0)};

	if (!mc_text_get_start(parser, tag, mc_rest(parser), len))
		return MC_BLOCKED;
	parser->used += len + line_end_len;
	if (last)
		state->step = MC_STEP_COMMAND;
	return MC_NEXT;
}

/* The request of a key; false: no credit. */
static bool
mc_text_get_start(struct mc_parser *parser, struct mc_tag tag, const uint8_t *key, size_t len)
{
	struct tr_request *request = mc_request_get(parser, 0, tag);

	if (request == NULL)
		return false;
	request->op = parser->state->keys_op;
	if (request->op == TR_ENGINE_GAT)
		request->expiry_s = mc_expiry(parser->state->exptime, request->now_s);
	mc_request_set_key(request, key, len);
	parser->host->request_start(parser->conn, request, 0);
	return true;
}

static enum mc_result
mc_text_get_end(struct mc_parser *parser, size_t line_end_len)
{
	if (!mc_text_reply(parser, MC_TEXT_END, MC_TAG_END))
		return MC_BLOCKED;
	parser->used += line_end_len;
	parser->state->step = MC_STEP_COMMAND;
	return MC_NEXT;
}

/* In place of END, for which a client takes any error. */
static enum mc_result
mc_text_get_bad_key(struct mc_parser *parser)
{
	if (!mc_text_reply(parser, MC_TEXT_BAD_FORMAT, MC_TAG_END))
		return MC_BLOCKED;
	parser->state->step = MC_STEP_SKIP_LINE;
	return MC_NEXT;
}

enum mc_result
mc_text_get_skip_line(struct mc_parser *parser)
{
	const uint8_t *newline = memchr(mc_rest(parser), '\n', mc_rest_len(parser));

	if (newline == NULL) {
		parser->used = parser->len;
		return MC_MORE;
	}
	parser->used = newline + 1 - parser->data;
	parser->state->step = MC_STEP_COMMAND;
	return MC_NEXT;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_text.h"

#include <rte_common.h>

static enum mc_result mc_text_close(struct mc_parser *parser);
static bool mc_text_line_read(const struct mc_parser *parser, struct mc_text_line *line);
static uint8_t mc_text_noreply(const struct mc_text_command *command,
			       const struct mc_text_line *line);
static enum mc_result mc_text_unknown(struct mc_parser *parser, const struct mc_text_line *line);
static enum mc_result mc_text_delete(struct mc_parser *parser,
				     const struct mc_text_command *command,
				     const struct mc_text_line *line);
static enum mc_result mc_text_arithmetic(struct mc_parser *parser,
					 const struct mc_text_command *command,
					 const struct mc_text_line *line);
static enum mc_result mc_text_touch(struct mc_parser *parser, const struct mc_text_command *command,
				    const struct mc_text_line *line);
static enum mc_result mc_text_flush_all(struct mc_parser *parser,
					const struct mc_text_command *command,
					const struct mc_text_line *line);
static enum mc_result mc_text_version(struct mc_parser *parser,
				      const struct mc_text_command *command,
				      const struct mc_text_line *line);
static enum mc_result mc_text_verbosity(struct mc_parser *parser,
					const struct mc_text_command *command,
					const struct mc_text_line *line);
static enum mc_result mc_text_stats(struct mc_parser *parser, const struct mc_text_command *command,
				    const struct mc_text_line *line);
static enum mc_result mc_text_quit(struct mc_parser *parser, const struct mc_text_command *command,
				   const struct mc_text_line *line);
static struct tr_request *mc_text_request(struct mc_parser *parser,
					  const struct mc_text_command *command,
					  const struct mc_text_line *line);
static enum mc_result mc_text_start(struct mc_parser *parser, const struct mc_text_line *line,
				    struct tr_request *request, unsigned int order);

#define ANY UINT16_MAX
#define NAME(text) text, sizeof(text) - 1

/* The most frequent first. */
static const struct mc_text_command mc_text_commands[] = {
	{NAME("get"), 2, ANY, TR_ENGINE_GET, 0, mc_text_get},
	{NAME("set"), 5, 6, TR_ENGINE_SET, 0, mc_text_store},
	{NAME("gets"), 2, ANY, TR_ENGINE_GET, MC_TAG_CAS, mc_text_get},
	{NAME("delete"), 2, 4, TR_ENGINE_DELETE, 0, mc_text_delete},
	{NAME("incr"), 3, 4, TR_ENGINE_INCR, 0, mc_text_arithmetic},
	{NAME("decr"), 3, 4, TR_ENGINE_DECR, 0, mc_text_arithmetic},
	{NAME("cas"), 6, 7, TR_ENGINE_SET, MC_TAG_CAS, mc_text_store},
	{NAME("add"), 5, 6, TR_ENGINE_ADD, 0, mc_text_store},
	{NAME("replace"), 5, 6, TR_ENGINE_REPLACE, 0, mc_text_store},
	{NAME("append"), 5, 6, TR_ENGINE_APPEND, 0, mc_text_store},
	{NAME("prepend"), 5, 6, TR_ENGINE_PREPEND, 0, mc_text_store},
	{NAME("touch"), 3, 4, TR_ENGINE_TOUCH, 0, mc_text_touch},
	{NAME("gat"), 2, ANY, TR_ENGINE_GAT, 0, mc_text_get},
	{NAME("gats"), 2, ANY, TR_ENGINE_GAT, MC_TAG_CAS, mc_text_get},
	{NAME("version"), 1, ANY, TR_ENGINE_OPS, 0, mc_text_version},
	{NAME("stats"), 1, ANY, TR_ENGINE_STAT, 0, mc_text_stats},
	{NAME("flush_all"), 1, 3, TR_ENGINE_FLUSH, 0, mc_text_flush_all},
	{NAME("verbosity"), 2, 3, TR_ENGINE_OPS, 0, mc_text_verbosity},
	{NAME("quit"), 1, ANY, TR_ENGINE_OPS, 0, mc_text_quit},
};

#undef ANY
#undef NAME

enum mc_result
mc_text_command(struct mc_parser *parser)
{
	return mc_text_get_usual(parser);
}

enum mc_result
mc_text_command_any(struct mc_parser *parser)
{
	const struct mc_text_command *command;
	struct mc_text_line line;

	if (!mc_text_line_read(parser, &line))
		return mc_rest_len(parser) < MC_TEXT_LINE_MAX ? MC_MORE : mc_text_get_long(parser);
	if (line.nb_words == 0)
		return mc_text_unknown(parser, &line);
	command = mc_text_find(&line.words[0]);
	if (command == NULL || line.nb_words < command->words_min ||
	    line.nb_words > command->words_max)
		return mc_text_unknown(parser, &line);
	line.noreply = mc_text_noreply(command, &line);
	return command->run(parser, command, &line);
}

/* The first word behind a command that has a key is the key, whatever it says. */
static uint8_t
mc_text_noreply(const struct mc_text_command *command, const struct mc_text_line *line)
{
	bool has_key = command->op != TR_ENGINE_OPS && command->op != TR_ENGINE_FLUSH;

	if (line->nb_words < (has_key ? 3 : 2) || !mc_text_word_is(&line->last, "noreply"))
		return 0;
	return MC_TAG_NOREPLY;
}

const struct mc_text_command *
mc_text_find(const struct mc_text_word *name)
{
	const struct mc_text_command *command;
	unsigned int i;

	for (i = 0; i < RTE_DIM(mc_text_commands); i++) {
		command = &mc_text_commands[i];
		if (name->len == command->name_len && name->bytes[0] == command->name[0] &&
		    memcmp(name->bytes, command->name, name->len) == 0)
			return command;
	}
	return NULL;
}

/* How much may be looked at must not depend on how much has arrived, or answers would. */
static bool
mc_text_line_read(const struct mc_parser *parser, struct mc_text_line *line)
{
	const uint8_t *begin = mc_rest(parser);
	const uint8_t *newline;
	struct mc_text_word word;

	newline = memchr(begin, '\n', RTE_MIN(mc_rest_len(parser), (size_t)MC_TEXT_LINE_MAX));
	if (newline == NULL)
		return false;
	line->len = newline + 1 - begin;
	line->end = newline - (newline > begin && newline[-1] == '\r');
	line->nb_words = 0;
	line->noreply = 0;
	line->last = (struct mc_text_word){.bytes = begin};
	for (word = mc_text_word_next(begin, line->end); word.len != 0;
	     word = mc_text_word_next(word.bytes + word.len, line->end)) {
		if (line->nb_words < MC_TEXT_WORDS)
			line->words[line->nb_words] = word;
		line->nb_words++;
		line->last = word;
	}
	return true;
}

bool
mc_text_parse_unsigned(const struct mc_text_word *word, uint64_t max, uint64_t *number)
{
	size_t i = word->len > 1 && word->bytes[0] == '+';
	uint64_t sum = 0;

	if (word->len == 0)
		return false;
	for (; i < word->len; i++) {
		unsigned int digit = word->bytes[i] - (unsigned int)'0';

		if (digit > 9 || sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*number = sum;
	return true;
}

bool
mc_text_parse_signed(const struct mc_text_word *word, int64_t *number)
{
	struct mc_text_word digits = *word;
	bool negative = word->len > 1 && word->bytes[0] == '-';
	uint64_t magnitude;

	if (negative) {
		digits.bytes++;
		digits.len--;
		if (digits.bytes[0] == '+')
			return false;
	}
	if (!mc_text_parse_unsigned(&digits, INT64_MAX, &magnitude))
		return false;
	*number = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return true;
}

bool
mc_text_reply(struct mc_parser *parser, enum mc_text_reply reply, uint8_t tag_flags)
{
	struct mc_tag tag = {.fixed = reply, .flags = tag_flags};
	struct tr_request *request = mc_request_get(parser, 0, tag);

	if (request == NULL)
		return false;
	mc_request_answer(parser, request, 0);
	if (reply == MC_TEXT_ERROR)
		mc_stats_count(parser->mc, MC_CMD_UNKNOWN);
	else if (reply > MC_TEXT_ERROR && reply <= MC_TEXT_LINE_TOO_LONG)
		mc_stats_count(parser->mc, MC_CMD_MALFORMED);
	return true;
}

enum mc_result
mc_text_answer(struct mc_parser *parser, const struct mc_text_line *line, enum mc_text_reply reply)
{
	/* That there is no such command is said in any case: who knows what "noreply" meant. */
	uint8_t flags = reply == MC_TEXT_ERROR ? 0 : line->noreply;

	if (!mc_text_reply(parser, reply, flags))
		return MC_BLOCKED;
	parser->used += line->len;
	return MC_NEXT;
}

static enum mc_result
mc_text_unknown(struct mc_parser *parser, const struct mc_text_line *line)
{
	static const char http[] = "HTTP/";

	/* A browser that was tricked into talking to us sends its victim's words next. */
	if (line->nb_words > 1 && line->last.len >= strlen(http) &&
	    memcmp(line->last.bytes, http, strlen(http)) == 0)
		return mc_text_close(parser);
	return mc_text_answer(parser, line, MC_TEXT_ERROR);
}

static enum mc_result
mc_text_close(struct mc_parser *parser)
{
	mc_stats_count(parser->mc, MC_CLOSED_MALFORMED);
	parser->host->close(parser->conn);
	return MC_CLOSED;
}

static enum mc_result
mc_text_delete(struct mc_parser *parser, const struct mc_text_command *command,
	       const struct mc_text_line *line)
{
	unsigned int nb_words = line->nb_words - (line->noreply != 0);
	struct tr_request *request;

	if (line->words[1].len > TR_ENGINE_KEY_MAX)
		return mc_text_answer(parser, line, MC_TEXT_BAD_FORMAT);
	/* A time of 0 is left from the days when deletes could be delayed. */
	if (nb_words > 3 || (nb_words == 3 && !mc_text_word_is(&line->words[2], "0")))
		return mc_text_answer(parser, line, MC_TEXT_BAD_DELETE);
	request = mc_text_request(parser, command, line);
	if (request == NULL)
		return MC_BLOCKED;
	return mc_text_start(parser, line, request, 0);
}

static enum mc_result
mc_text_arithmetic(struct mc_parser *parser, const struct mc_text_command *command,
		   const struct mc_text_line *line)
{
	struct tr_request *request;
	uint64_t delta;

	if (line->words[1].len > TR_ENGINE_KEY_MAX)
		return mc_text_answer(parser, line, MC_TEXT_BAD_FORMAT);
	if (!mc_text_parse_unsigned(&line->words[2], UINT64_MAX, &delta))
		return mc_text_answer(parser, line, MC_TEXT_BAD_DELTA);
	request = mc_text_request(parser, command, line);
	if (request == NULL)
		return MC_BLOCKED;
	request->delta = delta;
	request->flags = TR_ENGINE_NO_CREATE;
	return mc_text_start(parser, line, request, 0);
}

static enum mc_result
mc_text_touch(struct mc_parser *parser, const struct mc_text_command *command,
	      const struct mc_text_line *line)
{
	struct tr_request *request;
	int64_t exptime;

	if (line->words[1].len > TR_ENGINE_KEY_MAX)
		return mc_text_answer(parser, line, MC_TEXT_BAD_FORMAT);
	if (!mc_text_parse_signed(&line->words[2], &exptime))
		return mc_text_answer(parser, line, MC_TEXT_BAD_EXPTIME);
	request = mc_text_request(parser, command, line);
	if (request == NULL)
		return MC_BLOCKED;
	request->expiry_s = mc_expiry(exptime, request->now_s);
	return mc_text_start(parser, line, request, 0);
}

static enum mc_result
mc_text_flush_all(struct mc_parser *parser, const struct mc_text_command *command,
		  const struct mc_text_line *line)
{
	unsigned int nb_words = line->nb_words - (line->noreply != 0);
	struct tr_request *request;
	int64_t delay = 0;

	if (nb_words > 1 && !mc_text_parse_signed(&line->words[1], &delay))
		return mc_text_answer(parser, line, MC_TEXT_BAD_EXPTIME);
	request = mc_text_request(parser, command, line);
	if (request == NULL)
		return MC_BLOCKED;
	request->key_len = 0;
	request->expiry_s = delay > 0 ? mc_expiry(delay, request->now_s) : 0;
	return mc_text_start(parser, line, request, TR_PROTOCOL_BARRIER);
}

static enum mc_result
mc_text_version(struct mc_parser *parser, const struct mc_text_command *command,
		const struct mc_text_line *line)
{
	RTE_SET_USED(command);
	if (!mc_text_reply(parser, MC_TEXT_VERSION, 0))
		return MC_BLOCKED;
	parser->used += line->len;
	return MC_NEXT;
}

/* There is nothing that could be more or less verbose. */
static enum mc_result
mc_text_verbosity(struct mc_parser *parser, const struct mc_text_command *command,
		  const struct mc_text_line *line)
{
	uint64_t level;

	RTE_SET_USED(command);
	if (!mc_text_parse_unsigned(&line->words[1], UINT32_MAX, &level))
		return mc_text_answer(parser, line, MC_TEXT_BAD_FORMAT);
	return mc_text_answer(parser, line, MC_TEXT_OK);
}

static enum mc_result
mc_text_stats(struct mc_parser *parser, const struct mc_text_command *command,
	      const struct mc_text_line *line)
{
	struct mc_tag tag = {.fixed = MC_TEXT_NONE};
	struct tr_request *request;

	RTE_SET_USED(command);
	if (line->nb_words > 1 && line->words[1].len > TR_ENGINE_KEY_MAX)
		return mc_text_answer(parser, line, MC_TEXT_ERROR);
	request = mc_request_get(parser, 0, tag);
	if (request == NULL)
		return MC_BLOCKED;
	request->op = TR_ENGINE_STAT;
	if (line->nb_words > 1)
		mc_request_set_key(request, line->words[1].bytes, line->words[1].len);
	return mc_text_start(parser, line, request, TR_PROTOCOL_BARRIER);
}

static enum mc_result
mc_text_quit(struct mc_parser *parser, const struct mc_text_command *command,
	     const struct mc_text_line *line)
{
	RTE_SET_USED(command);
	parser->used += line->len;
	parser->host->close(parser->conn);
	return MC_CLOSED;
}

/* A request for the engine, with the second word as its key. */
static struct tr_request *
mc_text_request(struct mc_parser *parser, const struct mc_text_command *command,
		const struct mc_text_line *line)
{
	struct mc_tag tag = {.flags = command->flags | line->noreply};
	struct tr_request *request = mc_request_get(parser, 0, tag);

	if (request == NULL)
		return NULL;
	request->op = command->op;
	if (line->nb_words > 1)
		mc_request_set_key(request, line->words[1].bytes, line->words[1].len);
	return request;
}

static enum mc_result
mc_text_start(struct mc_parser *parser, const struct mc_text_line *line, struct tr_request *request,
	      unsigned int order)
{
	parser->host->request_start(parser->conn, request, order);
	parser->used += line->len;
	return MC_NEXT;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "mc_text.h"

#include <errno.h>

/* The length of a value, with the line end after it, is an int to memcached. */
#define MC_TEXT_VALUE_MAX (INT32_MAX - 2)

/* What a cas command means by 0; no item has this cas, and to an engine 0 means any. */
#define MC_TEXT_CAS_NEVER UINT64_MAX

/* The numbers of a storing command's line. */
struct mc_text_numbers {
	uint64_t client_flags;
	int64_t exptime;
	uint64_t value_len;
	uint64_t cas;
};

static bool mc_text_store_read(const struct mc_text_line *line, bool has_cas,
			       struct mc_text_numbers *numbers);
static uint16_t mc_text_refusal(enum tr_engine_status status);

enum mc_result
mc_text_store(struct mc_parser *parser, const struct mc_text_command *command,
	      const struct mc_text_line *line)
{
	struct mc_tag tag = {.flags = line->noreply};
	struct mc_text_numbers numbers;
	struct tr_request *request;
	int ret;

	if (!mc_text_store_read(line, (command->flags & MC_TAG_CAS) != 0, &numbers))
		return mc_text_answer(parser, line, MC_TEXT_BAD_FORMAT);
	request = mc_request_get(parser, 0, tag);
	if (request == NULL)
		return MC_BLOCKED;
	request->op = command->op;
	request->client_flags = numbers.client_flags;
	request->expiry_s = mc_expiry(numbers.exptime, request->now_s);
	request->value_len = numbers.value_len;
	request->cas = numbers.cas;
	mc_request_set_key(request, line->words[1].bytes, line->words[1].len);
	ret = mc_request_store(parser, request, line->len, 2, mc_text_refusal);
	if (ret == -EAGAIN)
		return MC_BLOCKED;
	if (ret != 0)
		mc_skip_body(parser, numbers.value_len + 2);
	return MC_NEXT;
}

static bool
mc_text_store_read(const struct mc_text_line *line, bool has_cas, struct mc_text_numbers *numbers)
{
	const struct mc_text_word *words = line->words;

	if (words[1].len > TR_ENGINE_KEY_MAX ||
	    !mc_text_parse_unsigned(&words[2], UINT32_MAX, &numbers->client_flags) ||
	    !mc_text_parse_signed(&words[3], &numbers->exptime) ||
	    !mc_text_parse_unsigned(&words[4], MC_TEXT_VALUE_MAX, &numbers->value_len))
		return false;
	numbers->cas = 0;
	if (!has_cas)
		return true;
	if (!mc_text_parse_unsigned(&words[5], UINT64_MAX, &numbers->cas))
		return false;
	if (numbers->cas == 0)
		numbers->cas = MC_TEXT_CAS_NEVER;
	return true;
}

static uint16_t
mc_text_refusal(enum tr_engine_status status)
{
	return status == TR_ENGINE_TOO_LARGE ? MC_TEXT_TOO_LARGE : MC_TEXT_NO_MEMORY;
}

enum mc_result
mc_text_value_end(struct mc_parser *parser)
{
	struct mc_conn *state = parser->state;

	if (mc_rest_len(parser) < 2)
		return MC_MORE;
	if (memcmp(mc_rest(parser), "\r\n", 2) == 0) {
		parser->used += 2;
		mc_request_start_stored(parser);
		return MC_NEXT;
	}
	if (state->request != NULL) {
		/* Its credit serves the answer: what was prepared can only be started or put. */
		state->keys_flags = mc_tag_load(state->request).flags;
		parser->host->request_put(parser->conn, state->request);
		state->request = NULL;
	}
	if (!mc_text_reply(parser, MC_TEXT_BAD_CHUNK, state->keys_flags))
		return MC_BLOCKED;
	parser->used += 2;
	state->step = MC_STEP_COMMAND;
	return MC_NEXT;
}

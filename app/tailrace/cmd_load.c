/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <string.h>

#include "prompt.h"

static void load(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_load, "load");
CMD_STRING(token_file, rest, TOKEN_STRING_MULTI);

static const cmdline_parse_inst_t load_file = {
	.f = load,
	.help_str = "load <file>: execute the commands in a file",
	.tokens = {CMD_TOKEN(word_load), CMD_TOKEN(token_file), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&load_file, NULL};

const struct cmd_topic cmd_load = {"load", "commands from a file", commands};

static void
load(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct cmd_words *words = parsed;
	size_t len = strlen(words->rest);

	while (len > 0 && words->rest[len - 1] == ' ')
		words->rest[--len] = '\0';
	prompt_load(context->prompt, cl, words->rest);
}

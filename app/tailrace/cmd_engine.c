/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <errno.h>
#include <string.h>

/* Room for what an engine says to a command. */
#define REPLY_SIZE 256

static void show(void *parsed, struct cmdline *cl, void *data);
static void set(void *parsed, struct cmdline *cl, void *data);
static void join_words(char *words);
static void print_stat(const char *name, const char *text, void *arg);

CMD_WORD(word_show, "show");
CMD_WORD(word_set, "set");
CMD_WORD(word_engine, "engine");
CMD_STRING(token_command, rest, TOKEN_STRING_MULTI);

static const cmdline_parse_inst_t engine_show = {
	.f = show,
	.help_str = "show engine: its name and its statistics",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_engine), NULL},
};
static const cmdline_parse_inst_t engine_set = {
	.f = set,
	.help_str = "set engine <words>: a command of the engine's own, if it takes any",
	.tokens = {CMD_TOKEN(word_set), CMD_TOKEN(word_engine), CMD_TOKEN(token_command), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&engine_show, &engine_set, NULL};

const struct cmd_topic cmd_engine = {"engine", "the storage engine", commands};

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const char *name = core_info_engine(context->server);
	int rc;

	RTE_SET_USED(parsed);
	if (name == NULL) {
		cmdline_printf(cl, "engine: there is none\n");
		return;
	}
	cmdline_printf(cl, "engine %s\n", name);
	rc = core_info_engine_stats(context->server, print_stat, cl);
	if (rc < 0)
		cmd_print_error(cl, "  statistics", rc);
}

static void
set(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const char *name = core_info_engine(context->server);
	struct cmd_words *words = parsed;
	char reply[REPLY_SIZE];
	int rc;

	join_words(words->rest);
	rc = core_info_engine_control(context->server, words->rest, reply, sizeof(reply));
	if (rc == -ENOENT)
		cmdline_printf(cl, "engine: there is none\n");
	else if (rc == -ENOTSUP)
		cmdline_printf(cl, "engine %s takes no commands\n", name);
	else
		cmdline_printf(cl, "engine %s: %s\n", name, reply);
}

/* The rest of a line, as it was typed, becomes words with one space between them. */
static void
join_words(char *words)
{
	char *state = NULL;
	char *to = words;
	char *word;
	size_t len;

	for (word = strtok_r(words, " \t", &state); word != NULL;
	     word = strtok_r(NULL, " \t", &state)) {
		if (to != words)
			*to++ = ' ';
		len = strlen(word);
		memmove(to, word, len);
		to += len;
	}
	*to = '\0';
}

static void
print_stat(const char *name, const char *text, void *arg)
{
	struct cmdline *cl = arg;

	cmdline_printf(cl, "  %-32s %s\n", name, text);
}

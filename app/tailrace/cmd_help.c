/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <string.h>

#include <bsd/string.h>

#include "prompt.h"

static void print_topics(void *parsed, struct cmdline *cl, void *data);
static void print_topic(void *parsed, struct cmdline *cl, void *data);
static int topic_count(cmdline_parse_token_hdr_t *token);
static int topic_name(cmdline_parse_token_hdr_t *token, int index, char *name, unsigned int size);

CMD_WORD(word_help, "help");

/* Any word, which completes from the list of topics. */
static struct cmdline_token_ops topic_ops = {
	.parse = cmdline_parse_string,
	.complete_get_nb = topic_count,
	.complete_get_elt = topic_name,
	.get_help = cmdline_get_help_string,
};
static const cmdline_parse_token_string_t token_topic = {
	.hdr = {.ops = &topic_ops, .offset = offsetof(struct cmd_words, name)},
};

static const cmdline_parse_inst_t help_all = {
	.f = print_topics,
	.help_str = "help: list the topics",
	.tokens = {CMD_TOKEN(word_help), NULL},
};
static const cmdline_parse_inst_t help_topic = {
	.f = print_topic,
	.help_str = "help <topic>: explain the commands of a topic",
	.tokens = {CMD_TOKEN(word_help), CMD_TOKEN(token_topic), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&help_all, &help_topic, NULL};

const struct cmd_topic cmd_help = {"help", "what the commands do", commands};

static void
print_topics(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_topic *const *topic;

	RTE_SET_USED(parsed);
	RTE_SET_USED(data);
	for (topic = prompt_topics; *topic != NULL; topic++)
		cmdline_printf(cl, "  %-10s %s\n", (*topic)->name, (*topic)->help);
	cmdline_printf(cl, "help <topic> explains its commands. Tab completes.\n");
}

static void
print_topic(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	const cmdline_parse_inst_t *const *command;
	const struct cmd_topic *const *topic;

	RTE_SET_USED(data);
	for (topic = prompt_topics; *topic != NULL; topic++) {
		if (strcmp((*topic)->name, words->name) != 0)
			continue;
		for (command = (*topic)->commands; *command != NULL; command++)
			cmdline_printf(cl, "  %s\n", (*command)->help_str);
		return;
	}
	cmdline_printf(cl, "help: no topic %s; help lists them\n", words->name);
}

static int
topic_count(cmdline_parse_token_hdr_t *token)
{
	int nb = 0;

	RTE_SET_USED(token);
	while (prompt_topics[nb] != NULL)
		nb++;
	return nb;
}

static int
topic_name(cmdline_parse_token_hdr_t *token, int index, char *name, unsigned int size)
{
	RTE_SET_USED(token);
	return strlcpy(name, prompt_topics[index]->name, size) < size ? 0 : -1;
}

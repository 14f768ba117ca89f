/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <rte_log.h>

#include "log_topic.h"

static void show_all(void *parsed, struct cmdline *cl, void *data);
static void show_some(void *parsed, struct cmdline *cl, void *data);
static void set(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_show, "show");
CMD_WORD(word_set, "set");
CMD_WORD(word_log, "log");
CMD_STRING(token_topic, name, NULL);
CMD_STRING(token_level, level, "emergency#alert#critical#error#warning#notice#info#debug");

static const cmdline_parse_inst_t log_show = {
	.f = show_all,
	.help_str = "show log: the log topics and the levels from which on they are logged",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_log), NULL},
};
static const cmdline_parse_inst_t log_show_some = {
	.f = show_some,
	.help_str = "show log <topic>: the same of one, or of all that match a pattern such as"
		    " pmd.net.*",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_log), CMD_TOKEN(token_topic), NULL},
};
static const cmdline_parse_inst_t log_set = {
	.f = set,
	.help_str = "set log <topic> <level>: log a topic, or all that match a pattern, from a "
		    "level on",
	.tokens = {CMD_TOKEN(word_set), CMD_TOKEN(word_log), CMD_TOKEN(token_topic),
		   CMD_TOKEN(token_level), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&log_show, &log_show_some, &log_set, NULL};

const struct cmd_topic cmd_log = {"log", "what is logged", commands};

static void print_topics(struct cmdline *cl, const char *pattern);
static void print_topic(const char *topic, void *arg);
static void set_topic(const char *topic, void *arg);
static void print_none(struct cmdline *cl, const char *pattern, int nb);

static void
show_all(void *parsed, struct cmdline *cl, void *data)
{
	RTE_SET_USED(parsed);
	RTE_SET_USED(data);
	print_topics(cl, "*");
}

static void
show_some(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;

	RTE_SET_USED(data);
	print_topics(cl, words->name);
}

static void
set(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	uint32_t level = log_topic_level_number(words->level);
	int nb;

	RTE_SET_USED(data);
	nb = log_topic_visit(words->name, set_topic, &level);
	print_none(cl, words->name, nb);
	/* Nothing is logged above the global level, whatever its topic's. */
	if (nb > 0 && level > rte_log_get_global_level())
		rte_log_set_global_level(level);
}

static void
print_topics(struct cmdline *cl, const char *pattern)
{
	print_none(cl, pattern, log_topic_visit(pattern, print_topic, cl));
}

static void
print_topic(const char *topic, void *arg)
{
	struct cmdline *cl = arg;

	cmdline_printf(cl, "  %-32s %s\n", topic, log_topic_level(topic));
}

static void
set_topic(const char *topic, void *arg)
{
	const uint32_t *level = arg;

	rte_log_set_level(rte_log_register(topic), *level);
}

/* Say so, if there are none. */
static void
print_none(struct cmdline *cl, const char *pattern, int nb)
{
	if (nb < 0)
		cmd_print_error(cl, "log", nb);
	else if (nb == 0)
		cmdline_printf(cl, "log: no topic %s; show log lists them\n", pattern);
}

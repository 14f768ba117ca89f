/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_log.h>

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

static const char *const level_names[] = {
	[RTE_LOG_EMERG] = "emergency", [RTE_LOG_ALERT] = "alert",     [RTE_LOG_CRIT] = "critical",
	[RTE_LOG_ERR] = "error",       [RTE_LOG_WARNING] = "warning", [RTE_LOG_NOTICE] = "notice",
	[RTE_LOG_INFO] = "info",       [RTE_LOG_DEBUG] = "debug",
};

/* What is asked for, and what was found. */
struct search {
	struct cmdline *cl;
	const char *pattern;
	uint32_t level; /* to set */
	unsigned int nb;
};

/* Call visit for each log topic that matches the pattern; say so when there is none. */
static void topic_search(struct search *search,
			 void (*visit)(const struct search *search, const char *topic));
static void print_topic(const struct search *search, const char *topic);
static void set_topic(const struct search *search, const char *topic);

static void
show_all(void *parsed, struct cmdline *cl, void *data)
{
	struct search search = {.cl = cl, .pattern = "*"};

	RTE_SET_USED(parsed);
	RTE_SET_USED(data);
	topic_search(&search, print_topic);
}

static void
show_some(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct search search = {.cl = cl, .pattern = words->name};

	RTE_SET_USED(data);
	topic_search(&search, print_topic);
}

static void
set(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct search search = {.cl = cl, .pattern = words->name, .level = RTE_LOG_EMERG};

	RTE_SET_USED(data);
	while (strcmp(level_names[search.level], words->level) != 0)
		search.level++;
	topic_search(&search, set_topic);
	/* Nothing is logged above the global level, whatever its topic's. */
	if (search.nb > 0 && search.level > rte_log_get_global_level())
		rte_log_set_global_level(search.level);
}

static void
print_topic(const struct search *search, const char *topic)
{
	int level = rte_log_get_level(rte_log_register(topic));
	bool named = level >= (int)RTE_LOG_EMERG && level < (int)RTE_DIM(level_names);

	cmdline_printf(search->cl, "  %-32s %s\n", topic, named ? level_names[level] : "off");
}

static void
set_topic(const struct search *search, const char *topic)
{
	rte_log_set_level(rte_log_register(topic), search->level);
}

/* The library lists its topics to a file alone. */
static void
topic_search(struct search *search, void (*visit)(const struct search *search, const char *topic))
{
	char *state = NULL;
	char *text = NULL;
	size_t size = 0;
	char *topic;
	FILE *list;

	list = open_memstream(&text, &size);
	if (list == NULL) {
		cmd_print_error(search->cl, "log", -errno);
		return;
	}
	rte_log_list_types(list, "");
	fclose(list);
	for (topic = strtok_r(text, "\n", &state); topic != NULL;
	     topic = strtok_r(NULL, "\n", &state)) {
		if (fnmatch(search->pattern, topic, 0) != 0)
			continue;
		visit(search, topic);
		search->nb++;
	}
	free(text);
	if (search->nb == 0)
		cmdline_printf(search->cl, "log: no topic %s; show log lists them\n",
			       search->pattern);
}

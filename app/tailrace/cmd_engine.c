/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

static void show(void *parsed, struct cmdline *cl, void *data);
static void print_stat(const char *name, const char *text, void *arg);

CMD_WORD(word_show, "show");
CMD_WORD(word_engine, "engine");

static const cmdline_parse_inst_t engine_show = {
	.f = show,
	.help_str = "show engine: its name and its statistics",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_engine), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&engine_show, NULL};

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
print_stat(const char *name, const char *text, void *arg)
{
	struct cmdline *cl = arg;

	cmdline_printf(cl, "  %-32s %s\n", name, text);
}

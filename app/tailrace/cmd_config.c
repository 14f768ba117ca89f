/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "args.h"

static void show(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_show, "show");
CMD_WORD(word_config, "config");

static const cmdline_parse_inst_t config_show = {
	.f = show,
	.help_str = "show config: the options in force, as a file that --config takes",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_config), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&config_show, NULL};

const struct cmd_topic cmd_config = {"config", "the options in force", commands};

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	RTE_SET_USED(parsed);
	out = open_memstream(&text, &size);
	if (out == NULL) {
		cmd_print_error(cl, "config", -errno);
		return;
	}
	args_print(context->args, out);
	if (fclose(out) == 0)
		cmdline_printf(cl, "%s", text);
	else
		cmd_print_error(cl, "config", -errno);
	free(text);
}

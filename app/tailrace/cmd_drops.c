/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "drops.h"

static void show(void *parsed, struct cmdline *cl, void *data);
static void print_drop(const struct core_info_counter *drop, void *arg);

CMD_WORD(word_show, "show");
CMD_WORD(word_drops, "drops");

static const cmdline_parse_inst_t drops_show = {
	.f = show,
	.help_str = "show drops: everything that can be dropped, how often, and what it means",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_drops), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&drops_show, NULL};

const struct cmd_topic cmd_drops = {"drops", "what was dropped, and why", commands};

/* Drops on their way to the prompt. */
struct drops {
	struct cmdline *cl;
	char topic[16]; /* printed last */
	uint64_t total;
};

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct drops drops = {.cl = cl};

	RTE_SET_USED(parsed);
	drops_visit(context->server, context->mc, context->impair, print_drop, &drops);
	cmdline_printf(cl, "drops in all: %" PRIu64 "\n", drops.total);
}

static void
print_drop(const struct core_info_counter *drop, void *arg)
{
	struct drops *drops = arg;

	drops->total += drop->value;
	if (strcmp(drops->topic, drop->topic) != 0)
		cmdline_printf(drops->cl, "%s\n", drop->topic);
	snprintf(drops->topic, sizeof(drops->topic), "%s", drop->topic);
	cmdline_printf(drops->cl, "  %-24s %12" PRIu64 "  %s\n", drop->name, drop->value,
		       drop->help);
}

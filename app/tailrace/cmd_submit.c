/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>

static void show(void *parsed, struct cmdline *cl, void *data);
static void print_cores(struct cmdline *cl, struct tr_core_server *server);
static void print_responses(struct cmdline *cl, unsigned int core,
			    const struct core_info_core *info);
static void print_producers(struct cmdline *cl, struct tr_core_server *server);

CMD_WORD(word_show, "show");
CMD_WORD(word_submit, "submit");

static const cmdline_parse_inst_t submit_show = {
	.f = show,
	.help_str = "show submit: credits and responses of the cores, and the threads that answer",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_submit), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&submit_show, NULL};

const struct cmd_topic cmd_submit = {"submit", "crossings between cores and engine threads",
				     commands};

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;

	RTE_SET_USED(parsed);
	print_cores(cl, context->server);
	print_producers(cl, context->server);
}

static void
print_cores(struct cmdline *cl, struct tr_core_server *server)
{
	struct core_info_core info;
	unsigned int core;
	char what[32];
	int rc;

	for (core = 0; core < core_info_cores(server); core++) {
		rc = core_info_core(server, core, &info);
		if (rc == 0) {
			cmdline_printf(cl, "core %u: %u of %u credits in use, %u abandoned\n", core,
				       info.credits, info.credits_max, info.abandoned);
			print_responses(cl, core, &info);
			continue;
		}
		snprintf(what, sizeof(what), "core %u", core);
		cmd_print_error(cl, what, rc);
	}
}

/* What the responses cost: allocations and bytes, of which the referenced ones were not copied. */
static void
print_responses(struct cmdline *cl, unsigned int core, const struct core_info_core *info)
{
	cmdline_printf(cl,
		       "core %u: %" PRIu64 " responses, %" PRIu64 " allocations, %" PRIu64
		       " bytes copied, %" PRIu64 " bytes referenced\n",
		       core, info->responses, info->allocations, info->bytes_copied,
		       info->bytes_referenced);
}

static void
print_producers(struct cmdline *cl, struct tr_core_server *server)
{
	struct core_info_producer info;
	unsigned int producer;

	for (producer = 0; core_info_producer(server, producer, &info) == 0; producer++) {
		if (producer == 0)
			cmdline_printf(cl, "%-16s %12s %12s %8s %8s %12s %12s %12s %8s\n", "thread",
				       "responses", "wakeups", "ringfull", "badtoken", "executed",
				       "pending", "sleeps", "queued");
		cmdline_printf(cl, "%-16s %12" PRIu64 " %12" PRIu64 " %8" PRIu64 " %8" PRIu64,
			       info.name, info.responses, info.wakeups, info.ring_full,
			       info.bad_token);
		if (info.engine_thread)
			cmdline_printf(cl, " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %8u\n",
				       info.executed, info.pending, info.sleeps, info.queued);
		else
			cmdline_printf(cl, " %12s %12s %12s %8s\n", "-", "-", "-", "-");
	}
	if (producer == 0)
		cmdline_printf(cl, "no threads: the cores execute their own requests\n");
}

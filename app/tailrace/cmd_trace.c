/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <string.h>

#include "trace.h"

#define ERROR_SIZE 160

static void start(void *parsed, struct cmdline *cl, void *data);
static void stop(void *parsed, struct cmdline *cl, void *data);
static void show(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_trace, "trace");
CMD_WORD(word_start, "start");
CMD_WORD(word_stop, "stop");
CMD_WORD(word_show, "show");
CMD_STRING(token_file, name, NULL);
CMD_NUMBER(token_conn);

static const cmdline_parse_inst_t trace_starts = {
	.f = start,
	.help_str = "trace start <id> <file>: write each change of a connection's state to a new "
		    "file, as comma-separated values",
	.tokens = {CMD_TOKEN(word_trace), CMD_TOKEN(word_start), CMD_TOKEN(token_conn),
		   CMD_TOKEN(token_file), NULL},
};
static const cmdline_parse_inst_t trace_stops = {
	.f = stop,
	.help_str = "trace stop: end it, and say what the file holds",
	.tokens = {CMD_TOKEN(word_trace), CMD_TOKEN(word_stop), NULL},
};
static const cmdline_parse_inst_t trace_show = {
	.f = show,
	.help_str = "show trace: its file, and what it holds so far",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_trace), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&trace_starts, &trace_stops, &trace_show,
						       NULL};

const struct cmd_topic cmd_trace = {"trace", "a connection's states to a file", commands};

static void print_info(struct cmdline *cl, const struct trace_info *info);

static void
start(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct cmd_context *context = data;
	struct trace_info info;
	char error[ERROR_SIZE];

	if (context->trace != NULL) {
		trace_info(context->trace, &info);
		cmdline_printf(cl, "trace: there is one, to %s; trace stop ends it\n", info.path);
		return;
	}
	context->trace =
		trace_start(context->server, words->number, words->name, error, sizeof(error));
	if (error[0] != '\0')
		cmdline_printf(cl, "trace %s: %s\n", words->name, error);
}

static void
stop(void *parsed, struct cmdline *cl, void *data)
{
	struct cmd_context *context = data;
	struct trace_info info;
	int rc;

	RTE_SET_USED(parsed);
	if (context->trace == NULL) {
		cmdline_printf(cl, "trace: there is none\n");
		return;
	}
	rc = trace_stop(context->trace, &info);
	if (rc < 0) {
		cmd_print_error(cl, "trace: it goes on", rc);
		return;
	}
	print_info(cl, &info);
	trace_destroy(context->trace);
	context->trace = NULL;
}

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct trace_info info;

	RTE_SET_USED(parsed);
	if (context->trace == NULL) {
		cmdline_printf(cl, "trace: there is none\n");
		return;
	}
	trace_info(context->trace, &info);
	print_info(cl, &info);
}

static void
print_info(struct cmdline *cl, const struct trace_info *info)
{
	cmdline_printf(cl, "trace of connection %u to %s: %" PRIu64 " lines, %" PRIu64 " dropped\n",
		       info->conn, info->path, info->lines, info->dropped);
	if (info->error != 0)
		cmdline_printf(cl, "  the file could not be written any more: %s\n",
			       strerror(info->error));
}

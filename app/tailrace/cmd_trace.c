/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <string.h>

#include "trace.h"

#define ERROR_SIZE 160

static void start(void *parsed, struct cmdline *cl, void *data);
static void stop_one(void *parsed, struct cmdline *cl, void *data);
static void stop_all(void *parsed, struct cmdline *cl, void *data);
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
static const cmdline_parse_inst_t trace_stops_one = {
	.f = stop_one,
	.help_str = "trace stop <id>: end the trace of a connection, and say what its file holds",
	.tokens = {CMD_TOKEN(word_trace), CMD_TOKEN(word_stop), CMD_TOKEN(token_conn), NULL},
};
static const cmdline_parse_inst_t trace_stops_all = {
	.f = stop_all,
	.help_str = "trace stop: end every trace",
	.tokens = {CMD_TOKEN(word_trace), CMD_TOKEN(word_stop), NULL},
};
static const cmdline_parse_inst_t trace_show = {
	.f = show,
	.help_str = "show trace: those that run, their files, and what these hold so far",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_trace), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&trace_starts, &trace_stops_one,
						       &trace_stops_all, &trace_show, NULL};

const struct cmd_topic cmd_trace = {"trace", "connections' states to files", commands};

static struct trace **find(struct cmd_context *context, uint32_t conn);
static int stop_slot(struct cmdline *cl, struct trace **slot);
static void print_info(struct cmdline *cl, const struct trace_info *info);

static void
start(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct cmd_context *context = data;
	struct trace **slot = find(context, words->number);
	struct trace_info info;
	char error[ERROR_SIZE];
	unsigned int i;

	if (slot != NULL) {
		trace_info(*slot, &info);
		cmdline_printf(cl, "trace: connection %u has one, to %s; trace stop %u ends it\n",
			       info.conn, info.path, info.conn);
		return;
	}
	for (i = 0; i < RTE_DIM(context->traces) && context->traces[i] != NULL; i++)
		;
	if (i == RTE_DIM(context->traces)) {
		cmdline_printf(cl, "trace: %u run, and no more do; trace stop <id> ends one\n", i);
		return;
	}
	context->traces[i] =
		trace_start(context->server, words->number, words->name, error, sizeof(error));
	if (error[0] != '\0')
		cmdline_printf(cl, "trace %s: %s\n", words->name, error);
}

static void
stop_one(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct trace **slot = find(data, words->number);

	if (slot == NULL)
		cmdline_printf(cl, "trace of connection %u: there is none\n", words->number);
	else
		stop_slot(cl, slot);
}

/* Where one is not answered for, the others would only take as long. */
static void
stop_all(void *parsed, struct cmdline *cl, void *data)
{
	struct cmd_context *context = data;
	unsigned int nb = 0;
	unsigned int i;

	RTE_SET_USED(parsed);
	for (i = 0; i < RTE_DIM(context->traces); i++) {
		if (context->traces[i] == NULL)
			continue;
		nb++;
		if (stop_slot(cl, &context->traces[i]) < 0)
			return;
	}
	if (nb == 0)
		cmdline_printf(cl, "trace: there is none\n");
}

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct trace_info info;
	unsigned int nb = 0;
	unsigned int i;

	RTE_SET_USED(parsed);
	for (i = 0; i < RTE_DIM(context->traces); i++) {
		if (context->traces[i] == NULL)
			continue;
		nb++;
		trace_info(context->traces[i], &info);
		print_info(cl, &info);
	}
	if (nb == 0)
		cmdline_printf(cl, "trace: there is none\n");
}

/* Where the trace of a connection stands, or NULL. */
static struct trace **
find(struct cmd_context *context, uint32_t conn)
{
	struct trace_info info;
	unsigned int i;

	for (i = 0; i < RTE_DIM(context->traces); i++) {
		if (context->traces[i] == NULL)
			continue;
		trace_info(context->traces[i], &info);
		if (info.conn == conn)
			return &context->traces[i];
	}
	return NULL;
}

/* 0, or -errno: it is still there. */
static int
stop_slot(struct cmdline *cl, struct trace **slot)
{
	struct trace_info info;
	int rc = trace_stop(*slot, &info);

	if (rc < 0) {
		trace_info(*slot, &info);
		cmd_print_unstopped(cl, "trace", info.path, rc);
		return rc;
	}
	print_info(cl, &info);
	trace_destroy(*slot);
	*slot = NULL;
	return 0;
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

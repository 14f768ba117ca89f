/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"

#define ERROR_SIZE 160

static void start_all(void *parsed, struct cmdline *cl, void *data);
static void start_port(void *parsed, struct cmdline *cl, void *data);
static void start_conn(void *parsed, struct cmdline *cl, void *data);
static void stop_one(void *parsed, struct cmdline *cl, void *data);
static void stop_all(void *parsed, struct cmdline *cl, void *data);
static void show(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_capture, "capture");
CMD_WORD(word_start, "start");
CMD_WORD(word_stop, "stop");
CMD_WORD(word_show, "show");
CMD_WORD(word_port, "port");
CMD_WORD(word_conn, "conn");
CMD_STRING(token_file, name, NULL);
CMD_NUMBER(token_number);

static const cmdline_parse_inst_t capture_all = {
	.f = start_all,
	.help_str = "capture start <file>: write every frame of the port to a new pcapng file",
	.tokens = {CMD_TOKEN(word_capture), CMD_TOKEN(word_start), CMD_TOKEN(token_file), NULL},
};
static const cmdline_parse_inst_t capture_port = {
	.f = start_port,
	.help_str = "capture start <file> port <n>: only segments from or to a TCP port",
	.tokens = {CMD_TOKEN(word_capture), CMD_TOKEN(word_start), CMD_TOKEN(token_file),
		   CMD_TOKEN(word_port), CMD_TOKEN(token_number), NULL},
};
static const cmdline_parse_inst_t capture_conn = {
	.f = start_conn,
	.help_str = "capture start <file> conn <id>: only segments of a connection of show conn",
	.tokens = {CMD_TOKEN(word_capture), CMD_TOKEN(word_start), CMD_TOKEN(token_file),
		   CMD_TOKEN(word_conn), CMD_TOKEN(token_number), NULL},
};
static const cmdline_parse_inst_t capture_stops_one = {
	.f = stop_one,
	.help_str = "capture stop <file>: end one, and say what its file holds",
	.tokens = {CMD_TOKEN(word_capture), CMD_TOKEN(word_stop), CMD_TOKEN(token_file), NULL},
};
static const cmdline_parse_inst_t capture_stops_all = {
	.f = stop_all,
	.help_str = "capture stop: end every capture",
	.tokens = {CMD_TOKEN(word_capture), CMD_TOKEN(word_stop), NULL},
};
static const cmdline_parse_inst_t capture_show = {
	.f = show,
	.help_str = "show capture: those that run, their files, and what these hold so far",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_capture), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {
	&capture_all,	    &capture_port, &capture_conn, &capture_stops_one,
	&capture_stops_all, &capture_show, NULL};

const struct cmd_topic cmd_capture = {"capture", "frames to files", commands};

static void start(const struct core_capture_filter *filter, const char *path, struct cmdline *cl,
		  struct cmd_context *context);
static int stop_slot(struct cmdline *cl, struct capture **slot);
static void print_info(struct cmdline *cl, const struct capture_info *info);

static void
start_all(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	const struct core_capture_filter filter = {0};

	start(&filter, words->name, cl, data);
}

static void
start_port(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	const struct core_capture_filter filter = {
		.port = rte_cpu_to_be_16((uint16_t)words->number),
	};

	if (words->number == 0 || words->number > UINT16_MAX)
		cmdline_printf(cl, "capture: port %u: give 1 to %u\n", words->number, UINT16_MAX);
	else
		start(&filter, words->name, cl, data);
}

static void
start_conn(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;
	struct core_capture_filter filter = {.conn = true};
	struct core_info_conn conn;
	char what[48];
	int rc;

	rc = core_info_conn(context->server, words->number, &conn);
	if (rc < 0) {
		snprintf(what, sizeof(what), "capture: connection %u", words->number);
		cmd_print_error(cl, what, rc);
		return;
	}
	filter.local_addr = conn.local_addr;
	filter.remote_addr = conn.remote_addr;
	filter.local_port = conn.local_port;
	filter.remote_port = conn.remote_port;
	start(&filter, words->name, cl, data);
}

static void
start(const struct core_capture_filter *filter, const char *path, struct cmdline *cl,
      struct cmd_context *context)
{
	char error[ERROR_SIZE];
	unsigned int i;

	for (i = 0; i < RTE_DIM(context->captures) && context->captures[i] != NULL; i++)
		;
	if (i == RTE_DIM(context->captures)) {
		cmdline_printf(
			cl, "capture: %u run, and no more do; capture stop <file> ends one\n", i);
		return;
	}
	context->captures[i] = capture_start(context->server, path, filter, error, sizeof(error));
	if (error[0] != '\0')
		cmdline_printf(cl, "capture %s: %s\n", path, error);
}

static void
stop_one(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct cmd_context *context = data;
	struct capture_info info;
	unsigned int i;

	for (i = 0; i < RTE_DIM(context->captures); i++) {
		if (context->captures[i] == NULL)
			continue;
		capture_info(context->captures[i], &info);
		if (strcmp(info.path, words->name) == 0) {
			stop_slot(cl, &context->captures[i]);
			return;
		}
	}
	cmdline_printf(cl, "capture %s: there is none\n", words->name);
}

/* Where one is not answered for, the others would only take as long. */
static void
stop_all(void *parsed, struct cmdline *cl, void *data)
{
	struct cmd_context *context = data;
	unsigned int nb = 0;
	unsigned int i;

	RTE_SET_USED(parsed);
	for (i = 0; i < RTE_DIM(context->captures); i++) {
		if (context->captures[i] == NULL)
			continue;
		nb++;
		if (stop_slot(cl, &context->captures[i]) < 0)
			return;
	}
	if (nb == 0)
		cmdline_printf(cl, "capture: there is none\n");
}

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct capture_info info;
	unsigned int nb = 0;
	unsigned int i;

	RTE_SET_USED(parsed);
	for (i = 0; i < RTE_DIM(context->captures); i++) {
		if (context->captures[i] == NULL)
			continue;
		nb++;
		capture_info(context->captures[i], &info);
		print_info(cl, &info);
	}
	if (nb == 0)
		cmdline_printf(cl, "capture: there is none\n");
}

/* 0, or -errno: it is still there. */
static int
stop_slot(struct cmdline *cl, struct capture **slot)
{
	struct capture_info info;
	int rc = capture_stop(*slot, &info);

	if (rc < 0) {
		capture_info(*slot, &info);
		cmd_print_unstopped(cl, "capture", info.path, rc);
		return rc;
	}
	print_info(cl, &info);
	capture_destroy(*slot);
	*slot = NULL;
	return 0;
}

static void
print_info(struct cmdline *cl, const struct capture_info *info)
{
	cmdline_printf(cl,
		       "capture %s: %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " dropped\n",
		       info->path, info->packets, info->bytes, info->dropped);
	if (info->error != 0)
		cmdline_printf(cl, "  the file could not be written any more: %s\n",
			       strerror(info->error));
}

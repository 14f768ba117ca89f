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
static void stop(void *parsed, struct cmdline *cl, void *data);
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
static const cmdline_parse_inst_t capture_stops = {
	.f = stop,
	.help_str = "capture stop: end it, and say what the file holds",
	.tokens = {CMD_TOKEN(word_capture), CMD_TOKEN(word_stop), NULL},
};
static const cmdline_parse_inst_t capture_show = {
	.f = show,
	.help_str = "show capture: its file, and what it holds so far",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_capture), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&capture_all,   &capture_port, &capture_conn,
						       &capture_stops, &capture_show, NULL};

const struct cmd_topic cmd_capture = {"capture", "frames to a file", commands};

static void start(const struct core_capture_filter *filter, const char *path, struct cmdline *cl,
		  struct cmd_context *context);
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
	struct capture_info info;
	char error[ERROR_SIZE];

	if (context->capture != NULL) {
		capture_info(context->capture, &info);
		cmdline_printf(cl, "capture: there is one, to %s; capture stop ends it\n",
			       info.path);
		return;
	}
	context->capture = capture_start(context->server, path, filter, error, sizeof(error));
	if (error[0] != '\0')
		cmdline_printf(cl, "capture %s: %s\n", path, error);
}

static void
stop(void *parsed, struct cmdline *cl, void *data)
{
	struct cmd_context *context = data;
	struct capture_info info;
	int rc;

	RTE_SET_USED(parsed);
	if (context->capture == NULL) {
		cmdline_printf(cl, "capture: there is none\n");
		return;
	}
	rc = capture_stop(context->capture, &info);
	if (rc < 0) {
		cmd_print_error(cl, "capture: it goes on", rc);
		return;
	}
	print_info(cl, &info);
	capture_destroy(context->capture);
	context->capture = NULL;
}

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct capture_info info;

	RTE_SET_USED(parsed);
	if (context->capture == NULL) {
		cmdline_printf(cl, "capture: there is none\n");
		return;
	}
	capture_info(context->capture, &info);
	print_info(cl, &info);
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

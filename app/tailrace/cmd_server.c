/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include "prompt.h"

static void start(void *parsed, struct cmdline *cl, void *data);
static void stop(void *parsed, struct cmdline *cl, void *data);
static void quit(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_start, "start");
CMD_WORD(word_stop, "stop");
CMD_WORD(word_quit, "quit");

static const cmdline_parse_inst_t server_start = {
	.f = start,
	.help_str = "start: accept connections again, after stop",
	.tokens = {CMD_TOKEN(word_start), NULL},
};
static const cmdline_parse_inst_t server_stop = {
	.f = stop,
	.help_str = "stop: accept no more; close each connection when its requests are answered",
	.tokens = {CMD_TOKEN(word_stop), NULL},
};
static const cmdline_parse_inst_t server_quit = {
	.f = quit,
	.help_str = "quit: answer what is in flight, close and end; so does the end of input",
	.tokens = {CMD_TOKEN(word_quit), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&server_start, &server_stop, &server_quit,
						       NULL};

const struct cmd_topic cmd_server = {"server", "start, stop, quit", commands};

static void
start(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	int rc = core_info_start(context->server);

	RTE_SET_USED(parsed);
	if (rc < 0)
		cmd_print_error(cl, "start", rc);
}

static void
stop(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	int rc = core_info_stop(context->server);

	RTE_SET_USED(parsed);
	if (rc < 0)
		cmd_print_error(cl, "stop", rc);
}

static void
quit(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;

	RTE_SET_USED(parsed);
	RTE_SET_USED(cl);
	prompt_quit(context->prompt);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "prompt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmdline_socket.h>
#include <rte_common.h>

#include "args.h"
#include "capture.h"
#include "trace.h"

#define PROMPT "tailrace> "

/* Files that load files that load files. */
#define LOADS_MAX 8

/* A command of a file, with its newline. */
#define LINE_SIZE 1024

const struct cmd_topic *const prompt_topics[] = {
	&cmd_help,   &cmd_config, &cmd_server, &cmd_port,   &cmd_route,	  &cmd_stack,	&cmd_drops,
	&cmd_core,   &cmd_conn,	  &cmd_engine, &cmd_submit, &cmd_mempool, &cmd_capture, &cmd_trace,
	&cmd_impair, &cmd_clear,  &cmd_log,    &cmd_load,   NULL,
};

struct prompt {
	struct cmd_context context;
	cmdline_parse_ctx_t *commands; /* NULL-terminated; each with our context as its data */
	struct cmdline *cl; /* reads standard input; NULL: not yet, or never */
	FILE *file; /* to execute at the beginning, or NULL */
	const char *path; /* its name */
	unsigned int loads; /* files being executed, each within the one before */
	bool interactive;
	bool terminal; /* standard input is one, and is in our hands */
	bool ended; /* quit */
};

static void end_files(struct cmd_context *context);
static int bind_commands(struct prompt *prompt);
static cmdline_parse_inst_t *bind_command(const cmdline_parse_inst_t *command,
					  struct cmd_context *context);
static void execute_file(struct prompt *prompt, struct cmdline *cl, FILE *file, const char *path);
static void execute_line(struct cmdline *cl, const char *line, const char *path,
			 unsigned int number);

struct prompt *
prompt_create(const struct prompt_config *config, char *error, size_t error_size)
{
	struct prompt *prompt;

	prompt = calloc(1, sizeof(*prompt));
	if (prompt == NULL)
		goto no_memory;
	prompt->context = (struct cmd_context){
		.server = config->server,
		.mc = config->mc,
		.args = config->args,
		.impair = config->impair,
		.prompt = prompt,
	};
	prompt->interactive = config->args->interactive;
	if (bind_commands(prompt) < 0)
		goto no_memory;
	prompt->path = config->args->cmdline_file;
	if (prompt->path != NULL) {
		prompt->file = fopen(prompt->path, "r");
		if (prompt->file == NULL) {
			snprintf(error, error_size,
				 "--cmdline-file %s: %s; a file of commands would do", prompt->path,
				 strerror(errno));
			prompt_destroy(prompt);
			return NULL;
		}
	}
	return prompt;

no_memory:
	snprintf(error, error_size, "no memory for the prompt");
	prompt_destroy(prompt);
	return NULL;
}

void
prompt_destroy(struct prompt *prompt)
{
	unsigned int i;

	if (prompt == NULL)
		return;
	end_files(&prompt->context);
	if (prompt->terminal) {
		cmdline_printf(prompt->cl, "\n");
		cmdline_stdin_exit(prompt->cl); /* frees it as well */
	} else if (prompt->cl != NULL) {
		cmdline_free(prompt->cl);
	}
	if (prompt->file != NULL)
		fclose(prompt->file);
	for (i = 0; prompt->commands != NULL && prompt->commands[i] != NULL; i++)
		free(prompt->commands[i]);
	free(prompt->commands);
	free(prompt);
}

/* No core runs any more. */
static void
end_files(struct cmd_context *context)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(context->captures); i++)
		if (context->captures[i] != NULL) {
			capture_end(context->captures[i]);
			capture_destroy(context->captures[i]);
		}
	for (i = 0; i < RTE_DIM(context->traces); i++)
		if (context->traces[i] != NULL) {
			trace_end(context->traces[i]);
			trace_destroy(context->traces[i]);
		}
}

int
prompt_begin(struct prompt *prompt)
{
	struct cmdline *output;

	if (prompt->file != NULL) {
		/* A command line that has output alone: lines come through execute_line(). */
		output = cmdline_new(prompt->commands, "", -1, STDOUT_FILENO);
		if (output == NULL)
			return -ENOMEM;
		execute_file(prompt, output, prompt->file, prompt->path);
		cmdline_free(output);
	}
	if (!prompt->interactive || prompt->ended)
		return 0;

	/* What is not a terminal cannot be set up as one, nor restored. */
	prompt->terminal = isatty(STDIN_FILENO);
	if (prompt->terminal)
		prompt->cl = cmdline_stdin_new(prompt->commands, PROMPT);
	else
		prompt->cl = cmdline_new(prompt->commands, PROMPT, STDIN_FILENO, STDOUT_FILENO);
	if (prompt->cl == NULL) {
		prompt->terminal = false;
		return -ENOMEM;
	}
	return 0;
}

int
prompt_fd(const struct prompt *prompt)
{
	return prompt->cl == NULL || prompt->ended ? -1 : STDIN_FILENO;
}

void
prompt_input(struct prompt *prompt)
{
	char data[256];
	ssize_t len;

	len = read(STDIN_FILENO, data, sizeof(data));
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* A last line may lack its newline. */
	if (len <= 0)
		cmdline_in(prompt->cl, "\n", 1);
	/* Less than zero: Ctrl-D, or quit. */
	if (len <= 0 || cmdline_in(prompt->cl, data, (int)len) < 0)
		prompt_quit(prompt);
}

void
prompt_load(struct prompt *prompt, struct cmdline *cl, const char *path)
{
	FILE *file;

	if (prompt->loads == LOADS_MAX) {
		cmdline_printf(cl, "load %s: files within files, more than %u deep\n", path,
			       LOADS_MAX);
		return;
	}
	file = fopen(path, "r");
	if (file == NULL) {
		cmdline_printf(cl, "load %s: %s\n", path, strerror(errno));
		return;
	}
	execute_file(prompt, cl, file, path);
	fclose(file);
}

void
prompt_quit(struct prompt *prompt)
{
	prompt->ended = true;
	if (prompt->cl != NULL)
		cmdline_quit(prompt->cl); /* lines that were read with this one stay unread */
	tr_core_quit(prompt->context.server);
}

/*
 * Make the library's list of all commands. The topics are const; a command's data is ours, so each
 * is copied.
 */
static int
bind_commands(struct prompt *prompt)
{
	const cmdline_parse_inst_t *const *command;
	const struct cmd_topic *const *topic;
	unsigned int nb = 0;

	for (topic = prompt_topics; *topic != NULL; topic++)
		for (command = (*topic)->commands; *command != NULL; command++)
			nb++;
	prompt->commands = calloc(nb + 1, sizeof(*prompt->commands));
	if (prompt->commands == NULL)
		return -ENOMEM;

	nb = 0;
	for (topic = prompt_topics; *topic != NULL; topic++) {
		for (command = (*topic)->commands; *command != NULL; command++, nb++) {
			prompt->commands[nb] = bind_command(*command, &prompt->context);
			if (prompt->commands[nb] == NULL)
				return -ENOMEM;
		}
	}
	return 0;
}

static cmdline_parse_inst_t *
bind_command(const cmdline_parse_inst_t *command, struct cmd_context *context)
{
	cmdline_parse_inst_t *bound;
	unsigned int nb = 0;
	unsigned int i;

	while (command->tokens[nb] != NULL)
		nb++;
	bound = calloc(1, sizeof(*bound) + (nb + 1) * sizeof(bound->tokens[0]));
	if (bound == NULL)
		return NULL;
	bound->f = command->f;
	bound->data = context;
	bound->help_str = command->help_str;
	for (i = 0; i < nb; i++)
		bound->tokens[i] = command->tokens[i];
	return bound;
}

static void
execute_file(struct prompt *prompt, struct cmdline *cl, FILE *file, const char *path)
{
	unsigned int number = 0;
	char line[LINE_SIZE];

	prompt->loads++;
	while (!prompt->ended && fgets(line, sizeof(line) - 1, file) != NULL) {
		number++;
		/* The library wants a newline, also behind a last line without one. */
		if (strchr(line, '\n') == NULL)
			strcat(line, "\n");
		execute_line(cl, line, path, number);
	}
	prompt->loads--;
}

static void
execute_line(struct cmdline *cl, const char *line, const char *path, unsigned int number)
{
	switch (cmdline_parse(cl, line)) {
	case CMDLINE_PARSE_AMBIGUOUS:
		cmdline_printf(cl, "%s:%u: ambiguous command: %s", path, number, line);
		break;
	case CMDLINE_PARSE_NOMATCH:
		cmdline_printf(cl, "%s:%u: no such command: %s", path, number, line);
		break;
	case CMDLINE_PARSE_BAD_ARGS:
		cmdline_printf(cl, "%s:%u: bad arguments: %s", path, number, line);
		break;
	default:
		break;
	}
}

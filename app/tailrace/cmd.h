/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the prompt's commands are made of. Each cmd_<topic>.c has one const struct cmd_topic; the
 * list of them stands in prompt.c.
 *
 * Threads: the control thread that runs the prompt. Commands block it until they are answered.
 */
#ifndef CMD_H
#define CMD_H

#include <stdint.h>

#include <rte_common.h>

#include <cmdline.h>
#include <cmdline_parse.h>
#include <cmdline_parse_num.h>
#include <cmdline_parse_string.h>

#include "core_capture.h"
#include "core_info.h"
#include "core_trace.h"

struct args;
struct capture;
struct impair;
struct mc_stats;
struct prompt;
struct trace;

/** Handed to every command as its data. */
struct cmd_context {
	struct tr_core_server *server;
	struct mc_stats *mc;
	const struct args *args;
	struct impair *impair;
	struct prompt *prompt;
	struct capture *captures[CORE_CAPTURES_MAX]; /* those that run, or NULL */
	struct trace *traces[CORE_TRACES_MAX]; /* the same */
};

/** What the tokens of a command leave behind; each command reads what it has tokens for. */
struct cmd_words {
	cmdline_fixed_string_t word; /* the last fixed word; not looked at */
	cmdline_fixed_string_t name;
	cmdline_fixed_string_t level;
	cmdline_fixed_string_t direction;
	cmdline_multi_string_t rest; /* up to the end of the line */
	uint32_t number;
};

/** Declare a token for a fixed word. */
#define CMD_WORD(token, text)                                                                      \
	static const cmdline_parse_token_string_t token =                                          \
		TOKEN_STRING_INITIALIZER(struct cmd_words, word, text)

/** Declare a token for a word that lands in @p field: one of "a#b#c", or any if NULL. */
#define CMD_STRING(token, field, choices)                                                          \
	static const cmdline_parse_token_string_t token =                                          \
		TOKEN_STRING_INITIALIZER(struct cmd_words, field, choices)

/** Declare a token for a number. */
#define CMD_NUMBER(token)                                                                          \
	static const cmdline_parse_token_num_t token =                                             \
		TOKEN_NUM_INITIALIZER(struct cmd_words, number, RTE_UINT32)

/** A token's place in a command. The library takes no const, and writes to none. */
#define CMD_TOKEN(token) ((cmdline_parse_token_hdr_t *)(uintptr_t) & (token))

/** A topic: what "help" lists and "help <name>" explains. */
struct cmd_topic {
	const char *name;
	const char *help; /* one line */
	const cmdline_parse_inst_t *const *commands; /* NULL-terminated; help_str: "syntax: what" */
};

extern const struct cmd_topic cmd_help;
extern const struct cmd_topic cmd_server;
extern const struct cmd_topic cmd_port;
extern const struct cmd_topic cmd_stack;
extern const struct cmd_topic cmd_route;
extern const struct cmd_topic cmd_config;
extern const struct cmd_topic cmd_drops;
extern const struct cmd_topic cmd_core;
extern const struct cmd_topic cmd_conn;
extern const struct cmd_topic cmd_engine;
extern const struct cmd_topic cmd_submit;
extern const struct cmd_topic cmd_mempool;
extern const struct cmd_topic cmd_capture;
extern const struct cmd_topic cmd_trace;
extern const struct cmd_topic cmd_impair;
extern const struct cmd_topic cmd_clear;
extern const struct cmd_topic cmd_log;
extern const struct cmd_topic cmd_load;

/** Say in one line why @p what could not be had: @p error is -errno from core_info.h. */
void cmd_print_error(struct cmdline *cl, const char *what, int error);

/** Say why a capture or a trace to a file goes on: @p error is what its stop returned. */
void cmd_print_unstopped(struct cmdline *cl, const char *what, const char *path, int error);

#endif /* CMD_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The prompt: commands from standard input and from files, and the list of all topics.
 *
 * Threads: created and destroyed by the main thread; everything between by one control thread,
 * while tr_core_run() runs.
 */
#ifndef PROMPT_H
#define PROMPT_H

#include <stddef.h>

#include <cmdline.h>

#include "cmd.h"

/** Every topic, NULL-terminated, in the order of the help. */
extern const struct cmd_topic *const prompt_topics[];

struct prompt;

/** What prompt_create() needs. */
struct prompt_config {
	struct tr_core_server *server;
	struct mc_stats *mc;
	const struct args *args;
	struct impair *impair;
};

/**
 * Create a prompt, and open its file.
 *
 * @param error
 *   On failure: one line that says what was wrong.
 * @return
 *   The prompt, or NULL.
 */
struct prompt *prompt_create(const struct prompt_config *config, char *error, size_t error_size);

/** Free it, and give the terminal back as it was. */
void prompt_destroy(struct prompt *prompt);

/**
 * Execute the file's commands, if there is one, and show the prompt, if it is interactive.
 *
 * @return
 *   0 or -errno: there will be no prompt.
 */
int prompt_begin(struct prompt *prompt);

/** The descriptor to wait on for prompt_input(), or -1: nothing more will be read. */
int prompt_fd(const struct prompt *prompt);

/** Read what has come and execute whole lines; the end of input quits. */
void prompt_input(struct prompt *prompt);

/** Execute the commands in a file; says so on @p cl when it cannot. */
void prompt_load(struct prompt *prompt, struct cmdline *cl, const char *path);

/** Read nothing more, and end the server. */
void prompt_quit(struct prompt *prompt);

#endif /* PROMPT_H */

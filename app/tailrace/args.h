/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The server's own launch arguments, those after EAL's and "--", checked as far as that is
 * possible without a port or an engine.
 *
 * Threads: the control thread.
 */
#ifndef ARGS_H
#define ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Most --listen options. */
#define ARGS_LISTENS_MAX 16

/** Port chosen by no option: the first there is. */
#define ARGS_PORT_ANY UINT16_MAX

/** What --listen can put on a TCP port. */
enum args_protocol { ARGS_PROTOCOL_MC, ARGS_PROTOCOL_ECHO };

/** One --listen. */
struct args_listen {
	uint32_t addr; /* network order; 0: any of ours */
	uint16_t port; /* host order */
	enum args_protocol protocol;
};

/** What the options ask for, before anything else. */
enum args_action { ARGS_SERVE, ARGS_HELP, ARGS_VERSION };

/** The arguments, defaults filled in. The strings are those of argv. */
struct args {
	enum args_action action; /* the rest is meant only for ARGS_SERVE */
	uint32_t addr; /* network order */
	uint8_t prefix_len;
	uint16_t port; /* of EAL, or ARGS_PORT_ANY */
	uint32_t gateway; /* network order; 0: none */
	struct args_listen listens[ARGS_LISTENS_MAX];
	unsigned int nb_listens;
	const char *engine;
	unsigned int engine_threads;
	uint32_t conns_max; /* of each core; 0: the library's default */
	uint32_t value_max; /* bytes; 0: the library's default */
	bool idle_poll;
	bool interactive;
	const char *cmdline_file; /* or NULL */
};

/**
 * Parse.
 *
 * @param argv
 *   argv[0] is not looked at. getopt() may reorder nothing: it stops at the first non-option.
 * @param error
 *   On failure: one line that names the option, the value and what would do.
 * @return
 *   0 or -EINVAL.
 */
int args_parse(struct args *args, int argc, char **argv, char *error, size_t error_size);

/** Write the help to @p out: every option, its value and its default. */
void args_usage(FILE *out);

#endif /* ARGS_H */

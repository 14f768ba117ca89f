/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The server's own options: from the command line, those after EAL's and "--", and from the file
 * that --config names. Checked as far as that is possible without a port or an engine.
 *
 * What an option means stands in args_option.c; here is where its values come from: its default,
 * the file, the command line. The last of these that has any replaces what the others said.
 *
 * Threads: the control thread. Parsed arguments are const for everybody.
 */
#ifndef ARGS_H
#define ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "args_file.h"
#include "tr_addr.h"

struct args_option;

/** Most --listen options. */
#define ARGS_LISTENS_MAX 16

/** Most --route options. */
#define ARGS_ROUTES_MAX 32

/** Most values of all options together. */
#define ARGS_SETTINGS_MAX 128

/** Port chosen by no option: the first there is. */
#define ARGS_PORT_ANY UINT16_MAX

/** What --listen can put on a TCP port. */
enum args_protocol { ARGS_PROTOCOL_MC, ARGS_PROTOCOL_ECHO };

/** One --listen. */
struct args_listen {
	struct tr_addr addr; /* none: any of ours */
	uint16_t port; /* host order */
	enum args_protocol protocol;
};

/** What the options ask for, before anything else. */
enum args_action { ARGS_SERVE, ARGS_HELP, ARGS_VERSION };

/** Where a value comes from; the greater one wins. */
enum args_source { ARGS_SOURCE_DEFAULT, ARGS_SOURCE_FILE, ARGS_SOURCE_COMMAND_LINE };

/** A value in force, as it was given. */
struct args_setting {
	const struct args_option *option;
	const char *value;
	enum args_source source;
	unsigned int line; /* of the file, or 0 */
};

/** The options, defaults filled in. The strings are those of argv and of the file: do not copy. */
struct args {
	enum args_action action; /* the rest is meant only for ARGS_SERVE */
	const char *config; /* the file, or NULL */
	struct tr_addr_net ipv4;
	struct tr_addr_net ipv6; /* no address: no IPv6 */
	struct tr_addr_route routes[ARGS_ROUTES_MAX];
	unsigned int nb_routes;
	uint16_t port; /* of EAL, or ARGS_PORT_ANY */
	struct args_listen listens[ARGS_LISTENS_MAX];
	unsigned int nb_listens;
	const char *engine;
	uint32_t engine_threads;
	uint32_t vlan; /* 0: none */
	uint32_t mtu; /* bytes; 0: the port's */
	uint32_t conns_max; /* of each core */
	uint32_t value_max; /* bytes */
	uint32_t keepalive_s; /* 0: never */
	const char *congestion; /* algorithm */
	bool ecn_off;
	uint32_t dscp;
	uint32_t ttl;
	bool idle_poll;
	bool interactive;
	const char *cmdline_file; /* or NULL */
	struct tr_addr metrics_addr; /* of the kernel */
	uint16_t metrics_port; /* host order; 0: no metrics */

	struct args_setting settings[ARGS_SETTINGS_MAX]; /* all of the above, as text */
	unsigned int nb_settings;
	struct args_file file; /* strings point into it */
};

/**
 * Parse.
 *
 * @param args
 *   Filled in. It stays where it is: some of its strings are its own.
 * @param argc
 *   Words at argv.
 * @param argv
 *   Outlives args. argv[0] is not looked at. getopt() may reorder nothing: it stops at the first
 *   non-option.
 * @param error
 *   On failure: one line that names the option, the value and what would do; the file and the
 *   line, if it stands there.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   0 or -EINVAL.
 */
int args_parse(struct args *args, int argc, char **argv, char *error, size_t error_size);

/** Write the help to @p out: every option, its value and its default. */
void args_usage(FILE *out);

/** Write the options in force to @p out: a file that --config takes, with the same meaning. */
void args_print(const struct args *args, FILE *out);

#endif /* ARGS_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The options of "tailrace-bench load".
 *
 * Threads: the main thread parses; all read.
 */
#ifndef LOAD_ARGS_H
#define LOAD_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "load_protocol.h"
#include "load_size.h"
#include "tr_addr.h"

#define LOAD_ARGS_THREADS_MAX 64

/** Where our own stack is. */
struct load_addr {
	struct tr_addr addr;
	uint8_t prefix_len;
	uint16_t port_id; /* of the ethdev */
};

/** The arguments, defaults filled in. The strings are those of argv. */
struct load_args {
	bool help; /* and nothing else */
	bool kernel; /* sockets; or else our own stack */
	struct load_addr addrs[LOAD_ARGS_THREADS_MAX]; /* one for each thread, or one for all */
	unsigned int nb_addrs;
	struct tr_addr gateway; /* or none */
	const char *server; /* as given */
	struct tr_addr server_addr;
	uint16_t server_port; /* host order */
	const struct load_protocol *protocol;
	uint32_t connections; /* of all threads */
	uint32_t depth; /* requests in flight on each */
	uint32_t threads; /* 0: not given */
	double rate; /* requests a second of all threads; 0: closed loop */
	bool poisson;
	double sweep_from; /* rates */
	double sweep_to;
	unsigned int sweep_steps; /* 0: no sweep */
	uint32_t keys;
	struct load_size key_size;
	struct load_size value_size;
	const char *key_size_text;
	const char *value_size_text;
	double zipf; /* 0: uniform */
	uint32_t gets; /* for so many */
	uint32_t sets;
	uint32_t warmup_ms;
	uint32_t duration_ms;
	bool no_fill;
	bool verify;
	uint64_t seed;
	bool json; /* asked for */
	const char *json_file; /* NULL: standard output */
	const char *hgrm_file; /* or NULL, as those below */
	const char *svg_file;
	const char *report_file;
};

/**
 * Parse.
 *
 * @param[out] args
 *   What was asked for.
 * @param argc
 *   Number of words.
 * @param argv
 *   What follows "load".
 * @param error
 *   On failure: one line that names the option, the value and what would do.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   0 or -EINVAL.
 */
int load_args_parse(struct load_args *args, int argc, char **argv, char *error, size_t error_size);

/** Write the help to @p out. */
void load_args_usage(FILE *out);

#endif /* LOAD_ARGS_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The options of "tailrace-bench submit".
 *
 * Threads: the main thread.
 */
#ifndef ARGS_H
#define ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "path.h"

#define ARGS_LIST_MAX 16
#define ARGS_REPETITIONS_MAX 99
#define ARGS_VALUE_MAX (64u * 1024)

/** The arguments, defaults filled in. The strings are those of argv. */
struct args {
	bool help; /* and nothing else */
	const struct path *paths[PATHS]; /* in the order of their table */
	unsigned int nb_paths;
	uint32_t value_bytes[ARGS_LIST_MAX]; /* ascending */
	unsigned int nb_value_bytes;
	uint32_t threads[ARGS_LIST_MAX]; /* ascending */
	unsigned int nb_threads;
	uint32_t repetitions;
	uint64_t responses; /* 0: by time */
	uint32_t duration_ms;
	bool rings;
	bool json; /* asked for */
	const char *json_file; /* NULL: standard output */
	const char *svg_file; /* or NULL */
};

/**
 * Parse.
 *
 * @param argv
 *   What follows "submit".
 * @param error
 *   On failure: one line that names the option, the value and what would do.
 * @return
 *   0 or -EINVAL.
 */
int args_parse(struct args *args, int argc, char **argv, char *error, size_t error_size);

/** Write the help to @p out. */
void args_usage(FILE *out);

#endif /* ARGS_H */

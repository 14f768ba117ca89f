/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A command line of options, "--name value" or "--name=value", by a table: what all of
 * tailrace-bench's commands take theirs with.
 *
 * Threads: the main thread.
 */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_common.h>

/** Whether an option is followed by a value. */
enum option_takes { OPTION_NOTHING, OPTION_VALUE, OPTION_PERHAPS_VALUE };

/** A parse on its way: what it fills in, and where a complaint goes. */
struct option_parser {
	const char *command; /* whose --help lists the options */
	void *args;
	const char *option; /* the current one, for complaints */
	char *error;
	size_t error_size;
};

/** An option; a table of them is in the order of the help. One without a name is a heading there.
 */
struct option {
	const char *name;
	enum option_takes takes;
	const char *value;
	const char *help;
	/* value is NULL where none was given */
	int (*parse)(struct option_parser *p, const char *value);
};

/**
 * Parse a command line.
 *
 * @param p
 *   With command, args and error set.
 * @param options
 *   The table.
 * @param nb_options
 *   Its size.
 * @param argc
 *   Number of words.
 * @param argv
 *   The words.
 * @return
 *   0 or -EINVAL with one line in the parser's error.
 */
int option_parse(struct option_parser *p, const struct option *options, unsigned int nb_options,
		 int argc, char **argv);

/** Write a line of help for each option to @p out. */
void option_usage(FILE *out, const struct option *options, unsigned int nb_options);

/**
 * Read decimal digits, perhaps followed by a K for 1024.
 *
 * @param text
 *   Begins with the number.
 * @param[out] number
 *   The number.
 * @param[out] end
 *   What follows it.
 * @return
 *   Whether there is a number.
 */
bool option_read_number(const char *text, uint64_t *number, const char **end);

/** Parse a number from @p min to @p max that is all of @p value; 0 or -EINVAL. */
int option_number(struct option_parser *p, const char *value, uint64_t min, uint64_t max,
		  uint64_t *number);

/** Complain about the current option. -EINVAL. */
int option_fail(struct option_parser *p, const char *format, ...) __rte_format_printf(2, 3);

#endif /* OPTION_H */

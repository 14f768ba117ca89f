/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The table of the server's options. Command line, configuration file, help and "show config" all
 * come from it: an option that stands here stands in each of them.
 *
 * Threads: the control thread.
 */
#ifndef ARGS_OPTION_H
#define ARGS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

#include "args.h"

/** At least as many as there are, the end of the table included. */
#define ARGS_OPTIONS_MAX 64

/** A parse on its way: what it fills in, what is being parsed, and where a complaint goes. */
struct args_parser {
	struct args *args;
	struct args_setting setting;
	unsigned int nth; /* value of its option in its source, from 0 */
	char *error;
	size_t error_size;
};

/** An option. */
struct args_option {
	const char *name; /**< Without dashes. */
	char letter; /**< Short form, or 0. */
	bool repeats;
	bool early; /**< Looked at before the file, and not known there. */
	const char *value; /**< What stands after it; NULL: nothing, and yes or no in a file. */
	const char *standard; /**< Its value when it is not given, or NULL. */
	const char *help;
	/** Parse a value, of at most CFG_VALUE_LEN - 1 characters, into the arguments. */
	int (*parse)(struct args_parser *parser, const char *value);
	size_t field; /**< Of struct args, for the types that several options share. */
	uint64_t min; /**< Least number. */
	uint64_t max; /**< Greatest number. */
};

/** Every option, in the order of the help; the last one has no name. */
extern const struct args_option args_options[];

/**
 * Check what can be seen only when all options are known.
 *
 * @param parser
 *   After the last option.
 * @return
 *   0 or -EINVAL.
 */
int args_option_check(struct args_parser *parser);

/**
 * Complain about the setting that is being parsed: says where it stands, its name and its value.
 *
 * @param parser
 *   Its error is written.
 * @param format
 *   What is wrong and what would do, for printf().
 * @return
 *   -EINVAL.
 */
int args_option_fail(struct args_parser *parser, const char *format, ...) __rte_format_printf(2, 3);

#endif /* ARGS_OPTION_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int take_option(struct option_parser *p, const struct option *options,
		       unsigned int nb_options, int argc, char **argv, int *at);

int
option_parse(struct option_parser *p, const struct option *options, unsigned int nb_options,
	     int argc, char **argv)
{
	int at;

	for (at = 0; at < argc; at++)
		if (take_option(p, options, nb_options, argc, argv, &at) < 0)
			return -EINVAL;
	return 0;
}

/* The option at argv[*at], which is advanced over a value of its own. */
static int
take_option(struct option_parser *p, const struct option *options, unsigned int nb_options,
	    int argc, char **argv, int *at)
{
	const char *name = argv[*at];
	size_t name_len = strcspn(name, "=");
	const char *value = name[name_len] == '=' ? name + name_len + 1 : NULL;
	unsigned int i;

	for (i = 0; i < nb_options; i++)
		if (options[i].name != NULL && strlen(options[i].name) == name_len &&
		    strncmp(options[i].name, name, name_len) == 0)
			break;
	if (i == nb_options) {
		p->option = name;
		return option_fail(p, "no such option; %s --help lists them", p->command);
	}
	p->option = options[i].name;
	if (options[i].takes == OPTION_NOTHING && value != NULL)
		return option_fail(p, "takes no value, but was given %s", value);
	if (options[i].takes != OPTION_NOTHING && value == NULL && *at + 1 < argc &&
	    strncmp(argv[*at + 1], "--", 2) != 0)
		value = argv[++*at];
	if (options[i].takes == OPTION_VALUE && value == NULL)
		return option_fail(p, "lacks its value; %s would do", options[i].value);
	return options[i].parse(p, value);
}

void
option_usage(FILE *out, const struct option *options, unsigned int nb_options)
{
	char left[64];
	unsigned int i;

	for (i = 0; i < nb_options; i++) {
		if (options[i].name == NULL) {
			fprintf(out, "\n%s:\n", options[i].help);
			continue;
		}
		snprintf(left, sizeof(left), "%s %s", options[i].name,
			 options[i].value != NULL ? options[i].value : "");
		fprintf(out, "  %-34s %s\n", left, options[i].help);
	}
}

bool
option_read_number(const char *text, uint64_t *number, const char **end)
{
	char *after;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &after, 10);
	if (errno != 0)
		return false;
	if (*after == 'K' || *after == 'k') {
		if (*number > UINT32_MAX)
			return false;
		*number *= 1024;
		after++;
	}
	*end = after;
	return true;
}

int
option_number(struct option_parser *p, const char *value, uint64_t min, uint64_t max,
	      uint64_t *number)
{
	const char *end;

	*number = 0;
	if (!option_read_number(value, number, &end) || *end != '\0' || *number < min ||
	    *number > max)
		return option_fail(p, "%s: a number from %" PRIu64 " to %" PRIu64 " would do",
				   value, min, max);
	return 0;
}

int
option_fail(struct option_parser *p, const char *format, ...)
{
	int len = snprintf(p->error, p->error_size, "%s: ", p->option);
	va_list list;

	if (len >= 0 && (size_t)len < p->error_size) {
		va_start(list, format);
		vsnprintf(p->error + len, p->error_size - len, format, list);
		va_end(list);
	}
	return -EINVAL;
}

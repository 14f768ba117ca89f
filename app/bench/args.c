/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "stream.h"

#define RESPONSES_MAX 1000000000
#define DURATION_MAX_MS 60000

/* A parse on its way: what it fills in, and where a complaint goes. */
struct parser {
	struct args *args;
	const char *option;
	char *error;
	size_t error_size;
};

static int parse_path(struct parser *p, const char *value);
static int parse_value_bytes(struct parser *p, const char *value);
static int parse_threads(struct parser *p, const char *value);
static int parse_repetitions(struct parser *p, const char *value);
static int parse_responses(struct parser *p, const char *value);
static int parse_duration(struct parser *p, const char *value);
static int parse_rings(struct parser *p, const char *value);
static int parse_json(struct parser *p, const char *value);
static int parse_svg(struct parser *p, const char *value);
static int parse_help(struct parser *p, const char *value);

enum takes { NOTHING, A_VALUE, PERHAPS_A_VALUE };

/* Every option, in the order of the help. */
static const struct {
	const char *name;
	enum takes takes;
	const char *value;
	const char *help;
	int (*parse)(struct parser *p, const char *value);
} options[] = {
	{"--path", A_VALUE, "NAME[,NAME...]", "which paths (default: all there are)", parse_path},
	{"--value-bytes", A_VALUE, "N[K][,N[K]...]",
	 "value sizes, 0 to 64K (default: 0,64,512,1K,4K,8K,16K,32K,64K)", parse_value_bytes},
	{"--threads", A_VALUE, "N[,N...]", "engine threads, 1 to 16 (default: 1,2,4)",
	 parse_threads},
	{"--repetitions", A_VALUE, "N", "of each, in turn; the median counts (default: 5)",
	 parse_repetitions},
	{"--duration", A_VALUE, "MS", "milliseconds for each (default: 100)", parse_duration},
	{"--responses", A_VALUE, "N", "for each, instead of a duration", parse_responses},
	{"--rings", NOTHING, NULL, "also: ways for several threads to share a ring", parse_rings},
	{"--json", PERHAPS_A_VALUE, "[FILE]", "write JSON to FILE, or instead of the table",
	 parse_json},
	{"--svg", A_VALUE, "FILE", "plot responses per second against value size", parse_svg},
	{"--help", NOTHING, NULL, "print this and exit", parse_help},
};

static int take_option(struct parser *p, int argc, char **argv, int *at);
static int finish(struct parser *p);
static int parse_number(struct parser *p, const char *value, uint64_t min, uint64_t max,
			uint64_t *number);
static int parse_list(struct parser *p, const char *value, uint32_t min, uint32_t max,
		      uint32_t *list, unsigned int *nb);
static int compare_numbers(const void *a, const void *b);
static int fail(struct parser *p, const char *format, ...) __rte_format_printf(2, 3);

int
args_parse(struct args *args, int argc, char **argv, char *error, size_t error_size)
{
	struct parser parser = {.args = args, .error = error, .error_size = error_size};
	int at;

	*args = (struct args){
		.value_bytes = {0, 64, 512, 1024, 4096, 8192, 16384, 32768, 65536},
		.nb_value_bytes = 9,
		.threads = {1, 2, 4},
		.nb_threads = 3,
		.repetitions = 5,
		.duration_ms = 100,
	};
	for (at = 0; at < argc; at++)
		if (take_option(&parser, argc, argv, &at) < 0)
			return -EINVAL;
	return args->help ? 0 : finish(&parser);
}

void
args_usage(FILE *out)
{
	char left[64];
	unsigned int i;

	fprintf(out, "usage: tailrace-bench [<EAL options> --] submit [options]\n"
		     "\n"
		     "Compares ways for responses from engine threads to a connection's core:\n");
	for (i = 0; i < PATHS; i++)
		fprintf(out, "  %-34s %s%s%s\n", paths[i]->name, paths[i]->help,
			paths[i]->missing != NULL ? "; " : "",
			paths[i]->missing != NULL ? paths[i]->missing : "");
	fprintf(out, "Options:\n");
	for (i = 0; i < RTE_DIM(options); i++) {
		snprintf(left, sizeof(left), "%s %s", options[i].name,
			 options[i].value != NULL ? options[i].value : "");
		fprintf(out, "  %-34s %s\n", left, options[i].help);
	}
}

/* The option at argv[*at], which is advanced over a value of its own. */
static int
take_option(struct parser *p, int argc, char **argv, int *at)
{
	const char *name = argv[*at];
	size_t name_len = strcspn(name, "=");
	const char *value = name[name_len] == '=' ? name + name_len + 1 : NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(options); i++)
		if (strlen(options[i].name) == name_len &&
		    strncmp(options[i].name, name, name_len) == 0)
			break;
	if (i == RTE_DIM(options)) {
		p->option = name;
		return fail(p, "no such option; submit --help lists them");
	}
	p->option = options[i].name;
	if (options[i].takes == NOTHING && value != NULL)
		return fail(p, "takes no value, but was given %s", value);
	if (options[i].takes != NOTHING && value == NULL && *at + 1 < argc &&
	    strncmp(argv[*at + 1], "--", 2) != 0)
		value = argv[++*at];
	if (options[i].takes == A_VALUE && value == NULL)
		return fail(p, "lacks its value; %s would do", options[i].value);
	return options[i].parse(p, value);
}

static int
finish(struct parser *p)
{
	unsigned int i;

	if (p->args->nb_paths == 0)
		for (i = 0; i < PATHS; i++)
			if (paths[i]->missing == NULL)
				p->args->paths[p->args->nb_paths++] = paths[i];
	return 0;
}

static int
parse_path(struct parser *p, const char *value)
{
	bool chosen[PATHS] = {false};
	const char *name = value;
	size_t len;
	unsigned int i;

	do {
		len = strcspn(name, ",");
		for (i = 0; i < PATHS; i++)
			if (strlen(paths[i]->name) == len &&
			    strncmp(paths[i]->name, name, len) == 0)
				break;
		if (i == PATHS)
			return fail(p, "%s: no path is named %.*s; %s, %s, %s or %s would do",
				    value, (int)len, name, paths[0]->name, paths[1]->name,
				    paths[2]->name, paths[3]->name);
		if (paths[i]->missing != NULL)
			return fail(p, "%s: %s", paths[i]->name, paths[i]->missing);
		chosen[i] = true;
		name += len;
	} while (*name++ == ',');

	p->args->nb_paths = 0;
	for (i = 0; i < PATHS; i++)
		if (chosen[i])
			p->args->paths[p->args->nb_paths++] = paths[i];
	return 0;
}

static int
parse_value_bytes(struct parser *p, const char *value)
{
	return parse_list(p, value, 0, ARGS_VALUE_MAX, p->args->value_bytes,
			  &p->args->nb_value_bytes);
}

static int
parse_threads(struct parser *p, const char *value)
{
	return parse_list(p, value, 1, STREAM_THREADS_MAX, p->args->threads, &p->args->nb_threads);
}

static int
parse_repetitions(struct parser *p, const char *value)
{
	uint64_t number;
	int rc = parse_number(p, value, 1, ARGS_REPETITIONS_MAX, &number);

	p->args->repetitions = number;
	return rc;
}

static int
parse_responses(struct parser *p, const char *value)
{
	return parse_number(p, value, 1, RESPONSES_MAX, &p->args->responses);
}

static int
parse_duration(struct parser *p, const char *value)
{
	uint64_t number;
	int rc = parse_number(p, value, 1, DURATION_MAX_MS, &number);

	p->args->duration_ms = number;
	return rc;
}

static int
parse_rings(struct parser *p, const char *value)
{
	(void)value;
	p->args->rings = true;
	return 0;
}

static int
parse_json(struct parser *p, const char *value)
{
	p->args->json = true;
	p->args->json_file = value;
	return 0;
}

static int
parse_svg(struct parser *p, const char *value)
{
	p->args->svg_file = value;
	return 0;
}

static int
parse_help(struct parser *p, const char *value)
{
	(void)value;
	p->args->help = true;
	return 0;
}

/* Decimal digits, perhaps a K: *end is what follows. */
static bool
read_number(const char *text, uint64_t *number, const char **end)
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

static int
parse_number(struct parser *p, const char *value, uint64_t min, uint64_t max, uint64_t *number)
{
	const char *end;

	*number = 0;
	if (!read_number(value, number, &end) || *end != '\0' || *number < min || *number > max)
		return fail(p, "%s: a number from %" PRIu64 " to %" PRIu64 " would do", value, min,
			    max);
	return 0;
}

/* Ascending, each once. */
static int
parse_list(struct parser *p, const char *value, uint32_t min, uint32_t max, uint32_t *list,
	   unsigned int *nb)
{
	const char *at = value;
	unsigned int i;
	uint64_t number;

	*nb = 0;
	do {
		if (!read_number(at, &number, &at) || (*at != '\0' && *at != ',') || number < min ||
		    number > max)
			return fail(p, "%s: numbers from %u to %u, separated by commas, would do",
				    value, min, max);
		if (*nb == ARGS_LIST_MAX)
			return fail(p, "%s: %u numbers at most would do", value, ARGS_LIST_MAX);
		list[(*nb)++] = number;
	} while (*at++ == ',');

	qsort(list, *nb, sizeof(list[0]), compare_numbers);
	for (i = 1; i < *nb; i++)
		if (list[i] == list[i - 1])
			return fail(p, "%s: %u once would do", value, list[i]);
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint32_t *left = a;
	const uint32_t *right = b;

	return (*left > *right) - (*left < *right);
}

static int
fail(struct parser *p, const char *format, ...)
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

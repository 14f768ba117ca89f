/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "option.h"
#include "stream.h"

#define RESPONSES_MAX 1000000000
#define DURATION_MAX_MS 60000

static int parse_path(struct option_parser *p, const char *value);
static int parse_value_bytes(struct option_parser *p, const char *value);
static int parse_threads(struct option_parser *p, const char *value);
static int parse_repetitions(struct option_parser *p, const char *value);
static int parse_responses(struct option_parser *p, const char *value);
static int parse_duration(struct option_parser *p, const char *value);
static int parse_rings(struct option_parser *p, const char *value);
static int parse_json(struct option_parser *p, const char *value);
static int parse_svg(struct option_parser *p, const char *value);
static int parse_help(struct option_parser *p, const char *value);

/* Every option, in the order of the help. */
static const struct option options[] = {
	{"--path", OPTION_VALUE, "NAME[,NAME...]", "which paths (default: all there are)",
	 parse_path},
	{"--value-bytes", OPTION_VALUE, "N[K][,N[K]...]",
	 "value sizes, 0 to 64K (default: 0,64,512,1K,4K,8K,16K,32K,64K)", parse_value_bytes},
	{"--threads", OPTION_VALUE, "N[,N...]", "engine threads, 1 to 16 (default: 1,2,4)",
	 parse_threads},
	{"--repetitions", OPTION_VALUE, "N", "of each, in turn; the median counts (default: 5)",
	 parse_repetitions},
	{"--duration", OPTION_VALUE, "MS", "milliseconds for each (default: 100)", parse_duration},
	{"--responses", OPTION_VALUE, "N", "for each, instead of a duration", parse_responses},
	{"--rings", OPTION_NOTHING, NULL, "also: ways for several threads to share a ring",
	 parse_rings},
	{"--json", OPTION_PERHAPS_VALUE, "[FILE]", "write JSON to FILE, or instead of the table",
	 parse_json},
	{"--svg", OPTION_VALUE, "FILE", "plot responses per second against value size", parse_svg},
	{"--help", OPTION_NOTHING, NULL, "print this and exit", parse_help},
};

static void finish(struct args *args);
static int parse_list(struct option_parser *p, const char *value, uint32_t min, uint32_t max,
		      uint32_t *list, unsigned int *nb);
static int compare_numbers(const void *a, const void *b);

int
args_parse(struct args *args, int argc, char **argv, char *error, size_t error_size)
{
	struct option_parser parser = {
		.command = "submit",
		.args = args,
		.error = error,
		.error_size = error_size,
	};

	*args = (struct args){
		.value_bytes = {0, 64, 512, 1024, 4096, 8192, 16384, 32768, 65536},
		.nb_value_bytes = 9,
		.threads = {1, 2, 4},
		.nb_threads = 3,
		.repetitions = 5,
		.duration_ms = 100,
	};
	if (option_parse(&parser, options, RTE_DIM(options), argc, argv) < 0)
		return -EINVAL;
	finish(args);
	return 0;
}

void
args_usage(FILE *out)
{
	unsigned int i;

	fprintf(out, "usage: tailrace-bench [<EAL options> --] submit [options]\n"
		     "\n"
		     "Compares ways for responses from engine threads to a connection's core:\n");
	for (i = 0; i < PATHS; i++)
		fprintf(out, "  %-34s %s%s%s\n", paths[i]->name, paths[i]->help,
			paths[i]->missing != NULL ? "; " : "",
			paths[i]->missing != NULL ? paths[i]->missing : "");
	fprintf(out, "Options:\n");
	option_usage(out, options, RTE_DIM(options));
}

static void
finish(struct args *args)
{
	unsigned int i;

	if (args->nb_paths == 0)
		for (i = 0; i < PATHS; i++)
			if (paths[i]->missing == NULL)
				args->paths[args->nb_paths++] = paths[i];
}

static int
parse_path(struct option_parser *p, const char *value)
{
	struct args *args = p->args;
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
			return option_fail(p,
					   "%s: no path is named %.*s; %s, %s, %s or %s would do",
					   value, (int)len, name, paths[0]->name, paths[1]->name,
					   paths[2]->name, paths[3]->name);
		if (paths[i]->missing != NULL)
			return option_fail(p, "%s: %s", paths[i]->name, paths[i]->missing);
		chosen[i] = true;
		name += len;
	} while (*name++ == ',');

	args->nb_paths = 0;
	for (i = 0; i < PATHS; i++)
		if (chosen[i])
			args->paths[args->nb_paths++] = paths[i];
	return 0;
}

static int
parse_value_bytes(struct option_parser *p, const char *value)
{
	struct args *args = p->args;

	return parse_list(p, value, 0, ARGS_VALUE_MAX, args->value_bytes, &args->nb_value_bytes);
}

static int
parse_threads(struct option_parser *p, const char *value)
{
	struct args *args = p->args;

	return parse_list(p, value, 1, STREAM_THREADS_MAX, args->threads, &args->nb_threads);
}

static int
parse_repetitions(struct option_parser *p, const char *value)
{
	struct args *args = p->args;
	uint64_t number;
	int rc = option_number(p, value, 1, ARGS_REPETITIONS_MAX, &number);

	args->repetitions = number;
	return rc;
}

static int
parse_responses(struct option_parser *p, const char *value)
{
	struct args *args = p->args;

	return option_number(p, value, 1, RESPONSES_MAX, &args->responses);
}

static int
parse_duration(struct option_parser *p, const char *value)
{
	struct args *args = p->args;
	uint64_t number;
	int rc = option_number(p, value, 1, DURATION_MAX_MS, &number);

	args->duration_ms = number;
	return rc;
}

static int
parse_rings(struct option_parser *p, const char *value)
{
	struct args *args = p->args;

	(void)value;
	args->rings = true;
	return 0;
}

static int
parse_json(struct option_parser *p, const char *value)
{
	struct args *args = p->args;

	args->json = true;
	args->json_file = value;
	return 0;
}

static int
parse_svg(struct option_parser *p, const char *value)
{
	struct args *args = p->args;

	args->svg_file = value;
	return 0;
}

static int
parse_help(struct option_parser *p, const char *value)
{
	struct args *args = p->args;

	(void)value;
	args->help = true;
	return 0;
}

/* Ascending, each once. */
static int
parse_list(struct option_parser *p, const char *value, uint32_t min, uint32_t max, uint32_t *list,
	   unsigned int *nb)
{
	const char *at = value;
	unsigned int i;
	uint64_t number;

	*nb = 0;
	do {
		if (!option_read_number(at, &number, &at) || (*at != '\0' && *at != ',') ||
		    number < min || number > max)
			return option_fail(
				p, "%s: numbers from %u to %u, separated by commas, would do",
				value, min, max);
		if (*nb == ARGS_LIST_MAX)
			return option_fail(p, "%s: %u numbers at most would do", value,
					   ARGS_LIST_MAX);
		list[(*nb)++] = number;
	} while (*at++ == ',');

	qsort(list, *nb, sizeof(list[0]), compare_numbers);
	for (i = 1; i < *nb; i++)
		if (list[i] == list[i - 1])
			return option_fail(p, "%s: %u once would do", value, list[i]);
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint32_t *left = a;
	const uint32_t *right = b;

	return (*left > *right) - (*left < *right);
}

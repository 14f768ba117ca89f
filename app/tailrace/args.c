/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include <rte_common.h>

#include "args_option.h"

/* getopt_long() returns this and the option's place in the table. */
#define OPTION_BASE 256

/* Short options: where getopt() stops, what it says, and every letter. */
#define LETTERS_SIZE (3 + ARGS_OPTIONS_MAX)

static int read_command_line(struct args_parser *p, int argc, char **argv, bool early);
static int read_file(struct args_parser *p);
static int read_defaults(struct args_parser *p);

int
args_parse(struct args *args, int argc, char **argv, char *error, size_t error_size)
{
	struct args_parser parser = {.args = args, .error = error, .error_size = error_size};

	*args = (struct args){.port = ARGS_PORT_ANY};
	/* --help and --version win over everything, and --config is needed before the others. */
	if (read_command_line(&parser, argc, argv, true) < 0)
		return -EINVAL;
	if (args->action != ARGS_SERVE)
		return 0;
	/* Each replaces what the one before said of an option. */
	if (read_defaults(&parser) < 0 || read_file(&parser) < 0 ||
	    read_command_line(&parser, argc, argv, false) < 0)
		return -EINVAL;
	return args_option_check(&parser);
}

static void list_options(struct option *longs, char *letters);
static const struct args_option *find_option(int result);
static int take(struct args_parser *p, const struct args_option *option, const char *value,
		unsigned int line);
static void forget(struct args_parser *p);
static bool is_writable(const char *value);
static int bad_option(struct args_parser *p, int argc, char **argv, int result);
static int fail(struct args_parser *p, const char *format, ...) __rte_format_printf(2, 3);

/* The options that are looked at early, or the others. */
static int
read_command_line(struct args_parser *p, int argc, char **argv, bool early)
{
	const struct args_option *option;
	struct option longs[ARGS_OPTIONS_MAX];
	char letters[LETTERS_SIZE];
	int result;

	list_options(longs, letters);
	p->setting.source = ARGS_SOURCE_COMMAND_LINE;
	optind = 0; /* glibc: begin anew, after EAL's use of it */
	opterr = 0;
	while ((result = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (result == '?' || result == ':')
			return bad_option(p, argc, argv, result);
		option = find_option(result);
		if (option->early != early)
			continue;
		if (take(p, option, option->value != NULL ? optarg : "yes", 0) < 0)
			return -EINVAL;
		if (p->args->action != ARGS_SERVE)
			return 0;
	}
	if (optind < argc)
		return fail(p, "%s: not an option; --help lists them", argv[optind]);
	return 0;
}

static int
read_file(struct args_parser *p)
{
	struct args_file *file = &p->args->file;
	const struct args_option *option;
	unsigned int i;

	if (p->args->config == NULL)
		return 0;
	if (args_file_read(file, p->args->config, p->error, p->error_size) < 0)
		return -EINVAL;
	p->setting.source = ARGS_SOURCE_FILE;
	for (i = 0; i < file->nb; i++) {
		for (option = args_options; option->name != NULL; option++)
			if (!option->early && strcmp(option->name, file->entries[i].name) == 0)
				break;
		if (option->name == NULL)
			return fail(p, "%s:%u: %s: no such option of a file; --help lists them",
				    p->args->config, file->lines[i], file->entries[i].name);
		if (take(p, option, file->entries[i].value, file->lines[i]) < 0)
			return -EINVAL;
	}
	return 0;
}

static int
read_defaults(struct args_parser *p)
{
	const struct args_option *option;

	p->setting.source = ARGS_SOURCE_DEFAULT;
	for (option = args_options; option->name != NULL; option++)
		if (option->standard != NULL && take(p, option, option->standard, 0) < 0)
			return -EINVAL;
	return 0;
}

void
args_usage(FILE *out)
{
	const struct args_option *option;
	char left[64];

	fprintf(out, "usage: tailrace <EAL options> -- --addr ADDR/LEN [options]\n"
		     "       tailrace <EAL options> -- --config FILE [options]\n"
		     "\n"
		     "A memcached server on a userspace TCP/IP stack. Its options:\n");
	for (option = args_options; option->name != NULL; option++) {
		snprintf(left, sizeof(left), "    --%s %s", option->name,
			 option->value != NULL ? option->value : "");
		if (option->letter != 0)
			memcpy(left, (char[]){'-', option->letter, ','}, 3);
		fprintf(out, "  %-46s %s", left, option->help);
		if (option->value != NULL && option->standard != NULL)
			fprintf(out, " (default: %s)", option->standard);
		fprintf(out, "\n");
	}
	fprintf(out, "\n"
		     "tailrace --help lists EAL's options too. Without a network card:\n"
		     "  tailrace --no-huge -m 512 --vdev=net_tap0 -- --addr 10.77.0.2/24 -i\n");
}

void
args_print(const struct args *args, FILE *out)
{
	const struct args_option *option;
	const char *at;
	unsigned int i;

	fprintf(out, "[" ARGS_FILE_SECTION "]\n");
	for (option = args_options; option->name != NULL; option++) {
		for (i = 0; i < args->nb_settings; i++) {
			if (args->settings[i].option != option || option->early)
				continue;
			fprintf(out, "%s = ", option->name);
			for (at = args->settings[i].value; *at != '\0'; at++)
				fprintf(out, "%s%c", *at == ';' ? "\\" : "", *at);
			fprintf(out, "\n");
		}
	}
}

/* The table, as getopt_long() takes it. */
static void
list_options(struct option *longs, char *letters)
{
	const struct args_option *option;

	memcpy(letters, "+:", 2);
	letters += 2;
	for (option = args_options; option->name != NULL; option++, longs++) {
		*longs = (struct option){
			.name = option->name,
			.has_arg = option->value != NULL ? required_argument : no_argument,
			.val = OPTION_BASE + (int)(option - args_options),
		};
		if (option->letter != 0)
			*letters++ = option->letter;
	}
	*longs = (struct option){0};
	*letters = '\0';
}

/* The option that getopt_long() found. */
static const struct args_option *
find_option(int result)
{
	const struct args_option *option = args_options;

	if (result >= OPTION_BASE)
		return &args_options[result - OPTION_BASE];
	while (option->letter != result)
		option++;
	return option;
}

/* Put a value in force. */
static int
take(struct args_parser *p, const struct args_option *option, const char *value, unsigned int line)
{
	struct args *args = p->args;
	unsigned int i;

	p->setting.option = option;
	p->setting.value = value;
	p->setting.line = line;
	forget(p);
	p->nth = 0;
	for (i = 0; i < args->nb_settings; i++)
		p->nth += args->settings[i].option == option;
	if (p->nth > 0 && !option->repeats) {
		p->setting.value = "";
		return args_option_fail(p, "given twice; once would do");
	}
	if (!is_writable(value))
		return args_option_fail(p,
					"%u printable characters at most, none of them blank at"
					" an end, would do",
					CFG_VALUE_LEN - 1);
	if (args->nb_settings == ARGS_SETTINGS_MAX)
		return args_option_fail(p, "one option too many; %u would do", ARGS_SETTINGS_MAX);
	if (option->parse(p, value) < 0)
		return -EINVAL;
	args->settings[args->nb_settings++] = p->setting;
	return 0;
}

/* Forget what lesser sources said of the option. */
static void
forget(struct args_parser *p)
{
	struct args *args = p->args;
	unsigned int kept = 0;
	unsigned int i;

	for (i = 0; i < args->nb_settings; i++)
		if (args->settings[i].option != p->setting.option ||
		    args->settings[i].source == p->setting.source)
			args->settings[kept++] = args->settings[i];
	args->nb_settings = kept;
}

/* Whether a value can stand in a file. */
static bool
is_writable(const char *value)
{
	size_t len = strlen(value);
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return false;
	return len < CFG_VALUE_LEN && (len == 0 || (value[0] != ' ' && value[len - 1] != ' '));
}

/* Say what is wrong with the option that getopt_long() refused. */
static int
bad_option(struct args_parser *p, int argc, char **argv, int result)
{
	const char *text = argv[RTE_MIN(optind, argc) - 1];
	int index = optopt - OPTION_BASE;

	if (result == ':')
		return fail(p, "%s: lacks its value %s", text, args_options[index].value);
	if (index >= 0)
		return fail(p, "%s: takes no value; --%s would do", text, args_options[index].name);
	if (optopt != 0)
		return fail(p, "-%c: no such option; --help lists them", optopt);
	return fail(p, "%s: no such option, or short for several; --help lists them", text);
}

static int
fail(struct args_parser *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->error, p->error_size, format, ap);
	va_end(ap);
	return -EINVAL;
}

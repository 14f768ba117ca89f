/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "args_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_common.h>

/* What rte_cfgfile reads at once, less its newline and terminator. */
#define LINE_MAX_LEN (CFG_NAME_LEN + CFG_VALUE_LEN)

/* A file on its way. */
struct reader {
	struct args_file *file;
	const char *path;
	unsigned int line; /* its number */
	bool section; /* its head was seen */
	char *error;
	size_t error_size;
};

static int check_lines(struct reader *reader);
static int check_line(struct reader *reader, char *text, size_t len);
static int check_section(struct reader *reader, const char *text);
static int check_entry(struct reader *reader, char *text);
static char *strip(char *text);
static int fail(struct reader *reader, const char *format, ...) __rte_format_printf(2, 3);
static int fail_whole(struct reader *reader, const char *why);

int
args_file_read(struct args_file *file, const char *path, char *error, size_t error_size)
{
	struct reader reader = {
		.file = file, .path = path, .error = error, .error_size = error_size};
	struct rte_cfgfile *cfgfile;
	struct stat status;
	int nb;

	file->nb = 0;
	/* It is read twice: what a pipe held would be gone. */
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return fail_whole(&reader, "not a regular file");
	if (check_lines(&reader) < 0)
		return -EINVAL;
	if (file->nb == 0)
		return 0;
	cfgfile = rte_cfgfile_load(path, 0);
	if (cfgfile == NULL)
		return fail_whole(&reader, "rte_cfgfile cannot read it");
	nb = rte_cfgfile_section_entries(cfgfile, ARGS_FILE_SECTION, file->entries,
					 ARGS_FILE_ENTRIES_MAX);
	rte_cfgfile_close(cfgfile);
	if (nb != (int)file->nb)
		return fail_whole(&reader, "changed while it was read");
	return 0;
}

/* Count the entries, and note the line of each. */
static int
check_lines(struct reader *reader)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *in;
	int rc = 0;

	in = fopen(reader->path, "r");
	if (in == NULL)
		return fail_whole(reader, strerror(errno));
	while (rc == 0 && (len = getline(&text, &size, in)) >= 0) {
		reader->line++;
		rc = check_line(reader, text, (size_t)len);
	}
	if (rc == 0 && ferror(in))
		rc = fail_whole(reader, strerror(errno));
	free(text);
	fclose(in);
	return rc;
}

static int
check_line(struct reader *reader, char *text, size_t len)
{
	char *comment;

	if (strlen(text) != len)
		return fail(reader, "holds a zero byte; text would do");
	if (strcspn(text, "\n") > LINE_MAX_LEN)
		return fail(reader, "too long; %u characters would do", LINE_MAX_LEN);
	/* As rte_cfgfile sees it: one with a backslash before it is none, nor are those behind. */
	comment = strchr(text, ';');
	if (comment != NULL && (comment == text || comment[-1] != '\\'))
		*comment = '\0';
	text = strip(text);
	if (text[0] == '\0')
		return 0;
	return text[0] == '[' ? check_section(reader, text) : check_entry(reader, text);
}

static int
check_section(struct reader *reader, const char *text)
{
	if (strcmp(text, "[" ARGS_FILE_SECTION "]") != 0)
		return fail(reader, "%s: no such section; [" ARGS_FILE_SECTION "] would do", text);
	if (reader->section)
		return fail(reader, "%s: given twice; once would do", text);
	reader->section = true;
	return 0;
}

static int
check_entry(struct reader *reader, char *text)
{
	struct args_file *file = reader->file;
	char *value = strchr(text, '=');

	if (value == NULL)
		return fail(reader, "%s: not an option; NAME = VALUE would do", text);
	*value++ = '\0';
	text = strip(text);
	value = strip(value);
	if (!reader->section)
		return fail(reader, "%s: in no section; [" ARGS_FILE_SECTION "] above it would do",
			    text);
	if (value[0] == '\0')
		return fail(reader, "%s: lacks its value; %s = VALUE would do", text, text);
	if (strlen(text) >= CFG_NAME_LEN || strlen(value) >= CFG_VALUE_LEN)
		return fail(reader, "%.*s: too long; a value of %u characters would do",
			    CFG_NAME_LEN, text, CFG_VALUE_LEN - 1);
	if (file->nb == ARGS_FILE_ENTRIES_MAX)
		return fail(reader, "%s: one too many; %u would do", text, ARGS_FILE_ENTRIES_MAX);
	file->lines[file->nb++] = reader->line;
	return 0;
}

/* Cut off the blanks at both ends. */
static char *
strip(char *text)
{
	static const char blanks[] = " \t\n\v\f\r";
	size_t len;

	text += strspn(text, blanks);
	for (len = strlen(text); len > 0 && strchr(blanks, text[len - 1]) != NULL; len--)
		text[len - 1] = '\0';
	return text;
}

/* Of the line that is being read. */
static int
fail(struct reader *reader, const char *format, ...)
{
	size_t len;
	va_list ap;

	len = (size_t)snprintf(reader->error, reader->error_size, "%s:%u: ", reader->path,
			       reader->line);
	len = RTE_MIN(len, reader->error_size);
	va_start(ap, format);
	vsnprintf(reader->error + len, reader->error_size - len, format, ap);
	va_end(ap);
	return -EINVAL;
}

static int
fail_whole(struct reader *reader, const char *why)
{
	snprintf(reader->error, reader->error_size, "--config %s: %s; a file of options would do",
		 reader->path, why);
	return -EINVAL;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "ewouldblock.h"

#define DELAY_DEFAULT_US 1000
#define WINDOW_DEFAULT 8

/* A parse on its way. */
struct parser {
	struct ewouldblock_args *args;
	const char *word; /* being parsed */
	int len;
	const char *rule; /* that was given, or NULL */
	int rule_len;
	char *error;
	size_t error_size;
};

static int parse_every(struct parser *p, const char *value);
static int parse_random(struct parser *p, const char *value);
static int parse_first(struct parser *p, const char *value);
static int parse_sequence(struct parser *p, const char *value);
static int parse_seed(struct parser *p, const char *value);
static int parse_answer(struct parser *p, const char *value);
static int parse_delay(struct parser *p, const char *value);
static int parse_window(struct parser *p, const char *value);
static int parse_execute(struct parser *p, const char *value);

static const struct {
	const char *name; /* ends with = if a value follows */
	bool rule;
	int (*parse)(struct parser *p, const char *value);
} words[] = {
	{"every=", true, parse_every},	    {"random=", true, parse_random},
	{"first", true, parse_first},	    {"sequence=", true, parse_sequence},
	{"seed=", false, parse_seed},	    {"answer=", false, parse_answer},
	{"delay_us=", false, parse_delay},  {"window=", false, parse_window},
	{"execute=", false, parse_execute},
};

static int parse_word(struct parser *p);
static int parse_number(struct parser *p, const char *value, uint64_t min, uint64_t max,
			uint64_t *number);
static int fail(struct parser *p, const char *format, ...) __rte_format_printf(2, 3);

int
ewouldblock_args_parse(const char *text, struct ewouldblock_args *args, char *error,
		       size_t error_size)
{
	static const char inner[] = "inner=";
	struct parser parser = {.args = args, .error = error, .error_size = error_size};

	*args = (struct ewouldblock_args){
		.which = EWOULDBLOCK_EVERY,
		.every = 1,
		.seed = 1,
		.answer = EWOULDBLOCK_LATE,
		.delay_us = DELAY_DEFAULT_US,
		.window = WINDOW_DEFAULT,
		.inner = "dram",
	};
	for (parser.word = text != NULL ? text : ""; *parser.word != '\0';) {
		if (strncmp(parser.word, inner, strlen(inner)) == 0) {
			/* The rest of the line, commas and all, is the inner engine's. */
			args->inner = parser.word + strlen(inner);
			return 0;
		}
		parser.len = (int)strcspn(parser.word, ",");
		if (parse_word(&parser) < 0)
			return -EINVAL;
		parser.word += parser.len;
		parser.word += *parser.word == ',';
	}
	return 0;
}

static int
parse_word(struct parser *p)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(words); i++) {
		size_t len = strlen(words[i].name);

		if (strncmp(p->word, words[i].name, len) != 0 ||
		    (words[i].name[len - 1] != '=' && p->len != (int)len))
			continue;
		if (words[i].rule && p->rule != NULL)
			return fail(p, "%.*s and %.*s: one rule would do", p->rule_len, p->rule,
				    p->len, p->word);
		if (words[i].rule) {
			p->rule = p->word;
			p->rule_len = p->len;
		}
		return words[i].parse(p, p->word + len);
	}
	return fail(p,
		    "unknown argument \"%.*s\": takes every=, random=, first or sequence=; seed=, "
		    "answer=, delay_us=, window=, execute=; and last inner=NAME with its own",
		    p->len, p->word);
}

static int
parse_every(struct parser *p, const char *value)
{
	uint64_t number;

	p->args->which = EWOULDBLOCK_EVERY;
	if (parse_number(p, value, 1, UINT32_MAX, &number) < 0)
		return -EINVAL;
	p->args->every = (uint32_t)number;
	return 0;
}

static int
parse_random(struct parser *p, const char *value)
{
	uint64_t number;

	p->args->which = EWOULDBLOCK_RANDOM;
	if (parse_number(p, value, 0, 100, &number) < 0)
		return -EINVAL;
	p->args->percent = (uint32_t)number;
	return 0;
}

static int
parse_first(struct parser *p, const char *value)
{
	RTE_SET_USED(value);
	p->args->which = EWOULDBLOCK_FIRST;
	return 0;
}

static int
parse_sequence(struct parser *p, const char *value)
{
	size_t len = p->word + p->len - value;

	p->args->which = EWOULDBLOCK_SEQUENCE;
	if (len == 0 || len > EWOULDBLOCK_SEQUENCE_MAX || strspn(value, "dp") < len)
		return fail(p,
			    "bad \"%.*s\": sequence takes 1 to %u letters d (done) or p (pending)",
			    p->len, p->word, EWOULDBLOCK_SEQUENCE_MAX);
	memcpy(p->args->sequence, value, len);
	return 0;
}

static int
parse_seed(struct parser *p, const char *value)
{
	return parse_number(p, value, 1, UINT64_MAX, &p->args->seed);
}

static int
parse_answer(struct parser *p, const char *value)
{
	static const char *const names[] = {
		[EWOULDBLOCK_LATE] = "late",
		[EWOULDBLOCK_BURST] = "burst",
		[EWOULDBLOCK_SHUFFLED] = "shuffled",
		[EWOULDBLOCK_NEVER] = "never",
	};
	size_t len = p->word + p->len - value;
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (len == strlen(names[i]) && strncmp(value, names[i], len) == 0) {
			p->args->answer = i;
			return 0;
		}
	return fail(p, "bad \"%.*s\": answer takes late, burst, shuffled or never", p->len,
		    p->word);
}

static int
parse_delay(struct parser *p, const char *value)
{
	uint64_t number;

	if (parse_number(p, value, 0, UINT32_MAX, &number) < 0)
		return -EINVAL;
	p->args->delay_us = (uint32_t)number;
	return 0;
}

static int
parse_window(struct parser *p, const char *value)
{
	uint64_t number;

	if (parse_number(p, value, 1, EWOULDBLOCK_WINDOW_MAX, &number) < 0)
		return -EINVAL;
	p->args->window = (uint32_t)number;
	return 0;
}

static int
parse_execute(struct parser *p, const char *value)
{
	size_t len = p->word + p->len - value;

	p->args->execute_late = len == strlen("late") && strncmp(value, "late", len) == 0;
	if (!p->args->execute_late && (len != strlen("now") || strncmp(value, "now", len) != 0))
		return fail(p, "bad \"%.*s\": execute takes now or late", p->len, p->word);
	return 0;
}

/* Digits up to the end of the word. */
static int
parse_number(struct parser *p, const char *value, uint64_t min, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || errno != 0 || end != p->word + p->len ||
	    *number < min || *number > max)
		return fail(p, "bad \"%.*s\": %.*s takes a number from %ju to %ju", p->len, p->word,
			    (int)(value - 1 - p->word), p->word, (uintmax_t)min, (uintmax_t)max);
	return 0;
}

static int
fail(struct parser *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->error, p->error_size, format, args);
	va_end(args);
	return -EINVAL;
}

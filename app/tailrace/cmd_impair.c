/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "impair.h"
#include "units.h"

static void set_chance(void *parsed, struct cmdline *cl, void *data);
static void set_time(void *parsed, struct cmdline *cl, void *data);
static void set_rate(void *parsed, struct cmdline *cl, void *data);
static void set_off(void *parsed, struct cmdline *cl, void *data);
static void set_all_off(void *parsed, struct cmdline *cl, void *data);
static void set_seed(void *parsed, struct cmdline *cl, void *data);
static void show(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_set, "set");
CMD_WORD(word_show, "show");
CMD_WORD(word_impair, "impair");
CMD_WORD(word_port, "port");
CMD_WORD(word_rate, "rate");
CMD_WORD(word_off, "off");
CMD_WORD(word_seed, "seed");
CMD_NUMBER(token_port);
CMD_STRING(token_direction, direction, "rx#tx");
CMD_STRING(token_chance, level, "loss#duplicate#corrupt#reorder");
CMD_STRING(token_time, level, "delay#jitter");
CMD_STRING(token_value, name, NULL);

#define SET_PORT                                                                                   \
	CMD_TOKEN(word_set), CMD_TOKEN(word_impair), CMD_TOKEN(word_port), CMD_TOKEN(token_port)

static const cmdline_parse_inst_t impair_chance = {
	.f = set_chance,
	.help_str = "set impair port <n> <rx|tx> <loss|duplicate|corrupt|reorder> <share>: do "
		    "that to a share of the frames, such as 0.5%",
	.tokens = {SET_PORT, CMD_TOKEN(token_direction), CMD_TOKEN(token_chance),
		   CMD_TOKEN(token_value), NULL},
};
static const cmdline_parse_inst_t impair_time = {
	.f = set_time,
	.help_str = "set impair port <n> <rx|tx> <delay|jitter> <time>: let frames come later, by "
		    "so much or by up to so much, such as 20ms",
	.tokens = {SET_PORT, CMD_TOKEN(token_direction), CMD_TOKEN(token_time),
		   CMD_TOKEN(token_value), NULL},
};
static const cmdline_parse_inst_t impair_rate = {
	.f = set_rate,
	.help_str = "set impair port <n> <rx|tx> rate <bits>: let through so many bits a second, "
		    "such as 100m",
	.tokens = {SET_PORT, CMD_TOKEN(token_direction), CMD_TOKEN(word_rate),
		   CMD_TOKEN(token_value), NULL},
};
static const cmdline_parse_inst_t impair_off = {
	.f = set_off,
	.help_str = "set impair port <n> <rx|tx> off: do nothing to frames that way",
	.tokens = {SET_PORT, CMD_TOKEN(token_direction), CMD_TOKEN(word_off), NULL},
};
static const cmdline_parse_inst_t impair_all_off = {
	.f = set_all_off,
	.help_str = "set impair port <n> off: the same of both ways",
	.tokens = {SET_PORT, CMD_TOKEN(word_off), NULL},
};
static const cmdline_parse_inst_t impair_seeds = {
	.f = set_seed,
	.help_str = "set impair port <n> seed <number>: begin the random numbers again",
	.tokens = {SET_PORT, CMD_TOKEN(word_seed), CMD_TOKEN(token_value), NULL},
};
static const cmdline_parse_inst_t impair_show = {
	.f = show,
	.help_str = "show impair: what is set, and what was done to frames",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_impair), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {
	&impair_chance,	 &impair_time,	&impair_rate, &impair_off,
	&impair_all_off, &impair_seeds, &impair_show, NULL};

const struct cmd_topic cmd_impair = {"impair", "a bad network, made here", commands};

static const char *const direction_names[] = {[IMPAIR_RX] = "rx", [IMPAIR_TX] = "tx"};

static bool is_port(struct cmdline *cl, const struct cmd_context *context, uint32_t port);
static enum impair_direction direction_of(const struct cmd_words *words);
static void set(struct cmdline *cl, const struct cmd_context *context,
		enum impair_direction direction, const struct impair_settings *settings);
static void print_settings(struct cmdline *cl, const struct impair_settings *settings);
static void print_share(struct cmdline *cl, const char *name, uint32_t ppm);
static void print_stats(struct cmdline *cl, const struct impair_stats *stats);

static void
set_chance(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;
	enum impair_direction direction = direction_of(words);
	struct impair_settings settings = impair_settings(context->impair, direction);
	uint32_t ppm;

	if (!is_port(cl, context, words->number))
		return;
	if (units_read_ppm(words->name, &ppm) < 0) {
		cmdline_printf(cl, "impair: %s: give 0%% to 100%%\n", words->name);
		return;
	}
	if (strcmp(words->level, "loss") == 0)
		settings.loss_ppm = ppm;
	else if (strcmp(words->level, "duplicate") == 0)
		settings.duplicate_ppm = ppm;
	else if (strcmp(words->level, "corrupt") == 0)
		settings.corrupt_ppm = ppm;
	else
		settings.reorder_ppm = ppm;
	set(cl, context, direction, &settings);
}

static void
set_time(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;
	enum impair_direction direction = direction_of(words);
	struct impair_settings settings = impair_settings(context->impair, direction);
	uint32_t us;

	if (!is_port(cl, context, words->number))
		return;
	if (units_read_us(words->name, &us) < 0) {
		cmdline_printf(cl, "impair: %s: give 0us to 10s\n", words->name);
		return;
	}
	if (strcmp(words->level, "delay") == 0)
		settings.delay_us = us;
	else
		settings.jitter_us = us;
	set(cl, context, direction, &settings);
}

static void
set_rate(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;
	enum impair_direction direction = direction_of(words);
	struct impair_settings settings = impair_settings(context->impair, direction);

	if (!is_port(cl, context, words->number))
		return;
	if (units_read_bps(words->name, &settings.rate_bps) < 0)
		cmdline_printf(cl, "impair: %s: give 1k to 1000g bits a second\n", words->name);
	else
		set(cl, context, direction, &settings);
}

static void
set_off(void *parsed, struct cmdline *cl, void *data)
{
	static const struct impair_settings none;
	const struct cmd_words *words = parsed;

	if (is_port(cl, data, words->number))
		set(cl, data, direction_of(words), &none);
}

static void
set_all_off(void *parsed, struct cmdline *cl, void *data)
{
	static const struct impair_settings none;
	const struct cmd_words *words = parsed;

	if (!is_port(cl, data, words->number))
		return;
	set(cl, data, IMPAIR_RX, &none);
	set(cl, data, IMPAIR_TX, &none);
}

static void
set_seed(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;
	uint64_t seed;
	char *end;
	int rc;

	if (!is_port(cl, context, words->number))
		return;
	errno = 0;
	seed = strtoull(words->name, &end, 0);
	/* strtoull() would take a sign, and the nearest of what is too large. */
	if (!isdigit((unsigned char)words->name[0]) || *end != '\0' || errno != 0) {
		cmdline_printf(cl, "impair: seed %s: give a number\n", words->name);
		return;
	}
	rc = impair_seed(context->impair, seed);
	if (rc < 0)
		cmd_print_error(cl, "impair", rc);
}

static bool
is_port(struct cmdline *cl, const struct cmd_context *context, uint32_t port)
{
	uint16_t own = impair_port_id(context->impair);

	if (port == own)
		return true;
	cmdline_printf(cl, "impair: port %u: the server's is %u\n", port, own);
	return false;
}

static enum impair_direction
direction_of(const struct cmd_words *words)
{
	return strcmp(words->direction, direction_names[IMPAIR_RX]) == 0 ? IMPAIR_RX : IMPAIR_TX;
}

static void
set(struct cmdline *cl, const struct cmd_context *context, enum impair_direction direction,
    const struct impair_settings *settings)
{
	int rc = impair_set(context->impair, direction, settings);

	if (rc < 0)
		cmd_print_error(cl, "impair", rc);
}

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct impair_info info;
	unsigned int i;

	RTE_SET_USED(parsed);
	impair_info(context->impair, &info);
	cmdline_printf(cl, "impair port %u: seed %" PRIu64 "\n", info.port_id, info.seed);
	for (i = 0; i < IMPAIR_DIRECTIONS; i++) {
		cmdline_printf(cl, "%s:", direction_names[i]);
		print_settings(cl, &info.directions[i].settings);
		print_stats(cl, &info.directions[i].stats);
	}
}

static void
print_settings(struct cmdline *cl, const struct impair_settings *settings)
{
	static const struct impair_settings none;

	print_share(cl, "loss", settings->loss_ppm);
	print_share(cl, "duplicate", settings->duplicate_ppm);
	print_share(cl, "corrupt", settings->corrupt_ppm);
	print_share(cl, "reorder", settings->reorder_ppm);
	if (settings->delay_us > 0)
		cmdline_printf(cl, " delay %uus", settings->delay_us);
	if (settings->jitter_us > 0)
		cmdline_printf(cl, " jitter %uus", settings->jitter_us);
	if (settings->rate_bps > 0)
		cmdline_printf(cl, " rate %" PRIu64, settings->rate_bps);
	cmdline_printf(cl, "%s\n", memcmp(settings, &none, sizeof(none)) == 0 ? " off" : "");
}

static void
print_share(struct cmdline *cl, const char *name, uint32_t ppm)
{
	if (ppm > 0)
		cmdline_printf(cl, " %s %g%%", name, ppm / 1e4);
}

static void
print_stats(struct cmdline *cl, const struct impair_stats *stats)
{
#define PRINT(name, help)                                                                          \
	cmdline_printf(cl, "  %-24s %12" PRIu64 "  %s\n", #name, stats->name, help);
	IMPAIR_STATS(PRINT)
#undef PRINT
}

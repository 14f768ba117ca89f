/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <stdio.h>

#include <rte_cycles.h>

static void show_cycles(void *parsed, struct cmdline *cl, void *data);
static void show_turns(void *parsed, struct cmdline *cl, void *data);
static void clear_cycles(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_show, "show");
CMD_WORD(word_clear, "clear");
CMD_WORD(word_core, "core");
CMD_WORD(word_cycles, "cycles");
CMD_WORD(word_turns, "turns");
CMD_NUMBER(token_core);

static const cmdline_parse_inst_t core_cycles = {
	.f = show_cycles,
	.help_str = "show core <n> cycles: the share of each stage in a core's time",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_core), CMD_TOKEN(token_core),
		   CMD_TOKEN(word_cycles), NULL},
};
static const cmdline_parse_inst_t core_turns = {
	.f = show_turns,
	.help_str = "show core <n> turns: how long its turns take, and answers by the rings",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_core), CMD_TOKEN(token_core),
		   CMD_TOKEN(word_turns), NULL},
};
static const cmdline_parse_inst_t core_clear = {
	.f = clear_cycles,
	.help_str = "clear core <n> cycles: begin both anew",
	.tokens = {CMD_TOKEN(word_clear), CMD_TOKEN(word_core), CMD_TOKEN(token_core),
		   CMD_TOKEN(word_cycles), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&core_cycles, &core_turns, &core_clear,
						       NULL};

const struct cmd_topic cmd_core = {"core", "where a core's time goes", commands};

static int get(struct cmdline *cl, const struct cmd_context *context, unsigned int core,
	       struct core_cycles_totals *totals);
static void print_error(struct cmdline *cl, unsigned int core, int error);
static void print_histogram(struct cmdline *cl, const char *name,
			    const struct core_histogram *histogram, double unit_us);
static double percent(uint64_t part, uint64_t whole);

static void
show_cycles(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct core_cycles_totals totals;
	uint64_t all_us, cycles;
	double work;
	unsigned int i;

	if (get(cl, data, words->number, &totals) < 0)
		return;
	all_us = totals.spent_us[false] + totals.spent_us[true];
	work = percent(totals.spent_us[true], all_us);
	cycles = totals.turns.sum;
	cmdline_printf(cl,
		       "core %u: %.1f%% work in %.3f s; stages of %" PRIu64
		       " turns that were stamped\n",
		       words->number, work, all_us / 1e6, totals.turns.count);
	cmdline_printf(cl, "  %-8s %9s %9s %12s\n", "stage", "of time", "of work", "cycles/turn");
	for (i = 0; i < CORE_STAGES; i++)
		cmdline_printf(cl, "  %-8s %8.1f%% %8.1f%% %12.0f\n", core_cycles_stage_name(i),
			       work * percent(totals.stages[i], cycles) / 100,
			       percent(totals.stages[i], cycles),
			       cycles > 0 ? (double)totals.stages[i] / totals.turns.count : 0);
	cmdline_printf(cl, "  %-8s %8.1f%%\n", "idle", percent(totals.spent_us[false], all_us));
}

static void
show_turns(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct core_cycles_totals totals;

	if (get(cl, data, words->number, &totals) < 0)
		return;
	cmdline_printf(cl, "core %u: microseconds, of turns that were stamped\n", words->number);
	cmdline_printf(cl, "  %-8s %9s %9s %9s %9s %9s %9s %9s\n", "", "number", "mean", "50%",
		       "90%", "99%", "99.9%", "longest");
	print_histogram(cl, "turn", &totals.turns, 1e6 / rte_get_tsc_hz());
	print_histogram(cl, "queue", &totals.queue, 1);
	cmdline_printf(cl, "  longest of all turns: %" PRIu64 "\n", totals.longest_us);
}

static void
clear_cycles(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;
	int rc = core_info_clear_cycles(context->server, words->number);

	if (rc < 0)
		print_error(cl, words->number, rc);
}

/* 0, or -errno when it was said that there is nothing. */
static int
get(struct cmdline *cl, const struct cmd_context *context, unsigned int core,
    struct core_cycles_totals *totals)
{
	int rc = core_info_cycles(context->server, core, totals);

	if (rc < 0)
		print_error(cl, core, rc);
	return rc;
}

static void
print_error(struct cmdline *cl, unsigned int core, int error)
{
	char what[32];

	snprintf(what, sizeof(what), "core %u", core);
	cmd_print_error(cl, what, error);
}

static void
print_histogram(struct cmdline *cl, const char *name, const struct core_histogram *histogram,
		double unit_us)
{
	static const unsigned int per_mille[] = {500, 900, 990, 999};
	unsigned int i;

	cmdline_printf(cl, "  %-8s %9" PRIu64 " %9.1f", name, histogram->count,
		       histogram->count > 0 ? unit_us * histogram->sum / histogram->count : 0);
	for (i = 0; i < RTE_DIM(per_mille); i++)
		cmdline_printf(cl, " %9.1f",
			       unit_us * core_histogram_quantile(histogram, per_mille[i]));
	cmdline_printf(cl, " %9.1f\n", unit_us * histogram->max);
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * part / whole : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_ether.h>

#include "drops.h"
#include "mc.h"

static void show(void *parsed, struct cmdline *cl, void *data);
static void show_zeros(void *parsed, struct cmdline *cl, void *data);
static void show_core(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_show, "show");
CMD_WORD(word_stack, "stack");
CMD_WORD(word_all, "all");
CMD_WORD(word_core, "core");
CMD_NUMBER(token_core);

static const cmdline_parse_inst_t stack_sum = {
	.f = show,
	.help_str = "show stack: the cores, their neighbours and the counters that are not zero",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_stack), NULL},
};
static const cmdline_parse_inst_t stack_zeros = {
	.f = show_zeros,
	.help_str = "show stack all: the same with every counter, and what each counts",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_stack), CMD_TOKEN(word_all), NULL},
};
static const cmdline_parse_inst_t stack_core = {
	.f = show_core,
	.help_str = "show stack core <n>: the same of one core",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_stack), CMD_TOKEN(word_core),
		   CMD_TOKEN(token_core), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&stack_sum, &stack_zeros, &stack_core, NULL};

const struct cmd_topic cmd_stack = {"stack", "cores, neighbours, counters and drops", commands};

#define NEIGHBOURS_MAX 64

/* Counters on their way to the prompt. */
struct counters {
	struct cmdline *cl;
	const char *topic; /* printed last */
	bool zeros; /* print these as well, with what each counts */
	uint64_t drops;
};

static int print_core(struct cmdline *cl, struct tr_core_server *server, unsigned int core);
static void print_neighbours(struct cmdline *cl, struct tr_core_server *server, unsigned int core);
static void print_counters(struct cmdline *cl, const struct cmd_context *context, unsigned int core,
			   bool zeros);
static void print_core_counter(const struct core_info_counter *counter, void *arg);
static void print_mc_counter(const struct mc_stats_counter *counter, void *arg);
static void print_counter(struct counters *counters, const char *topic, const char *name,
			  const char *help, uint64_t value);

static void
print_stack(struct cmdline *cl, const struct cmd_context *context, bool zeros)
{
	unsigned int core;

	for (core = 0; core < core_info_cores(context->server); core++)
		print_core(cl, context->server, core);
	print_counters(cl, context, UINT_MAX, zeros);
}

static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;

	RTE_SET_USED(parsed);
	print_stack(cl, context, false);
}

static void
show_zeros(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;

	RTE_SET_USED(parsed);
	print_stack(cl, context, true);
}

static void
show_core(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	const struct cmd_words *words = parsed;

	if (print_core(cl, context->server, words->number) == 0)
		print_counters(cl, context, words->number, false);
}

static int
print_core(struct cmdline *cl, struct tr_core_server *server, unsigned int core)
{
	struct core_info_core info;
	char what[32];
	int rc;

	rc = core_info_core(server, core, &info);
	if (rc < 0) {
		snprintf(what, sizeof(what), "core %u", core);
		cmd_print_error(cl, what, rc);
		return rc;
	}
	cmdline_printf(cl, "core %u: lcore %u, queue %u, %s\n", core, info.lcore, info.queue,
		       info.listening ? "listening" : "not listening");
	cmdline_printf(cl,
		       "  %u of %u connections, %u of %u credits, %" PRIu64 " of %" PRIu64
		       " body bytes in use\n",
		       info.conns, info.conns_max, info.credits, info.credits_max, info.body_bytes,
		       info.body_bytes_max);
	print_neighbours(cl, server, core);
	return 0;
}

static void
print_neighbours(struct cmdline *cl, struct tr_core_server *server, unsigned int core)
{
	struct core_info_neighbour neighbours[NEIGHBOURS_MAX];
	char addr[TR_ADDR_TEXT_SIZE];
	char mac[RTE_ETHER_ADDR_FMT_SIZE];
	struct rte_ether_addr ether;
	int nb;
	int i;

	nb = core_info_neighbours(server, core, neighbours, RTE_DIM(neighbours));
	if (nb < 0) {
		cmd_print_error(cl, "  neighbours", nb);
		return;
	}
	for (i = 0; i < nb; i++) {
		tr_addr_format(&neighbours[i].addr, addr);
		memcpy(&ether, neighbours[i].mac, sizeof(ether));
		rte_ether_format_addr(mac, sizeof(mac), &ether);
		cmdline_printf(cl, "  neighbour %-15s %s\n", addr,
			       neighbours[i].reachable ? mac : "not reachable");
	}
}

static void
print_counters(struct cmdline *cl, const struct cmd_context *context, unsigned int core, bool zeros)
{
	struct counters counters = {.cl = cl, .topic = "", .zeros = zeros};

	core_info_counters(context->server, core, print_core_counter, &counters);
	mc_stats_counters(context->mc, core, print_mc_counter, &counters);
	cmdline_printf(cl, "drops in all: %" PRIu64 "\n", counters.drops);
}

static void
print_core_counter(const struct core_info_counter *counter, void *arg)
{
	print_counter(arg, counter->topic, counter->name, counter->help, counter->value);
}

static void
print_mc_counter(const struct mc_stats_counter *counter, void *arg)
{
	print_counter(arg, "mc", counter->name, counter->help, counter->value);
}

static void
print_counter(struct counters *counters, const char *topic, const char *name, const char *help,
	      uint64_t value)
{
	if (drops_is_one(name))
		counters->drops += value;
	if (value == 0 && !counters->zeros)
		return;
	if (strcmp(counters->topic, topic) != 0)
		cmdline_printf(counters->cl, "%s\n", topic);
	counters->topic = topic;
	if (counters->zeros)
		cmdline_printf(counters->cl, "  %-24s %12" PRIu64 "  %s\n", name, value, help);
	else
		cmdline_printf(counters->cl, "  %-24s %12" PRIu64 "\n", name, value);
}

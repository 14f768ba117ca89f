/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <rte_mempool.h>

static void show_all(void *parsed, struct cmdline *cl, void *data);
static void show_one(void *parsed, struct cmdline *cl, void *data);
static void print_title(struct cmdline *cl);
static void print_pool(struct rte_mempool *pool, void *arg);

CMD_WORD(word_show, "show");
CMD_WORD(word_mempool, "mempool");
CMD_STRING(token_name, name, NULL);

static const cmdline_parse_inst_t mempool_all = {
	.f = show_all,
	.help_str = "show mempool: every pool, its objects and how many of them are in use",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_mempool), NULL},
};
static const cmdline_parse_inst_t mempool_one = {
	.f = show_one,
	.help_str = "show mempool <name>: the same of one pool",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_mempool), CMD_TOKEN(token_name), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&mempool_all, &mempool_one, NULL};

const struct cmd_topic cmd_mempool = {"mempool", "memory pools", commands};

static void
show_all(void *parsed, struct cmdline *cl, void *data)
{
	RTE_SET_USED(parsed);
	RTE_SET_USED(data);
	print_title(cl);
	rte_mempool_walk(print_pool, cl);
}

static void
show_one(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_words *words = parsed;
	struct rte_mempool *pool = rte_mempool_lookup(words->name);

	RTE_SET_USED(data);
	if (pool == NULL) {
		cmdline_printf(cl, "mempool %s: there is none; show mempool lists them\n",
			       words->name);
		return;
	}
	print_title(cl);
	print_pool(pool, cl);
}

static void
print_title(struct cmdline *cl)
{
	cmdline_printf(cl, "%-32s %10s %10s %10s %10s\n", "mempool", "size", "in use", "available",
		       "bytes each");
}

static void
print_pool(struct rte_mempool *pool, void *arg)
{
	struct cmdline *cl = arg;
	unsigned int available = rte_mempool_avail_count(pool);

	cmdline_printf(cl, "%-32s %10u %10u %10u %10u\n", pool->name, pool->size,
		       pool->size - available, available, pool->elt_size);
}

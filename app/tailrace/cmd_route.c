/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

static void show(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_show, "show");
CMD_WORD(word_route, "route");

static const cmdline_parse_inst_t show_route = {
	.f = show,
	.help_str = "show route: which neighbour leads to which network, the longest prefix first",
	.tokens = {CMD_TOKEN(word_show), CMD_TOKEN(word_route), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&show_route, NULL};

const struct cmd_topic cmd_route = {"route", "ways to other networks", commands};

#define ROUTES_MAX 64

static void print_route(struct cmdline *cl, unsigned int core, const struct core_info_route *info);

/* All cores have the same, but for routers that advertised themselves. */
static void
show(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	struct core_info_route routes[ROUTES_MAX];
	unsigned int core;
	int nb, i;

	RTE_SET_USED(parsed);
	for (core = 0; core < core_info_cores(context->server); core++) {
		nb = core_info_routes(context->server, core, routes, RTE_DIM(routes));
		if (nb < 0) {
			cmd_print_error(cl, "routes", nb);
			return;
		}
		for (i = 0; i < nb; i++)
			if (core == 0 || routes[i].learned)
				print_route(cl, core, &routes[i]);
	}
}

static void
print_route(struct cmdline *cl, unsigned int core, const struct core_info_route *info)
{
	char prefix[TR_ADDR_TEXT_SIZE], via[TR_ADDR_TEXT_SIZE];

	tr_addr_format(&info->route.prefix, prefix);
	cmdline_printf(cl, "%s/%u ", prefix, info->route.prefix_len);
	if (tr_addr_is_none(&info->route.via))
		cmdline_printf(cl, "on the link\n");
	else if (!info->learned)
		cmdline_printf(cl, "via %s\n", tr_addr_format(&info->route.via, via));
	else
		cmdline_printf(cl, "via %s, as it advertised to core %u\n",
			       tr_addr_format(&info->route.via, via), core);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>

#include <rte_ethdev.h>

#include "mc.h"

static void clear(void *parsed, struct cmdline *cl, void *data);

CMD_WORD(word_clear, "clear");
CMD_WORD(word_stats, "stats");

static const cmdline_parse_inst_t clear_stats = {
	.f = clear,
	.help_str = "clear stats: zero the counters of the cores, the protocols and the ports",
	.tokens = {CMD_TOKEN(word_clear), CMD_TOKEN(word_stats), NULL},
};
static const cmdline_parse_inst_t *const commands[] = {&clear_stats, NULL};

const struct cmd_topic cmd_clear = {"clear", "zero the counters", commands};

static void
clear(void *parsed, struct cmdline *cl, void *data)
{
	const struct cmd_context *context = data;
	char what[32];
	uint16_t port;
	int rc;

	RTE_SET_USED(parsed);
	RTE_ETH_FOREACH_DEV (port) {
		rc = rte_eth_stats_reset(port);
		if (rc == 0 || rc == -ENOTSUP)
			rc = rte_eth_xstats_reset(port);
		if (rc == 0 || rc == -ENOTSUP)
			continue;
		snprintf(what, sizeof(what), "clear: port %u", port);
		cmd_print_error(cl, what, rc);
	}
	/* Then cores, which may ask the port's. */
	rc = core_info_clear(context->server);
	if (rc < 0)
		cmd_print_error(cl, "clear", rc);
	mc_stats_reset(context->mc);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Everything that is dropped: the counters of the stack whose name begins with "drop_", and what
 * the ports drop before and after it.
 *
 * Threads: any control thread.
 */
#ifndef DROPS_H
#define DROPS_H

#include <stdbool.h>
#include <stddef.h>

#include "core_info.h"
#include "mc.h"

struct impair;

/** What a port drops: a field of struct rte_eth_stats. */
struct drops_port {
	const char *name;
	const char *help;
	size_t offset;
};

/** All of these; ends with a name of NULL. */
extern const struct drops_port drops_of_ports[];

/** Whether a counter of this name counts drops. */
bool drops_is_one(const char *name);

/**
 * Call @p visit for every drop, zero or not. Those of a port have the topic "port 0" and the like,
 * valid during the call.
 */
void drops_visit(struct tr_core_server *server, const struct mc_stats *mc, struct impair *impair,
		 void (*visit)(const struct core_info_counter *drop, void *arg), void *arg);

#endif /* DROPS_H */

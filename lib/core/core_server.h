/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A server: its cores, what they share, and how they start and end.
 * Threads: control, unless a function says more.
 */
#ifndef CORE_SERVER_H
#define CORE_SERVER_H

#include "core.h"
#include "core_capture.h"
#include "core_rss.h"
#include "core_steer.h"
#include "core_vlan.h"

/** What tr_core.h calls a server. */
struct tr_core_server {
	struct tr_core_config config; /* with its defaults filled in */
	unsigned int nb_cores;
	struct core *cores[RTE_MAX_LCORE];
	struct core_port ports[RTE_MAX_LCORE];
	struct core_vlan vlans[RTE_MAX_LCORE]; /* before the ports, of a server in a VLAN */
	struct core_rss rss; /* of several cores */
	struct core_steer *steer; /* NULL: one core, or a port that does it */
	struct rte_mempool *rx_mbufs[RTE_MAX_LCORE];
	struct tr_submit *submit;
	struct tr_engine engine; /* ops NULL: none */
	bool captures[CORE_CAPTURES_MAX]; /* which there are, by their number */
	bool port_set_up;
	bool port_started;
	bool running;
	uint64_t clock_base; /* TSC at time 0 */
	uint64_t clock_factor; /* microseconds a TSC cycle, as a fraction of 2^32 */
};

/** The budget that a configuration asks for, or the least with which every value fits. */
uint64_t core_server_body_budget(const struct tr_core_config *config);

/** The server's clock: microseconds since it was created. Any thread. */
uint64_t core_server_now_us(const struct tr_core_server *server);

/** Say in @p error why pools could not be made, by rte_errno; it returns -rte_errno. */
int core_server_no_pools(const char *what, char *error, size_t error_size);

#endif /* CORE_SERVER_H */

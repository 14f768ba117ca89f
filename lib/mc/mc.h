/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The memcached front end: the text and the binary protocol, chosen for each connection by its
 * first byte (0x80 is binary).
 *
 * Threads: the protocol's functions run as tr_protocol.h says. Those below are for control threads.
 */
#ifndef MC_H
#define MC_H

#include <stdint.h>

#include "tr_protocol.h"

/** Longest version string, in bytes. */
#define MC_VERSION_MAX 64

/** The protocol. Its create() takes a struct mc_config. */
extern const struct tr_protocol_ops mc_protocol;

/** Statistics of all instances on one server. */
struct mc_stats;

/** What mc_protocol.create() is given. Read during the call only, but for what it points to. */
struct mc_config {
	struct mc_stats *stats; /* outlives the instances */
	const char *version; /* answers VERSION, at most MC_VERSION_MAX bytes; outlives them too */
	uint32_t value_max; /* largest value stored, bytes; 0: 1 MiB */
};

/** A counter: its name and what it counts. */
struct mc_stats_counter {
	const char *name;
	const char *help;
	uint64_t value;
};

/**
 * Make the statistics of a server whose cores have indexes below @p nb_cores.
 *
 * @return
 *   The statistics, or NULL with rte_errno.
 */
struct mc_stats *mc_stats_create(unsigned int nb_cores);

/** Free them, after the last instance was destroyed. */
void mc_stats_destroy(struct mc_stats *stats);

/**
 * Call @p visit for every counter, summed over the cores when @p core is UINT_MAX. Reads without
 * asking the cores. Any thread.
 *
 * @return
 *   0, or -ENOENT when there is no such core.
 */
int mc_stats_counters(const struct mc_stats *stats, unsigned int core,
		      void (*visit)(const struct mc_stats_counter *counter, void *arg), void *arg);

/** Connections open now, on all cores. Any thread. */
uint64_t mc_stats_connections(const struct mc_stats *stats);

/** Zero the counters of every core. Any thread: each core zeroes its own before it next counts. */
void mc_stats_reset(struct mc_stats *stats);

#endif /* MC_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A port in a VLAN (IEEE 802.1Q): what stands between an ethdev's queue and the core, or steering.
 * It takes the tag off what comes, drops what has another or none, and puts the tag on what goes.
 * Nobody above knows of it.
 *
 * Threads: control sets it up; then the core that owns the queue.
 */
#ifndef CORE_VLAN_H
#define CORE_VLAN_H

#include "core_port.h"
#include "core_stats.h"

/** The highest number of a VLAN. */
#define CORE_VLAN_MAX 4094

/** A queue of a port in a VLAN. */
struct core_vlan {
	struct core_port port; /* what the core sees */
	struct core_stats *stats;
	struct rte_mempool *copies;
	uint16_t id;
} __rte_cache_aligned;

/**
 * Begin.
 *
 * @param id
 *   Of the VLAN, from 1 to CORE_VLAN_MAX.
 * @param below
 *   The queue; stays where it is.
 * @param copies
 *   Mbufs for frames that somebody else holds, which are not written to.
 * @param stats
 *   The core's: what is dropped is counted there.
 * @return
 *   The port for the core.
 */
struct core_port *core_vlan_init(struct core_vlan *vlan, uint16_t id, struct core_port *below,
				 struct rte_mempool *copies, struct core_stats *stats);

#endif /* CORE_VLAN_H */

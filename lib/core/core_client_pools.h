/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The mbufs of a client.
 *
 * Threads: control; what is in them is the client's.
 */
#ifndef CORE_CLIENT_POOLS_H
#define CORE_CLIENT_POOLS_H

#include <rte_mempool.h>

#include "chain.h"

struct core_client_pools {
	struct rte_mempool *rx_mbufs; /* for what its queue receives */
	struct rte_mempool *control_mbufs; /* for frames without TCP payload */
	struct chain_pool chains; /* for what is sent and not acknowledged */
};

/**
 * Create them, all zero before.
 *
 * @param of
 *   The client's name: unique, short.
 * @return
 *   0 or -errno; core_client_pools_deinit() is due either way.
 */
int core_client_pools_init(struct core_client_pools *pools, const char *of);

/** Free them, or those that there are. The port that may hold mbufs of them is closed. */
void core_client_pools_deinit(struct core_client_pools *pools);

#endif /* CORE_CLIENT_POOLS_H */

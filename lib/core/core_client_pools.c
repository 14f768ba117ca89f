/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_client_pools.h"

#include <stdio.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#define RX_MBUFS 16384
#define RX_MBUF_CACHE 256

/* Of all connections together. */
#define SEND_MBUFS 16384
#define SEGMENT_MBUFS 2048

#define CONTROL_MBUFS 8192
#define CONTROL_MBUF_BYTES (CHAIN_HEADROOM + 128)

int
core_client_pools_init(struct core_client_pools *pools, const char *of)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "%s_rx", of);
	pools->rx_mbufs = rte_pktmbuf_pool_create(name, RX_MBUFS, RX_MBUF_CACHE, 0,
						  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pools->rx_mbufs == NULL)
		return -rte_errno;
	snprintf(name, sizeof(name), "%s_send", of);
	pools->chains.mbufs = chain_mempool_create(name, SEND_MBUFS, SOCKET_ID_ANY);
	if (pools->chains.mbufs == NULL)
		return -rte_errno;
	snprintf(name, sizeof(name), "%s_segments", of);
	pools->chains.segments = chain_mempool_create(name, SEGMENT_MBUFS, SOCKET_ID_ANY);
	if (pools->chains.segments == NULL)
		return -rte_errno;
	snprintf(name, sizeof(name), "%s_frames", of);
	pools->control_mbufs = rte_pktmbuf_pool_create(name, CONTROL_MBUFS, 0, 0,
						       CONTROL_MBUF_BYTES, SOCKET_ID_ANY);
	return pools->control_mbufs != NULL ? 0 : -rte_errno;
}

void
core_client_pools_deinit(struct core_client_pools *pools)
{
	rte_mempool_free(pools->control_mbufs);
	rte_mempool_free(pools->chains.segments);
	rte_mempool_free(pools->chains.mbufs);
	rte_mempool_free(pools->rx_mbufs);
}

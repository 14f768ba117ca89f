/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Keeps mempools from run to run: to make them costs more than a run does.
 *
 * A program that is linked with sim_pools of meson.build calls the functions of this file instead
 * of those of DPDK. A pool that is freed stands on a shelf until one is created that is like it.
 * Its objects are given out in the same order as those of a new one, so that a run does not depend
 * on the runs before it.
 *
 * Threads: one.
 */
#ifndef SIM_POOLS_H
#define SIM_POOLS_H

#include <rte_mbuf.h>
#include <rte_mempool.h>

/** Instead of rte_mempool_create(). */
struct rte_mempool *__wrap_rte_mempool_create(const char *name, unsigned int n,
					      unsigned int elt_size, unsigned int cache_size,
					      unsigned int private_data_size,
					      rte_mempool_ctor_t *mp_init, void *mp_init_arg,
					      rte_mempool_obj_cb_t *obj_init, void *obj_init_arg,
					      int socket_id, unsigned int flags);

/** Instead of rte_pktmbuf_pool_create(). */
struct rte_mempool *__wrap_rte_pktmbuf_pool_create(const char *name, unsigned int n,
						   unsigned int cache_size, uint16_t priv_size,
						   uint16_t data_room_size, int socket_id);

/** Instead of rte_mempool_free(): a pool that lacks an object is freed. */
void __wrap_rte_mempool_free(struct rte_mempool *pool);

/** rte_mempool_create(). */
struct rte_mempool *__real_rte_mempool_create(const char *name, unsigned int n,
					      unsigned int elt_size, unsigned int cache_size,
					      unsigned int private_data_size,
					      rte_mempool_ctor_t *mp_init, void *mp_init_arg,
					      rte_mempool_obj_cb_t *obj_init, void *obj_init_arg,
					      int socket_id, unsigned int flags);

/** rte_pktmbuf_pool_create(). */
struct rte_mempool *__real_rte_pktmbuf_pool_create(const char *name, unsigned int n,
						   unsigned int cache_size, uint16_t priv_size,
						   uint16_t data_room_size, int socket_id);

/** rte_mempool_free(). */
void __real_rte_mempool_free(struct rte_mempool *pool);

#endif /* SIM_POOLS_H */

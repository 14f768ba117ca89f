/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The steps of an append, by copy or by reference: private to lib/chain.
 *
 * Threads: the core that owns the connection.
 */
#ifndef CHAIN_INTERNAL_H
#define CHAIN_INTERNAL_H

#include <stdint.h>

#include "chain.h"

/** Bytes of these parts together. */
uint64_t chain_parts_bytes(const struct iovec *parts, unsigned int nb_parts);

/** How many mbufs the room in the last one leaves to be allocated for so many bytes. */
uint64_t chain_mbufs_needed(const struct tr_chain *chain, uint64_t bytes, uint32_t room);

/** Bytes that the chain's last mbuf still takes. */
uint32_t chain_tail_room(const struct tr_chain *chain);

/** Exactly @p nb empty mbufs linked in a list, or NULL and none. */
struct rte_mbuf *chain_mbufs_alloc(struct tr_chain *chain, uint32_t nb, struct rte_mbuf **last);

/** Link a list of @p nb mbufs to the chain's end. */
void chain_mbufs_link(struct tr_chain *chain, struct rte_mbuf *first, struct rte_mbuf *last,
		      uint64_t nb);

/** Copy the parts to the end of @p mbuf and those after it, which have room for them. */
void chain_write(struct tr_chain *chain, struct rte_mbuf *mbuf, const struct iovec *parts,
		 unsigned int nb_parts);

#endif /* CHAIN_INTERNAL_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What the chain knows about an mbuf of its own, in the mbuf's private area: private to lib/chain.
 *
 * The mbuf's `next`, `data_off` and lengths say what was last sent; this says what the chain holds.
 *
 * Threads: the core that owns the connection.
 */
#ifndef CHAIN_LINK_H
#define CHAIN_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "chain.h"

struct chain_link {
	struct rte_mbuf *next; /* in the chain */
	uint16_t offset; /* of the first byte, from buf_addr */
	uint16_t len; /* bytes that are not yet acknowledged */
	bool sealed; /* a device may be reading: append nothing */
};

_Static_assert(sizeof(struct chain_link) <= CHAIN_PRIV_SIZE, "the link fits the private area");

static inline struct chain_link *
chain_link(struct rte_mbuf *mbuf)
{
	return rte_mbuf_to_priv(mbuf);
}

/** The first byte of the chain in this mbuf. */
static inline uint8_t *
chain_link_data(struct rte_mbuf *mbuf)
{
	return (uint8_t *)mbuf->buf_addr + chain_link(mbuf)->offset;
}

#endif /* CHAIN_LINK_H */

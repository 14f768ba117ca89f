/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A port with a bad link each way in front of another. Frames that the core sends it takes all, as
 * a wire does that loses what does not fit, but where that way is clear: then the port below says.
 *
 * Threads: the core that owns the queue; init and deinit while no core has it.
 */
#ifndef IMPAIR_PORT_H
#define IMPAIR_PORT_H

#include "core_port.h"
#include "impair_link.h"

/** The ways of frames. */
enum impair_direction { IMPAIR_RX, IMPAIR_TX, IMPAIR_DIRECTIONS };

/** A port, to be inserted in front of another (core_between.h). */
struct impair_port {
	struct core_port port; /* first: its functions are given a pointer to it */
	const uint64_t *now_us; /* the core's clock */
	struct impair_link links[IMPAIR_DIRECTIONS];
} __rte_cache_aligned;

/** Set up, with links that do nothing. */
void impair_port_init(struct impair_port *port, struct rte_mempool *copies, const uint64_t *now_us);

/**
 * Let go of what is held, once the port stands in front of its core no more: what was sent goes
 * out at once, or in 25 ms, as far as the port below takes it; the rest is dropped.
 */
void impair_port_deinit(struct impair_port *port);

#endif /* IMPAIR_PORT_H */

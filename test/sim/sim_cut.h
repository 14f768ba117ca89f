/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a device does to a frame as it sends it: fills in the checksums that were left to it, and
 * cuts a large TCP segment into those that the wire takes.
 */
#ifndef SIM_CUT_H
#define SIM_CUT_H

#include <stdint.h>

#include <rte_mbuf.h>

/**
 * The frames that the wire sees of one frame, as its mbuf's flags have it.
 *
 * @param mbufs
 *   A pool for them: what it does not give is lost.
 * @param[out] frames
 *   The caller's, contiguous, without flags. @p frame stays the caller's as well.
 * @return
 *   How many. Ends the process when the flags ask for what no device does.
 */
unsigned int sim_cut(const struct rte_mbuf *frame, struct rte_mempool *mbufs,
		     struct rte_mbuf **frames, unsigned int max);

#endif /* SIM_CUT_H */

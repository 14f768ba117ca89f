/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The filter of a capture. A pure function of a frame.
 *
 * Threads: any.
 */
#ifndef CORE_CAPTURE_FILTER_H
#define CORE_CAPTURE_FILTER_H

#include <stdbool.h>

#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include "tr_addr.h"

/** Which frames are captured; all zero: all. */
struct core_capture_filter {
	rte_be16_t port; /* TCP segments from or to this port; 0: any frame */
	bool conn; /* only segments of the connection below */
	struct tr_addr local_addr;
	struct tr_addr remote_addr;
	rte_be16_t local_port;
	rte_be16_t remote_port;
};

/**
 * Whether a frame is captured.
 *
 * @param filter
 *   Which are.
 * @param mbuf
 *   The frame, the caller's; it is not written to.
 * @param received
 *   By us, or else sent.
 */
bool core_capture_filter_passes(const struct core_capture_filter *filter,
				const struct rte_mbuf *mbuf, bool received);

#endif /* CORE_CAPTURE_FILTER_H */

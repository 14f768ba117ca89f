/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Responses that a producer could not give to a core. One writer, the producer's thread; any
 * thread reads.
 */
#ifndef SUBMIT_STATS_H
#define SUBMIT_STATS_H

/* clang-format off */
/** X(name, what it counts) for each counter. */
#define SUBMIT_STATS(X)                                                                    \
	X(drop_ring_full, "responses with their ring full: a request was answered twice")  \
	X(drop_bad_token, "responses whose token names no core: no request's, ever")
/* clang-format on */

#endif /* SUBMIT_STATS_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Counters of a core's send chains. One writer, the owning core; any thread reads.
 */
#ifndef CHAIN_STATS_H
#define CHAIN_STATS_H

#include <stdint.h>

/* clang-format off */
/** X(name, what it counts) for each counter. */
#define CHAIN_STATS(X)                                                                     \
	X(appends, "responses and other pieces appended")                                  \
	X(append_failures, "appends refused because the pool was dry")                     \
	X(bytes_copied, "bytes copied into mbufs by appends")                              \
	X(mbufs, "mbufs allocated by appends")                                             \
	X(segments, "segments sent as the mbuf itself: no copy, no allocation")            \
	X(segments_linked, "segments sent as a header mbuf and an indirect one")           \
	X(segments_copied, "segments copied, for a port that sends no chains")             \
	X(values_referenced, "values sent from where they are, not copied")                \
	X(bytes_referenced, "bytes of these values")                                       \
	X(values_released, "values released after they were sent from where they are")     \
	X(references_refused, "values copied because too many were referenced")
/* clang-format on */

/** The counters by name. */
struct chain_stats {
#define CHAIN_STATS_FIELD(name, help) uint64_t name;
	CHAIN_STATS(CHAIN_STATS_FIELD)
#undef CHAIN_STATS_FIELD
};

#endif /* CHAIN_STATS_H */

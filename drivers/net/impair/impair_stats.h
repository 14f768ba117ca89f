/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Counters of one direction of a queue pair that is impaired.
 * One writer, the core that owns it; any thread reads.
 */
#ifndef IMPAIR_STATS_H
#define IMPAIR_STATS_H

#include <stdint.h>

/* clang-format off */
/** X(name, what it counts) for each counter; the drops are those whose name begins drop_. */
#define IMPAIR_STATS(X)                                                                    \
	X(frames, "frames that came by")                                                   \
	X(duplicated, "frames that went on twice")                                         \
	X(corrupted, "frames of which a bit was flipped")                                  \
	X(reordered, "frames held back behind those that follow")                          \
	X(uncopied, "frames left as they were for want of an mbuf for a copy")             \
	X(drop_impair_loss, "frames dropped at random by impairment")                      \
	X(drop_impair_full, "frames dropped as the queue of impairment was full")          \
	X(drop_impair_end, "frames dropped that were held as impairment ended")
/* clang-format on */

/** The counters by name. */
struct impair_stats {
#define IMPAIR_STATS_FIELD(name, help) uint64_t name;
	IMPAIR_STATS(IMPAIR_STATS_FIELD)
#undef IMPAIR_STATS_FIELD
};

#endif /* IMPAIR_STATS_H */

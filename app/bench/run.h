/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * One run: engine threads answer over one path, the core sends, and what it cost is counted.
 *
 * Threads: the main thread is the core.
 */
#ifndef RUN_H
#define RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path.h"
#include "placement.h"
#include "producer.h"
#include "stream.h"

/** Responses in flight, of all threads together. */
#define RUN_CREDITS 1024

struct run_config {
	const struct path *path;
	const struct stream *stream; /* says how many threads, and how large a value */
	const struct placement *placement;
	uint64_t responses; /* of all threads; 0: as many as there is time for */
	unsigned int duration_ms;
	bool check; /* look at every byte; not for a run that is timed */
};

/** What a run did. */
struct run_counts {
	uint64_t responses;
	uint64_t ns;
	struct count count; /* of all threads */
	uint64_t allocations; /* of any kind */
	uint64_t segment_allocations; /* of these, to cut segments */
	uint64_t bytes_copied; /* on their way into the send buffer */
};

/** A run on its way, as its path sees it. */
struct run {
	struct run_config config;
	struct producer *producers; /* by thread */
	atomic_bool start;
	atomic_bool stop;
	/* By the core: what was sent. */
	uint64_t bytes;
	bool bytes_differ;
	struct stream_checker checker;
};

/** The credits of each thread: a power of two. */
uint32_t run_credits(unsigned int nb_threads);

/** Run. 0 or -errno with one line in @p error: also when a byte was lost. */
int run_path(const struct run_config *config, struct run_counts *counts, char *error,
	     size_t error_size);

/** Bytes that leave: what a device would read. The core. */
static inline void
run_sent(struct run *run, const void *data, uint32_t len)
{
	run->bytes += len;
	if (unlikely(run->config.check) && !stream_check(&run->checker, data, len))
		run->bytes_differ = true;
}

#endif /* RUN_H */

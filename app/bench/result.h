/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What was measured: repetitions become a median and a spread.
 *
 * Threads: the main thread.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "path.h"
#include "rings.h"
#include "run.h"

/** Repetitions of one measure. */
struct result_rates {
	double samples[ARGS_REPETITIONS_MAX]; /* a second; sorted by result_settle() */
	unsigned int nb;
	double median;
	double min;
	double max;
	double spread; /* from least to most, as a part of the median */
};

/** A path with one value size and number of threads. */
struct result {
	const struct path *path;
	uint32_t value_bytes;
	unsigned int threads;
	struct result_rates rates; /* of responses */
	struct run_counts sum; /* of all repetitions */
};

/** A way to share a ring, with a number of producers. */
struct result_ring {
	enum rings_mode mode;
	unsigned int producers;
	struct result_rates rates; /* of messages */
};

/** All of it. */
struct results {
	const struct args *args;
	const struct placement *placement;
	struct result *results; /* by threads, value size, path */
	unsigned int nb_results;
	struct result_ring *rings; /* by mode, number of producers */
	unsigned int nb_rings;
};

/** Room for what the arguments ask for; 0 or -ENOMEM. */
int result_init(struct results *results, const struct args *args,
		const struct placement *placement);

void result_deinit(struct results *results);

/** Add a repetition. */
void result_add(struct result_rates *rates, double rate);

/** All repetitions are there: sum them up. */
void result_settle(struct result_rates *rates);

/** A sum over all responses, for one response. */
double result_per_response(const struct result *result, uint64_t sum);

/** Of the bytes copied for a response, those that are the value's. */
double result_value_bytes_copied(const struct result *result);

/** The result of a path; NULL: it was not measured. */
const struct result *result_find(const struct results *results, const struct path *path,
				 uint32_t value_bytes, unsigned int threads);

/**
 * The value size from which on it is faster to refer to a value than to copy it.
 *
 * @return
 *   Whether both were measured, and there is one among the sizes measured.
 */
bool result_reference_wins_from(const struct results *results, unsigned int threads,
				uint32_t *value_bytes);

#endif /* RESULT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a run of the load generator measured, and how it is told.
 *
 * Threads: the main thread.
 */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include <stdint.h>
#include <stdio.h>

#include "load_args.h"
#include "load_worker.h"

/** One measurement. */
struct load_result {
	double rate; /* asked for; 0: closed loop */
	double seconds; /* measured */
	struct load_counts counts;
	struct load_histogram gets; /* latencies */
	struct load_histogram sets;
	struct load_histogram all;
};

struct load_results {
	const struct load_args *args;
	const char *command; /* as it was given */
	const char *transport;
	unsigned int threads;
	struct load_result *results;
	unsigned int nb_results;
	uint64_t filled; /* keys stored before */
	uint64_t refused; /* of these */
};

/** The percentiles that are told. */
#define LOAD_RESULT_PERCENTILES 6
extern const double load_result_percentiles[LOAD_RESULT_PERCENTILES];

/** Room for one more result, zeroed; NULL without memory. */
struct load_result *load_result_new(struct load_results *results);

/** Free the results. */
void load_result_deinit(struct load_results *results);

/** Add what a worker measured. */
void load_result_add(struct load_result *result, const struct load_worker *worker);

/** Answers a second. */
double load_result_throughput(const struct load_result *result);

/** For people. */
void load_result_table(FILE *out, const struct load_results *results);

/** What should not have happened, of all results: a line each, or nothing. */
void load_result_complaints(FILE *out, const struct load_results *results);

/** For programs. */
void load_result_json(FILE *out, const struct load_results *results);

/** For HdrHistogram's tools: the latencies of the last result. */
void load_result_hgrm(FILE *out, const struct load_results *results);

#endif /* LOAD_RESULT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <rte_common.h>

#include "progress.h"
#include "run.h"

/* Responses of the runs in which every byte is looked at. */
#define CHECKED_RESPONSES 2000

static int compare_paths(struct results *results, struct progress *progress, char *error,
			 size_t error_size);
static int compare_values(struct results *results, const struct stream *stream,
			  struct result *first, struct progress *progress, char *error,
			  size_t error_size);
static int run_once(struct results *results, const struct stream *stream, struct result *result,
		    bool check, struct progress *progress, char *error, size_t error_size);
static int compare_rings(struct results *results, struct progress *progress, char *error,
			 size_t error_size);

int
compare_run(struct results *results, char *error, size_t error_size)
{
	const struct args *args = results->args;
	struct progress progress;
	int rc;

	progress_init(&progress, results->nb_results * (args->repetitions + 1) +
					 results->nb_rings * args->repetitions);
	rc = compare_paths(results, &progress, error, error_size);
	if (rc == 0 && args->rings)
		rc = compare_rings(results, &progress, error, error_size);
	progress_end(&progress);
	return rc;
}

static int
compare_paths(struct results *results, struct progress *progress, char *error, size_t error_size)
{
	const struct args *args = results->args;
	struct result *first = results->results;
	unsigned int threads;
	unsigned int value;
	int rc;

	for (threads = 0; threads < args->nb_threads; threads++) {
		unsigned int nb = args->threads[threads];
		uint32_t nb_items = RTE_MIN(run_credits(nb), (uint32_t)STREAM_ITEMS_MAX);

		for (value = 0; value < args->nb_value_bytes; value++) {
			struct stream stream;

			rc = stream_init(&stream, nb, nb_items, args->value_bytes[value]);
			if (rc < 0) {
				snprintf(error, error_size, "no memory for values");
				return rc;
			}
			rc = compare_values(results, &stream, first, progress, error, error_size);
			stream_deinit(&stream);
			if (rc < 0)
				return rc;
			first += args->nb_paths;
		}
	}
	return 0;
}

/* The paths in turn, with the same items. */
static int
compare_values(struct results *results, const struct stream *stream, struct result *first,
	       struct progress *progress, char *error, size_t error_size)
{
	const struct args *args = results->args;
	unsigned int repetition;
	unsigned int path;
	int rc;

	for (repetition = 0; repetition <= args->repetitions; repetition++) {
		for (path = 0; path < args->nb_paths; path++) {
			first[path].path = args->paths[path];
			first[path].value_bytes = stream->value_bytes;
			first[path].threads = stream->nb_threads;
			/* The first looks at every byte, and warms up the others. */
			rc = run_once(results, stream, &first[path], repetition == 0, progress,
				      error, error_size);
			if (rc < 0)
				return rc;
		}
	}
	for (path = 0; path < args->nb_paths; path++)
		result_settle(&first[path].rates);
	return 0;
}

static int
run_once(struct results *results, const struct stream *stream, struct result *result, bool check,
	 struct progress *progress, char *error, size_t error_size)
{
	const struct args *args = results->args;
	struct run_config config = {
		.path = result->path,
		.stream = stream,
		.placement = results->placement,
		.responses = args->responses,
		.duration_ms = args->duration_ms,
		.check = check,
	};
	struct run_counts counts;
	char what[64];
	int rc;

	snprintf(what, sizeof(what), "%s, %u threads, %u bytes", result->path->name,
		 stream->nb_threads, stream->value_bytes);
	progress_step(progress, what);
	if (check && (config.responses == 0 || config.responses > CHECKED_RESPONSES))
		config.responses = CHECKED_RESPONSES;
	rc = run_path(&config, &counts, error, error_size);
	if (rc < 0 || check)
		return rc;

	result_add(&result->rates, counts.responses * 1e9 / RTE_MAX(counts.ns, 1u));
	result->sum.responses += counts.responses;
	result->sum.ns += counts.ns;
	result->sum.count.locks += counts.count.locks;
	result->sum.allocations += counts.allocations;
	result->sum.segment_allocations += counts.segment_allocations;
	result->sum.bytes_copied += counts.bytes_copied;
	return 0;
}

static int
compare_rings(struct results *results, struct progress *progress, char *error, size_t error_size)
{
	const struct args *args = results->args;
	unsigned int repetition;
	unsigned int i;
	double rate;
	int rc;

	for (repetition = 0; repetition < args->repetitions; repetition++) {
		for (i = 0; i < results->nb_rings; i++) {
			struct result_ring *ring = &results->rings[i];
			char what[64];

			ring->mode = i / args->nb_threads;
			ring->producers = args->threads[i % args->nb_threads];
			snprintf(what, sizeof(what), "ring %s, %u producers",
				 rings_name(ring->mode), ring->producers);
			progress_step(progress, what);
			rc = rings_run(ring->mode, ring->producers, args->duration_ms,
				       results->placement, &rate, error, error_size);
			if (rc < 0)
				return rc;
			result_add(&ring->rates, rate);
		}
	}
	for (i = 0; i < results->nb_rings; i++)
		result_settle(&results->rings[i].rates);
	return 0;
}

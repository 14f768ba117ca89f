/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "result.h"

#include <errno.h>
#include <stdlib.h>

static int compare_rates(const void *a, const void *b);

int
result_init(struct results *results, const struct args *args, const struct placement *placement)
{
	unsigned int nb = args->nb_threads * args->nb_value_bytes * args->nb_paths;

	*results = (struct results){
		.args = args,
		.placement = placement,
		.results = calloc(nb, sizeof(results->results[0])),
		.nb_results = nb,
	};
	if (args->rings) {
		results->nb_rings = RINGS_MODES * args->nb_threads;
		results->rings = calloc(results->nb_rings, sizeof(results->rings[0]));
	}
	if (results->results == NULL || (args->rings && results->rings == NULL)) {
		result_deinit(results);
		return -ENOMEM;
	}
	return 0;
}

void
result_deinit(struct results *results)
{
	free(results->results);
	free(results->rings);
}

void
result_add(struct result_rates *rates, double rate)
{
	rates->samples[rates->nb++] = rate;
}

void
result_settle(struct result_rates *rates)
{
	unsigned int nb = rates->nb;

	qsort(rates->samples, nb, sizeof(rates->samples[0]), compare_rates);
	rates->min = rates->samples[0];
	rates->max = rates->samples[nb - 1];
	rates->median = (rates->samples[(nb - 1) / 2] + rates->samples[nb / 2]) / 2;
	rates->spread = rates->median > 0 ? (rates->max - rates->min) / rates->median : 0;
}

double
result_per_response(const struct result *result, uint64_t sum)
{
	return (double)sum / result->sum.responses;
}

double
result_value_bytes_copied(const struct result *result)
{
	return result_per_response(result, result->sum.bytes_copied) - STREAM_HEAD_BYTES;
}

const struct result *
result_find(const struct results *results, const struct path *path, uint32_t value_bytes,
	    unsigned int threads)
{
	unsigned int i;

	for (i = 0; i < results->nb_results; i++) {
		const struct result *result = &results->results[i];

		if (result->path == path && result->value_bytes == value_bytes &&
		    result->threads == threads)
			return result;
	}
	return NULL;
}

bool
result_reference_wins_from(const struct results *results, unsigned int threads,
			   uint32_t *value_bytes)
{
	const struct args *args = results->args;
	bool wins = false;
	unsigned int i;

	/* From the largest down, as long as it wins. */
	for (i = args->nb_value_bytes; i-- > 0;) {
		const struct result *copy =
			result_find(results, &path_tailrace_copy, args->value_bytes[i], threads);
		const struct result *reference = result_find(results, &path_tailrace_reference,
							     args->value_bytes[i], threads);

		/* There is nothing to refer to in a value of no bytes. */
		if (args->value_bytes[i] == 0 || copy == NULL || reference == NULL ||
		    reference->rates.median <= copy->rates.median)
			break;
		*value_bytes = args->value_bytes[i];
		wins = true;
	}
	return wins;
}

static int
compare_rates(const void *a, const void *b)
{
	const double *left = a;
	const double *right = b;

	return (*left > *right) - (*left < *right);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "table.h"

static void write_head(FILE *out, const struct results *results);
static void write_result(FILE *out, const struct result *result);
static void write_reference(FILE *out, const struct results *results);
static void write_rings(FILE *out, const struct results *results);

void
table_write(FILE *out, const struct results *results)
{
	unsigned int i;

	write_head(out, results);
	for (i = 0; i < results->nb_results; i++) {
		if (i > 0 && i % results->args->nb_paths == 0)
			fprintf(out, "\n");
		write_result(out, &results->results[i]);
	}
	write_reference(out, results);
	if (results->nb_rings > 0)
		write_rings(out, results);
}

static void
write_head(FILE *out, const struct results *results)
{
	char engines[128];
	char core[128];

	placement_format(&results->placement->core, core, sizeof(core));
	placement_format(&results->placement->engines, engines, sizeof(engines));
	fprintf(out,
		"The core on CPU %s, engine threads on CPU %s; the median of %u repetitions.\n"
		"Allocations, locks and bytes copied are of one response.\n\n",
		core, engines, results->args->repetitions);
	fprintf(out, "%7s %6s  %-18s %11s %9s %7s %7s %7s %6s %8s %8s\n", "threads", "value",
		"path", "responses/s", "ns", "spread", "allocs", "(segm.)", "locks", "copied",
		"of value");
}

static void
write_result(FILE *out, const struct result *result)
{
	const struct run_counts *sum = &result->sum;

	fprintf(out, "%7u %6u  %-18s %11.0f %9.1f %6.0f%% %7.2f %7.2f %6.2f %8.0f %8.0f\n",
		result->threads, result->value_bytes, result->path->name, result->rates.median,
		1e9 / result->rates.median, 100 * result->rates.spread,
		result_per_response(result, sum->allocations),
		result_per_response(result, sum->segment_allocations),
		result_per_response(result, sum->count.locks),
		result_per_response(result, sum->bytes_copied), result_value_bytes_copied(result));
}

static void
write_reference(FILE *out, const struct results *results)
{
	const struct args *args = results->args;
	unsigned int i;

	fprintf(out, "\n");
	for (i = 0; i < args->nb_threads; i++) {
		uint32_t value_bytes;

		if (result_reference_wins_from(results, args->threads[i], &value_bytes))
			fprintf(out,
				"With %u thread%s it is faster to refer to values from %u bytes on "
				"than to copy them.\n",
				args->threads[i], args->threads[i] > 1 ? "s" : "", value_bytes);
	}
}

static void
write_rings(FILE *out, const struct results *results)
{
	const struct args *args = results->args;
	unsigned int i, t;

	fprintf(out, "\n64-byte messages through rings, million a second, by producers:\n\n");
	fprintf(out, "%-8s %-26s", "ring", "");
	for (t = 0; t < args->nb_threads; t++)
		fprintf(out, " %8u", args->threads[t]);
	for (i = 0; i < results->nb_rings; i++) {
		const struct result_ring *ring = &results->rings[i];

		if (i % args->nb_threads == 0)
			fprintf(out, "\n%-8s %-26s", rings_name(ring->mode),
				rings_help(ring->mode));
		fprintf(out, " %8.2f", ring->rates.median / 1e6);
	}
	fprintf(out, "\n");
}

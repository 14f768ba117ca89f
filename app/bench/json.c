/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "json.h"

static void write_result(FILE *out, const struct result *result);
static void write_ring(FILE *out, const struct result_ring *ring);
static void write_reference(FILE *out, const struct results *results);

void
json_write(FILE *out, const struct results *results)
{
	char engines[128];
	char core[128];
	unsigned int i;

	placement_format(&results->placement->core, core, sizeof(core));
	placement_format(&results->placement->engines, engines, sizeof(engines));
	fprintf(out, "{\"core_cpus\":\"%s\",\"engine_cpus\":\"%s\",\"repetitions\":%u,\n", core,
		engines, results->args->repetitions);
	fprintf(out, "\"results\":[");
	for (i = 0; i < results->nb_results; i++) {
		fprintf(out, i > 0 ? ",\n" : "\n");
		write_result(out, &results->results[i]);
	}
	fprintf(out, "\n],\n\"reference_wins_from\":[");
	write_reference(out, results);
	fprintf(out, "],\n\"rings\":[");
	for (i = 0; i < results->nb_rings; i++) {
		fprintf(out, i > 0 ? ",\n" : "\n");
		write_ring(out, &results->rings[i]);
	}
	fprintf(out, "\n]}\n");
}

static void
write_result(FILE *out, const struct result *result)
{
	const struct run_counts *sum = &result->sum;

	fprintf(out,
		"{\"path\":\"%s\",\"value_bytes\":%u,\"threads\":%u,"
		"\"responses_per_s\":%.1f,\"responses_per_s_min\":%.1f,"
		"\"responses_per_s_max\":%.1f,\"spread\":%.4f,\"ns_per_response\":%.2f,"
		"\"allocations_per_response\":%.4f,\"segment_allocations_per_response\":%.4f,"
		"\"locks_per_response\":%.6f,\"bytes_copied_per_response\":%.2f,"
		"\"value_bytes_copied_per_response\":%.2f}",
		result->path->name, result->value_bytes, result->threads, result->rates.median,
		result->rates.min, result->rates.max, result->rates.spread,
		1e9 / result->rates.median, result_per_response(result, sum->allocations),
		result_per_response(result, sum->segment_allocations),
		result_per_response(result, sum->count.locks),
		result_per_response(result, sum->bytes_copied), result_value_bytes_copied(result));
}

static void
write_reference(FILE *out, const struct results *results)
{
	const struct args *args = results->args;
	const char *comma = "";
	uint32_t value_bytes;
	unsigned int i;

	for (i = 0; i < args->nb_threads; i++) {
		if (!result_reference_wins_from(results, args->threads[i], &value_bytes))
			continue;
		fprintf(out, "%s\n{\"threads\":%u,\"value_bytes\":%u}", comma, args->threads[i],
			value_bytes);
		comma = ",";
	}
}

static void
write_ring(FILE *out, const struct result_ring *ring)
{
	fprintf(out,
		"{\"ring\":\"%s\",\"producers\":%u,\"messages_per_s\":%.1f,"
		"\"messages_per_s_min\":%.1f,\"messages_per_s_max\":%.1f,\"spread\":%.4f}",
		rings_name(ring->mode), ring->producers, ring->rates.median, ring->rates.min,
		ring->rates.max, ring->rates.spread);
}

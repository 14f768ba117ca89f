/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_result.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NS_IN_US 1e3

const double load_result_percentiles[LOAD_RESULT_PERCENTILES] = {50, 90, 99, 99.9, 99.99, 100};

static void table_settings(FILE *out, const struct load_results *results);
static void table_sweep(FILE *out, const struct load_results *results);
static void table_one(FILE *out, const struct load_result *result);
static void table_latencies(FILE *out, const char *what, const struct load_histogram *histogram);
static const char *json_arrival(const struct load_args *args);
static void json_string(FILE *out, const char *text);
static void json_one(FILE *out, const struct load_result *result);
static void json_latencies(FILE *out, const char *what, const struct load_histogram *histogram);

struct load_result *
load_result_new(struct load_results *results)
{
	struct load_result *grown;

	grown = realloc(results->results, (results->nb_results + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	results->results = grown;
	grown += results->nb_results++;
	memset(grown, 0, sizeof(*grown));
	return grown;
}

void
load_result_deinit(struct load_results *results)
{
	free(results->results);
}

void
load_result_add(struct load_result *result, const struct load_worker *worker)
{
	struct load_counts *sum = &result->counts;
	const struct load_counts *counts = &worker->counts;

	sum->due += counts->due;
	sum->answered += counts->answered;
	sum->hits += counts->hits;
	sum->misses += counts->misses;
	sum->stored += counts->stored;
	sum->unanswered += counts->unanswered;
	sum->refused += counts->refused;
	sum->differing += counts->differing;
	load_histogram_add(&result->gets, &worker->gets);
	load_histogram_add(&result->sets, &worker->sets);
	load_histogram_add(&result->all, &worker->gets);
	load_histogram_add(&result->all, &worker->sets);
}

double
load_result_throughput(const struct load_result *result)
{
	return result->counts.answered / result->seconds;
}

void
load_result_table(FILE *out, const struct load_results *results)
{
	unsigned int i;

	table_settings(out, results);
	if (results->args->sweep_steps > 0)
		table_sweep(out, results);
	else
		for (i = 0; i < results->nb_results; i++)
			table_one(out, &results->results[i]);
}

static void
table_settings(FILE *out, const struct load_results *results)
{
	const struct load_args *args = results->args;

	fprintf(out,
		"%s, %s protocol, over %s; %u connections of depth %u, %u thread%s\n"
		"%u keys of %s bytes, values of %s bytes, %u gets to %u sets, ",
		args->server, args->protocol->name, results->transport, args->connections,
		args->depth, results->threads, results->threads > 1 ? "s" : "", args->keys,
		args->key_size_text, args->value_size_text, args->gets, args->sets);
	if (args->zipf > 0)
		fprintf(out, "popularity zipf %g\n", args->zipf);
	else
		fprintf(out, "popularity uniform\n");
}

static void
table_sweep(FILE *out, const struct load_results *results)
{
	unsigned int i, p;

	fprintf(out, "\n%10s %10s %9s %9s %9s %9s %9s %9s %9s\n", "rate", "answers/s", "mean us",
		"p50", "p90", "p99", "p99.9", "p99.99", "max");
	for (i = 0; i < results->nb_results; i++) {
		const struct load_result *result = &results->results[i];

		fprintf(out, "%10.0f %10.0f %9.1f", result->rate, load_result_throughput(result),
			load_histogram_mean(&result->all) / NS_IN_US);
		for (p = 0; p < LOAD_RESULT_PERCENTILES; p++)
			fprintf(out, " %9.1f",
				load_histogram_percentile(&result->all,
							  load_result_percentiles[p]) /
					NS_IN_US);
		fprintf(out, "\n");
	}
}

static void
table_one(FILE *out, const struct load_result *result)
{
	const struct load_counts *counts = &result->counts;
	uint64_t gets = counts->hits + counts->misses;

	fprintf(out, "\n%.0f answers/s in %.1f s", load_result_throughput(result), result->seconds);
	if (result->rate > 0)
		fprintf(out, ", %.0f/s asked for", result->rate);
	if (gets > 0)
		fprintf(out, "; %.1f%% of gets hit", 100.0 * counts->hits / gets);
	fprintf(out, "\n\n%-6s %10s %9s %9s %9s %9s %9s %9s %9s\n", "us", "requests", "mean", "p50",
		"p90", "p99", "p99.9", "p99.99", "max");
	table_latencies(out, "get", &result->gets);
	table_latencies(out, "set", &result->sets);
	table_latencies(out, "all", &result->all);
}

static void
table_latencies(FILE *out, const char *what, const struct load_histogram *histogram)
{
	unsigned int i;

	if (histogram->total == 0)
		return;
	fprintf(out, "%-6s %10" PRIu64 " %9.1f", what, histogram->total,
		load_histogram_mean(histogram) / NS_IN_US);
	for (i = 0; i < LOAD_RESULT_PERCENTILES; i++)
		fprintf(out, " %9.1f",
			load_histogram_percentile(histogram, load_result_percentiles[i]) /
				NS_IN_US);
	fprintf(out, "\n");
}

void
load_result_complaints(FILE *out, const struct load_results *results)
{
	uint64_t unanswered = 0, refused = results->refused, differing = 0;
	unsigned int i;

	for (i = 0; i < results->nb_results; i++) {
		unanswered += results->results[i].counts.unanswered;
		refused += results->results[i].counts.refused;
		differing += results->results[i].counts.differing;
	}
	if (unanswered > 0)
		fprintf(out,
			"%" PRIu64 " requests were not answered within a second of the end; they "
			"count with the age\nthat they had then, so that their latencies are "
			"higher still.\n",
			unanswered);
	if (refused > 0)
		fprintf(out, "%" PRIu64 " requests were answered with an error.\n", refused);
	if (differing > 0)
		fprintf(out, "%" PRIu64 " values were not what their key must have.\n", differing);
}

void
load_result_json(FILE *out, const struct load_results *results)
{
	const struct load_args *args = results->args;
	unsigned int i;

	fprintf(out, "{\"command\":");
	json_string(out, results->command);
	fprintf(out, ",\n\"server\":");
	json_string(out, args->server);
	fprintf(out,
		",\"transport\":\"%s\",\"protocol\":\"%s\",\"connections\":%u,\"depth\":%u,"
		"\"threads\":%u,\n\"arrival\":%s,\"warmup_s\":%.3f,"
		"\"keys\":%u,\"key_bytes\":\"%s\",\"value_bytes\":\"%s\","
		"\"zipf\":%g,\"gets\":%u,\"sets\":%u,\"verified\":%s,\"seed\":%" PRIu64
		",\n\"filled\":%" PRIu64 ",\"fill_refused\":%" PRIu64 ",\n\"results\":[",
		results->transport, args->protocol->name, args->connections, args->depth,
		results->threads, json_arrival(args), args->warmup_ms / 1e3, args->keys,
		args->key_size_text, args->value_size_text, args->zipf, args->gets, args->sets,
		args->verify ? "true" : "false", args->seed, results->filled, results->refused);
	for (i = 0; i < results->nb_results; i++) {
		fprintf(out, i > 0 ? ",\n" : "\n");
		json_one(out, &results->results[i]);
	}
	fprintf(out, "\n]}\n");
}

static const char *
json_arrival(const struct load_args *args)
{
	if (args->rate == 0 && args->sweep_steps == 0)
		return "null";
	return args->poisson ? "\"poisson\"" : "\"fixed\"";
}

static void
json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void
json_one(FILE *out, const struct load_result *result)
{
	const struct load_counts *counts = &result->counts;

	fprintf(out,
		"{\"loop\":\"%s\",\"rate\":%.1f,\"seconds\":%.3f,\"answers_per_s\":%.1f,"
		"\"due\":%" PRIu64 ",\"hits\":%" PRIu64 ",\"misses\":%" PRIu64
		",\"stored\":%" PRIu64 ",\"unanswered\":%" PRIu64 ",\"refused\":%" PRIu64
		",\"differing\":%" PRIu64 ",\n \"latency_us\":{",
		result->rate > 0 ? "open" : "closed", result->rate, result->seconds,
		load_result_throughput(result), counts->due, counts->hits, counts->misses,
		counts->stored, counts->unanswered, counts->refused, counts->differing);
	json_latencies(out, "get", &result->gets);
	fprintf(out, ",");
	json_latencies(out, "set", &result->sets);
	fprintf(out, ",");
	json_latencies(out, "all", &result->all);
	fprintf(out, "}}");
}

static void
json_latencies(FILE *out, const char *what, const struct load_histogram *histogram)
{
	unsigned int i;

	fprintf(out, "\n  \"%s\":{\"count\":%" PRIu64 ",\"mean\":%.3f", what, histogram->total,
		load_histogram_mean(histogram) / NS_IN_US);
	for (i = 0; i < LOAD_RESULT_PERCENTILES; i++)
		fprintf(out, ",\"p%g\":%.3f", load_result_percentiles[i],
			load_histogram_percentile(histogram, load_result_percentiles[i]) /
				NS_IN_US);
	fprintf(out, "}");
}

void
load_result_hgrm(FILE *out, const struct load_results *results)
{
	load_histogram_write(out, &results->results[results->nb_results - 1].all);
}

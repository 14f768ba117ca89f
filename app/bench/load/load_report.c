/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_report.h"

#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <rte_version.h>

#include "load_plot.h"

#define NS_IN_US 1e3

static void write_head(FILE *out);
static void write_workload(FILE *out, const struct load_results *results);
static void write_figures(FILE *out, const struct load_results *results);
static void write_row(FILE *out, const char *what, const struct load_result *result,
		      const struct load_histogram *histogram);
static void write_machine(FILE *out);
static void write_cpu(FILE *out);
static void fact(FILE *out, const char *name, const char *value);
static void escaped(FILE *out, const char *text);

void
load_report_write(FILE *out, const struct load_results *results)
{
	write_head(out);
	fprintf(out, "<h1>Load on ");
	escaped(out, results->args->server);
	fprintf(out, "</h1>\n<pre>");
	escaped(out, results->command);
	fprintf(out, "</pre>\n");
	if (results->args->sweep_steps > 0)
		load_plot_sweep(out, results);
	else
		load_plot_percentiles(out, results);
	write_figures(out, results);
	write_workload(out, results);
	write_machine(out);
	fprintf(out, "</body>\n</html>\n");
}

static void
write_head(FILE *out)
{
	fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width\">\n"
		     "<title>tailrace-bench load</title>\n<style>\n"
		     "body { font-family: sans-serif; margin: 2em auto; max-width: 72em; "
		     "padding: 0 1em; color: #222; background: white }\n"
		     "pre { background: #f4f4f4; padding: 0.8em; white-space: pre-wrap; "
		     "overflow-wrap: anywhere }\n"
		     "svg { max-width: 100%%; height: auto }\n"
		     "table { border-collapse: collapse; margin: 0.5em 0 }\n"
		     "th, td { padding: 0.2em 0.5em; text-align: right; "
		     "border-bottom: 1px solid #ddd }\n"
		     "table.facts th, table.facts td { text-align: left }\n"
		     "div { overflow-x: auto }\n"
		     "</style>\n</head>\n<body>\n");
}

static void
write_figures(FILE *out, const struct load_results *results)
{
	unsigned int i;

	fprintf(out, "<h2>Latencies in microseconds</h2>\n<div><table>\n"
		     "<tr><th>asked for /s</th><th>answers /s</th><th></th><th>requests</th>"
		     "<th>mean</th>");
	for (i = 0; i < LOAD_RESULT_PERCENTILES - 1; i++)
		fprintf(out, "<th>p%g</th>", load_result_percentiles[i]);
	fprintf(out, "<th>max</th><th>unanswered</th></tr>\n");
	for (i = 0; i < results->nb_results; i++) {
		const struct load_result *result = &results->results[i];

		if (results->args->sweep_steps == 0) {
			write_row(out, "get", result, &result->gets);
			write_row(out, "set", result, &result->sets);
		}
		write_row(out, "all", result, &result->all);
	}
	fprintf(out, "</table></div>\n"
		     "<p>A latency begins when its request was due. What was not answered within a "
		     "second of the end counts with the age that it had then.</p>\n");
}

static void
write_row(FILE *out, const char *what, const struct load_result *result,
	  const struct load_histogram *histogram)
{
	unsigned int i;

	if (histogram->total == 0)
		return;
	fprintf(out, "<tr><td>");
	if (result->rate > 0)
		fprintf(out, "%.0f", result->rate);
	else
		fprintf(out, "closed loop");
	fprintf(out, "</td><td>%.0f</td><td>%s</td><td>%" PRIu64 "</td><td>%.1f</td>",
		load_result_throughput(result), what, histogram->total,
		load_histogram_mean(histogram) / NS_IN_US);
	for (i = 0; i < LOAD_RESULT_PERCENTILES; i++)
		fprintf(out, "<td>%.1f</td>",
			load_histogram_percentile(histogram, load_result_percentiles[i]) /
				NS_IN_US);
	if (histogram == &result->all)
		fprintf(out, "<td>%" PRIu64 "</td></tr>\n", result->counts.unanswered);
	else
		fprintf(out, "<td></td></tr>\n");
}

static void
write_workload(FILE *out, const struct load_results *results)
{
	const struct load_args *args = results->args;
	const struct load_result *last = &results->results[results->nb_results - 1];
	char text[128];

	fprintf(out, "<h2>Workload</h2>\n<table class=\"facts\">\n");
	fact(out, "protocol", args->protocol->name);
	fact(out, "over", results->transport);
	snprintf(text, sizeof(text), "%u of depth %u, by %u thread%s", args->connections,
		 args->depth, results->threads, results->threads > 1 ? "s" : "");
	fact(out, "connections", text);
	if (last->rate > 0)
		fact(out, "arrivals", args->poisson ? "open loop, Poisson" : "open loop, steady");
	else
		fact(out, "arrivals", "closed loop");
	snprintf(text, sizeof(text), "%u of %s bytes", args->keys, args->key_size_text);
	fact(out, "keys", text);
	snprintf(text, sizeof(text), "%s bytes%s", args->value_size_text,
		 args->verify ? ", each verified" : "");
	fact(out, "values", text);
	if (args->zipf > 0)
		snprintf(text, sizeof(text), "Zipf, exponent %g", args->zipf);
	else
		snprintf(text, sizeof(text), "uniform");
	fact(out, "popularity", text);
	snprintf(text, sizeof(text), "%u:%u", args->gets, args->sets);
	fact(out, "gets to sets", text);
	snprintf(text, sizeof(text), "%.1f s, after %.1f s of warming up", last->seconds,
		 args->warmup_ms / 1e3);
	fact(out, "measured", text);
	fprintf(out, "</table>\n");
}

/* That of the generator. */
static void
write_machine(FILE *out)
{
	struct utsname name;
	time_t now = time(NULL);
	char text[512];
	struct tm tm;

	fprintf(out, "<h2>The generator's machine</h2>\n<table class=\"facts\">\n");
	write_cpu(out);
	snprintf(text, sizeof(text), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	fact(out, "CPUs", text);
	snprintf(text, sizeof(text), "%.1f GiB",
		 (double)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / (1 << 30));
	fact(out, "memory", text);
	if (uname(&name) == 0) {
		snprintf(text, sizeof(text), "%s %s %s", name.sysname, name.release, name.machine);
		fact(out, "kernel", text);
	}
	fact(out, "DPDK", rte_version());
	fact(out, "tailrace-bench", TAILRACE_VERSION);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &tm));
	fact(out, "written", text);
	fprintf(out, "</table>\n");
}

static void
write_cpu(FILE *out)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];
	char *value;

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		value = strchr(line, ':');
		if (value == NULL || strncmp(line, "model name", 10) != 0)
			continue;
		value[strcspn(value, "\n")] = '\0';
		fact(out, "CPU", value + 1 + strspn(value + 1, " "));
		break;
	}
	fclose(file);
}

static void
fact(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<tr><th>%s</th><td>", name);
	escaped(out, value);
	fprintf(out, "</td></tr>\n");
}

static void
escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
}

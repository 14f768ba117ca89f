/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load.h"

#include <errno.h>
#include <inttypes.h>

#include <rte_lcore.h>

#include "load_plot.h"
#include "load_report.h"
#include "load_result.h"
#include "load_run.h"
#include "output.h"

/* A file that was asked for, and who writes it. */
struct file {
	const char *name; /* NULL: not asked for */
	void (*write)(FILE *out, const struct load_results *results);
	struct output output;
};

#define FILES 4

static void name_files(const struct load_args *args, struct file *files);
static int open_files(struct file *files, char *error, size_t error_size);
static int close_files(struct file *files, char *error, size_t error_size);
static void discard_files(struct file *files);
static void tell(const struct load_results *results, struct file *files);
static int judge(const struct load_results *results, char *error, size_t error_size);

int
load(const struct load_args *args, const char *command, char *error, size_t error_size)
{
	struct load_results results = {
		.args = args,
		.command = command,
		.threads = args->threads > 0 ? args->threads : rte_lcore_count(),
	};
	struct file files[FILES];
	int rc, closed = 0;

	if (results.threads > rte_lcore_count()) {
		snprintf(error, error_size, "--threads: %u, but EAL has %u lcores", results.threads,
			 rte_lcore_count());
		return -EINVAL;
	}
	if (results.threads > args->connections)
		results.threads = args->connections;
	name_files(args, files);
	/* Before the run: what it measures must not be lost. */
	rc = open_files(files, error, error_size);
	if (rc < 0)
		return rc;
	rc = load_run(&results, error, error_size);
	if (rc == 0) {
		tell(&results, files);
		rc = judge(&results, error, error_size);
		closed = close_files(files, rc == 0 ? error : NULL, rc == 0 ? error_size : 0);
	} else {
		discard_files(files);
	}
	load_result_deinit(&results);
	return rc < 0 ? rc : closed;
}

static void
name_files(const struct load_args *args, struct file *files)
{
	files[0] = (struct file){.name = args->json_file, .write = load_result_json};
	files[1] = (struct file){.name = args->hgrm_file, .write = load_result_hgrm};
	files[2] = (struct file){
		.name = args->svg_file,
		.write = args->sweep_steps > 0 ? load_plot_sweep : load_plot_percentiles,
	};
	files[3] = (struct file){.name = args->report_file, .write = load_report_write};
}

static int
open_files(struct file *files, char *error, size_t error_size)
{
	unsigned int i;

	for (i = 0; i < FILES; i++) {
		if (files[i].name == NULL)
			continue;
		if (output_open(&files[i].output, files[i].name, error, error_size) < 0) {
			discard_files(files);
			return -EINVAL;
		}
	}
	return 0;
}

/* All of them; the error is that of the last that failed. */
static int
close_files(struct file *files, char *error, size_t error_size)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < FILES; i++)
		if (files[i].output.file != NULL &&
		    output_close(&files[i].output, error, error_size) < 0)
			rc = -EIO;
	return rc;
}

/* Nothing was measured: what an earlier run has left in them is worth more. */
static void
discard_files(struct file *files)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		if (files[i].output.file != NULL)
			output_discard(&files[i].output);
}

static void
tell(const struct load_results *results, struct file *files)
{
	const struct load_args *args = results->args;
	unsigned int i;

	if (args->json && args->json_file == NULL) {
		load_result_json(stdout, results);
		load_result_complaints(stderr, results);
	} else {
		load_result_table(stdout, results);
		load_result_complaints(stdout, results);
	}
	for (i = 0; i < FILES; i++)
		if (files[i].output.file != NULL) {
			output_begin(&files[i].output);
			files[i].write(files[i].output.file, results);
		}
}

/* A server that gives wrong values, or none, is not measured by how fast it does so. */
static int
judge(const struct load_results *results, char *error, size_t error_size)
{
	struct load_counts sum = {0};
	unsigned int i;

	for (i = 0; i < results->nb_results; i++) {
		const struct load_counts *counts = &results->results[i].counts;

		sum.differing += counts->differing;
		sum.refused += counts->refused;
		sum.answered += counts->answered;
		/* All that are no errors. */
		sum.hits += counts->hits + counts->misses + counts->stored;
	}
	if (sum.differing > 0)
		snprintf(error, error_size, "%" PRIu64 " values were not what their key must have",
			 sum.differing);
	else if (sum.hits == 0 && sum.refused > 0)
		snprintf(error, error_size, "the server answered with nothing but errors");
	else if (sum.hits == 0 || sum.answered == 0)
		snprintf(error, error_size, "no request was answered in the measured time");
	else
		return 0;
	return -EBADMSG;
}

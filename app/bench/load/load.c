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

static int tell(const struct load_results *results, char *error, size_t error_size);
static int write_file(const char *name, const struct load_results *results,
		      void (*write)(FILE *out, const struct load_results *results), char *error,
		      size_t error_size);
static int judge(const struct load_results *results, char *error, size_t error_size);

int
load(const struct load_args *args, const char *command, char *error, size_t error_size)
{
	struct load_results results = {
		.args = args,
		.command = command,
		.threads = args->threads > 0 ? args->threads : rte_lcore_count(),
	};
	int rc;

	if (results.threads > rte_lcore_count()) {
		snprintf(error, error_size, "--threads: %u, but EAL has %u lcores", results.threads,
			 rte_lcore_count());
		return -EINVAL;
	}
	if (results.threads > args->connections)
		results.threads = args->connections;
	rc = load_run(&results, error, error_size);
	if (rc == 0)
		rc = tell(&results, error, error_size);
	if (rc == 0)
		rc = judge(&results, error, error_size);
	load_result_deinit(&results);
	return rc;
}

static int
tell(const struct load_results *results, char *error, size_t error_size)
{
	const struct load_args *args = results->args;
	int rc = 0;

	if (!args->json)
		load_result_table(stdout, results);
	else if (args->json_file == NULL)
		load_result_json(stdout, results);
	else {
		load_result_table(stdout, results);
		rc = write_file(args->json_file, results, load_result_json, error, error_size);
	}
	if (rc == 0 && args->hgrm_file != NULL)
		rc = write_file(args->hgrm_file, results, load_result_hgrm, error, error_size);
	if (rc == 0 && args->svg_file != NULL)
		rc = write_file(args->svg_file, results,
				args->sweep_steps > 0 ? load_plot_sweep : load_plot_percentiles,
				error, error_size);
	if (rc == 0 && args->report_file != NULL)
		rc = write_file(args->report_file, results, load_report_write, error, error_size);
	return rc;
}

static int
write_file(const char *name, const struct load_results *results,
	   void (*write)(FILE *out, const struct load_results *results), char *error,
	   size_t error_size)
{
	FILE *out = output_open(name, error, error_size);

	if (out == NULL)
		return -EIO;
	write(out, results);
	return output_close(out, name, error, error_size);
}

/* A server that gives wrong values is not measured by how fast it gives them. */
static int
judge(const struct load_results *results, char *error, size_t error_size)
{
	uint64_t differing = 0;
	unsigned int i;

	for (i = 0; i < results->nb_results; i++)
		differing += results->results[i].counts.differing;
	if (differing == 0)
		return 0;
	snprintf(error, error_size, "%" PRIu64 " values were not what their key must have",
		 differing);
	return -EBADMSG;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * tailrace-bench: measures. EAL's arguments and "--" may come first; without them it takes what
 * runs anywhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "args.h"
#include "compare.h"
#include "json.h"
#include "placement.h"
#include "result.h"
#include "svg.h"
#include "table.h"

/* Exit status: the arguments, or the machine, do not allow a measurement. */
#define EXIT_SETUP 2

#define ERROR_SIZE 512

static int submit(int eal_argc, char **eal_argv, int argc, char **argv);
static int start_eal(int argc, char **argv, struct placement *placement, char *error,
		     size_t error_size);
static int measure(const struct args *args, const struct placement *placement, char *error,
		   size_t error_size);
static int write_all(const struct results *results, char *error, size_t error_size);
static int write_file(const char *name, const struct results *results,
		      void (*write)(FILE *out, const struct results *results), char *error,
		      size_t error_size);
static void usage(FILE *out);
static int give_up(const char *error);

int
main(int argc, char **argv)
{
	char error[ERROR_SIZE];
	int own = 0;
	int i;

	for (i = 1; i < argc && own == 0; i++)
		if (strcmp(argv[i], "--") == 0)
			own = i;
	if (own + 1 >= argc)
		return give_up("lacks what to measure; tailrace-bench submit would do");
	if (strcmp(argv[own + 1], "--help") == 0) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[own + 1], "submit") == 0)
		return submit(own, argv, argc - own - 2, argv + own + 2);
	snprintf(error, sizeof(error), "%s: cannot measure that; submit would do", argv[own + 1]);
	return give_up(error);
}

static int
submit(int eal_argc, char **eal_argv, int argc, char **argv)
{
	struct placement placement;
	char error[ERROR_SIZE];
	struct args args;
	unsigned int i;
	int rc;

	if (args_parse(&args, argc, argv, error, sizeof(error)) < 0)
		return give_up(error);
	if (args.help) {
		args_usage(stdout);
		return EXIT_SUCCESS;
	}
	for (i = 0; i < PATHS; i++)
		if (paths[i]->missing != NULL)
			fprintf(stderr, "tailrace-bench: %s: %s\n", paths[i]->name,
				paths[i]->missing);

	if (start_eal(eal_argc, eal_argv, &placement, error, sizeof(error)) < 0)
		return give_up(error);
	rc = measure(&args, &placement, error, sizeof(error));
	rte_eal_cleanup();
	if (rc < 0) {
		fprintf(stderr, "tailrace-bench: %s\n", error);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* With the user's arguments, or else with what needs neither hugepages nor devices. */
static int
start_eal(int argc, char **argv, struct placement *placement, char *error, size_t error_size)
{
	char lcores[32];
	char defaults[][24] = {"tailrace-bench", "--no-huge", "--no-pci", "--no-telemetry",
			       "--no-shconf",	 "-m",	      "512",	  "--log-level",
			       "*:warning",	 "--lcores"};
	char *words[RTE_DIM(defaults) + 2];
	unsigned int i;

	placement_init(placement);
	/* Standard output is for results. */
	rte_openlog_stream(stderr);
	if (argc == 0) {
		for (i = 0; i < RTE_DIM(defaults); i++)
			words[i] = defaults[i];
		snprintf(lcores, sizeof(lcores), "0@%u", placement_default_core(placement));
		words[i++] = lcores;
		words[i] = NULL;
		argc = i;
		argv = words;
	}
	if (rte_eal_init(argc, argv) < 0) {
		snprintf(error, error_size,
			 "EAL: %s; without EAL's options, or with --no-huge "
			 "-m 512 among them, it needs no hugepages",
			 rte_strerror(rte_errno));
		return -EINVAL;
	}
	placement_settle(placement);
	return 0;
}

static int
measure(const struct args *args, const struct placement *placement, char *error, size_t error_size)
{
	struct results results;
	int rc;

	rc = result_init(&results, args, placement);
	if (rc < 0) {
		snprintf(error, error_size, "no memory for results");
		return rc;
	}
	rc = compare_run(&results, error, error_size);
	if (rc == 0)
		rc = write_all(&results, error, error_size);
	result_deinit(&results);
	return rc;
}

static int
write_all(const struct results *results, char *error, size_t error_size)
{
	const struct args *args = results->args;
	int rc = 0;

	if (!args->json)
		table_write(stdout, results);
	else if (args->json_file == NULL)
		json_write(stdout, results);
	else {
		table_write(stdout, results);
		rc = write_file(args->json_file, results, json_write, error, error_size);
	}
	if (rc == 0 && args->svg_file != NULL)
		rc = write_file(args->svg_file, results, svg_write, error, error_size);
	return rc;
}

static int
write_file(const char *name, const struct results *results,
	   void (*write)(FILE *out, const struct results *results), char *error, size_t error_size)
{
	FILE *out = fopen(name, "w");

	if (out != NULL) {
		write(out, results);
		if (fclose(out) == 0)
			return 0;
	}
	snprintf(error, error_size, "%s: %s", name, strerror(errno));
	return -errno;
}

static void
usage(FILE *out)
{
	fprintf(out, "usage: tailrace-bench [<EAL options> --] submit [options]\n"
		     "\n"
		     "  submit    ways for responses from engine threads to a connection's core\n"
		     "\n"
		     "tailrace-bench submit --help lists its options. EAL's options are not\n"
		     "needed; those that are given replace the defaults.\n");
}

static int
give_up(const char *error)
{
	fprintf(stderr, "tailrace-bench: %s\n", error);
	return EXIT_SETUP;
}

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
#include "load.h"
#include "load_args.h"
#include "output.h"
#include "placement.h"
#include "result.h"
#include "svg.h"
#include "table.h"

/* Exit status: the arguments, or the machine, do not allow a measurement. */
#define EXIT_SETUP 2

#define ERROR_SIZE 512
#define COMMAND_SIZE 4096
#define LCORES_SIZE 1024

static int load_command(int eal_argc, char **eal_argv, int argc, char **argv);
static int submit(int eal_argc, char **eal_argv, int argc, char **argv);
static int start_eal(int argc, char **argv, char *lcores, struct placement *placement, char *error,
		     size_t error_size);
static void name_lcores(const struct placement *placement, unsigned int threads, char *text,
			size_t size);
static void join_words(int argc, char **argv, char *text, size_t size);
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
		return give_up("lacks what to measure; submit or load would do");
	if (strcmp(argv[own + 1], "--help") == 0) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(argv[own + 1], "submit") == 0)
		return submit(own, argv, argc - own - 2, argv + own + 2);
	if (strcmp(argv[own + 1], "load") == 0)
		return load_command(own, argv, argc - own - 2, argv + own + 2);
	snprintf(error, sizeof(error), "%s: cannot measure that; submit or load would do",
		 argv[own + 1]);
	return give_up(error);
}

static int
submit(int eal_argc, char **eal_argv, int argc, char **argv)
{
	struct placement placement;
	char lcores[LCORES_SIZE];
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

	placement_init(&placement);
	snprintf(lcores, sizeof(lcores), "0@%u", placement_cpu(&placement, 0));
	if (start_eal(eal_argc, eal_argv, lcores, &placement, error, sizeof(error)) < 0)
		return give_up(error);
	rc = measure(&args, &placement, error, sizeof(error));
	rte_eal_cleanup();
	if (rc < 0) {
		fprintf(stderr, "tailrace-bench: %s\n", error);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int
load_command(int eal_argc, char **eal_argv, int argc, char **argv)
{
	struct placement placement;
	struct load_args args;
	char command[COMMAND_SIZE];
	char lcores[LCORES_SIZE];
	char error[ERROR_SIZE];
	int rc;

	if (load_args_parse(&args, argc, argv, error, sizeof(error)) < 0)
		return give_up(error);
	if (args.help) {
		load_args_usage(stdout);
		return EXIT_SUCCESS;
	}
	/* All of it, from the program's name on. */
	join_words(argv + argc - eal_argv, eal_argv, command, sizeof(command));
	placement_init(&placement);
	if (eal_argc == 0 && args.threads > (unsigned int)CPU_COUNT(&placement.allowed)) {
		snprintf(error, sizeof(error), "--threads: %u, but there are %d CPUs", args.threads,
			 CPU_COUNT(&placement.allowed));
		return give_up(error);
	}
	name_lcores(&placement, args.threads, lcores, sizeof(lcores));
	if (start_eal(eal_argc, eal_argv, lcores, &placement, error, sizeof(error)) < 0)
		return give_up(error);
	rc = load(&args, command, error, sizeof(error));
	rte_eal_cleanup();
	if (rc < 0) {
		fprintf(stderr, "tailrace-bench: %s\n", error);
		return rc == -EINVAL ? EXIT_SETUP : EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* One for each thread, from the last CPU down: a server on the same machine begins at the first. */
static void
name_lcores(const struct placement *placement, unsigned int threads, char *text, size_t size)
{
	unsigned int nb_cpus = CPU_COUNT(&placement->allowed);
	size_t len = 0;
	unsigned int n = 0;

	do {
		len += snprintf(text + len, size - len, "%s%u@%u", n > 0 ? "," : "", n,
				placement_cpu(placement, nb_cpus - 1 - n));
	} while (++n < threads && len < size);
}

/* As they were given, with spaces between. */
static void
join_words(int argc, char **argv, char *text, size_t size)
{
	size_t len = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < argc && len < size; i++)
		len += snprintf(text + len, size - len, "%s%s", i > 0 ? " " : "", argv[i]);
}

/* With the user's arguments, or else with what needs neither hugepages nor devices, and lcores. */
static int
start_eal(int argc, char **argv, char *lcores, struct placement *placement, char *error,
	  size_t error_size)
{
	char defaults[][24] = {"tailrace-bench", "--no-huge", "--no-pci", "--no-telemetry",
			       "--no-shconf",	 "-m",	      "512",	  "--log-level",
			       "*:warning",	 "--lcores"};
	char *words[RTE_DIM(defaults) + 2];
	unsigned int i;

	/* Standard output is for results. */
	rte_openlog_stream(stderr);
	if (argc == 0) {
		for (i = 0; i < RTE_DIM(defaults); i++)
			words[i] = defaults[i];
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
	struct output output;

	if (output_open(&output, name, error, error_size) < 0)
		return -EIO;
	output_begin(&output);
	write(output.file, results);
	return output_close(&output, error, error_size);
}

static void
usage(FILE *out)
{
	fprintf(out,
		"usage: tailrace-bench [<EAL options> --] submit|load [options]\n"
		"\n"
		"  submit    ways for responses from engine threads to a connection's core\n"
		"  load      a memcached server: its throughput, and how long its answers take\n"
		"\n"
		"submit --help and load --help list their options. EAL's options are not\n"
		"needed; those that are given replace the defaults.\n");
}

static int
give_up(const char *error)
{
	fprintf(stderr, "tailrace-bench: %s\n", error);
	return EXIT_SETUP;
}

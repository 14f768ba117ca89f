/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_seeds.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>

#include "sim_pcap.h"
#include "test_eal.h"

/* One of so many is run twice: the same seed must give the same run. */
#define REPLAY 16

/* Of long runs a line is printed so often. */
#define PROGRESS 10000

#define PROCESSES_MAX 64

/* What one process has run: every so-manieth seed. */
struct part {
	uint64_t runs;
	uint64_t failed;
	uint64_t digest; /* of all its runs, in whatever order */
};

/* What the command line says. */
struct args {
	uint64_t first;
	uint64_t runs;
	unsigned int processes;
};

static int parse(int argc, char **argv, struct args *args);
static bool run_processes(const struct sim_seeds *seeds, const struct args *args,
			  struct part *parts);
static void run_part(const struct sim_seeds *seeds, const struct args *args, unsigned int index,
		     struct part *part);
static const char *run_seed(const struct sim_seeds *seeds, uint64_t seed, struct sim_pcap *record,
			    uint64_t *digest);
static void keep(const struct sim_seeds *seeds, uint64_t seed, const struct sim_pcap *record);

int
sim_seeds_main(int argc, char **argv, const struct sim_seeds *seeds)
{
	struct args args = {.first = 1, .runs = seeds->runs, .processes = 1};
	struct part *parts, all = {0};
	bool ended;
	unsigned int i;

	if (parse(argc, argv, &args) < 0)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	parts = mmap(NULL, sizeof(*parts) * PROCESSES_MAX, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (parts == MAP_FAILED)
		return EXIT_FAILURE;
	ended = run_processes(seeds, &args, parts);
	for (i = 0; i < args.processes; i++) {
		all.runs += parts[i].runs;
		all.failed += parts[i].failed;
		all.digest ^= parts[i].digest;
	}
	printf("%s: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " run, %" PRIu64
	       " failed, digest %016" PRIx64 "\n",
	       seeds->name, args.first, args.first + args.runs - 1, all.runs, all.failed,
	       all.digest);
	return ended && all.runs == args.runs && all.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
parse(int argc, char **argv, struct args *args)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"runs", required_argument, NULL, 'r'},
		{"processes", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			args->first = strtoull(optarg, NULL, 0);
		else if (option == 'r')
			args->runs = strtoull(optarg, NULL, 0);
		else if (option == 'p')
			args->processes = strtoul(optarg, NULL, 0);
		else
			return -EINVAL;
	}
	return args->processes >= 1 && args->processes <= PROCESSES_MAX ? 0 : -EINVAL;
}

/* Each has an EAL of its own. False: one has not come to its end. */
static bool
run_processes(const struct sim_seeds *seeds, const struct args *args, struct part *parts)
{
	bool ended = true;
	unsigned int i;
	int status;

	if (args->processes == 1) {
		run_part(seeds, args, 0, parts);
		return true;
	}
	for (i = 0; i < args->processes; i++) {
		switch (fork()) {
		case 0:
			run_part(seeds, args, i, &parts[i]);
			exit(EXIT_SUCCESS);
		case -1:
			ended = false;
			break;
		default:
			break;
		}
	}
	while (wait(&status) > 0)
		ended &= WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
	return ended;
}

static void
run_part(const struct sim_seeds *seeds, const struct args *args, unsigned int index,
	 struct part *part)
{
	struct sim_pcap record = {0};
	uint64_t seed, digest;

	test_eal_init();
	for (seed = args->first + index; seed < args->first + args->runs; seed += args->processes) {
		part->failed += run_seed(seeds, seed, &record, &digest) != NULL;
		part->digest ^= digest;
		part->runs++;
		if (part->runs % PROGRESS == 0)
			printf("%s: %" PRIu64 " run to seed %" PRIu64 ", %" PRIu64 " failed\n",
			       seeds->name, part->runs, seed, part->failed);
	}
	free(record.data);
}

static const char *
run_seed(const struct sim_seeds *seeds, uint64_t seed, struct sim_pcap *record, uint64_t *digest)
{
	const char *wrong;
	uint64_t again;

	sim_pcap_begin(record);
	wrong = seeds->run(seed, record, digest);
	if (wrong == NULL && seed % REPLAY == 0) {
		sim_pcap_begin(record);
		wrong = seeds->run(seed, record, &again);
		if (wrong == NULL && again != *digest)
			sim_seeds_failed(seed, wrong = "replay differs");
	}
	if (wrong != NULL)
		keep(seeds, seed, record);
	return wrong;
}

static void
keep(const struct sim_seeds *seeds, uint64_t seed, const struct sim_pcap *record)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "%s-%" PRIu64 ".pcap", seeds->name, seed);
	ret = sim_pcap_write(record, path);
	if (ret < 0)
		printf("  %s: %s\n", path, strerror(-ret));
	else
		printf("  what was on the wire: %s\n", path);
}

void
sim_seeds_failed(uint64_t seed, const char *wrong)
{
	printf("seed %" PRIu64 ": %s\n", seed, wrong);
}

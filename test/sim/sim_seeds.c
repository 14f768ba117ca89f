/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_seeds.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_pcap.h"
#include "test_eal.h"

/* One of so many is run twice: the same seed must give the same run. */
#define REPLAY 16

static void keep(const struct sim_seeds *seeds, uint64_t seed, const struct sim_pcap *record);

int
sim_seeds_main(int argc, char **argv, const struct sim_seeds *seeds)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"runs", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	uint64_t first = 1, runs = seeds->runs, failed = 0, seed, digest, again;
	struct sim_pcap record = {0};
	const char *wrong;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			first = strtoull(optarg, NULL, 0);
		else if (option == 'r')
			runs = strtoull(optarg, NULL, 0);
		else
			return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_eal_init();
	for (seed = first; seed < first + runs; seed++) {
		sim_pcap_begin(&record);
		wrong = seeds->run(seed, &record, &digest);
		if (wrong == NULL && seed % REPLAY == 0) {
			sim_pcap_begin(&record);
			wrong = seeds->run(seed, &record, &again);
			if (wrong == NULL && again != digest)
				sim_seeds_failed(seed, wrong = "replay differs");
		}
		if (wrong != NULL)
			keep(seeds, seed, &record);
		failed += wrong != NULL;
	}
	printf("%s: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " failed\n", seeds->name, first,
	       first + runs - 1, failed);
	free(record.data);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
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

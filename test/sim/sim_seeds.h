/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The main program of a simulation: runs seed after seed, and some of them twice.
 *
 *   --seed N        the first seed, 1 unless told otherwise
 *   --runs N        how many
 *   --processes N   share the seeds between so many processes, for as many CPUs
 *
 * The digest of the last line is that of all runs, whatever process ran them.
 * A run that fails leaves what was on its wire in a file, named for the program and the seed.
 */
#ifndef SIM_SEEDS_H
#define SIM_SEEDS_H

#include <stdint.h>

struct sim_pcap;

/** What is run. */
struct sim_seeds {
	const char *name; /* without spaces */
	uint64_t runs; /* unless told otherwise */
	/**
	 * Run a seed.
	 *
	 * @param record
	 *   Of what is put on the wire.
	 * @param[out] digest
	 *   Of all that happened: the same for the same seed.
	 * @return
	 *   NULL, or what went wrong; it has been printed then.
	 */
	const char *(*run)(uint64_t seed, struct sim_pcap *record, uint64_t *digest);
};

/** Run. Returns the status to exit with. */
int sim_seeds_main(int argc, char **argv, const struct sim_seeds *seeds);

/** Print the first line of a failure. */
void sim_seeds_failed(uint64_t seed, const char *wrong);

#endif /* SIM_SEEDS_H */

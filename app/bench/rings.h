/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Ways for several engine threads, on CPUs that they share, to send 64-byte messages to a core:
 * one ring for all of them under each of the synchronisations that DPDK has, or a ring for each.
 *
 * Threads: the main thread is the core.
 */
#ifndef RINGS_H
#define RINGS_H

#include <stddef.h>

#include "placement.h"

enum rings_mode { RINGS_SHARED, RINGS_RTS, RINGS_HTS, RINGS_OWN, RINGS_MODES };

/** The mode's name, and what it is. */
const char *rings_name(enum rings_mode mode);
const char *rings_help(enum rings_mode mode);

/**
 * Run for a time.
 *
 * A thread that waits inside of DPDK for another one that is not running ends its wait when that
 * one runs again: it may take some time slices more than @p duration_ms.
 *
 * @param[out] rate
 *   Messages a second.
 * @return
 *   0 or -errno with one line in @p error: also when a message was lost.
 */
int rings_run(enum rings_mode mode, unsigned int nb_producers, unsigned int duration_ms,
	      const struct placement *placement, double *rate, char *error, size_t error_size);

#endif /* RINGS_H */

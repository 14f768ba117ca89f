/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * All runs that the arguments ask for, the repetitions of one after the other in turn, so that
 * what disturbs the machine for a while disturbs all of them.
 *
 * Threads: the main thread.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <stddef.h>

#include "result.h"

/** Run. 0 or -errno with one line in @p error. */
int compare_run(struct results *results, char *error, size_t error_size);

#endif /* COMPARE_H */

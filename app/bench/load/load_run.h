/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A run of the load generator: workers on CPUs of their own go through its steps together.
 *
 * Threads: the main thread.
 */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include <stddef.h>

#include "load_args.h"
#include "load_result.h"

/**
 * Fill, then measure, and say on a terminal how far it is. SIGINT ends a measurement early; its
 * results are those until then.
 *
 * @param results
 *   With args set; results are added.
 * @param error
 *   On failure: one line.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   0 or -errno.
 */
int load_run(struct load_results *results, char *error, size_t error_size);

#endif /* LOAD_RUN_H */

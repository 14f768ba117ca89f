/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * "tailrace-bench load": from results to what is printed and written.
 *
 * Threads: the main thread.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>

#include "load_args.h"

/**
 * Run, and tell. EAL is there; a worker runs on the CPUs of each lcore, or of the first ones.
 *
 * @param args
 *   What to do.
 * @param command
 *   The command line, to be told with the results.
 * @param error
 *   On failure: one line.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   0 or -errno: -EINVAL before it ran; a value that differs is a failure, and so is a server
 *   without an answer other than errors.
 */
int load(const struct load_args *args, const char *command, char *error, size_t error_size);

#endif /* LOAD_H */

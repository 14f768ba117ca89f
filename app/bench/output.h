/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Files for results.
 *
 * Threads: the main thread.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>
#include <stdio.h>

/** Open a file to write to; NULL with one line in @p error. */
FILE *output_open(const char *name, char *error, size_t error_size);

/** Close it; 0, or -EIO with one line in @p error when not all was written. */
int output_close(FILE *out, const char *name, char *error, size_t error_size);

#endif /* OUTPUT_H */

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

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** A file for results. */
struct output {
	const char *name; /* the caller's, while it is open */
	FILE *file; /* NULL: not open */
	bool created; /* it was not there before */
	int failed; /* errno of what output_close() has to tell; 0: nothing */
};

/**
 * Open a file to write to. What it holds stays until output_begin(); 0, or -EIO with one line in
 * @p error.
 */
int output_open(struct output *output, const char *name, char *error, size_t error_size);

/** Empty it: what is written to @p output->file from now on is all that it will hold. */
void output_begin(struct output *output);

/** Close what was begun; 0, or -EIO with one line in @p error when not all was written. */
int output_close(struct output *output, char *error, size_t error_size);

/** Close what was not begun, and leave the file as output_open() found it. */
void output_discard(struct output *output);

#endif /* OUTPUT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How far a measurement is: one line on standard error, if that is a terminal.
 *
 * Threads: the main thread.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

struct progress {
	bool shown;
	unsigned int step;
	unsigned int nb_steps;
};

void progress_init(struct progress *progress, unsigned int nb_steps);

/** The next step begins. */
void progress_step(struct progress *progress, const char *what);

/** The step goes on: @p what in place of what was said of it. */
void progress_show(const struct progress *progress, const char *what);

/** Leave the line empty. */
void progress_end(const struct progress *progress);

#endif /* PROGRESS_H */

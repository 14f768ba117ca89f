/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

/* Back to the line's begin, and empty it. */
#define LINE_ANEW "\r\033[K"

void
progress_init(struct progress *progress, unsigned int nb_steps)
{
	*progress = (struct progress){
		.shown = isatty(STDERR_FILENO) == 1,
		.nb_steps = nb_steps,
	};
}

void
progress_step(struct progress *progress, const char *what)
{
	progress->step++;
	progress_show(progress, what);
}

void
progress_show(const struct progress *progress, const char *what)
{
	if (progress->shown)
		fprintf(stderr, LINE_ANEW "%u of %u: %s", progress->step, progress->nb_steps, what);
}

void
progress_end(const struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, LINE_ANEW);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Results as a plot: responses a second against value size, a line for each path, side by side for
 * each number of threads.
 *
 * Threads: the main thread.
 */
#ifndef SVG_H
#define SVG_H

#include <stdio.h>

#include "result.h"

void svg_write(FILE *out, const struct results *results);

#endif /* SVG_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Plots of latencies as SVG, to stand in a file or in a page.
 *
 * Threads: the main thread.
 */
#ifndef LOAD_PLOT_H
#define LOAD_PLOT_H

#include <stdio.h>

#include "load_result.h"

/**
 * Latency against throughput, a line for each of some percentiles, a point for each result.
 *
 * @param out
 *   Where to.
 * @param results
 *   At least one result.
 */
void load_plot_sweep(FILE *out, const struct load_results *results);

/**
 * Latency by percentile, a line each for gets and sets.
 *
 * @param out
 *   Where to.
 * @param results
 *   The last result is plotted.
 */
void load_plot_percentiles(FILE *out, const struct load_results *results);

#endif /* LOAD_PLOT_H */

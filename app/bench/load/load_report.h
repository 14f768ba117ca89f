/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Results as a page that needs nothing else: plots, figures, the command, and the machine.
 *
 * Threads: the main thread.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdio.h>

#include "load_result.h"

/**
 * Write the page, as HTML.
 *
 * @param out
 *   Where to.
 * @param results
 *   At least one result.
 */
void load_report_write(FILE *out, const struct load_results *results);

#endif /* LOAD_REPORT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The text of the metrics, in Prometheus' text format 0.0.4.
 *
 * Threads: the control thread.
 */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include <stdio.h>

#include "metrics.h"

/** Its media type. */
#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/**
 * Write every metric. Where a core does not answer, what it and those after it would have been
 * asked for is left out. out.
 *
 * @return
 *   0 or -ENOMEM.
 */
int metrics_text_write(FILE *out, struct tr_core_server *server, const struct mc_stats *mc);

#endif /* METRICS_TEXT_H */

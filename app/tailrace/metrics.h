/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Metrics over HTTP, in the form that Prometheus reads.
 *
 * Threads: created and destroyed by the main thread; everything between by the control thread,
 * which waits for metrics_fd(). Nothing of it runs on a core, and no client can hold more of it
 * than a connection for some seconds.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "core_info.h"
#include "mc.h"
#include "tr_addr.h"

struct metrics;

/** What metrics_create() needs. */
struct metrics_config {
	struct tr_addr addr; /* to listen on; of IPv6 all zero: any, of both families */
	uint16_t port; /* host order */
	struct tr_core_server *server;
	struct mc_stats *mc;
};

/**
 * Listen.
 *
 * @param config
 *   Copied.
 * @param error
 *   On failure: one line that says what was wrong.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   The metrics, or NULL.
 */
struct metrics *metrics_create(const struct metrics_config *config, char *error, size_t error_size);

/** Close what is open, and free it. NULL is allowed. */
void metrics_destroy(struct metrics *metrics);

/** The descriptor that becomes readable when metrics_run() has something to do. */
int metrics_fd(const struct metrics *metrics);

/** Milliseconds until metrics_run() is to be called even so, or -1. */
int metrics_timeout_ms(struct metrics *metrics);

/** Accept, read, answer and close what can be without waiting, but for the cores. */
void metrics_run(struct metrics *metrics);

#endif /* METRICS_H */

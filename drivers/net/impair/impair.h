/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Impairment of a server's port: loss, delay, reordering and more, on every queue and either way,
 * to see what a network like that does to clients. While nothing is impaired nothing stands between
 * a core and its port, and nothing costs.
 *
 * Threads: control; several may read, one may set. impair_end() when no core runs any more.
 */
#ifndef IMPAIR_H
#define IMPAIR_H

#include <stdint.h>

#include "core_between.h"
#include "impair_port.h"

struct impair;

/** What there is to see. */
struct impair_info {
	uint16_t port_id;
	uint64_t seed;
	struct {
		struct impair_settings settings;
		struct impair_stats stats; /* of all queues, since impairment first began */
	} directions[IMPAIR_DIRECTIONS];
};

/** Create impairment that does nothing yet; NULL when memory is short. */
struct impair *impair_create(struct tr_core_server *server);

/** The ethdev that can be impaired. */
uint16_t impair_port_id(const struct impair *impair);

/** What is set in one direction. */
struct impair_settings impair_settings(struct impair *impair, enum impair_direction direction);

/**
 * Set one direction on every core: all zero ends it. When both have ended frames that are held for
 * transmission leave at once, and received ones are dropped.
 *
 * @return
 *   0; -ENOMEM: no room for the mbufs of copies; or -errno as core_between_run(): some cores may
 *   have the new settings. Set again.
 */
int impair_set(struct impair *impair, enum impair_direction direction,
	       const struct impair_settings *settings);

/** Begin the random numbers of every queue again. 0 or -errno as core_between_run(). */
int impair_seed(struct impair *impair, uint64_t seed);

/** Read settings and counters. */
void impair_info(struct impair *impair, struct impair_info *info);

/** Call @p visit for each counter of both directions together. */
void impair_counters(struct impair *impair,
		     void (*visit)(const char *name, const char *help, uint64_t value, void *arg),
		     void *arg);

/** Let go of the cores and of what is held, once they do not run any more. */
void impair_end(struct impair *impair);

/** Free what has ended, once the port has given back what it was given; NULL: nothing. */
void impair_destroy(struct impair *impair);

#endif /* IMPAIR_H */

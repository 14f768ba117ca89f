/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What stands between a core and its port: a port too, which the core calls in place of the one
 * below it. Callbacks of ethdev cannot do this: one for transmission sees a frame again each time
 * that the port does not take it, and can neither keep a frame nor say that it took one.
 *
 * Nearest to the core is what was inserted first (a capture: frames as the core sees them),
 * nearest to the wire what was inserted last.
 *
 * Threads: control calls core_between_run(); what it runs, the core.
 */
#ifndef CORE_BETWEEN_H
#define CORE_BETWEEN_H

#include <stdint.h>

#include "core_port.h"

struct core;
struct tr_core_server;

/** Cores of a server, each with a queue pair of the port. */
unsigned int core_between_cores(const struct tr_core_server *server);

/** The port of a core, without what stands before it. Any thread. */
const struct core_port *core_between_port(const struct tr_core_server *server, unsigned int core);

/** The NUMA socket of a core. Any thread. */
int core_between_socket(const struct tr_core_server *server, unsigned int core);

/**
 * Have a core run @p function between two turns, and wait until it has.
 *
 * @return
 *   0, -ENOMEM, -ENOBUFS or -ETIMEDOUT: it will not run any more.
 */
int core_between_run(struct tr_core_server *server, unsigned int core,
		     void (*function)(struct core *core, void *arg), void *arg);

/** The core itself, once it does not run any more, or not yet. */
struct core *core_between_core(struct tr_core_server *server, unsigned int core);

/** The clock of a core, as its turns see it. The core. */
const uint64_t *core_between_clock(const struct core *core);

/**
 * Stand nearest to the core. The core.
 *
 * @param port
 *   Has its rx and tx, and tx_cut; the rest is as it is below.
 */
void core_between_insert_first(struct core *core, struct core_port *port);

/** The same, nearest to the wire. */
void core_between_insert_last(struct core *core, struct core_port *port);

/** Stand there no more; does nothing where @p port does not. The core. */
void core_between_remove(struct core *core, struct core_port *port);

#endif /* CORE_BETWEEN_H */

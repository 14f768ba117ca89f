/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Brings each TCP segment to the core that owns its connection, whichever queue it came by: for
 * ports that do not spread connections by core_rss themselves. Each core reads its own queue and
 * passes what is another's through a ring of that pair, one producer and one consumer; the owner
 * finds it among what its own queue brings. Fragments between two addresses meet at one core. What
 * else is no TCP segment stays where it came.
 *
 * A port for each core stands before its queue; nothing else knows of it. Frames wait in bounded
 * rings: what finds one full is dropped and counted.
 *
 * A core whose queue may not be there (core_port.h) sends through the first core, whose queue is,
 * until its own has brought frames. So it needs none. With each peer of the port that begins anew.
 *
 * Threads: create and destroy are for the control thread; a port is its core's.
 */
#ifndef CORE_STEER_H
#define CORE_STEER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core_port.h"
#include "core_rss.h"
#include "core_stats.h"

struct core_steer;

struct core_steer_config {
	const struct core_rss *rss; /* for so many cores; outlives the steering */
	/** A core was passed frames, and may sleep. On the core that passed them. May be NULL. */
	void (*wake)(void *arg, unsigned int core);
	void *wake_arg;
	bool partial; /* of queues that say whether they are there */
	int socket;
};

/** Create the rings between all cores; NULL with rte_errno. */
struct core_steer *core_steer_create(const struct core_steer_config *config);

/** Free it, and the frames on their way; NULL is nothing. The cores do not run any more. */
void core_steer_destroy(struct core_steer *steer);

/**
 * The port of a core; its rx and tx go through @p below.
 *
 * @param below
 *   The core's own queue; stays where it is.
 * @param stats
 *   The core's: what is passed and dropped is counted there.
 */
struct core_port *core_steer_port(struct core_steer *steer, unsigned int core,
				  struct core_port *below, struct core_stats *stats);

/**
 * Send what cores have given to the first one to send. Where the port takes none, wait for a while,
 * as core_port_tx_last(). The first core as it ends, or for it, when no core runs any more.
 */
void core_steer_flush(struct core_steer *steer);

/**
 * Counted up by whoever hears that the port's peer goes or comes, on one thread, whichever: which
 * queues there are is then found anew.
 */
atomic_uint *core_steer_peers(struct core_steer *steer);

/**
 * The port's counters were cleared: what they said of a core's queue is found anew. The core, or
 * while it does not run.
 */
void core_steer_counters_cleared(struct core_steer *steer, unsigned int core);

/** Whether the first core may have frames of others to send. Any thread. */
bool core_steer_is_partial(const struct core_steer *steer);

/**
 * Whether frames of others wait for a core, but for those that it is stuck with. The core, between
 * saying that it sleeps and sleeping.
 */
bool core_steer_waits(const struct core_steer *steer, unsigned int core);

/**
 * Whether a core is to send what others gave it, and its queue has taken none of it
 * CORE_PORT_REFUSALS times: it may not take any for long. The core.
 */
bool core_steer_is_stuck(const struct core_steer *steer, unsigned int core);

#endif /* CORE_STEER_H */

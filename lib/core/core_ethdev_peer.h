/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Ports whose peer decides which of the queues there are: what a core asks of its queue
 * (core_port.h), and the news that a peer goes or comes, with which that may change.
 * Threads: control; what core_ethdev_peer_setup() puts into a port is its core's to call, and the
 * count of changes is written on EAL's interrupt thread, or vhost's.
 */
#ifndef CORE_ETHDEV_PEER_H
#define CORE_ETHDEV_PEER_H

#include <stdatomic.h>

#include "core_port.h"

/** Say in @p port whether its queues may not be there, by the driver's name. */
void core_ethdev_peer_setup(struct core_port *port, const char *driver);

/** Queues of such a port of which it can be seen whether they are there; UINT_MAX for others. */
unsigned int core_ethdev_peer_queues_max(const char *driver);

/**
 * Count up whenever the peer of a started port goes or comes, or a queue of it does as far as the
 * driver tells, until core_ethdev_peer_unwatch().
 *
 * @param changes
 *   Written by one thread, EAL's or the driver's.
 * @return
 *   0 or -errno.
 */
int core_ethdev_peer_watch(uint16_t port_id, atomic_uint *changes);

/** The end of that; a port that is not watched, or not there any more, may be named, too. */
void core_ethdev_peer_unwatch(uint16_t port_id, atomic_uint *changes);

#endif /* CORE_ETHDEV_PEER_H */

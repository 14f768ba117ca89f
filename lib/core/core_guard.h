/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Keeps apart a port's cores and its driver's work on EAL's interrupt thread. net_memif needs it:
 * when a peer comes or goes, that thread maps or unmaps the memory that bursts read and write.
 *
 * While it lasts, cores find a guarded port empty and full: some microseconds, fifty times a
 * second, and more often while a guarded port has no link. Everything on the interrupt thread, of
 * other devices too, waits for its turn: 20 ms at most.
 *
 * Threads: control, but for the bursts. Never from a callback on EAL's interrupt thread.
 */
#ifndef CORE_GUARD_H
#define CORE_GUARD_H

#include <stdatomic.h>

#include "core_port.h"

/** Whether ports of a driver, by its name in rte_eth_dev_info, need a guard. */
bool core_guard_needed(const char *driver);

/**
 * Guard a started port: its bursts go through the guard from now on.
 *
 * @param port_id
 *   The port.
 * @param ports
 *   Its queues, which no core polls yet. They stay where they are until core_guard_detach().
 * @param nb_queues
 *   How many.
 * @return
 *   0, or -errno and the ports as they were.
 */
int core_guard_attach(uint16_t port_id, struct core_port *ports, unsigned int nb_queues);

/** Forget a port, which no core polls any more; one that is not guarded may be named, too. */
void core_guard_detach(uint16_t port_id);

/**
 * Count how often the link of a port goes or comes.
 *
 * @param changes
 *   Counted up on the interrupt thread, before the port is open to cores again; NULL: no more.
 * @return
 *   False: the port is not guarded.
 */
bool core_guard_watch(uint16_t port_id, atomic_uint *changes);

/**
 * Keep drivers from working on the interrupt thread until core_guard_release(): for what they do
 * on the caller's, such as stopping a port. Cores may go on. Nothing without a guarded port.
 */
void core_guard_hold(void);

/** The end of what core_guard_hold() began. */
void core_guard_release(void);

#endif /* CORE_GUARD_H */

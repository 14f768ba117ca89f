/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The port that the server is to use: whether it can be had, and which of EAL's it is.
 *
 * Threads: the main thread.
 */
#ifndef PORT_H
#define PORT_H

#include <stddef.h>
#include <stdint.h>

/**
 * See whether this machine has what EAL's arguments ask for, where EAL itself would go on without
 * the port. Before rte_eal_init().
 *
 * @param error
 *   On failure: one line that names the argument and says what would do.
 * @return
 *   0 or -ENODEV.
 */
int port_check(int argc, char **argv, char *error, size_t error_size);

/**
 * Choose a port.
 *
 * @param wanted
 *   Its number, or ARGS_PORT_ANY for the first.
 * @param error
 *   On failure: one line that says what was wrong and what would do.
 * @return
 *   0 or -ENODEV.
 */
int port_choose(uint16_t wanted, uint16_t *port, char *error, size_t error_size);

#endif /* PORT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The port of a server: a queue and mbufs for each core, and steering where the port has none.
 * Threads: control.
 */
#ifndef CORE_SERVER_PORT_H
#define CORE_SERVER_PORT_H

#include "core_server.h"

/** Create the pools and set the port up. 0 or -errno with a line in @p error. */
int core_server_port_setup(struct tr_core_server *server, char *error, size_t error_size);

/** Start it, and put steering between it and the cores, if need be. 0 or -errno, as above. */
int core_server_port_start(struct tr_core_server *server, char *error, size_t error_size);

/** Stop and close it, as far as it got. Afterwards the device holds no mbuf. */
void core_server_port_close(struct tr_core_server *server);

/** Free steering and pools, once there are no cores. */
void core_server_port_teardown(struct tr_core_server *server);

#endif /* CORE_SERVER_PORT_H */

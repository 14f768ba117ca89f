/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The server as the arguments describe it: cores, engine, and protocols on their TCP ports.
 *
 * Threads: the main thread.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "mc.h"
#include "tr_core.h"

/** A server and what lives as long as it does. */
struct server {
	struct tr_core_server *core;
	struct mc_stats *mc_stats;
	struct mc_config mc;
};

/**
 * Set up.
 *
 * @param port
 *   The ethdev, not started yet; the server's from now on.
 * @param error
 *   On failure: one line that says what was wrong and what would do.
 * @return
 *   0 or -errno.
 */
int server_setup(struct server *server, const struct args *args, uint16_t port, char *error,
		 size_t error_size);

/** Take down, also what server_setup() left when it failed. After tr_core_run(). */
void server_teardown(struct server *server);

#endif /* SERVER_H */

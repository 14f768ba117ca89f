/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The ports on which connections are accepted: LISTEN is the state of a listener, which holds no
 * memory for a peer.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_LISTEN_H
#define TCP_LISTEN_H

#include <stdbool.h>

#include <rte_byteorder.h>

#include "tr_addr.h"

/** Most listeners. */
#define TCP_LISTEN_MAX 16

/** A listener. */
struct tcp_listener {
	bool used;
	struct tr_addr addr; /* none: any of ours */
	rte_be16_t port;
	void *arg;
};

/** All of them: few, and looked at for a SYN only. */
struct tcp_listen {
	struct tcp_listener listeners[TCP_LISTEN_MAX];
};

/** The listener for an address: one for it alone before one for any; or NULL. */
const struct tcp_listener *tcp_listen_lookup(const struct tcp_listen *listen,
					     const struct tr_addr *addr, rte_be16_t port);

#endif /* TCP_LISTEN_H */

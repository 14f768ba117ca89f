/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Resets of connections that are gone, which could not be sent at once for want of an mbuf or of
 * room in the queue: a peer that only waits would never learn. They are tried again with each tick.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_RESET_H
#define TCP_RESET_H

#include <stdint.h>

#include "tcp_isn.h"

struct tcp;
struct wire_tcp;

/** So many can wait. */
#define TCP_RESETS 32

/** One. */
struct tcp_reset {
	struct tcp_flow flow;
	uint32_t seq;
	uint32_t ack;
};

/** All of them, oldest first. */
struct tcp_resets {
	struct tcp_reset waiting[TCP_RESETS];
	uint32_t nb;
};

/** Send a reset later, with these numbers. Where too many wait it is lost, and counted. */
void tcp_reset_later(struct tcp *tcp, const struct tcp_flow *flow, const struct wire_tcp *header);

/** Try those that wait. Part of tcp_tick(), which the wheel wakes for it. */
void tcp_reset_tick(struct tcp *tcp);

#endif /* TCP_RESET_H */

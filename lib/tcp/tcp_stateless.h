/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What is sent without a connection, and so at once, as there is nowhere to note it: the resets
 * that answer segments of nobody, those of connections that are gone, and SYN cookies.
 *
 * Threads: the core that owns the struct tcp.
 */
#ifndef TCP_STATELESS_H
#define TCP_STATELESS_H

#include <stdbool.h>

#include "tcp_segment.h"

/**
 * Send a segment that belongs to no connection, at once. False when there is no mbuf, or
 * no room in the queue: if it is an answer, the peer asks again.
 *
 * @param header
 *   Its ports are filled in here.
 */
bool tcp_stateless_send(struct tcp *tcp, const struct tcp_flow *flow, struct wire_tcp *header);

/**
 * Answer a segment that belongs to nobody with a reset (RFC 9293 section 3.10.7.1), unless too many
 * were: see tcp_limit.h.
 */
void tcp_stateless_reset(struct tcp *tcp, const struct tcp_segment *segment);

#endif /* TCP_STATELESS_H */

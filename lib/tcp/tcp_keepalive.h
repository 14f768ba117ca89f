/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Keepalive (RFC 9293 section 3.8.4): a connection on which nothing moves asks its peer whether it
 * is still there, by a segment without data that is one byte too old. A peer that is answers with
 * an ACK, one that has started anew with a reset; one that is gone is given up after some probes.
 * Off unless tcp_set_keepalive() turns it on.
 *
 * It runs on the timer for lingering, which a connection does not need before it is closed.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_KEEPALIVE_H
#define TCP_KEEPALIVE_H

#include "tcp_conn.h"

/** Set up from @p config, with the defaults. */
void tcp_keepalive_init(struct tcp *tcp, const struct tcp_config *config);

/** The timer has expired on a connection that lives. */
void tcp_keepalive_expired(struct tcp_conn *conn);

#endif /* TCP_KEEPALIVE_H */

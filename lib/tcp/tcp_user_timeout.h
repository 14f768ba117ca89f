/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The user timeout option (RFC 5482): both say for how long they wait for an ACK before they give
 * up, and who waits longer has his way, within limits: no peer makes us give up sooner than we
 * would without it. Off unless the configuration turns it on. The timeout itself is in tcp_timer.c.
 *
 * An option is no promise: it is sent with SYN and SYN-ACK, and once more when it changes, and if
 * that is lost the peer goes by what it had.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_USER_TIMEOUT_H
#define TCP_USER_TIMEOUT_H

#include "tcp_conn.h"

/** Keep what the configuration says. */
void tcp_user_timeout_init(struct tcp *tcp, const struct tcp_config *config);

/** A segment with these options was accepted; they may be without one. */
void tcp_user_timeout_received(struct tcp_conn *conn, const struct wire_tcp_options *options);

/** What the peer is told, as the option has it; 0: nothing. */
uint16_t tcp_user_timeout_ours(const struct tcp_conn *conn);

/** The same of a connection whose owner has said nothing, or that there is not yet. */
uint16_t tcp_user_timeout_default(const struct tcp *tcp);

/** Tell the peer with the next segment that has room for it, if there is something to tell. */
void tcp_user_timeout_tell(struct tcp_conn *conn);

/** It is due: write it into this segment of @p len bytes of data, if it has room. */
void tcp_user_timeout_send(struct tcp_conn *conn, struct wire_tcp *header, uint32_t len);

#endif /* TCP_USER_TIMEOUT_H */

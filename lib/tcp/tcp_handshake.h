/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How connections begin: LISTEN, SYN-SENT and SYN-RECEIVED, passive, active and simultaneous open
 * (RFC 9293 sections 3.5, 3.10.7.2 and 3.10.7.3), and the options that are agreed on.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_HANDSHAKE_H
#define TCP_HANDSHAKE_H

#include "tcp_segment.h"

/**
 * A segment for a port that is listened on.
 *
 * @param seq_min
 *   The initial sequence number must be after it, if it is not 0. Then no SYN cookie is sent.
 * @return
 *   A connection in SYN-RECEIVED that a SYN cookie brought back, for which the segment is to be
 *   processed. Most often NULL: there is no more to do.
 */
struct tcp_conn *tcp_handshake_listen(struct tcp *tcp, struct tcp_segment *segment,
				      const struct tcp_listener *listener, uint32_t seq_min);

/** A segment in SYN-SENT. True: established, and what else the segment has is to be processed. */
bool tcp_handshake_syn_sent(struct tcp_conn *conn, struct tcp_segment *segment);

/** The same in SYN-RECEIVED. */
bool tcp_handshake_syn_received(struct tcp_conn *conn, struct tcp_segment *segment);

/** The peer's SYN came again, in SYN-RECEIVED: what it does not ask for any more is not agreed on.
 */
void tcp_handshake_syn_again(struct tcp_conn *conn, const struct wire_tcp_options *options);

#endif /* TCP_HANDSHAKE_H */

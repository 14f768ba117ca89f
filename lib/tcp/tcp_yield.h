/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Who makes room when every connection is in use: the oldest in TIME-WAIT, then the oldest in
 * FIN-WAIT-2, if their owner has closed them. Both have done what they were there for: the peer has
 * acknowledged all that we sent, and nobody here waits for more. Those whose owner still reads,
 * after tcp_shutdown(), are not looked at: however many they are, who makes room is found at once.
 *
 * To end TIME-WAIT early breaks RFC 9293 MUST-13, where the alternative is to serve nobody. What it
 * guards against is held off by other means: a new connection of the same addresses begins beyond
 * the old sequence numbers (RFC 6528, RFC 6191), and timestamps tell old segments (RFC 7323). A
 * peer that has not seen our last ACK has its FIN reset. For FIN-WAIT-2 no RFC knows a limit; a
 * peer that never closes would keep it for ever (CVE-2000-1039), so that it has one of time anyway.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_YIELD_H
#define TCP_YIELD_H

#include "tcp_conn.h"

/** A connection enters a state, after it has left the other, or its owner has closed it there. */
void tcp_yield_enter(struct tcp_conn *conn, enum tcp_state state);

/** A connection leaves a state. */
void tcp_yield_leave(struct tcp_conn *conn, enum tcp_state state);

/**
 * End a connection so that another can begin. In FIN-WAIT-2 its owner is told: -ETIMEDOUT. False
 * when none will yield.
 */
bool tcp_yield(struct tcp *tcp);

/** Whether a connection can be had, be it that another yields. */
bool tcp_yield_possible(const struct tcp *tcp);

#endif /* TCP_YIELD_H */

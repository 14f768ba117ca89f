/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A trace: how the state of one connection changes, a line each time that a segment or a timer of
 * its changed something. The core writes lines to a ring; where it is full it counts them as missed
 * and goes on. What is not traced costs TCP one look at a flag for each segment. A core runs
 * CORE_TRACES_MAX of them, each of another connection.
 *
 * Threads: control; core_trace_take() is for one thread, any but a core's.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include <stdint.h>

/** Connections of a core that are traced at the same time. */
#define CORE_TRACES_MAX 16

struct core_trace;
struct tcp_conn;
struct tr_core_server;

/** The state of a connection. */
struct core_trace_line {
	uint64_t time_us; /* UNIX time; in the ring, the core's clock */
	const char *state; /* "ESTABLISHED" */
	uint32_t cwnd_bytes;
	uint32_t ssthresh_bytes;
	uint32_t srtt_us;
	uint32_t rto_us;
	uint32_t snd_una;
	uint32_t snd_nxt; /* end of what was sent */
	uint32_t snd_wnd;
	uint32_t rcv_nxt;
	uint32_t rcv_wnd;
	uint32_t send_bytes; /* in the send queue */
	uint32_t requests; /* in flight */
	uint32_t retransmits; /* segments */
};

/**
 * Create a trace that does not run yet.
 *
 * @param id
 *   The connection, as core_info.h numbers it.
 * @return
 *   The trace, or NULL with rte_errno: ENOENT no core has such a connection, ENOMEM, or EEXIST as
 *   there is one of that number, perhaps of a connection that is over.
 */
struct core_trace *core_trace_create(struct tr_core_server *server, uint32_t id);

/**
 * Begin, with a line as the connection is now.
 *
 * @return
 *   0, -ENOENT, -ENOSPC as the core runs as many as it can, or -errno as core_control_call().
 */
int core_trace_start(struct core_trace *trace);

/**
 * End it. What was traced stays to be taken.
 *
 * @return
 *   0, or -errno as core_control_call(): the core may still be at it; stop again.
 */
int core_trace_stop(struct core_trace *trace);

/** The same, once no core runs any more. */
void core_trace_end(struct core_trace *trace);

/** Take lines, the oldest first: how many. */
unsigned int core_trace_take(struct core_trace *trace, struct core_trace_line *lines,
			     unsigned int max);

/** Lines that found the ring full. Any thread. */
uint64_t core_trace_missed(const struct core_trace *trace);

/** Free a trace that is stopped, or ended; NULL: none. */
void core_trace_destroy(struct core_trace *trace);

/** The event of TCP: a segment or a timer of the connection was handled. The core, @p arg. */
void core_trace_conn(void *arg, struct tcp_conn *tcp);

#endif /* CORE_TRACE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Where TCP meets a protocol: connections open and close, received bytes go to the parser.
 * Threads: the core.
 */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include "core.h"

/**
 * So many bytes of the bound on a send queue are worth an mbuf: a peer may have small segments, or
 * take small responses one by one, and then the queue holds more memory than bytes.
 */
#define CORE_CONN_SEND_MBUF_BYTES 512
/** And it has so many more in any case. */
#define CORE_CONN_SEND_MBUFS_MIN 16

/** What TCP tells a core. Its argument is the core. */
extern const struct tcp_events core_conn_events;

/** Make the connections: one for each of TCP's. 0 or -ENOMEM. */
int core_conn_setup(struct core *core, int socket);

/** Free them; also if there are none. */
void core_conn_teardown(struct core *core);

/** Parse what the connections on the ready list have received. Returns how many there were. */
unsigned int core_conn_run(struct core *core);

/** Put a connection on the ready list: there is something to parse, or it may be over. */
void core_conn_ready(struct tr_conn *conn);

/** Parse no more; close once the pipeline is empty. */
void core_conn_close(struct tr_conn *conn);

/** What is in the send queue ends with urgent data. */
void core_conn_urgent(struct tr_conn *conn);

/** The send queue has got bytes: send them, and watch that they move. */
void core_conn_send(struct tr_conn *conn);

/** Mbufs that a send queue may hold. */
static inline uint32_t
core_conn_send_mbufs_max(const struct core *core)
{
	return core->config.send_max_bytes / CORE_CONN_SEND_MBUF_BYTES + CORE_CONN_SEND_MBUFS_MIN;
}

/** Whether no response may be added, by the bytes of the queue or by the mbufs that hold them. */
static inline bool
core_conn_send_full(const struct tr_conn *conn)
{
	const struct core *core = conn->core;

	return conn->chain->bytes >= core->config.send_max_bytes ||
	       conn->chain->nb_mbufs > core_conn_send_mbufs_max(core);
}

/** Reset connections whose send queue does not move. */
void core_conn_tick(struct core *core);

/** When this one, which has bytes to send, will be reset if it takes too few. */
uint64_t core_conn_due_us(const struct core *core, const struct tr_conn *conn);

#endif /* CORE_CONN_H */

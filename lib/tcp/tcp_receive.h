/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The receive queue: bytes that came in order and were not read yet, and the window that follows
 * from them (RFC 9293 section 3.8.6.2.2).
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_RECEIVE_H
#define TCP_RECEIVE_H

#include "tcp_conn.h"

/** The same as tcp_receive_append(), also where there are unread bytes or several mbufs. */
void tcp_receive_append_any(struct tcp_receive_queue *queue, struct rte_mbuf *mbuf);

/**
 * Queue a packet. @p mbuf is consumed: its mbufs become the queue's, or its bytes are copied into
 * the tail room of the last one when they are few. Its bytes may be shared with others (a clone),
 * the mbufs themselves may not: they are linked anew.
 */
static inline void
tcp_receive_append(struct tcp_receive_queue *queue, struct rte_mbuf *mbuf)
{
	if (unlikely(queue->head != NULL || mbuf->next != NULL || mbuf->data_len == 0)) {
		tcp_receive_append_any(queue, mbuf);
		return;
	}
	queue->head = mbuf;
	queue->tail = mbuf;
	queue->bytes = mbuf->data_len;
}

/**
 * Copy the bytes of a single mbuf into the tail room of another, if they are few and it is a single
 * one as well: who sends byte by byte would pin an mbuf for each. The caller frees @p segment then.
 */
bool tcp_receive_gather(struct rte_mbuf *tail, const struct rte_mbuf *segment);

/** Free what is queued. */
void tcp_receive_purge(struct tcp_receive_queue *queue);

/** The window field of a segment that leaves now; what it offers is remembered as offered. */
uint16_t tcp_receive_window(struct tcp_conn *conn);

/** The window field of a SYN, which is never scaled (RFC 7323 section 2.2). */
uint16_t tcp_receive_window_syn(struct tcp_conn *conn);

/** Smallest scale with which the window field can say @p window_bytes. */
uint8_t tcp_receive_scale(uint32_t window_bytes);

/** Drop the first @p bytes of a packet, which has more of them or exactly as many. */
void tcp_receive_trim_front(struct rte_mbuf **mbuf, uint32_t bytes);

/** Cut a packet to its first @p bytes, 1 at least. */
void tcp_receive_truncate(struct rte_mbuf *mbuf, uint32_t bytes);

#endif /* TCP_RECEIVE_H */

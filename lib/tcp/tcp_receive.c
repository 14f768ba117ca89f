/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_receive.h"

#include <string.h>

#include "tcp_output.h"
#include "tcp_seq.h"

/* More bytes than this are not copied together: the mbuf that holds them is used well enough. */
#define COPY_MAX 512

static uint32_t capacity(const struct tcp_conn *conn);
static uint32_t capacity_edge(const struct tcp_conn *conn, uint32_t window_bytes);
static uint32_t free_edge(const struct tcp_conn *conn, uint32_t window_bytes);

void
tcp_receive_append_any(struct tcp_receive_queue *queue, struct rte_mbuf *mbuf)
{
	struct rte_mbuf *next;

	queue->bytes += mbuf->pkt_len;
	for (; mbuf != NULL; mbuf = next) {
		next = mbuf->next;
		if (mbuf->data_len == 0 ||
		    (queue->tail != NULL && tcp_receive_gather(queue->tail, mbuf))) {
			rte_pktmbuf_free_seg(mbuf);
			continue;
		}
		mbuf->next = NULL;
		mbuf->nb_segs = 1;
		mbuf->pkt_len = mbuf->data_len;
		if (queue->tail == NULL)
			queue->head = mbuf;
		else
			queue->tail->next = mbuf;
		queue->tail = mbuf;
	}
}

bool
tcp_receive_gather(struct rte_mbuf *tail, const struct rte_mbuf *segment)
{
	if (segment->data_len > COPY_MAX)
		return false;
	if (!RTE_MBUF_DIRECT(tail) || rte_mbuf_refcnt_read(tail) != 1 ||
	    rte_pktmbuf_tailroom(tail) < segment->data_len)
		return false;
	memcpy(rte_pktmbuf_mtod_offset(tail, uint8_t *, tail->data_len),
	       rte_pktmbuf_mtod(segment, const uint8_t *), segment->data_len);
	tail->data_len += segment->data_len;
	tail->pkt_len += segment->data_len;
	return true;
}

void
tcp_receive_purge(struct tcp_receive_queue *queue)
{
	struct rte_mbuf *mbuf;

	while ((mbuf = queue->head) != NULL) {
		queue->head = mbuf->next;
		rte_pktmbuf_free_seg(mbuf);
	}
	queue->tail = NULL;
	queue->bytes = 0;
}

const uint8_t *
tcp_receive_peek(const struct tcp_conn *conn, uint32_t *len)
{
	const struct rte_mbuf *head = conn->receive.head;

	if (head == NULL) {
		*len = 0;
		return NULL;
	}
	*len = head->data_len;
	return rte_pktmbuf_mtod(head, const uint8_t *);
}

uint32_t
tcp_receive_copy(const struct tcp_conn *conn, void *data, uint32_t len)
{
	const struct rte_mbuf *mbuf;
	uint8_t *to = data;
	uint32_t copied = 0;
	uint32_t part;

	for (mbuf = conn->receive.head; mbuf != NULL && copied < len; mbuf = mbuf->next) {
		part = RTE_MIN((uint32_t)mbuf->data_len, len - copied);
		memcpy(to + copied, rte_pktmbuf_mtod(mbuf, const uint8_t *), part);
		copied += part;
	}
	return copied;
}

uint32_t
tcp_receive_bytes(const struct tcp_conn *conn)
{
	return conn->receive.bytes;
}

void
tcp_receive_consume(struct tcp_conn *conn, uint32_t len)
{
	struct tcp_receive_queue *queue = &conn->receive;
	struct rte_mbuf *head;
	uint32_t window_bytes;

	len = RTE_MIN(len, queue->bytes);
	queue->bytes -= len;
	while (len > 0) {
		head = queue->head;
		if (len < head->data_len) {
			head->data_off += len;
			head->data_len -= len;
			head->pkt_len -= len;
			break;
		}
		len -= head->data_len;
		queue->head = head->next;
		if (queue->head == NULL)
			queue->tail = NULL;
		rte_pktmbuf_free_seg(head);
	}
	/* RFC 9293 section 3.8.6.2.2: worth a segment when the edge moves by two of the peer's. */
	window_bytes = capacity(conn);
	if ((int32_t)(free_edge(conn, window_bytes) - conn->rcv_adv) >=
	    (int32_t)RTE_MIN(window_bytes / 2, 2u * conn->rcv_mss))
		tcp_output_ack(conn);
}

uint16_t
tcp_receive_window(struct tcp_conn *conn)
{
	uint32_t unit = UINT32_C(1) << conn->rcv_scale;
	uint32_t window_bytes = capacity(conn);
	uint32_t edge = free_edge(conn, window_bytes);
	uint32_t field;

	/* Not by less than is worth a segment, and never behind what was offered. */
	if (tcp_seq_lt(edge, conn->rcv_adv + RTE_MIN(window_bytes / 2, (uint32_t)conn->rcv_mss)))
		edge = conn->rcv_adv;
	field = (edge - conn->rcv_nxt + unit - 1) >> conn->rcv_scale;
	/*
	 * Only a peer that filled the window with thousands of tiny segments uses that up. Then the
	 * field says less than was offered (RFC 7323 section 2.4), which is still accepted.
	 */
	if (unlikely(tcp_seq_gt(conn->rcv_nxt + (field << conn->rcv_scale),
				capacity_edge(conn, window_bytes))))
		field = (edge - conn->rcv_nxt) >> conn->rcv_scale;
	field = RTE_MIN(field, (uint32_t)UINT16_MAX);
	conn->rcv_adv = tcp_seq_max(conn->rcv_adv, conn->rcv_nxt + (field << conn->rcv_scale));
	return field;
}

uint16_t
tcp_receive_window_syn(struct tcp_conn *conn)
{
	uint16_t window = RTE_MIN(conn->tcp->receive_window_bytes, (uint32_t)UINT16_MAX);

	conn->rcv_adv = tcp_seq_max(conn->rcv_adv, conn->rcv_nxt + window);
	return window;
}

uint8_t
tcp_receive_scale(uint32_t window_bytes)
{
	uint8_t scale = 0;

	while (scale < 14 && window_bytes >> scale > UINT16_MAX)
		scale++;
	return scale;
}

void
tcp_receive_trim_front(struct rte_mbuf **mbuf, uint32_t bytes)
{
	struct rte_mbuf *head = *mbuf;
	struct rte_mbuf *next;

	while (bytes >= head->data_len && head->next != NULL) {
		next = head->next;
		bytes -= head->data_len;
		next->pkt_len = head->pkt_len - head->data_len;
		next->nb_segs = head->nb_segs - 1;
		rte_pktmbuf_free_seg(head);
		head = next;
	}
	rte_pktmbuf_adj(head, bytes);
	*mbuf = head;
}

void
tcp_receive_truncate(struct rte_mbuf *mbuf, uint32_t bytes)
{
	struct rte_mbuf *segment = mbuf;
	struct rte_mbuf *next;

	mbuf->pkt_len = bytes;
	mbuf->nb_segs = 1;
	for (; segment->data_len < bytes; segment = segment->next) {
		bytes -= segment->data_len;
		mbuf->nb_segs++;
	}
	segment->data_len = bytes;
	next = segment->next;
	segment->next = NULL;
	for (segment = next; segment != NULL; segment = next) {
		next = segment->next;
		rte_pktmbuf_free_seg(segment);
	}
}

/* What may be unread, and can be said in a window field. */
static inline uint32_t
capacity(const struct tcp_conn *conn)
{
	return RTE_MIN(conn->tcp->receive_window_bytes, (uint32_t)UINT16_MAX << conn->rcv_scale);
}

/* Where the buffer ends: moves only as bytes are read. */
static inline uint32_t
capacity_edge(const struct tcp_conn *conn, uint32_t window_bytes)
{
	return conn->rcv_nxt - conn->receive.bytes + window_bytes;
}

/*
 * The right edge that could be offered. With a scaled window that moves with rcv_nxt in steps of
 * the scale, and is rounded up so as not to retreat: some of the buffer is kept for the rounding.
 */
static inline uint32_t
free_edge(const struct tcp_conn *conn, uint32_t window_bytes)
{
	return capacity_edge(conn, window_bytes) - (conn->rcv_scale > 0 ? window_bytes / 8 : 0);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"

#include <string.h>

static void free_segments(struct rte_mbuf *segment);

/*
 * Not rte_pktmbuf_linearize(): a jumbo frame does not fit in one mbuf, and need not.
 */
bool
ip_mbuf_pullup(struct rte_mbuf *mbuf, uint16_t bytes)
{
	uint16_t missing = bytes - mbuf->data_len;

	if (!ip_mbuf_is_writable(mbuf) || mbuf->buf_len < bytes)
		return false;
	if (rte_pktmbuf_tailroom(mbuf) < missing) {
		memmove(mbuf->buf_addr, rte_pktmbuf_mtod(mbuf, const void *), mbuf->data_len);
		mbuf->data_off = 0;
	}
	while (missing > 0) {
		struct rte_mbuf *next = mbuf->next;
		uint16_t take = RTE_MIN(missing, next->data_len);

		memcpy(rte_pktmbuf_mtod_offset(mbuf, char *, mbuf->data_len),
		       rte_pktmbuf_mtod(next, const char *), take);
		mbuf->data_len += take;
		missing -= take;
		next->data_off += take;
		next->data_len -= take;
		if (next->data_len > 0)
			continue;
		mbuf->next = next->next;
		mbuf->nb_segs--;
		rte_pktmbuf_free_seg(next);
	}
	return true;
}

/* rte_pktmbuf_trim() ends at the last segment; padding need not. */
void
ip_mbuf_cut(struct rte_mbuf *mbuf, uint32_t bytes)
{
	struct rte_mbuf *last = mbuf;
	uint32_t left = bytes;
	uint16_t nb_segments = 1;

	if (likely(mbuf->pkt_len == bytes))
		return;
	while (left > last->data_len) {
		left -= last->data_len;
		last = last->next;
		nb_segments++;
	}
	free_segments(last->next);
	last->next = NULL;
	last->data_len = left;
	mbuf->nb_segs = nb_segments;
	mbuf->pkt_len = bytes;
}

/* Its sender may still hold what comes over an in-process wire: then answer with a copy. */
struct rte_mbuf *
ip_mbuf_make_answer(struct ip *ip, struct rte_mbuf *mbuf, uint32_t bytes)
{
	struct rte_mbuf *answer = mbuf;

	if (!ip_mbuf_is_writable(mbuf)) {
		answer = rte_pktmbuf_copy(mbuf, ip->config.mbufs, 0, bytes);
		rte_pktmbuf_free(mbuf);
	} else {
		ip_mbuf_cut(mbuf, RTE_MIN(bytes, mbuf->pkt_len));
	}
	if (answer != NULL && !ip->config.tx_segments && rte_pktmbuf_linearize(answer) < 0) {
		rte_pktmbuf_free(answer);
		answer = NULL;
	}
	if (answer == NULL)
		ip->stats.drop_no_mbuf++;
	return answer;
}

static void
free_segments(struct rte_mbuf *segment)
{
	while (segment != NULL) {
		struct rte_mbuf *next = segment->next;

		rte_pktmbuf_free_seg(segment);
		segment = next;
	}
}

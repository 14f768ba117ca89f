/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_debug.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "chain.h"
#include "chain_link.h"

static struct rte_mbuf *segment_find(struct tr_chain *chain, uint32_t *offset);
static bool segment_in_place_ok(const struct chain_pool *pool, struct rte_mbuf *mbuf,
				uint32_t offset, uint32_t len);
static struct rte_mbuf *segment_in_place(struct rte_mbuf *mbuf);
static struct rte_mbuf *segment_elsewhere(struct chain_pool *pool, struct rte_mbuf *mbuf,
					  uint32_t offset, uint32_t len);
static struct rte_mbuf *segment_linked(struct chain_pool *pool, struct rte_mbuf *mbuf,
				       uint32_t offset, uint32_t len);
static struct rte_mbuf *segment_borrowed(struct chain_pool *pool, struct rte_mbuf *mbuf,
					 uint32_t offset, uint32_t len);
static void borrow(struct rte_mbuf *payload, struct rte_mbuf *mbuf, uint32_t offset, uint32_t len);
static struct rte_mbuf *segment_copied(struct chain_pool *pool, struct rte_mbuf *mbuf,
				       uint32_t offset, uint32_t len);

struct rte_mbuf *
chain_segment(struct tr_chain *chain, uint32_t offset, uint32_t *len)
{
	struct chain_pool *pool = chain->pool;
	struct rte_mbuf *mbuf;

	RTE_ASSERT(*len > 0 && offset < chain->bytes);

	mbuf = segment_find(chain, &offset);
	*len = RTE_MIN(*len, chain_link(mbuf)->len - offset);

	if (likely(segment_in_place_ok(pool, mbuf, offset, *len))) {
		pool->stats.segments++;
		return segment_in_place(mbuf);
	}
	return segment_elsewhere(pool, mbuf, offset, *len);
}

struct rte_mbuf *
chain_segment_large(struct tr_chain *chain, uint32_t offset, uint32_t *len, uint16_t nb_max)
{
	struct chain_pool *pool = chain->pool;
	uint32_t left = *len;
	struct rte_mbuf *packet, *last, *part, *mbuf;
	uint32_t bytes = left, begin;

	RTE_ASSERT(pool->link_segments && pool->share_mbufs && *len <= chain->bytes - offset);
	packet = chain_segment(chain, offset, &bytes);
	if (unlikely(packet == NULL))
		return NULL;
	last = rte_pktmbuf_lastseg(packet);
	for (left -= bytes; left > 0 && packet->nb_segs < nb_max; left -= bytes) {
		offset += bytes;
		begin = offset;
		mbuf = segment_find(chain, &begin);
		bytes = RTE_MIN(left, chain_link(mbuf)->len - begin);
		if (segment_in_place_ok(pool, mbuf, begin, bytes))
			part = segment_in_place(mbuf);
		else
			part = segment_borrowed(pool, mbuf, begin, bytes);
		if (unlikely(part == NULL))
			break;
		last->next = part;
		last = part;
		packet->nb_segs++;
		packet->pkt_len += bytes;
		if (bytes < CHAIN_LARGE_PART_MIN)
			break;
	}
	*len = packet->pkt_len;
	return packet;
}

/*
 * The mbuf in which a byte of the chain lies, and the byte's place in it.
 *
 * Two places are remembered, so that new data and the retransmission of what was lost before it,
 * which take turns in loss recovery, each find theirs near. A walk from the head replaces the
 * place nearer to the head.
 */
static struct rte_mbuf *
segment_find(struct tr_chain *chain, uint32_t *offset)
{
	struct chain_cursor *low = &chain->cursors[0];
	struct chain_cursor *high = &chain->cursors[1];
	struct chain_cursor from = {.mbuf = chain->head};
	struct chain_cursor *cursor;

	if (likely(*offset < chain_link(chain->head)->len))
		return chain->head;
	if (low->offset > high->offset)
		RTE_SWAP(low, high);
	cursor = high->mbuf != NULL && high->offset <= *offset ? high : low;
	if (cursor->mbuf != NULL && cursor->offset <= *offset)
		from = *cursor;

	while (*offset - from.offset >= chain_link(from.mbuf)->len) {
		from.offset += chain_link(from.mbuf)->len;
		from.mbuf = chain_link(from.mbuf)->next;
	}
	*cursor = from;
	*offset -= from.offset;
	return from.mbuf;
}

/*
 * Headers go in front of the first byte: where they may overwrite headroom, or bytes that have
 * been acknowledged, but never bytes of the chain, nor memory that is not ours. And nobody else may
 * be reading.
 */
static bool
segment_in_place_ok(const struct chain_pool *pool, struct rte_mbuf *mbuf, uint32_t offset,
		    uint32_t len)
{
	return pool->share_mbufs && offset == 0 && len == chain_link(mbuf)->len &&
	       rte_mbuf_refcnt_read(mbuf) == 1 && !RTE_MBUF_HAS_EXTBUF(mbuf);
}

static struct rte_mbuf *
segment_in_place(struct rte_mbuf *mbuf)
{
	struct chain_link *link = chain_link(mbuf);

	link->sealed = true;
	/* Of what the last transmission left: what another looks at. */
	mbuf->next = NULL;
	mbuf->nb_segs = 1;
	mbuf->ol_flags = 0;
	mbuf->tx_offload = 0;
	mbuf->data_off = link->offset;
	mbuf->data_len = link->len;
	mbuf->pkt_len = link->len;
	/* Nobody else has it: see segment_in_place_ok(). */
	rte_mbuf_refcnt_set(mbuf, 2);
	return mbuf;
}

static __rte_noinline struct rte_mbuf *
segment_elsewhere(struct chain_pool *pool, struct rte_mbuf *mbuf, uint32_t offset, uint32_t len)
{
	struct rte_mbuf *packet;

	if (pool->link_segments && pool->share_mbufs) {
		packet = segment_linked(pool, mbuf, offset, len);
		pool->stats.segments_linked += packet != NULL;
		return packet;
	}
	packet = segment_copied(pool, mbuf, offset, len);
	pool->stats.segments_copied += packet != NULL;
	return packet;
}

/* An mbuf for the headers, and one that borrows the bytes. */
static struct rte_mbuf *
segment_linked(struct chain_pool *pool, struct rte_mbuf *mbuf, uint32_t offset, uint32_t len)
{
	struct rte_mbuf *mbufs[2];
	struct rte_mbuf *header;
	struct rte_mbuf *payload;

	if (unlikely(rte_pktmbuf_alloc_bulk(pool->segments, mbufs, RTE_DIM(mbufs)) != 0))
		return NULL;
	header = mbufs[0];
	payload = mbufs[1];
	borrow(payload, mbuf, offset, len);

	header->next = payload;
	header->nb_segs = 2;
	header->pkt_len = len;
	return header;
}

/* Behind others in a packet: it needs no room for headers. */
static struct rte_mbuf *
segment_borrowed(struct chain_pool *pool, struct rte_mbuf *mbuf, uint32_t offset, uint32_t len)
{
	struct rte_mbuf *payload = rte_pktmbuf_alloc(pool->segments);

	if (likely(payload != NULL))
		borrow(payload, mbuf, offset, len);
	return payload;
}

static inline void
borrow(struct rte_mbuf *payload, struct rte_mbuf *mbuf, uint32_t offset, uint32_t len)
{
	struct chain_link *link = chain_link(mbuf);

	link->sealed = true;
	rte_pktmbuf_attach(payload, mbuf);
	/* What else attach copied is what was last sent from this mbuf: headers, offloads. */
	payload->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
	payload->tx_offload = 0;
	payload->data_off = link->offset + offset;
	payload->data_len = len;
	payload->pkt_len = len;
}

/* Nobody borrows the bytes: the mbuf need not be sealed. */
static struct rte_mbuf *
segment_copied(struct chain_pool *pool, struct rte_mbuf *mbuf, uint32_t offset, uint32_t len)
{
	struct rte_mbuf *copy = rte_pktmbuf_alloc(pool->segments);

	if (unlikely(copy == NULL))
		return NULL;
	rte_memcpy(rte_pktmbuf_append(copy, len), chain_link_data(mbuf) + offset, len);
	return copy;
}

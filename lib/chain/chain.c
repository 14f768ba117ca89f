/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "chain.h"

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_debug.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

#include "chain_internal.h"
#include "chain_link.h"

/* Mbufs asked of the pool at once: a large value takes several rounds. */
#define CHAIN_ALLOC_BURST 32

/* Objects that an lcore keeps at hand. */
#define CHAIN_MEMPOOL_CACHE 256

static void chain_write_whole(struct rte_mbuf *mbuf, const struct iovec *parts,
			      unsigned int nb_parts);
static struct rte_mbuf *chain_mbuf_alloc(struct tr_chain *chain);
static void chain_mbufs_free(struct rte_mbuf *mbuf);
static void chain_cursors_trim(struct tr_chain *chain, uint32_t bytes);

int
tr_chain_append(struct tr_chain *chain, const struct iovec *parts, unsigned int nb_parts)
{
	struct chain_stats *stats = &chain->pool->stats;
	struct rte_mbuf *first = NULL;
	struct rte_mbuf *last = NULL;
	struct rte_mbuf *start;
	uint64_t total = chain_parts_bytes(parts, nb_parts);
	uint64_t nb_new;
	uint32_t room;

	if (total == 0)
		return 0;

	room = chain_tail_room(chain);
	nb_new = chain_mbufs_needed(chain, total, room);
	if (nb_new > 0) {
		/* The sequence space, and so the chain, ends far below 4 GiB. */
		if (likely(total <= UINT32_MAX - chain->bytes))
			first = chain_mbufs_alloc(chain, nb_new, &last);
		if (unlikely(first == NULL)) {
			stats->append_failures++;
			return -ENOMEM;
		}
	}

	/* Nothing fails from here on. */
	start = room > 0 ? chain->tail : first;
	if (first != NULL)
		chain_mbufs_link(chain, first, last, nb_new);
	if (likely(total <= (room > 0 ? room : chain->segment_bytes)))
		chain_write_whole(start, parts, nb_parts);
	else
		chain_write(chain, start, parts, nb_parts);

	chain->bytes += total;
	stats->appends++;
	stats->bytes_copied += total;
	stats->mbufs += nb_new;
	return 0;
}

void *
tr_chain_reserve(struct tr_chain *chain, uint32_t bytes)
{
	uint32_t room = chain_tail_room(chain);
	struct rte_mbuf *mbuf;

	RTE_ASSERT(bytes > 0);
	if (likely(bytes <= room))
		return chain_link_data(chain->tail) + chain_link(chain->tail)->len;
	/* The sequence space, and so the chain, ends far below 4 GiB. */
	if (room > 0 || bytes > chain->segment_bytes || bytes > UINT32_MAX - chain->bytes)
		return NULL;
	mbuf = chain_mbuf_alloc(chain);
	if (unlikely(mbuf == NULL))
		return NULL;
	chain_mbufs_link(chain, mbuf, mbuf, 1);
	chain->pool->stats.mbufs++;
	return chain_link_data(mbuf);
}

void
tr_chain_commit(struct tr_chain *chain, uint32_t bytes)
{
	struct chain_stats *stats = &chain->pool->stats;

	RTE_ASSERT(bytes > 0);
	chain_link(chain->tail)->len += bytes;
	chain->bytes += bytes;
	stats->appends++;
	stats->bytes_copied += bytes;
}

/* The same as chain_write(), of what fits into this mbuf: most responses. */
static void
chain_write_whole(struct rte_mbuf *mbuf, const struct iovec *parts, unsigned int nb_parts)
{
	struct chain_link *link = chain_link(mbuf);
	uint8_t *begin = chain_link_data(mbuf) + link->len;
	uint8_t *to = begin;
	unsigned int i;

	for (i = 0; i < nb_parts; i++) {
		rte_memcpy(to, parts[i].iov_base, parts[i].iov_len);
		to += parts[i].iov_len;
	}
	link->len += to - begin;
}

void
chain_trim(struct tr_chain *chain, uint32_t bytes)
{
	uint32_t left = bytes;
	uint16_t nb = 0;

	RTE_ASSERT(bytes <= chain->bytes);

	while (left > 0) {
		struct rte_mbuf *mbuf = chain->head;
		struct chain_link *link = chain_link(mbuf);

		if (left < link->len) {
			link->offset += left;
			link->len -= left;
			break;
		}
		left -= link->len;
		chain->head = link->next;
		nb++;
		/* This mbuf alone: its `next` belongs to transmission. */
		rte_pktmbuf_free_seg(mbuf);
	}
	chain->bytes -= bytes;
	if (chain->head == NULL) {
		chain->tail = NULL;
		chain->nb_mbufs = 0;
	} else if (chain->nb_mbufs < UINT16_MAX) {
		chain->nb_mbufs -= nb;
	}
	/* Where every segment began at the chain's head there are none. */
	if (chain->cursors[0].mbuf != NULL || chain->cursors[1].mbuf != NULL)
		chain_cursors_trim(chain, bytes);
}

uint32_t
chain_longest(const struct tr_chain *chain, uint32_t bytes)
{
	struct rte_mbuf *mbuf = chain->head;
	uint32_t longest = 0;
	uint32_t offset = 0;

	while (mbuf != NULL && offset < bytes) {
		const struct chain_link *link = chain_link(mbuf);

		longest = RTE_MAX(longest, (uint32_t)link->len);
		offset += link->len;
		mbuf = link->next;
	}
	return longest;
}

uint32_t
tr_chain_bytes(const struct tr_chain *chain)
{
	return chain->bytes;
}

struct rte_mempool *
chain_mempool_create(const char *name, unsigned int nb_mbufs, int socket)
{
	return chain_mempool_create_for(name, nb_mbufs, 0, socket);
}

struct rte_mempool *
chain_mempool_create_for(const char *name, unsigned int nb_mbufs, uint16_t segment_bytes,
			 int socket)
{
	uint16_t room = RTE_MAX(RTE_MBUF_DEFAULT_BUF_SIZE, CHAIN_HEADROOM + segment_bytes);
	/* A cache must leave the pool the better part. */
	unsigned int cache = RTE_MIN(nb_mbufs / 4, (unsigned int)CHAIN_MEMPOOL_CACHE);

	return rte_pktmbuf_pool_create(name, nb_mbufs, cache, CHAIN_PRIV_SIZE, room, socket);
}

uint16_t
chain_segment_bytes_max(const struct chain_pool *pool)
{
	return rte_pktmbuf_data_room_size(pool->mbufs) - CHAIN_HEADROOM;
}

void
chain_init(struct tr_chain *chain, struct chain_pool *pool, uint16_t segment_bytes)
{
	memset(chain, 0, sizeof(*chain));
	chain->pool = pool;
	chain_set_segment_bytes(chain, segment_bytes);
}

void
chain_set_segment_bytes(struct tr_chain *chain, uint16_t segment_bytes)
{
	RTE_ASSERT(segment_bytes > 0 && segment_bytes <= chain_segment_bytes_max(chain->pool));
	chain->segment_bytes = segment_bytes;
}

void
chain_deinit(struct tr_chain *chain)
{
	chain_trim(chain, chain->bytes);
}

uint64_t
chain_parts_bytes(const struct iovec *parts, unsigned int nb_parts)
{
	uint64_t total = 0;
	unsigned int i;

	for (i = 0; i < nb_parts; i++)
		total += parts[i].iov_len;
	return total;
}

uint64_t
chain_mbufs_needed(const struct tr_chain *chain, uint64_t bytes, uint32_t room)
{
	if (bytes <= room)
		return 0;
	return (bytes - room + chain->segment_bytes - 1) / chain->segment_bytes;
}

uint32_t
chain_tail_room(const struct tr_chain *chain)
{
	const struct chain_link *link;
	uint32_t end;

	if (chain->tail == NULL)
		return 0;
	link = chain_link(chain->tail);
	end = link->offset + link->len;
	if (link->sealed || link->len >= chain->segment_bytes)
		return 0;
	return RTE_MIN((uint32_t)chain->segment_bytes - link->len, chain->tail->buf_len - end);
}

struct rte_mbuf *
chain_mbufs_alloc(struct tr_chain *chain, uint32_t nb, struct rte_mbuf **last)
{
	struct rte_mbuf *mbufs[CHAIN_ALLOC_BURST];
	struct rte_mbuf *first = NULL;
	uint32_t burst;
	uint32_t i;

	if (likely(nb == 1)) {
		*last = chain_mbuf_alloc(chain);
		return *last;
	}
	*last = NULL;
	for (; nb > 0; nb -= burst) {
		burst = RTE_MIN(nb, (uint32_t)CHAIN_ALLOC_BURST);
		/* As they are in their pool: what transmission needs is set as they are sent. */
		if (unlikely(rte_mempool_get_bulk(chain->pool->mbufs, (void **)mbufs, burst) !=
			     0)) {
			chain_mbufs_free(first);
			return NULL;
		}
		for (i = 0; i < burst; i++) {
			*chain_link(mbufs[i]) = (struct chain_link){.offset = CHAIN_HEADROOM};
			if (first == NULL)
				first = mbufs[i];
			else
				chain_link(*last)->next = mbufs[i];
			*last = mbufs[i];
		}
	}
	return first;
}

/* One, as most responses need: the same as chain_mbufs_alloc(). */
static inline struct rte_mbuf *
chain_mbuf_alloc(struct tr_chain *chain)
{
	struct rte_mbuf *mbuf;

	if (unlikely(rte_mempool_get(chain->pool->mbufs, (void **)&mbuf) != 0))
		return NULL;
	*chain_link(mbuf) = (struct chain_link){.offset = CHAIN_HEADROOM};
	return mbuf;
}

static void
chain_mbufs_free(struct rte_mbuf *mbuf)
{
	struct rte_mbuf *next;

	for (; mbuf != NULL; mbuf = next) {
		next = chain_link(mbuf)->next;
		rte_pktmbuf_free_seg(mbuf);
	}
}

void
chain_mbufs_link(struct tr_chain *chain, struct rte_mbuf *first, struct rte_mbuf *last, uint64_t nb)
{
	if (chain->tail == NULL)
		chain->head = first;
	else
		chain_link(chain->tail)->next = first;
	chain->tail = last;
	if (unlikely(nb > (uint64_t)(UINT16_MAX - chain->nb_mbufs)))
		chain->nb_mbufs = UINT16_MAX;
	else
		chain->nb_mbufs += nb;
}

void
chain_write(struct tr_chain *chain, struct rte_mbuf *mbuf, const struct iovec *parts,
	    unsigned int nb_parts)
{
	struct chain_link *link = chain_link(mbuf);
	uint32_t room = RTE_MIN((uint32_t)chain->segment_bytes - link->len,
				(uint32_t)mbuf->buf_len - link->offset - link->len);
	unsigned int i;

	for (i = 0; i < nb_parts; i++) {
		const uint8_t *from = parts[i].iov_base;
		size_t left = parts[i].iov_len;

		while (left > 0) {
			uint32_t len;

			if (room == 0) {
				mbuf = link->next;
				link = chain_link(mbuf);
				room = chain->segment_bytes;
			}
			len = RTE_MIN(left, (size_t)room);
			rte_memcpy(chain_link_data(mbuf) + link->len, from, len);
			link->len += len;
			room -= len;
			from += len;
			left -= len;
		}
	}
}

/* Places in freed mbufs are forgotten, the others are that much nearer to the front. */
static void
chain_cursors_trim(struct tr_chain *chain, uint32_t bytes)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(chain->cursors); i++) {
		struct chain_cursor *cursor = &chain->cursors[i];

		if (cursor->offset >= bytes)
			cursor->offset -= bytes;
		else
			*cursor = (struct chain_cursor){0};
	}
}

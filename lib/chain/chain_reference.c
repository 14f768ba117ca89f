/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_debug.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "chain.h"
#include "chain_internal.h"
#include "chain_link.h"

/* Values taken from the ring at once. */
#define RELEASE_BURST 32

/* A value that chains or a device point to. */
struct chain_reference {
	struct rte_mbuf_ext_shared_info shared; /* counts the mbufs that are attached to it */
	const struct chain_pool *pool;
	void (*release)(void *arg);
	void *release_arg;
	uint32_t bytes;
};

/* The mbufs that an append by reference takes, in this order, and the bytes that go there. */
struct layout {
	uint64_t bytes;
	uint64_t value_bytes;
	uint64_t nb_head;
	uint64_t nb_pieces; /* of the value */
	uint64_t nb_tail;
	uint32_t room; /* for the head, in what is the chain's last mbuf before */
	uint16_t piece_bytes;
};

static bool may_reference(const struct chain_pool *pool, uint64_t bytes,
			  void (*release)(void *arg));
static struct chain_reference *reference_get(struct chain_pool *pool, const struct layout *layout);
static void lay_out(const struct tr_chain *chain, const struct iovec *parts, unsigned int nb_parts,
		    unsigned int value, struct layout *layout);
static struct rte_mbuf *mbufs_skip(struct rte_mbuf *mbuf, uint64_t nb);
static void attach(struct rte_mbuf *mbuf, const struct iovec *value, const struct layout *layout,
		   struct chain_reference *reference);
static void post(void *addr, void *opaque);
static void reference_construct(struct rte_mempool *mempool, void *arg, void *object,
				unsigned int index);

int
tr_chain_append_value(struct tr_chain *chain, const struct iovec *parts, unsigned int nb_parts,
		      unsigned int value, void (*release)(void *arg), void *arg)
{
	struct chain_pool *pool = chain->pool;
	struct chain_reference *reference;
	struct rte_mbuf *first = NULL;
	struct rte_mbuf *tail = chain->tail;
	struct rte_mbuf *last;
	struct layout layout;

	if (!may_reference(pool, parts[value].iov_len, release))
		return tr_chain_append(chain, parts, nb_parts);
	lay_out(chain, parts, nb_parts, value, &layout);
	reference = reference_get(pool, &layout);
	if (unlikely(reference == NULL)) {
		pool->stats.references_refused++;
		return tr_chain_append(chain, parts, nb_parts);
	}
	/* The sequence space, and so the chain, ends far below 4 GiB. */
	if (likely(layout.bytes <= UINT32_MAX - chain->bytes))
		first = chain_mbufs_alloc(chain, layout.nb_head + layout.nb_pieces + layout.nb_tail,
					  &last);
	if (unlikely(first == NULL)) {
		rte_mempool_put(pool->references, reference);
		pool->stats.append_failures++;
		return -ENOMEM;
	}

	/* Nothing fails from here on. */
	reference->release = release;
	reference->release_arg = arg;
	chain_mbufs_link(chain, first, last, layout.nb_head + layout.nb_pieces + layout.nb_tail);
	chain_write(chain, layout.room > 0 ? tail : first, parts, value);
	attach(mbufs_skip(first, layout.nb_head), &parts[value], &layout, reference);
	if (layout.nb_tail > 0)
		chain_write(chain, mbufs_skip(first, layout.nb_head + layout.nb_pieces),
			    &parts[value + 1], nb_parts - value - 1);

	chain->bytes += layout.bytes;
	pool->reference_bytes += layout.value_bytes;
	pool->stats.appends++;
	pool->stats.bytes_copied += layout.bytes - layout.value_bytes;
	pool->stats.mbufs += layout.nb_head + layout.nb_pieces + layout.nb_tail;
	pool->stats.values_referenced++;
	pool->stats.bytes_referenced += layout.value_bytes;
	return TR_CHAIN_TAKEN;
}

unsigned int
chain_reference_release(struct chain_pool *pool)
{
	struct chain_reference *references[RELEASE_BURST];
	unsigned int total = 0;
	unsigned int nb, i;

	if (likely(pool->reference_bytes == 0))
		return 0;
	do {
		nb = rte_ring_sc_dequeue_burst(pool->released, (void **)references, RELEASE_BURST,
					       NULL);
		for (i = 0; i < nb; i++) {
			references[i]->release(references[i]->release_arg);
			pool->reference_bytes -= references[i]->bytes;
		}
		rte_mempool_put_bulk(pool->references, (void **)references, nb);
		total += nb;
	} while (nb == RELEASE_BURST);
	pool->stats.values_released += total;
	return total;
}

bool
chain_reference_waits(const struct chain_pool *pool)
{
	const struct rte_ring *ring = pool->released;

	/* rte_ring_empty() reads what other threads write without atomics. */
	return pool->reference_bytes > 0 &&
	       __atomic_load_n(&ring->prod.tail, __ATOMIC_ACQUIRE) != ring->cons.tail;
}

int
chain_reference_setup(struct chain_pool *pool, const char *name, unsigned int nb_values,
		      uint64_t bytes_max, int socket)
{
	pool->released = rte_ring_create(name, nb_values, socket, RING_F_SC_DEQ | RING_F_EXACT_SZ);
	if (pool->released == NULL)
		return -rte_errno;
	pool->references = rte_mempool_create(name, nb_values, sizeof(struct chain_reference), 0, 0,
					      NULL, NULL, reference_construct, pool, socket,
					      RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET);
	if (pool->references == NULL)
		return -rte_errno;
	pool->reference_min = CHAIN_REFERENCE_MIN;
	pool->reference_bytes_max = bytes_max;
	return 0;
}

void
chain_reference_teardown(struct chain_pool *pool)
{
	RTE_ASSERT(pool->reference_bytes == 0);

	pool->reference_min = 0;
	rte_mempool_free(pool->references);
	rte_ring_free(pool->released);
}

static bool
may_reference(const struct chain_pool *pool, uint64_t bytes, void (*release)(void *arg))
{
	return pool->reference_min != 0 && bytes >= pool->reference_min && release != NULL &&
	       pool->link_segments && pool->share_mbufs;
}

static void
lay_out(const struct tr_chain *chain, const struct iovec *parts, unsigned int nb_parts,
	unsigned int value, struct layout *layout)
{
	uint64_t head = chain_parts_bytes(parts, value);
	uint64_t tail = chain_parts_bytes(parts + value + 1, nb_parts - value - 1);

	layout->value_bytes = parts[value].iov_len;
	layout->bytes = head + layout->value_bytes + tail;
	layout->room = chain_tail_room(chain);
	layout->nb_head = chain_mbufs_needed(chain, head, layout->room);
	/* Whole segments, so that none is cut short where a piece ends. */
	layout->piece_bytes = UINT16_MAX / chain->segment_bytes * chain->segment_bytes;
	layout->nb_pieces = (layout->value_bytes + layout->piece_bytes - 1) / layout->piece_bytes;
	layout->nb_tail = chain_mbufs_needed(chain, tail, 0);
}

/* What counts the mbufs that point to a value; NULL: copy it. */
static struct chain_reference *
reference_get(struct chain_pool *pool, const struct layout *layout)
{
	struct chain_reference *reference;

	/* The count has 16 bits: for the chain's mbufs, and for every segment there can be. */
	if (layout->nb_pieces + pool->segments->size > UINT16_MAX)
		return NULL;
	if (layout->value_bytes > pool->reference_bytes_max - pool->reference_bytes)
		return NULL;
	if (rte_mempool_get(pool->references, (void **)&reference) < 0)
		return NULL;
	return reference;
}

static struct rte_mbuf *
mbufs_skip(struct rte_mbuf *mbuf, uint64_t nb)
{
	while (nb-- > 0)
		mbuf = chain_link(mbuf)->next;
	return mbuf;
}

/*
 * Let as many mbufs as the value has pieces point into it. The ports that references are for never
 * look at an I/O address.
 */
static void
attach(struct rte_mbuf *mbuf, const struct iovec *value, const struct layout *layout,
       struct chain_reference *reference)
{
	uint8_t *at = value->iov_base;
	uint64_t left = layout->value_bytes;
	uint16_t len;

	reference->bytes = layout->value_bytes;
	rte_mbuf_ext_refcnt_set(&reference->shared, layout->nb_pieces);
	for (; left > 0; left -= len) {
		struct chain_link *link = chain_link(mbuf);

		len = RTE_MIN(left, (uint64_t)layout->piece_bytes);
		rte_pktmbuf_attach_extbuf(mbuf, at, RTE_BAD_IOVA, len, &reference->shared);
		link->offset = 0;
		link->len = len;
		link->sealed = true;
		at += len;
		mbuf = link->next;
	}
}

/* The last mbuf that pointed to a value is gone; any thread. There is room for every one. */
static void
post(void *addr, void *opaque)
{
	struct chain_reference *reference = opaque;
	/* Read first: once posted, the reference is the next value's. */
	const struct chain_pool *pool = reference->pool;

	(void)addr;
	rte_ring_mp_enqueue(pool->released, reference);
	if (pool->wake != NULL)
		pool->wake(pool->wake_arg);
}

static void
reference_construct(struct rte_mempool *mempool, void *arg, void *object, unsigned int index)
{
	struct chain_reference *reference = object;
	const struct chain_pool *pool = arg;

	(void)mempool;
	(void)index;
	*reference = (struct chain_reference){
		.shared = {.free_cb = post, .fcb_opaque = reference},
		.pool = pool,
	};
}

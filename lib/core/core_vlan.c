/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_vlan.h"

#include <rte_prefetch.h>

#include "wire_ether.h"

static uint16_t vlan_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t vlan_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static bool take_off(struct core_vlan *vlan, struct rte_mbuf **mbuf);
static bool make_writable(struct core_vlan *vlan, struct rte_mbuf **mbuf);
static bool put_on(struct rte_mbuf *mbuf, uint16_t id);

struct core_port *
core_vlan_init(struct core_vlan *vlan, uint16_t id, struct core_port *below,
	       struct rte_mempool *copies, struct core_stats *stats)
{
	*vlan = (struct core_vlan){.port = *below, .stats = stats, .copies = copies, .id = id};
	vlan->port.rx = vlan_rx;
	vlan->port.tx = vlan_tx;
	vlan->port.below = below;
	return &vlan->port;
}

static uint16_t
vlan_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct core_vlan *vlan = container_of(port, struct core_vlan, port);
	uint16_t nb = port->below->rx(port->below, mbufs, max);
	uint16_t kept = 0, i;

	for (i = 0; i < nb; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (i = 0; i < nb; i++) {
		if (likely(take_off(vlan, &mbufs[i])))
			mbufs[kept++] = mbufs[i];
		else
			rte_pktmbuf_free(mbufs[i]);
	}
	return kept;
}

/* What cannot be tagged counts as taken: the others move behind it, to the end. */
static uint16_t
vlan_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct core_vlan *vlan = container_of(port, struct core_vlan, port);
	uint16_t first = nb, taken, i;

	for (i = nb; i-- > 0;) {
		if (likely(put_on(mbufs[i], vlan->id))) {
			mbufs[--first] = mbufs[i];
			continue;
		}
		vlan->stats->drop_vlan_headroom++;
		rte_pktmbuf_free(mbufs[i]);
	}
	taken = first + port->below->tx(port->below, mbufs + first, nb - first);
	/* They come again, as they were. */
	for (i = taken; i < nb; i++) {
		wire_ether_untag(rte_pktmbuf_mtod(mbufs[i], uint8_t *), mbufs[i]->data_len,
				 vlan->id);
		rte_pktmbuf_adj(mbufs[i], WIRE_ETHER_TAG_BYTES);
		mbufs[i]->l2_len -= WIRE_ETHER_TAG_BYTES;
	}
	return taken;
}

/*
 * False: it is to be dropped, and counted. Some devices have taken the tag off already; what they
 * noted is of no use to anybody above, and not true of an answer in the same mbuf.
 */
static inline bool
take_off(struct core_vlan *vlan, struct rte_mbuf **mbuf)
{
	struct rte_mbuf *frame = *mbuf;
	bool stripped = (frame->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;

	frame->ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
	if (unlikely(stripped)) {
		if ((frame->vlan_tci & WIRE_ETHER_VLAN_MASK) == vlan->id)
			return true;
		vlan->stats->drop_vlan++;
		return false;
	}
	if (unlikely(!RTE_MBUF_DIRECT(frame) || rte_mbuf_refcnt_read(frame) > 1)) {
		if (!make_writable(vlan, mbuf))
			return false;
		frame = *mbuf;
	}
	if (unlikely(!wire_ether_untag(rte_pktmbuf_mtod(frame, uint8_t *), frame->data_len,
				       vlan->id))) {
		vlan->stats->drop_vlan++;
		return false;
	}
	rte_pktmbuf_adj(frame, WIRE_ETHER_TAG_BYTES);
	return true;
}

/* Ports in memory hand over what its sender may still hold: then the copy loses its tag. */
static __rte_noinline bool
make_writable(struct core_vlan *vlan, struct rte_mbuf **mbuf)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(*mbuf, vlan->copies, 0, UINT32_MAX);

	if (copy == NULL) {
		vlan->stats->drop_vlan_mbuf++;
		return false;
	}
	rte_pktmbuf_free(*mbuf);
	*mbuf = copy;
	return true;
}

/* Beside IP's headers there is room in every mbuf but one that was moved to its buffer's begin. */
static inline bool
put_on(struct rte_mbuf *mbuf, uint16_t id)
{
	uint8_t *data = (uint8_t *)rte_pktmbuf_prepend(mbuf, WIRE_ETHER_TAG_BYTES);

	if (unlikely(data == NULL))
		return false;
	wire_ether_tag(data, id);
	mbuf->l2_len += WIRE_ETHER_TAG_BYTES;
	return true;
}

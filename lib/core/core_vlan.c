/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_vlan.h"

#include <rte_prefetch.h>

#include "wire_ether.h"

static uint16_t vlan_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t vlan_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static bool take_off(struct rte_mbuf *mbuf, uint16_t id);
static bool put_on(struct rte_mbuf *mbuf, uint16_t id);

struct core_port *
core_vlan_init(struct core_vlan *vlan, uint16_t id, struct core_port *below,
	       struct core_stats *stats)
{
	*vlan = (struct core_vlan){.port = *below, .stats = stats, .id = id};
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
		if (likely(take_off(mbufs[i], vlan->id))) {
			mbufs[kept++] = mbufs[i];
			continue;
		}
		vlan->stats->drop_vlan++;
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
	/* They come again. */
	for (i = taken; i < nb; i++) {
		take_off(mbufs[i], vlan->id);
		mbufs[i]->l2_len -= WIRE_ETHER_TAG_BYTES;
	}
	return taken;
}

/* False: it is not of the VLAN. Some devices have taken the tag off already. */
static inline bool
take_off(struct rte_mbuf *mbuf, uint16_t id)
{
	if (unlikely(mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))
		return (mbuf->vlan_tci & WIRE_ETHER_VLAN_MASK) == id;
	if (unlikely(!wire_ether_untag(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len, id)))
		return false;
	rte_pktmbuf_adj(mbuf, WIRE_ETHER_TAG_BYTES);
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

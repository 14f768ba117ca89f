/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "impair_port.h"

#define BURST 64

static uint16_t impair_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t impair_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static void send_due(struct impair_port *own, uint64_t now_us);
static void send_last(struct impair_port *own);
static void note_due(struct impair_port *own);

void
impair_port_init(struct impair_port *port, struct rte_mempool *copies, const uint64_t *now_us)
{
	unsigned int i;

	port->port.rx = impair_rx;
	port->port.tx = impair_tx;
	/* What it loses is a segment, not a window. */
	port->port.tx_cut = true;
	port->now_us = now_us;
	for (i = 0; i < IMPAIR_DIRECTIONS; i++)
		impair_link_init(&port->links[i], copies, 0);
}

void
impair_port_deinit(struct impair_port *port)
{
	unsigned int i;

	send_last(port);
	for (i = 0; i < IMPAIR_DIRECTIONS; i++)
		impair_link_flush(&port->links[i]);
}

/* The core calls this each turn, and tx only when it sends: what was sent before leaves here. */
static uint16_t
impair_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct impair_port *own = (struct impair_port *)port;
	struct impair_link *link = &own->links[IMPAIR_RX];
	uint16_t nb = port->below->rx(port->below, mbufs, max);
	uint16_t i;

	if (!impair_link_is_clear(link)) {
		for (i = 0; i < nb; i++)
			impair_link_put(link, mbufs[i], *own->now_us);
		nb = impair_link_peek(link, mbufs, max, *own->now_us);
		impair_link_pop(link, nb);
	}
	send_due(own, *own->now_us);
	note_due(own);
	return nb;
}

static uint16_t
impair_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct impair_port *own = (struct impair_port *)port;
	struct impair_link *link = &own->links[IMPAIR_TX];
	uint16_t i;

	if (impair_link_is_clear(link))
		return port->below->tx(port->below, mbufs, nb);
	for (i = 0; i < nb; i++)
		impair_link_put(link, mbufs[i], *own->now_us);
	send_due(own, *own->now_us);
	note_due(own);
	return nb;
}

/* What the port does not take stays first, and its fate is decided: it is not put in again. */
static void
send_due(struct impair_port *own, uint64_t now_us)
{
	struct impair_link *link = &own->links[IMPAIR_TX];
	struct core_port *below = own->port.below;
	struct rte_mbuf *mbufs[BURST];
	uint16_t nb, sent;

	do {
		nb = impair_link_peek(link, mbufs, BURST, now_us);
		sent = nb > 0 ? below->tx(below, mbufs, nb) : 0;
		impair_link_pop(link, sent);
	} while (sent == BURST);
}

static void
send_last(struct impair_port *own)
{
	struct impair_link *link = &own->links[IMPAIR_TX];
	uint32_t patience_us = CORE_PORT_PATIENCE_US;
	struct rte_mbuf *mbufs[BURST];
	uint16_t nb, sent;

	do {
		nb = impair_link_peek(link, mbufs, BURST, UINT64_MAX);
		sent = nb > 0 ? core_port_tx_last(own->port.below, mbufs, nb, &patience_us) : 0;
		impair_link_pop(link, sent);
	} while (sent == BURST);
}

static void
note_due(struct impair_port *own)
{
	uint64_t rx_us = impair_link_due_us(&own->links[IMPAIR_RX]);
	uint64_t tx_us = impair_link_due_us(&own->links[IMPAIR_TX]);

	own->port.due_us = rx_us == 0 || (tx_us != 0 && tx_us < rx_us) ? tx_us : rx_us;
}

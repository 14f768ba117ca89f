/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_port.h"

#include <rte_cycles.h>

#define STEP_US 100

uint16_t
core_port_tx_last(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb,
		  uint32_t *patience_us)
{
	uint16_t sent = 0;
	uint16_t now;

	while (sent < nb) {
		now = port->tx(port, mbufs + sent, nb - sent);
		sent += now;
		if (now > 0)
			continue;
		if (*patience_us < STEP_US)
			break;
		*patience_us -= STEP_US;
		rte_delay_us_sleep(STEP_US);
	}
	return sent;
}

void
core_port_insert(struct core_port **at, struct core_port *port)
{
	const struct core_port own = *port;

	*port = **at;
	port->rx = own.rx;
	port->tx = own.tx;
	port->tx_cut = own.tx_cut;
	port->due_us = 0;
	port->below = *at;
	*at = port;
}

void
core_port_remove(struct core_port **at, const struct core_port *port)
{
	while (*at != NULL && *at != port)
		at = &(*at)->below;
	if (*at != NULL)
		*at = port->below;
}

uint16_t
core_port_large_mbufs(const struct core_port *port)
{
	uint16_t nb_mbufs = port->tx_large_mbufs;

	for (; port != NULL; port = port->below)
		if (port->tx_cut)
			nb_mbufs = 0;
	return nb_mbufs;
}

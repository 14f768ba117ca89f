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

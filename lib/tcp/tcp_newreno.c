/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_newreno.h"

static void acked(struct tcp_conn *conn, uint32_t bytes);
static uint32_t lost(struct tcp_conn *conn, uint32_t flight);

const struct tcp_congestion_ops tcp_newreno = {
	.name = "newreno",
	.acked = acked,
	.lost = lost,
};

/* RFC 5681 section 3.1, equation (3) counted in bytes */
static void
acked(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_congestion *congestion = &conn->congestion;

	if (tcp_congestion_slow_start(conn, bytes))
		return;
	congestion->acked += bytes;
	if (congestion->acked >= congestion->cwnd) {
		congestion->acked -= congestion->cwnd;
		congestion->cwnd += conn->mss;
	}
}

/* RFC 5681 section 3.1, equation (4) */
static uint32_t
lost(struct tcp_conn *conn, uint32_t flight)
{
	return RTE_MAX(flight / 2, 2u * conn->mss);
}

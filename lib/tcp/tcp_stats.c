/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_stats.h"

#include <string.h>

#include "tcp_conn.h"

const struct tcp_stats *
tcp_stats(const struct tcp *tcp)
{
	return &tcp->stats;
}

void
tcp_stats_clear(struct tcp *tcp)
{
	memset(&tcp->stats, 0, sizeof(tcp->stats));
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_reset.h"

#include <string.h>

#include "tcp_conn.h"
#include "tcp_stateless.h"

static bool try(struct tcp *tcp, const struct tcp_reset *reset);

void
tcp_reset_later(struct tcp *tcp, const struct tcp_flow *flow, const struct wire_tcp *header)
{
	struct tcp_resets *resets = &tcp->resets;

	if (resets->nb == TCP_RESETS) {
		tcp->stats.resets_lost++;
		return;
	}
	resets->waiting[resets->nb++] = (struct tcp_reset){
		.flow = *flow,
		.seq = header->seq,
		.ack = header->ack,
	};
	tcp_wheel_wake(&tcp->wheel, tcp->now_us + TCP_WHEEL_TICK_US);
}

void
tcp_reset_tick(struct tcp *tcp)
{
	struct tcp_resets *resets = &tcp->resets;
	uint32_t sent = 0;

	if (resets->nb == 0)
		return;
	while (sent < resets->nb && try(tcp, &resets->waiting[sent]))
		sent++;
	resets->nb -= sent;
	memmove(&resets->waiting[0], &resets->waiting[sent],
		resets->nb * sizeof(resets->waiting[0]));
	if (resets->nb > 0)
		tcp_wheel_wake(&tcp->wheel, tcp->now_us + TCP_WHEEL_TICK_US);
}

static bool
try(struct tcp *tcp, const struct tcp_reset *reset)
{
	struct wire_tcp header = {
		.seq = reset->seq,
		.ack = reset->ack,
		.flags = WIRE_TCP_RST | WIRE_TCP_ACK,
	};

	if (!tcp_stateless_send(tcp, &reset->flow, &header))
		return false;
	tcp->stats.reset_sent++;
	return true;
}

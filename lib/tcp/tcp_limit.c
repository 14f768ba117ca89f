/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_limit.h"

#include <string.h>

#include "tcp_conn.h"

/* Whoever has one address of IPv6 has as many as differ from it behind these. */
#define IPV6_NET_BYTES 8

static uint64_t hash(const struct tcp *tcp, const struct tr_addr *peer, uint64_t second);

bool
tcp_limit_reset(struct tcp *tcp, const struct tr_addr *peer)
{
	struct tcp_limit *limit = &tcp->limit;
	uint64_t second = tcp->now_us / 1000000;
	uint64_t code = hash(tcp, peer, second);
	uint16_t *sent = &limit->sent[code % TCP_LIMIT_PLACES];

	if (limit->second != second) {
		memset(limit, 0, sizeof(*limit));
		limit->second = second;
	}
	if (*sent >= TCP_LIMIT_RESETS + (code >> 32) % TCP_LIMIT_RESETS)
		return false;
	(*sent)++;
	return true;
}

static uint64_t
hash(const struct tcp *tcp, const struct tr_addr *peer, uint64_t second)
{
	uint8_t data[sizeof(peer->bytes) + sizeof(second)] = {0};

	memcpy(data, peer->bytes,
	       tr_addr_is_ipv4(peer) ? sizeof(peer->bytes) : (size_t)IPV6_NET_BYTES);
	memcpy(data + sizeof(peer->bytes), &second, sizeof(second));
	return tcp_isn_siphash(tcp->secret, data, sizeof(data));
}

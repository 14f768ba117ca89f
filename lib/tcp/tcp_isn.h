/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a peer must not guess, from a secret and the addresses of a connection: initial sequence
 * numbers (RFC 6528), timestamp offsets (RFC 7323 section 5.4), ephemeral ports (RFC 6056), SYN
 * cookies (RFC 4987) and the place in the flow table. And what it may: a place among the flows that
 * were lately used. Pure functions, any thread.
 */
#ifndef TCP_ISN_H
#define TCP_ISN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#include "ip.h"
#include "tr_addr.h"

/** Bytes of a secret. */
#define TCP_ISN_SECRET_BYTES 16

/** The addresses of a connection: the key of the flow table. No padding. */
struct tcp_flow {
	union {
		struct {
			struct tr_addr remote_addr;
			struct tr_addr local_addr;
		};
		struct ip_ends ends; /* the same */
	};
	rte_be16_t remote_port;
	rte_be16_t local_port;
};

/** SipHash-2-4 of @p data. */
uint64_t tcp_isn_siphash(const uint8_t secret[TCP_ISN_SECRET_BYTES], const uint8_t *data,
			 size_t len);

/** Initial sequence number: hash of the flow plus a clock of 4 us (RFC 9293 section 3.4.1). */
uint32_t tcp_isn(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow,
		 uint64_t now_us);

/** Where the timestamp clock of a flow begins. */
uint32_t tcp_isn_timestamp(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow);

/** Where the search for an ephemeral port begins; the port in @p flow is not looked at. */
uint32_t tcp_isn_port(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow);

/** Code of a SYN cookie: of a flow, the peer's initial sequence number, and what else it tells. */
uint64_t tcp_isn_cookie(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow,
			uint32_t irs, uint64_t more);

/** A label for the packets of a flow of IPv6 (RFC 6437 section 3): 20 bits; 0 for one of IPv4. */
uint32_t tcp_isn_flow_label(const uint8_t secret[TCP_ISN_SECRET_BYTES],
			    const struct tcp_flow *flow);

/** Hash for the flow table. */
uint32_t tcp_isn_flow(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow);

_Static_assert(sizeof(struct tcp_flow) == 36, "no padding in a key");

/** The ports of a flow, as a word. */
static inline uint32_t
tcp_isn_flow_ports(const struct tcp_flow *flow)
{
	uint32_t ports;

	memcpy(&ports, &flow->remote_port, sizeof(ports));
	return ports;
}

/** Whether two flows are one. */
static inline bool
tcp_isn_flow_is_same(const struct tcp_flow *a, const struct tcp_flow *b)
{
	return tcp_isn_flow_ports(a) == tcp_isn_flow_ports(b) &&
	       tr_addr_is_same(&a->remote_addr, &b->remote_addr) &&
	       tr_addr_is_same(&a->local_addr, &b->local_addr);
}

/**
 * A number of so many bits that spreads flows, and no more: it has no secret. It costs a
 * multiplication (by 2^64 over the golden ratio), where tcp_isn_flow() costs 240 instructions.
 */
static inline uint64_t
tcp_isn_flow_recent(const struct tcp_flow *flow, unsigned int bits)
{
	uint64_t ports = tcp_isn_flow_ports(flow);
	uint64_t words[2];

	/*
	 * The local address is one of few: it does not count. Networks differ in the upper half of
	 * the remote one, hosts in the lower, those of IPv4 in its last bytes.
	 */
	memcpy(words, &flow->remote_addr, sizeof(words));
	words[1] ^= words[0] << 21 | words[0] >> 43;
	return ((words[1] ^ ports) * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits);
}

#endif /* TCP_ISN_H */

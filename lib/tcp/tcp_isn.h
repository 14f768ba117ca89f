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

/** Bytes of a secret. */
#define TCP_ISN_SECRET_BYTES 16

/** The addresses of a connection: the key of the flow table. No padding. */
struct tcp_flow {
	rte_be32_t remote_addr;
	rte_be32_t local_addr;
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

/** Hash for the flow table. */
uint32_t tcp_isn_flow(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow);

/** Addresses and ports of a flow, as two words. */
static inline void
tcp_isn_flow_words(const struct tcp_flow *flow, uint64_t *addrs, uint32_t *ports)
{
	memcpy(addrs, flow, sizeof(*addrs));
	memcpy(ports, (const uint8_t *)flow + sizeof(*addrs), sizeof(*ports));
}

/** Whether two flows are one. */
static inline bool
tcp_isn_flow_is_same(const struct tcp_flow *a, const struct tcp_flow *b)
{
	uint64_t addrs_a, addrs_b;
	uint32_t ports_a, ports_b;

	tcp_isn_flow_words(a, &addrs_a, &ports_a);
	tcp_isn_flow_words(b, &addrs_b, &ports_b);
	return addrs_a == addrs_b && ports_a == ports_b;
}

/**
 * A number of so many bits that spreads flows, and no more: it has no secret. It costs a
 * multiplication (by 2^64 over the golden ratio), where tcp_isn_flow() costs 240 instructions.
 */
static inline uint64_t
tcp_isn_flow_recent(const struct tcp_flow *flow, unsigned int bits)
{
	uint64_t addrs;
	uint32_t ports;

	tcp_isn_flow_words(flow, &addrs, &ports);
	/* The local address is the same for all: its place takes the ports. */
	return ((addrs ^ (uint64_t)ports << 32) * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits);
}

#endif /* TCP_ISN_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_isn.h"

#include <string.h>

/* What a hash is for: numbers of one purpose tell nothing about those of another. */
enum purpose {
	PURPOSE_ISN,
	PURPOSE_TIMESTAMP,
	PURPOSE_PORT,
	PURPOSE_FLOW,
	PURPOSE_LABEL,
	PURPOSE_COOKIE
};

static uint64_t hash(const uint8_t *secret, const struct tcp_flow *flow, enum purpose purpose);
static void siphash_rounds(uint64_t v[4], unsigned int rounds);
static uint64_t load_le64(const uint8_t *data, size_t len);

uint32_t
tcp_isn(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow, uint64_t now_us)
{
	return (uint32_t)hash(secret, flow, PURPOSE_ISN) + (uint32_t)(now_us / 4);
}

uint32_t
tcp_isn_timestamp(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow)
{
	return (uint32_t)hash(secret, flow, PURPOSE_TIMESTAMP);
}

uint32_t
tcp_isn_port(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow)
{
	struct tcp_flow key = *flow;

	key.local_port = 0;
	return (uint32_t)hash(secret, &key, PURPOSE_PORT);
}

uint64_t
tcp_isn_cookie(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow,
	       uint32_t irs, uint64_t more)
{
	uint8_t data[sizeof(*flow) + sizeof(irs) + sizeof(more) + 1];

	memcpy(data, flow, sizeof(*flow));
	memcpy(data + sizeof(*flow), &irs, sizeof(irs));
	memcpy(data + sizeof(*flow) + sizeof(irs), &more, sizeof(more));
	data[sizeof(data) - 1] = PURPOSE_COOKIE;
	return tcp_isn_siphash(secret, data, sizeof(data));
}

uint32_t
tcp_isn_flow_label(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow)
{
	if (tr_addr_is_ipv4(&flow->remote_addr))
		return 0;
	return (uint32_t)hash(secret, flow, PURPOSE_LABEL) & 0xfffff;
}

uint32_t
tcp_isn_flow(const uint8_t secret[TCP_ISN_SECRET_BYTES], const struct tcp_flow *flow)
{
	return (uint32_t)hash(secret, flow, PURPOSE_FLOW);
}

uint64_t
tcp_isn_siphash(const uint8_t secret[TCP_ISN_SECRET_BYTES], const uint8_t *data, size_t len)
{
	uint64_t k0 = load_le64(secret, 8);
	uint64_t k1 = load_le64(secret + 8, 8);
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	uint64_t last = (uint64_t)len << 56;
	uint64_t word;

	for (; len >= 8; len -= 8, data += 8) {
		word = load_le64(data, 8);
		v[3] ^= word;
		siphash_rounds(v, 2);
		v[0] ^= word;
	}
	last |= load_le64(data, len);
	v[3] ^= last;
	siphash_rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	siphash_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t
hash(const uint8_t *secret, const struct tcp_flow *flow, enum purpose purpose)
{
	uint8_t data[sizeof(*flow) + 1];

	memcpy(data, flow, sizeof(*flow));
	data[sizeof(*flow)] = purpose;
	return tcp_isn_siphash(secret, data, sizeof(data));
}

static inline uint64_t
rotate_left(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static void
siphash_rounds(uint64_t v[4], unsigned int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate_left(v[1], 13) ^ v[0];
		v[3] = rotate_left(v[3], 16) ^ v[2];
		v[0] = rotate_left(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate_left(v[3], 21) ^ v[0];
		v[1] = rotate_left(v[1], 17) ^ v[2];
		v[2] = rotate_left(v[2], 32);
	}
}

static uint64_t
load_le64(const uint8_t *data, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, data, len);
	return rte_le_to_cpu_64(word);
}

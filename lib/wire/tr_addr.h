/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * An IP address of either family, in 16 bytes: an IPv4 address as the IPv6 address that is mapped
 * to it (RFC 4291 section 2.5.5.2), so that there is one type, one key and one comparison. Pure
 * functions, any thread.
 */
#ifndef TR_ADDR_H
#define TR_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An address. All zero: none, or any. */
struct tr_addr {
	uint8_t bytes[16]; /**< Network order; of an IPv4 address the last four. */
};

/** An address of ours, the network it is in, and the way out of that. */
struct tr_addr_net {
	struct tr_addr addr; /**< None: we have no such address. */
	uint8_t prefix_len; /**< As it is written behind the address: up to 32, or 128. */
	struct tr_addr gateway; /**< Next hop to other networks; none: there is none. */
};

/** The way to the hosts of a network that is not ours. */
struct tr_addr_route {
	struct tr_addr prefix; /**< The network: what is behind prefix_len is zero. */
	uint8_t prefix_len; /**< 0: whatever no other route leads to. */
	struct tr_addr via; /**< Next hop: a neighbour, of the same family. */
};

/** Room for an address as text, with the terminator. */
#define TR_ADDR_TEXT_SIZE 46

/** Room for an address and a port as text, with the terminator. */
#define TR_ADDR_ENDPOINT_SIZE (TR_ADDR_TEXT_SIZE + 8)

/** Where the IPv4 address is in a mapped one. */
#define TR_ADDR_IPV4_OFFSET 12

/** No address, or any. */
static inline struct tr_addr
tr_addr_none(void)
{
	const struct tr_addr none = {{0}};

	return none;
}

/** The address that an IPv4 address, in network order, is kept as. */
static inline struct tr_addr
tr_addr_ipv4(uint32_t ipv4)
{
	struct tr_addr addr = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

	memcpy(addr.bytes + TR_ADDR_IPV4_OFFSET, &ipv4, sizeof(ipv4));
	return addr;
}

/** The IPv4 address, in network order, of an address that is one. */
static inline uint32_t
tr_addr_to_ipv4(const struct tr_addr *addr)
{
	uint32_t ipv4;

	memcpy(&ipv4, addr->bytes + TR_ADDR_IPV4_OFFSET, sizeof(ipv4));
	return ipv4;
}

/** Whether two addresses are one. */
static inline bool
tr_addr_is_same(const struct tr_addr *a, const struct tr_addr *b)
{
	uint64_t words_a[2], words_b[2];

	memcpy(words_a, a, sizeof(words_a));
	memcpy(words_b, b, sizeof(words_b));
	return ((words_a[0] ^ words_b[0]) | (words_a[1] ^ words_b[1])) == 0;
}

/** Whether an address is IPv4's. */
static inline bool
tr_addr_is_ipv4(const struct tr_addr *addr)
{
	const struct tr_addr mapped = tr_addr_ipv4(0);

	return memcmp(addr, &mapped, TR_ADDR_IPV4_OFFSET) == 0;
}

/** Whether it is no host's: all zero, also of IPv4 alone. */
static inline bool
tr_addr_is_none(const struct tr_addr *addr)
{
	const struct tr_addr none = tr_addr_none(), none_ipv4 = tr_addr_ipv4(0);

	return tr_addr_is_same(addr, &none) || tr_addr_is_same(addr, &none_ipv4);
}

/**
 * The network that an address is in.
 *
 * @param addr
 *   The address.
 * @param prefix_len
 *   As it is written behind the address: what is beyond the last bit counts as that.
 * @return
 *   It, with all bits behind the prefix zero. Those of different families differ.
 */
struct tr_addr tr_addr_network(const struct tr_addr *addr, uint8_t prefix_len);

/**
 * Read an address: 10.77.0.2 or 2001:db8::2, and nothing else.
 *
 * @param text
 *   What is read, whole.
 * @param[out] addr
 *   Written where it was an address.
 * @return
 *   Whether it was. An IPv6 address that is written with IPv4's inside is none.
 */
bool tr_addr_parse(const char *text, struct tr_addr *addr);

/**
 * Write an address as people do (RFC 5952).
 *
 * @param addr
 *   The address.
 * @param[out] text
 *   Room for TR_ADDR_TEXT_SIZE.
 * @return
 *   text.
 */
const char *tr_addr_format(const struct tr_addr *addr, char *text);

/**
 * Write an address and a port: 10.77.0.2:11211 or [2001:db8::2]:11211.
 *
 * @param addr
 *   The address.
 * @param port
 *   Host order.
 * @param[out] text
 *   Room for TR_ADDR_ENDPOINT_SIZE.
 * @return
 *   text.
 */
const char *tr_addr_format_endpoint(const struct tr_addr *addr, uint16_t port, char *text);

#ifdef __cplusplus
}
#endif

#endif /* TR_ADDR_H */

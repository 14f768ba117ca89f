/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The Internet checksum (RFC 1071). Pure functions, any thread.
 *
 * DPDK's, behind a header of its own: rte_ip.h brings in the C library's struct ip.
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>

#include "tr_addr.h"

/** The sum, not complemented, of bytes: 0xffff where they hold their own right checksum. */
uint16_t wire_checksum_sum(const void *data, size_t len);

/** Two sums' sum, the second of bytes at an even offset from those of the first. */
static inline uint16_t
wire_checksum_add(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;

	return sum + (sum >> 16);
}

/** A sum as it counts at an odd offset: the bytes of each word change places. */
static inline uint16_t
wire_checksum_swap(uint16_t sum)
{
	return rte_bswap16(sum);
}

/** The sum of the IPv4 pseudo header (RFC 9293 section 3.1). */
uint16_t wire_checksum_pseudo(rte_be32_t src, rte_be32_t dst, uint8_t protocol,
			      uint16_t payload_bytes);

/** The sum of the IPv6 pseudo header (RFC 8200 section 8.1). */
uint16_t wire_checksum_pseudo_ipv6(const struct tr_addr *src, const struct tr_addr *dst,
				   uint8_t protocol, uint32_t payload_bytes);

#endif /* WIRE_CHECKSUM_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * IPv4 headers (RFC 791, RFC 1122 section 3.2.1): bytes to a checked struct and back.
 * Pure functions, any thread.
 */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#include "wire_checksum.h"

/** Bytes of a header without options. */
#define WIRE_IPV4_HEADER_BYTES 20

/** Where the two bytes of its checksum are, for whom a device is to compute it. */
#define WIRE_IPV4_CHECKSUM_OFFSET 10

/** Where its source address is, and behind it the destination. */

/** Where dscp_ecn is. */
#define WIRE_IPV4_DSCP_ECN_OFFSET 1

/** Of dscp_ecn (RFC 3168 section 5): the field, what we send, what congestion made of it. */
#define WIRE_IPV4_ECN_MASK 3

/** DSCP stands above it: by so many bits. */
#define WIRE_IPV4_DSCP_SHIFT 2

/** Where the time to live is. */
#define WIRE_IPV4_TTL_OFFSET 8
#define WIRE_IPV4_ECT0 2
#define WIRE_IPV4_CE 3

/** What was wrong with a header. */
enum wire_ipv4_error {
	WIRE_IPV4_OK,
	WIRE_IPV4_TRUNCATED, /**< Shorter than its header, or than its total length says. */
	WIRE_IPV4_BAD_VERSION, /**< Not 4. */
	WIRE_IPV4_BAD_LENGTH, /**< Header length below 20, or beyond the total length. */
	WIRE_IPV4_BAD_CHECKSUM /**< Of the header. */
};

/** A header that has been checked. Addresses in network order, as all the stack keeps them. */
struct wire_ipv4 {
	rte_be32_t src;
	rte_be32_t dst;
	uint16_t header_bytes;
	uint16_t total_bytes; /**< Header and payload; what follows it is padding. */
	uint16_t id;
	uint16_t fragment_offset; /**< In bytes. */
	uint8_t protocol;
	uint8_t ttl;
	uint8_t dscp_ecn;
	uint8_t dont_fragment;
	uint8_t more_fragments;
	uint8_t source_route; /**< Has a loose or strict source route option. */
};

/**
 * Check a header.
 *
 * @param data
 *   The packet from its first IP byte.
 * @param len
 *   Bytes at data that may be read: the whole header at least, else WIRE_IPV4_TRUNCATED.
 * @param packet_len
 *   Bytes of the whole packet, padding included, which total length must not exceed.
 * @param check_sum
 *   Zero when the device has verified the header's checksum.
 */
enum wire_ipv4_error wire_ipv4_parse(const uint8_t *data, uint32_t len, uint32_t packet_len,
				     int check_sum, struct wire_ipv4 *ipv4);

/**
 * The same as wire_ipv4_parse() of a header without options that belongs to a whole packet, but for
 * the checksum, at a fraction of its cost.
 *
 * @param data
 *   The packet, of at least WIRE_IPV4_HEADER_BYTES.
 * @return
 *   False for any other header, good or bad.
 */
static inline bool
wire_ipv4_parse_usual(const uint8_t *data, uint32_t packet_len, struct wire_ipv4 *ipv4)
{
	/* RFC 791 section 3.1: version 4 and five words; offset and "more fragments". */
	const uint8_t begin = 0x45;
	const rte_be16_t part = RTE_BE16(0x3fff);
	rte_be16_t word;

	memcpy(&word, data + 6, sizeof(word));
	if (data[0] != begin || (word & part) != 0)
		return false;
	*ipv4 = (struct wire_ipv4){
		.header_bytes = WIRE_IPV4_HEADER_BYTES,
		.dont_fragment = (word & RTE_BE16(0x4000)) != 0,
		.protocol = data[9],
		.ttl = data[8],
		.dscp_ecn = data[1],
	};
	memcpy(&ipv4->src, data + 12, sizeof(ipv4->src));
	memcpy(&ipv4->dst, data + 16, sizeof(ipv4->dst));
	memcpy(&word, data + 4, sizeof(word));
	ipv4->id = rte_be_to_cpu_16(word);
	memcpy(&word, data + 2, sizeof(word));
	ipv4->total_bytes = rte_be_to_cpu_16(word);
	return ipv4->total_bytes >= WIRE_IPV4_HEADER_BYTES && ipv4->total_bytes <= packet_len;
}

/**
 * Write a header without options, checksum included, from src, dst, total_bytes, id, protocol,
 * ttl, dscp_ecn and dont_fragment.
 *
 * @param data
 *   Room for WIRE_IPV4_HEADER_BYTES.
 */
void wire_ipv4_write(uint8_t *data, const struct wire_ipv4 *ipv4);

/** Where the length stands in a header: what two packets of one connection differ by. */
#define WIRE_IPV4_TOTAL_BYTES_OFFSET 2

/** Complete a header that was written without its length and a checksum. */
static inline void
wire_ipv4_vary(uint8_t *data, rte_be16_t total_bytes)
{
	memcpy(data + WIRE_IPV4_TOTAL_BYTES_OFFSET, &total_bytes, sizeof(total_bytes));
}

/** The same, with the checksum. @p sum: wire_checksum_sum() of what was written. */
static inline void
wire_ipv4_vary_sum(uint8_t *data, rte_be16_t total_bytes, uint16_t sum)
{
	sum = ~wire_checksum_add(sum, total_bytes);
	wire_ipv4_vary(data, total_bytes);
	memcpy(data + WIRE_IPV4_CHECKSUM_OFFSET, &sum, sizeof(sum));
}

#endif /* WIRE_IPV4_H */

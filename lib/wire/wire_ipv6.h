/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * IPv6 headers (RFC 8200): bytes to a checked struct and back, and the walk over the extension
 * headers to what they stand before. Pure functions, any thread.
 */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>

#include "tr_addr.h"

/** Bytes of the header, without extensions. */
#define WIRE_IPV6_HEADER_BYTES 40

/** Where its source address is, and behind it the destination. */
#define WIRE_IPV6_ADDRS_OFFSET 8

/** Bytes of extension headers that are looked into, and how many headers (RFC 8504 section 5.3). */
#define WIRE_IPV6_EXTENSIONS_BYTES 256
#define WIRE_IPV6_EXTENSIONS_MAX 6

/** Options of one header that are looked at, padding included (RFC 8504 section 5.3). */
#define WIRE_IPV6_OPTIONS_MAX 16

/** Of a flow label (RFC 6437). */
#define WIRE_IPV6_FLOW_LABEL_MASK UINT32_C(0xfffff)

/** Bytes of a fragment header. */
#define WIRE_IPV6_FRAGMENT_BYTES 8

/** What was wrong with a header. */
enum wire_ipv6_error {
	WIRE_IPV6_OK,
	WIRE_IPV6_TRUNCATED, /**< Shorter than its header, or than its payload length says. */
	WIRE_IPV6_BAD_VERSION, /**< Not 6. */
	WIRE_IPV6_BAD_LENGTH /**< No payload: nothing, or a jumbogram's (RFC 2675). */
};

/** A header that has been checked. */
struct wire_ipv6 {
	struct tr_addr src;
	struct tr_addr dst;
	uint32_t flow_label;
	uint16_t payload_bytes; /**< Extension headers included; what follows it is padding. */
	uint8_t next_header;
	uint8_t hop_limit;
	uint8_t dscp_ecn;
};

/**
 * Check a header.
 *
 * @param data
 *   The packet from its first IP byte.
 * @param len
 *   Bytes at data that may be read.
 * @param packet_len
 *   Bytes of the whole packet, padding included, which the payload must not exceed.
 */
enum wire_ipv6_error wire_ipv6_parse(const uint8_t *data, uint32_t len, uint32_t packet_len,
				     struct wire_ipv6 *ipv6);

/** Write a header, from all of @p ipv6. @p data: room for WIRE_IPV6_HEADER_BYTES. */
void wire_ipv6_write(uint8_t *data, const struct wire_ipv6 *ipv6);

/** What the extension headers lead to. */
enum wire_ipv6_walk_result {
	WIRE_IPV6_WALK_PAYLOAD, /**< To an upper protocol, or one that we do not know. */
	WIRE_IPV6_WALK_FRAGMENT, /**< To a fragment header: not a whole packet. */
	WIRE_IPV6_WALK_CHAIN, /**< To the end of a first fragment, with headers lacking (RFC 7112).
			       */
	WIRE_IPV6_WALK_NOTHING, /**< To the end (RFC 8200 section 4.7). */
	WIRE_IPV6_WALK_MALFORMED, /**< Beyond the packet, or too many, or junk. */
	WIRE_IPV6_WALK_REFUSED, /**< To an option that says: drop me, and do not answer. */
	WIRE_IPV6_WALK_PROBLEM /**< To what is to be answered with a Parameter Problem. */
};

/** What a fragment header says. */
struct wire_ipv6_fragment {
	uint16_t at; /**< Where it stands, from the IPv6 header; 0: there was none. */
	uint16_t offset; /**< Of the fragment's bytes in the packet. */
	bool more; /**< They are not the last. */
};

/** The walk's end. */
struct wire_ipv6_walk {
	struct wire_ipv6_fragment fragment;
	uint8_t protocol; /**< Of the payload. */
	uint16_t bytes; /**< Of extension headers before it; nothing of a fragment's. */
	uint16_t protocol_offset; /**< Where the protocol's number stood, from the IPv6 header. */
	uint16_t problem_offset; /**< What the Parameter Problem points to, the same. */
	uint8_t problem_code; /**< RFC 4443 section 3.4. */
	bool problem_of_group; /**< It is answered even where it was sent to a group. */
};

/**
 * Walk over the extension headers (RFC 8200 section 4). Hop-by-hop options come first or are none;
 * a routing header with segments left is refused, of whatever type (RFC 5095); a fragment header of
 * a whole packet is nothing (RFC 6946). Of a packet's first fragment all headers are looked at, and
 * that of the upper protocol has to be there; of another there is nothing behind its fragment
 * header to walk over.
 *
 * @param data
 *   The packet from its first IPv6 byte.
 * @param len
 *   Bytes at data that may be read: of the packet as its header says, and contiguous.
 * @param next_header
 *   Of the IPv6 header.
 */
enum wire_ipv6_walk_result wire_ipv6_walk(const uint8_t *data, uint32_t len, uint8_t next_header,
					  struct wire_ipv6_walk *walk);

#endif /* WIRE_IPV6_H */

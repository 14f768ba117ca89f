/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * ICMPv6 (RFC 4443): the first bytes of a message to a struct and back, and errors, which quote the
 * beginning of the packet that they are about. The checksum covers the whole message and a pseudo
 * header: the caller computes it. Pure functions, any thread.
 */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>

#include "wire_ipv6.h"

/** Bytes before the data of every message spoken here. */
#define WIRE_ICMP6_HEADER_BYTES 8

/** Where the two bytes of its checksum are. */
#define WIRE_ICMP6_CHECKSUM_OFFSET 2

/** Messages below this type are errors. */
#define WIRE_ICMP6_INFORMATIONAL 128

#define WIRE_ICMP6_UNREACHABLE 1
#define WIRE_ICMP6_TOO_BIG 2
#define WIRE_ICMP6_TIME_EXCEEDED 3
#define WIRE_ICMP6_PARAMETER_PROBLEM 4
#define WIRE_ICMP6_ECHO_REQUEST 128
#define WIRE_ICMP6_ECHO_REPLY 129
#define WIRE_ICMP6_MLD_QUERY 130
#define WIRE_ICMP6_ROUTER_SOLICITATION 133
#define WIRE_ICMP6_ROUTER_ADVERTISEMENT 134
#define WIRE_ICMP6_NEIGHBOUR_SOLICITATION 135
#define WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT 136
#define WIRE_ICMP6_REDIRECT 137
#define WIRE_ICMP6_MLD_REPORT 143

/** Codes of WIRE_ICMP6_UNREACHABLE. */
#define WIRE_ICMP6_NO_ROUTE 0
#define WIRE_ICMP6_PROHIBITED 1
#define WIRE_ICMP6_PORT_UNREACHABLE 4
#define WIRE_ICMP6_POLICY 5
#define WIRE_ICMP6_REJECT_ROUTE 6

/** Code of WIRE_ICMP6_TIME_EXCEEDED: not all fragments came. */
#define WIRE_ICMP6_TIME_EXCEEDED_FRAGMENTS 1

/** Codes of WIRE_ICMP6_PARAMETER_PROBLEM. */
#define WIRE_ICMP6_FIELD 0
#define WIRE_ICMP6_UNKNOWN_NEXT_HEADER 1
#define WIRE_ICMP6_HEADER_CHAIN 3

/** Bytes of a packet behind its IPv6 header that say of which segment it is. */
#define WIRE_ICMP6_QUOTED_BYTES 8

/** The header of a message. */
struct wire_icmp6 {
	uint8_t type; /**< WIRE_ICMP6_*, or another. */
	uint8_t code;
	uint32_t value; /**< What the type makes of the other four bytes, host order. */
};

/** Read a header. @p len: bytes at data that may be read. False when that is less than one. */
bool wire_icmp6_parse(const uint8_t *data, uint32_t len, struct wire_icmp6 *icmp6);

/** What an error says, and about which packet. */
struct wire_icmp6_error {
	uint8_t type; /**< An error's. */
	uint8_t code;
	uint32_t value; /**< Of too big a packet: what would fit. */
	struct wire_ipv6 ipv6; /**< The packet's header. */
	rte_be16_t src_port; /**< The first bytes behind it, as TCP and UDP have them. */
	rte_be16_t dst_port;
	uint32_t seq; /**< TCP's. */
};

/**
 * Read an error: a message of its type that quotes a packet's IPv6 header and the 8 bytes behind
 * it. The quoted packet was longer than the quotation, as a rule, but not shorter. What extension
 * headers it had is not looked into: its next header says that they follow.
 *
 * @param data
 *   The message from its first byte.
 * @param len
 *   Bytes at data that may be read.
 * @return
 *   False for anything else.
 */
bool wire_icmp6_error_parse(const uint8_t *data, uint32_t len, struct wire_icmp6_error *error);

/**
 * Whether a packet is an ICMPv6 error or a Redirect, behind whatever extension headers, or may be,
 * as it ends before that can be seen. It is not to be answered with an error (RFC 4443 section 2.4
 * (e)). A later fragment is none: errors fit in every MTU.
 *
 * @param packet
 *   From its IPv6 header, which is there.
 * @param len
 *   Bytes at packet that may be read.
 */
bool wire_icmp6_may_be_error(const uint8_t *packet, uint32_t len);

/** Write a header with a checksum of zero; @p data: room for WIRE_ICMP6_HEADER_BYTES. */
void wire_icmp6_write(uint8_t *data, const struct wire_icmp6 *icmp6);

#endif /* WIRE_ICMP6_H */

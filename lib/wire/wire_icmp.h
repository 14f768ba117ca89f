/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * ICMP (RFC 792): the first bytes of a message to a struct, an echo request into its reply, and
 * errors, which quote the beginning of the packet that they are about.
 * The checksum covers the whole message, which may be in several pieces: the caller verifies it.
 * Pure functions, any thread.
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>

#include "wire_ipv4.h"

/** Bytes before the data of every message spoken here. */
#define WIRE_ICMP_HEADER_BYTES 8

#define WIRE_ICMP_ECHO_REPLY 0
#define WIRE_ICMP_UNREACHABLE 3
#define WIRE_ICMP_SOURCE_QUENCH 4
#define WIRE_ICMP_REDIRECT 5
#define WIRE_ICMP_ECHO_REQUEST 8
#define WIRE_ICMP_TIME_EXCEEDED 11
#define WIRE_ICMP_PARAMETER_PROBLEM 12

/** Codes of WIRE_ICMP_UNREACHABLE (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). */
#define WIRE_ICMP_UNREACHABLE_NET 0
#define WIRE_ICMP_UNREACHABLE_HOST 1
#define WIRE_ICMP_UNREACHABLE_PROTOCOL 2
#define WIRE_ICMP_UNREACHABLE_PORT 3
#define WIRE_ICMP_UNREACHABLE_TOO_BIG 4
#define WIRE_ICMP_UNREACHABLE_NET_PROHIBITED 9
#define WIRE_ICMP_UNREACHABLE_HOST_PROHIBITED 10
#define WIRE_ICMP_UNREACHABLE_PROHIBITED 13

/** Code of WIRE_ICMP_TIME_EXCEEDED: not all fragments came. */
#define WIRE_ICMP_TIME_EXCEEDED_FRAGMENTS 1

/** Bytes of a packet behind its IP header that each error quotes. */
#define WIRE_ICMP_QUOTED_BYTES 8

/** The header of a message. */
struct wire_icmp {
	uint8_t type; /**< WIRE_ICMP_*, or another. */
	uint8_t code;
	rte_be16_t echo_id; /**< Of echo messages, as is echo_seq. */
	rte_be16_t echo_seq;
};

/**
 * Read a header.
 *
 * @param len
 *   Bytes at data that may be read.
 * @return
 *   False when that is less than a header.
 */
bool wire_icmp_parse(const uint8_t *data, uint32_t len, struct wire_icmp *icmp);

/** What an error says, and about which packet. */
struct wire_icmp_error {
	uint8_t type; /**< An error's. */
	uint8_t code;
	uint16_t mtu; /**< Of too big a packet: what would fit; 0: it is not said. */
	struct wire_ipv4 ipv4; /**< The packet's header. */
	rte_be16_t src_port; /**< The first bytes behind it, as TCP and UDP have them. */
	rte_be16_t dst_port;
	uint32_t seq; /**< TCP's. */
};

/**
 * Read an error: a message of its type that quotes a packet's IPv4 header, whole and right but for
 * its checksum, and the 8 bytes behind it. The quoted packet was longer than the quotation, as a
 * rule, but not shorter, and it was no later fragment.
 *
 * @param data
 *   The message from its first byte.
 * @param len
 *   Bytes at data that may be read.
 * @return
 *   False for anything else.
 */
bool wire_icmp_error_parse(const uint8_t *data, uint32_t len, struct wire_icmp_error *error);

/**
 * Write an error's message about a packet, checksum included.
 *
 * @param data
 *   Room for WIRE_ICMP_HEADER_BYTES, behind which the quoted bytes stand.
 * @param len
 *   Bytes of all.
 */
void wire_icmp_error_write(uint8_t *data, uint32_t len, uint8_t type, uint8_t code);

/** Whether a message of this type is an error (RFC 1122 section 3.2.2). */
bool wire_icmp_is_error(uint8_t type);

/**
 * Turn an echo request into its reply, in place: the type, and the checksum for it. The checksum
 * of the request must have been right.
 *
 * @param data
 *   The request: WIRE_ICMP_HEADER_BYTES at least.
 */
void wire_icmp_echo_reply(uint8_t *data);

#endif /* WIRE_ICMP_H */

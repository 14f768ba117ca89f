/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * ICMPv6 (RFC 4443): the first bytes of a message to a struct and back. The checksum covers the
 * whole message and a pseudo header: the caller computes it. Pure functions, any thread.
 */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes before the data of every message spoken here. */
#define WIRE_ICMP6_HEADER_BYTES 8

/** Where the two bytes of its checksum are. */
#define WIRE_ICMP6_CHECKSUM_OFFSET 2

/** Messages below this type are errors. */
#define WIRE_ICMP6_INFORMATIONAL 128

#define WIRE_ICMP6_UNREACHABLE 1
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

/** Codes of the first two. */
#define WIRE_ICMP6_PORT_UNREACHABLE 4
#define WIRE_ICMP6_UNKNOWN_NEXT_HEADER 1

/** The header of a message. */
struct wire_icmp6 {
	uint8_t type; /**< WIRE_ICMP6_*, or another. */
	uint8_t code;
	uint32_t value; /**< What the type makes of the other four bytes, host order. */
};

/** Read a header. @p len: bytes at data that may be read. False when that is less than one. */
bool wire_icmp6_parse(const uint8_t *data, uint32_t len, struct wire_icmp6 *icmp6);

/** Write a header with a checksum of zero; @p data: room for WIRE_ICMP6_HEADER_BYTES. */
void wire_icmp6_write(uint8_t *data, const struct wire_icmp6 *icmp6);

#endif /* WIRE_ICMP6_H */

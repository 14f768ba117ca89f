/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * ICMP (RFC 792): the first bytes of a message to a struct, and an echo request into its reply.
 * The checksum covers the whole message, which may be in several pieces: the caller verifies it.
 * Pure functions, any thread.
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>

/** Bytes before the data of every message spoken here. */
#define WIRE_ICMP_HEADER_BYTES 8

#define WIRE_ICMP_ECHO_REPLY 0
#define WIRE_ICMP_ECHO_REQUEST 8

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

/**
 * Turn an echo request into its reply, in place: the type, and the checksum for it. The checksum
 * of the request must have been right.
 *
 * @param data
 *   The request: WIRE_ICMP_HEADER_BYTES at least.
 */
void wire_icmp_echo_reply(uint8_t *data);

#endif /* WIRE_ICMP_H */

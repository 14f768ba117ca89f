/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Neighbour discovery over Ethernet (RFC 4861): messages to a checked struct and back. What depends
 * on the packet around a message (hop limit, addresses, checksum) the caller checks. Pure
 * functions, any thread.
 */
#ifndef WIRE_ND_H
#define WIRE_ND_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#include "tr_addr.h"

/** Bytes of the longest message that is written here. */
#define WIRE_ND_BYTES_MAX 32

/** Options of one message that are looked at. */
#define WIRE_ND_OPTIONS_MAX 16

/** Flags of an advertisement (section 4.4). */
#define WIRE_ND_ROUTER 0x80
#define WIRE_ND_SOLICITED 0x40
#define WIRE_ND_OVERRIDE 0x20

/** A message that has been checked. */
struct wire_nd {
	uint8_t type; /**< WIRE_ICMP6_*: a solicitation or an advertisement. */
	uint8_t flags; /**< Of a neighbour advertisement. */
	uint16_t router_lifetime_s; /**< Of a router advertisement; 0: not a default router. */
	struct tr_addr target; /**< Of a neighbour solicitation or advertisement. */
	bool has_mac; /**< The option that names the sender's, or the target's, Ethernet address. */
	struct rte_ether_addr mac;
};

/**
 * Check a message (sections 6.1 and 7.1): its code, its length, its target, its options.
 *
 * @param data
 *   The message from its type on.
 * @param len
 *   Its bytes; all may be read.
 * @return
 *   False: it is to be dropped whole.
 */
bool wire_nd_parse(const uint8_t *data, uint32_t len, struct wire_nd *nd);

/**
 * Write a router or neighbour solicitation or a neighbour advertisement, with a checksum of zero.
 *
 * @param data
 *   Room for WIRE_ND_BYTES_MAX.
 * @return
 *   How many bytes it has.
 */
uint32_t wire_nd_write(uint8_t *data, const struct wire_nd *nd);

#endif /* WIRE_ND_H */

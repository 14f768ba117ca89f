/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * ARP for IPv4 over Ethernet (RFC 826): bytes to a checked struct and back. Pure functions, any
 * thread.
 */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

/** Bytes of a packet. */
#define WIRE_ARP_BYTES 28

#define WIRE_ARP_REQUEST 1
#define WIRE_ARP_REPLY 2

/** What was wrong with a packet. */
enum wire_arp_error {
	WIRE_ARP_OK,
	WIRE_ARP_TRUNCATED, /**< Shorter than WIRE_ARP_BYTES. */
	WIRE_ARP_BAD_FORMAT, /**< Not IPv4 over Ethernet. */
	WIRE_ARP_BAD_OPERATION /**< Neither request nor reply. */
};

/** A packet that has been checked. Protocol addresses in network order. */
struct wire_arp {
	uint16_t operation; /**< WIRE_ARP_*. */
	struct rte_ether_addr sender_mac;
	struct rte_ether_addr target_mac;
	rte_be32_t sender_addr;
	rte_be32_t target_addr;
};

/**
 * Check a packet.
 *
 * @param len
 *   Bytes at data that may be read; more than a packet is padding.
 */
enum wire_arp_error wire_arp_parse(const uint8_t *data, uint32_t len, struct wire_arp *arp);

/** Write a packet to @p data, which has room for WIRE_ARP_BYTES. */
void wire_arp_write(uint8_t *data, const struct wire_arp *arp);

#endif /* WIRE_ARP_H */

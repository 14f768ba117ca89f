/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Ethernet headers: bytes to a struct and back. A VLAN tag is not looked into: its own type is the
 * frame's type. Pure functions, any thread.
 */
#ifndef WIRE_ETHER_H
#define WIRE_ETHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

/** Bytes of a header without tags. */
#define WIRE_ETHER_HEADER_BYTES 14

/** A header. */
struct wire_ether {
	struct rte_ether_addr dst;
	struct rte_ether_addr src;
	uint16_t type; /**< RTE_ETHER_TYPE_*, in host order. */
};

/**
 * Read a header. The frame may be shorter than Ethernet's 60 bytes: virtual ports do not pad.
 *
 * @param len
 *   Bytes at data that may be read.
 * @return
 *   False when that is less than a header.
 */
bool wire_ether_parse(const uint8_t *data, uint32_t len, struct wire_ether *ether);

/**
 * Whether a header is of this destination and type: the same as wire_ether_parse() and two
 * comparisons.
 *
 * @param data
 *   The frame, of at least WIRE_ETHER_HEADER_BYTES.
 */
static inline bool
wire_ether_is(const uint8_t *data, const struct rte_ether_addr *dst, uint16_t type)
{
	rte_be16_t found;

	memcpy(&found, data + offsetof(struct rte_ether_hdr, ether_type), sizeof(found));
	return found == rte_cpu_to_be_16(type) && memcmp(data, dst, sizeof(*dst)) == 0;
}

/** Write a header to @p data, which has room for WIRE_ETHER_HEADER_BYTES. */
void wire_ether_write(uint8_t *data, const struct wire_ether *ether);

#endif /* WIRE_ETHER_H */

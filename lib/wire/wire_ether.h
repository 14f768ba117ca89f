/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Ethernet headers: bytes to a struct and back. A VLAN tag is not looked into: its own type is the
 * frame's type. It is taken off before, and put on afterwards. Pure functions, any thread.
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

/** Bytes of a VLAN tag (IEEE 802.1Q), which stands before the type. */
#define WIRE_ETHER_TAG_BYTES 4

/** Where a VLAN's number stands in the two bytes of its tag that name it: above are others. */
#define WIRE_ETHER_VLAN_MASK 0xfff

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

/**
 * Take a VLAN tag off a frame.
 *
 * @param data
 *   The frame, of @p len bytes. Afterwards it begins WIRE_ETHER_TAG_BYTES later.
 * @param vlan
 *   The number of the VLAN that it must be of.
 * @return
 *   False, and nothing is changed: it is of another, or of none.
 */
bool wire_ether_untag(uint8_t *data, uint32_t len, uint16_t vlan);

/**
 * Put a VLAN tag on a frame.
 *
 * @param data
 *   Room for the tag, and behind it the frame, which then begins here.
 */
void wire_ether_tag(uint8_t *data, uint16_t vlan);

#endif /* WIRE_ETHER_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Whose a frame is: addresses and ports of a TCP segment, as receive side scaling hashes them.
 * Pure functions, any thread.
 */
#ifndef WIRE_FLOW_H
#define WIRE_FLOW_H

#include <stdint.h>

#include <rte_byteorder.h>

#include "tr_addr.h"

/** Bytes of a flow: source and destination address, source and destination port. */
#define WIRE_FLOW_IPV4_BYTES 12
#define WIRE_FLOW_IPV6_BYTES 36
/** And of its addresses alone: a fragment has no ports, but the first. */
#define WIRE_FLOW_IPV4_FRAGMENT_BYTES 8
#define WIRE_FLOW_IPV6_FRAGMENT_BYTES 32
#define WIRE_FLOW_BYTES_MAX WIRE_FLOW_IPV6_BYTES

/**
 * Find the flow of a TCP segment. Nothing else is checked: a frame that is malformed has some flow
 * or none.
 *
 * @param frame
 *   From its Ethernet header; may be unaligned.
 * @param len
 *   Bytes at frame that may be read.
 * @param[out] flow
 *   In network order, one behind the other, as the Toeplitz hash takes them.
 * @return
 *   Bytes of the flow. Of a fragment, whatever of, these are its addresses alone: all fragments of
 *   a packet have the same flow. 0: neither a fragment nor a TCP segment over IP, or its ports lie
 *   beyond len; nor is it an IPv6 packet with headers before TCP, or the fragment header, other
 *   than hop-by-hop options, routing, destination options and a fragment header that names no
 *   fragment (RFC 8200 section 4, RFC 6946).
 */
unsigned int wire_flow_parse(const uint8_t *frame, uint32_t len, uint8_t flow[WIRE_FLOW_BYTES_MAX]);

/**
 * Write the flow of segments between two ends: what wire_flow_parse() finds in them.
 *
 * @param src
 *   Who sends them.
 * @param dst
 *   Who receives them: of the same family.
 * @param[out] flow
 *   As wire_flow_parse() writes it.
 * @return
 *   Bytes of the flow.
 */
unsigned int wire_flow_write(const struct tr_addr *src, const struct tr_addr *dst,
			     rte_be16_t src_port, rte_be16_t dst_port,
			     uint8_t flow[WIRE_FLOW_BYTES_MAX]);

#endif /* WIRE_FLOW_H */

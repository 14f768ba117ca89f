/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A narrow place on the way: what a router there says of a packet that is too big for it.
 */
#ifndef SIM_HOP_H
#define SIM_HOP_H

#include <rte_mbuf.h>

/**
 * Write a router's answer to a frame with an IP packet that does not fit and must not be cut:
 * ICMP's "fragmentation needed" (RFC 1191 section 4), or ICMPv6's Packet Too Big (RFC 4443
 * section 3.2).
 *
 * @param frame
 *   Of one segment as far as the first 128 bytes. Not consumed.
 * @param mtu
 *   What would fit.
 * @return
 *   A frame to the sender, the caller's; NULL: there is no mbuf, or it is no IP packet.
 */
struct rte_mbuf *sim_hop_too_big(struct rte_mempool *mbufs, const struct rte_mbuf *frame,
				 uint16_t mtu);

#endif /* SIM_HOP_H */

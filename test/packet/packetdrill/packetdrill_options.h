/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The options of a SYN in another stack's order. Scripts compare them byte for byte, while the
 * order means nothing: it is changed in the packet, and the stack has no setting for it.
 *
 * Threads: any.
 */
#ifndef PACKETDRILL_OPTIONS_H
#define PACKETDRILL_OPTIONS_H

struct packetdrill_packet;

/** By how much a packet may grow; its memory must have that much more than its length. */
#define PACKETDRILL_OPTIONS_GROWTH 40

/** If it is a SYN over IPv4, order its options as FreeBSD does: MSS, window scale, SACK, time. */
void packetdrill_options_freebsd(struct packetdrill_packet *packet);

#endif /* PACKETDRILL_OPTIONS_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * TCP segments in IP packets, read and changed on their way between the stack and packetdrill.
 * Scripts compare what no RFC decides, as the order of a SYN's options: it is changed in the
 * packet, and the stack has no setting for it.
 *
 * Threads: any.
 */
#ifndef PACKETDRILL_SEGMENT_H
#define PACKETDRILL_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "tr_addr.h"
#include "wire_tcp.h"

/** By how much a SYN may grow; its memory must have that much more than its length. */
#define PACKETDRILL_SEGMENT_GROWTH 40

/** A segment, and where it is. */
struct packetdrill_segment {
	uint8_t *data; /* the IP packet */
	uint32_t len; /* of the packet */
	uint32_t ip_bytes; /* of its header */
	uint32_t payload; /* bytes */
	struct tr_addr src;
	struct tr_addr dst;
	struct wire_tcp header;
};

/** What a SYN is to say in place of what it says. */
struct packetdrill_syn {
	bool freebsd; /* options in FreeBSD's order: MSS, window scale, SACK, time */
	bool no_timestamps;
	uint16_t mss_max; /* 0: any */
};

/** False: it is no TCP segment over IPv4 or IPv6. */
bool packetdrill_segment_parse(uint8_t *data, uint32_t len, struct packetdrill_segment *segment);

/** Change it where it is a SYN without data, packet and @p segment. True: it has changed. */
bool packetdrill_segment_rewrite_syn(struct packetdrill_segment *segment,
				     const struct packetdrill_syn *syn);

/** Set its PSH, or clear it. */
void packetdrill_segment_push(struct packetdrill_segment *segment, bool push);

/**
 * Write a packet with a segment without data, over the same IP as @p like.
 *
 * @param[out] data
 *   Room for 120 bytes.
 * @return
 *   How many there are.
 */
uint32_t packetdrill_segment_write(uint8_t *data, const struct packetdrill_segment *like,
				   const struct wire_tcp *header);

#endif /* PACKETDRILL_SEGMENT_H */

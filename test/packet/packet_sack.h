/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Exchanges with a peer that tells by SACK what it has, counted in segments: the first that is sent
 * is 0.
 */
#ifndef PACKET_SACK_H
#define PACKET_SACK_H

#include "packet.h"

#define MSS 1000
#define RTT_US 100000

/** Relative sequence number of a segment's first byte. */
#define SEQ(segment) (1 + (segment)*MSS)

/** What an ACK tells, the newest first: the segments from one to before another. */
struct packet_blocks {
	struct {
		uint32_t from;
		uint32_t to; /* 0 ends the list */
	} block[4];
};

/** Accept a connection with SACK whose handshake takes so long. */
void packet_sack_begin_on_path(struct packet *packet, const struct packet_setup *setup,
			       const struct wire_tcp_options *options, uint64_t rtt_us);

/** The same, with segments of MSS bytes and RTT_US; @p setup may be NULL. */
void packet_sack_begin(struct packet *packet, const struct packet_setup *setup);

/** Append segments and see them leave; @p first is the number of the first. */
void packet_sack_flight(struct packet *packet, unsigned int first, unsigned int nb);

/** An ACK of the segments before @p acked; see sacked(). */
void packet_sack_inject(struct packet *packet, uint32_t acked, const struct packet_blocks *blocks);

/** What the connection looks like. */
struct tcp_conn_info packet_sack_look(const struct packet *packet);

/** An ACK of the segments before @p acked, and {from, to} for each block. */
#define sacked(packet, acked, ...)                                                                 \
	packet_sack_inject((packet), (acked), &(struct packet_blocks){.block = {__VA_ARGS__}})

#endif /* PACKET_SACK_H */

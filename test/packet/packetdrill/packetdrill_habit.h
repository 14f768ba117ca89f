/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Habits of Linux that no RFC asks for, and that scripts written for it expect, made between the
 * stack and packetdrill. A burst of segments is one to Linux' segmentation offload, and PSH stands
 * on its last. And data is acknowledged at once: a keepalive probe asks the stack for it, up to as
 * many as it answers in a second.
 *
 * Threads: the adapter's lock.
 */
#ifndef PACKETDRILL_HABIT_H
#define PACKETDRILL_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>

#include "packetdrill_segment.h"

#define PACKETDRILL_HABIT_FLOWS 256

/** How far a connection has come. */
struct packetdrill_flow {
	rte_be16_t local_port;
	rte_be16_t remote_port;
	uint32_t sent; /* the number after all that was sent */
	uint32_t acked; /* what we acknowledged */
	uint32_t burst; /* that its last segment belongs to; 0: to none */
	bool pushed; /* that one has PSH of its own */
};

/** Of all connections; the oldest are forgotten. */
struct packetdrill_habit {
	struct packetdrill_flow flows[PACKETDRILL_HABIT_FLOWS];
	unsigned int next;
};

/**
 * A segment was sent.
 *
 * @param burst
 *   Of all that are sent in one turn the same, never 0.
 * @param push
 *   Mark bursts: this one's PSH may be set, and that of the one before be cleared.
 * @param before
 *   The one that was sent before, where it is not taken yet; or NULL.
 */
void packetdrill_habit_sent(struct packetdrill_habit *habit, struct packetdrill_segment *segment,
			    uint32_t burst, bool push, struct packetdrill_segment *before);

/**
 * A segment came, and what the stack had to say to it was sent.
 *
 * @param[out] data
 *   What asks for an ACK that is late, of 120 bytes at most.
 * @return
 *   How many; 0: none is.
 */
uint32_t packetdrill_habit_received(struct packetdrill_habit *habit,
				    const struct packetdrill_segment *segment, uint8_t *data);

#endif /* PACKETDRILL_HABIT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A bad link, in one direction: frames are put in and taken out again, but for those that are lost;
 * twice, late, out of order or with a bit flipped, as its seed has it. The same frames at the same
 * times, from the same seed on, have the same fate.
 *
 * In this order: loss, duplication, corruption, rate, delay and jitter, reordering. Frames leave in
 * the order in which they came, but for those that are reordered.
 *
 * Threads: the core that owns it.
 */
#ifndef IMPAIR_LINK_H
#define IMPAIR_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "impair_stats.h"

/** Frames that a link holds at most. */
#define IMPAIR_HELD_MAX 1024

/** By how much a frame that is reordered comes late. */
#define IMPAIR_REORDER_US 2000

/** Chances are in parts of a million. */
#define IMPAIR_PPM 1000000

/** What is done to frames; all zero: nothing. */
struct impair_settings {
	uint32_t loss_ppm;
	uint32_t duplicate_ppm;
	uint32_t corrupt_ppm; /* of frames that carry an IP packet: a checksum's to find */
	uint32_t reorder_ppm;
	uint32_t delay_us;
	uint32_t jitter_us; /* up to so much more delay */
	uint64_t rate_bps; /* bits of frames a second; 0: any */
};

/** A frame, and when it leaves. */
struct impair_held {
	uint64_t due_us;
	struct rte_mbuf *mbuf;
};

/** A link. */
struct impair_link {
	struct impair_settings settings;
	struct impair_stats stats;
	uint64_t random; /* state of the generator */
	uint64_t sent_ns; /* when the last bit of the last frame has left, at this rate */
	uint64_t last_us; /* when the last frame in order is due */
	struct rte_mempool *copies;
	uint16_t first; /* of those held, in a ring: earliest first */
	uint16_t nb;
	struct impair_held held[IMPAIR_HELD_MAX];
};

/**
 * Begin with a link that does nothing.
 *
 * @param copies
 *   Mbufs for frames that are duplicated or corrupted, as long as a frame in one piece.
 */
void impair_link_init(struct impair_link *link, struct rte_mempool *copies, uint64_t seed);

/** Begin the random numbers again. */
void impair_link_seed(struct impair_link *link, uint64_t seed);

/** Whether frames go through as if there were no link. */
static inline bool
impair_link_is_clear(const struct impair_link *link)
{
	const struct impair_settings *settings = &link->settings;

	return link->nb == 0 && settings->rate_bps == 0 &&
	       (settings->loss_ppm | settings->duplicate_ppm | settings->corrupt_ppm |
		settings->reorder_ppm | settings->delay_us | settings->jitter_us) == 0;
}

/**
 * What is done to frames from now on. Those that are held leave no later than if they had come now,
 * one behind the other.
 */
void impair_link_set(struct impair_link *link, const struct impair_settings *settings,
		     uint64_t now_us);

/** Put a frame in: the link's from now on. */
void impair_link_put(struct impair_link *link, struct rte_mbuf *mbuf, uint64_t now_us);

/**
 * The frames that are due, in the order in which they leave. They stay in the link.
 *
 * @return
 *   How many.
 */
uint16_t impair_link_peek(const struct impair_link *link, struct rte_mbuf **mbufs, uint16_t max,
			  uint64_t now_us);

/** The first @p nb frames are the caller's. */
void impair_link_pop(struct impair_link *link, uint16_t nb);

/** When the next frame leaves; 0: there is none. */
uint64_t impair_link_due_us(const struct impair_link *link);

/** Free all that is held, and count it. */
void impair_link_flush(struct impair_link *link);

#endif /* IMPAIR_LINK_H */

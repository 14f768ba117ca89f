/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Where the time of a core goes: how much of it is work, which stages of a turn have it, and how
 * long turns and answers take.
 *
 * Work and idleness are exact, from the times that the turns begin at. The stages are of some turns
 * only, one in 64 or so of those that find work: these read the cycle counter at each boundary.
 * In any other turn a boundary is a branch that is not taken.
 *
 * Threads: the core that owns it.
 */
#ifndef CORE_CYCLES_H
#define CORE_CYCLES_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "core_histogram.h"

/** Stages of a turn, in their order; test/perf names them alike. */
enum core_stage {
	CORE_STAGE_OTHER, /* control messages, timers, and what no other stage has */
	CORE_STAGE_RX, /* the port's receive burst */
	CORE_STAGE_TCP_IN, /* Ethernet, IP and TCP take what came */
	CORE_STAGE_PARSE, /* the protocol, and the order of requests */
	CORE_STAGE_ENGINE, /* execute(), where it runs on the core */
	CORE_STAGE_SUBMIT, /* dispatch to engine threads, and draining what they answer */
	CORE_STAGE_COMPOSE, /* the protocol writes responses */
	CORE_STAGE_OUT, /* TCP and IP make frames */
	CORE_STAGE_TX, /* the port's transmit burst */
	CORE_STAGES
};

/** What is shown of a core; since it was created or cleared. */
struct core_cycles_totals {
	uint64_t spent_us[2]; /* in turns without work and asleep; in turns with work */
	uint64_t longest_us; /* turn with work */
	uint64_t stages[CORE_STAGES]; /* TSC cycles, of the turns that were stamped */
	struct core_histogram turns; /* of these turns, TSC cycles */
	/*
	 * Of the answers that came by the rings in these turns: microseconds from the turn in which
	 * the request was complete to the turn in which the core took its answer.
	 */
	struct core_histogram queue;
};

/** What core_cycles_init() sets up. */
struct core_cycles {
	/* What every turn touches. */
	bool stamped; /* this turn reads the cycle counter at its boundaries */
	bool worked; /* the last turn found work */
	uint8_t stage; /* of this turn, if it is stamped */
	uint8_t engine; /* the stage in which requests are given to the engine */
	uint8_t outer; /* the stage to which core_cycles_stamp_leave() returns */
	uint8_t step; /* place in the list of steps */
	uint32_t countdown; /* turns with work until one is stamped; 0 while one is */
	uint64_t turn_us; /* when the last turn began */
	/* A stamped turn. */
	uint64_t began; /* TSC */
	uint64_t last; /* TSC at the last boundary */
	uint64_t turn[CORE_STAGES];
	struct core_cycles_totals totals;
} __rte_cache_aligned;

/**
 * Begin: no turn was given yet, at @p now_us.
 *
 * @param cycles
 *   Of the core.
 * @param now_us
 *   On the clock of its turns.
 * @param engine
 *   The stage of giving a request to the engine: CORE_STAGE_ENGINE or CORE_STAGE_SUBMIT.
 */
void core_cycles_init(struct core_cycles *cycles, uint64_t now_us, enum core_stage engine);

/** A turn was chosen to be stamped: begin. Called by core_cycles_turn_begin(). */
__rte_cold void core_cycles_stamp_begin(struct core_cycles *cycles);

/** A stamped turn ends: count it if it worked. Called by core_cycles_turn_end(). */
__rte_cold void core_cycles_stamp_end(struct core_cycles *cycles);

/** A stamped turn goes over to a stage. Called by core_cycles_stage(). */
__rte_cold void core_cycles_stamp(struct core_cycles *cycles, enum core_stage stage);

/** The same, and remember the one that it is in. Called by CORE_CYCLES_WITHIN(). */
__rte_cold void core_cycles_stamp_enter(struct core_cycles *cycles, enum core_stage stage);

/** Go back to the one remembered. Returns @p value. Called by CORE_CYCLES_WITHIN(). */
__rte_cold int core_cycles_stamp_leave(struct core_cycles *cycles, int value);

/** Zero what is shown. */
void core_cycles_clear(struct core_cycles *cycles);

/** Name of a stage: "rx". */
const char *core_cycles_stage_name(enum core_stage stage);

/** A turn begins, in the stage CORE_STAGE_OTHER. */
static inline void
core_cycles_turn_begin(struct core_cycles *cycles, uint64_t now_us)
{
	uint64_t us = now_us - cycles->turn_us;

	cycles->turn_us = now_us;
	cycles->totals.spent_us[cycles->worked] += us;
	if (unlikely(us > cycles->totals.longest_us) && cycles->worked)
		cycles->totals.longest_us = us;
	if (unlikely(cycles->stamped))
		core_cycles_stamp_begin(cycles);
}

/** A turn ends, and found as much work. */
static inline void
core_cycles_turn_end(struct core_cycles *cycles, unsigned int work)
{
	cycles->worked = work > 0;
	if (unlikely(cycles->stamped)) {
		core_cycles_stamp_end(cycles);
		return;
	}
	/* From here on turns are stamped, until one of them finds work. */
	cycles->countdown -= cycles->worked;
	cycles->stamped = cycles->countdown == 0;
}

/** The turn goes over to a stage. */
static inline void
core_cycles_stage(struct core_cycles *cycles, enum core_stage stage)
{
	if (unlikely(cycles->stamped))
		core_cycles_stamp(cycles, stage);
}

/**
 * The value, an int, of a call that is a stage within another, and has none within itself. Each
 * way has a call of its own: that of other turns is the same as without this.
 */
#define CORE_CYCLES_WITHIN(cycles, stage, call)                                                    \
	(likely(!(cycles)->stamped) ? (int)(call)                                                  \
				    : (core_cycles_stamp_enter(cycles, stage),                     \
				       core_cycles_stamp_leave(cycles, (int)(call))))

/** An answer came by the rings, to a request that was complete in the turn that began at @p us. */
static inline void
core_cycles_answer(struct core_cycles *cycles, uint64_t us)
{
	if (unlikely(cycles->stamped))
		core_histogram_add(&cycles->totals.queue, cycles->turn_us - us);
}

#endif /* CORE_CYCLES_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_cycles.h"

#include <string.h>

#include <rte_cycles.h>

static const char *const stage_names[CORE_STAGES] = {
	[CORE_STAGE_OTHER] = "other",	  [CORE_STAGE_RX] = "rx",
	[CORE_STAGE_TCP_IN] = "tcp_in",	  [CORE_STAGE_PARSE] = "parse",
	[CORE_STAGE_ENGINE] = "engine",	  [CORE_STAGE_SUBMIT] = "submit",
	[CORE_STAGE_COMPOSE] = "compose", [CORE_STAGE_OUT] = "out",
	[CORE_STAGE_TX] = "tx",
};

/*
 * From one stamped turn to the next, 64 or so on the mean. Their sum is a prime: what a core does
 * each so many turns is then met as often as anything else, unless each of just so many.
 */
static const uint8_t steps[] = {59, 67, 61, 71, 53, 72};

void
core_cycles_init(struct core_cycles *cycles, uint64_t now_us, enum core_stage engine)
{
	memset(cycles, 0, sizeof(*cycles));
	cycles->turn_us = now_us;
	cycles->engine = engine;
	cycles->countdown = steps[0];
}

void
core_cycles_stamp_begin(struct core_cycles *cycles)
{
	memset(cycles->turn, 0, sizeof(cycles->turn));
	cycles->stage = CORE_STAGE_OTHER;
	cycles->began = rte_rdtsc();
	cycles->last = cycles->began;
}

void
core_cycles_stamp(struct core_cycles *cycles, enum core_stage stage)
{
	uint64_t now = rte_rdtsc();

	cycles->turn[cycles->stage] += now - cycles->last;
	cycles->last = now;
	cycles->stage = stage;
}

void
core_cycles_stamp_enter(struct core_cycles *cycles, enum core_stage stage)
{
	cycles->outer = cycles->stage;
	core_cycles_stamp(cycles, stage);
}

int
core_cycles_stamp_leave(struct core_cycles *cycles, int value)
{
	core_cycles_stamp(cycles, cycles->outer);
	return value;
}

void
core_cycles_stamp_end(struct core_cycles *cycles)
{
	struct core_cycles_totals *totals = &cycles->totals;
	unsigned int i;

	/* A turn without work is idleness, whatever it looked at: the next one is tried. */
	if (!cycles->worked)
		return;
	core_cycles_stamp(cycles, CORE_STAGE_OTHER);
	for (i = 0; i < CORE_STAGES; i++)
		totals->stages[i] += cycles->turn[i];
	core_histogram_add(&totals->turns, cycles->last - cycles->began);
	cycles->stamped = false;
	if (++cycles->step == RTE_DIM(steps))
		cycles->step = 0;
	/* The next one to be stamped is one of them. */
	cycles->countdown = steps[cycles->step] - 1;
}

void
core_cycles_clear(struct core_cycles *cycles)
{
	memset(&cycles->totals, 0, sizeof(cycles->totals));
}

const char *
core_cycles_stage_name(enum core_stage stage)
{
	return stage_names[stage];
}

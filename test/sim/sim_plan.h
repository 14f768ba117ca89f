/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What happens in a run, drawn from its seed: to frames, to memory, and on connections.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_peer.h"
#include "sim_random.h"
#include "sim_wire.h"
#include "tcp.h"

/** A run that has not ended by then is stuck: the longest backoff is far below. */
#define SIM_PLAN_END_US (4 * 3600 * UINT64_C(1000000))

/** More turns than any run needs: nothing may spin without time going on. */
#define SIM_PLAN_TURNS_MAX 20000000u

/** The plan of a run. */
struct sim_plan {
	struct sim_wire_config wire;
	bool calm; /* nothing is done to frames, and memory is plenty */
	bool pressure; /* receive buffers run dry now and then */
	uint64_t cut_us; /* for a while from then on nothing arrives */
};

/** Draw a run. */
void sim_plan_run(struct sim_plan *plan, struct sim_random *random);

/** Draw what a side sends, and how it reads and writes. */
void sim_plan_side(struct sim_peer_conn *conn, struct sim_random *random);

/** What it expects is known: it is read in a time that does not make it a dead side. */
void sim_plan_expect(struct sim_peer_plan *plan, uint64_t seed, uint32_t bytes);

/** Time has come to @p now_us: cut the wire, or mend it. */
void sim_plan_cut(const struct sim_plan *plan, struct sim_wire *wire, uint64_t now_us);

/** Let the receive buffers of a stack run dry, or not, if the plan has it. */
void sim_plan_pressure(const struct sim_plan *plan, struct tcp *tcp, struct sim_random *random);

#endif /* SIM_PLAN_H */

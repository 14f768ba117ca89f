/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_plan.h"

#include <rte_common.h>

/*
 * A side that has closed waits a minute for the other's FIN. However slow a reader is, it has read
 * everything in less.
 */
#define READ_TIME_MAX_US (20 * UINT64_C(1000000))
#define READ_PAUSE_MAX_US (2 * UINT64_C(1000000))

/* Far below the time in which connections are given up. */
#define CUT_TIME_US (5 * UINT64_C(1000000))
/* From where the slowest run is still none that is stuck; and a queue of a few frames, or of many.
 */
#define RATE_MIN_BPS UINT64_C(4000000)
#define QUEUE_MIN_BYTES 6000

#define CUT_BEGIN_MAX_US (10 * UINT64_C(1000000))

void
sim_plan_run(struct sim_plan *plan, struct sim_random *random)
{
	struct sim_wire_config *wire = &plan->wire;

	*plan = (struct sim_plan){
		.wire =
			{
				.loss_ppm = sim_random_below(random, 100001),
				.repeat_ppm = sim_random_below(random, 30000),
				.reorder_ppm = sim_random_below(random, 100000),
				.corrupt_ppm = sim_random_below(random, 20000),
				.partial_ppm = sim_random_below(random, 100000),
				.delay_us = 10 + sim_random_below(random, 30000),
				.jitter_us = sim_random_below(random, 30000),
				.hold_us = sim_random_below(random, 20000),
				.mtu = sim_random_below(random, 4) == 0 ? 576 : 1500,
				.tx_segments = sim_random_below(random, 2),
				.share_mbufs = sim_random_below(random, 4) != 0,
			},
		.calm = sim_random_below(random, 8) == 0,
		.cut_us = UINT64_MAX - CUT_TIME_US, /* never */
	};
	if (plan->calm) {
		wire->loss_ppm = wire->repeat_ppm = wire->reorder_ppm = wire->corrupt_ppm = 0;
		return;
	}
	plan->pressure = sim_random_below(random, 8) == 0;
	if (sim_random_below(random, 4) == 0) {
		wire->rate_bps = RATE_MIN_BPS << sim_random_below(random, 6);
		wire->queue_bytes = QUEUE_MIN_BYTES << sim_random_below(random, 6);
	}
	if (sim_random_below(random, 8) == 0)
		plan->cut_us = sim_random_below(random, CUT_BEGIN_MAX_US);
}

void
sim_plan_side(struct sim_peer_conn *conn, struct sim_random *random)
{
	struct sim_peer_plan *plan = &conn->plan;

	plan->stream_seed = sim_random_next(random);
	plan->send_bytes = sim_random_below(random, 1u << sim_random_below(random, 18));
	plan->write_max = 1u << sim_random_below(random, 13);
	plan->read_max = 1u << sim_random_below(random, 17);
	if (sim_random_below(random, 8) == 0) {
		plan->read_max = 4096;
		plan->read_pause_us = sim_random_below(random, READ_PAUSE_MAX_US);
	}
	conn->random.state = sim_random_next(random);
}

void
sim_plan_expect(struct sim_peer_plan *plan, uint64_t seed, uint32_t bytes)
{
	uint32_t reads = 1 + bytes / plan->read_max;

	plan->expect_seed = seed;
	plan->expect_bytes = bytes;
	plan->read_pause_us = RTE_MIN(plan->read_pause_us, READ_TIME_MAX_US / reads);
}

void
sim_plan_cut(const struct sim_plan *plan, struct sim_wire *wire, uint64_t now_us)
{
	sim_wire_cut(wire, now_us - plan->cut_us < CUT_TIME_US);
}

void
sim_plan_pressure(const struct sim_plan *plan, struct tcp *tcp, struct sim_random *random)
{
	if (plan->pressure)
		tcp_set_pressure(tcp, sim_random_below(random, 4) == 0);
}

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

/* From where the slowest run is still none that is stuck; and a queue of a few frames, or of many.
 */
#define RATE_MIN_BPS UINT64_C(4000000)
#define QUEUE_MIN_BYTES 6000

/*
 * All outages together; with the time between them they take twice that, and the backoff that they
 * lead to as long once more. That is far below the time in which connections are given up.
 */
#define OUTAGES_US (4 * UINT64_C(1000000))
#define OUTAGE_BEGIN_MAX_US (10 * UINT64_C(1000000))
#define OUTAGE_MIN_US 500

#define NARROW_MAX_US (5 * UINT64_C(1000000))

/* Less is not believed of IPv4. */
#define NARROW_MIN 552

/* Of the backoff of retransmissions and probes, with some time for what then comes. */
#define STALL_US (65 * UINT64_C(1000000))
#define STALL_CALM_US (3 * UINT64_C(1000000))

/* Until then an address of IPv6 is tried (RFC 4862 section 5.4). */
#define IPV6_US 1100000
#define OPEN_MAX_US 1000000

/* Writes and reads of a stream, about: they take their time. */
#define PARTS_MAX 2048

static void draw_outages(struct sim_plan *plan, struct sim_random *random);
static void draw_narrows(struct sim_plan *plan, struct sim_random *random);
static void draw_large(struct sim_wire_config *wire, struct sim_random *random);

void
sim_plan_run(struct sim_plan *plan, struct sim_random *random, unsigned int hosts_max)
{
	struct sim_wire_config *wire = &plan->wire;

	*plan = (struct sim_plan){
		.wire =
			{
				.nb_ends = 2,
				.loss_ppm = sim_random_below(random, 80001),
				.repeat_ppm = sim_random_below(random, 30000),
				.reorder_ppm = sim_random_below(random, 100000),
				.corrupt_ppm = sim_random_below(random, 10000),
				.partial_ppm = sim_random_below(random, 100000),
				.delay_us = 10 + sim_random_below(random, 30000),
				.jitter_us = sim_random_below(random, 30000),
				.hold_us = sim_random_below(random, 20000),
				.mtu = sim_random_below(random, 4) == 0 ? 576 : 1500,
				.tx_segments = sim_random_below(random, 2),
				.share_mbufs = sim_random_below(random, 4) != 0,
			},
		.calm = sim_random_below(random, 8) == 0,
	};
	if (sim_random_below(random, 2) == 0)
		wire->nb_ends += sim_random_below(random, hosts_max - 1);
	if (plan->calm) {
		wire->loss_ppm = wire->repeat_ppm = wire->reorder_ppm = wire->corrupt_ppm = 0;
		draw_large(wire, random);
		return;
	}
	plan->pressure = sim_random_below(random, 8) == 0;
	if (sim_random_below(random, 4) == 0) {
		wire->rate_bps = RATE_MIN_BPS << sim_random_below(random, 6);
		wire->queue_bytes = QUEUE_MIN_BYTES << sim_random_below(random, 6);
	}
	if (sim_random_below(random, 4) == 0)
		draw_outages(plan, random);
	if (sim_random_below(random, 4) == 0)
		draw_narrows(plan, random);
	/* One that closed gives up after nine losses: an outage makes for six, and a black hole. */
	if (plan->nb_outages > 0 || wire->silent) {
		wire->loss_ppm /= 10;
		wire->corrupt_ppm /= 10;
	}
	draw_large(wire, random);
}

static void
draw_large(struct sim_wire_config *wire, struct sim_random *random)
{
	wire->tx_large = wire->tx_segments && wire->share_mbufs && sim_random_below(random, 2) != 0;
}

/* A long one, or many short ones, of whichever link. */
static void
draw_outages(struct sim_plan *plan, struct sim_random *random)
{
	uint64_t at_us = sim_random_below(random, OUTAGE_BEGIN_MAX_US);
	struct sim_plan_outage *outage;
	uint64_t longest_us;
	unsigned int i;

	plan->nb_outages = 1 + sim_random_below(random, SIM_PLAN_OUTAGES_MAX);
	longest_us = OUTAGES_US / plan->nb_outages;
	for (i = 0; i < plan->nb_outages; i++) {
		outage = &plan->outages[i];
		outage->end = sim_random_below(random, plan->wire.nb_ends);
		outage->from_us = at_us;
		outage->until_us = at_us + OUTAGE_MIN_US + sim_random_below(random, longest_us);
		/* As long as it was away it is there, or less. */
		at_us = outage->until_us +
			sim_random_below(random, outage->until_us - outage->from_us);
	}
}

static void
draw_narrows(struct sim_plan *plan, struct sim_random *random)
{
	struct sim_plan_narrow *narrow;
	uint64_t at_us = 0;
	uint16_t least = plan->wire.mtu < SIM_PLAN_IPV6_MTU ? NARROW_MIN : SIM_PLAN_IPV6_MTU;
	unsigned int i;

	plan->wire.silent = sim_random_below(random, 3) == 0;
	/* Where it is too narrow for IPv6, there is none. */
	if (sim_random_below(random, 2) == 0)
		least = NARROW_MIN;
	plan->nb_narrows = 1 + sim_random_below(random, SIM_PLAN_NARROWS_MAX);
	for (i = 0; i < plan->nb_narrows; i++) {
		narrow = &plan->narrows[i];
		at_us += sim_random_below(random, NARROW_MAX_US);
		narrow->at_us = at_us;
		narrow->end = sim_random_below(random, plan->wire.nb_ends);
		if (sim_random_below(random, 4) != 0)
			narrow->mtu = least + sim_random_below(random, plan->wire.mtu - least);
		plan->ipv4_only |= narrow->mtu != 0 && narrow->mtu < SIM_PLAN_IPV6_MTU;
	}
}

uint64_t
sim_plan_stall_us(const struct sim_plan *plan)
{
	return plan->calm ? STALL_CALM_US : STALL_US;
}

void
sim_plan_open(const struct sim_plan *plan, struct sim_peer_plan *peer, struct sim_random *random)
{
	peer->ipv6 = plan->wire.mtu >= SIM_PLAN_IPV6_MTU && !plan->ipv4_only &&
		     sim_random_below(random, 2) == 0;
	peer->open_us = peer->ipv6 ? IPV6_US : 0;
	if (sim_random_below(random, 2) == 0)
		peer->open_us += sim_random_below(random, OPEN_MAX_US);
}

void
sim_plan_side(struct sim_peer_conn *conn, struct sim_random *random)
{
	struct sim_peer_plan *plan = &conn->plan;

	plan->stream_seed = sim_random_next(random);
	plan->send_bytes = sim_random_below(random, 1u << sim_random_below(random, 18));
	plan->write_max = 1u << sim_random_below(random, 13);
	plan->write_max = RTE_MAX(plan->write_max, plan->send_bytes / PARTS_MAX);
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
	uint32_t reads;

	plan->read_max = RTE_MAX(plan->read_max, bytes / PARTS_MAX);
	reads = 1 + bytes / plan->read_max;
	plan->expect_seed = seed;
	plan->expect_bytes = bytes;
	plan->read_pause_us = RTE_MIN(plan->read_pause_us, READ_TIME_MAX_US / reads);
}

void
sim_plan_links(struct sim_plan *plan, struct sim_wire *wire, uint64_t now_us)
{
	const struct sim_plan_outage *outage;
	const struct sim_plan_narrow *narrow;

	plan->away = false;
	for (outage = plan->outages; outage < plan->outages + plan->nb_outages; outage++)
		if (now_us >= outage->until_us)
			sim_wire_cut_end(wire, outage->end, false);
	for (outage = plan->outages; outage < plan->outages + plan->nb_outages; outage++) {
		if (now_us < outage->from_us || now_us >= outage->until_us)
			continue;
		sim_wire_cut_end(wire, outage->end, true);
		plan->away = true;
	}
	for (narrow = plan->narrows; narrow < plan->narrows + plan->nb_narrows; narrow++)
		if (now_us >= narrow->at_us)
			sim_wire_narrow(wire, narrow->end, narrow->mtu);
}

void
sim_plan_pressure(const struct sim_plan *plan, struct tcp *tcp, struct sim_random *random)
{
	if (plan->pressure)
		tcp_set_pressure(tcp, sim_random_below(random, 4) == 0);
}

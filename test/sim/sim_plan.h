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

/** A wire with less has no IPv6. */
#define SIM_PLAN_IPV6_MTU 1280

/** Times that links go away in a run, and that they become narrower or wider. */
#define SIM_PLAN_OUTAGES_MAX 12
#define SIM_PLAN_NARROWS_MAX 4

/** A link that is away for a while. */
struct sim_plan_outage {
	uint64_t from_us;
	uint64_t until_us;
	unsigned int end;
};

/** A link whose MTU changes. */
struct sim_plan_narrow {
	uint64_t at_us;
	unsigned int end;
	uint16_t mtu; /* 0: the wire's */
};

/** The plan of a run. */
struct sim_plan {
	struct sim_wire_config wire;
	bool calm; /* nothing is done to frames, and memory is plenty */
	bool pressure; /* receive buffers run dry now and then */
	unsigned int nb_outages;
	struct sim_plan_outage outages[SIM_PLAN_OUTAGES_MAX]; /* one after the other */
	unsigned int nb_narrows;
	struct sim_plan_narrow narrows[SIM_PLAN_NARROWS_MAX]; /* of one end each, in order */
	bool ipv4_only; /* a link becomes too narrow for IPv6 */
	bool away; /* a link is, now */
};

/** Draw a run of 2 to @p hosts_max hosts. */
void sim_plan_run(struct sim_plan *plan, struct sim_random *random, unsigned int hosts_max);

/** For so long a connection may stand still while nothing is lost. */
uint64_t sim_plan_stall_us(const struct sim_plan *plan);

/** Draw what a side sends, and how it reads and writes. */
void sim_plan_side(struct sim_peer_conn *conn, struct sim_random *random);

/** What it expects is known: it is read in a time that does not make it a dead side. */
void sim_plan_expect(struct sim_peer_plan *plan, uint64_t seed, uint32_t bytes);

/** Draw when a connection is opened, and by which IP. */
void sim_plan_open(const struct sim_plan *plan, struct sim_peer_plan *peer,
		   struct sim_random *random);

/** Time has come to @p now_us: links go away, come back, become narrower or wider. */
void sim_plan_links(struct sim_plan *plan, struct sim_wire *wire, uint64_t now_us);

/** Let the receive buffers of a stack run dry, or not, if the plan has it. */
void sim_plan_pressure(const struct sim_plan *plan, struct tcp *tcp, struct sim_random *random);

#endif /* SIM_PLAN_H */

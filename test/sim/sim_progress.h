/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Whether connections get on: one that has something to move, over a wire that loses nothing, moves
 * some within the longest backoff. It is asked now and then.
 */
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_peer.h"

/** How one connection stood when it last moved. */
struct sim_progress_conn {
	struct {
		uint32_t received;
		uint32_t snd_una;
		enum tcp_state state;
	} sides[2];
	uint64_t since_us;
	bool rests; /* had nothing to do when it was looked at last */
};

/** All of a run. */
struct sim_progress {
	struct sim_progress_conn conns[SIM_PEER_CONNS_MAX];
	uint64_t limit_us;
	uint64_t next_us; /* when it is worth asking */
	uint64_t excuses; /* the last sum of what hinders connections without their fault */
};

/**
 * Begin.
 *
 * @param limit_us
 *   For so long a connection may stand still.
 */
void sim_progress_init(struct sim_progress *progress, uint64_t limit_us);

/**
 * Is it time to ask about the connections?
 *
 * @param excuses
 *   A number that changes when the wire or a stack lost something: then all time before does not
 *   count.
 */
bool sim_progress_due(struct sim_progress *progress, uint64_t excuses, uint64_t now_us);

/** Whether connection @p index stands still. A side that is over has no TCP any more. */
bool sim_progress_is_stuck(struct sim_progress *progress, unsigned int index,
			   const struct sim_peer_conn *client, const struct sim_peer_conn *server,
			   uint64_t now_us);

#endif /* SIM_PROGRESS_H */

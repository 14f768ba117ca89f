/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Steering before queues that bring what a test puts there.
 * Threads: the test's; of ports and what is counted there, one for each core.
 */
#ifndef STEER_RIG_H
#define STEER_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "core_steer.h"

#define CORES 3
#define QUEUE_FRAMES 4096
#define POOL_MBUFS 16383
#define BURST 64
#define FLOWS 97

/** A queue of a port: what is to be received. */
struct queue {
	struct core_port port;
	struct rte_mbuf *frames[QUEUE_FRAMES];
	unsigned int nb;
	unsigned int at;
	unsigned int sent;
	bool full; /* takes nothing */
	unsigned int lose; /* so many of what it takes next, before they are counted */
	unsigned int lost;
	bool missing; /* and what it brings is rubbish */
	bool cleared; /* the counters, just before they are read */
	unsigned int bursts; /* that were asked for */
};

extern struct core_rss rss;
extern struct core_steer *steer;
extern struct queue queues[CORES];
extern struct core_stats stats[CORES];
extern struct core_port *ports[CORES];
extern unsigned int woken[CORES];

/** Set all up; @p partial: of queues that say whether they are there. */
void setup_port(bool partial);

/** Free all; fails if an mbuf is lacking. */
int teardown(void **state);

/** A segment of a flow, over IPv4 or IPv6 in turn. */
struct rte_mbuf *segment(uint16_t flow, uint32_t number);

/** Have a queue bring a frame. */
void put(unsigned int queue, struct rte_mbuf *mbuf);

/** What a core has in a turn; it owns each connection of it, whose segments come in order. */
unsigned int turn(unsigned int core, uint32_t *next);

#endif /* STEER_RIG_H */

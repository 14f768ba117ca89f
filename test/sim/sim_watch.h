/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Looks at every segment as it is put on the wire, before anything happens to it, and knows what
 * no TCP may send: it needs no trust in either stack.
 */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/** Client ports that are watched, from the first on: each has one connection at a time. */
#define SIM_WATCH_CONNS_MAX 64

/** What one end has sent on a connection. Sequence numbers are absolute. */
struct sim_watch_side {
	bool known; /* its SYN was seen */
	bool strict; /* speaks to the other end's connection of now, not to one before it */
	bool offered; /* edge is valid */
	bool fin;
	bool timestamps;
	bool asked; /* its end looked for a neighbour: what waited for that may be missing */
	unsigned int end; /* where it is */
	uint8_t scale;
	uint32_t iss;
	uint32_t seq_max; /* end of what was ever sent */
	uint32_t fin_seq;
	uint32_t ack; /* the latest, if offered */
	uint32_t edge; /* the furthest right edge of its window */
	uint32_t ts_value; /* the latest */
};

/** What is watched. */
struct sim_watch {
	uint16_t first_port; /* of clients */
	uint16_t mtu;
	struct sim_watch_side conns[SIM_WATCH_CONNS_MAX][2]; /* client, server */
	const char *wrong; /* the first offence, or NULL */
	unsigned int wrong_conn;
	unsigned int wrong_end;
	char segment[160]; /* what it was */
};

/** Begin. */
void sim_watch_init(struct sim_watch *watch, uint16_t first_port, uint16_t mtu);

/** A frame leaves @p end. For sim_wire_set_watch(). */
void sim_watch_frame(void *arg, unsigned int end, const struct rte_mbuf *mbuf);

/**
 * A stack at @p end was given a reset, and this is what it has put in its queue because of it: an
 * ACK at most (RFC 5961 section 3.2).
 */
void sim_watch_answer(struct sim_watch *watch, unsigned int end, const struct rte_mbuf *mbuf);

#endif /* SIM_WATCH_H */

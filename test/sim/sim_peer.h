/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The programs that talk over a simulated wire. Each connection carries a stream of its own
 * each way, whose every byte follows from the run's seed, so that the reader knows what to expect.
 */
#ifndef SIM_PEER_H
#define SIM_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim_random.h"
#include "tcp.h"

/** Connections of one run. */
#define SIM_PEER_CONNS_MAX 8

/** The client's port of connection 0. */
#define SIM_PEER_PORT 20000

/** How one side of a connection behaves. */
struct sim_peer_plan {
	uint64_t stream_seed; /* of the bytes it sends */
	uint64_t expect_seed; /* of those it receives */
	uint32_t send_bytes;
	uint32_t expect_bytes;
	uint32_t write_max; /* bytes appended at once */
	uint32_t read_max; /* bytes read at once */
	uint64_t read_pause_us; /* between reads: lets the window close */
	uint32_t abort_after; /* resets the connection after so many bytes read; 0: never */
	uint64_t open_us; /* when it is opened, by the client */
	bool ipv6; /* by this IP */
	bool close_last; /* waits for the peer to close before it does */
};

/** One side of a connection. */
struct sim_peer_conn {
	struct sim_peer_plan plan;
	struct sim_random random;
	struct tcp_conn *tcp; /* NULL before it is open, and after it is closed */
	uint32_t sent;
	uint32_t received;
	uint64_t read_at_us;
	bool asked_to_open; /* sim_peer_connect() was */
	bool opened; /* or is being */
	bool established;
	bool ended; /* closed was called */
	bool told_closed; /* tcp_close() was */
	bool peer_closed;
	bool asked; /* sim_peer_ask() was */
	int error; /* as closed said */
};

/** One host of a run. Connections have one number on both hosts; it has no part in some. */
struct sim_peer {
	struct sim_peer_conn conns[SIM_PEER_CONNS_MAX];
	unsigned int nb_conns;
	uint64_t now_us;
	bool corrupt; /* received what was not sent */
};

/** What TCP tells a peer; its argument is the struct sim_peer. */
extern const struct tcp_events sim_peer_events;

/** Open connection @p index actively. */
void sim_peer_connect(struct sim_peer *peer, struct tcp *tcp, struct tr_addr addr, rte_be16_t port,
		      unsigned int index);

/** Let every connection read and write what it can. */
void sim_peer_run(struct sim_peer *peer, uint64_t now_us);

/**
 * Send a byte that the plan does not have, to see whether the other side is still there. Once.
 *
 * @return
 *   Whether it was appended.
 */
bool sim_peer_ask(struct sim_peer *peer, unsigned int index);

/** Print two lines about a connection. */
void sim_peer_print(const struct sim_peer *peer, unsigned int index, const char *name);

/** When a paused reader goes on, or UINT64_MAX. */
uint64_t sim_peer_next_us(const struct sim_peer *peer);

/** Whether every connection that was opened has ended. */
bool sim_peer_ended(const struct sim_peer *peer);

#endif /* SIM_PEER_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What prompt, telemetry and metrics may ask a running server, and what the prompt may tell it.
 *
 * Threads: control threads while tr_core_run() runs; several may ask, and one may tell. What
 * belongs to a core is read by a message that this core runs, between two turns: the caller waits
 * for it.
 */
#ifndef CORE_INFO_H
#define CORE_INFO_H

#include "core_cycles.h"
#include "tr_core.h"

/** Length of names below, with the terminator. */
#define CORE_INFO_NAME_SIZE 32

/** In a connection's id the core stands above these bits, and below the number that TCP gave it. */
#define CORE_INFO_CONN_SHIFT 24

/** A connection, as its core saw it. */
struct core_info_conn {
	uint32_t id; /* of the server: names the core as well */
	unsigned int core;
	struct tr_addr local_addr;
	struct tr_addr remote_addr;
	uint16_t local_port; /* network order, as the other */
	uint16_t remote_port;
	char state[CORE_INFO_NAME_SIZE]; /* "ESTABLISHED" */
	char protocol[CORE_INFO_NAME_SIZE]; /* "mc"; empty where the connection has none */
	uint32_t requests; /* in flight */
	char waits_for[CORE_INFO_NAME_SIZE]; /* "credit"; empty when it waits for nothing of ours */
	uint64_t received_requests;
	uint32_t send_bytes;
	uint32_t receive_bytes;
	uint32_t snd_wnd;
	uint32_t rcv_wnd;
	char congestion[CORE_INFO_NAME_SIZE]; /* algorithm of congestion control: "cubic" */
	uint32_t cwnd_bytes;
	uint32_t ssthresh_bytes;
	uint32_t srtt_us;
	uint32_t rto_us;
	uint32_t min_rtt_us;
	uint32_t retransmits;
	uint32_t sacked_bytes;
	uint32_t lost_bytes;
	char recovery[CORE_INFO_NAME_SIZE]; /* "fast"; "none" */
	uint16_t mss_bytes;
	bool ecn; /* agreed on */
};

/** A core, in short. */
struct core_info_core {
	unsigned int lcore;
	uint16_t queue;
	uint32_t conns; /* TIME-WAIT included */
	uint32_t conns_max;
	uint32_t credits; /* in use */
	uint32_t credits_max;
	uint32_t abandoned; /* credits of requests that the engine has past their time */
	uint64_t body_bytes; /* of the budget, in use */
	uint64_t body_bytes_max;
	/* What became of the responses since the counters were cleared. */
	uint64_t responses; /* written to send chains */
	uint64_t allocations; /* mbufs taken for them */
	uint64_t bytes_copied;
	uint64_t bytes_referenced; /* of values sent from where they are */
	bool listening;
};

/** Number of cores. */
unsigned int core_info_cores(const struct tr_core_server *server);

/** The VLAN that the server is in on this port; 0: none, or it is not the server's. */
uint16_t core_info_vlan(const struct tr_core_server *server, uint16_t port_id);

/** A core in short; 0, -ENOENT, or -ETIMEDOUT when the core does not answer. */
int core_info_core(struct tr_core_server *server, unsigned int core, struct core_info_core *info);

/** The core that a connection's id names, also where there is none such. */
unsigned int core_info_conn_core(uint32_t id);

/**
 * The connections of a core, from the first whose id is at least @p from.
 *
 * @return
 *   How many were written to @p conns (less than @p max: there are no more), or -errno.
 */
int core_info_conns(struct tr_core_server *server, unsigned int core, uint32_t from,
		    struct core_info_conn *conns, unsigned int max);

/** One connection; 0, -ENOENT or -ETIMEDOUT. */
int core_info_conn(struct tr_core_server *server, uint32_t id, struct core_info_conn *conn);

/**
 * A counter: its topic ("core", "ip", "tcp", "chain", "submit"), its name and what it counts.
 * Something was dropped where the name begins with "drop_".
 */
struct core_info_counter {
	const char *topic;
	const char *name;
	const char *help;
	uint64_t value;
};

/**
 * Call @p visit for every counter, summed over the cores when @p core is UINT_MAX: then also for
 * those of submit, which are of no core, and count from the start. Reads without asking the cores.
 *
 * @return
 *   0 or -ENOENT.
 */
int core_info_counters(struct tr_core_server *server, unsigned int core,
		       void (*visit)(const struct core_info_counter *counter, void *arg),
		       void *arg);

/** Zero the counters of every core. 0 or -ETIMEDOUT. */
int core_info_clear(struct tr_core_server *server);

/** Where the time of a core went; 0, -ENOENT or -ETIMEDOUT. */
int core_info_cycles(struct tr_core_server *server, unsigned int core,
		     struct core_cycles_totals *totals);

/** Zero that, of one core; 0, -ENOENT or -ETIMEDOUT. */
int core_info_clear_cycles(struct tr_core_server *server, unsigned int core);

/** A neighbour of a core. */
struct core_info_neighbour {
	struct tr_addr addr;
	uint8_t mac[6];
	bool reachable;
};

/** The neighbours of a core: how many were written, or -errno. */
int core_info_neighbours(struct tr_core_server *server, unsigned int core,
			 struct core_info_neighbour *neighbours, unsigned int max);

/** A route of a core. */
struct core_info_route {
	struct tr_addr_route route; /* via none: hosts on the link */
	bool learned; /* of a router that advertised itself to this core */
};

/** The routes of a core, the longest prefix first: how many were written, or -errno. */
int core_info_routes(struct tr_core_server *server, unsigned int core,
		     struct core_info_route *routes, unsigned int max);

/** A thread that answers: an engine thread, or one of the engine's own. */
struct core_info_producer {
	char name[CORE_INFO_NAME_SIZE];
	uint64_t responses;
	uint64_t wakeups;
	uint64_t ring_full; /* responses dropped: some request was answered twice */
	uint64_t bad_token; /* responses dropped: of no request there ever was */
	bool engine_thread; /* then the rest is meant */
	uint64_t executed;
	uint64_t pending;
	uint64_t sleeps;
	unsigned int queued;
};

/** A producer; 0 or -ENOENT past the last. */
int core_info_producer(struct tr_core_server *server, unsigned int producer,
		       struct core_info_producer *info);

/** Name of the engine, or NULL when there is none. */
const char *core_info_engine(const struct tr_core_server *server);

/**
 * Ask the engine for its statistics, as a request does, and call @p visit for each.
 *
 * @return
 *   0, -ENOENT (no engine), -ENOTSUP, -EBUSY (no credit, or the engine is stuck) or -ETIMEDOUT.
 */
int core_info_engine_stats(struct tr_core_server *server,
			   void (*visit)(const char *name, const char *text, void *arg), void *arg);

/**
 * Give the engine a command of its own; it runs in the calling thread.
 *
 * @param command
 *   Words with one space between them.
 * @param reply
 *   One line of the engine's, also when it refuses; empty when it was not asked.
 * @return
 *   0, -ENOENT (no engine), -ENOTSUP (it takes no commands) or the engine's -EINVAL.
 */
int core_info_engine_control(struct tr_core_server *server, const char *command, char *reply,
			     size_t reply_size);

/** Accept no more and close the connections, each when its requests are answered. */
int core_info_stop(struct tr_core_server *server);

/** Accept again, after core_info_stop(). */
int core_info_start(struct tr_core_server *server);

#endif /* CORE_INFO_H */

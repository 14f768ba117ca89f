/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A thread of the load generator: it has some connections, asks when requests are due, and records
 * when they were answered.
 *
 * A latency begins when its request was due, not when it could be sent: a server that stalls
 * delays all requests that fall due meanwhile, and each of them counts.
 *
 * Threads: the worker's own, but for what is said to be read by others.
 */
#ifndef LOAD_WORKER_H
#define LOAD_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load_args.h"
#include "load_arrival.h"
#include "load_histogram.h"
#include "load_keys.h"
#include "load_popularity.h"
#include "load_protocol.h"
#include "load_random.h"
#include "load_transport.h"

/** What all workers have in common. */
struct load_plan {
	const struct load_args *args;
	const struct load_transport *transport;
	void *shared; /* of the transport; NULL: it has nothing */
	struct load_keys keys;
	struct load_popularity popularity;
	unsigned int nb_workers;
};

/** A stretch of work. Readings of the clock. */
struct load_step {
	bool fill; /* store each key once, and end */
	double rate; /* of all workers; 0: closed loop */
	uint64_t start;
	uint64_t warm; /* what is due from here on is measured */
	_Atomic uint64_t
		end; /* nothing is due from here on; the main thread may bring it forward */
	uint64_t grace; /* cycles that answers may take after it */
};

/** What a step came to. Of what was due in the measured time, unless it says more. */
struct load_counts {
	uint64_t due;
	uint64_t answered; /* of any, within the measured time */
	uint64_t hits;
	uint64_t misses;
	uint64_t stored;
	uint64_t unanswered; /* not before the end and the grace: counted with the age they had */
	uint64_t refused; /* of any */
	uint64_t differing; /* of any */
};

struct load_conn {
	struct load_reply reply;
	struct load_request *requests; /* a ring of depth */
	uint32_t oldest;
	uint32_t nb; /* in flight */
};

struct load_worker {
	const struct load_plan *plan;
	unsigned int index;
	void *transport;
	struct load_conn *conns;
	uint32_t nb_conns;
	struct load_request *requests; /* of all connections */
	uint32_t *ready; /* a ring of connections with room for a request */
	uint32_t ready_first;
	uint32_t nb_ready;
	struct load_random random;
	struct load_arrival arrival;
	const struct load_step *step;
	uint64_t end; /* of the step, as last seen */
	uint32_t fill_next;
	bool drawn; /* there is a request that waits for room */
	struct load_request next;
	uint32_t in_flight;
	uint64_t last_answer;
	uint64_t ns_per_cycle; /* times 2^32 */
	struct load_counts counts;
	struct load_histogram gets; /* latencies */
	struct load_histogram sets;
	_Atomic uint64_t progress; /* answers so far; read by any */
	bool failed;
	uint64_t failed_at; /* the clock's reading then */
	char error[256];
};

/** How many of all connections are this worker's. */
uint32_t load_worker_conns(const struct load_plan *plan, unsigned int index);

/** Make a worker, without connections: -ENOMEM or 0. The main thread. */
int load_worker_init(struct load_worker *worker, const struct load_plan *plan, unsigned int index);

/** Free it. The main thread. */
void load_worker_deinit(struct load_worker *worker);

/** Open its connections; 0 or -EIO with its error set. */
int load_worker_open(struct load_worker *worker);

/** Close its connections. */
void load_worker_close(struct load_worker *worker);

/** Let the connections live while there is no step; 0 or -EIO with its error set. */
int load_worker_idle(struct load_worker *worker);

/** Do a step; 0 or -EIO with its error set. */
int load_worker_run(struct load_worker *worker, const struct load_step *step);

/**
 * Bytes came. For transports.
 *
 * @param worker
 *   Whose connection it is.
 * @param conn
 *   Index of the connection.
 * @param data
 *   The bytes.
 * @param len
 *   How many.
 * @param now
 *   When they came.
 * @return
 *   0, or -EIO with its error set.
 */
int load_worker_input(struct load_worker *worker, uint32_t conn, const uint8_t *data, uint32_t len,
		      uint64_t now);

/** Note why a worker cannot go on; -EIO. */
int load_worker_fail(struct load_worker *worker, const char *format, ...) __rte_format_printf(2, 3);

#endif /* LOAD_WORKER_H */

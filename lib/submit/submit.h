/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The two crossings between a core and the threads of an engine: dispatch (requests out) and
 * submit (responses back).
 *
 * One single-producer single-consumer rte_ring for each (core, engine thread) pair and direction,
 * each at least as large as the core's credits: a request holds a credit from its parse until its
 * response is composed, so neither crossing can find a full ring.
 *
 * Functions that take a core index are for the thread that runs this core; create and destroy are
 * for the control thread.
 */
#ifndef SUBMIT_H
#define SUBMIT_H

#include "submit_stats.h"
#include "tr_engine.h"
#include "tr_submit.h"

/* Tokens: which core, which request, which use of it. */
#define SUBMIT_TOKEN_CORES 256
#define SUBMIT_TOKEN_INDEXES (1u << 24)

/** Most threads that may answer: engine threads and an engine's own together. */
#define SUBMIT_PRODUCERS_MAX 64

static inline uint64_t
submit_token(unsigned int core, uint32_t index, uint32_t generation)
{
	return (uint64_t)generation << 32 | (uint64_t)core << 24 | index;
}

static inline unsigned int
submit_token_core(uint64_t token)
{
	return (token >> 24) & (SUBMIT_TOKEN_CORES - 1);
}

static inline uint32_t
submit_token_index(uint64_t token)
{
	return token & (SUBMIT_TOKEN_INDEXES - 1);
}

static inline uint32_t
submit_token_generation(uint64_t token)
{
	return token >> 32;
}

/** What submit_create() needs. */
struct submit_config {
	unsigned int nb_cores;
	unsigned int nb_threads; /* engine threads; 0: execute() runs on the core */
	uint32_t credits; /* requests that a core can have unanswered */
};

/** Counters of one producer, written by its thread, read by any. */
struct submit_producer_stats {
	char name[16];
	uint64_t responses;
	uint64_t wakeups; /* times the core slept and was woken */
#define SUBMIT_STATS_FIELD(name, help) uint64_t name;
	SUBMIT_STATS(SUBMIT_STATS_FIELD)
#undef SUBMIT_STATS_FIELD
};

/** Counters of one engine thread. */
struct submit_thread_stats {
	uint64_t executed;
	uint64_t pending; /* of these, left for a later answer */
	uint64_t sleeps;
	unsigned int queued; /* requests that wait in its dispatch rings now */
};

/**
 * Create the rings. The threads start with submit_start(), once there is an engine.
 *
 * @return
 *   The crossing, or NULL with rte_errno.
 */
struct tr_submit *submit_create(const struct submit_config *config);

/** Free the rings. After submit_stop(); responses still inside are released. */
void submit_destroy(struct tr_submit *submit);

/**
 * Start the engine threads, which call ops->execute(engine). Control thread.
 *
 * @return
 *   0 or -errno.
 */
int submit_start(struct tr_submit *submit, const struct tr_engine_ops *ops, void *engine);

/**
 * Stop the engine threads when they have executed what was dispatched to them. Control thread,
 * after the cores have stopped dispatching. An engine's own threads are its own affair.
 */
void submit_stop(struct tr_submit *submit);

/**
 * Hand a request to an engine thread: that of index hash % nb_threads, so that requests of one
 * core for one key execute in the order of their dispatch. The core that owns the request.
 *
 * With no engine threads execute() runs at once, here.
 *
 * @param response
 *   Filled in when the return value says TR_ENGINE_DONE (only with no engine threads).
 */
enum tr_engine_verdict submit_dispatch(struct tr_submit *submit, unsigned int core,
				       struct tr_request *request, struct tr_response *response);

/**
 * Make dispatched requests visible: wake the engine threads that sleep. The core, once a turn
 * after it dispatched; costs nothing when nothing was dispatched.
 */
void submit_flush(struct tr_submit *submit, unsigned int core);

/**
 * Take responses that came back to a core, in turn from every producer. The core.
 *
 * @return
 *   Number of responses written to @p responses; each response's value is now the caller's to
 *   release.
 */
unsigned int submit_drain(struct tr_submit *submit, unsigned int core,
			  struct tr_response *responses, unsigned int max);

/**
 * The eventfd that becomes readable when a response or a control message comes for a core that
 * said it sleeps.
 */
int submit_wake_fd(const struct tr_submit *submit, unsigned int core);

/**
 * Say that a core is about to sleep. The core.
 *
 * @return
 *   True when no response waits: sleep on submit_wake_fd() is safe, once the core has looked at
 *   its other crossings again, and submit_sleep_end() follows, asleep or not. False when a
 *   response waits: the core is not marked as sleeping.
 */
bool submit_sleep_begin(struct tr_submit *submit, unsigned int core);

/** Say that a core is awake again, and clear its eventfd. The core. */
void submit_sleep_end(struct tr_submit *submit, unsigned int core);

/**
 * Wake a core if it sleeps: for any crossing that has already stored its message. Any thread.
 */
void submit_wake(struct tr_submit *submit, unsigned int core);

/** Number of producers, engine threads first. */
unsigned int submit_producers(const struct tr_submit *submit);

/** Counters of a producer; 0, or -ENOENT when there is none of this index. */
int submit_producer_stats(struct tr_submit *submit, unsigned int producer,
			  struct submit_producer_stats *stats);

/** Counters of an engine thread; 0, or -ENOENT. */
int submit_thread_stats(const struct tr_submit *submit, unsigned int thread,
			struct submit_thread_stats *stats);

#endif /* SUBMIT_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The ewouldblock engine: wraps another one and makes requests pending, so that tests meet every
 * order and every delay that an engine's own threads can produce.
 *
 * execute:  the rule says which requests become pending. The inner engine executes at once, and
 *           the queue keeps the answer; or the queue keeps the request, and it executes late.
 * queue:    a thread of the engine's own answers: late, in bursts, shuffled, or when it is told.
 *
 * Threads: one mutex guards rule and queue. Whoever takes it, executors (cores, without engine
 * threads), the own thread and control, holds it for a few loads and stores: never while the inner
 * engine executes, nor while responses are submitted. The own thread sleeps on a condition.
 * An engine that is measured could not afford this; one that tests correctness can.
 */
#ifndef EWOULDBLOCK_H
#define EWOULDBLOCK_H

#include <pthread.h>

#include "tr_engine.h"
#include "tr_submit.h"

/** Longest sequence= and largest window=. */
#define EWOULDBLOCK_SEQUENCE_MAX 64
#define EWOULDBLOCK_WINDOW_MAX 4096

/** Which requests become pending. */
enum ewouldblock_which {
	EWOULDBLOCK_EVERY, /* each Nth */
	EWOULDBLOCK_RANDOM, /* a percentage */
	EWOULDBLOCK_FIRST, /* the first of each operation */
	EWOULDBLOCK_SEQUENCE, /* as a string of d (done) and p (pending) says, again and again */
};

/** How those are answered. */
enum ewouldblock_answer {
	EWOULDBLOCK_LATE, /* each when its delay is over */
	EWOULDBLOCK_BURST, /* a window of them together */
	EWOULDBLOCK_SHUFFLED, /* a window of them together, in another order */
	EWOULDBLOCK_NEVER, /* when they are released */
};

/** Arguments, as --engine gives them. */
struct ewouldblock_args {
	enum ewouldblock_which which;
	uint32_t every;
	uint32_t percent;
	uint64_t seed;
	char sequence[EWOULDBLOCK_SEQUENCE_MAX + 1];
	enum ewouldblock_answer answer;
	uint32_t delay_us; /* from execute() to the answer; of a window, of its oldest */
	uint32_t window;
	bool execute_late;
	const char *inner; /* the inner engine as --engine would name it */
};

/** The state of the rule. Under the engine's lock. */
struct ewouldblock_rule {
	uint64_t nb; /* requests that were looked at */
	uint64_t random;
	bool seen[TR_ENGINE_OPS];
};

/** A pending request. */
struct ewouldblock_entry {
	uint64_t due_us;
	union {
		const struct tr_request *request; /* to execute */
		struct tr_response response; /* to give */
	};
};

/** A point in time of the queue's numbers. */
struct ewouldblock_numbers {
	uint64_t pending; /* now */
	uint64_t withheld; /* of these, until they are released */
	uint64_t made_pending; /* so far */
	uint64_t answered_late; /* so far: what a client has seen is counted */
};

/**
 * Pending requests in the order of their execute(), in a ring that holds all there can be. head,
 * tail and released count from the start and never wrap. Under the engine's lock but for batch.
 */
struct ewouldblock_queue {
	struct ewouldblock_entry *entries;
	uint32_t size;
	uint64_t head; /* the oldest */
	uint64_t tail; /* one past the newest */
	uint64_t released; /* whoever is older is answered without delay */
	bool held; /* nobody is answered unless released */
	bool stopping; /* everybody is */
	uint64_t random; /* of the shuffle */
	struct ewouldblock_entry *batch; /* window entries; the own thread's */
};

/** An engine. */
struct ewouldblock {
	struct ewouldblock_args args;
	struct tr_engine inner;
	char *inner_spec; /* what args.inner points to */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* wakes the own thread */
	struct ewouldblock_rule rule;
	struct ewouldblock_queue queue;
	struct tr_submit_producer *producer; /* the own thread's */
	pthread_t thread;
	bool running; /* control thread */
};

/**
 * Read the arguments; args->inner points into @p text.
 *
 * @return
 *   0, or -EINVAL with a line in @p error.
 */
int ewouldblock_args_parse(const char *text, struct ewouldblock_args *args, char *error,
			   size_t error_size);

/** Whether this request becomes pending. Any executor. */
bool ewouldblock_rule_chooses(struct ewouldblock *engine, const struct tr_request *request);

/** The state of a random sequence: small seeds are spread, for xorshift needs a while for that. */
static inline uint64_t
ewouldblock_random_begin(uint64_t seed)
{
	return seed * UINT64_C(0x9e3779b97f4a7c15); /* odd: of a seed that is not 0, not 0 */
}

/** A number below @p below; xorshift64, whose state never becomes 0. */
uint32_t ewouldblock_random(uint64_t *state, uint32_t below);

/** Allocate the queue and start the thread; 0 or -errno. */
int ewouldblock_queue_start(struct ewouldblock *engine, uint32_t requests_max);

/** Answer all that is pending and end the thread. Does nothing the second time. */
void ewouldblock_queue_stop(struct ewouldblock *engine);

/** Free what ewouldblock_queue_start() allocated. */
void ewouldblock_queue_free(struct ewouldblock *engine);

/** Add a pending request: its response, or itself to be executed late. Any executor. */
void ewouldblock_queue_add(struct ewouldblock *engine, const struct tr_request *request,
			   const struct tr_response *response);

/** Answer nobody until ewouldblock_queue_release(). Control thread. */
void ewouldblock_queue_hold(struct ewouldblock *engine);

/** Answer all that is pending now, then go on as the arguments say. Returns how many. */
uint64_t ewouldblock_queue_release(struct ewouldblock *engine);

/** Any thread. */
struct ewouldblock_numbers ewouldblock_queue_numbers(struct ewouldblock *engine);

/** Whether a request asks for the general statistics, which never wait. */
bool ewouldblock_stat_is(const struct tr_request *request);

/** Add ours to the inner engine's answer. */
void ewouldblock_stat_add(struct ewouldblock *engine, struct tr_response *response);

#endif /* EWOULDBLOCK_H */

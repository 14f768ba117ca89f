/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What happened to requests, as it was recorded, and a check of it against the rules of order. The
 * check knows nothing of the core: it replays the events, and names the first that breaks a rule.
 *
 * - Replies leave in the order of the requests; an unordered one may overtake others of its
 *   kind. A silent quiet one sends nothing, and has its place all the same.
 * - Of one connection, requests for the same key execute in order, and never two at a time, unless
 *   both are unordered; those that are and those that are not wait for each other. A request whose
 * time was over is answered for its client, but not in this sense: the engine has it until it
 * answers.
 * - A barrier waits for all before it and holds back all after it. One that needs no engine is
 *   content when its client can be told of all before.
 * - Each request is executed at most once, by the engine, in time; what was executed is answered
 *   once; each is composed once, unless its connection closes; nothing fails without a reason.
 */
#ifndef ORDER_HISTORY_H
#define ORDER_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define ORDER_HISTORY_EVENTS_MAX 2560

/** What happened. */
enum order_event_kind {
	ORDER_ENTERED, /* complete: all else about the request is in this event */
	ORDER_EXECUTED,
	ORDER_ANSWERED, /* by the engine */
	ORDER_COMPOSED,
	ORDER_CLOSED, /* a connection: nothing more may happen to it */
};

struct order_event {
	uint64_t at_us;
	uint64_t id; /* of the request */
	uint32_t conn;
	uint8_t kind; /* enum order_event_kind */
	/* Of what has entered. */
	char key;
	bool local; /* needs no engine */
	bool barrier;
	bool unordered;
	bool quiet;
	/* Of what was composed. */
	bool failed;
	uint32_t bytes;
};

struct order_history {
	uint64_t timeout_us; /* from when a request enters */
	unsigned int nb;
	struct order_event events[ORDER_HISTORY_EVENTS_MAX];
};

/** Record what happened. Ends the process when there is no room. */
void order_history_add(struct order_history *history, const struct order_event *event);

/**
 * Check a history that has ended: all that entered is over.
 *
 * @param[out] at
 *   The event that breaks a rule; one past the last, if what is wrong is missing.
 * @return
 *   NULL, or the rule that is broken.
 */
const char *order_history_check(const struct order_history *history, unsigned int *at);

/** Print what happened to a connection. */
void order_history_print(const struct order_history *history, uint32_t conn);

#endif /* ORDER_HISTORY_H */

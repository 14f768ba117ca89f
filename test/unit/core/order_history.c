/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "order_history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAX 1024
#define CONNS_MAX 64

/* A request, as far as the history has come. */
struct replayed {
	const struct order_event *entered;
	bool executed;
	bool refused; /* so it must be, as a later one was executed */
	bool answered;
	bool composed;
};

struct replay {
	const struct order_history *history;
	const struct order_event *now;
	const struct order_event *late; /* the last answer to one that was overdue */
	struct replayed requests[REQUESTS_MAX]; /* in the order in which they entered */
	unsigned int nb;
	bool closed[CONNS_MAX];
};

static const char *enter(struct replay *replay);
static const char *execute(struct replay *replay, struct replayed *request);
static const char *answer(struct replay *replay, struct replayed *request);
static const char *compose(struct replay *replay, struct replayed *request);
static const char *may_execute(const struct replay *replay, const struct replayed *request,
			       struct replayed *before);
static bool may_be_refused(const struct replay *replay, const struct replayed *request);
static bool told_before(const struct replay *replay, const struct replayed *barrier);
static bool overdue(const struct replay *replay, const struct replayed *request);
static bool may_fail(const struct replay *replay, const struct replayed *request);
static const char *lacking(const struct replay *replay);
static struct replayed *find(struct replay *replay, uint64_t id);

void
order_history_add(struct order_history *history, const struct order_event *event)
{
	if (history->nb == ORDER_HISTORY_EVENTS_MAX || event->conn >= CONNS_MAX) {
		printf("order_history: no room\n");
		abort();
	}
	history->events[history->nb++] = *event;
}

const char *
order_history_check(const struct order_history *history, unsigned int *at)
{
	static struct replay replay;
	struct replayed *request;
	const char *wrong = NULL;

	memset(&replay, 0, sizeof(replay));
	replay.history = history;
	for (*at = 0; *at < history->nb && wrong == NULL; ++*at) {
		replay.now = &history->events[*at];
		request = find(&replay, replay.now->id);
		if (replay.now->kind == ORDER_CLOSED)
			replay.closed[replay.now->conn] = true;
		else if (replay.now->kind == ORDER_ENTERED)
			wrong = request == NULL ? enter(&replay) : "entered twice";
		else if (request == NULL)
			wrong = "never entered";
		else if (replay.now->kind == ORDER_EXECUTED)
			wrong = execute(&replay, request);
		else if (replay.now->kind == ORDER_ANSWERED)
			wrong = answer(&replay, request);
		else
			wrong = compose(&replay, request);
		if (wrong != NULL)
			return wrong;
	}
	return lacking(&replay);
}

static const char *
enter(struct replay *replay)
{
	if (replay->closed[replay->now->conn])
		return "entered after its connection closed";
	if (replay->nb == REQUESTS_MAX)
		return "more requests than the check has room for";
	replay->requests[replay->nb++].entered = replay->now;
	return NULL;
}

static const char *
execute(struct replay *replay, struct replayed *request)
{
	struct replayed *before;
	const char *wrong;

	if (request->entered->local)
		return "executed, though it needs no engine";
	if (request->executed)
		return "executed twice";
	if (request->refused)
		return "executed after one that had to wait for it";
	if (request->composed)
		return "executed after its client was told";
	if (replay->closed[request->entered->conn])
		return "executed after its connection closed";
	if (overdue(replay, request))
		return "executed after its time";
	for (before = replay->requests; before < request; before++) {
		if (before->entered->conn != request->entered->conn)
			continue;
		wrong = may_execute(replay, request, before);
		if (wrong != NULL)
			return wrong;
	}
	request->executed = true;
	return NULL;
}

static const char *
may_execute(const struct replay *replay, const struct replayed *request, struct replayed *before)
{
	const struct order_event *a = before->entered, *b = request->entered;
	bool mixed;

	if (a->local)
		return !a->barrier || told_before(replay, before)
			       ? NULL
			       : "executed past a barrier that waits";
	if (before->answered)
		return NULL;
	/* Over without having been executed. */
	if (!before->executed && (before->composed || overdue(replay, before)))
		return NULL;
	/* The unordered and the others hold each other back until the client is told. */
	mixed = a->unordered != b->unordered && !before->composed;
	if (!a->barrier && !b->barrier &&
	    ((a->unordered && b->unordered) || (a->key != b->key && !mixed)))
		return NULL;
	if (may_be_refused(replay, before)) {
		before->refused = true;
		return NULL;
	}
	if (a->barrier)
		return "executed past a barrier";
	if (b->barrier)
		return "a barrier executed before what it waits for";
	if (a->key != b->key)
		return "an unordered one and another executed past each other";
	return before->executed ? "the same key executed twice at a time"
				: "the same key executed out of order";
}

/* Whether the clients of all before a barrier that needs no engine can have been told. */
static bool
told_before(const struct replay *replay, const struct replayed *barrier)
{
	const struct replayed *before;

	for (before = replay->requests; before < barrier; before++)
		if (before->entered->conn == barrier->entered->conn && !before->entered->local &&
		    !before->answered && !before->composed && !may_fail(replay, before))
			return false;
	return true;
}

static bool
overdue(const struct replay *replay, const struct replayed *request)
{
	return replay->now->at_us >= request->entered->at_us + replay->history->timeout_us;
}

static const char *
answer(struct replay *replay, struct replayed *request)
{
	if (!request->executed)
		return "answered without having been executed";
	if (request->answered)
		return "answered twice";
	request->answered = true;
	if (overdue(replay, request))
		replay->late = replay->now;
	return NULL;
}

static const char *
compose(struct replay *replay, struct replayed *request)
{
	const struct order_event *own = request->entered;
	const struct replayed *before;

	if (request->composed)
		return "composed twice";
	if (replay->closed[own->conn])
		return "composed after its connection closed";
	for (before = replay->requests; before < request; before++) {
		if (before->entered->conn != own->conn || before->composed)
			continue;
		if (before->entered->barrier)
			return "a reply past a barrier";
		if (!own->unordered || !before->entered->unordered)
			return "a reply out of order";
	}
	if (own->barrier && own->local && !told_before(replay, request))
		return "a barrier answered before what it waits for";
	if (replay->now->failed && !may_fail(replay, request))
		return "failed for no reason";
	if (!replay->now->failed && !own->local && !request->answered)
		return "composed without an answer";
	if ((replay->now->bytes == 0) != (own->quiet && !replay->now->failed))
		return own->quiet ? "a quiet success was told" : "a reply without bytes";
	request->composed = true;
	return NULL;
}

static bool
may_fail(const struct replay *replay, const struct replayed *request)
{
	return !request->entered->local &&
	       (overdue(replay, request) || may_be_refused(replay, request));
}

/* It has not been executed, and since it is there the engine had others past their time. */
static bool
may_be_refused(const struct replay *replay, const struct replayed *request)
{
	const struct replayed *other;

	if (request->executed || request->entered->local)
		return false;
	if (replay->late > request->entered)
		return true;
	for (other = replay->requests; other < replay->requests + replay->nb; other++)
		if (other->executed && !other->answered && overdue(replay, other))
			return true;
	return false;
}

static const char *
lacking(const struct replay *replay)
{
	const struct replayed *request;

	for (request = replay->requests; request < replay->requests + replay->nb; request++) {
		if (request->executed && !request->answered)
			return "never answered";
		if (!request->composed && !replay->closed[request->entered->conn])
			return "never composed";
	}
	return NULL;
}

static struct replayed *
find(struct replay *replay, uint64_t id)
{
	unsigned int i;

	for (i = replay->nb; i > 0; i--)
		if (replay->requests[i - 1].entered->id == id)
			return &replay->requests[i - 1];
	return NULL;
}

void
order_history_print(const struct order_history *history, uint32_t conn)
{
	static const char *const kinds[] = {"entered", "executed", "answered", "composed",
					    "closed"};
	const struct order_event *event;

	for (event = history->events; event < history->events + history->nb; event++) {
		if (event->conn != conn)
			continue;
		printf("  %4u %10" PRIu64 " us: %016" PRIx64 " %s",
		       (unsigned int)(event - history->events), event->at_us, event->id,
		       kinds[event->kind]);
		if (event->kind == ORDER_ENTERED)
			printf(" %c%s%s%s%s", event->key, event->local ? " local" : "",
			       event->barrier ? " barrier" : "",
			       event->unordered ? " unordered" : "", event->quiet ? " quiet" : "");
		if (event->failed)
			printf(" failed");
		printf("\n");
	}
}

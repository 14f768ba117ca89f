/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>

/* Sleep no longer: the end of a step may have been brought forward. */
#define WAIT_MAX_NS (10 * 1000 * 1000)
/* Be awake so long before a request is due: waking takes its time. */
#define WAKE_EARLY_NS (60 * 1000)
/* A fill has no end: a server that is silent so long has died. */
#define SILENCE_S 20

static void begin(struct load_worker *worker, const struct load_step *step);
static bool finished(struct load_worker *worker, uint64_t now);
static void issue(struct load_worker *worker, uint64_t now);
static bool draw(struct load_worker *worker, uint64_t now);
static bool due(struct load_worker *worker, uint64_t now, uint64_t *when);
static bool send_request(struct load_worker *worker, uint32_t index);
static uint64_t wait_ns(const struct load_worker *worker, uint64_t now);
static void answered(struct load_worker *worker, const struct load_request *request,
		     enum load_outcome outcome, uint64_t now);
static void record(struct load_worker *worker, const struct load_request *request, uint64_t now);
static void count_unanswered(struct load_worker *worker, uint64_t now);
static void push_ready(struct load_worker *worker, uint32_t index);
static uint32_t pop_ready(struct load_worker *worker);

uint32_t
load_worker_conns(const struct load_plan *plan, unsigned int index)
{
	return plan->args->connections / plan->nb_workers +
	       (index < plan->args->connections % plan->nb_workers);
}

int
load_worker_init(struct load_worker *worker, const struct load_plan *plan, unsigned int index)
{
	uint32_t depth = plan->args->depth;
	uint32_t i;

	memset(worker, 0, sizeof(*worker));
	worker->plan = plan;
	worker->index = index;
	worker->nb_conns = load_worker_conns(plan, index);
	worker->conns = calloc(worker->nb_conns, sizeof(worker->conns[0]));
	worker->requests = calloc((size_t)worker->nb_conns * depth, sizeof(worker->requests[0]));
	worker->ready = calloc(worker->nb_conns, sizeof(worker->ready[0]));
	if (worker->conns == NULL || worker->requests == NULL || worker->ready == NULL) {
		load_worker_deinit(worker);
		return -ENOMEM;
	}
	for (i = 0; i < worker->nb_conns; i++) {
		worker->conns[i].requests = worker->requests + (size_t)i * depth;
		worker->conns[i].reply.verify = plan->args->verify;
		push_ready(worker, i);
	}
	worker->random.state = load_random_mix(plan->args->seed + index);
	worker->arrival.poisson = plan->args->poisson;
	worker->ns_per_cycle = 1e9 / rte_get_tsc_hz() * 0x1p32;
	worker->fill_next = index;
	return 0;
}

void
load_worker_deinit(struct load_worker *worker)
{
	free(worker->conns);
	free(worker->requests);
	free(worker->ready);
}

int
load_worker_open(struct load_worker *worker)
{
	worker->transport = worker->plan->transport->open(worker);
	return worker->transport != NULL ? 0 : -EIO;
}

void
load_worker_close(struct load_worker *worker)
{
	if (worker->transport != NULL)
		worker->plan->transport->close(worker->transport);
}

int
load_worker_idle(struct load_worker *worker)
{
	return worker->plan->transport->turn(worker->transport, WAIT_MAX_NS / 10);
}

int
load_worker_run(struct load_worker *worker, const struct load_step *step)
{
	uint64_t now;

	begin(worker, step);
	for (;;) {
		now = rte_rdtsc();
		worker->end = atomic_load_explicit(&step->end, memory_order_relaxed);
		issue(worker, now);
		if (unlikely(worker->failed) ||
		    worker->plan->transport->turn(worker->transport, wait_ns(worker, now)) < 0)
			return -EIO;
		if (finished(worker, now))
			break;
	}
	count_unanswered(worker, now);
	return worker->failed ? -EIO : 0;
}

static void
begin(struct load_worker *worker, const struct load_step *step)
{
	unsigned int nb = worker->plan->nb_workers;
	uint64_t seed = load_random_next(&worker->random);

	memset(&worker->counts, 0, sizeof(worker->counts));
	memset(&worker->gets, 0, sizeof(worker->gets));
	memset(&worker->sets, 0, sizeof(worker->sets));
	worker->step = step;
	worker->end = atomic_load_explicit(&step->end, memory_order_relaxed);
	worker->drawn = false;
	worker->last_answer = rte_rdtsc();
	if (step->rate > 0)
		load_arrival_start(&worker->arrival, step->start,
				   rte_get_tsc_hz() / (step->rate / nb), (double)worker->index / nb,
				   seed);
}

/* Whether all that was due is answered, or has had its time. */
static bool
finished(struct load_worker *worker, uint64_t now)
{
	uint64_t when;

	if (worker->step->fill) {
		if (now > worker->last_answer + SILENCE_S * rte_get_tsc_hz())
			load_worker_fail(worker, "the server does not answer any more");
		return worker->failed || now >= worker->end ||
		       (worker->in_flight == 0 && worker->fill_next >= worker->plan->keys.nb_keys);
	}
	if (now < worker->end)
		return false;
	if (now >= worker->end + worker->step->grace)
		return true;
	return worker->in_flight == 0 && !worker->drawn && !due(worker, now, &when);
}

/* Send what is due, as far as there are connections with room for it. */
static void
issue(struct load_worker *worker, uint64_t now)
{
	uint32_t tries = worker->nb_ready;
	uint32_t index;

	while (worker->nb_ready > 0 && (worker->drawn || draw(worker, now))) {
		index = pop_ready(worker);
		if (send_request(worker, index)) {
			if (worker->conns[index].nb < worker->plan->args->depth)
				push_ready(worker, index);
			continue;
		}
		push_ready(worker, index);
		if (--tries == 0)
			return;
	}
}

/* The next request, if one is due. */
static bool
draw(struct load_worker *worker, uint64_t now)
{
	const struct load_plan *plan = worker->plan;
	struct load_request *next = &worker->next;
	uint64_t when;

	if (!due(worker, now, &when))
		return false;
	next->due = when;
	if (worker->step->fill) {
		next->set = true;
		next->key = worker->fill_next;
		worker->fill_next += plan->nb_workers;
	} else {
		next->set =
			load_random_below(&worker->random, plan->args->gets + plan->args->sets) >=
			plan->args->gets;
		next->key = load_popularity_next(&plan->popularity, &worker->random);
		worker->counts.due += when >= worker->step->warm;
		if (worker->step->rate > 0)
			load_arrival_take(&worker->arrival);
	}
	worker->drawn = true;
	return true;
}

static bool
due(struct load_worker *worker, uint64_t now, uint64_t *when)
{
	*when = now;
	if (worker->step->fill)
		return worker->fill_next < worker->plan->keys.nb_keys;
	if (worker->step->rate > 0)
		*when = load_arrival_due(&worker->arrival);
	return *when <= now && *when >= worker->step->start && *when < worker->end;
}

static bool
send_request(struct load_worker *worker, uint32_t index)
{
	const struct load_plan *plan = worker->plan;
	struct load_conn *conn = &worker->conns[index];
	struct iovec parts[LOAD_PROTOCOL_PARTS];
	char head[LOAD_PROTOCOL_HEAD_MAX];
	unsigned int nb;
	uint32_t at;

	nb = load_protocol_request(plan->args->protocol, &plan->keys, &worker->next, head, parts);
	if (!plan->transport->send(worker->transport, index, parts, nb))
		return false;
	at = conn->oldest + conn->nb++;
	conn->requests[at < plan->args->depth ? at : at - plan->args->depth] = worker->next;
	worker->in_flight++;
	worker->drawn = false;
	return true;
}

/* Until a request is due; where none can be sent, until one is answered. */
static uint64_t
wait_ns(const struct load_worker *worker, uint64_t now)
{
	uint64_t next = 0, ns;

	if (now < worker->step->start)
		next = worker->step->start;
	else if (worker->nb_ready > 0 && worker->step->rate > 0 && now < worker->end)
		next = load_arrival_due(&worker->arrival);
	else if (worker->drawn && worker->nb_ready > 0)
		return 0;
	else
		return WAIT_MAX_NS;
	if (next <= now)
		return 0;
	ns = (unsigned __int128)(next - now) * worker->ns_per_cycle >> 32;
	if (ns < WAKE_EARLY_NS)
		return 0;
	return RTE_MIN(ns - WAKE_EARLY_NS, (uint64_t)WAIT_MAX_NS);
}

int
load_worker_input(struct load_worker *worker, uint32_t index, const uint8_t *data, uint32_t len,
		  uint64_t now)
{
	const struct load_plan *plan = worker->plan;
	struct load_conn *conn = &worker->conns[index];
	const struct load_request *request;
	enum load_outcome outcome;
	uint32_t used;

	for (; len > 0; data += used, len -= used) {
		if (unlikely(conn->nb == 0))
			return load_worker_fail(worker, "the server sends what nobody asked for");
		request = &conn->requests[conn->oldest];
		outcome = load_protocol_reply(plan->args->protocol, &conn->reply, &plan->keys,
					      request, data, len, &used);
		if (outcome == LOAD_MORE)
			continue;
		if (unlikely(outcome == LOAD_BROKEN))
			return load_worker_fail(worker,
						"the server's answer is not one to a %s of "
						"the %s protocol",
						request->set ? "set" : "get",
						plan->args->protocol->name);
		worker->counts.differing += conn->reply.differs;
		answered(worker, request, outcome, now);
		if (conn->nb-- == plan->args->depth)
			push_ready(worker, index);
		if (++conn->oldest == plan->args->depth)
			conn->oldest = 0;
	}
	return 0;
}

static void
answered(struct load_worker *worker, const struct load_request *request, enum load_outcome outcome,
	 uint64_t now)
{
	worker->in_flight--;
	worker->last_answer = now;
	atomic_store_explicit(&worker->progress,
			      atomic_load_explicit(&worker->progress, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	worker->counts.refused += outcome == LOAD_REFUSED;
	if (worker->step->fill)
		return;
	worker->counts.answered += now >= worker->step->warm && now < worker->end;
	if (request->due < worker->step->warm || request->due >= worker->end)
		return;
	worker->counts.hits += outcome == LOAD_HIT;
	worker->counts.misses += outcome == LOAD_MISS;
	worker->counts.stored += outcome == LOAD_STORED;
	record(worker, request, now);
}

static void
record(struct load_worker *worker, const struct load_request *request, uint64_t now)
{
	struct load_histogram *histogram = request->set ? &worker->sets : &worker->gets;
	uint64_t cycles = now > request->due ? now - request->due : 0;

	load_histogram_record(histogram, (unsigned __int128)cycles * worker->ns_per_cycle >> 32);
}

/* What is in flight, and what is due and was never sent. */
static void
count_unanswered(struct load_worker *worker, uint64_t now)
{
	const struct load_request *request;
	uint32_t i, at, n;

	if (worker->step->fill)
		return;
	for (i = 0; i < worker->nb_conns; i++) {
		for (n = 0; n < worker->conns[i].nb; n++) {
			at = (worker->conns[i].oldest + n) % worker->plan->args->depth;
			request = &worker->conns[i].requests[at];
			if (request->due < worker->step->warm || request->due >= worker->end)
				continue;
			worker->counts.unanswered++;
			record(worker, request, now);
		}
	}
	while (worker->drawn || (worker->step->rate > 0 && draw(worker, now))) {
		if (worker->next.due >= worker->step->warm) {
			worker->counts.unanswered++;
			record(worker, &worker->next, now);
		}
		worker->drawn = false;
	}
}

static void
push_ready(struct load_worker *worker, uint32_t index)
{
	uint32_t at = worker->ready_first + worker->nb_ready++;

	worker->ready[at < worker->nb_conns ? at : at - worker->nb_conns] = index;
}

static uint32_t
pop_ready(struct load_worker *worker)
{
	uint32_t index = worker->ready[worker->ready_first];

	if (++worker->ready_first == worker->nb_conns)
		worker->ready_first = 0;
	worker->nb_ready--;
	return index;
}

int
load_worker_fail(struct load_worker *worker, const char *format, ...)
{
	va_list list;

	if (!worker->failed) {
		va_start(list, format);
		vsnprintf(worker->error, sizeof(worker->error), format, list);
		va_end(list);
	}
	if (!worker->failed)
		worker->failed_at = rte_rdtsc();
	worker->failed = true;
	return -EIO;
}

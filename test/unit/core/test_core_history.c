/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Order, whatever happens: what clients ask, how the engine answers and when time passes is drawn
 * from a seed, and what was recorded is checked against the rules. TR_SEED=n replays one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"
#include "order_history.h"
#include "sim_random.h"
#include "test_eal.h"

#define SEEDS 400
#define CONNS 5
#define TIMEOUT_MS 1000

/* Mutations of each kind tried on each history. */
#define MUTATIONS 4

static struct core_rig rig;
static struct order_history history;

/* Requests for few keys, so that they meet. */
static void
ask(struct sim_random *random, unsigned int index)
{
	bool unordered = index % 2 == 1;
	char text[64] = "";
	unsigned int nb = 1 + sim_random_below(random, 8);
	size_t len = 0;

	while (nb-- > 0) {
		if (sim_random_below(random, 10) == 0) {
			text[len++] = sim_random_below(random, 2) == 0 ? 'N' : 'F';
			continue;
		}
		if (unordered && sim_random_below(random, 4) != 0)
			text[len++] = 'U';
		if (sim_random_below(random, 4) == 0)
			text[len++] = 'Q';
		text[len++] = 'a' + sim_random_below(random, 3);
	}
	if (sim_random_below(random, 64) == 0)
		text[len++] = '.';
	core_rig_send(&rig, index, text, len);
}

/* Late, in any order, one by one or in bursts. */
static void
answer(struct sim_random *random)
{
	unsigned int nb = 1 + sim_random_below(random, 4);

	if (sim_random_below(random, 8) == 0) {
		core_rig_answer_all(&rig);
		return;
	}
	for (; nb > 0 && rig.nb_pending > 0; nb--)
		core_rig_answer(&rig,
				rig.pending[sim_random_below(random, rig.nb_pending)]->key[0]);
}

static void
step(struct sim_random *random)
{
	struct core_rig_client *client;
	unsigned int index = sim_random_below(random, CONNS);

	client = &rig.clients[index];
	switch (sim_random_below(random, 16)) {
	case 0:
		core_rig_run(&rig, sim_random_below(random, TIMEOUT_MS) * 1000);
		break;
	case 1:
		sim_wire_cut(rig.wire, sim_random_below(random, 4) == 0);
		break;
	case 2:
		if (client->tcp != NULL && sim_random_below(random, 8) == 0)
			tcp_abort(client->tcp);
		break;
	case 3:
		rig.answer_at_once = sim_random_below(random, 4) == 0;
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		answer(random);
		break;
	default:
		if (client->tcp != NULL && client->open)
			ask(random, index);
		core_rig_run(&rig, sim_random_below(random, 20000));
	}
}

static bool
all_sent(void)
{
	return rte_mempool_in_use_count(rig.core->chains.mbufs) == 0;
}

static void
run_seed(uint64_t seed)
{
	struct sim_random random = {.state = seed};
	const struct tr_core_config config = {
		.request_timeout_ms = TIMEOUT_MS,
		.credits = 16u << sim_random_below(&random, 4),
		.send_max_bytes = 1u << sim_random_below(&random, 12),
		.send_timeout_ms = 3600 * 1000,
	};
	unsigned int i;

	core_rig_init(&rig, &config);
	memset(&history, 0, sizeof(history));
	history.timeout_us = TIMEOUT_MS * 1000;
	rig.history = &history;
	for (i = 0; i < CONNS; i++)
		core_rig_connect(&rig, i);
	for (i = 20 + sim_random_below(&random, 60); i > 0; i--)
		step(&random);
	sim_wire_cut(rig.wire, false);
	for (i = 0; i < 300 && (rig.core->credits_used > 0 || !all_sent()); i++) {
		core_rig_answer_all(&rig);
		core_rig_run(&rig, 1000000);
	}
}

/* What was composed for a connection is what its client got, unless it was reset. */
static void
check_received(uint64_t seed)
{
	const struct order_event *event, *entered;
	unsigned int got[CONNS] = {0};
	char expected;

	for (event = history.events; event < history.events + history.nb; event++) {
		if (event->kind != ORDER_COMPOSED || event->bytes == 0)
			continue;
		for (entered = event; entered->id != event->id || entered->kind != ORDER_ENTERED;)
			entered--;
		expected = event->failed ? '?' : entered->key;
		if (got[event->conn] < rig.clients[event->conn].nb_received &&
		    rig.clients[event->conn].received[got[event->conn]] != expected)
			fail_msg("TR_SEED=%u: client %u got another byte %u", (unsigned int)seed,
				 event->conn, got[event->conn]);
		got[event->conn]++;
	}
	for (unsigned int i = 0; i < CONNS; i++)
		if (!rig.clients[i].ended && got[i] != rig.clients[i].nb_received)
			fail_msg("TR_SEED=%u: client %u got %u bytes of %u", (unsigned int)seed, i,
				 rig.clients[i].nb_received, got[i]);
}

static void
check(uint64_t seed)
{
	const char *wrong;
	unsigned int at;

	wrong = order_history_check(&history, &at);
	if (wrong == NULL)
		return;
	order_history_print(&history, at < history.nb ? history.events[at].conn : 0);
	fail_msg("TR_SEED=%u: event %u: %s", (unsigned int)seed, at, wrong);
}

/* Whether the check is bound to miss an event: what was dropped as the connection closed. */
static bool
of_closed(const struct order_event *of)
{
	const struct order_event *event;

	if (of->kind == ORDER_CLOSED)
		return true;
	for (event = history.events; event < history.events + history.nb; event++)
		if (event->kind == ORDER_CLOSED && event->conn == of->conn)
			return true;
	return false;
}

static void
expect_rejected(const struct order_history *mutated, uint64_t seed, const char *mutation,
		unsigned int of)
{
	unsigned int at;

	if (order_history_check(mutated, &at) == NULL)
		fail_msg("TR_SEED=%u: passes with event %u %s", (unsigned int)seed, of, mutation);
}

/* Two of one kind change places: replies of an ordered connection, or executions of one key. */
static bool
swap(struct order_history *mutated, unsigned int of)
{
	struct order_event *first = &mutated->events[of], *other;
	const struct order_event *keys[2] = {NULL, NULL}, *event;
	uint64_t id = first->id;

	if (first->conn % 2 == 1 ||
	    (first->kind != ORDER_COMPOSED && first->kind != ORDER_EXECUTED))
		return false;
	for (other = first + 1; other < mutated->events + mutated->nb; other++) {
		if (other->kind != first->kind || other->conn != first->conn)
			continue;
		for (event = mutated->events; event < other; event++) {
			if (event->kind == ORDER_ENTERED && event->id == first->id)
				keys[0] = event;
			if (event->kind == ORDER_ENTERED && event->id == other->id)
				keys[1] = event;
		}
		if (first->kind == ORDER_EXECUTED && keys[0]->key != keys[1]->key)
			continue;
		first->id = other->id;
		other->id = id;
		return true;
	}
	return false;
}

/* The check can fail: histories that were tampered with do not pass. */
static unsigned int
mutate(uint64_t seed)
{
	static struct order_history mutated;
	struct sim_random random = {.state = ~seed};
	unsigned int i, of, swapped = 0;

	for (i = 0; i < MUTATIONS && history.nb > 0; i++) {
		of = sim_random_below(&random, history.nb);
		mutated = history;
		if (swap(&mutated, of)) {
			expect_rejected(&mutated, seed, "swapped with a later one", of);
			swapped++;
		}
		if (of_closed(&history.events[of]))
			continue;
		mutated = history;
		mutated.nb--;
		memmove(&mutated.events[of], &mutated.events[of + 1],
			(mutated.nb - of) * sizeof(mutated.events[0]));
		expect_rejected(&mutated, seed, "dropped", of);
		mutated = history;
		mutated.nb++;
		memmove(&mutated.events[of + 1], &mutated.events[of],
			(history.nb - of) * sizeof(mutated.events[0]));
		expect_rejected(&mutated, seed, "duplicated", of);
	}
	return swapped;
}

static void
test_order_holds_and_tampering_shows(void **state)
{
	const char *given = getenv("TR_SEED");
	uint64_t first = given != NULL ? strtoull(given, NULL, 0) : 1;
	uint64_t end = given != NULL ? first + 1 : first + SEEDS, seed;
	struct core_stats sum = {0};
	unsigned int swapped = 0;

	for (seed = first; seed < end; seed++) {
		run_seed(seed);
		check(seed);
		check_received(seed);
		swapped += mutate(seed);
		sum.requests += rig.core->stats.requests;
		sum.held_order += rig.core->stats.held_order;
		sum.abandoned += rig.core->stats.abandoned;
		sum.expired_held += rig.core->stats.expired_held;
		sum.refused_abandoned += rig.core->stats.refused_abandoned;
		sum.blocked_send += rig.core->stats.blocked_send;
		sum.blocked_credit += rig.core->stats.blocked_credit;
		rig.history = NULL;
		core_rig_deinit(&rig);
		test_pools_full(state);
	}
	if (given != NULL)
		return;
	print_message("seeds 1 to %u: %u requests, %u held, %u abandoned, %u expired, %u refused\n",
		      SEEDS, (unsigned int)sum.requests, (unsigned int)sum.held_order,
		      (unsigned int)sum.abandoned, (unsigned int)sum.expired_held,
		      (unsigned int)sum.refused_abandoned);
	/* All of it happened, and the check was tried on it. */
	assert_true(swapped > SEEDS / 4);
	assert_true(sum.held_order > 0 && sum.abandoned > 0 && sum.expired_held > 0);
	assert_true(sum.refused_abandoned > 0 && sum.blocked_send > 0 && sum.blocked_credit > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_holds_and_tampering_shows),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

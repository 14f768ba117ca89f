/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A client stack that talks to a whole core over a virtual wire: what the echo protocol sends back
 * is what was sent. As in test_sim everything follows from the seed, and test_sim_core --seed SEED
 * --runs 1 replays a run that failed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "core.h"
#include "sim_peer.h"
#include "sim_plan.h"
#include "sim_random.h"
#include "sim_seeds.h"
#include "sim_stack.h"
#include "sim_watch.h"
#include "sim_wire.h"
#include "test_eal.h"

#define CLIENT RTE_IPV4(10, 0, 0, 1)
#define SERVER RTE_IPV4(10, 0, 0, 2)
#define SERVER_PORT 7

/* Half an hour: a peer that reads, behind a wire that loses one frame in ten, is never that slow.
 */
#define SEND_TIMEOUT_MS (30 * 60 * 1000)

struct run {
	uint64_t seed;
	struct sim_random random;
	struct sim_plan plan;
	struct sim_wire *wire;
	struct sim_pcap *record; /* of what is put on it */
	struct sim_stack stack;
	struct sim_peer client;
	struct tr_submit *submit;
	struct core *core;
	struct sim_watch watch;
	bool aborted; /* core_abort() was called */
	uint64_t digest; /* of all that happened, to compare two replays */
};

static void take_neighbour(void *arg, const struct ip_neighbour *neighbour);
static void take_error(void *arg, const struct ip_error *error);

static const struct ip_events core_events = {.neighbour = take_neighbour, .error = take_error};

static const char *run_seed(uint64_t seed, struct sim_pcap *record, uint64_t *digest);
static void run_init(struct run *run);
static void client_init(struct run *run);
static void core_init(struct run *run);
static void plan_conn(struct run *run, unsigned int index);
static const char *run_until_end(struct run *run);
static bool has_ended(const struct run *run);
static bool abort_half_open(struct run *run);
static const char *judge(const struct run *run);
static bool conn_lacks(const struct sim_peer_conn *conn, const char **wrong);
static bool aborts(const struct run *run);
static void report(const struct run *run, const char *wrong);

int
main(int argc, char **argv)
{
	static const struct sim_seeds seeds = {.name = "sim_core", .runs = 1000, .run = run_seed};

	return sim_seeds_main(argc, argv, &seeds);
}

static const char *
run_seed(uint64_t seed, struct sim_pcap *record, uint64_t *digest)
{
	static struct run run;
	const char *wrong;

	memset(&run, 0, sizeof(run));
	run.seed = seed;
	run.random.state = seed;
	run.record = record;
	run_init(&run);
	wrong = run_until_end(&run);
	if (wrong == NULL)
		wrong = judge(&run);
	if (wrong != NULL)
		report(&run, wrong);
	*digest = run.digest;
	sim_wire_flush(run.wire);
	if (wrong == NULL && test_pools_lacking() != 0)
		sim_seeds_failed(seed, wrong = "objects leaked");
	core_destroy(run.core);
	submit_destroy(run.submit);
	sim_stack_deinit(&run.stack);
	sim_wire_destroy(run.wire);
	return wrong;
}

static void
run_init(struct run *run)
{
	unsigned int i;

	sim_plan_run(&run->plan, &run->random, 2);
	run->wire = sim_wire_create(&run->plan.wire, sim_random_next(&run->random));
	if (run->wire == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for the wire\n");
	sim_watch_init(&run->watch, SIM_PEER_PORT, run->plan.wire.mtu);
	sim_wire_set_record(run->wire, run->record);
	sim_wire_set_watch(run->wire, sim_watch_frame, &run->watch);
	client_init(run);
	core_init(run);
	run->client.nb_conns = 1 + sim_random_below(&run->random, SIM_PEER_CONNS_MAX);
	for (i = 0; i < run->client.nb_conns; i++)
		plan_conn(run, i);
}

static void
client_init(struct run *run)
{
	struct sim_random *random = &run->random;
	struct sim_stack_config config = {
		.name = "client",
		.port = sim_wire_port(run->wire, 0),
		.addr = tr_addr_ipv4(rte_cpu_to_be_32(CLIENT)),
		.events = &sim_peer_events,
		.events_arg = &run->client,
		.nb_mbufs = 64u << sim_random_below(random, 5),
		.receive_window_bytes = 2048 << sim_random_below(random, 7),
		.seed = sim_random_next(random),
	};

	sim_stack_init(&run->stack, &config);
}

/* Few credits, and send queues from a few segments on: it has to stop and go on all the time. */
static void
core_init(struct run *run)
{
	struct sim_random *random = &run->random;
	static const struct tr_engine no_engine;
	struct submit_config submit = {.nb_cores = 1};
	struct tr_core_config server = {
		.ipv4 = {.addr = tr_addr_ipv4(rte_cpu_to_be_32(SERVER)), .prefix_len = 24},
		.conns_max = 64,
		.credits = 16u << sim_random_below(random, 6),
		.value_max = 1 << 20,
		.body_budget_bytes = 1 << 22,
		.body_timeout_ms = 10000,
		.request_timeout_ms = SEND_TIMEOUT_MS,
		.send_timeout_ms = SEND_TIMEOUT_MS,
		.send_max_bytes = 2048u << sim_random_below(random, 8),
	};
	struct core_config config = {
		.server = &server,
		.port = sim_wire_port(run->wire, 1),
		.socket = SOCKET_ID_ANY,
		.engine = &no_engine,
		.ip_events = &core_events,
	};
	struct core_listener listener = {
		.port = rte_cpu_to_be_16(SERVER_PORT),
		.ops = &tr_core_echo,
		.protocol = tr_core_echo.create(NULL, 0),
	};
	uint64_t secret[2] = {sim_random_next(random), sim_random_next(random)};

	submit.credits = server.credits;
	run->submit = submit_create(&submit);
	if (run->submit == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for submit\n");
	config.submit = run->submit;
	memcpy(config.secret, secret, sizeof(config.secret));
	run->core = core_create(&config);
	if (run->core == NULL || core_listen(run->core, &listener) < 0)
		rte_exit(EXIT_FAILURE, "sim: no memory for core\n");
}

static void
take_neighbour(void *arg, const struct ip_neighbour *neighbour)
{
	(void)arg;
	(void)neighbour;
}

static void
take_error(void *arg, const struct ip_error *error)
{
	struct core *core = arg;

	tcp_error(core->tcp, error, core->now_us);
}

static void
plan_conn(struct run *run, unsigned int index)
{
	struct sim_peer_conn *conn = &run->client.conns[index];
	struct sim_peer_plan *plan = &conn->plan;

	sim_plan_side(conn, &run->random);
	sim_plan_expect(plan, plan->stream_seed, plan->send_bytes);
	if (plan->expect_bytes > 0 && sim_random_below(&run->random, 16) == 0)
		plan->abort_after = 1 + sim_random_below(&run->random, plan->expect_bytes);
}

static const char *
run_until_end(struct run *run)
{
	uint64_t now_us = 0, next_us;
	unsigned int turns, work, i;

	for (i = 0; i < run->client.nb_conns; i++)
		sim_peer_connect(&run->client, run->stack.tcp,
				 tr_addr_ipv4(rte_cpu_to_be_32(SERVER)),
				 rte_cpu_to_be_16(SERVER_PORT), i);
	for (turns = 0; turns < SIM_PLAN_TURNS_MAX; turns++) {
		sim_wire_advance(run->wire, now_us);
		sim_plan_links(&run->plan, run->wire, now_us);
		sim_plan_pressure(&run->plan, run->core->tcp, &run->random);
		sim_peer_run(&run->client, now_us);
		sim_stack_poll(&run->stack, now_us);
		sim_peer_run(&run->client, now_us);
		sim_stack_poll(&run->stack, now_us);
		work = core_poll(run->core, now_us);
		run->digest = run->digest * 31 + now_us;
		run->digest = run->digest * 31 + run->core->stats.tx_frames;
		next_us = work > 0 ? now_us + 1 : core_sleep_until_us(run->core);
		next_us = RTE_MIN(next_us, sim_wire_next_us(run->wire));
		next_us = RTE_MIN(next_us, sim_stack_next_us(&run->stack));
		next_us = RTE_MIN(next_us, sim_peer_next_us(&run->client));
		if (run->watch.wrong != NULL)
			return run->watch.wrong;
		if (has_ended(run))
			return NULL;
		if (next_us == UINT64_MAX && abort_half_open(run))
			continue;
		if (next_us == UINT64_MAX)
			return "stuck: nothing will ever happen";
		now_us = RTE_MAX(next_us, now_us + 1);
		if (now_us > SIM_PLAN_END_US)
			return "stuck: out of time";
	}
	return "stuck: out of turns";
}

static bool
has_ended(const struct run *run)
{
	return sim_peer_ended(&run->client) && sim_stack_idle(run->stack.ip, run->stack.tcp) &&
	       sim_stack_idle(run->core->ip, run->core->tcp);
}

/* A client's reset may be lost, and the core has nothing to send that would tell. */
static bool
abort_half_open(struct run *run)
{
	if (run->aborted || !aborts(run) || !sim_peer_ended(&run->client))
		return false;
	run->aborted = true;
	core_abort(run->core);
	return true;
}

static const char *
judge(const struct run *run)
{
	const struct core *core = run->core;
	const char *wrong = NULL;
	unsigned int i;

	if (run->client.corrupt)
		return "bytes differ";
	for (i = 0; i < run->client.nb_conns; i++)
		if (conn_lacks(&run->client.conns[i], &wrong))
			return wrong;
	if (core->credits_used != 0)
		return "credits are missing";
	if (core->stats.requests != core->stats.responses_local)
		return "requests were not answered";
	if (!aborts(run) && core->stats.composed != core->stats.requests)
		return "answers were not sent";
	return NULL;
}

static bool
conn_lacks(const struct sim_peer_conn *conn, const char **wrong)
{
	if (!conn->ended)
		*wrong = "a connection has not ended";
	else if (conn->plan.abort_after != 0)
		return false;
	else if (conn->received != conn->plan.expect_bytes)
		*wrong = "bytes are missing";
	else if (conn->error != 0)
		*wrong = "a connection ended in an error";
	else
		return false;
	return true;
}

static bool
aborts(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->client.nb_conns; i++)
		if (run->client.conns[i].plan.abort_after != 0)
			return true;
	return false;
}

static void
report(const struct run *run, const char *wrong)
{
	const struct core *core = run->core;
	const char *lack = NULL;
	unsigned int i;

	sim_seeds_failed(run->seed, wrong);
	if (wrong == run->watch.wrong)
		printf("  connection %u, %s: %s\n", run->watch.wrong_conn,
		       run->watch.wrong_end == 0 ? "client" : "core", run->watch.segment);
	printf("  core: %" PRIu32 " connections, credits %" PRIu32 " of %" PRIu32
	       ", requests %" PRIu64 ", composed %" PRIu64 ", send max %" PRIu32
	       ", waits: credit %" PRIu64 ", send %" PRIu64 ", memory %" PRIu64 "\n",
	       tcp_conn_count(core->tcp), core->credits_used, core->credits_max,
	       core->stats.requests, core->stats.composed, core->config.send_max_bytes,
	       core->stats.blocked_credit, core->stats.blocked_send, core->stats.blocked_memory);
	for (i = 0; i < run->client.nb_conns; i++) {
		if (!conn_lacks(&run->client.conns[i], &lack))
			continue;
		printf("  connection %u: %s\n", i, lack);
		sim_peer_print(&run->client, i, "client");
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A client stack that talks to a whole core over a virtual wire, or up to four on a switch: what
 * the echo protocol sends back is what was sent. As in test_sim everything follows from the seed,
 * and test_sim_core --seed SEED
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
#include "sim_progress.h"
#include "sim_random.h"
#include "sim_seeds.h"
#include "sim_stack.h"
#include "sim_watch.h"
#include "sim_wire.h"
#include "test_eal.h"

#define CLIENTS_MAX (SIM_WIRE_ENDS_MAX - 1)
#define SERVER_END 1
#define SERVER_PORT 7

/* Half an hour: a peer that reads, behind a wire that loses one frame in ten, is never that slow.
 */
#define SEND_TIMEOUT_MS (30 * 60 * 1000)

/* For so long a client may wait while nothing is lost: for the longest backoff, or for credits. */
#define STALL_US (65 * UINT64_C(1000000))

/* By then everything is over but for a core that waits for a reset which was lost. */
#define ABORT_US (60 * 60 * UINT64_C(1000000))

struct run {
	uint64_t seed;
	struct sim_random random;
	struct sim_plan plan;
	struct sim_wire *wire;
	struct sim_pcap *record; /* of what is put on it */
	unsigned int nb_clients;
	struct sim_stack stacks[CLIENTS_MAX];
	struct sim_peer peers[CLIENTS_MAX];
	unsigned int nb_conns;
	unsigned int clients[SIM_PEER_CONNS_MAX]; /* whose connection it is */
	struct tr_submit *submit;
	struct core *core;
	struct sim_watch watch;
	struct sim_progress progress;
	bool aborted; /* core_abort() was called */
	uint64_t digest; /* of all that happened, to compare two replays */
};

static void take_neighbour(void *arg, const struct ip_neighbour *neighbour);
static void take_error(void *arg, const struct ip_error *error);

static const struct ip_events core_events = {.neighbour = take_neighbour, .error = take_error};

static const char *run_seed(uint64_t seed, struct sim_pcap *record, uint64_t *digest);
static void run_init(struct run *run);
static void client_init(struct run *run, unsigned int client);
static void core_init(struct run *run);
static void plan_conn(struct run *run, unsigned int index);
static const char *run_until_end(struct run *run);
static uint64_t turn(struct run *run, uint64_t now_us);
static uint64_t open_conns(struct run *run, uint64_t now_us);
static struct sim_peer_conn *client_of(struct run *run, unsigned int index);
static struct tr_addr addr_of(unsigned int end, bool ipv6);
static bool has_stuck(struct run *run, uint64_t now_us);
static bool has_ended(const struct run *run);
static bool clients_have_ended(const struct run *run);
static bool abort_half_open(struct run *run);
static const char *judge(const struct run *run);
static bool conn_lacks(const struct sim_peer_conn *conn, const char **wrong);
static bool aborts(const struct run *run);
static void report(const struct run *run, const char *wrong);

int
main(int argc, char **argv)
{
	static const struct sim_seeds seeds = {.name = "sim_core", .runs = 3000, .run = run_seed};

	return sim_seeds_main(argc, argv, &seeds);
}

static const char *
run_seed(uint64_t seed, struct sim_pcap *record, uint64_t *digest)
{
	static struct run run;
	const char *wrong;
	unsigned int i;

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
	for (i = 0; i < run.nb_clients; i++)
		sim_stack_deinit(&run.stacks[i]);
	sim_wire_destroy(run.wire);
	return wrong;
}

static void
run_init(struct run *run)
{
	struct sim_random *random = &run->random;
	unsigned int i;

	sim_plan_run(&run->plan, random, SIM_WIRE_ENDS_MAX);
	run->nb_clients = run->plan.wire.nb_ends - 1;
	run->wire = sim_wire_create(&run->plan.wire, sim_random_next(random));
	if (run->wire == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for the wire\n");
	sim_watch_init(&run->watch, SIM_PEER_PORT, run->plan.wire.mtu);
	sim_progress_init(&run->progress, STALL_US);
	sim_wire_set_record(run->wire, run->record);
	sim_wire_set_watch(run->wire, sim_watch_frame, &run->watch);
	for (i = 0; i < run->nb_clients; i++)
		client_init(run, i);
	core_init(run);
	run->nb_conns = 1 + sim_random_below(random, SIM_PEER_CONNS_MAX);
	for (i = 0; i < run->nb_conns; i++) {
		run->clients[i] = sim_random_below(random, run->nb_clients);
		plan_conn(run, i);
	}
}

static void
client_init(struct run *run, unsigned int client)
{
	static const char *const names[CLIENTS_MAX] = {"client0", "client1", "client2", "client3"};
	struct sim_random *random = &run->random;
	unsigned int end = client < SERVER_END ? client : client + 1;
	struct sim_stack_config config = {
		.name = names[client],
		.port = sim_wire_port(run->wire, end),
		.addr = addr_of(end, false),
		.events = &sim_peer_events,
		.events_arg = &run->peers[client],
		.watch = &run->watch,
		.nb_mbufs = 64u << sim_random_below(random, 5),
		.receive_window_bytes = 2048 << sim_random_below(random, 7),
		.seed = sim_random_next(random),
	};

	if (run->plan.wire.mtu >= SIM_PLAN_IPV6_MTU)
		config.ipv6 = addr_of(end, true);
	sim_stack_init(&run->stacks[client], &config);
	run->peers[client].nb_conns = SIM_PEER_CONNS_MAX;
}

static struct tr_addr
addr_of(unsigned int end, bool ipv6)
{
	return ipv6 ? (struct tr_addr){{0xfd, [15] = end + 1}}
		    : tr_addr_ipv4(rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, end + 1)));
}

/* Few credits, and send queues from a few segments on: it has to stop and go on all the time. */
static void
core_init(struct run *run)
{
	struct sim_random *random = &run->random;
	static const struct tr_engine no_engine;
	struct submit_config submit = {.nb_cores = 1};
	struct tr_core_config server = {
		.ipv4 = {.addr = addr_of(SERVER_END, false), .prefix_len = 24},
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
		.port = sim_wire_port(run->wire, SERVER_END),
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

	if (run->plan.wire.mtu >= SIM_PLAN_IPV6_MTU)
		server.ipv6 =
			(struct tr_addr_net){.addr = addr_of(SERVER_END, true), .prefix_len = 64};
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
	struct sim_peer_conn *conn = client_of(run, index);
	struct sim_peer_plan *plan = &conn->plan;

	sim_plan_side(conn, &run->random);
	sim_plan_expect(plan, plan->stream_seed, plan->send_bytes);
	sim_plan_open(&run->plan, plan, &run->random);
	if (plan->expect_bytes > 0 && sim_random_below(&run->random, 16) == 0)
		plan->abort_after = 1 + sim_random_below(&run->random, plan->expect_bytes);
}

static const char *
run_until_end(struct run *run)
{
	uint64_t now_us = 0, next_us;
	unsigned int turns;

	for (turns = 0; turns < SIM_PLAN_TURNS_MAX; turns++) {
		next_us = turn(run, now_us);
		if (run->watch.wrong != NULL)
			return run->watch.wrong;
		if (has_ended(run))
			return NULL;
		if ((next_us == UINT64_MAX || now_us > ABORT_US) && abort_half_open(run))
			continue;
		if (next_us == UINT64_MAX)
			return "stuck: nothing will ever happen";
		if (has_stuck(run, now_us))
			return "stuck: a connection does not get on";
		now_us = RTE_MAX(next_us, now_us + 1);
		if (now_us > SIM_PLAN_END_US)
			return "stuck: out of time";
	}
	return "stuck: out of turns";
}

/* Let everybody do what is due; returns when the next thing is. */
static uint64_t
turn(struct run *run, uint64_t now_us)
{
	uint64_t next_us;
	unsigned int work, i;

	sim_wire_advance(run->wire, now_us);
	sim_plan_links(&run->plan, run->wire, now_us);
	sim_plan_pressure(&run->plan, run->core->tcp, &run->random);
	next_us = open_conns(run, now_us);
	for (i = 0; i < run->nb_clients; i++) {
		sim_peer_run(&run->peers[i], now_us);
		sim_stack_poll(&run->stacks[i], now_us);
		sim_peer_run(&run->peers[i], now_us);
		sim_stack_poll(&run->stacks[i], now_us);
		next_us = RTE_MIN(next_us, sim_stack_next_us(&run->stacks[i]));
		next_us = RTE_MIN(next_us, sim_peer_next_us(&run->peers[i]));
	}
	work = core_poll(run->core, now_us);
	run->digest = run->digest * 31 + now_us;
	run->digest = run->digest * 31 + run->core->stats.tx_frames;
	next_us = RTE_MIN(next_us, work > 0 ? now_us + 1 : core_sleep_until_us(run->core));
	return RTE_MIN(next_us, sim_wire_next_us(run->wire));
}

/* Returns when the next one is to be opened. */
static uint64_t
open_conns(struct run *run, uint64_t now_us)
{
	uint64_t next_us = UINT64_MAX;
	struct sim_peer_conn *conn;
	unsigned int client, i;

	for (i = 0; i < run->nb_conns; i++) {
		client = run->clients[i];
		conn = client_of(run, i);
		if (conn->asked_to_open)
			continue;
		if (now_us < conn->plan.open_us) {
			next_us = RTE_MIN(next_us, conn->plan.open_us);
			continue;
		}
		sim_peer_connect(&run->peers[client], run->stacks[client].tcp,
				 addr_of(SERVER_END, conn->plan.ipv6),
				 rte_cpu_to_be_16(SERVER_PORT), i);
	}
	return next_us;
}

static struct sim_peer_conn *
client_of(struct run *run, unsigned int index)
{
	return &run->peers[run->clients[index]].conns[index];
}

/* As the client sees it. What the wire loses and what pressure refuses is nobody's fault. */
static bool
has_stuck(struct run *run, uint64_t now_us)
{
	static const struct sim_peer_conn unseen;
	uint64_t excuses = sim_wire_lost(run->wire) + tcp_stats(run->core->tcp)->drop_pressure;
	unsigned int i;

	if (!sim_progress_due(&run->progress, excuses, now_us))
		return false;
	for (i = 0; i < run->nb_conns; i++)
		if (sim_progress_is_stuck(&run->progress, i, client_of(run, i), &unseen, now_us))
			return true;
	return false;
}

static bool
has_ended(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->nb_conns; i++)
		if (!run->peers[run->clients[i]].conns[i].asked_to_open)
			return false;
	return clients_have_ended(run) && sim_stack_idle(run->core->ip, run->core->tcp);
}

static bool
clients_have_ended(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->nb_clients; i++)
		if (!sim_peer_ended(&run->peers[i]) ||
		    !sim_stack_idle(run->stacks[i].ip, run->stacks[i].tcp))
			return false;
	return true;
}

/* A client's reset may be lost, and the core has nothing to send that would tell. */
static bool
abort_half_open(struct run *run)
{
	if (run->aborted || !aborts(run) || !clients_have_ended(run))
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

	for (i = 0; i < run->nb_clients; i++)
		if (run->peers[i].corrupt)
			return "bytes differ";
	for (i = 0; i < run->nb_conns; i++)
		if (conn_lacks(&run->peers[run->clients[i]].conns[i], &wrong))
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

	for (i = 0; i < run->nb_conns; i++)
		if (run->peers[run->clients[i]].conns[i].plan.abort_after != 0)
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
		       run->watch.wrong_end == SERVER_END ? "core" : "client", run->watch.segment);
	printf("  core: %" PRIu32 " connections, credits %" PRIu32 " of %" PRIu32
	       ", requests %" PRIu64 ", composed %" PRIu64 ", send max %" PRIu32
	       ", waits: credit %" PRIu64 ", send %" PRIu64 ", memory %" PRIu64 "\n",
	       tcp_conn_count(core->tcp), core->credits_used, core->credits_max,
	       core->stats.requests, core->stats.composed, core->config.send_max_bytes,
	       core->stats.blocked_credit, core->stats.blocked_send, core->stats.blocked_memory);
	for (i = 0; i < run->nb_conns; i++) {
		if (!conn_lacks(&run->peers[run->clients[i]].conns[i], &lack))
			continue;
		printf("  connection %u of client %u: %s\n", i, run->clients[i], lack);
		sim_peer_print(&run->peers[run->clients[i]], i, "client");
	}
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Two stacks on a virtual wire: transfers both ways under loss, repetition, reordering and
 * corruption. Everything follows from the seed: a run that fails prints its seed, and
 * test_sim --seed SEED --runs 1 replays it bit for bit.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

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

struct run {
	uint64_t seed;
	struct sim_random random;
	struct sim_plan plan;
	struct sim_wire *wire;
	struct sim_pcap *record; /* of what is put on it */
	struct sim_stack stacks[2];
	struct sim_peer peers[2]; /* client, server */
	struct sim_watch watch;
	uint64_t digest; /* of all that happened, to compare two replays */
};

static const char *run_seed(uint64_t seed, struct sim_pcap *record, uint64_t *digest);
static void run_init(struct run *run);
static const char *run_until_end(struct run *run);
static const char *judge(const struct run *run);
static bool conn_lacks(const struct run *run, unsigned int index, const char **wrong);
static void report(struct run *run, const char *wrong);
static void report_stack(const struct run *run, unsigned int end);
static void introduce(struct run *run, unsigned int end);
static void plan_conn(struct run *run, unsigned int index);
static bool ask_half_open(struct run *run);

/* Shows: MUST-3, SHLD-14, SHLD-31, 7323-always. */
int
main(int argc, char **argv)
{
	static const struct sim_seeds seeds = {.name = "sim", .runs = 2000, .run = run_seed};

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
	/* What the stacks still hold at an orderly end is a leak. */
	if (wrong == NULL && test_pools_lacking() != 0)
		sim_seeds_failed(seed, wrong = "mbufs leaked");
	sim_stack_deinit(&run.stacks[0]);
	sim_stack_deinit(&run.stacks[1]);
	sim_wire_destroy(run.wire);
	return wrong;
}

static void
run_init(struct run *run)
{
	static const char *const names[] = {"client", "server"};
	struct sim_random *random = &run->random;
	struct sim_stack_config config = {.events = &sim_peer_events};
	unsigned int i;

	sim_plan_run(&run->plan, random);
	run->wire = sim_wire_create(&run->plan.wire, sim_random_next(random));
	if (run->wire == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for the wire\n");
	sim_watch_init(&run->watch, SIM_PEER_PORT, run->plan.wire.mtu);
	sim_wire_set_record(run->wire, run->record);
	sim_wire_set_watch(run->wire, sim_watch_frame, &run->watch);
	for (i = 0; i < 2; i++) {
		config.name = names[i];
		config.port = sim_wire_port(run->wire, i);
		config.addr = tr_addr_ipv4(rte_cpu_to_be_32(i == 0 ? CLIENT : SERVER));
		config.events_arg = &run->peers[i];
		config.nb_mbufs = 64u << sim_random_below(random, 5);
		config.nb_segment_mbufs = run->plan.calm ? 1024 : 2u << sim_random_below(random, 6);
		config.nb_control_mbufs = run->plan.calm ? 1024 : 4u << sim_random_below(random, 5);
		config.receive_window_bytes = 2048 << sim_random_below(random, 7);
		config.seed = sim_random_next(random);
		sim_stack_init(&run->stacks[i], &config);
		if (run->plan.calm)
			introduce(run, i);
	}
	run->peers[0].nb_conns = 1 + sim_random_below(random, SIM_PEER_CONNS_MAX);
	run->peers[1].nb_conns = run->peers[0].nb_conns;
	for (i = 0; i < run->peers[0].nb_conns; i++)
		plan_conn(run, i);
	tcp_listen(run->stacks[1].tcp, tr_addr_none(), rte_cpu_to_be_16(SERVER_PORT), run);
}

/* Of packets to a neighbour that has yet to be found only the latest wait. */
static void
introduce(struct run *run, unsigned int end)
{
	struct ip_neighbour neighbour = {
		.addr = tr_addr_ipv4(rte_cpu_to_be_32(end == 0 ? SERVER : CLIENT)),
		.mac = sim_wire_port(run->wire, 1 - end)->mac,
	};

	ip_neighbour_update(run->stacks[end].ip, &neighbour, 0);
}

static void
plan_conn(struct run *run, unsigned int index)
{
	struct sim_random *random = &run->random;
	struct sim_peer_plan *client = &run->peers[0].conns[index].plan;
	struct sim_peer_plan *server = &run->peers[1].conns[index].plan;

	sim_plan_side(&run->peers[0].conns[index], random);
	sim_plan_side(&run->peers[1].conns[index], random);
	sim_plan_expect(client, server->stream_seed, server->send_bytes);
	sim_plan_expect(server, client->stream_seed, client->send_bytes);
	switch (sim_random_below(random, 3)) {
	case 0:
		server->close_last = true;
		break;
	case 1:
		client->close_last = true;
		break;
	default: /* both at once */
		break;
	}
	if (server->expect_bytes > 0 && sim_random_below(random, 16) == 0)
		server->abort_after = 1 + sim_random_below(random, server->expect_bytes);
}

static const char *
run_until_end(struct run *run)
{
	uint64_t now_us = 0, next_us;
	unsigned int turns, i;

	for (i = 0; i < run->peers[0].nb_conns; i++)
		sim_peer_connect(&run->peers[0], run->stacks[0].tcp,
				 tr_addr_ipv4(rte_cpu_to_be_32(SERVER)),
				 rte_cpu_to_be_16(SERVER_PORT), i);
	for (turns = 0; turns < SIM_PLAN_TURNS_MAX; turns++) {
		sim_wire_advance(run->wire, now_us);
		sim_plan_cut(&run->plan, run->wire, now_us);
		next_us = sim_wire_next_us(run->wire);
		for (i = 0; i < 2; i++) {
			sim_plan_pressure(&run->plan, run->stacks[i].tcp, &run->random);
			sim_peer_run(&run->peers[i], now_us);
			sim_stack_poll(&run->stacks[i], now_us);
			sim_peer_run(&run->peers[i], now_us);
			sim_stack_poll(&run->stacks[i], now_us);
			next_us = RTE_MIN(next_us, sim_stack_next_us(&run->stacks[i]));
			next_us = RTE_MIN(next_us, sim_peer_next_us(&run->peers[i]));
			run->digest = run->digest * 31 + now_us;
			run->digest = run->digest * 31 + tcp_stats(run->stacks[i].tcp)->tx_segments;
		}
		next_us = RTE_MIN(next_us, sim_wire_next_us(run->wire));
		if (sim_peer_ended(&run->peers[0]) && sim_peer_ended(&run->peers[1]) &&
		    sim_stack_idle(run->stacks[0].ip, run->stacks[0].tcp) &&
		    sim_stack_idle(run->stacks[1].ip, run->stacks[1].tcp))
			return NULL;
		if (next_us == UINT64_MAX && ask_half_open(run))
			continue;
		if (next_us == UINT64_MAX)
			return "stuck: nothing will ever happen";
		if (run->watch.wrong != NULL)
			return run->watch.wrong;
		now_us = RTE_MAX(next_us, now_us + 1);
		if (now_us > SIM_PLAN_END_US)
			return "stuck: out of time";
	}
	return "stuck: out of turns";
}

/*
 * A reset is sent once: when it is lost, and the other side has nothing in flight, that one waits
 * until it sends something (RFC 9293 section 3.5.1). It has to learn the truth then. Returns
 * whether there was one.
 */
static bool
ask_half_open(struct run *run)
{
	bool asked = false;
	unsigned int i;

	for (i = 0; i < run->peers[0].nb_conns; i++)
		if (run->peers[1].conns[i].error == -ECONNABORTED)
			asked |= sim_peer_ask(&run->peers[0], i);
	return asked;
}

static const char *
judge(const struct run *run)
{
	const char *wrong = NULL;
	unsigned int i;

	if (run->peers[0].corrupt || run->peers[1].corrupt)
		return "bytes differ";
	if (run->watch.wrong != NULL)
		return run->watch.wrong;
	for (i = 0; i < run->peers[0].nb_conns; i++)
		if (conn_lacks(run, i, &wrong))
			return wrong;
	for (i = 0; run->plan.calm && i < 2; i++)
		if (tcp_stats(run->stacks[i].tcp)->retransmit_timeouts > 0 ||
		    tcp_stats(run->stacks[i].tcp)->fast_retransmits > 0)
			return "sent again what was not lost";
	return NULL;
}

/* A reset is an end like any other, if one side asked for it: else every byte must be there. */
static bool
conn_lacks(const struct run *run, unsigned int index, const char **wrong)
{
	const struct sim_peer_conn *client = &run->peers[0].conns[index];
	const struct sim_peer_conn *server = &run->peers[1].conns[index];

	if (client->opened != client->ended || server->opened != server->ended)
		*wrong = "a connection has not ended";
	else if (server->plan.abort_after != 0)
		return false;
	else if (!client->opened || !server->opened)
		*wrong = "a connection was not opened";
	else if (client->received != client->plan.expect_bytes ||
		 server->received != server->plan.expect_bytes)
		*wrong = "bytes are missing";
	else
		return false;
	return true;
}

/* A line for the run, and two for each connection in question. */
static void
report(struct run *run, const char *wrong)
{
	const char *lack = NULL;
	unsigned int i;

	sim_seeds_failed(run->seed, wrong);
	report_stack(run, 0);
	report_stack(run, 1);
	if (wrong == run->watch.wrong)
		printf("  %s\n", run->watch.segment);
	for (i = 0; i < run->peers[0].nb_conns; i++) {
		if (wrong == run->watch.wrong ? i != run->watch.wrong_conn
					      : !conn_lacks(run, i, &lack))
			continue;
		if (wrong == run->watch.wrong)
			lack = run->watch.wrong_end == 0 ? "by the client" : "by the server";
		printf("  connection %u: %s\n", i, lack);
		sim_peer_print(&run->peers[0], i, "client");
		sim_peer_print(&run->peers[1], i, "server");
	}
}

/* What may have to do with it. */
static void
report_stack(const struct run *run, unsigned int end)
{
	const struct tcp_stats *stats = tcp_stats(run->stacks[end].tcp);

	printf("  %s: %" PRIu64 " segments, %" PRIu64 " sent again, %" PRIu64 " timeouts, %" PRIu64
	       " fast, %" PRIu64 " probes, starved %" PRIu64 ", dropped for pressure %" PRIu64
	       ", window %" PRIu64 ", reassembly %" PRIu64 "\n",
	       end == 0 ? "client" : "server", stats->tx_segments, stats->retransmits,
	       stats->retransmit_timeouts, stats->fast_retransmits, stats->window_probes,
	       stats->send_starved, stats->drop_pressure, stats->drop_window,
	       stats->drop_reassembly);
}

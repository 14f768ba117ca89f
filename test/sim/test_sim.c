/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Two stacks on a virtual wire: transfers both ways under loss, repetition, reordering and
 * corruption. Everything follows from the seed: a run that fails prints its seed, and
 * test_sim --first SEED --runs 1 replays it bit for bit.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "sim_peer.h"
#include "sim_random.h"
#include "sim_stack.h"
#include "sim_watch.h"
#include "sim_wire.h"
#include "test_eal.h"

#define CLIENT RTE_IPV4(10, 0, 0, 1)
#define SERVER RTE_IPV4(10, 0, 0, 2)
#define SERVER_PORT 7

/* A run that has not ended by then is stuck: R2 and the longest backoff are far below. */
#define END_US (4 * 3600 * 1000000ull)

/*
 * A side that has closed waits a minute for the other's FIN. However slow a reader is, it has read
 * everything in less.
 */
#define READ_TIME_MAX_US (20 * 1000000ull)
#define READ_PAUSE_MAX_US (2 * 1000000ull)

/* Far below the time in which connections are given up. */
#define CUT_TIME_US (5 * 1000000ull)
#define CUT_BEGIN_MAX_US (10 * 1000000ull)

/* More turns than any run needs: nothing may spin without time going on. */
#define TURNS_MAX 20000000u

#define RUNS 500

struct run {
	uint64_t seed;
	struct sim_random random;
	struct sim_wire *wire;
	struct sim_stack stacks[2];
	struct sim_peer peers[2]; /* client, server */
	struct sim_watch watch;
	bool calm; /* nothing is done to frames, and memory is plenty */
	bool pressure; /* receive buffers run dry now and then */
	uint64_t cut_us; /* for a while from then on nothing arrives */
	uint64_t digest; /* of all that happened, to compare two replays */
};

static const char *run_seed(uint64_t seed, uint64_t *digest);
static void run_init(struct run *run);
static const char *run_until_end(struct run *run);
static const char *judge(const struct run *run);
static bool conn_lacks(const struct run *run, unsigned int index, const char **wrong);
static void report(struct run *run, const char *wrong);
static void report_stack(const struct run *run, unsigned int end);
static void report_end(struct run *run, unsigned int end, unsigned int index);
static void introduce(struct run *run, unsigned int end);
static void plan_conn(struct run *run, unsigned int index);
static void limit_read_time(struct sim_peer_plan *plan);
static void trouble(struct run *run, uint64_t now_us);
static bool ask_half_open(struct run *run);

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{"first", required_argument, NULL, 'f'},
		{"runs", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	uint64_t first = 1, runs = RUNS, seed, digest, again;
	const char *wrong;
	uint64_t failed = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'f')
			first = strtoull(optarg, NULL, 0);
		else if (option == 'r')
			runs = strtoull(optarg, NULL, 0);
		else
			return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_eal_init();
	for (seed = first; seed < first + runs; seed++) {
		wrong = run_seed(seed, &digest);
		/* Some are run twice: the same seed must give the same run. */
		if (wrong == NULL && seed % 16 == 0) {
			wrong = run_seed(seed, &again);
			if (wrong == NULL && again != digest)
				printf("seed %" PRIu64 ": %s\n", seed, wrong = "replay differs");
		}
		if (wrong == NULL)
			continue;
		failed++;
	}
	printf("sim: seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " failed\n", first,
	       first + runs - 1, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *
run_seed(uint64_t seed, uint64_t *digest)
{
	static struct run run;
	const char *wrong;

	memset(&run, 0, sizeof(run));
	run.seed = seed;
	run.random.state = seed;
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
		printf("seed %" PRIu64 ": %s\n", seed, wrong = "mbufs leaked");
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
	struct sim_wire_config wire = {
		.loss_ppm = sim_random_below(random, 100001),
		.repeat_ppm = sim_random_below(random, 30000),
		.reorder_ppm = sim_random_below(random, 100000),
		.corrupt_ppm = sim_random_below(random, 20000),
		.delay_us = 10 + sim_random_below(random, 30000),
		.jitter_us = sim_random_below(random, 30000),
		.hold_us = sim_random_below(random, 20000),
		.mtu = sim_random_below(random, 4) == 0 ? 576 : 1500,
		.tx_segments = sim_random_below(random, 2),
		.share_mbufs = sim_random_below(random, 4) != 0,
	};
	struct sim_stack_config config = {.events = &sim_peer_events};
	unsigned int i;

	run->calm = sim_random_below(random, 8) == 0;
	if (run->calm)
		wire.loss_ppm = wire.repeat_ppm = wire.reorder_ppm = wire.corrupt_ppm = 0;
	run->pressure = !run->calm && sim_random_below(random, 8) == 0;
	run->cut_us = !run->calm && sim_random_below(random, 8) == 0
			      ? sim_random_below(random, CUT_BEGIN_MAX_US)
			      : UINT64_MAX - CUT_TIME_US;
	run->wire = sim_wire_create(&wire, sim_random_next(random));
	if (run->wire == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for the wire\n");
	sim_watch_init(&run->watch, SIM_PEER_PORT, wire.mtu);
	sim_wire_set_watch(run->wire, sim_watch_frame, &run->watch);
	for (i = 0; i < 2; i++) {
		config.name = names[i];
		config.port = sim_wire_port(run->wire, i);
		config.addr = rte_cpu_to_be_32(i == 0 ? CLIENT : SERVER);
		config.events_arg = &run->peers[i];
		config.nb_mbufs = 64 + sim_random_below(random, 1024);
		config.nb_segment_mbufs = run->calm ? 1024 : 2 + sim_random_below(random, 64);
		config.nb_control_mbufs = run->calm ? 1024 : 4 + sim_random_below(random, 64);
		config.receive_window_bytes = 2048 << sim_random_below(random, 7);
		config.seed = sim_random_next(random);
		sim_stack_init(&run->stacks[i], &config);
		if (run->calm)
			introduce(run, i);
	}
	run->peers[0].nb_conns = 1 + sim_random_below(random, SIM_PEER_CONNS_MAX);
	run->peers[1].nb_conns = run->peers[0].nb_conns;
	for (i = 0; i < run->peers[0].nb_conns; i++)
		plan_conn(run, i);
	tcp_listen(run->stacks[1].tcp, 0, rte_cpu_to_be_16(SERVER_PORT), run);
}

/* Of packets to a neighbour that has yet to be found only the latest wait. */
static void
introduce(struct run *run, unsigned int end)
{
	struct ip_neighbour neighbour = {
		.addr = rte_cpu_to_be_32(end == 0 ? SERVER : CLIENT),
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
	struct sim_peer_plan *plan;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		plan = i == 0 ? client : server;
		plan->stream_seed = sim_random_next(random);
		plan->send_bytes = sim_random_below(random, 1u << sim_random_below(random, 18));
		plan->write_max = 1u << sim_random_below(random, 13);
		plan->read_max = 1u << sim_random_below(random, 17);
		if (sim_random_below(random, 8) == 0) {
			plan->read_max = 4096;
			plan->read_pause_us = sim_random_below(random, READ_PAUSE_MAX_US);
		}
		run->peers[i].conns[index].random.state = sim_random_next(random);
	}
	client->expect_seed = server->stream_seed;
	client->expect_bytes = server->send_bytes;
	server->expect_seed = client->stream_seed;
	server->expect_bytes = client->send_bytes;
	limit_read_time(client);
	limit_read_time(server);
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

static void
limit_read_time(struct sim_peer_plan *plan)
{
	uint32_t reads = 1 + plan->expect_bytes / plan->read_max;

	plan->read_pause_us = RTE_MIN(plan->read_pause_us, READ_TIME_MAX_US / reads);
}

static const char *
run_until_end(struct run *run)
{
	uint64_t now_us = 0, next_us;
	unsigned int turns, i;

	for (i = 0; i < run->peers[0].nb_conns; i++)
		sim_peer_connect(&run->peers[0], run->stacks[0].tcp, rte_cpu_to_be_32(SERVER),
				 rte_cpu_to_be_16(SERVER_PORT), i);
	for (turns = 0; turns < TURNS_MAX; turns++) {
		sim_wire_advance(run->wire, now_us);
		trouble(run, now_us);
		next_us = sim_wire_next_us(run->wire);
		for (i = 0; i < 2; i++) {
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
		    tcp_conn_count(run->stacks[0].tcp) == 0 &&
		    tcp_conn_count(run->stacks[1].tcp) == 0)
			return NULL;
		if (next_us == UINT64_MAX && ask_half_open(run))
			continue;
		if (next_us == UINT64_MAX)
			return "stuck: nothing will ever happen";
		if (run->watch.wrong != NULL)
			return run->watch.wrong;
		now_us = RTE_MAX(next_us, now_us + 1);
		if (now_us > END_US)
			return "stuck: out of time";
	}
	return "stuck: out of turns";
}

static void
trouble(struct run *run, uint64_t now_us)
{
	unsigned int i;

	sim_wire_cut(run->wire, now_us - run->cut_us < CUT_TIME_US);
	for (i = 0; run->pressure && i < 2; i++)
		tcp_set_pressure(run->stacks[i].tcp, sim_random_below(&run->random, 4) == 0);
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
	for (i = 0; run->calm && i < 2; i++)
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

	printf("seed %" PRIu64 ": %s\n", run->seed, wrong);
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
		report_end(run, 0, i);
		report_end(run, 1, i);
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

static void
report_end(struct run *run, unsigned int end, unsigned int index)
{
	const struct sim_peer_conn *conn = &run->peers[end].conns[index];
	struct tcp_conn_info info = {.state = TCP_CLOSED};

	if (conn->tcp != NULL)
		tcp_conn_info(conn->tcp, &info);
	printf("    %s: %s, sent %" PRIu32 " of %" PRIu32 ", received %" PRIu32 " of %" PRIu32
	       ", error %d%s%s%s%s\n",
	       end == 0 ? "client" : "server", tcp_state_name(info.state), conn->sent,
	       conn->plan.send_bytes, conn->received, conn->plan.expect_bytes, conn->error,
	       conn->opened ? "" : ", never opened", conn->told_closed ? ", closed" : "",
	       conn->plan.close_last ? ", closes last" : "",
	       conn->plan.abort_after != 0 ? ", aborts" : "");
	if (conn->tcp != NULL)
		printf("      una %" PRIu32 " nxt %" PRIu32 " queued %" PRIu32 " wnd %" PRIu32
		       " cwnd %" PRIu32 " unread %" PRIu32 " offers %" PRIu32 "\n",
		       info.snd_una, info.snd_nxt, info.send_bytes, info.snd_wnd, info.cwnd_bytes,
		       info.receive_bytes, info.rcv_wnd);
}

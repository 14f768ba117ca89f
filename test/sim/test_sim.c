/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Two stacks on a virtual wire, or up to five on a switch: transfers both ways under loss,
 * repetition, reordering and corruption, over links that go away and become narrow. Everything
 * follows from the seed: a run that fails prints its seed, and test_sim --seed SEED --runs 1
 * replays it bit for bit.
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
#include "sim_progress.h"
#include "sim_random.h"
#include "sim_seeds.h"
#include "sim_stack.h"
#include "sim_watch.h"
#include "sim_wire.h"
#include "test_eal.h"

#define HOSTS_MAX SIM_WIRE_ENDS_MAX
#define SERVER_PORT 7

/* By then everything is over but for who waits for a reset that was lost. */
#define ASK_US (10 * 60 * UINT64_C(1000000))

/* Which hosts a connection is between. */
struct pair {
	unsigned int client;
	unsigned int server;
};

struct run {
	uint64_t seed;
	struct sim_random random;
	struct sim_plan plan;
	struct sim_wire *wire;
	struct sim_pcap *record; /* of what is put on it */
	unsigned int nb_hosts;
	struct sim_stack stacks[HOSTS_MAX];
	struct sim_peer peers[HOSTS_MAX];
	unsigned int nb_conns;
	struct pair pairs[SIM_PEER_CONNS_MAX];
	struct sim_watch watch;
	struct sim_progress progress;
	uint64_t digest; /* of all that happened, to compare two replays */
};

static const char *run_seed(uint64_t seed, struct sim_pcap *record, uint64_t *digest);
static void run_init(struct run *run);
static void host_init(struct run *run, unsigned int host);
static void introduce(struct run *run, unsigned int host);
static struct tr_addr host_addr(unsigned int host, bool ipv6);
static void plan_conn(struct run *run, unsigned int index);
static void choose_pair(struct run *run, unsigned int index, bool one_server);
static const char *run_until_end(struct run *run);
static uint64_t turn(struct run *run, uint64_t now_us);
static uint64_t open_conns(struct run *run, uint64_t now_us);
static bool has_ended(const struct run *run);
static bool has_stuck(struct run *run, uint64_t now_us);
static bool ask_half_open(struct run *run);
static const char *judge(const struct run *run);
static bool conn_lacks(const struct run *run, unsigned int index, const char **wrong);
static struct sim_peer_conn *client_of(struct run *run, unsigned int index);
static struct sim_peer_conn *server_of(struct run *run, unsigned int index);
static void report(struct run *run, const char *wrong);
static void report_stack(const struct run *run, unsigned int host);

/* Shows: MUST-3, SHLD-14, SHLD-31, 7323-always. */
int
main(int argc, char **argv)
{
	static const struct sim_seeds seeds = {.name = "sim", .runs = 5000, .run = run_seed};

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
	/* What the stacks still hold at an orderly end is a leak. */
	if (wrong == NULL && test_pools_lacking() != 0)
		sim_seeds_failed(seed, wrong = "mbufs leaked");
	for (i = 0; i < run.nb_hosts; i++)
		sim_stack_deinit(&run.stacks[i]);
	sim_wire_destroy(run.wire);
	return wrong;
}

static void
run_init(struct run *run)
{
	struct sim_random *random = &run->random;
	bool one_server;
	unsigned int i;

	sim_plan_run(&run->plan, random, HOSTS_MAX);
	run->nb_hosts = run->plan.wire.nb_ends;
	run->wire = sim_wire_create(&run->plan.wire, sim_random_next(random));
	if (run->wire == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for the wire\n");
	sim_watch_init(&run->watch, SIM_PEER_PORT, run->plan.wire.mtu);
	sim_progress_init(&run->progress, sim_plan_stall_us(&run->plan));
	sim_wire_set_record(run->wire, run->record);
	sim_wire_set_watch(run->wire, sim_watch_frame, &run->watch);
	for (i = 0; i < run->nb_hosts; i++)
		host_init(run, i);
	run->nb_conns = 1 + sim_random_below(random, SIM_PEER_CONNS_MAX);
	one_server = sim_random_below(random, 2) == 0;
	for (i = 0; i < run->nb_conns; i++) {
		choose_pair(run, i, one_server);
		plan_conn(run, i);
	}
}

static void
host_init(struct run *run, unsigned int host)
{
	static const char *const names[HOSTS_MAX] = {"host0", "host1", "host2", "host3", "host4"};
	struct sim_random *random = &run->random;
	const struct sim_plan *plan = &run->plan;
	struct sim_stack_config config = {
		.name = names[host],
		.port = sim_wire_port(run->wire, host),
		.addr = host_addr(host, false),
		.events = &sim_peer_events,
		.events_arg = &run->peers[host],
		.watch = &run->watch,
		.nb_mbufs = 64u << sim_random_below(random, 5),
		.nb_segment_mbufs = plan->calm ? 1024 : 2u << sim_random_below(random, 6),
		.nb_control_mbufs = plan->calm ? 1024 : 4u << sim_random_below(random, 5),
		.receive_window_bytes = 2048 << sim_random_below(random, 7),
		.seed = sim_random_next(random),
	};

	if (plan->wire.mtu >= SIM_PLAN_IPV6_MTU)
		config.ipv6 = host_addr(host, true);
	sim_stack_init(&run->stacks[host], &config);
	run->peers[host].nb_conns = SIM_PEER_CONNS_MAX;
	if (plan->calm)
		introduce(run, host);
	tcp_listen(run->stacks[host].tcp, tr_addr_none(), rte_cpu_to_be_16(SERVER_PORT), run);
}

/* Of packets to a neighbour that has yet to be found only the latest wait. */
static void
introduce(struct run *run, unsigned int host)
{
	struct ip_neighbour neighbour;
	unsigned int i, ipv6;

	for (i = 0; i < run->nb_hosts; i++) {
		for (ipv6 = 0; i != host && ipv6 < 2; ipv6++) {
			neighbour = (struct ip_neighbour){
				.addr = host_addr(i, ipv6),
				.mac = sim_wire_port(run->wire, i)->mac,
			};
			ip_neighbour_update(run->stacks[host].ip, &neighbour, 0);
		}
	}
}

static struct tr_addr
host_addr(unsigned int host, bool ipv6)
{
	return ipv6 ? (struct tr_addr){{0xfd, [15] = host + 1}}
		    : tr_addr_ipv4(rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, host + 1)));
}

static void
choose_pair(struct run *run, unsigned int index, bool one_server)
{
	struct pair *pair = &run->pairs[index];

	pair->server = one_server ? 1 : sim_random_below(&run->random, run->nb_hosts);
	pair->client = (pair->server + 1 + sim_random_below(&run->random, run->nb_hosts - 1)) %
		       run->nb_hosts;
}

static void
plan_conn(struct run *run, unsigned int index)
{
	struct sim_random *random = &run->random;
	struct sim_peer_plan *client = &client_of(run, index)->plan;
	struct sim_peer_plan *server = &server_of(run, index)->plan;

	sim_plan_side(client_of(run, index), random);
	sim_plan_side(server_of(run, index), random);
	sim_plan_expect(client, server->stream_seed, server->send_bytes);
	sim_plan_expect(server, client->stream_seed, client->send_bytes);
	sim_plan_open(&run->plan, client, random);
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
	unsigned int turns;

	for (turns = 0; turns < SIM_PLAN_TURNS_MAX; turns++) {
		next_us = turn(run, now_us);
		if (has_ended(run))
			return NULL;
		if ((next_us == UINT64_MAX || now_us > ASK_US) && ask_half_open(run))
			continue;
		if (next_us == UINT64_MAX)
			return "stuck: nothing will ever happen";
		if (run->watch.wrong != NULL)
			return run->watch.wrong;
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
	unsigned int i;

	sim_wire_advance(run->wire, now_us);
	sim_plan_links(&run->plan, run->wire, now_us);
	next_us = RTE_MIN(open_conns(run, now_us), sim_wire_next_us(run->wire));
	for (i = 0; i < run->nb_hosts; i++) {
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
	return RTE_MIN(next_us, sim_wire_next_us(run->wire));
}

/* Returns when the next one is to be opened. */
static uint64_t
open_conns(struct run *run, uint64_t now_us)
{
	uint64_t next_us = UINT64_MAX;
	const struct pair *pair;
	struct sim_peer_conn *conn;
	unsigned int i;

	for (i = 0; i < run->nb_conns; i++) {
		pair = &run->pairs[i];
		conn = client_of(run, i);
		if (conn->asked_to_open)
			continue;
		if (now_us < conn->plan.open_us) {
			next_us = RTE_MIN(next_us, conn->plan.open_us);
			continue;
		}
		sim_peer_connect(&run->peers[pair->client], run->stacks[pair->client].tcp,
				 host_addr(pair->server, conn->plan.ipv6),
				 rte_cpu_to_be_16(SERVER_PORT), i);
	}
	return next_us;
}

static bool
has_ended(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->nb_conns; i++)
		if (!run->peers[run->pairs[i].client].conns[i].asked_to_open)
			return false;
	for (i = 0; i < run->nb_hosts; i++)
		if (!sim_peer_ended(&run->peers[i]) ||
		    !sim_stack_idle(run->stacks[i].ip, run->stacks[i].tcp))
			return false;
	return true;
}

/* What the wire loses and what pressure refuses is nobody's fault. */
static bool
has_stuck(struct run *run, uint64_t now_us)
{
	uint64_t excuses = sim_wire_lost(run->wire);
	unsigned int i;

	for (i = 0; i < run->nb_hosts; i++)
		excuses += tcp_stats(run->stacks[i].tcp)->drop_pressure;
	if (!sim_progress_due(&run->progress, excuses, now_us))
		return false;
	for (i = 0; i < run->nb_conns; i++)
		if (sim_progress_is_stuck(&run->progress, i, client_of(run, i), server_of(run, i),
					  now_us))
			return true;
	return false;
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

	for (i = 0; i < run->nb_conns; i++)
		if (server_of(run, i)->error == -ECONNABORTED)
			asked |= sim_peer_ask(&run->peers[run->pairs[i].client], i);
	return asked;
}

static const char *
judge(const struct run *run)
{
	const char *wrong = NULL;
	unsigned int i;

	if (run->watch.wrong != NULL)
		return run->watch.wrong;
	for (i = 0; i < run->nb_hosts; i++)
		if (run->peers[i].corrupt)
			return "bytes differ";
	for (i = 0; i < run->nb_conns; i++)
		if (conn_lacks(run, i, &wrong))
			return wrong;
	for (i = 0; run->plan.calm && i < run->nb_hosts; i++)
		if (tcp_stats(run->stacks[i].tcp)->retransmit_timeouts > 0 ||
		    tcp_stats(run->stacks[i].tcp)->fast_retransmits > 0)
			return "sent again what was not lost";
	return NULL;
}

/* A reset is an end like any other, if one side asked for it: else every byte must be there. */
static bool
conn_lacks(const struct run *run, unsigned int index, const char **wrong)
{
	const struct pair *pair = &run->pairs[index];
	const struct sim_peer_conn *client = &run->peers[pair->client].conns[index];
	const struct sim_peer_conn *server = &run->peers[pair->server].conns[index];

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

static struct sim_peer_conn *
client_of(struct run *run, unsigned int index)
{
	return &run->peers[run->pairs[index].client].conns[index];
}

static struct sim_peer_conn *
server_of(struct run *run, unsigned int index)
{
	return &run->peers[run->pairs[index].server].conns[index];
}

/* A line for each host, and two for each connection in question. */
static void
report(struct run *run, const char *wrong)
{
	const char *lack;
	unsigned int i;

	sim_seeds_failed(run->seed, wrong);
	for (i = 0; i < run->nb_hosts; i++)
		report_stack(run, i);
	if (wrong == run->watch.wrong)
		printf("  connection %u, by host %u: %s\n", run->watch.wrong_conn,
		       run->watch.wrong_end, run->watch.segment);
	for (i = 0; i < run->nb_conns; i++) {
		lack = "";
		if (!conn_lacks(run, i, &lack) && i != run->watch.wrong_conn)
			continue;
		printf("  connection %u, host %u to host %u%s: %s\n", i, run->pairs[i].client,
		       run->pairs[i].server, client_of(run, i)->plan.ipv6 ? ", IPv6" : "", lack);
		sim_peer_print(&run->peers[run->pairs[i].client], i, "client");
		sim_peer_print(&run->peers[run->pairs[i].server], i, "server");
	}
}

/* What may have to do with it. */
static void
report_stack(const struct run *run, unsigned int host)
{
	const struct tcp_stats *stats = tcp_stats(run->stacks[host].tcp);

	printf("  host %u: %" PRIu64 " segments, %" PRIu64 " sent again, %" PRIu64
	       " timeouts, %" PRIu64 " fast, %" PRIu64 " probes, starved %" PRIu64
	       ", dropped for pressure %" PRIu64 ", window %" PRIu64 ", reassembly %" PRIu64 "\n",
	       host, stats->tx_segments, stats->retransmits, stats->retransmit_timeouts,
	       stats->fast_retransmits, stats->window_probes, stats->send_starved,
	       stats->drop_pressure, stats->drop_window, stats->drop_reassembly);
}

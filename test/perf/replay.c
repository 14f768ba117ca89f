/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The whole path of a request, from the port and back to it, played to one core in one thread:
 * the same segments at the same times on every run, so that callgrind counts the same instructions.
 * test/perf/instructions.sh runs it and reads what callgrind wrote; alone it checks that every
 * answer is the right one, byte for byte, which it does under callgrind as well.
 *
 * A turn gives each connection one batch of requests, and calls core_poll() until all are
 * answered. Callgrind collects inside of core_poll(), or of the engine thread's rounds, which
 * are called between two of them; warming up and the clients are not collected. Each case has a
 * core of its own and ends with a dump under its name.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_errno.h>
#include <valgrind/callgrind.h>

#include "core.h"
#include "mc.h"
#include "replay_client.h"
#include "submit_private.h"
#include "test_eal.h"

#define KEYS 1024
#define KEY_BYTES 32
#define VALUE_MIN 64
#define VALUE_SPAN 37 /* lengths: up to 100 bytes */
#define NULL_ENGINE "null,value=64"

/*
 * Requests of a case that are counted, after as many of its kind, and after stores that touch
 * each key and each object of the pool of requests, which comes back last of all.
 */
#define REQUESTS 2048
#define STORES_FIRST 4096

#define DEPTH_MAX 16
#define POLL_US 5
#define POLLS_MAX 16 /* of one turn: more and the answer will not come */

/* As core_server has it. */
#define RX_MBUFS 16384
#define RX_MBUF_CACHE 256

enum engine_kind {
	ENGINE_NULL,
	ENGINE_DRAM,
	ENGINE_RINGS, /* dram by dispatch and submit, as with an engine thread */
	ENGINE_THREAD, /* the same, and what the thread does is counted, not the core */
	ENGINE_KINDS,
};

static const char *const engine_names[ENGINE_KINDS] = {"null", "dram", "rings", "thread"};

struct replay_case {
	enum engine_kind engine;
	unsigned int conns;
	unsigned int depth;
	bool set;
};

struct replay {
	struct replay_case now;
	struct replay_port port;
	struct replay_client clients[REPLAY_CLIENTS_MAX];
	struct rte_mempool *rx_mbufs;
	struct mc_stats *mc_stats;
	struct tr_submit *submit;
	struct tr_engine engine;
	struct core *core;
	uint64_t now_us;
	unsigned int next_key;
	/* The batch on its way: what each client expects. */
	uint8_t expected[REPLAY_CLIENTS_MAX][REPLAY_BYTES_MAX];
	uint32_t nb_expected[REPLAY_CLIENTS_MAX];
};

static void run_case(struct replay *replay);
static void create(struct replay *replay);
static void destroy(struct replay *replay);
static void connect_all(struct replay *replay);
static void turn(struct replay *replay, unsigned int depth, bool set);
static void send_batch(struct replay *replay, unsigned int client, unsigned int depth, bool set);
static bool answered(const struct replay *replay);
static void poll_core(struct replay *replay);
static void run_engine_thread(struct replay *replay);

int
main(void)
{
	static const unsigned int conns[] = {1, 64}, depths[] = {1, DEPTH_MAX};
	static struct replay replay;
	unsigned int engine, i, j, set;

	test_eal_init();
	replay.rx_mbufs = rte_pktmbuf_pool_create("core0_rx", RX_MBUFS, RX_MBUF_CACHE, 0,
						  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	RTE_VERIFY(replay.rx_mbufs != NULL);
	for (engine = 0; engine < ENGINE_KINDS; engine++)
		for (set = 0; set < 2; set++)
			for (i = 0; i < RTE_DIM(conns); i++)
				for (j = 0; j < RTE_DIM(depths); j++) {
					replay.now = (struct replay_case){
						.engine = engine,
						.conns = conns[i],
						.depth = depths[j],
						.set = set != 0,
					};
					run_case(&replay);
				}
	RTE_VERIFY(test_pools_lacking() == 0);
	rte_mempool_free(replay.rx_mbufs);
	return EXIT_SUCCESS;
}

static void
run_case(struct replay *replay)
{
	const struct replay_case *now = &replay->now;
	unsigned int turns = REQUESTS / (now->conns * now->depth);
	char name[64];
	unsigned int i;

	create(replay);
	CALLGRIND_START_INSTRUMENTATION;
	connect_all(replay);
	/* What is asked for is there, and what is set replaces something. */
	for (i = 0; i < STORES_FIRST; i += now->conns * DEPTH_MAX)
		turn(replay, DEPTH_MAX, true);
	for (i = 0; i < turns; i++)
		turn(replay, now->depth, now->set);

	CALLGRIND_ZERO_STATS;
	for (i = 0; i < turns; i++)
		turn(replay, now->depth, now->set);
	snprintf(name, sizeof(name), "%s_depth%u_conns%u_%s", now->set ? "set" : "get", now->depth,
		 now->conns, engine_names[now->engine]);
	CALLGRIND_DUMP_STATS_AT(name);
	CALLGRIND_STOP_INSTRUMENTATION;
	printf("%s %u\n", name, turns * now->conns * now->depth);
	destroy(replay);
}

static void
create(struct replay *replay)
{
	const struct tr_core_config server = {
		.ipv4 = {.addr = tr_addr_ipv4(REPLAY_SERVER), .prefix_len = 24},
		.conns_max = 4096,
		.credits = STORES_FIRST,
		.value_max = 1 << 20,
		.body_budget_bytes = 16 << 20,
		.body_timeout_ms = 10000,
		.request_timeout_ms = 10000,
		.send_timeout_ms = 60000,
		.send_max_bytes = 1 << 20,
	};
	static const char *const directories[] = {TEST_ENGINE_DIR, NULL};
	bool rings = replay->now.engine >= ENGINE_RINGS;
	struct submit_config submit = {
		.nb_cores = 1, .nb_threads = rings, .credits = server.credits};
	struct tr_engine_config engine = {
		.nb_cores = 1,
		.nb_executors = 1,
		.partitioned = true,
		.prepared_bytes = server.body_budget_bytes,
		.value_max = server.value_max,
		.requests_max = server.credits,
		.directories = directories,
	};
	struct core_config core = {
		.server = &server,
		.engine = &replay->engine,
		.port = &replay->port.port,
		.rx_mbufs = replay->rx_mbufs,
		.now_us = 1,
	};
	struct core_listener listener = {.port = REPLAY_SERVER_PORT, .ops = &mc_protocol};
	struct mc_config mc = {.version = "replay"};
	const struct ip_neighbour client = {.addr = tr_addr_ipv4(REPLAY_CLIENT),
					    .mac = {{0x02, 0, 0, 0, 0, 1}}};
	char error[256];

	replay->now_us = 1;
	replay->next_key = 0;
	replay_port_init(&replay->port, replay->rx_mbufs);
	replay->submit = submit_create(&submit);
	RTE_VERIFY(replay->submit != NULL);
	engine.submit = replay->submit;
	if (tr_engine_open(replay->now.engine == ENGINE_NULL ? NULL_ENGINE : "dram", &engine,
			   &replay->engine, error, sizeof(error)) < 0)
		rte_panic("%s\n", error);
	/* submit_start() without its threads: their rounds are called from here. */
	replay->submit->ops = replay->engine.ops;
	replay->submit->engine = replay->engine.instance;
	core.submit = replay->submit;
	replay->core = core_create(&core);
	RTE_VERIFY(replay->core != NULL);
	ip_neighbour_update(replay->core->ip, &client, replay->now_us);
	replay->mc_stats = mc_stats_create(1);
	RTE_VERIFY(replay->mc_stats != NULL);
	mc.stats = replay->mc_stats;
	listener.protocol = mc_protocol.create(&mc, 0);
	RTE_VERIFY(listener.protocol != NULL);
	RTE_VERIFY(core_listen(replay->core, &listener) == 0);
}

/* The clients forget their connections, and the core resets its own. */
static void
destroy(struct replay *replay)
{
	unsigned int i;

	core_abort(replay->core);
	for (i = 0; i < replay->port.nb_tx; i++)
		rte_pktmbuf_free(replay->port.tx[i]);
	core_destroy(replay->core);
	mc_stats_destroy(replay->mc_stats);
	tr_engine_close(&replay->engine);
	submit_destroy(replay->submit);
}

static void
connect_all(struct replay *replay)
{
	struct replay_client *client;
	unsigned int i;

	for (i = 0; i < replay->now.conns; i++) {
		client = &replay->clients[i];
		*client = (struct replay_client){.addr = REPLAY_CLIENT,
						 .port = rte_cpu_to_be_16(30000 + i),
						 .seq = 1000 * i};
		replay_client_open(&replay->port, client, WIRE_TCP_SYN);
	}
	poll_core(replay);
	for (i = 0; i < replay->now.conns; i++) {
		RTE_VERIFY(replay->clients[i].ack != 0);
		replay_client_open(&replay->port, &replay->clients[i], WIRE_TCP_ACK);
	}
	poll_core(replay);
}

static void
turn(struct replay *replay, unsigned int depth, bool set)
{
	unsigned int i;

	for (i = 0; i < replay->now.conns; i++)
		send_batch(replay, i, depth, set);
	for (i = 0; i < POLLS_MAX && !answered(replay); i++) {
		poll_core(replay);
		run_engine_thread(replay);
	}
	RTE_VERIFY(answered(replay));
	for (i = 0; i < replay->now.conns; i++)
		RTE_VERIFY(memcmp(replay->clients[i].received, replay->expected[i],
				  replay->nb_expected[i]) == 0);
}

/* A client's requests, and what must come back. */
static void
send_batch(struct replay *replay, unsigned int client, unsigned int depth, bool set)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";
	char *expected = (char *)replay->expected[client], *to = expected;
	char batch[REPLAY_BYTES_MAX], value[VALUE_MIN + VALUE_SPAN], key[KEY_BYTES + 1];
	char *at = batch;
	unsigned int i, j, len, number;

	for (i = 0; i < sizeof(value); i++)
		value[i] = alphabet[i % 26];
	for (j = 0; j < depth; j++) {
		number = replay->next_key++ % KEYS;
		snprintf(key, sizeof(key), "replay-key-%021u", number);
		len = VALUE_MIN;
		if (replay->now.engine != ENGINE_NULL)
			len += number % VALUE_SPAN;
		if (set) {
			at += sprintf(at, "set %s 0 0 %u\r\n%.*s\r\n", key, len, len, value);
			to += sprintf(to, "STORED\r\n");
		} else {
			at += sprintf(at, "get %s\r\n", key);
			to += sprintf(to, "VALUE %s 0 %u\r\n%.*s\r\nEND\r\n", key, len, len, value);
		}
	}
	replay->nb_expected[client] = to - expected;
	replay->clients[client].nb_received = 0;
	replay_client_send(&replay->port, &replay->clients[client], (const uint8_t *)batch,
			   at - batch, replay->now_us);
}

static bool
answered(const struct replay *replay)
{
	unsigned int i;

	for (i = 0; i < replay->now.conns; i++)
		if (replay->clients[i].nb_received < replay->nb_expected[i])
			return false;
	return true;
}

static void
poll_core(struct replay *replay)
{
	bool counted = replay->now.engine != ENGINE_THREAD;

	replay->now_us += POLL_US;
	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
	core_poll(replay->core, replay->now_us);
	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
	replay_port_read(&replay->port, replay->clients, replay->now.conns);
}

static void
run_engine_thread(struct replay *replay)
{
	bool counted = replay->now.engine == ENGINE_THREAD;

	if (replay->now.engine < ENGINE_RINGS)
		return;
	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
	while (submit_thread_round(&replay->submit->threads[0]) > 0)
		;
	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A million connections to one core, which idle but for a request on any of them now and then: what
 * they take of DPDK's memory, all of which is 1 GiB here, and with callgrind or cachegrind how
 * often a segment has to wait for it. test/perf/idle.sh runs it.
 *
 * A connection that was idle sends a request, is answered in the same turn, and acknowledges that
 * 40 ms later, as Linux does: three segments. They are chosen at random, so that of what the core
 * knows of one nothing is in a cache. Keepalive is on, as in the server, so that each has a timer.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <valgrind/callgrind.h>

#include "core.h"
#include "mc.h"
#include "replay_client.h"
#include "submit_private.h"
#include "test_eal.h"

#define CONNS 1000000
#define REQUESTS 100000
#define FIRST_CLIENT 0x0a000010u /* address of the first clients */
#define ADDR_CONNS 50000 /* from one address */
#define BATCH 16 /* requests, or handshakes, of a turn */
#define TURN_US 160 /* so that a second has 100,000 requests */
#define ACK_TURNS 250 /* until the ACK: 40 ms */
#define WARM_TURNS 4000
#define SETTLE_MS 3000
#define SEED 7

/* As core_server has it. */
#define RX_MBUFS 16384
#define RX_MBUF_CACHE 256
#define CREDITS 1024

/* What a client knows of its connection. */
struct peer {
	uint32_t seq;
	uint32_t ack;
	uint32_t ts_echo;
};

struct idle {
	struct replay_port port;
	struct rte_mempool *rx_mbufs;
	struct mc_stats *mc_stats;
	struct tr_submit *submit;
	struct tr_engine engine;
	struct core *core;
	uint64_t now_us;
	uint64_t random;
	uint32_t nb_conns;
	uint32_t turn;
	struct peer *peers;
	struct replay_client clients[BATCH];
	uint32_t asked[ACK_TURNS][BATCH]; /* in each of the last turns, to be acknowledged */
};

static void create(struct idle *idle);
static void destroy(struct idle *idle);
static size_t heap_bytes(void);
static void connect_all(struct idle *idle);
static void settle(struct idle *idle);
static void turn(struct idle *idle);
static void acknowledge(struct idle *idle, const uint32_t *conns);
static void ask(struct idle *idle, const uint32_t *conns);
static void load(struct idle *idle, unsigned int client, uint32_t conn);
static void store(struct idle *idle, unsigned int client, uint32_t conn);
static void poll_core(struct idle *idle);
static uint32_t choose(struct idle *idle, const uint32_t *chosen, unsigned int nb);

int
main(int argc, char **argv)
{
	static struct idle idle = {.nb_conns = CONNS, .random = SEED};
	uint32_t requests = REQUESTS, i;
	uint64_t frames;
	size_t bytes;
	int option;

	while ((option = getopt(argc, argv, "c:r:")) != -1) {
		if (option == 'c')
			idle.nb_conns = strtoul(optarg, NULL, 0);
		else if (option == 'r')
			requests = strtoul(optarg, NULL, 0);
		else
			return EXIT_FAILURE;
	}
	test_eal_init();
	bytes = heap_bytes();
	create(&idle);
	bytes = heap_bytes() - bytes;
	connect_all(&idle);
	settle(&idle);
	RTE_VERIFY(tcp_conn_count(idle.core->tcp) == idle.nb_conns);
	printf("connections %u\npools_bytes %zu\npools_bytes_each %zu\n", idle.nb_conns, bytes,
	       bytes / idle.nb_conns);

	CALLGRIND_START_INSTRUMENTATION;
	for (i = 0; i < WARM_TURNS; i++)
		turn(&idle);
	CALLGRIND_ZERO_STATS;
	frames = idle.core->stats.rx_frames + idle.core->stats.tx_frames;
	for (i = 0; i < requests / BATCH; i++)
		turn(&idle);
	CALLGRIND_DUMP_STATS_AT("idle");
	CALLGRIND_STOP_INSTRUMENTATION;
	frames = idle.core->stats.rx_frames + idle.core->stats.tx_frames - frames;
	printf("requests %u\nsegments %" PRIu64 "\n", requests / BATCH * BATCH, frames);
	RTE_VERIFY(tcp_conn_count(idle.core->tcp) == idle.nb_conns);
	destroy(&idle);
	return EXIT_SUCCESS;
}

static void
create(struct idle *idle)
{
	const struct tr_core_config server = {
		.ipv4 = {.addr = tr_addr_ipv4(REPLAY_SERVER), .prefix_len = 24},
		.conns_max = idle->nb_conns,
		.credits = CREDITS,
		.value_max = 1 << 20,
		.body_budget_bytes = 16 << 20,
		.body_timeout_ms = 10000,
		.request_timeout_ms = 10000,
		.send_timeout_ms = 60000,
		.send_max_bytes = 1 << 20,
	};
	static const char *const directories[] = {TEST_ENGINE_DIR, NULL};
	struct submit_config submit = {.nb_cores = 1, .credits = CREDITS};
	struct tr_engine_config engine = {
		.nb_cores = 1,
		.nb_executors = 1,
		.partitioned = true,
		.prepared_bytes = server.body_budget_bytes,
		.value_max = server.value_max,
		.requests_max = CREDITS,
		.directories = directories,
	};
	struct core_config core = {
		.server = &server,
		.engine = &idle->engine,
		.port = &idle->port.port,
		.now_us = 1,
	};
	struct core_listener listener = {.port = REPLAY_SERVER_PORT, .ops = &mc_protocol};
	struct mc_config mc = {.version = "idle"};
	struct ip_neighbour client = {.mac = {{0x02, 0, 0, 0, 0, 1}}};
	char error[256];
	uint32_t i;

	idle->now_us = 1;
	idle->rx_mbufs = rte_pktmbuf_pool_create("core0_rx", RX_MBUFS, RX_MBUF_CACHE, 0,
						 RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	RTE_VERIFY(idle->rx_mbufs != NULL);
	core.rx_mbufs = idle->rx_mbufs;
	replay_port_init(&idle->port, idle->rx_mbufs);
	idle->submit = submit_create(&submit);
	RTE_VERIFY(idle->submit != NULL);
	engine.submit = idle->submit;
	if (tr_engine_open("null,value=64", &engine, &idle->engine, error, sizeof(error)) < 0)
		rte_panic("%s\n", error);
	idle->submit->ops = idle->engine.ops;
	idle->submit->engine = idle->engine.instance;
	core.submit = idle->submit;
	idle->core = core_create(&core);
	if (idle->core == NULL)
		rte_panic("no core: %s\n", rte_strerror(rte_errno));
	for (i = 0; i <= idle->nb_conns / ADDR_CONNS; i++) {
		client.addr = tr_addr_ipv4(rte_cpu_to_be_32(FIRST_CLIENT + i));
		ip_neighbour_update(idle->core->ip, &client, idle->now_us);
	}
	idle->mc_stats = mc_stats_create(1);
	RTE_VERIFY(idle->mc_stats != NULL);
	mc.stats = idle->mc_stats;
	listener.protocol = mc_protocol.create(&mc, 0);
	RTE_VERIFY(listener.protocol != NULL);
	RTE_VERIFY(core_listen(idle->core, &listener) == 0);
	/* Not DPDK's: it is no part of what is measured. */
	idle->peers = calloc(idle->nb_conns, sizeof(*idle->peers));
	RTE_VERIFY(idle->peers != NULL);
}

static void
destroy(struct idle *idle)
{
	unsigned int i;

	core_abort(idle->core);
	for (i = 0; i < idle->port.nb_tx; i++)
		rte_pktmbuf_free(idle->port.tx[i]);
	core_destroy(idle->core);
	mc_stats_destroy(idle->mc_stats);
	tr_engine_close(&idle->engine);
	submit_destroy(idle->submit);
	RTE_VERIFY(test_pools_lacking() == 0);
	rte_mempool_free(idle->rx_mbufs);
	free(idle->peers);
}

/* What pools and tables have of DPDK's memory. */
static size_t
heap_bytes(void)
{
	struct rte_malloc_socket_stats stats;
	size_t bytes = 0;
	int socket;

	for (socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats(socket, &stats) == 0)
			bytes += stats.heap_allocsz_bytes;
	return bytes;
}

static void
connect_all(struct idle *idle)
{
	uint32_t first, nb, i;

	for (first = 0; first < idle->nb_conns; first += nb) {
		nb = RTE_MIN(idle->nb_conns - first, (uint32_t)BATCH);
		for (i = 0; i < nb; i++) {
			idle->peers[first + i].seq = 1000 * (first + i);
			load(idle, i, first + i);
			replay_client_open(&idle->port, &idle->clients[i], WIRE_TCP_SYN);
		}
		poll_core(idle);
		for (i = 0; i < nb; i++) {
			RTE_VERIFY(idle->clients[i].ack != 0);
			replay_client_open(&idle->port, &idle->clients[i], WIRE_TCP_ACK);
		}
		poll_core(idle);
		for (i = 0; i < nb; i++)
			store(idle, i, first + i);
	}
}

/* The timers of the handshakes, and their places. */
static void
settle(struct idle *idle)
{
	unsigned int i;

	for (i = 0; i < SETTLE_MS; i++) {
		idle->now_us += 1000;
		core_poll(idle->core, idle->now_us);
	}
}

static void
turn(struct idle *idle)
{
	uint32_t *conns = idle->asked[idle->turn % ACK_TURNS];
	unsigned int i;

	if (idle->turn >= ACK_TURNS)
		acknowledge(idle, conns);
	for (i = 0; i < BATCH; i++)
		conns[i] = choose(idle, conns, i);
	ask(idle, conns);
	idle->turn++;
}

static void
acknowledge(struct idle *idle, const uint32_t *conns)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		load(idle, i, conns[i]);
		replay_client_ack(&idle->port, &idle->clients[i], idle->now_us);
	}
}

/* Each is answered in the turn, whole. */
static void
ask(struct idle *idle, const uint32_t *conns)
{
	static const char get[] = "get idle-key-0123456789-0123456789\r\n";
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		load(idle, i, conns[i]);
		replay_client_send(&idle->port, &idle->clients[i], (const uint8_t *)get,
				   strlen(get), idle->now_us);
	}
	poll_core(idle);
	for (i = 0; i < BATCH; i++) {
		RTE_VERIFY(idle->clients[i].nb_received > 64);
		RTE_VERIFY(memcmp(idle->clients[i].received, "VALUE idle-key", 14) == 0);
		store(idle, i, conns[i]);
	}
}

static void
load(struct idle *idle, unsigned int client, uint32_t conn)
{
	const struct peer *peer = &idle->peers[conn];
	struct replay_client *to = &idle->clients[client];

	to->addr = rte_cpu_to_be_32(FIRST_CLIENT + conn / ADDR_CONNS);
	to->port = rte_cpu_to_be_16(10000 + conn % ADDR_CONNS);
	to->seq = peer->seq;
	to->ack = peer->ack;
	to->ts_echo = peer->ts_echo;
	to->nb_received = 0;
}

static void
store(struct idle *idle, unsigned int client, uint32_t conn)
{
	const struct replay_client *from = &idle->clients[client];

	idle->peers[conn] =
		(struct peer){.seq = from->seq, .ack = from->ack, .ts_echo = from->ts_echo};
}

static void
poll_core(struct idle *idle)
{
	idle->now_us += TURN_US;
	CALLGRIND_TOGGLE_COLLECT;
	core_poll(idle->core, idle->now_us);
	CALLGRIND_TOGGLE_COLLECT;
	replay_port_read(&idle->port, idle->clients, BATCH);
}

/* Another than those of this turn, which nearly always was idle. */
static uint32_t
choose(struct idle *idle, const uint32_t *chosen, unsigned int nb)
{
	uint32_t conn;
	unsigned int i;

	do {
		idle->random = idle->random * UINT64_C(6364136223846793005) + 1;
		conn = (idle->random >> 33) % idle->nb_conns;
		for (i = 0; i < nb && chosen[i] != conn; i++)
			;
	} while (i < nb);
	return conn;
}

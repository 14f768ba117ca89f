/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * What gets through a long link that loses frames at random, in virtual time: one stream, for a
 * minute, from several seeds. Beside it stands what RFC 5681 gives by its response function
 * (RFC 3649 section 2): 1.2 / sqrt(p) segments a round trip. Far below it, or above, something is
 * wrong with loss recovery or with the window.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "sim_peer.h"
#include "sim_stack.h"
#include "sim_wire.h"
#include "test_eal.h"

#define CLIENT RTE_IPV4(10, 0, 0, 1)
#define SERVER RTE_IPV4(10, 0, 0, 2)
#define SERVER_PORT 7

#define RATE_BPS UINT64_C(100000000)
#define QUEUE_BYTES (250 * 1000) /* a round trip's worth */
#define RTT_US UINT64_C(20000)
#define LOSS_PPM 10000
#define TIME_US UINT64_C(60000000)
#define SEEDS 8

/* With timestamps, on Ethernet. */
#define MSS_BYTES 1448

/* What the mean may be, of the response function's value. */
#define LEAST 0.9
#define MOST 2.0

struct run {
	struct sim_wire *wire;
	struct sim_stack stacks[2];
	struct sim_peer peers[2]; /* client, server */
};

static double goodput_bps(uint64_t seed);
static void run_init(struct run *run, uint64_t seed);
static void run_deinit(struct run *run);

int
main(void)
{
	const double expected = 1.2 / sqrt(LOSS_PPM / 1e6) * MSS_BYTES * 8 / (RTT_US / 1e6);
	double sum = 0, least = INFINITY, most = 0, mean, bps;
	uint64_t seed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	test_eal_init();
	for (seed = 1; seed <= SEEDS; seed++) {
		bps = goodput_bps(seed);
		sum += bps;
		least = fmin(least, bps);
		most = fmax(most, bps);
	}
	mean = sum / SEEDS;
	printf("goodput: %.2f Mbit/s (%.2f to %.2f, %d seeds), response function %.2f Mbit/s\n",
	       mean / 1e6, least / 1e6, most / 1e6, SEEDS, expected / 1e6);
	if (mean < LEAST * expected || mean > MOST * expected) {
		printf("goodput: not %.1f to %.1f of that\n", LEAST, MOST);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static double
goodput_bps(uint64_t seed)
{
	static struct run run;
	uint64_t now_us = 0, next_us, bytes;
	unsigned int i;

	run_init(&run, seed);
	while (now_us < TIME_US) {
		sim_wire_advance(run.wire, now_us);
		next_us = TIME_US;
		for (i = 0; i < 2; i++) {
			sim_stack_poll(&run.stacks[i], now_us);
			sim_peer_run(&run.peers[i], now_us);
			sim_stack_poll(&run.stacks[i], now_us);
			next_us = RTE_MIN(next_us, sim_stack_next_us(&run.stacks[i]));
		}
		next_us = RTE_MIN(next_us, sim_wire_next_us(run.wire));
		now_us = RTE_MAX(next_us, now_us + 1);
	}
	bytes = run.peers[1].conns[0].received;
	if (run.peers[1].corrupt)
		rte_exit(EXIT_FAILURE, "goodput: bytes differ\n");
	run_deinit(&run);
	return bytes * 8e6 / TIME_US;
}

static void
run_init(struct run *run, uint64_t seed)
{
	static const char *const names[] = {"client", "server"};
	const struct sim_wire_config wire = {
		.loss_ppm = LOSS_PPM,
		.delay_us = RTT_US / 2,
		.rate_bps = RATE_BPS,
		.queue_bytes = QUEUE_BYTES,
		.mtu = 1500,
		.tx_segments = true,
		.share_mbufs = true,
	};
	struct sim_peer_plan *client = &run->peers[0].conns[0].plan;
	struct sim_peer_plan *server = &run->peers[1].conns[0].plan;
	struct sim_stack_config config = {
		.events = &sim_peer_events,
		.nb_mbufs = 2048,
		.nb_segment_mbufs = 2048,
		.receive_window_bytes = 1 << 20,
	};
	unsigned int i;

	memset(run, 0, sizeof(*run));
	run->wire = sim_wire_create(&wire, seed);
	if (run->wire == NULL)
		rte_exit(EXIT_FAILURE, "sim: no memory for the wire\n");
	*client = (struct sim_peer_plan){.stream_seed = seed,
					 .send_bytes = UINT32_MAX,
					 .write_max = 65536,
					 .read_max = 65536};
	*server = (struct sim_peer_plan){.expect_seed = seed,
					 .expect_bytes = UINT32_MAX,
					 .write_max = 65536,
					 .read_max = 1 << 20};
	for (i = 0; i < 2; i++) {
		config.name = names[i];
		config.port = sim_wire_port(run->wire, i);
		config.addr = tr_addr_ipv4(rte_cpu_to_be_32(i == 0 ? CLIENT : SERVER));
		config.events_arg = &run->peers[i];
		config.seed = 2 * seed + i;
		run->peers[i].nb_conns = 1;
		sim_stack_init(&run->stacks[i], &config);
	}
	tcp_listen(run->stacks[1].tcp, tr_addr_none(), rte_cpu_to_be_16(SERVER_PORT), run);
	sim_peer_connect(&run->peers[0], run->stacks[0].tcp, tr_addr_ipv4(rte_cpu_to_be_32(SERVER)),
			 rte_cpu_to_be_16(SERVER_PORT), 0);
}

static void
abort_conn(struct tcp_conn *tcp, void *arg)
{
	(void)arg;
	tcp_abort(tcp);
}

/* The stream is cut off in the middle: nothing may be missing for that. */
static void
run_deinit(struct run *run)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		tcp_conn_walk(run->stacks[i].tcp, abort_conn, NULL);
	for (i = 0; i < 2; i++)
		sim_stack_poll(&run->stacks[i], TIME_US);
	sim_wire_flush(run->wire);
	if (test_pools_lacking() != 0)
		rte_exit(EXIT_FAILURE, "goodput: mbufs leaked\n");
	for (i = 0; i < 2; i++)
		sim_stack_deinit(&run->stacks[i]);
	sim_wire_destroy(run->wire);
}

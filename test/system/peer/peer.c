/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A client with our own stack on an ethdev of its own, for ports that no kernel is behind: sends
 * bytes to an echo server, and compares what comes back.
 *
 * peer <EAL arguments> -- ADDRESS SERVER PORT BYTES
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "core_ethdev.h"
#include "sim_stack.h"

#define RX_MBUFS 8192
#define DEADLINE_S 30
#define SEND_MAX (64 * 1024)

struct peer {
	struct tcp_conn *tcp;
	uint64_t bytes; /* to send, and to get back */
	uint64_t sent;
	uint64_t received;
	bool opened;
	bool ended;
	bool corrupt;
};

static void run(struct peer *peer, struct sim_stack *stack);
static void send_some(struct peer *peer);
static uint8_t byte_at(uint64_t offset);

static void *
opened(void *arg, struct tcp_conn *tcp, void *listener_arg)
{
	struct peer *peer = arg;

	(void)tcp;
	(void)listener_arg;
	peer->opened = true;
	return peer;
}

static void
readable(void *user, struct tcp_conn *tcp)
{
	struct peer *peer = user;
	const uint8_t *data;
	uint32_t len, i;

	for (data = tcp_receive_peek(tcp, &len); len > 0; data = tcp_receive_peek(tcp, &len)) {
		for (i = 0; i < len; i++)
			peer->corrupt |= data[i] != byte_at(peer->received + i);
		peer->received += len;
		tcp_receive_consume(tcp, len);
	}
}

static void
nothing(void *user, struct tcp_conn *tcp)
{
	(void)user;
	(void)tcp;
}

static void
closed(void *user, struct tcp_conn *tcp, int error)
{
	struct peer *peer = user;

	(void)tcp;
	peer->ended = true;
	peer->corrupt |= error != 0;
}

static const struct tcp_events events = {
	.opened = opened,
	.readable = readable,
	.sent = nothing,
	.peer_closed = nothing,
	.closed = closed,
};

int
main(int argc, char **argv)
{
	struct peer peer = {0};
	struct sim_stack_config config = {
		.name = "peer",
		.events = &events,
		.events_arg = &peer,
		.nb_mbufs = 1024,
		.receive_window_bytes = 65536,
	};
	struct core_port port;
	struct rte_mempool *mbufs;
	struct sim_stack stack;
	char error[256];
	int used = rte_eal_init(argc, argv);

	if (used < 0 || argc - used != 5)
		rte_exit(EXIT_FAILURE, "peer: give ADDRESS SERVER PORT BYTES\n");
	argv += used;
	mbufs = rte_pktmbuf_pool_create("peer_rx", RX_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					SOCKET_ID_ANY);
	if (mbufs == NULL ||
	    core_ethdev_setup(0, 1, &mbufs, 0, false, &port, error, sizeof(error)) < 0 ||
	    core_ethdev_start(0, 1, &port, error, sizeof(error)) < 0)
		rte_exit(EXIT_FAILURE, "peer: %s\n", mbufs == NULL ? "no memory" : error);
	config.port = &port;
	config.addr = inet_addr(argv[1]);
	config.seed = rte_rdtsc();
	peer.bytes = strtoull(argv[4], NULL, 10);
	sim_stack_init(&stack, &config);
	peer.tcp = tcp_connect(stack.tcp, inet_addr(argv[2]), htons(atoi(argv[3])), 0, &peer, 0);
	if (peer.tcp == NULL)
		rte_exit(EXIT_FAILURE, "peer: cannot connect\n");
	run(&peer, &stack);
	printf("sent %" PRIu64 ", received %" PRIu64 "%s%s\n", peer.sent, peer.received,
	       peer.corrupt ? ", wrong" : "", peer.ended ? "" : ", not closed");
	core_ethdev_teardown(0);
	rte_eal_cleanup();
	return peer.received == peer.bytes && peer.ended && !peer.corrupt ? EXIT_SUCCESS
									  : EXIT_FAILURE;
}

static void
run(struct peer *peer, struct sim_stack *stack)
{
	uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(), elapsed;
	bool closing = false;

	for (elapsed = 0; !peer->ended && elapsed < DEADLINE_S * hz;
	     elapsed = rte_rdtsc() - start) {
		if (peer->opened && !closing)
			send_some(peer);
		if (peer->received == peer->bytes && !closing) {
			closing = true;
			tcp_close(peer->tcp);
		}
		sim_stack_poll(stack, elapsed * 1000000 / hz);
	}
}

static void
send_some(struct peer *peer)
{
	struct tr_chain *chain = tcp_chain(peer->tcp);
	uint8_t data[4096];
	struct iovec part = {.iov_base = data};
	size_t i;

	while (peer->sent < peer->bytes && tr_chain_bytes(chain) < SEND_MAX) {
		part.iov_len = RTE_MIN(sizeof(data), peer->bytes - peer->sent);
		for (i = 0; i < part.iov_len; i++)
			data[i] = byte_at(peer->sent + i);
		if (tr_chain_append(chain, &part, 1) < 0)
			return;
		peer->sent += part.iov_len;
		tcp_send(peer->tcp);
	}
}

static uint8_t
byte_at(uint64_t offset)
{
	return offset * 2654435761u >> 24;
}

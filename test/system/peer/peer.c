/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A client with our own stack on an ethdev of its own, for ports that no kernel is behind: sends
 * bytes to an echo server, and compares what comes back.
 *
 * peer <EAL arguments> -- ADDRESS SERVER PORT BYTES
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_eal.h>

#include "core_client.h"

#define STALL_S 30 /* without a byte */
#define SEND_BYTES 4096

struct peer {
	struct core_client *client;
	uint64_t bytes; /* to send, and to get back */
	uint64_t sent;
	uint64_t received;
	bool opened;
	bool ended;
	bool corrupt;
};

static void run(struct peer *peer);
static void send_some(struct peer *peer);
static uint8_t byte_at(uint64_t offset);

static void
opened(void *arg, uint32_t conn)
{
	struct peer *peer = arg;

	(void)conn;
	peer->opened = true;
}

static void
received(void *arg, uint32_t conn, const uint8_t *data, uint32_t len)
{
	struct peer *peer = arg;
	uint32_t i;

	(void)conn;
	for (i = 0; i < len; i++)
		peer->corrupt |= data[i] != byte_at(peer->received + i);
	peer->received += len;
}

static void
closed(void *arg, uint32_t conn, int error)
{
	struct peer *peer = arg;

	(void)conn;
	peer->ended = true;
	peer->corrupt |= error != 0;
}

static const struct core_client_events events = {
	.opened = opened,
	.received = received,
	.closed = closed,
};

int
main(int argc, char **argv)
{
	struct peer peer = {0};
	struct core_client_config config = {
		.name = "peer",
		.ipv4 = {.prefix_len = 24},
		.conns_max = 1,
		.events = &events,
		.events_arg = &peer,
	};
	struct tr_addr server;
	char error[256];
	int used = rte_eal_init(argc, argv);

	if (used < 0 || argc - used != 5)
		rte_exit(EXIT_FAILURE, "peer: give ADDRESS SERVER PORT BYTES\n");
	argv += used;
	if (!tr_addr_parse(argv[1], &config.ipv4.addr) || !tr_addr_parse(argv[2], &server))
		rte_exit(EXIT_FAILURE, "peer: give ADDRESS SERVER PORT BYTES\n");
	peer.bytes = strtoull(argv[4], NULL, 10);
	peer.client = core_client_create(&config, error, sizeof(error));
	if (peer.client == NULL)
		rte_exit(EXIT_FAILURE, "peer: %s\n", error);
	if (core_client_connect(peer.client, 0, server, atoi(argv[3]), 0) < 0)
		rte_exit(EXIT_FAILURE, "peer: cannot connect\n");
	run(&peer);
	printf("sent %" PRIu64 ", received %" PRIu64 "%s%s\n", peer.sent, peer.received,
	       peer.corrupt ? ", wrong" : "", peer.ended ? "" : ", not closed");
	core_client_destroy(peer.client);
	rte_eal_cleanup();
	return peer.received == peer.bytes && peer.ended && !peer.corrupt ? EXIT_SUCCESS
									  : EXIT_FAILURE;
}

static void
run(struct peer *peer)
{
	uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(), elapsed, received = 0, moved = 0;
	bool closing = false;

	for (elapsed = 0; !peer->ended && elapsed - moved < STALL_S * hz;
	     elapsed = rte_rdtsc() - start) {
		if (received != peer->received) {
			received = peer->received;
			moved = elapsed;
		}
		if (peer->opened && !closing)
			send_some(peer);
		if (peer->received == peer->bytes && !closing) {
			closing = true;
			core_client_close(peer->client, 0);
		}
		core_client_poll(peer->client, elapsed * 1000000 / hz);
	}
}

/* As much as there is room for. */
static void
send_some(struct peer *peer)
{
	uint8_t data[SEND_BYTES];
	struct iovec part = {.iov_base = data};
	size_t i;

	while (peer->sent < peer->bytes) {
		part.iov_len = RTE_MIN(sizeof(data), peer->bytes - peer->sent);
		for (i = 0; i < part.iov_len; i++)
			data[i] = byte_at(peer->sent + i);
		if (core_client_send(peer->client, 0, &part, 1) < 0)
			return;
		peer->sent += part.iov_len;
	}
}

static uint8_t
byte_at(uint64_t offset)
{
	return offset * 2654435761u >> 24;
}

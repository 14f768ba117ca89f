/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * A client with our own stack on an ethdev of its own: sends bytes to an echo server, and compares
 * what comes back. Both addresses are of one family. What frames come to on their way, either way,
 * are parts of a million.
 *
 * peer <EAL arguments> -- ADDRESS SERVER PORT BYTES [LOST DUPLICATED REORDERED]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_debug.h>
#include <rte_eal.h>

#include "core_client.h"
#include "impair_port.h"

#define USAGE "peer: give ADDRESS SERVER PORT BYTES [LOST DUPLICATED REORDERED]\n"
#define STALL_S 30 /* without a byte */
#define SEND_BYTES 4096
#define COPIES 511

struct peer {
	struct core_client *client;
	struct tr_addr server;
	uint16_t server_port;
	struct impair_port impair;
	struct impair_settings settings; /* all zero: nothing is done to frames */
	uint64_t now_us;
	uint64_t bytes; /* to send, and to get back */
	uint64_t sent;
	uint64_t received;
	bool asked;
	bool opened;
	bool ended;
	bool corrupt;
};

static void read_args(struct peer *peer, struct core_client_config *config, int argc, char **argv);
static void impair_begin(struct peer *peer);
static void impair_end(struct peer *peer);
static void run(struct peer *peer);
static void open_conn(struct peer *peer);
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
	static struct peer peer;
	struct core_client_config config = {
		.name = "peer",
		.conns_max = 1,
		.events = &events,
		.events_arg = &peer,
	};
	char error[256];
	int used = rte_eal_init(argc, argv);

	if (used < 0)
		rte_exit(EXIT_FAILURE, USAGE);
	read_args(&peer, &config, argc - used, argv + used);
	peer.client = core_client_create(&config, error, sizeof(error));
	if (peer.client == NULL)
		rte_exit(EXIT_FAILURE, "peer: %s\n", error);
	impair_begin(&peer);
	run(&peer);
	impair_end(&peer);
	printf("sent %" PRIu64 ", received %" PRIu64 "%s%s\n", peer.sent, peer.received,
	       peer.corrupt ? ", wrong" : "", peer.ended ? "" : ", not closed");
	core_client_destroy(peer.client);
	rte_eal_cleanup();
	return peer.received == peer.bytes && peer.ended && !peer.corrupt ? EXIT_SUCCESS
									  : EXIT_FAILURE;
}

static void
read_args(struct peer *peer, struct core_client_config *config, int argc, char **argv)
{
	struct tr_addr address;

	if ((argc != 5 && argc != 8) || !tr_addr_parse(argv[1], &address) ||
	    !tr_addr_parse(argv[2], &peer->server))
		rte_exit(EXIT_FAILURE, USAGE);
	if (tr_addr_is_ipv4(&address))
		config->ipv4 = (struct tr_addr_net){.addr = address, .prefix_len = 24};
	else
		config->ipv6 = (struct tr_addr_net){.addr = address, .prefix_len = 64};
	peer->server_port = atoi(argv[3]);
	peer->bytes = strtoull(argv[4], NULL, 10);
	if (argc == 8)
		peer->settings = (struct impair_settings){.loss_ppm = atoi(argv[5]),
							  .duplicate_ppm = atoi(argv[6]),
							  .reorder_ppm = atoi(argv[7])};
}

static void
impair_begin(struct peer *peer)
{
	struct rte_mempool *copies = rte_pktmbuf_pool_create(
		"peer_impair", COPIES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	unsigned int i;

	if (copies == NULL)
		rte_exit(EXIT_FAILURE, "peer: no memory for copies\n");
	impair_port_init(&peer->impair, copies, &peer->now_us);
	for (i = 0; i < IMPAIR_DIRECTIONS; i++) {
		impair_link_seed(&peer->impair.links[i], i);
		impair_link_set(&peer->impair.links[i], &peer->settings, 0);
	}
	core_client_insert(peer->client, &peer->impair.port);
}

static void
impair_end(struct peer *peer)
{
	static const char *const names[] = {[IMPAIR_RX] = "rx", [IMPAIR_TX] = "tx"};
	const struct impair_stats *stats;
	unsigned int i;

	core_client_remove(peer->client, &peer->impair.port);
	for (i = 0; i < IMPAIR_DIRECTIONS; i++) {
		stats = &peer->impair.links[i].stats;
		printf("%s: lost %" PRIu64 ", duplicated %" PRIu64 ", reordered %" PRIu64 "\n",
		       names[i], stats->drop_impair_loss, stats->duplicated, stats->reordered);
	}
	impair_port_deinit(&peer->impair);
}

static void
run(struct peer *peer)
{
	uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(), elapsed, received = 0, moved = 0;
	bool closing = false;

	for (elapsed = 0; !peer->ended && elapsed - moved < STALL_S * hz;
	     elapsed = rte_rdtsc() - start) {
		peer->now_us = elapsed * 1000000 / hz;
		if (received != peer->received) {
			received = peer->received;
			moved = elapsed;
		}
		if (!peer->asked)
			open_conn(peer);
		if (peer->opened && !closing)
			send_some(peer);
		if (peer->received == peer->bytes && !closing) {
			closing = true;
			core_client_close(peer->client, 0);
		}
		core_client_poll(peer->client, peer->now_us);
	}
}

/* Of IPv6, an address of ours may be used once it has been tried. */
static void
open_conn(struct peer *peer)
{
	int ret =
		core_client_connect(peer->client, 0, peer->server, peer->server_port, peer->now_us);

	if (ret < 0 && ret != -EADDRNOTAVAIL)
		rte_exit(EXIT_FAILURE, "peer: cannot connect\n");
	peer->asked = ret == 0;
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

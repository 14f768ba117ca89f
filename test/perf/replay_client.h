/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The far side of a core under measurement: a port in the process, and clients that are no more
 * than a header to fill in. They make frames and read frames between the core's turns, so that
 * what is counted in a turn is the core's.
 */
#ifndef REPLAY_CLIENT_H
#define REPLAY_CLIENT_H

#include <stdint.h>

#include "core_port.h"
#include "wire_tcp.h"

#define REPLAY_CLIENTS_MAX 64

/** Frames that may wait in one direction. */
#define REPLAY_FRAMES_MAX 1024

/** Bytes that one client may send or receive in one exchange. */
#define REPLAY_BYTES_MAX 4096

/** The server, network order. */
#define REPLAY_SERVER RTE_BE32(0x0a000002)
#define REPLAY_SERVER_PORT RTE_BE16(11211)
#define REPLAY_CLIENT RTE_BE32(0x0a000001)

/** What is on its way to and from the core. */
struct replay_port {
	struct core_port port; /* first: its functions are given a pointer to it */
	struct rte_mempool *mbufs; /* of frames to the core */
	struct rte_mbuf *rx[REPLAY_FRAMES_MAX];
	unsigned int first_rx; /* the next that the core takes */
	unsigned int nb_rx;
	struct rte_mbuf *tx[REPLAY_FRAMES_MAX];
	unsigned int nb_tx;
};

/** A connection's other end. */
struct replay_client {
	rte_be32_t addr;
	rte_be16_t port;
	uint32_t seq; /* next to send */
	uint32_t ack; /* next expected */
	uint32_t ts_echo;
	uint8_t received[REPLAY_BYTES_MAX];
	uint32_t nb_received;
};

/** Set up, for a pool with the server's own settings. */
void replay_port_init(struct replay_port *port, struct rte_mempool *mbufs);

/** Send SYN, or ACK when the server's SYN has been read. */
void replay_client_open(struct replay_port *port, struct replay_client *client, uint8_t flags);

/** Send bytes, cut into segments, each with what a Linux client's has: timestamps and an ACK. */
void replay_client_send(struct replay_port *port, struct replay_client *client, const uint8_t *data,
			uint32_t len, uint64_t now_us);

/** Send an ACK without data. */
void replay_client_ack(struct replay_port *port, const struct replay_client *client,
		       uint64_t now_us);

/** Read the frames that the core sent: each must be the next of its connection. Frees them. */
void replay_port_read(struct replay_port *port, struct replay_client *clients, unsigned int nb);

#endif /* REPLAY_CLIENT_H */

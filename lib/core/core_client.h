/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A client: our own stack on a port, that opens connections, and is polled by hand. What a load
 * generator needs, and no server.
 *
 * Several can share a port and its addresses, each with a queue pair of it. They choose the ports
 * of their connections so that what peers answer comes to the queue of the client that asked:
 * which that is, the hash of addresses and ports says (core_rss.h). Of a port that chooses queues
 * in another way, frames are steered (core_steer.h).
 *
 * Threads: one creates and destroys, while none polls; each is polled, and called otherwise, by
 * one. Its events are called on that.
 */
#ifndef CORE_CLIENT_H
#define CORE_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "tr_addr.h"

struct core_client;
struct core_port;
struct core_stats;

/**
 * What the owner is told, from core_client_poll(); it may call core_client_connect() and
 * core_client_send() meanwhile. A connection goes by the number that core_client_connect() was
 * given.
 */
struct core_client_events {
	/** It is established. */
	void (*opened)(void *arg, uint32_t conn);

	/** Bytes came. */
	void (*received)(void *arg, uint32_t conn, const uint8_t *data, uint32_t len);

	/**
	 * It is over, and its number free. @p error: 0 the peer closed it, else -ECONNREFUSED,
	 * -ECONNRESET or -ETIMEDOUT, or -EHOSTUNREACH or -ENETUNREACH where ICMP errors told why
	 * nobody answers; -ECONNABORTED: core_client_close() came before it was established, or
	 * while bytes still came.
	 */
	void (*closed)(void *arg, uint32_t conn, int error);
};

struct core_client_config {
	const char *name; /* of its pools; unique, short */
	uint16_t port_id; /* an ethdev, not started */
	struct tr_addr_net ipv4; /* our address and its network */
	struct tr_addr_net ipv6; /* the same of IPv6; no address: no IPv6 */
	uint32_t conns_max;
	const struct core_client_events *events;
	void *events_arg;
};

/**
 * Set up and start the port, and a stack on it. What follows is counted from now: @p now_us of
 * other calls is the time since.
 *
 * @param config
 *   Valid during the call, but for the events.
 * @param error
 *   On failure: one line.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   The client, or NULL.
 */
struct core_client *core_client_create(const struct core_client_config *config, char *error,
				       size_t error_size);

/**
 * Create clients that share a port, as core_client_create() does with one.
 *
 * @param configs
 *   One for each, with a name of its own; port and addresses are the same.
 * @param nb
 *   How many: the port has as many queues.
 * @param[out] clients
 *   The clients.
 * @return
 *   0, or -errno with @p error.
 */
int core_client_create_all(const struct core_client_config *configs, unsigned int nb,
			   struct core_client **clients, char *error, size_t error_size);

/**
 * Reset what is still open, stop and close the port, and free everything, with all clients that
 * share the port. No event is called.
 */
void core_client_destroy(struct core_client *client);

/**
 * Open a connection.
 *
 * @param client
 *   The client.
 * @param conn
 *   A free number below conns_max.
 * @param addr
 *   Of the server.
 * @param port
 *   Of the server, host order.
 * @param now_us
 *   The time.
 * @return
 *   0 or -errno: -EINVAL (no such peer); -EADDRINUSE: each port of ours has a connection to this
 *   address and port already, or its answers would come to another client (of 16384 ports in all);
 *   -EADDRNOTAVAIL: no address of ours may be used, as one of IPv6 is tried for a second at first,
 *   and is given up if another host has it; -ENOBUFS.
 */
int core_client_connect(struct core_client *client, uint32_t conn, struct tr_addr addr,
			uint16_t port, uint64_t now_us);

/**
 * Queue bytes on an established connection, all or nothing. They leave with the next poll.
 *
 * @param client
 *   The client.
 * @param conn
 *   The connection.
 * @param parts
 *   The bytes; copied.
 * @param nb
 *   How many parts.
 * @return
 *   0; -ENOMEM: no mbufs, or too much is queued on it already; -EPIPE: it is closed, by
 *   core_client_close() or by the peer.
 */
int core_client_send(struct core_client *client, uint32_t conn, const struct iovec *parts,
		     unsigned int nb);

/**
 * Close a connection, once what is queued has been sent; closed is called in a later poll, and
 * received no more.
 */
void core_client_close(struct core_client *client, uint32_t conn);

/** One turn: output, transmit, receive, timers. */
void core_client_poll(struct core_client *client, uint64_t now_us);

/**
 * Let @p port stand between a client and its port, as core_between_insert_first() does with a core,
 * until core_client_remove().
 */
void core_client_insert(struct core_client *client, struct core_port *port);

/** It stands there no more. What it holds is its owner's to give back, while the client lives. */
void core_client_remove(struct core_client *client, struct core_port *port);

/** What was steered to other clients, and dropped on the way, is counted in these. */
const struct core_stats *core_client_stats(const struct core_client *client);

#endif /* CORE_CLIENT_H */

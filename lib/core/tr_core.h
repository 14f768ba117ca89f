/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A server: run-to-completion cores over one port, an engine underneath and protocols on top.
 *
 * The embedder initialises EAL, creates the server, listens, and gives it the lcores. Each lcore
 * owns the connections that its queue of the port receives; nothing else touches them.
 *
 * Threads: the control thread (that which called rte_eal_init()), unless a function says more.
 */
#ifndef TR_CORE_H
#define TR_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tr_addr.h"
#include "tr_engine.h"
#include "tr_protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tr_core_server;

/** What a server is made of. Zero means the default, where one is named. */
struct tr_core_config {
	uint16_t port_id; /**< The ethdev; not started yet. */
	struct tr_addr_net ipv4; /**< Our IPv4 address and its network; no address: no IPv4. */
	struct tr_addr_net ipv6; /**< The same of IPv6. One of both there has to be. */
	const struct tr_addr_route *routes; /**< To other networks, beside the gateways. */
	unsigned int nb_routes; /**< Of routes, up to 32. */
	uint16_t vlan; /**< That all frames are of, up to 4094; 0: none. */
	uint16_t mtu; /**< Of IP packets, bytes; 0: the port's, 1500 at most. */
	uint32_t conns_max; /**< Of each core; 0: 4096. TIME-WAIT included. */
	uint32_t credits; /**< Requests a core may have in flight; 0: 4096. One in 32 is for
			     failures. */
	uint32_t value_max; /**< Largest value stored, bytes; 0: 1 MiB. */
	/**
	 * Values that a core holds unexecuted, and as much again that it sends from where the
	 * engine has them; 0: 16 MiB.
	 */
	uint64_t body_budget_bytes;
	uint32_t body_timeout_ms; /**< A value that does not move is given up; 0: 10000. */
	/**
	 * From when a request is complete to its answer; 0: 10000. Past it the client is told of a
	 * temporary failure. What the engine has by then keeps its credit until it is answered;
	 * while such requests hold half of the credits, the engine is given no more.
	 */
	uint32_t request_timeout_ms;
	/** A peer that does not take what is queued, or 16 KiB of it, is reset; 0: 60000. */
	uint32_t send_timeout_ms;
	/**
	 * A peer that says nothing for so long is asked whether it is still there, nine times in
	 * 75 seconds each; 0: 7200, UINT32_MAX: never.
	 */
	uint32_t keepalive_s;
	/** Send queue above which a connection waits, as with an mbuf for each 512; 0: 1 MiB. */
	uint32_t send_max_bytes;
	const char *engine; /**< "NAME" or "PATH.so", ",key=value..."; NULL: none. */
	const char *const *engine_directories; /**< Where NAME is looked for; NULL-terminated. */
	unsigned int engine_threads; /**< 0: execute() runs on the cores. */
	const char *congestion; /**< "cubic" or "newreno"; NULL: cubic. */
	bool ecn_off; /**< Refuse ECN (RFC 3168) to peers that ask for it. */
	uint8_t dscp; /**< Of TCP segments (RFC 2474): 0 to 63. */
	uint8_t ttl; /**< Time to live, or hop limit, of what is sent; 0: 64. */
	bool idle_poll; /**< Spin when there is nothing to do, instead of sleeping. */
};

/**
 * Create a server for all enabled lcores: pools, queues, engine. The port is set up and started.
 * There can be one in a process.
 *
 * @param config
 *   Valid during the call.
 * @param error
 *   On failure: one line that names what was wrong and what would do.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   The server, or NULL with rte_errno.
 */
struct tr_core_server *tr_core_create(const struct tr_core_config *config, char *error,
				      size_t error_size);

/**
 * Accept connections on every core. Before tr_core_run(), or while it runs.
 *
 * @param server
 *   From tr_core_create().
 * @param addr
 *   One of ours; none for any of them.
 * @param port
 *   TCP port, host order.
 * @param protocol
 *   What speaks there; a const table that outlives the server.
 * @param arg
 *   Handed to protocol->create(), once a core.
 * @return
 *   0, -EADDRINUSE, -EADDRNOTAVAIL (not our address), -EINVAL (the protocol keeps too much state),
 *   -ENOSPC (16 listeners), -ENOMEM, or -ENOBUFS and -ETIMEDOUT of a core that does not answer.
 *   On failure no core listens; but where one that has just answered does so no more, those before
 *   it do.
 */
int tr_core_listen(struct tr_core_server *server, struct tr_addr addr, uint16_t port,
		   const struct tr_protocol_ops *protocol, void *arg);

/**
 * Serve: launches the worker lcores, runs the main lcore's core in the calling thread, and
 * returns when tr_core_quit() was called and the cores have drained.
 *
 * @return
 *   0 or -errno.
 */
int tr_core_run(struct tr_core_server *server);

/**
 * Make tr_core_run() return: accept no more, answer what is in flight, close, then end. What has
 * not drained after two seconds is reset. Any thread, also a signal handler.
 */
void tr_core_quit(struct tr_core_server *server);

/** Free everything, the port included (stopped and closed). After tr_core_run(). */
void tr_core_destroy(struct tr_core_server *server);

/** Echo: sends back what it receives. The smallest protocol, and the model for others. */
extern const struct tr_protocol_ops tr_core_echo;

#ifdef __cplusplus
}
#endif

#endif /* TR_CORE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Clients on a port whose frames go over a virtual wire to a core that echoes. The port's device
 * takes what is sent, and brings nothing by itself: what comes by the wire is given to its queues.
 */
#ifndef CLIENT_RIG_H
#define CLIENT_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "core.h"
#include "core_client.h"
#include "sim_wire.h"
#include "wire_ether.h"
#include "wire_icmp6.h"

/** Where the core listens. */
#define CLIENT_RIG_PORT 7

#define CLIENT_RIG_CLIENTS_MAX 3
#define CLIENT_RIG_FRAMES_MAX 4096

/** The hosts of client_rig_address(). */
#define CLIENT_RIG_US 1
#define CLIENT_RIG_SERVER 2

/** Of a segment: its headers, as far as ICMP errors quote them. */
#define CLIENT_RIG_HEAD_BYTES                                                                      \
	(WIRE_ETHER_HEADER_BYTES + WIRE_IPV6_HEADER_BYTES + WIRE_ICMP6_QUOTED_BYTES)

struct client_rig_config {
	const char *device; /* and its arguments: it has as many queues as there are clients */
	const char *device_args;
	bool ipv6; /* in place of IPv4 */
	bool fragments; /* what is longer than 1280 bytes comes in such */
	unsigned int nb; /* clients */
	uint32_t conns_max; /* of each */
	const struct core_client_events *events;
	void *events_args[CLIENT_RIG_CLIENTS_MAX];

	/** The queue by which a frame comes. NULL: the first. */
	unsigned int (*queue_of)(const struct rte_mbuf *mbuf);

	/** A frame leaves by a queue. May be NULL. */
	void (*sent)(const struct rte_mbuf *mbuf, uint16_t queue);
};

struct client_rig {
	struct client_rig_config config;
	uint64_t now_us;
	uint16_t port_id;
	struct sim_wire *wire;
	struct rte_mempool *wire_mbufs;
	struct tr_submit *submit;
	struct core *core;
	struct core_client *clients[CLIENT_RIG_CLIENTS_MAX]; /* none: they are destroyed */
	const struct rte_eth_rxtx_callback *callbacks[2 * CLIENT_RIG_CLIENTS_MAX];
	uint8_t last_segment[CLIENT_RIG_HEAD_BYTES]; /* that was sent */
	/* What has come by each queue and is not received yet. */
	struct rte_mbuf *inbox[CLIENT_RIG_CLIENTS_MAX][CLIENT_RIG_FRAMES_MAX];
	unsigned int nb_inbox[CLIENT_RIG_CLIENTS_MAX];
};

/** Begin, whatever was in it before. */
void client_rig_init(struct client_rig *rig, const struct client_rig_config *config);

/** Destroy the clients and the rest, and check that all mbufs are back; of a cmocka teardown. */
int client_rig_deinit(struct client_rig *rig, void **state);

/** Destroy the clients alone. */
void client_rig_destroy_clients(struct client_rig *rig);

/** The address of a host. */
struct tr_addr client_rig_address(const struct client_rig *rig, unsigned int host);

/** Have a frame come by a queue. */
void client_rig_bring(struct client_rig *rig, unsigned int queue, struct rte_mbuf *mbuf);

/**
 * Have an ICMP error come by a queue: at the server, the port that the last segment of ours is for
 * is not there.
 */
void client_rig_bring_error(struct client_rig *rig, unsigned int queue);

/** Let time go on; when much of it is to pass, in long steps. */
void client_rig_run(struct client_rig *rig, uint64_t us);

#endif /* CLIENT_RIG_H */

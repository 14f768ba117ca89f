/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A port, as a core sees it: an ethdev queue pair, or one in the process for tests, where the
 * frames come from and go to an array.
 *
 * Threads: the core that owns the queue.
 */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

struct core_guard_queue;

/**
 * A port that has taken nothing so often, one time after the other, has nobody who takes it: a ring
 * that is full has room before.
 */
#define CORE_PORT_REFUSALS 1000

/** One queue pair of a port. */
struct core_port {
	/** Take frames; the caller owns them afterwards. */
	uint16_t (*rx)(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
	/** Give frames away; those beyond the return value stay the caller's. */
	uint16_t (*tx)(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
	uint16_t port_id;
	uint16_t queue;
	uint16_t mtu; /* of IP packets, bytes */
	struct rte_ether_addr mac;
	bool tx_ipv4_checksum;
	bool tx_tcp_checksum;
	bool tx_segments; /* sends mbufs of several segments */
	uint16_t tx_large_mbufs; /* of a large TCP segment that it cuts, at most; 0: it cuts none */
	bool share_mbufs; /* an mbuf with further references may be sent */
	/*
	 * Both of these, and the CPU reads what is sent: any memory will do, also what no device
	 * knows an address of.
	 */
	bool tx_external;
	bool rx_interrupt;
	bool rss; /* of several queues: this one brings the connections that core_rss says */
	/*
	 * Of a port whose peer decides which of the queues there are; NULL: all are. Whether this
	 * one is, asked after it brought frames, or (sent) took some. What one that is not there
	 * brings is rubbish, and what it takes is lost.
	 */
	bool (*is_there)(const struct core_port *port, bool sent);
	/*
	 * Of a queue that was there for an earlier peer it says so before the queue is used: one
	 * that is not there any more is not to be.
	 */
	bool is_there_unasked;
	bool tx_cut; /* of one that stands before another: it sees frames as the wire does */
	struct core_port *below; /* what this one stands in front of (core_between.h), or NULL */
	/*
	 * When rx is to be called though nothing may have come: there are frames that wait for that
	 * time, whichever way they go. 0: there are none.
	 */
	uint64_t due_us;
	struct core_guard_queue *guard; /* core_guard.h; NULL: it needs none */
};

/** Longer than a guard keeps cores from its port (core_guard.h). */
#define CORE_PORT_PATIENCE_US 25000

/**
 * Give the last frames away. Where the port takes none it is asked again, and meanwhile the thread
 * sleeps: a port is full for a moment when its ring is, or while its guard holds it.
 *
 * @param[in,out] patience_us
 *   For how long that may go on, in all.
 * @return
 *   How many were taken; the others stay the caller's.
 */
uint16_t core_port_tx_last(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb,
			   uint32_t *patience_us);

/** Put a port, which has its rx, tx and tx_cut, in front of that at @p at. */
void core_port_insert(struct core_port **at, struct core_port *port);

/** Take out a port that stands in front of another; does nothing where it does not. */
void core_port_remove(struct core_port **at, const struct core_port *port);

/**
 * Of how many mbufs a large TCP segment may be: none comes to be cut where one of the ports that
 * stand in front of others is to see what it is cut into.
 */
uint16_t core_port_large_mbufs(const struct core_port *port);

#endif /* CORE_PORT_H */

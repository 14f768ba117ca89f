/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * One TCP stack of the simulator with a port whose other end is an attacker, and what holds
 * whatever that one sends: every segment that leaves is looked at here.
 *
 * Every byte of a stream follows from its sequence number, in both directions, so that it can be
 * checked wherever it turns up, however often a connection is opened anew.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz.h"
#include "sim_stack.h"
#include "wire_tcp.h"

/** Peers, one connection each; the last is one of whom nobody speaks ill. */
#define FUZZ_PEERS 5
#define FUZZ_HONEST 4
#define FUZZ_PORT 40000 /* of the first; those behind the last belong to nobody */
#define FUZZ_BURST 32
#define FUZZ_HELD 64
#define FUZZ_MBUFS 2047 /* more than any pool of the stack has */
#define FUZZ_OFFERS 8 /* answers to SYNs of one peer that are remembered */

/** One peer, and what the stack has shown it. Sequence numbers are absolute. */
struct fuzz_peer {
	struct tcp_conn *conn; /* as its owner holds it */
	struct tcp_conn *live; /* as the stack has it, also in SYN-RECEIVED and TIME-WAIT */
	uint32_t live_id;
	uint16_t port;
	bool ipv6; /* it speaks IPv6, not IPv4 */
	bool opened;
	bool peer_closed; /* the owner was told */
	bool shut; /* the owner sends nothing more */
	bool closed; /* nor does it read */
	bool known; /* the stack sent a SYN */
	bool offered; /* edge is valid */
	bool mixed; /* what waits for the device may be of a connection before this one, too */
	bool timestamps; /* both sides' SYNs had them */
	uint8_t scale; /* the stack's */
	uint32_t irs; /* number of the next SYN of the peer */
	uint32_t next; /* where the peer's next byte belongs */
	uint32_t iss; /* of the stack */
	uint32_t conn_iss; /* of the connection, whose SYN may not have left yet */
	uint32_t una; /* what the stack waits to see acknowledged */
	uint32_t sent_max; /* end of what it sent */
	uint32_t edge; /* furthest right edge of its window */
	uint32_t acked; /* its last ACK */
	uint32_t ts_value; /* its last timestamp */
	uint32_t ts_clock; /* the peer's own */
	uint32_t read_seq; /* the first unread byte */
	uint32_t append_seq; /* of the next byte that is appended */
	unsigned int nb_offers; /* all in all */
	struct wire_tcp offers[FUZZ_OFFERS]; /* the last, any of which its ACK may answer */
};

/** All of it. */
struct fuzz_world {
	struct core_port port; /* first: its functions find the world by it */
	struct sim_stack stack;
	struct fuzz_peer peers[FUZZ_PEERS];
	uint64_t now_us;
	uint64_t trace; /* of all that the stack did and when */
	bool listening;
	bool read; /* the owner reads what comes, at once */
	bool refuse; /* the owner refuses connections */
	bool hold; /* the device keeps what it sent */
	bool waits; /* it did not take all that it was given */
	uint16_t tx_room; /* frames it takes in one burst */
	uint16_t nb_rx;
	uint16_t nb_held;
	uint16_t nb_control; /* mbufs taken away from the stack */
	uint16_t nb_chain;
	struct rte_mbuf *rx[FUZZ_BURST];
	struct rte_mbuf *held[FUZZ_HELD];
	struct rte_mbuf *control[FUZZ_MBUFS];
	struct rte_mbuf *chain[FUZZ_MBUFS];
};

/** A segment of a peer. */
struct fuzz_segment {
	bool ipv6;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint16_t urgent; /* the urgent pointer */
	uint16_t len; /* of data */
	struct wire_tcp_options options;
	const uint8_t *raw; /* instead of the options: bytes as they are */
	uint8_t raw_bytes; /* a multiple of 4, up to 40 */
	uint8_t offset; /* data offset instead of the right one; 0: that */
};

/** Create the pool of frames. Once. */
void fuzz_world_setup(void);

/** Begin, with a bit in @p ipv6 for each peer that speaks it; ends the process where memory is
 * short.
 */
void fuzz_world_init(struct fuzz_world *world, uint32_t window_bytes, unsigned int ipv6);

/** End: all memory is back, which is checked. No connection may be left. */
void fuzz_world_deinit(struct fuzz_world *world);

/** Queue a segment from a port; the stack sees it with the next poll. */
void fuzz_world_segment(struct fuzz_world *world, uint16_t port,
			const struct fuzz_segment *segment);

/** The stack takes what is queued, and sends. Checks every connection afterwards. */
void fuzz_world_poll(struct fuzz_world *world);

/** Let time pass, timer by timer. */
void fuzz_world_advance(struct fuzz_world *world, uint64_t us);

/** The owner's deeds. */
void fuzz_world_append(struct fuzz_world *world, struct fuzz_peer *peer, uint32_t bytes);
void fuzz_world_read(struct fuzz_peer *peer, uint32_t bytes);
void fuzz_world_connect(struct fuzz_world *world, struct fuzz_peer *peer);
void fuzz_world_close(struct fuzz_peer *peer);
void fuzz_world_listen(struct fuzz_world *world, bool listen);

/** Take all mbufs of a pool away from the stack, or give them back. */
void fuzz_world_exhaust(struct rte_mempool *pool, struct rte_mbuf **taken, uint16_t *nb);
void fuzz_world_restore(struct rte_mbuf **taken, uint16_t *nb);

#endif /* FUZZ_WORLD_H */

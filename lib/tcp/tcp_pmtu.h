/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Path MTU discovery (RFC 1191, RFC 8201): segments become smaller where a router says that they do
 * not fit, and where large ones get lost again and again without a word (RFC 4821 section 7.6).
 *
 * Silence alone is nothing found out, and that what was cut gets through where it did not before is
 * a suspicion: the way may have been away for a while. The old size is tried again, and when that
 * is lost and what is cut gets through once more, it is found out: what several connections lose in
 * one outage counts once.
 *
 * What was found out about a destination holds for new connections too, and for ten minutes; then
 * the whole MTU is tried again. Some destinations are remembered; of one whose place another has,
 * connections that found a narrow way keep to what they found.
 *
 * Threads: the core that owns the struct tcp.
 */
#ifndef TCP_PMTU_H
#define TCP_PMTU_H

#include <stdint.h>

#include "tr_addr.h"

struct tcp;
struct tcp_conn;

/** Destinations that are remembered; a power of two. */
#define TCP_PMTU_PATHS 256

/** How long (RFC 1191 section 6.3). */
#define TCP_PMTU_AGE_US UINT64_C(600000000)

/** What is sent within this time after a suspicion confirms it. */
#define TCP_PMTU_SUSPECT_US UINT64_C(60000000)

/**
 * MTUs below are not believed of IPv4: each way that is in use carries datagrams of 576 bytes, and
 * whoever says otherwise wants us to send headers. (RFC 1191 would go down to 68.)
 */
#define TCP_PMTU_MIN 552
/** No way of IPv6 has a smaller one (RFC 8200 section 5). */
#define TCP_PMTU_MIN_IPV6 1280

/** What was found out about the way to a destination. */
struct tcp_pmtu_path {
	struct tr_addr addr;
	uint16_t mtu;
	uint16_t suspected_mtu; /* as much got through */
	uint64_t until_us; /* 0: nothing */
	uint64_t suspected_us; /* when it did, where more had not; 0: it did not */
};

/** All of them. */
struct tcp_pmtu {
	struct tcp_pmtu_path paths[TCP_PMTU_PATHS];
	uint64_t next_us; /* when the first of them is old; UINT64_MAX: there is none */
	uint64_t old_us; /* what was old then is being forgotten */
	uint32_t
		next_id; /* of the connections that have not heard; 0: nothing is being forgotten */
};

/** Connections that are looked at in one tcp_pmtu_tick(). */
#define TCP_PMTU_TICK_CONNS 256

/** Begin with nothing known. */
void tcp_pmtu_init(struct tcp_pmtu *pmtu);

/** Payload of a full segment, given the most that peer and port take and what is known of the way.
 */
uint16_t tcp_pmtu_mss(const struct tcp_conn *conn);

/**
 * A segment in flight did not fit.
 *
 * @param mtu
 *   What would have; 0: the router does not say (RFC 1191 section 5).
 * @param bytes
 *   Of the packet.
 */
void tcp_pmtu_too_big(struct tcp_conn *conn, uint16_t mtu, uint16_t bytes);

/** Timeouts without an answer from which on segments may be too large. */
#define TCP_PMTU_RETRIES 2

/**
 * Timeout number conn->retries without an answer: if what got lost was not small, try less. Of this
 * connection alone: the peer may be silent for another reason.
 */
void tcp_pmtu_timeout(struct tcp_conn *conn);

/**
 * Data is acknowledged, and still in the chain, after conn->retries timeouts, TCP_PMTU_RETRIES at
 * least. What did not fit and got through in less is remembered when it happens again; else the old
 * size is back.
 */
void tcp_pmtu_acked(struct tcp_conn *conn);

/**
 * Forget what was found out so long ago that it is old: connections that go such a way try large
 * segments again. Part of tcp_tick(), which the wheel wakes for it. Each time it looks at some
 * connections, and goes on in the next tick of the wheel.
 */
void tcp_pmtu_tick(struct tcp *tcp);

#endif /* TCP_PMTU_H */

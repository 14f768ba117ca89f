/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A connection and what all connections share, as the files of this library see them: the array of
 * connections, the table that finds them by their addresses, and the one writer of their state.
 *
 * A connection that ends while a segment or timer of its own is being handled is held: its memory
 * is free only when that is done, so that nobody looks at a freed one.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_CONN_H
#define TCP_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "tcp.h"
#include "tcp_duplicate.h"
#include "tcp_isn.h"
#include "tcp_limit.h"
#include "tcp_listen.h"
#include "tcp_pmtu.h"
#include "tcp_reset.h"
#include "tcp_wheel.h"
#include "wire_tcp.h"

/** Segments of IPv4 leave this much of the MTU for payload and options. */
#define TCP_IPV4_HEADERS (20 + WIRE_TCP_HEADER_BYTES)
/** IPv6's header is longer by so much. */
#define TCP_IPV6_MORE 20

/** Peer's MSS when it names none (RFC 9293 MUST-15). */
#define TCP_MSS_DEFAULT 536
#define TCP_MSS_DEFAULT_IPV6 1220
/** Least payload of a segment: a peer that asks for less wants us to send headers. */
#define TCP_MSS_MIN 64
/** Bytes of the timestamps option with its padding. */
#define TCP_TIMESTAMPS_BYTES 12

/** What runs on the wheel for a connection; see tcp_timer.c. */
enum tcp_timer_kind {
	TCP_TIMER_RETRANSMIT,
	TCP_TIMER_PERSIST,
	TCP_TIMER_DELAYED_ACK,
	TCP_TIMER_LINGER,
	TCP_TIMER_KINDS
};

_Static_assert((int)TCP_TIMER_KINDS == TCP_WHEEL_TIMERS, "each has its place on the wheel");

struct tcp_congestion_ops;
struct tcp_flight_range;
struct tcp_reassembly_entry;
struct tcp_recovery;

/** Unread bytes, in order: mbufs of one segment each, linked by next. */
struct tcp_receive_queue {
	struct rte_mbuf *head;
	struct rte_mbuf *tail;
	uint32_t bytes;
} __rte_packed __rte_aligned(4); /* without a hole behind it */

/** Segments that came early, by sequence number, disjoint. */
struct tcp_reassembly {
	struct tcp_reassembly_entry *head;
	uint32_t nb;
	uint32_t stamp; /* of the newest: SACK names newest first */
};

/** What CUBIC keeps of a connection (RFC 9438 section 4.1.2); see tcp_cubic.c. */
struct tcp_cubic {
	uint32_t w_max; /* bytes, at the flat part of the curve; 0: where the epoch begins */
	uint32_t undo_w_max; /* w_max before the last loss */
	uint32_t w_est; /* bytes, what NewReno would have; 0: no epoch has begun */
	uint32_t epoch_ms; /* when this one began */
	uint32_t acked_ms; /* when an ACK last counted */
	int32_t k_ms; /* from the epoch's begin to the flat part of the curve */
	uint32_t rest; /* of the last division */
};

/** Congestion control: RFC 5681. */
struct tcp_congestion {
	uint32_t cwnd;
	uint32_t ssthresh;
	uint32_t acked; /* bytes acknowledged since cwnd last grew, in congestion avoidance */
	uint32_t used_ms; /* when half of cwnd was last used */
	uint32_t full_bytes; /* in flight as cwnd kept us from sending more; 0: it did not */
	/* As something was last sent, cwnd kept us from sending more, or less than a segment of it
	 * was left by a flight of several: ACKs let it grow. */
	bool limited;
	bool timed_out; /* slow start, if it is one, follows a timeout */
	uint32_t prior_cwnd; /* before the last loss */
	uint32_t prior_ssthresh;
	struct tcp_cubic cubic;
};

/** What is in flight, in ranges sent at one time each; see tcp_flight.h. */
struct tcp_flight {
	struct tcp_flight_range *head; /* all but the newest, from snd_una on */
	uint64_t sent_us; /* the newest: when its first byte was sent */
	uint32_t seq; /* that byte; it ends at snd_nxt */
	uint8_t nb; /* behind head */
	bool resent; /* the newest was sent before, in part at least */
};

/** Loss recovery; see tcp_loss.h. */
struct tcp_loss {
	struct tcp_recovery *recovery; /* NULL: nothing is missing */
	uint32_t recover; /* snd_max at the last loss */
	uint32_t min_rtt_us;
	uint32_t reorder_round; /* snd_max when something arrived twice */
	uint8_t reorder_multiple; /* quarters of min_rtt_us that packets may be late, less one */
	uint8_t reorder_recoveries; /* for so many more */
	bool reordering; /* this path swaps packets */
};

/**
 * A connection. What segments need that come and go in order stands together, first: on a machine
 * with many connections each line of it is read from memory.
 */
struct tcp_conn {
	struct tcp *tcp; /* NULL: it is free */
	void *user;
	struct tcp_flow flow;
	uint32_t place; /* its own; of a free one, that of the next: see tcp_conn_at() */
	uint32_t output_older; /* in the list of those that have something to send, by place */
	uint32_t output_newer;

	struct ip_path path; /* to the peer */

	/* One bit each: a connection has many facts. */
	bool active : 1; /* opened by tcp_connect() */
	bool owned : 1; /* somebody waits for closed() */
	bool held : 1;
	bool indexed : 1; /* in the flow table */
	bool output_listed : 1;
	bool ack_now : 1;
	bool syn_due : 1; /* SYN or SYN-ACK is to be sent */
	bool retransmit_due : 1; /* the segment at snd_una is to be sent again */
	bool probe_due : 1;
	bool closed : 1; /* tcp_close() was called: the owner reads no more */
	bool fin_queued : 1; /* tcp_close() or tcp_shutdown() was called */
	bool nagle : 1;
	bool keepalive : 1;
	bool fin_acked : 1;
	bool fin_seen : 1;
	bool timestamps : 1;
	bool sack : 1;
	bool window_scale : 1;
	bool ecn : 1; /* agreed on */
	bool has_urgent : 1; /* there is urgent data, received or sent: see urgent */
	bool output_long : 1; /* what it sends goes the long way; see tcp_conn_set_output() */
	bool ecn_echo : 1; /* a mark came, and no CWR after it */
	bool ecn_cwr_due : 1; /* with the next new data */
	bool duplicate_due : 1; /* something came twice, and the peer was not told */
	uint8_t events; /* raised, not yet delivered */
	enum tcp_state state : 8; /* written by tcp_set_state() alone */
	uint8_t retries; /* timeouts without an answer */
	int16_t error; /* for closed(); meanwhile what an ICMP error said */

	/* Sending (RFC 9293 section 3.3.1). Before snd_nxt is what was sent, or sent again. */
	uint32_t snd_una;
	uint32_t snd_nxt;
	uint32_t snd_max; /* end of what was ever sent */
	uint32_t snd_wnd;
	uint32_t snd_wl1;
	uint32_t snd_wl2;
	uint16_t mss; /* payload of a full segment that we send */
	uint8_t snd_scale;
	uint8_t rcv_scale;

	/* Receiving. */
	uint32_t rcv_nxt;
	uint32_t rcv_adv; /* right edge of the window that was offered: never retreats */
	uint32_t last_ack_sent;
	uint16_t rcv_mss; /* largest segment received: what is worth a window update */
	uint8_t rcv_segments; /* since the last ACK */
	uint8_t dup_acks_owed;

	/* Round trip time (RFC 6298) and timestamps (RFC 7323). */
	uint32_t srtt_us;
	uint32_t rttvar_us;
	uint32_t rto_us;
	uint32_t ts_offset;
	uint32_t ts_recent;
	uint64_t heard_us; /* when a segment was last accepted */

	struct tr_chain chain;
	struct tcp_receive_queue receive;
	uint32_t
		flow_next; /* in the flow table, the place of the next with this one's hash, or 0 */
	struct tcp_reassembly reassembly;
	struct tcp_flight flight;
	struct tcp_loss loss;
	struct tcp_wheel_timers timers; /* by enum tcp_timer_kind */
	struct tcp_congestion congestion;

	/* What few segments need. */
	uint32_t snd_wnd_max; /* largest ever offered */
	uint32_t iss;
	uint32_t irs;
	uint32_t rcv_fin_seq; /* of the peer's FIN, when fin_seen */
	uint32_t ecn_seq; /* snd_max when cwnd was last cut: marks before it are known */
	uint32_t persist_us;
	uint32_t retransmits;
	uint32_t challenge_ms; /* since when challenge ACKs are counted */
	uint32_t waiting_ms; /* since when there is no answer: to what is sent again, or to a probe
			      */
	uint16_t mss_max; /* of mss: what peer and port take, whatever the way between them */
	uint16_t user_timeout_s; /* 0: none, retries alone are counted */
	uint8_t challenges : 4; /* challenge ACKs since challenge_ms */
	bool user_timeout_own : 1; /* the owner has set it: the peer does not change it */
	bool user_timeout_due : 1; /* the peer is to be told of it */
	uint8_t keepalive_probes; /* without an answer */
	union {
		/* Of one in SYN-RECEIVED, and until opened() is called. */
		const struct tcp_listener *listener;
		/* Of one in FIN-WAIT-2 or TIME-WAIT that is closed: places of its neighbours; see
		 * tcp_yield.h. */
		struct {
			uint32_t older;
			uint32_t newer;
		} queued;
		/* Between these: sequence numbers behind urgent data; see tcp_urgent.h. */
		struct {
			uint32_t rcv_up;
			uint32_t snd_up;
		} urgent;
	};
};

/** Closed connections in the order in which they entered a state, or were closed in it, by place;
 * 0: there is none. */
struct tcp_conn_queue {
	uint32_t oldest;
	uint32_t newest;
};

/** A TCP. */
struct tcp {
	struct ip *ip;
	const struct ip_txq *txq; /* where what is sent goes */
	const struct tcp_events *events;
	void *events_arg;
	const struct tcp_congestion_ops *congestion; /* the algorithm */
	uint64_t now_us;
	uint8_t pressure; /* enum tcp_pressure: receive buffers run dry */
	struct tcp_conn *conns; /* by place, see tcp_conn_at() */
	uint32_t *flows; /* by hash: the first connection's place, or 0 */
	uint32_t flows_mask;
	uint32_t *recent; /* places of those looked up last, by tcp_isn_flow_recent() */
	unsigned int recent_bits;
	struct rte_mempool *mbufs;
	struct chain_pool *chain_pool;
	uint32_t receive_window_bytes;
	uint16_t mss; /* payload of a segment that our MTU allows: what we announce */
	uint16_t mss_ipv6;
	uint16_t large_mbufs; /* of a segment that the port cuts; 0: it cuts none */
	uint8_t rcv_scale;
	uint32_t conns_max;
	uint32_t conns_nb;
	uint32_t conns_free; /* the place of the one that was freed last, or 0 */
	uint32_t conns_begun; /* places behind this one were never used */
	uint32_t state_nb[TCP_STATES]; /* connections in each state but CLOSED */
	uint32_t syn_backlog;
	struct tcp_conn_queue time_wait;
	struct tcp_conn_queue fin_wait_2;
	uint64_t cookies_until_us; /* until then the last SYN cookie is good */
	struct rte_mempool *reassembly_pool;
	uint32_t reassembly_conn_max; /* entries of one connection */
	struct rte_mempool *flight_pool;
	struct rte_mempool *recovery_pool;
	uint64_t time_wait_us;
	uint64_t keepalive_idle_us;
	uint64_t keepalive_interval_us;
	uint8_t keepalive_probes_max;
	uint16_t user_timeout_s;
	bool user_timeout_option; /* sent, and heeded between the next two */
	uint16_t user_timeout_min_s;
	uint16_t user_timeout_max_s;
	uint16_t port_next; /* for ephemeral ports */
	enum tcp_ecn ecn;
	uint8_t secret[TCP_ISN_SECRET_BYTES];
	struct tcp_wheel wheel;
	struct tcp_listen listen;
	struct tcp_pmtu pmtu;
	struct tcp_duplicates duplicates;
	struct tcp_limit limit;
	struct tcp_resets resets;
	struct tcp_stats stats;
};

/** Make connections and tables. 0 or -errno; tcp_conn_teardown() is right afterwards in either
 * case. */
int tcp_conn_setup(struct tcp *tcp, const struct tcp_config *config);

/** Free all connections without a word, then them and the tables. */
void tcp_conn_teardown(struct tcp *tcp);

/**
 * A new connection in CLOSED, in the flow table, with the defaults of RFC 9293.
 *
 * @return
 *   NULL when every connection is in use, and none yields (see tcp_yield.h).
 */
struct tcp_conn *tcp_conn_create(struct tcp *tcp, const struct tcp_flow *flow);

/** The same as tcp_conn_lookup(), for a connection that was not looked up lately. */
struct tcp_conn *tcp_conn_lookup_table(struct tcp *tcp, const struct tcp_flow *flow);

/**
 * End a connection: CLOSED, out of the table, everything freed that it holds. Its owner, if it has
 * one, is told with the next tcp_event_deliver(); the memory stays until tcp_conn_release().
 */
void tcp_conn_drop(struct tcp_conn *conn, int error);

/** Keep the memory of a connection while it is worked on. */
static inline void
tcp_conn_hold(struct tcp_conn *conn)
{
	conn->held = true;
}

/** Deliver its events, then free it if it ended meanwhile. */
void tcp_conn_release(struct tcp_conn *conn);

/** Put the memory of a dropped connection back. */
void tcp_conn_free(struct tcp_conn *conn);

/** Free what is queued in a connection: the chain, unread bytes and early segments. */
void tcp_conn_purge(struct tcp_conn *conn);

/** The only writer of a state. */
void tcp_set_state(struct tcp_conn *conn, enum tcp_state state);

/**
 * The connection of a place: from 1, and an id is one less. They stand in one array, so that a
 * place is all that is needed to find one. Place 0 is none's: its flow is that of no segment, and
 * the list of those that have something to send begins and ends there.
 */
static inline struct tcp_conn *
tcp_conn_at(const struct tcp *tcp, uint32_t place)
{
	return &tcp->conns[place];
}

/** Where the place of this flow's connection stands if it was looked up lately. */
static inline uint32_t *
tcp_conn_recent(const struct tcp *tcp, const struct tcp_flow *flow)
{
	return &tcp->recent[tcp_isn_flow_recent(flow, tcp->recent_bits)];
}

/**
 * The connection of this flow, or NULL. Most segments are for one that had another a short while
 * ago, and is found without the table's hash. The way there can be foreseen: who makes flows meet
 * gains no more than that they are looked up in the table, where they cannot be made to meet.
 */
static inline struct tcp_conn *
tcp_conn_lookup(struct tcp *tcp, const struct tcp_flow *flow)
{
	struct tcp_conn *conn = tcp_conn_at(tcp, *tcp_conn_recent(tcp, flow));

	if (likely(tcp_isn_flow_is_same(&conn->flow, flow)))
		return conn;
	return tcp_conn_lookup_table(tcp, flow);
}

/** The MSS that we announce to a peer of this address: our MTU, less the headers (RFC 6691). */
static inline uint16_t
tcp_conn_mss_ours(const struct tcp *tcp, const struct tr_addr *peer)
{
	return tr_addr_is_ipv4(peer) ? tcp->mss : tcp->mss_ipv6;
}

/** The MSS of a peer that names none (RFC 9293 MUST-15). */
static inline uint16_t
tcp_conn_mss_default(const struct tr_addr *peer)
{
	return tr_addr_is_ipv4(peer) ? TCP_MSS_DEFAULT : TCP_MSS_DEFAULT_IPV6;
}

/** After ecn, has_urgent or user_timeout_due was written. */
static inline void
tcp_conn_set_output(struct tcp_conn *conn)
{
	conn->output_long = conn->ecn || conn->has_urgent || conn->user_timeout_due;
}

/** Sequence number of the chain's first byte. */
static inline uint32_t
tcp_conn_chain_seq(const struct tcp_conn *conn)
{
	/* A SYN that is not acknowledged stands before the data. */
	if (conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED)
		return conn->iss + 1;
	return conn->snd_una;
}

/** Bytes that may be received now. */
static inline uint32_t
tcp_conn_rcv_wnd(const struct tcp_conn *conn)
{
	return conn->rcv_adv - conn->rcv_nxt;
}

/** Timestamp to send: a millisecond clock from a place of the connection's own. */
static inline uint32_t
tcp_conn_timestamp(const struct tcp_conn *conn)
{
	return (uint32_t)(conn->tcp->now_us / 1000) + conn->ts_offset;
}

#endif /* TCP_CONN_H */

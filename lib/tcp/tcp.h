/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * TCP (RFC 9293) as a function: a segment, a tick or a call comes in with the time, segments go
 * out through ip_output(), and what the owner must know comes back through a table of events.
 * Reads no clock, polls no device, starts no thread.
 *
 * A struct tcp and its connections belong to one core. Memory comes from pools sized at start.
 *
 * Threads: the core that owns it; tcp_stats may be read by any.
 */
#ifndef TCP_H
#define TCP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "chain.h"
#include "ip.h"
#include "tcp_stats.h"

struct tcp;
struct tcp_conn;

/** States of RFC 9293 section 3.3.2. LISTEN is a listener's, not a connection's. */
enum tcp_state {
	TCP_CLOSED,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
	TCP_STATES /* number of states; not a state */
};

/**
 * What the owner is told. Called from tcp_input(), tcp_tick() and, for closed, tcp_abort() and
 * tcp_connect() (of another connection); each
 * may call any function of this header on the connection but tcp_input() and tcp_tick().
 */
struct tcp_events {
	/**
	 * A connection is established: opened actively (its user pointer is what tcp_connect()
	 * was given) or accepted (@p listener_arg is what tcp_listen() was given; the return value
	 * becomes its user pointer, NULL refuses it with a reset).
	 */
	void *(*opened)(void *arg, struct tcp_conn *conn, void *listener_arg);

	/**
	 * The peer says that urgent data comes, or that more of it does: once for each end that it
	 * names. tcp_receive_urgent() says how far away that is, which is not 0. May be NULL.
	 */
	void (*urgent)(void *user, struct tcp_conn *conn);

	/**
	 * More bytes are there to read, in order. Urgent data (RFC 9293 section 3.8.5) is among
	 * them, in line (RFC 6093 section 3.2).
	 */
	void (*readable)(void *user, struct tcp_conn *conn);

	/** The peer acknowledged bytes: the send chain is shorter. */
	void (*sent)(void *user, struct tcp_conn *conn);

	/** The peer will send nothing more (its FIN, after all its data was offered). */
	void (*peer_closed)(void *user, struct tcp_conn *conn);

	/**
	 * The connection is over for its owner, once for each that was opened or connected: its
	 * chain and unread bytes are freed and @p conn must not be used any more. @p error: 0 both
	 * sides closed, else -ECONNRESET, -ETIMEDOUT, -ECONNREFUSED, or -ECONNABORTED for
	 * tcp_abort(). Where an ICMP error told why there is no answer, its -ENETUNREACH or
	 * -EHOSTUNREACH instead of -ETIMEDOUT. TIME-WAIT goes on without its owner.
	 *
	 * In FIN-WAIT-2 it may end because another connection needs the room, with -ETIMEDOUT.
	 */
	void (*closed)(void *user, struct tcp_conn *conn, int error);

	/**
	 * A segment or a timer of a connection was handled for which tcp_conn_trace() asked; before
	 * the other events. The only one after which nothing may be called but tcp_conn_info(),
	 * tcp_conn_user() and tcp_conn_trace().
	 */
	void (*traced)(void *arg, struct tcp_conn *conn);

	/**
	 * Asked by tcp_connect(), which takes no other port of ours: whether segments between these
	 * ends come to this core. NULL: they do, whatever the ports.
	 */
	bool (*comes_here)(void *arg, const struct ip_ends *ends, rte_be16_t remote_port,
			   rte_be16_t local_port);
};

/** Explicit congestion notification (RFC 3168). */
enum tcp_ecn {
	TCP_ECN_ACCEPT, /* where the peer asks for it */
	TCP_ECN_REQUEST, /* and ask for it */
	TCP_ECN_OFF
};

/** What tcp_create() needs. */
struct tcp_config {
	const char *name; /* unique: of its pools */
	struct ip *ip;
	const struct tcp_events *events;
	void *events_arg;
	uint32_t conns_max; /* TIME-WAIT included */
	uint32_t
		syn_backlog; /* most in SYN-RECEIVED, then SYN cookies; 0: a quarter of conns_max */
	uint32_t receive_window_bytes; /* most unread bytes of one connection */
	uint32_t reassembly_max; /* mbufs kept out of order, of all connections together */
	uint32_t flight_max; /* ranges in flight told apart, of all together; 0: by conns_max */
	uint32_t recovery_max; /* connections with losses at a time; 0: by conns_max */
	uint16_t mss_max; /* 0: what MTU and mbufs allow */
	uint16_t large_mbufs; /* tcp_set_large() */
	const char *congestion; /* the algorithm, "cubic" or "newreno"; NULL: cubic */
	enum tcp_ecn ecn;
	struct chain_pool *chain_pool; /* for data */
	struct rte_mempool *mbufs; /* for segments without data */
	uint8_t secret[16]; /* keys initial sequence numbers and the flow table */
	uint64_t time_wait_us; /* 2 MSL */
	uint64_t keepalive_idle_us; /* until the first probe; 0: two hours */
	uint64_t keepalive_interval_us; /* from probe to probe; 0: 75 s */
	uint8_t keepalive_probes_max; /* without an answer; 0: 9 */
	uint16_t user_timeout_s; /* of each connection; see tcp_set_user_timeout() */
	bool user_timeout_option; /* tell peers of it, and let them change it (RFC 5482) */
	uint16_t user_timeout_min_s; /* no less if a peer wants it; 0: 100 */
	uint16_t user_timeout_max_s; /* no more if a peer wants it; 0: an hour */
	uint64_t now_us;
	int socket;
};

/** Why the owner may want to look at a connection. */
struct tcp_conn_info {
	struct tr_addr local_addr;
	struct tr_addr remote_addr;
	rte_be16_t local_port;
	rte_be16_t remote_port;
	enum tcp_state state;
	uint32_t id; /* stable while the connection lives, below conns_max */
	uint32_t snd_una;
	uint32_t snd_nxt;
	uint32_t snd_wnd;
	uint32_t rcv_nxt;
	uint32_t rcv_wnd;
	uint32_t send_bytes; /* in the chain */
	uint32_t receive_bytes; /* unread */
	const char *congestion; /* name of the algorithm */
	uint32_t cwnd_bytes;
	uint32_t ssthresh_bytes;
	uint32_t srtt_us;
	uint32_t rto_us;
	uint32_t min_rtt_us; /* the shortest that was measured, 0: none */
	uint32_t retransmits; /* segments */
	uint32_t sacked_bytes; /* in flight, and the peer has them */
	uint32_t lost_bytes; /* to be sent again */
	const char *recovery; /* "none", or what it does about losses */
	uint16_t mss_bytes;
	uint8_t send_scale;
	uint8_t receive_scale;
	bool timestamps;
	bool sack;
	bool ecn;
};

/**
 * Create; NULL with rte_errno: EINVAL (a number that must not be 0, an MTU below 104, no such
 * algorithm), ENOMEM and what the pools say. Control thread.
 */
struct tcp *tcp_create(const struct tcp_config *config);

/** Free everything; no event is called. Control thread, its core does not run. */
void tcp_destroy(struct tcp *tcp);

/** Take a segment from eth_input(). @p mbuf is consumed. */
void tcp_input(struct tcp *tcp, struct rte_mbuf *mbuf, const struct ip_packet *packet,
	       uint64_t now_us);

/**
 * An ICMP error came that quotes a segment.
 *
 * @return
 *   False: no connection here has sent it. Else what it says was acted on, or dismissed.
 */
bool tcp_error(struct tcp *tcp, const struct ip_error *error, uint64_t now_us);

/** Run the timers that are due. Cheap when none is. */
void tcp_tick(struct tcp *tcp, uint64_t now_us);

/** Latest time at which tcp_tick() must run, or UINT64_MAX. Never later than a due timer. */
uint64_t tcp_next_timer_us(const struct tcp *tcp);

/**
 * Send what is to be sent: data, window updates and ACKs of all connections that asked for it
 * since the last call. Once a turn, after responses were appended, so that data carries the ACK.
 */
void tcp_output(struct tcp *tcp, uint64_t now_us);

/**
 * Accept connections to a port.
 *
 * @param addr
 *   Ours, or none for any.
 * @return
 *   0, -EADDRINUSE, -ENOSPC (too many listeners).
 */
int tcp_listen(struct tcp *tcp, struct tr_addr addr, rte_be16_t port, void *listener_arg);

/** How short the owner is of receive buffers. */
enum tcp_pressure {
	TCP_PRESSURE_NONE,
	TCP_PRESSURE_UNREAD, /* drop the payload for connections that hold some already */
	TCP_PRESSURE_ALL /* drop all payload: many connections can hold a little each */
};

/**
 * The owner's receive buffers run dry: until told otherwise, drop the payload of segments, for
 * connections that hold unread or out-of-order bytes already, or for all. ACKs are processed as
 * ever.
 */
void tcp_set_pressure(struct tcp *tcp, enum tcp_pressure pressure);

/**
 * Hand the port segments that it cuts (TSO): new data of one connection, up to 64 KiB. The chain
 * pool's link_segments and share_mbufs are set.
 *
 * @param nb_mbufs
 *   Of one, at most; below 3: none are handed over.
 */
void tcp_set_large(struct tcp *tcp, uint16_t nb_mbufs);

/** Accept no more. Connections live on. 0 or -ENOENT. */
int tcp_unlisten(struct tcp *tcp, struct tr_addr addr, rte_be16_t port);

/**
 * Open actively. The SYN leaves with the next tcp_output().
 *
 * @param local_port
 *   0: chosen (RFC 6056), of those for which comes_here() says so.
 * @return
 *   The connection, or NULL with rte_errno: EADDRINUSE (this port, or all that can be chosen: there
 *   is such a connection, or it would be another core's), ENOBUFS, EINVAL (no such peer),
 *   EADDRNOTAVAIL (no address of ours for it).
 */
struct tcp_conn *tcp_connect(struct tcp *tcp, struct tr_addr remote_addr, rte_be16_t remote_port,
			     rte_be16_t local_port, void *user, uint64_t now_us);

/** The chain to append to; tcp_send() afterwards. Not after tcp_close() or tcp_shutdown(). */
struct tr_chain *tcp_chain(struct tcp_conn *conn);

/** The sequence number of the first byte in the chain: all before it are acknowledged. */
uint32_t tcp_send_acknowledged(const struct tcp_conn *conn);

/** Bytes were appended: send them with the next tcp_output(). */
void tcp_send(struct tcp_conn *conn);

/**
 * What is in the chain ends with urgent data (RFC 9293 section 3.8.5): the peer is told so by what
 * is sent with the next tcp_output() and later, also where it has no window for it, until it has
 * acknowledged it. Call it between appending what is urgent and the tcp_output() that sends the
 * last of it: only segments that begin before the end tell of it, so where all has left already the
 * peer learns nothing unless something is sent again. What is appended afterwards is not urgent.
 * Nothing happens if the chain is empty.
 */
void tcp_send_urgent(struct tcp_conn *conn);

/**
 * The first unread bytes, contiguous.
 *
 * @param[out] len
 *   How many; 0 when there are none.
 */
const uint8_t *tcp_receive_peek(const struct tcp_conn *conn, uint32_t *len);

/** Copy up to @p len unread bytes from the first on, without reading them; returns how many. */
uint32_t tcp_receive_copy(const struct tcp_conn *conn, void *data, uint32_t len);

/** Unread bytes. */
uint32_t tcp_receive_bytes(const struct tcp_conn *conn);

/**
 * Unread bytes up to the last that the peer calls urgent, whether they have come or not; 0: none is
 * pending (RFC 9293 MUST-33).
 */
uint32_t tcp_receive_urgent(const struct tcp_conn *conn);

/** Bytes were read: free them, and open the window when it is worth a segment. */
void tcp_receive_consume(struct tcp_conn *conn, uint32_t len);

/**
 * Close: a FIN after what is in the chain. Unread bytes, or bytes that come later, make it a
 * reset (RFC 9293 section 3.6.1; RFC 2525 section 2.17). closed is called in the end.
 */
void tcp_close(struct tcp_conn *conn);

/**
 * Close one way (RFC 9293 section 3.6, a half-closed connection): a FIN after what is in the chain,
 * while bytes of the peer are read as ever. peer_closed is called after its last, and closed only
 * after tcp_close() or tcp_abort().
 *
 * @return
 *   0, or -ENOTCONN: not in ESTABLISHED. After the peer's FIN there is nothing more to come: read
 *   what is there, and tcp_close().
 */
int tcp_shutdown(struct tcp_conn *conn);

/**
 * Ask the peer whether it is still there when nothing has moved for long (RFC 9293 section 3.8.4);
 * off unless this is called. A peer that does not answer some probes is gone: closed is called with
 * -ETIMEDOUT. While something is sent that was not acknowledged, no probe is needed. Ends with
 * tcp_close().
 */
void tcp_set_keepalive(struct tcp_conn *conn, bool on);

/**
 * The local user timeout (RFC 9293 section 3.9.1, RFC 5482 section 2): for how long what was sent
 * may go unacknowledged, or probes of a closed window unanswered, before closed is called with
 * -ETIMEDOUT. It takes the place of a number of retransmissions, until tcp_close().
 *
 * Where the configuration has user_timeout_option, the peer is told of it by the option of RFC
 * 5482, and its own wish makes a timeout longer that was not set here.
 *
 * @param timeout_s
 *   0: what the configuration says, as if this had not been called; a wish of the peer from before
 *   is forgotten.
 */
void tcp_set_user_timeout(struct tcp_conn *conn, uint16_t timeout_s);

/**
 * Nagle's algorithm (RFC 9293 section 3.7.4): while something is in flight, what does not fill a
 * segment waits. Off unless this is called: what the owner appends in one turn is gathered anyway.
 */
void tcp_set_nagle(struct tcp_conn *conn, bool on);

/** The DSCP of what is sent from now on (RFC 9293 section 3.9.1, RFC 2474): 0 to 63. */
void tcp_set_dscp(struct tcp_conn *conn, uint8_t dscp);

/** The time to live, or hop limit, of what is sent from now on (RFC 9293 section 3.9.2): not 0. */
void tcp_set_ttl(struct tcp_conn *conn, uint8_t ttl);

/** Reset the connection. Calls closed with -ECONNABORTED before it returns. */
void tcp_abort(struct tcp_conn *conn);

/** What a connection looks like now. */
void tcp_conn_info(const struct tcp_conn *conn, struct tcp_conn_info *info);

/** The connection of this id, or NULL. */
struct tcp_conn *tcp_conn_find(struct tcp *tcp, uint32_t id);

/** Its id; see struct tcp_conn_info. */
uint32_t tcp_conn_id(const struct tcp_conn *conn);

/** The user pointer; NULL in SYN-RECEIVED, and in TIME-WAIT once closed() was called. */
void *tcp_conn_user(const struct tcp_conn *conn);

/** Have traced() called for this connection, until it is over for its owner, or no more. */
void tcp_conn_trace(struct tcp_conn *conn, bool traced);

/** Call @p visit for every connection, TIME-WAIT included. */
void tcp_conn_walk(struct tcp *tcp, void (*visit)(struct tcp_conn *conn, void *arg), void *arg);

/** Connections that exist, TIME-WAIT included. */
uint32_t tcp_conn_count(const struct tcp *tcp);

/** Whether there is an algorithm of congestion control of this name; NULL is the default's. */
bool tcp_congestion_is_known(const char *name);

/** "ESTABLISHED". */
const char *tcp_state_name(enum tcp_state state);

/** Counters; see tcp_stats.h. */
const struct tcp_stats *tcp_stats(const struct tcp *tcp);

/** Zero the counters. */
void tcp_stats_clear(struct tcp *tcp);

#endif /* TCP_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Segment exchanges with one stack under a fake clock: inject a segment, expect a segment.
 *
 * Sequence numbers are relative, as in RFC 9293's figures: the peer's SYN has 0 and its first byte
 * 1, and so has ours. "Ours" is the stack, "theirs" is the test. Payload is a pattern by sequence
 * number, so that every byte is checked wherever it lands.
 *
 * A test is played over IPv6 too where its table names it with both_families().
 */
#ifndef PACKET_H
#define PACKET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain.h"
#include "ip.h"
#include "tcp.h"
#include "wire_tcp.h"

#define PACKET_MTU 1500
#define PACKET_MSS 1460
#define PACKET_MSS_IPV6 1440
#define PACKET_WINDOW 65535
#define PACKET_CONNS 8
#define PACKET_REASSEMBLY 32
#define PACKET_TIME_WAIT_US 10000000
#define PACKET_IRS 0xfffffff0u /* the peer's numbers wrap early */

#define FIN WIRE_TCP_FIN
#define SYN WIRE_TCP_SYN
#define RST WIRE_TCP_RST
#define PSH WIRE_TCP_PSH
#define ACK WIRE_TCP_ACK
#define URG WIRE_TCP_URG
#define ECE WIRE_TCP_ECE
#define CWR WIRE_TCP_CWR

/** What the owner was told, and what it does when it is told. */
struct packet_owner {
	struct tcp_conn *conn; /* the last that was opened */
	unsigned int opened;
	unsigned int readable;
	unsigned int sent;
	unsigned int peer_closed;
	unsigned int closed;
	unsigned int urgent;
	int error; /* of closed */
	bool refuse; /* opened returns NULL */
	bool read; /* consume what is readable, and check it */
	bool abort_opened; /* call tcp_abort() in this event, and so on */
	bool abort_readable;
	bool abort_sent;
	bool abort_peer_closed;
	bool close_opened;
	bool close_peer_closed;
	uint32_t read_bytes;
	uint32_t urgent_bytes; /* to be read, as it was told last */
	/* Whether what comes to a port of ours comes to this core; NULL: all does. */
	bool (*comes_here)(const struct ip_ends *ends, uint16_t remote_port, uint16_t local_port);
};

/** A stack, its surroundings and the peer. */
struct packet {
	struct ip *ip;
	struct tcp *tcp;
	struct chain_pool chain_pool;
	struct rte_mempool *data; /* of the chain */
	struct rte_mempool *control; /* of segments without data */
	struct rte_mempool *foreign; /* of received segments: as a device's */
	uint64_t now_us;
	bool ipv6;
	uint16_t headers; /* bytes of IP's and TCP's, without options */
	uint16_t mss; /* of both sides, without timestamps: PACKET_MSS or PACKET_MSS_IPV6 */
	struct packet_owner owner;
	uint32_t conns_max;
	uint16_t peer_port; /* of segments injected */
	uint32_t irs; /* sequence number of the peer's SYN */
	uint32_t iss; /* of ours */
	bool timestamps; /* the peer sends them */
	uint32_t ts_value; /* its clock */
	uint32_t ts_offset; /* of ours: what was seen first */
	uint32_t appended; /* bytes */
};

/** What may differ from the defaults; zero is the default. */
struct packet_setup {
	bool ipv6; /* both hosts speak that */
	uint32_t receive_window_bytes;
	uint32_t conns_max;
	uint32_t syn_backlog; /* default: conns_max */
	uint64_t keepalive_idle_us;
	uint64_t keepalive_interval_us;
	uint16_t user_timeout_s;
	bool user_timeout_option;
	uint16_t user_timeout_min_s;
	uint16_t user_timeout_max_s;
	uint32_t flight_max;
	uint32_t recovery_max;
	uint16_t mss_max;
	uint16_t large_mbufs; /* the port cuts segments of so many mbufs */
	enum tcp_ecn ecn;
	uint8_t dscp;
	uint8_t ttl; /* default: ip's */
	const char *congestion; /* NULL: newreno, whose windows can be told without a clock */
};

/** A segment, relative. */
struct packet_segment {
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	uint32_t len;
	uint16_t window; /* as on the wire; 0: injected 65535, expected any */
	const struct wire_tcp_options *options; /* injected; NULL: none but timestamps */
	bool zero_window;
	uint16_t urgent; /* injected: the urgent pointer */
	bool bad_checksum; /* injected */
	bool no_timestamp; /* injected */
	uint8_t ecn; /* of IP, injected; what was sent is in struct packet_sent */
	/* Injected, host order (of IPv6 who has this last byte); 0: ours, and the peer's. */
	uint32_t dst;
	uint32_t src;
	const char *dst6; /* injected over IPv6: in place of these, if given */
	const char *src6;
};

/** A segment that was sent, with absolute numbers and its options. */
struct packet_sent {
	struct wire_tcp header;
	uint32_t len;
	uint8_t ecn; /* of IP */
	uint8_t dscp; /* the same */
	uint8_t ttl; /* or hop limit */
	uint16_t cut_bytes; /* what the port is to cut it into; 0: nothing */
};

/** What makes a world of IPv6: the state of a test played over it. */
extern const struct packet_setup packet_ipv6;

/** Two lines of a table of tests, whose *state is for packet_begin(): over IPv4, and over IPv6. */
#define both_families(test)                                                                        \
	cmocka_unit_test(test),                                                                    \
	{                                                                                          \
		.name = #test "_ipv6", .test_func = test,                                          \
		.initial_state = (void *)(uintptr_t)&packet_ipv6                                   \
	}

/** Begin with a stack that listens on port 80. The pools live as long as the process. */
void packet_begin(struct packet *packet, const struct packet_setup *setup);

/** End: nothing may be left to expect. Frees everything. */
void packet_end(struct packet *packet);

/** Inject a segment. */
void packet_inject(struct packet *packet, const struct packet_segment *segment);

/**
 * Have an ICMP error come about a packet of so many bytes that began with this sequence number.
 * Returns what tcp_error() does.
 */
bool packet_error(struct packet *packet, enum ip_error_kind kind, uint32_t seq, uint16_t mtu,
		  uint16_t bytes);

/** Let tcp_output() run, and take the oldest segment sent. False when there is none. */
bool packet_take(struct packet *packet, struct packet_sent *sent);

/** Expect a segment; see packet_expect(). */
void packet_expect_at(struct packet *packet, const struct packet_segment *segment,
		      struct packet_sent *sent, const char *file, int line);

/** Expect that nothing is sent. */
void packet_expect_none_at(struct packet *packet, const char *file, int line);

/** Let time pass, with ticks where the stack wants them; tcp_output() after each. */
void packet_advance(struct packet *packet, uint64_t us);

/** Three-way handshake from the peer's side, with these options in its SYN (or NULL). */
void packet_accept(struct packet *packet, const struct wire_tcp_options *options);

/**
 * Somebody else connects, is read from and written to, at once: what was done to the stack before
 * is not his concern. Of a test that is otherwise over.
 */
void packet_serve_innocent(struct packet *packet);

/** Bring the connection to a state; any but TCP_CLOSED. */
void packet_reach(struct packet *packet, enum tcp_state state);

/** Open actively. */
struct tcp_conn *packet_connect(struct packet *packet);

/** Append a number of bytes and send. */
void packet_append(struct packet *packet, uint32_t bytes);

/** The connection with the peer's port, whatever its state, or NULL. */
struct tcp_conn *packet_conn(struct packet *packet);

/** Its state; TCP_CLOSED when there is none. */
enum tcp_state packet_state(struct packet *packet);

/** Pattern of the byte at a relative sequence number. */
uint8_t packet_byte(uint32_t seq);

/** Inject; the initializers name fields of struct packet_segment. */
#define inject(packet, ...) packet_inject((packet), &(struct packet_segment){__VA_ARGS__})

/** Expect a segment of exactly these flags, numbers, length and window. */
#define expect(packet, ...)                                                                        \
	packet_expect_at((packet), &(struct packet_segment){__VA_ARGS__}, NULL, __FILE__, __LINE__)

/** The same, and give it to look at its options. */
#define expect_sent(packet, sent, ...)                                                             \
	packet_expect_at((packet), &(struct packet_segment){__VA_ARGS__}, (sent), __FILE__,        \
			 __LINE__)

/** Expect silence. */
#define expect_none(packet) packet_expect_none_at((packet), __FILE__, __LINE__)

#endif /* PACKET_H */

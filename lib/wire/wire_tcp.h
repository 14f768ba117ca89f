/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * TCP headers and options (RFC 9293 section 3.1, 3.2; RFC 7323; RFC 2018; RFC 5482): bytes to a
 * checked struct and back. Pure functions, any thread.
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_tcp.h>

/** Bytes of a header without options, and the most with them. */
#define WIRE_TCP_HEADER_BYTES 20
#define WIRE_TCP_HEADER_MAX 60

/** Blocks that fit in the options of one segment. */
#define WIRE_TCP_SACK_MAX 4

/** Of a user timeout: its other bits count minutes. */
#define WIRE_TCP_MINUTES 0x8000

#define WIRE_TCP_FIN 0x01
#define WIRE_TCP_SYN 0x02
#define WIRE_TCP_RST 0x04
#define WIRE_TCP_PSH 0x08
#define WIRE_TCP_ACK 0x10
#define WIRE_TCP_URG 0x20
#define WIRE_TCP_ECE 0x40
#define WIRE_TCP_CWR 0x80

/** Options, each at most once: of several, the first that is well formed. */
struct wire_tcp_options {
	bool has_timestamps;
	bool has_mss : 1;
	bool has_window_scale : 1;
	bool sack_permitted : 1;
	/** Parsed: SACK blocks or a user timeout, which few segments have. */
	bool has_rare : 1;
	uint8_t window_scale; /**< 0 to 14: larger is read as 14 (RFC 7323 section 2.3). */
	uint8_t nb_sack;
	uint16_t mss;
	uint16_t user_timeout; /**< In WIRE_TCP_MINUTES or seconds; 0: none (RFC 5482 section 3). */
	uint32_t ts_value;
	uint32_t ts_echo;
	struct {
		uint32_t left;
		uint32_t right;
	} sack[WIRE_TCP_SACK_MAX];
};

/** A header that has been checked. Sequence numbers and window in host order. */
struct wire_tcp {
	rte_be16_t src_port;
	rte_be16_t dst_port;
	uint32_t seq;
	uint32_t ack;
	uint16_t window; /**< As on the wire: not scaled. */
	uint16_t urgent;
	uint16_t header_bytes;
	uint8_t flags; /**< WIRE_TCP_*. */
	struct wire_tcp_options options;
};

/** What was wrong with a header. */
enum wire_tcp_error {
	WIRE_TCP_OK,
	WIRE_TCP_TRUNCATED, /**< Shorter than 20 bytes, or than its data offset says. */
	WIRE_TCP_BAD_OFFSET /**< Data offset below 5. */
};

/**
 * Check a header and its options. An option of illegal length ends the options: what came before
 * it counts (RFC 9293 MUST-7). Unknown options are skipped by their length (MUST-6).
 *
 * @param data
 *   The segment from its first byte.
 * @param len
 *   Bytes of it that may be read: the whole header at least.
 */
enum wire_tcp_error wire_tcp_parse(const uint8_t *data, uint32_t len, struct wire_tcp *tcp);

/** Bytes that wire_tcp_write() will write: the header with these options, padded. */
uint16_t wire_tcp_header_bytes(const struct wire_tcp_options *options);

/**
 * Write a header with its options, padded to four bytes, checksum zero. Options in the order
 * MSS, SACK-permitted, timestamps, window scale, user timeout, SACK blocks (of which as many as
 * fit).
 *
 * @param data
 *   Room for wire_tcp_header_bytes().
 * @return
 *   Bytes written.
 */
uint16_t wire_tcp_write(uint8_t *data, const struct wire_tcp *tcp);

/** How options begin that are NOP, NOP and timestamps, and how long they are. */
#define WIRE_TCP_USUAL_BEGIN UINT32_C(0x0101080a)
#define WIRE_TCP_USUAL_BYTES 12

/**
 * The same as wire_tcp_parse() of a header with timestamps alone, as they are usually written.
 * False for any other, good or bad.
 */
static inline bool
wire_tcp_parse_usual(const uint8_t *data, uint32_t len, struct wire_tcp *tcp)
{
	const struct rte_tcp_hdr *hdr = (const struct rte_tcp_hdr *)data;
	const uint8_t words = (WIRE_TCP_HEADER_BYTES + WIRE_TCP_USUAL_BYTES) / 4;
	rte_be32_t timestamps[WIRE_TCP_USUAL_BYTES / 4];

	if (len < words * 4 || hdr->data_off >> 4 != words)
		return false;
	memcpy(timestamps, data + WIRE_TCP_HEADER_BYTES, sizeof(timestamps));
	if (timestamps[0] != rte_cpu_to_be_32(WIRE_TCP_USUAL_BEGIN))
		return false;
	*tcp = (struct wire_tcp){
		.src_port = hdr->src_port,
		.dst_port = hdr->dst_port,
		.seq = rte_be_to_cpu_32(hdr->sent_seq),
		.ack = rte_be_to_cpu_32(hdr->recv_ack),
		.window = rte_be_to_cpu_16(hdr->rx_win),
		.urgent = rte_be_to_cpu_16(hdr->tcp_urp),
		.header_bytes = words * 4,
		.flags = hdr->tcp_flags,
		.options =
			{
				.has_timestamps = true,
				.ts_value = rte_be_to_cpu_32(timestamps[1]),
				.ts_echo = rte_be_to_cpu_32(timestamps[2]),
			},
	};
	return true;
}

/** The same as wire_tcp_header_bytes(), without options or with timestamps alone. */
static inline uint16_t
wire_tcp_header_bytes_usual(const struct wire_tcp_options *options)
{
	return WIRE_TCP_HEADER_BYTES + (options->has_timestamps ? WIRE_TCP_USUAL_BYTES : 0);
}

/** The same as wire_tcp_write(), without options or with timestamps alone. */
static inline uint16_t
wire_tcp_write_usual(uint8_t *data, const struct wire_tcp *tcp)
{
	struct rte_tcp_hdr *hdr = (struct rte_tcp_hdr *)data;
	uint16_t bytes = wire_tcp_header_bytes_usual(&tcp->options);
	const rte_be32_t timestamps[] = {
		rte_cpu_to_be_32(WIRE_TCP_USUAL_BEGIN),
		rte_cpu_to_be_32(tcp->options.ts_value),
		rte_cpu_to_be_32(tcp->options.ts_echo),
	};

	*hdr = (struct rte_tcp_hdr){
		.src_port = tcp->src_port,
		.dst_port = tcp->dst_port,
		.sent_seq = rte_cpu_to_be_32(tcp->seq),
		.recv_ack = rte_cpu_to_be_32(tcp->ack),
		.data_off = bytes / 4 << 4,
		.tcp_flags = tcp->flags,
		.rx_win = rte_cpu_to_be_16(tcp->window),
		.tcp_urp = rte_cpu_to_be_16(tcp->urgent),
	};
	if (tcp->options.has_timestamps)
		memcpy(data + WIRE_TCP_HEADER_BYTES, timestamps, sizeof(timestamps));
	return bytes;
}

#endif /* WIRE_TCP_H */

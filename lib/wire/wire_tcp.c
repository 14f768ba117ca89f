/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_tcp.h"

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_tcp.h>

#define OPTIONS_MAX (WIRE_TCP_HEADER_MAX - WIRE_TCP_HEADER_BYTES)

/* RFC 9293 section 3.2; RFC 7323 sections 2.2, 3.2; RFC 2018 sections 2, 3; RFC 5482 section 3. */
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
#define OPTION_WINDOW_SCALE 3
#define OPTION_SACK_PERMITTED 4
#define OPTION_SACK 5
#define OPTION_TIMESTAMPS 8
#define OPTION_USER_TIMEOUT 28

#define MSS_BYTES 4
#define WINDOW_SCALE_BYTES 3
#define SACK_PERMITTED_BYTES 2
#define TIMESTAMPS_BYTES 10
#define USER_TIMEOUT_BYTES 4
#define SACK_BYTES(nb) (2 + (nb)*SACK_BLOCK_BYTES)
#define SACK_BLOCK_BYTES 8

#define WINDOW_SCALE_MAX 14

_Static_assert(WIRE_TCP_USUAL_BYTES == 2 + TIMESTAMPS_BYTES, "timestamps with their padding");
_Static_assert(sizeof(struct rte_tcp_hdr) == WIRE_TCP_HEADER_BYTES, "TCP header");

static void parse_options(const uint8_t *data, uint32_t len, struct wire_tcp_options *options);
static void parse_option(const uint8_t *data, uint8_t len, struct wire_tcp_options *options);
static void parse_user_timeout(const uint8_t *data, uint8_t len, struct wire_tcp_options *options);
static void parse_sack(const uint8_t *data, uint8_t len, struct wire_tcp_options *options);
static uint8_t *write_options(uint8_t *at, const struct wire_tcp_options *options);
static bool is_usual(const struct wire_tcp_options *options);
static unsigned int sack_blocks(const struct wire_tcp_options *options);
static uint16_t get_16(const uint8_t *at);
static uint32_t get_32(const uint8_t *at);
static uint8_t *put_option(uint8_t *at, uint8_t kind, uint8_t len);
static uint8_t *put_nop(uint8_t *at);
static uint8_t *put_16(uint8_t *at, uint16_t value);
static uint8_t *put_32(uint8_t *at, uint32_t value);

enum wire_tcp_error
wire_tcp_parse(const uint8_t *data, uint32_t len, struct wire_tcp *tcp)
{
	const struct rte_tcp_hdr *hdr = (const struct rte_tcp_hdr *)data;

	if (len < WIRE_TCP_HEADER_BYTES)
		return WIRE_TCP_TRUNCATED;
	tcp->header_bytes = (hdr->data_off >> 4) * 4;
	if (tcp->header_bytes < WIRE_TCP_HEADER_BYTES)
		return WIRE_TCP_BAD_OFFSET;
	if (tcp->header_bytes > len)
		return WIRE_TCP_TRUNCATED;

	tcp->src_port = hdr->src_port;
	tcp->dst_port = hdr->dst_port;
	tcp->seq = rte_be_to_cpu_32(hdr->sent_seq);
	tcp->ack = rte_be_to_cpu_32(hdr->recv_ack);
	tcp->window = rte_be_to_cpu_16(hdr->rx_win);
	tcp->urgent = rte_be_to_cpu_16(hdr->tcp_urp);
	tcp->flags = hdr->tcp_flags;
	tcp->options = (struct wire_tcp_options){0};
	parse_options(data + WIRE_TCP_HEADER_BYTES, tcp->header_bytes - WIRE_TCP_HEADER_BYTES,
		      &tcp->options);
	return WIRE_TCP_OK;
}

uint16_t
wire_tcp_header_bytes(const struct wire_tcp_options *options)
{
	uint16_t bytes = WIRE_TCP_HEADER_BYTES;
	unsigned int nb_sack;

	if (likely(is_usual(options)))
		return wire_tcp_header_bytes_usual(options);
	nb_sack = sack_blocks(options);
	/* Each is a multiple of four with its NOPs, and so is the header. */
	if (options->has_mss)
		bytes += MSS_BYTES;
	if (options->has_timestamps)
		bytes += 2 + TIMESTAMPS_BYTES;
	else if (options->sack_permitted)
		bytes += 2 + SACK_PERMITTED_BYTES;
	if (options->has_window_scale)
		bytes += 1 + WINDOW_SCALE_BYTES;
	if (options->user_timeout != 0)
		bytes += USER_TIMEOUT_BYTES;
	if (nb_sack > 0)
		bytes += 2 + SACK_BYTES(nb_sack);
	return bytes;
}

uint16_t
wire_tcp_write(uint8_t *data, const struct wire_tcp *tcp)
{
	struct rte_tcp_hdr *hdr = (struct rte_tcp_hdr *)data;
	uint16_t bytes = wire_tcp_write_usual(data, tcp);

	if (unlikely(!is_usual(&tcp->options))) {
		bytes = write_options(data + WIRE_TCP_HEADER_BYTES, &tcp->options) - data;
		hdr->data_off = bytes / 4 << 4;
	}
	return bytes;
}

static void
parse_options(const uint8_t *data, uint32_t len, struct wire_tcp_options *options)
{
	uint32_t i = 0;

	while (i < len && data[i] != OPTION_END) {
		if (data[i] == OPTION_NOP) {
			i++;
			continue;
		}
		/* RFC 9293 MUST-7: its length covers kind and length, and ends in the header. */
		if (len - i < 2 || data[i + 1] < 2 || data[i + 1] > len - i)
			return;
		parse_option(data + i, data[i + 1], options);
		i += data[i + 1];
	}
}

static void
parse_option(const uint8_t *data, uint8_t len, struct wire_tcp_options *options)
{
	switch (data[0]) {
	case OPTION_MSS:
		if (len != MSS_BYTES || options->has_mss)
			break;
		options->has_mss = true;
		options->mss = get_16(data + 2);
		break;
	case OPTION_WINDOW_SCALE:
		if (len != WINDOW_SCALE_BYTES || options->has_window_scale)
			break;
		options->has_window_scale = true;
		options->window_scale = RTE_MIN(data[2], WINDOW_SCALE_MAX);
		break;
	case OPTION_SACK_PERMITTED:
		if (len == SACK_PERMITTED_BYTES)
			options->sack_permitted = true;
		break;
	case OPTION_SACK:
		parse_sack(data, len, options);
		break;
	case OPTION_TIMESTAMPS:
		if (len != TIMESTAMPS_BYTES || options->has_timestamps)
			break;
		options->has_timestamps = true;
		options->ts_value = get_32(data + 2);
		options->ts_echo = get_32(data + 6);
		break;
	case OPTION_USER_TIMEOUT:
		parse_user_timeout(data, len, options);
		break;
	}
}

/* Zero is reserved, in whatever unit. */
static void
parse_user_timeout(const uint8_t *data, uint8_t len, struct wire_tcp_options *options)
{
	uint16_t value;

	if (len != USER_TIMEOUT_BYTES || options->user_timeout != 0)
		return;
	value = get_16(data + 2);
	if ((value & ~WIRE_TCP_MINUTES) == 0)
		return;
	options->user_timeout = value;
	options->has_rare = true;
}

static void
parse_sack(const uint8_t *data, uint8_t len, struct wire_tcp_options *options)
{
	uint8_t nb = (len - 2) / SACK_BLOCK_BYTES;
	uint8_t i;

	/* Forty bytes of options end before a fifth block. */
	if (len != SACK_BYTES(nb) || options->nb_sack > 0)
		return;
	for (i = 0; i < nb; i++) {
		options->sack[i].left = get_32(data + 2 + i * SACK_BLOCK_BYTES);
		options->sack[i].right = get_32(data + 6 + i * SACK_BLOCK_BYTES);
	}
	options->nb_sack = nb;
	options->has_rare |= nb > 0;
}

/* As Linux orders and pads them, which every middlebox has seen. */
static uint8_t *
write_options(uint8_t *at, const struct wire_tcp_options *options)
{
	unsigned int nb_sack = sack_blocks(options);
	unsigned int i;

	if (options->has_mss)
		at = put_16(put_option(at, OPTION_MSS, MSS_BYTES), options->mss);
	if (options->sack_permitted) {
		if (!options->has_timestamps)
			at = put_nop(put_nop(at));
		at = put_option(at, OPTION_SACK_PERMITTED, SACK_PERMITTED_BYTES);
	}
	if (options->has_timestamps) {
		if (!options->sack_permitted)
			at = put_nop(put_nop(at));
		at = put_option(at, OPTION_TIMESTAMPS, TIMESTAMPS_BYTES);
		at = put_32(put_32(at, options->ts_value), options->ts_echo);
	}
	if (options->has_window_scale) {
		at = put_option(put_nop(at), OPTION_WINDOW_SCALE, WINDOW_SCALE_BYTES);
		*at++ = options->window_scale;
	}
	if (options->user_timeout != 0)
		at = put_16(put_option(at, OPTION_USER_TIMEOUT, USER_TIMEOUT_BYTES),
			    options->user_timeout);
	if (nb_sack > 0)
		at = put_option(put_nop(put_nop(at)), OPTION_SACK, SACK_BYTES(nb_sack));
	for (i = 0; i < nb_sack; i++)
		at = put_32(put_32(at, options->sack[i].left), options->sack[i].right);
	return at;
}

static inline bool
is_usual(const struct wire_tcp_options *options)
{
	return !(options->has_mss | options->sack_permitted | options->has_window_scale |
		 options->nb_sack | options->user_timeout);
}

/* How many blocks fit beside the other options. */
static unsigned int
sack_blocks(const struct wire_tcp_options *options)
{
	unsigned int room = OPTIONS_MAX - 2 - SACK_BYTES(0);

	if (options->has_mss)
		room -= MSS_BYTES;
	if (options->has_timestamps)
		room -= 2 + TIMESTAMPS_BYTES;
	else if (options->sack_permitted)
		room -= 2 + SACK_PERMITTED_BYTES;
	if (options->has_window_scale)
		room -= 1 + WINDOW_SCALE_BYTES;
	if (options->user_timeout != 0)
		room -= USER_TIMEOUT_BYTES;
	return RTE_MIN(RTE_MIN(options->nb_sack, (unsigned int)WIRE_TCP_SACK_MAX),
		       room / SACK_BLOCK_BYTES);
}

static uint16_t
get_16(const uint8_t *at)
{
	rte_be16_t value;

	memcpy(&value, at, sizeof(value));
	return rte_be_to_cpu_16(value);
}

static uint32_t
get_32(const uint8_t *at)
{
	rte_be32_t value;

	memcpy(&value, at, sizeof(value));
	return rte_be_to_cpu_32(value);
}

static uint8_t *
put_option(uint8_t *at, uint8_t kind, uint8_t len)
{
	at[0] = kind;
	at[1] = len;
	return at + 2;
}

static uint8_t *
put_nop(uint8_t *at)
{
	*at = OPTION_NOP;
	return at + 1;
}

static uint8_t *
put_16(uint8_t *at, uint16_t value)
{
	value = rte_cpu_to_be_16(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static uint8_t *
put_32(uint8_t *at, uint32_t value)
{
	value = rte_cpu_to_be_32(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_cookie.h"

#include <string.h>

#include "tcp_stateless.h"
#include "tcp_user_timeout.h"

/*
 * A cookie: 28 bits of code, one that tells odd periods from even ones, and an index of MSS. A
 * guess is right once in 2^28 times, and only while cookies are out.
 */
#define CODE_SHIFT 4
#define PERIOD_SHIFT 3
#define MSS_MASK 7

/* The low bits of the timestamp, which is up to 32 ms behind for them. */
#define TS_SCALE_MASK 0x0f
#define TS_SCALE_NONE 0x0f
#define TS_SACK 0x10
#define TS_MASK 0x1f

/* The usual ones, of Ethernet and tunnels, of IPv4 and IPv6; what is less than all is the least. */
static const uint16_t mss_table[MSS_MASK + 1] = {
	TCP_MSS_MIN, TCP_MSS_DEFAULT, 1220, 1360, 1400, 1440, 1460, 8960,
};

static uint32_t make(const struct tcp *tcp, const struct tcp_flow *flow, uint32_t irs,
		     uint64_t period, unsigned int mss);
static unsigned int mss_index(const struct wire_tcp_options *options, const struct tr_addr *peer);
static uint32_t timestamp(const struct tcp *tcp, const struct tcp_flow *flow,
			  const struct wire_tcp_options *options);

void
tcp_cookie_answer(struct tcp *tcp, const struct tcp_segment *syn)
{
	const struct wire_tcp_options *options = &syn->header.options;
	/* Without timestamps there is no place to remember the others in. */
	bool kept = options->has_timestamps;
	struct wire_tcp header = {
		.seq = make(tcp, &syn->flow, syn->seq, tcp->now_us / TCP_COOKIE_PERIOD_US,
			    mss_index(options, &syn->flow.remote_addr)),
		.ack = syn->seq + 1,
		.flags = WIRE_TCP_SYN | WIRE_TCP_ACK,
		.window = RTE_MIN(tcp->receive_window_bytes, (uint32_t)UINT16_MAX),
		.options =
			{
				.has_mss = true,
				.mss = tcp_conn_mss_ours(tcp, &syn->flow.remote_addr),
				.has_window_scale = kept && options->has_window_scale,
				.window_scale = tcp->rcv_scale,
				.sack_permitted = kept && options->sack_permitted,
				.has_timestamps = kept,
				.ts_value = timestamp(tcp, &syn->flow, options),
				.ts_echo = options->ts_value,
				.user_timeout = tcp_user_timeout_default(tcp),
			},
	};

	tcp->cookies_until_us = tcp->now_us + 2 * TCP_COOKIE_PERIOD_US;
	if (tcp_stateless_send(tcp, &syn->flow, &header))
		tcp->stats.cookies_sent++;
}

bool
tcp_cookie_check(const struct tcp *tcp, const struct tcp_segment *ack,
		 struct wire_tcp_options *options)
{
	const struct wire_tcp_options *received = &ack->header.options;
	uint32_t cookie = ack->header.ack - 1;
	uint64_t period = tcp->now_us / TCP_COOKIE_PERIOD_US;
	uint8_t scale;

	if ((cookie >> PERIOD_SHIFT & 1) != (period & 1))
		period--;
	if (make(tcp, &ack->flow, ack->seq - 1, period, cookie & MSS_MASK) != cookie)
		return false;
	*options = (struct wire_tcp_options){
		.has_mss = true,
		.mss = mss_table[cookie & MSS_MASK],
		.has_timestamps = received->has_timestamps,
		.ts_value = received->ts_value,
	};
	if (received->has_timestamps) {
		scale = received->ts_echo & TS_SCALE_MASK;
		options->has_window_scale = scale != TS_SCALE_NONE;
		options->window_scale = options->has_window_scale ? scale : 0;
		options->sack_permitted = received->ts_echo & TS_SACK;
	}
	return true;
}

static uint32_t
make(const struct tcp *tcp, const struct tcp_flow *flow, uint32_t irs, uint64_t period,
     unsigned int mss)
{
	uint64_t code = tcp_isn_cookie(tcp->secret, flow, irs, period << PERIOD_SHIFT | mss);

	return (uint32_t)code << CODE_SHIFT | (period & 1) << PERIOD_SHIFT | mss;
}

/* The largest that is not above the peer's. */
static unsigned int
mss_index(const struct wire_tcp_options *options, const struct tr_addr *peer)
{
	uint16_t mss = options->has_mss ? options->mss : tcp_conn_mss_default(peer);
	unsigned int index = MSS_MASK;

	while (index > 0 && mss_table[index] > mss)
		index--;
	return index;
}

/* Never ahead of the flow's clock: what follows would look old to the peer (RFC 7323 PAWS). */
static uint32_t
timestamp(const struct tcp *tcp, const struct tcp_flow *flow,
	  const struct wire_tcp_options *options)
{
	uint32_t now = tcp_isn_timestamp(tcp->secret, flow) + (uint32_t)(tcp->now_us / 1000);
	uint32_t kept = options->has_window_scale ? options->window_scale : TS_SCALE_NONE;
	uint32_t value;

	if (options->sack_permitted)
		kept |= TS_SACK;
	value = (now & ~(uint32_t)TS_MASK) | kept;
	return tcp_seq_gt(value, now) ? value - (TS_MASK + 1) : value;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* ICMP errors and path MTU: RFC 9293 section 3.9.2.2, RFC 5927, RFC 1191, RFC 8201, RFC 4821.
 */
#include <errno.h>

#include <rte_common.h>

#include "packet.h"
#include "tcp_pmtu.h"
#include "tcp_wheel.h"
#include "test_eal.h"

#define MINUTE_US UINT64_C(60000000)

static const struct wire_tcp_options mss_option = {.has_mss = true, .mss = PACKET_MSS};

/* Expect segments from a sequence number on, of this length each, the last of what is left. */
static void
expect_segments(struct packet *p, uint32_t seq, uint32_t bytes, uint32_t mss)
{
	uint32_t len;

	for (; bytes > 0; bytes -= len, seq += len) {
		len = RTE_MIN(bytes, mss);
		expect(p, .flags = ACK | (len == bytes ? PSH : 0), .seq = seq, .ack = 1,
		       .len = len);
	}
	expect_none(p);
}

static uint32_t
cwnd(const struct packet *p)
{
	struct tcp_conn_info info;

	tcp_conn_info(p->owner.conn, &info);
	return info.cwnd_bytes;
}

/* RFC 5927 section 5.2: what says that nobody is there ends what has not begun. */
/* Shows: MUST-54. */
static void
test_syn_sent(void **state)
{
	static const struct {
		enum ip_error_kind kind;
		bool ends;
		int error;
	} cases[] = {
		{IP_ERROR_PORT, true, -ECONNREFUSED},  {IP_ERROR_PROHIBITED, true, -EHOSTUNREACH},
		{IP_ERROR_HOST, false, -EHOSTUNREACH}, {IP_ERROR_NET, false, -ENETUNREACH},
		{IP_ERROR_TOO_BIG, false, -ETIMEDOUT},
	};
	struct packet p;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		packet_begin(&p, *state);
		packet_reach(&p, TCP_SYN_SENT);
		assert_true(packet_error(&p, cases[i].kind, 1, 1300, 1500));
		assert_true(packet_error(&p, cases[i].kind, -1u, 1300, 1500));
		assert_int_equal(packet_state(&p), TCP_SYN_SENT);
		assert_int_equal(tcp_stats(p.tcp)->icmp_stale, 2);
		assert_true(packet_error(&p, cases[i].kind, 0, 1300, 60));
		assert_int_equal(p.owner.closed, cases[i].ends);
		if (!cases[i].ends) {
			struct packet_sent sent;

			assert_int_equal(packet_state(&p), TCP_SYN_SENT);
			packet_advance(&p, 10 * MINUTE_US);
			while (packet_take(&p, &sent))
				;
		}
		assert_int_equal(p.owner.closed, 1);
		assert_int_equal(p.owner.error, cases[i].error);
		packet_end(&p);
	}
}

/* MUST-54, MUST-56: no error ends a connection, but the last is why it failed, if it does. */
/* Shows: MUST-47, MUST-54, MUST-56. */
static void
test_established(void **state)
{
	static const struct {
		enum ip_error_kind kind;
		int error;
	} cases[] = {
		{IP_ERROR_NET, -ENETUNREACH},
		{IP_ERROR_HOST, -EHOSTUNREACH},
		{IP_ERROR_PROHIBITED, -EHOSTUNREACH},
		{IP_ERROR_PORT, -ECONNREFUSED},
	};
	struct packet_sent sent;
	struct packet p;
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		packet_begin(&p, *state);
		packet_accept(&p, &mss_option);
		packet_append(&p, 100);
		expect_segments(&p, 1, 100, 100);
		/* Of before: what was acknowledged since got through. */
		assert_true(packet_error(&p, cases[i].kind, 1, 0, 140));
		inject(&p, .flags = ACK, .seq = 1, .ack = 101);
		packet_append(&p, 100);
		expect_segments(&p, 101, 100, 100);
		packet_advance(&p, 5000000);
		assert_true(packet_error(&p, cases[i].kind, 101, 0, 140));
		assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
		assert_int_equal(tcp_stats(p.tcp)->icmp_noted, 2);
		packet_advance(&p, 30 * MINUTE_US);
		while (packet_take(&p, &sent))
			;
		assert_int_equal(p.owner.closed, 1);
		assert_int_equal(p.owner.error, cases[i].error);
		packet_end(&p);
	}
}

/* An error of before the last progress is not why it fails later. */
/* Shows: MUST-47. */
static void
test_old_error(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	packet_append(&p, 100);
	expect_segments(&p, 1, 100, 100);
	assert_true(packet_error(&p, IP_ERROR_HOST, 1, 0, 140));
	inject(&p, .flags = ACK, .seq = 1, .ack = 101);
	packet_append(&p, 100);
	packet_advance(&p, 30 * MINUTE_US);
	while (packet_take(&p, &sent))
		;
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	packet_end(&p);
}

/* RFC 5927 section 4: outside of what is in flight nothing is believed. */
/* Shows: 5927-blind. */
static void
test_blind(void **state)
{
	static const uint32_t seqs[] = {0, 3001, 3002, 0x80000000u, -1000u};
	struct packet p;
	size_t i;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	packet_append(&p, 3000);
	expect_segments(&p, 1, 3000, p.mss);
	for (i = 0; i < RTE_DIM(seqs); i++) {
		assert_true(packet_error(&p, IP_ERROR_TOO_BIG, seqs[i], 600, 1500));
		assert_true(packet_error(&p, IP_ERROR_HOST, seqs[i], 0, 1500));
	}
	p.peer_port++;
	assert_false(packet_error(&p, IP_ERROR_TOO_BIG, 1, 600, 1500));
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->icmp_stale, 2 * RTE_DIM(seqs));
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_lowered, 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* RFC 1191 section 6.4: sent again at once, smaller, and congestion it was not. */
/* Shows: 1191-ptb, 8201-ptb. */
static void
test_too_big(void **state)
{
	struct packet p;
	uint32_t before;
	uint16_t mss;

	packet_begin(&p, *state);
	mss = 1300 - p.headers;
	packet_accept(&p, &mss_option);
	packet_append(&p, 3 * p.mss);
	expect_segments(&p, 1, 3 * p.mss, p.mss);
	before = cwnd(&p);
	assert_true(packet_error(&p, IP_ERROR_TOO_BIG, 1 + p.mss, 1300, 1500));
	/* What stands in mbufs of the old size is cut. */
	for (unsigned int i = 0; i < 3; i++) {
		expect(&p, .flags = ACK, .seq = 1 + i * p.mss, .ack = 1, .len = mss);
		expect(&p, .flags = ACK | (i == 2 ? PSH : 0), .seq = 1 + mss + i * p.mss, .ack = 1,
		       .len = 200);
	}
	expect_none(&p);
	assert_int_equal(cwnd(&p), before);
	/* The others of the window come back too: that is no news. */
	assert_true(packet_error(&p, IP_ERROR_TOO_BIG, 1, 1300, 1500));
	assert_true(packet_error(&p, IP_ERROR_TOO_BIG, 1, 1400, 1500));
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_lowered, 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1 + 3 * p.mss);
	assert_true(cwnd(&p) >= before);
	packet_append(&p, 3000);
	expect_segments(&p, 1 + 3 * p.mss, 3000, mss);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
	packet_end(&p);
}

/* With timestamps there is less room. */
/* Shows: 1191-ptb. */
static void
test_too_big_timestamps(void **state)
{
	static const struct wire_tcp_options options = {
		.has_mss = true, .mss = PACKET_MSS, .has_timestamps = true, .ts_value = 1};
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &options);
	packet_append(&p, 1400);
	expect_segments(&p, 1, 1400, p.mss - 12);
	assert_true(packet_error(&p, IP_ERROR_TOO_BIG, 1, 1300, 1400 + 12 + p.headers));
	expect_segments(&p, 1, 1400, 1300 - p.headers - 12);
	packet_end(&p);
}

/* A full segment is in flight when that comes: how large the next are; 0: as before. */
static void
check_believed(const struct packet_setup *setup, uint16_t mtu, uint16_t bytes, uint16_t mss)
{
	struct tcp_conn_info info;
	struct packet p;

	packet_begin(&p, setup);
	packet_accept(&p, &mss_option);
	packet_append(&p, p.mss);
	expect_segments(&p, 1, p.mss, p.mss);
	assert_true(packet_error(&p, IP_ERROR_TOO_BIG, 1, mtu, bytes));
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.mss_bytes, mss != 0 ? mss : p.mss);
	if (mss != 0)
		expect_segments(&p, 1, p.mss, mss);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: 1191-ptb, 5927-blind. */
static void
test_what_is_believed(void **state)
{
	static const struct {
		uint16_t mtu, bytes, mss;
	} cases[] = {
		{1300, 1500, 1260}, {1006, 1500, 966},
		{552, 1500, 512},   {551, 1500, 512}, /* no smaller ones */
		{68, 1500, 512},    {67, 1500, 0}, /* which is none */
		{1, 1500, 0},	    {1500, 1500, 0}, /* it would have fitted */
		{65535, 1500, 0},   {1400, 1300, 0},
		{0, 1500, 1452}, /* an old router: the next that is common */
		{0, 1492, 966},	    {0, 1006, 512},
	};
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++)
		check_believed(*state, cases[i].mtu, cases[i].bytes, cases[i].mss);
}

/* RFC 8201 section 4: every way carries 1280 bytes, and who says less says nothing. */
/* Shows: 8201-ptb. */
static void
test_what_is_believed_ipv6(void **state)
{
	static const struct {
		uint16_t mtu, bytes, mss;
	} cases[] = {
		{1400, 1500, 1340}, {1280, 1500, 1220}, {1279, 1500, 0},
		{552, 1500, 0},	    {1, 1500, 0},	{0, 1500, 0},
		{1500, 1500, 0},    {65535, 1500, 0},	{1400, 1300, 0},
	};
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++)
		check_believed(*state, cases[i].mtu, cases[i].bytes, cases[i].mss);
}

static uint16_t
mss_of(const struct tcp_conn *conn)
{
	struct tcp_conn_info info;

	tcp_conn_info(conn, &info);
	return info.mss_bytes;
}

/* The next connection knows, ten minutes later nobody does, and those there are grow. */
/* Shows: 1191-later. */
static void
test_remembered_and_forgotten(void **state)
{
	struct tcp_conn *first;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	first = p.owner.conn;
	packet_append(&p, p.mss);
	expect_segments(&p, 1, p.mss, p.mss);
	assert_true(packet_error(&p, IP_ERROR_TOO_BIG, 1, 1300, 1500));
	expect_segments(&p, 1, p.mss, 1300 - p.headers);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1 + p.mss);

	packet_advance(&p, 9 * MINUTE_US);
	p.peer_port++;
	packet_accept(&p, &mss_option);
	assert_int_equal(mss_of(p.owner.conn), 1300 - p.headers);
	tcp_abort(p.owner.conn);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 1);

	/* A core that sleeps is woken for it, and nobody else's timer is needed. */
	assert_true(tcp_next_timer_us(p.tcp) <= p.now_us + MINUTE_US);
	packet_advance(&p, MINUTE_US);
	assert_int_equal(mss_of(first), p.mss);
	p.peer_port--;
	p.peer_port += 2;
	packet_accept(&p, &mss_option);
	assert_int_equal(mss_of(p.owner.conn), p.mss);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_raised, 1);
	packet_end(&p);
}

/* So many connections that not all are looked at in one tick grow all the same. */
static void
test_many_forget(void **state)
{
	static struct tcp_conn *conns[2 * TCP_PMTU_TICK_CONNS + 1];
	const struct packet_setup setup = {.conns_max = RTE_DIM(conns), .ipv6 = *state != NULL};
	struct packet p;
	size_t i;

	packet_begin(&p, &setup);
	for (i = 0; i < RTE_DIM(conns); i++, p.peer_port++) {
		packet_accept(&p, &mss_option);
		conns[i] = p.owner.conn;
		if (i == 0) {
			packet_append(&p, p.mss);
			expect_segments(&p, 1, p.mss, p.mss);
			assert_true(packet_error(&p, IP_ERROR_TOO_BIG, 1, 1300, 1500));
			expect_segments(&p, 1, p.mss, 1300 - p.headers);
			inject(&p, .flags = ACK, .seq = 1, .ack = 1 + p.mss);
		}
		assert_int_equal(mss_of(conns[i]), 1300 - p.headers);
	}
	packet_advance(&p, TCP_PMTU_AGE_US);
	assert_in_range(tcp_stats(p.tcp)->path_mtu_raised, 1, TCP_PMTU_TICK_CONNS);
	assert_true(tcp_next_timer_us(p.tcp) <= p.now_us + TCP_WHEEL_TICK_US);
	packet_advance(&p, 2 * TCP_WHEEL_TICK_US);
	for (i = 0; i < RTE_DIM(conns); i++)
		assert_int_equal(mss_of(conns[i]), p.mss);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_raised, RTE_DIM(conns));
	/* Nothing is left to be done. */
	assert_true(tcp_next_timer_us(p.tcp) > p.now_us + MINUTE_US);
	packet_end(&p);
}

/* For so long, packets of up to so many bytes get through to the peer, and all it says to us. */
static void
let_through(struct packet *p, uint64_t us, uint32_t bytes_max, uint32_t *una)
{
	uint64_t until_us = p->now_us + us;
	struct packet_sent sent;

	while (p->now_us < until_us) {
		bool heard = false;

		packet_advance(p, 100000);
		while (packet_take(p, &sent))
			if (sent.len + p->headers <= bytes_max &&
			    sent.header.seq - p->iss == *una) {
				*una += sent.len;
				heard = true;
			}
		if (heard)
			inject(p, .flags = ACK, .seq = 1, .ack = *una);
	}
}

/* Nothing gets through until smaller segments are tried. */
static void
let_nothing_through(struct packet *p, uint32_t *una)
{
	uint64_t probed = tcp_stats(p->tcp)->path_mtu_probed;

	while (tcp_stats(p->tcp)->path_mtu_probed == probed)
		let_through(p, 100000, 0, una);
}

/* RFC 4821 section 7.6: what is larger than 1,300 bytes gets lost, and nobody says so. */
/* Shows: 4821-probe. */
static void
test_black_hole(void **state)
{
	uint32_t una = 1;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	packet_append(&p, 10000);
	let_through(&p, 10000000, 1300, &una);
	assert_int_equal(una, 10001);
	/* When it was found, and as the old size was tried again. */
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 2);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	packet_append(&p, 2480);
	expect_segments(&p, 10001, 2480, 1280 - p.headers);
	packet_end(&p);
}

/* So it takes no longer the second time where less than 1,280 bytes get through. */
static void
test_black_hole_of_the_least(void **state)
{
	uint32_t una = 1;
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_accept(&p, &mss_option);
	packet_append(&p, 10000);
	let_through(&p, 30000000, 600, &una);
	assert_int_equal(una, 10001);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 3);
	packet_append(&p, 1000);
	expect_segments(&p, 10001, 1000, TCP_PMTU_MIN - p.headers);
	packet_end(&p);
}

/* What fits everywhere got lost four times, and what was appended since does not fit. */
static void
test_black_hole_late(void **state)
{
	struct packet_sent sent;
	struct packet p;
	uint32_t len = 0;

	(void)state;
	packet_begin(&p, NULL);
	packet_accept(&p, &mss_option);
	packet_append(&p, 100);
	packet_advance(&p, 6000000);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 0);
	packet_append(&p, 1000);
	packet_advance(&p, MINUTE_US);
	while (packet_take(&p, &sent))
		len = sent.len;
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 1);
	assert_true(len <= TCP_PMTU_MIN - 40);
	packet_end(&p);
}

/* So can one that fits everywhere, but for the blocks beside it. */
static void
test_black_hole_blocks(void **state)
{
	static const struct wire_tcp_options options = {.has_mss = true,
							.mss = PACKET_MSS,
							.sack_permitted = true,
							.has_timestamps = true,
							.ts_value = 1};
	uint32_t bytes, least;
	struct packet_sent sent;
	unsigned int nb;
	struct packet p;

	for (nb = 0; nb <= 4; nb++) {
		packet_begin(&p, *state);
		least = p.ipv6 ? TCP_PMTU_MIN_IPV6 : TCP_PMTU_MIN;
		packet_accept(&p, &options);
		for (unsigned int i = 0; i < nb; i++) {
			inject(&p, .flags = ACK, .seq = 1001 + 200 * i, .ack = 1, .len = 100);
			assert_true(packet_take(&p, &sent));
			assert_int_equal(sent.header.options.nb_sack, RTE_MIN(i + 1, 3u));
		}
		packet_append(&p, least - p.headers - 12);
		packet_advance(&p, MINUTE_US);
		assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, nb == 0 ? 0 : 1);
		for (bytes = 0; packet_take(&p, &sent);)
			bytes = p.headers - 20 + wire_tcp_header_bytes(&sent.header.options) +
				sent.len;
		assert_int_equal(bytes, least);
		packet_end(&p);
	}
}

/* So can a probe of a window that takes less than a segment (RFC 9293 section 3.8.6.2.1). */
static void
test_black_hole_probe(void **state)
{
	struct packet_sent sent;
	struct packet p;
	uint32_t len = 0;

	(void)state;
	packet_begin(&p, NULL);
	packet_accept(&p, &mss_option);
	packet_append(&p, 1000);
	expect_segments(&p, 1, 1000, 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001, .window = 900);
	packet_append(&p, 5000);
	packet_advance(&p, MINUTE_US);
	while (packet_take(&p, &sent))
		len = sent.len;
	/* What is tried then is a segment that the window takes. */
	assert_int_equal(tcp_stats(p.tcp)->window_probes, 3);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 1);
	assert_int_equal(len, TCP_PMTU_MIN - 40);
	packet_end(&p);
}

/* A window that was taken back before the first probe of it says nothing of the way. */
static void
test_closed_window_is_no_black_hole(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	packet_append(&p, p.mss);
	expect_segments(&p, 1, p.mss, p.mss);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	while (tcp_stats(p.tcp)->window_probes == 0)
		packet_advance(&p, 10000);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 1);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 0);
	/* Probes without an answer may be too large. */
	packet_advance(&p, MINUTE_US);
	assert_in_range(tcp_stats(p.tcp)->path_mtu_probed, 1, 2);
	while (packet_take(&p, &sent))
		;
	packet_end(&p);
}

/* The next connection to the same peer: the payload of its segments. */
static uint16_t
next_mss(struct packet *p)
{
	struct tcp_conn_info info;

	p->peer_port++;
	packet_accept(p, &mss_option);
	tcp_conn_info(p->owner.conn, &info);
	return info.mss_bytes;
}

/*
 * A peer that is silent says nothing of the way to it; that smaller segments get through where
 * larger ones are lost again does, and for that time.
 */
/* Shows: 4821-probe. */
static void
test_black_hole_is_remembered_when_found(void **state)
{
	static const struct {
		uint32_t bytes_max;
		bool remembered;
	} cases[] = {
		{0, false}, {1300, true}, {1500, false}, /* it was an outage */
	};
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct tcp_conn *first;
		uint16_t known;
		uint32_t una = 1;

		packet_begin(&p, *state);
		packet_accept(&p, &mss_option);
		first = p.owner.conn;
		packet_append(&p, 5000);
		let_nothing_through(&p, &una);
		let_through(&p, 10000000, cases[i].bytes_max, &una);
		assert_int_equal(una, cases[i].bytes_max == 0 ? 1 : 5001);
		known = cases[i].remembered ? TCP_PMTU_MIN_IPV6 - p.headers : p.mss;
		if (una > 1) {
			assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed,
					 cases[i].remembered ? 2 : 1);
			assert_int_equal(mss_of(first), known);
		}
		assert_int_equal(next_mss(&p), known);
		packet_end(&p);
	}
}

/* What was sent, of any connection, gets lost. */
static void
lose(struct packet *p)
{
	struct ip_txq *txq = ip_txq(p->ip);

	tcp_output(p->tcp, p->now_us);
	rte_pktmbuf_free_bulk(txq->frames, txq->nb);
	txq->nb = 0;
}

/* What several connections lose in one outage was lost once. */
static void
test_outage_of_many(void **state)
{
	struct tcp_conn *conns[3];
	uint32_t iss[3];
	struct packet p;
	unsigned int i;

	packet_begin(&p, *state);
	for (i = 0; i < RTE_DIM(conns); i++) {
		p.peer_port++;
		packet_accept(&p, &mss_option);
		conns[i] = p.owner.conn;
		iss[i] = p.iss;
		packet_append(&p, 5000);
		lose(&p);
	}
	packet_advance(&p, 2000000);
	lose(&p);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, RTE_DIM(conns));
	while (i-- > 0) {
		p.iss = iss[i];
		inject(&p, .flags = ACK, .seq = 1, .ack = 1 + TCP_PMTU_MIN_IPV6 - p.headers);
		assert_int_equal(mss_of(conns[i]), p.mss);
		packet_advance(&p, 50000);
		lose(&p);
		p.peer_port--;
	}
	p.peer_port += 5;
	assert_int_equal(next_mss(&p), p.mss);
	packet_end(&p);
}

/* One that comes long after another is no second try. */
static void
test_outages_far_apart(void **state)
{
	uint32_t una = 1, end = 1;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	for (unsigned int i = 1; i <= 2; i++) {
		packet_append(&p, 5000);
		end += 5000;
		let_nothing_through(&p, &una);
		let_through(&p, 10000000, 1500, &una);
		assert_int_equal(una, end);
		assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, i);
		assert_int_equal(mss_of(p.owner.conn), p.mss);
		packet_advance(&p, MINUTE_US);
	}
	assert_int_equal(next_mss(&p), p.mss);
	packet_end(&p);
}

/* Many small segments are no large one; and if one like that got through late, so may all. */
static void
test_small_segments_are_no_black_hole(void **state)
{
	struct tcp_conn_info info;
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	for (unsigned int i = 0; i < 8; i++) {
		packet_append(&p, 200);
		expect(&p, .flags = ACK | PSH, .seq = 1 + i * 200, .ack = 1, .len = 200);
	}
	packet_advance(&p, 10000000);
	while (packet_take(&p, &sent))
		;
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1401);
	packet_append(&p, 1230);
	packet_advance(&p, 4 * MINUTE_US);
	while (packet_take(&p, &sent))
		;
	assert_true(tcp_stats(p.tcp)->path_mtu_probed > 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1601);
	while (packet_take(&p, &sent))
		;
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.mss_bytes, p.mss);
	assert_int_equal(next_mss(&p), p.mss);
	packet_end(&p);
}

/* One that is silent for everything is asked with less and less. */
static void
test_silence(void **state)
{
	struct tcp_conn_info info;
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_option);
	packet_append(&p, 5000);
	packet_advance(&p, MINUTE_US);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.mss_bytes, (p.ipv6 ? TCP_PMTU_MIN_IPV6 : TCP_PMTU_MIN) - p.headers);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, p.ipv6 ? 1 : 2);
	while (packet_take(&p, &sent))
		;
	packet_end(&p);
}

/* A single segment that is not full can be too large as well; one that fits everywhere cannot. */
static void
test_black_hole_short(void **state)
{
	static const struct {
		uint32_t bytes;
		uint64_t probed;
	} cases[] = {
		{PACKET_MSS - 1, 2},
		{TCP_PMTU_MIN_IPV6 - 40, 1},
		{TCP_PMTU_MIN - 40 + 1, 1},
		{TCP_PMTU_MIN - 40, 0},
	};
	struct packet_sent sent;
	struct packet p;
	uint32_t largest;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		packet_begin(&p, NULL);
		packet_accept(&p, &mss_option);
		packet_append(&p, cases[i].bytes);
		packet_advance(&p, MINUTE_US);
		assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, cases[i].probed);
		for (largest = 0; packet_take(&p, &sent);)
			largest = sent.len;
		assert_true(largest <= TCP_PMTU_MIN - 40);
		packet_end(&p);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		both_families(test_syn_sent),
		both_families(test_established),
		both_families(test_old_error),
		both_families(test_blind),
		both_families(test_too_big),
		both_families(test_too_big_timestamps),
		cmocka_unit_test(test_what_is_believed),
		cmocka_unit_test_prestate(test_what_is_believed_ipv6,
					  (void *)(uintptr_t)&packet_ipv6),
		both_families(test_remembered_and_forgotten),
		both_families(test_many_forget),
		both_families(test_black_hole),
		cmocka_unit_test(test_black_hole_of_the_least),
		cmocka_unit_test(test_black_hole_short),
		both_families(test_black_hole_blocks),
		cmocka_unit_test(test_black_hole_probe),
		both_families(test_closed_window_is_no_black_hole),
		cmocka_unit_test(test_black_hole_late),
		both_families(test_black_hole_is_remembered_when_found),
		both_families(test_outage_of_many),
		both_families(test_outages_far_apart),
		both_families(test_small_segments_are_no_black_hole),
		both_families(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

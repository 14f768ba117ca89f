/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Explicit congestion notification: RFC 3168 section 6.1. */
#include <string.h>

#include "packet.h"
#include "test_eal.h"

#define ECT1 1
#define ECT0 2
#define CE 3

static const struct wire_tcp_options mss_1000 = {.has_mss = true, .mss = 1000};

static struct tcp_conn_info
info_of(struct packet *p)
{
	struct tcp_conn_info info;

	tcp_conn_info(packet_conn(p), &info);
	return info;
}

/* A connection that the peer opened, with ECN agreed on. */
static void
accept_ecn(struct packet *p)
{
	inject(p, .flags = SYN | ECE | CWR, .options = &mss_1000);
	expect(p, .flags = SYN | ACK | ECE, .ack = 1);
	inject(p, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(p);
	assert_true(info_of(p).ecn);
	assert_int_equal(tcp_stats(p->tcp)->ecn_connections, 1);
}

/* Some segments of new data, each ECT(0), the first with these flags. */
static void
expect_data(struct packet *p, uint32_t seq, unsigned int nb, uint8_t flags)
{
	struct packet_sent sent;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		expect_sent(p, &sent, .flags = ACK | (i == 0 ? flags : 0), .seq = seq + i * 1000,
			    .ack = 1, .len = 1000);
		assert_int_equal(sent.ecn, ECT0);
	}
}

/* What a SYN asks for, and what its SYN-ACK says: both flags and a clean IP header, or nothing. */
/* Shows: SHLD-8, 3168-negotiate. */
static void
test_passive(void **state)
{
	static const struct {
		enum tcp_ecn ecn;
		uint8_t flags;
		uint8_t ip_ecn;
		bool agreed;
	} cases[] = {
		{TCP_ECN_ACCEPT, ECE | CWR, 0, true},	  {TCP_ECN_REQUEST, ECE | CWR, 0, true},
		{TCP_ECN_OFF, ECE | CWR, 0, false},	  {TCP_ECN_ACCEPT, 0, 0, false},
		{TCP_ECN_ACCEPT, ECE, 0, false},	  {TCP_ECN_ACCEPT, CWR, 0, false},
		{TCP_ECN_ACCEPT, ECE | CWR, ECT0, false}, {TCP_ECN_ACCEPT, ECE | CWR, ECT1, false},
		{TCP_ECN_ACCEPT, ECE | CWR, CE, false},
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct packet_sent sent;
		struct packet p;

		packet_begin(&p,
			     &(struct packet_setup){.ecn = cases[i].ecn, .ipv6 = *state != NULL});
		inject(&p, .flags = SYN | cases[i].flags, .ecn = cases[i].ip_ecn);
		expect_sent(&p, &sent, .flags = SYN | ACK | (cases[i].agreed ? ECE : 0), .ack = 1);
		assert_int_equal(sent.ecn, 0);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		expect_none(&p);
		assert_int_equal(info_of(&p).ecn, cases[i].agreed);
		packet_append(&p, 10);
		expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
		assert_int_equal(sent.ecn, cases[i].agreed ? ECT0 : 0);
		packet_end(&p);
	}
}

/* What the SYN-ACK may say to a SYN of ours; one that returns both flags does so unseen. */
/* Shows: 3168-negotiate. */
static void
test_active(void **state)
{
	static const struct {
		enum tcp_ecn ecn;
		uint8_t flags;
		uint8_t ip_ecn;
		bool agreed;
	} cases[] = {
		{TCP_ECN_REQUEST, ECE, 0, true},       {TCP_ECN_REQUEST, ECE | CWR, 0, false},
		{TCP_ECN_REQUEST, CWR, 0, false},      {TCP_ECN_REQUEST, 0, 0, false},
		{TCP_ECN_REQUEST, ECE, CE, false},     {TCP_ECN_ACCEPT, ECE, 0, false},
		{TCP_ECN_ACCEPT, ECE | CWR, 0, false}, {TCP_ECN_OFF, ECE, 0, false},
	};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		bool asks = cases[i].ecn == TCP_ECN_REQUEST;
		struct packet_sent sent;
		struct packet p;

		packet_begin(&p,
			     &(struct packet_setup){.ecn = cases[i].ecn, .ipv6 = *state != NULL});
		assert_non_null(packet_connect(&p));
		expect_sent(&p, &sent, .flags = SYN | (asks ? ECE | CWR : 0));
		assert_int_equal(sent.ecn, 0);
		inject(&p, .flags = SYN | ACK | cases[i].flags, .ack = 1, .ecn = cases[i].ip_ecn);
		expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1);
		assert_int_equal(sent.ecn, 0);
		assert_int_equal(info_of(&p).ecn, cases[i].agreed);
		packet_end(&p);
	}
}

/* Section 6.1.1.1: a SYN that is not answered goes out again without, and that is final. */
/* Shows: 3168-negotiate. */
static void
test_active_falls_back(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.ecn = TCP_ECN_REQUEST, .ipv6 = *state != NULL});
	assert_non_null(packet_connect(&p));
	expect(&p, .flags = SYN | ECE | CWR);
	packet_advance(&p, 1000000);
	expect(&p, .flags = SYN);
	inject(&p, .flags = SYN | ACK | ECE, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_false(info_of(&p).ecn);
	packet_end(&p);
}

/* Shows: 3168-negotiate. */
static void
test_passive_falls_back(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN | ECE | CWR);
	expect(&p, .flags = SYN | ACK | ECE, .ack = 1);
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	/* Once refused it stays so. */
	inject(&p, .flags = SYN | ECE | CWR);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_false(info_of(&p).ecn);
	packet_end(&p);
}

static void
test_simultaneous_open(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.ecn = TCP_ECN_REQUEST, .ipv6 = *state != NULL});
	assert_non_null(packet_connect(&p));
	expect(&p, .flags = SYN | ECE | CWR);
	inject(&p, .flags = SYN | ECE | CWR);
	expect(&p, .flags = SYN | ACK | ECE, .ack = 1);
	inject(&p, .flags = SYN | ACK | ECE, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_true(info_of(&p).ecn);
	packet_end(&p);
}

/* Section 6.1.3: each ACK echoes, until data comes with CWR. */
/* Shows: 3168-echo. */
static void
test_echo_until_cwr(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	accept_ecn(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000, .ecn = ECT0);
	inject(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000, .ecn = ECT0);
	expect(&p, .flags = ACK, .seq = 1, .ack = 2001);
	inject(&p, .flags = ACK, .seq = 2001, .ack = 1, .len = 1000, .ecn = CE);
	inject(&p, .flags = ACK, .seq = 3001, .ack = 1, .len = 1000, .ecn = ECT0);
	expect(&p, .flags = ACK | ECE, .seq = 1, .ack = 4001);
	inject(&p, .flags = ACK, .seq = 4001, .ack = 1, .len = 2000, .ecn = ECT0);
	packet_advance(&p, 40000);
	expect(&p, .flags = ACK | ECE, .seq = 1, .ack = 6001);
	/* Data carries the echo as well. */
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH | ECE, .seq = 1, .ack = 6001, .len = 10);
	/* CWR without data is nobody's answer. */
	inject(&p, .flags = ACK | CWR, .seq = 6001, .ack = 11);
	inject(&p, .flags = ACK, .seq = 6001, .ack = 11, .len = 1000);
	inject(&p, .flags = ACK, .seq = 7001, .ack = 11, .len = 1000);
	expect(&p, .flags = ACK | ECE, .seq = 11, .ack = 8001);
	/* Marked again on its way: that is a new one. */
	inject(&p, .flags = ACK | CWR, .seq = 8001, .ack = 11, .len = 1000, .ecn = CE);
	inject(&p, .flags = ACK, .seq = 9001, .ack = 11, .len = 1000, .ecn = ECT0);
	expect(&p, .flags = ACK | ECE, .seq = 11, .ack = 10001);
	inject(&p, .flags = ACK | CWR, .seq = 10001, .ack = 11, .len = 1000, .ecn = ECT0);
	inject(&p, .flags = ACK, .seq = 11001, .ack = 11, .len = 1000, .ecn = ECT0);
	expect(&p, .flags = ACK, .seq = 11, .ack = 12001);
	assert_int_equal(tcp_stats(p.tcp)->ecn_marks, 2);
	assert_int_equal(tcp_stats(p.tcp)->ecn_reductions, 0);
	packet_end(&p);
}

/* A mark on what is not in the window, or without ECN, is nobody's business. */
/* Shows: 3168-echo. */
static void
test_marks_that_do_not_count(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	accept_ecn(&p);
	inject(&p, .flags = ACK, .seq = 200001, .ack = 1, .len = 1000, .ecn = CE);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .ecn = CE);
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 5000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->ecn_marks, 0);
	assert_int_equal(tcp_stats(p.tcp)->ecn_reductions, 0);
	packet_end(&p);

	packet_begin(&p, *state);
	packet_accept(&p, &mss_1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000, .ecn = CE);
	inject(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 2001);
	packet_append(&p, 5000);
	for (unsigned int i = 0; i < 5; i++)
		expect(&p, .flags = ACK | (i == 4 ? PSH : 0), .seq = 1 + i * 1000, .ack = 2001,
		       .len = 1000);
	inject(&p, .flags = ACK | ECE, .seq = 2001, .ack = 2001);
	assert_int_equal(info_of(&p).cwnd_bytes, 10000);
	packet_end(&p);
}

/* Section 6.1.2: half, once for each window of data, told with CWR on the next new data. */
/* Shows: 3168-cut. */
static void
test_one_cut_a_round_trip(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	accept_ecn(&p);
	packet_append(&p, 40000);
	expect_data(&p, 1, 10, 0);
	expect_none(&p);
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 2001);
	expect_none(&p);
	assert_int_equal(info_of(&p).ssthresh_bytes, 5000);
	/* The echo goes on until our CWR is there: all of it is the same mark. */
	for (unsigned int ack = 3001; ack <= 6001; ack += 1000) {
		inject(&p, .flags = ACK | ECE, .seq = 1, .ack = ack);
		assert_int_equal(info_of(&p).ssthresh_bytes, 5000);
		assert_int_equal(info_of(&p).cwnd_bytes, 5000);
	}
	expect_data(&p, 10001, 1, CWR);
	expect_none(&p);
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 10001);
	assert_int_equal(info_of(&p).ssthresh_bytes, 5000);
	assert_int_equal(tcp_stats(p.tcp)->ecn_reductions, 1);
	expect_data(&p, 11001, 4, 0);
	/* What was sent after it is marked again. */
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 11001);
	assert_int_equal(tcp_stats(p.tcp)->ecn_reductions, 2);
	assert_true(info_of(&p).ssthresh_bytes < 5000);
	packet_end(&p);
}

/* Section 6.1.5: what is sent again, and what carries no data, is not to be marked. */
/* Shows: 3168-not. */
static void
test_retransmission_is_not_capable(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	accept_ecn(&p);
	packet_append(&p, 5000);
	expect_data(&p, 1, 4, 0);
	expect(&p, .flags = ACK | PSH, .seq = 4001, .ack = 1, .len = 1000);
	packet_advance(&p, 200000);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	assert_int_equal(sent.ecn, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 5001);
	expect_none(&p);
	/* Section 6.1.2: a window that was cut for a loss is told as well. */
	packet_append(&p, 10);
	expect_sent(&p, &sent, .flags = ACK | PSH | CWR, .seq = 5001, .ack = 1, .len = 10);
	assert_int_equal(sent.ecn, ECT0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 5011, .len = 10);
	packet_advance(&p, 40000);
	expect_sent(&p, &sent, .flags = ACK, .seq = 5011, .ack = 11);
	assert_int_equal(sent.ecn, 0);
	tcp_close(p.owner.conn);
	expect_sent(&p, &sent, .flags = FIN | ACK, .seq = 5011, .ack = 11);
	assert_int_equal(sent.ecn, 0);
	packet_end(&p);
}

/* Section 6.1.6 */
/* Shows: 3168-not. */
static void
test_window_probe_is_not_capable(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	accept_ecn(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 10);
	expect_none(&p);
	packet_advance(&p, 200000);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1, .len = 1);
	assert_int_equal(sent.ecn, 0);
	packet_end(&p);
}

/* Shows: 3168-not. */
static void
test_reset_is_not_capable(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	accept_ecn(&p);
	packet_append(&p, 10);
	expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	assert_int_equal(sent.ecn, ECT0);
	tcp_abort(p.owner.conn);
	expect_sent(&p, &sent, .flags = RST | ACK, .seq = 11, .ack = 1);
	assert_int_equal(sent.ecn, 0);
	packet_end(&p);
}

/* What ACKs of the same turn took from a window that was used up was in flight as well. */
static void
test_cut_in_a_burst_halves_the_window(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	accept_ecn(&p);
	packet_append(&p, 50000);
	expect_data(&p, 1, 10, 0);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 5001);
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 6001);
	assert_int_equal(info_of(&p).ssthresh_bytes, 5000);
	assert_int_equal(info_of(&p).cwnd_bytes, 5000);
	expect_data(&p, 10001, 1, CWR);
	expect_none(&p);

	/* Nor is it forgotten for an echo of before, and neither lets the window grow. */
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 10001);
	assert_int_equal(info_of(&p).cwnd_bytes, 5000);
	expect_data(&p, 11001, 4, 0);
	expect_none(&p);
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 10001);
	inject(&p, .flags = ACK, .seq = 1, .ack = 14001);
	assert_int_equal(info_of(&p).cwnd_bytes, 5000);
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 15001);
	assert_int_equal(info_of(&p).ssthresh_bytes, 2500);
	assert_int_equal(info_of(&p).cwnd_bytes, 2500);
	expect_data(&p, 15001, 2, CWR);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_passive),
		both_families(test_active),
		both_families(test_active_falls_back),
		both_families(test_passive_falls_back),
		both_families(test_simultaneous_open),
		both_families(test_echo_until_cwr),
		both_families(test_marks_that_do_not_count),
		both_families(test_one_cut_a_round_trip),
		both_families(test_cut_in_a_burst_halves_the_window),
		both_families(test_retransmission_is_not_capable),
		both_families(test_window_probe_is_not_capable),
		both_families(test_reset_is_not_capable),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

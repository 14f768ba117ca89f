/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Loss and congestion: RFC 5681, RFC 6298, RFC 6582, RFC 3042, RFC 6928. */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

/* Shows: 6928-iw, MUST-19. */
static void
test_initial_window_is_ten_segments(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	packet_append(&p, 20000);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK, .seq = 1 + i * 1000, .ack = 1, .len = 1000);
	expect_none(&p);
	/* Slow start: each ACK of two segments lets out four. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 2001);
	for (unsigned int i = 10; i < 14; i++)
		expect(&p, .flags = ACK, .seq = 1 + i * 1000, .ack = 1, .len = 1000);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: MUST-19, 5681-cut, 6298-double. */
static void
test_timeout_doubles_and_slow_starts(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	struct tcp_conn_info info;

	packet_append(&p, 4000);
	for (unsigned int i = 0; i < 4; i++)
		expect(&p, .flags = ACK | (i == 3 ? PSH : 0), .seq = 1 + i * 1000, .ack = 1,
		       .len = 1000);
	expect_none(&p);

	tcp_conn_info(p.owner.conn, &info);
	packet_advance(&p, info.rto_us - 1000);
	expect_none(&p);
	packet_advance(&p, 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect_none(&p);
	packet_advance(&p, info.rto_us * 2 - 1000);
	expect_none(&p);
	packet_advance(&p, 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.cwnd_bytes, 1000);
	assert_int_equal(info.ssthresh_bytes, 2000);
	assert_int_equal(info.retransmits, 2);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 2);
	packet_end(&p);
}

static void
test_rto_is_at_least_200_ms(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct tcp_conn_info info;

	packet_accept(&p, NULL);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.rto_us, 200000);
	packet_end(&p);
}

/* Shows: MUST-20. */
static void
test_gives_up_after_fifteen(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_advance(&p, 3600ul * 1000000);
	for (unsigned int i = 0; i < 15; i++)
		expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	expect_none(&p);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* Shows: 5681-fast, 3042-two. */
static void
test_fast_retransmit_after_three_duplicates(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	struct tcp_conn_info info;

	packet_append(&p, 10000);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK | (i == 9 ? PSH : 0), .seq = 1 + i * 1000, .ack = 1,
		       .len = 1000);
	expect_none(&p);

	packet_append(&p, 5000);
	expect_none(&p);
	/* Limited transmit: a new segment for each of the first two. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK, .seq = 10001, .ack = 1, .len = 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK, .seq = 11001, .ack = 1, .len = 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect_none(&p);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.ssthresh_bytes, 6000);
	assert_int_equal(info.cwnd_bytes, 9000);
	/* Further duplicates open the window again. */
	for (unsigned int i = 0; i < 3; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK, .seq = 12001, .ack = 1, .len = 1000);
	/* All of the flight: recovery ends. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 13001);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.cwnd_bytes, 6000);
	assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 1);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 1);
	packet_end(&p);
}

/* Shows: 6582-partial. */
static void
test_partial_ack_sends_the_next_hole(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	packet_append(&p, 6000);
	for (unsigned int i = 0; i < 6; i++)
		expect(&p, .flags = ACK | (i == 5 ? PSH : 0), .seq = 1 + i * 1000, .ack = 1,
		       .len = 1000);
	expect_none(&p);

	for (unsigned int i = 0; i < 3; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 3001);
	expect(&p, .flags = ACK, .seq = 3001, .ack = 1, .len = 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 6001);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 1);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 2);
	packet_end(&p);
}

/* Shows: 6582-multiple. */
static void
test_duplicates_after_a_timeout_are_no_loss(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	packet_append(&p, 5000);
	for (unsigned int i = 0; i < 5; i++)
		expect(&p, .flags = ACK | (i == 4 ? PSH : 0), .seq = 1 + i * 1000, .ack = 1,
		       .len = 1000);
	expect_none(&p);

	packet_advance(&p, 200000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	for (unsigned int i = 0; i < 5; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 5001);
	for (unsigned int i = 0; i < 5; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 5001);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 0);
	packet_end(&p);
}

/* Shows: 5681-dup. */
static void
test_window_update_is_no_duplicate(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	packet_append(&p, 5000);
	for (unsigned int i = 0; i < 5; i++)
		expect(&p, .flags = ACK | (i == 4 ? PSH : 0), .seq = 1 + i * 1000, .ack = 1,
		       .len = 1000);
	expect_none(&p);

	for (unsigned int i = 0; i < 5; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 60000 - i);
	for (unsigned int i = 0; i < 5; i++)
		inject(&p, .flags = ACK, .seq = 1 + i, .ack = 1, .len = 1, .window = 59996);
	expect(&p, .flags = ACK, .seq = 5001, .ack = 6);
	expect_none(&p);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 5681-idle. */
static void
test_restart_after_idle(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct tcp_conn_info info;

	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	for (unsigned int i = 0; i < 2; i++) {
		struct packet_sent sent;

		packet_append(&p, 30000);
		while (packet_take(&p, &sent))
			inject(&p, .flags = ACK, .seq = 1,
			       .ack = sent.header.seq - p.iss + sent.len);
	}
	tcp_conn_info(p.owner.conn, &info);
	assert_true(info.cwnd_bytes > 10000);
	packet_advance(&p, 1000000);
	packet_append(&p, 20000);
	expect(&p, .flags = ACK, .seq = 60001, .ack = 1, .len = 1000);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.cwnd_bytes, 10000);
	packet_end(&p);
}

/* Shows: MUST-18, 6298-karn. */
static void
test_karn_takes_no_sample_of_what_was_sent_again(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct tcp_conn_info info;

	packet_accept(&p, NULL);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_advance(&p, 200000);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_advance(&p, 100000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 11);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.srtt_us, 1);
	assert_int_equal(info.rto_us, 400000);
	packet_end(&p);
}

/* Shows: 6298-karn. */
static void
test_timestamp_tells_which_was_received(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct wire_tcp_options options = {.has_timestamps = true, .ts_value = 5};
	struct tcp_conn_info info;
	struct packet_sent sent;

	packet_accept(&p, &options);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_advance(&p, 200000);
	expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_advance(&p, 80000);
	options.ts_echo = sent.header.options.ts_value;
	inject(&p, .flags = ACK, .seq = 1, .ack = 11, .options = &options);
	tcp_conn_info(p.owner.conn, &info);
	assert_in_range(info.srtt_us, 10000, 10001);
	packet_end(&p);
}

static void
test_rtt_sets_rto(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct tcp_conn_info info;

	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 50; i++) {
		packet_append(&p, 10);
		expect(&p, .flags = ACK | PSH, .seq = 1 + i * 10, .ack = 1, .len = 10);
		packet_advance(&p, 100000);
		inject(&p, .flags = ACK, .seq = 1, .ack = 11 + i * 10);
	}
	tcp_conn_info(p.owner.conn, &info);
	assert_in_range(info.srtt_us, 99000, 101000);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 0);
	packet_end(&p);
}

static void
test_full_queue_leaves_the_rest_for_the_next_turn(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct ip_txq *txq = ip_txq(p.ip);
	struct packet_sent sent;
	unsigned int left;

	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	while (txq->nb < IP_TXQ_SIZE - 64 - 3) {
		txq->frames[txq->nb] = rte_pktmbuf_alloc(p.control);
		txq->nb++;
	}
	packet_append(&p, 8000);
	tcp_output(p.tcp, p.now_us);
	assert_int_equal(txq->nb, IP_TXQ_SIZE - 64);
	assert_true(tcp_next_timer_us(p.tcp) <= p.now_us + 1000);
	left = txq->nb - 3;
	rte_pktmbuf_free_bulk(txq->frames, left);
	memmove(txq->frames, txq->frames + left, 3 * sizeof(txq->frames[0]));
	txq->nb = 3;
	for (unsigned int i = 0; i < 8; i++)
		assert_true(packet_take(&p, &sent));
	assert_int_equal(sent.header.seq - p.iss, 7001);
	expect_none(&p);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_initial_window_is_ten_segments),
		both_families(test_timeout_doubles_and_slow_starts),
		both_families(test_rto_is_at_least_200_ms),
		both_families(test_gives_up_after_fifteen),
		both_families(test_fast_retransmit_after_three_duplicates),
		both_families(test_partial_ack_sends_the_next_hole),
		both_families(test_duplicates_after_a_timeout_are_no_loss),
		both_families(test_window_update_is_no_duplicate),
		both_families(test_restart_after_idle),
		both_families(test_karn_takes_no_sample_of_what_was_sent_again),
		both_families(test_timestamp_tells_which_was_received),
		both_families(test_rtt_sets_rto),
		both_families(test_full_queue_leaves_the_rest_for_the_next_turn),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

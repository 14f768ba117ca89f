/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Loss recovery with a peer that tells what it has: RFC 2018, RFC 6675, RFC 8985, RFC 9937. */
#include <string.h>

#include <rte_mempool.h>

#include "packet_sack.h"
#include "test_eal.h"

/* Of the timers. */
#define TICK_US 1000

/* Whichever is lost, three that come after it bring it back, once and at once. */
/* Shows: 6675-bytes, 6675-order. */
static void
test_any_of_a_flight(void **state)
{
	struct packet p;

	for (uint32_t lost = 0; lost < 7; lost++) {
		packet_sack_begin(&p, *state);
		packet_sack_flight(&p, 0, 10);
		p.now_us += RTT_US;
		if (lost > 0)
			inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(lost));
		sacked(&p, lost, {lost + 1, lost + 2});
		sacked(&p, lost, {lost + 1, lost + 3});
		expect_none(&p);
		sacked(&p, lost, {lost + 1, lost + 4});
		expect(&p, .flags = ACK, .seq = SEQ(lost), .ack = 1, .len = MSS);
		for (uint32_t to = lost + 5; to <= 10; to++)
			sacked(&p, lost, {lost + 1, to});
		expect_none(&p);
		inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(10));
		expect_none(&p);
		assert_int_equal(tcp_stats(p.tcp)->retransmits, 1);
		assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 1);
		assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
		assert_int_equal(packet_sack_look(&p).cwnd_bytes,
				 packet_sack_look(&p).ssthresh_bytes);
		packet_end(&p);
	}
}

/* Several holes are filled in the round trip in which they are seen. */
/* Shows: 6675-order, 9937-sent. */
static void
test_three_of_a_flight(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	p.now_us += RTT_US;
	sacked(&p, 0, {1, 2});
	sacked(&p, 0, {3, 4}, {1, 2});
	expect_none(&p);
	assert_string_equal(packet_sack_look(&p).recovery, "watch");
	sacked(&p, 0, {5, 6}, {3, 4}, {1, 2});
	assert_string_equal(packet_sack_look(&p).recovery, "fast");
	assert_int_equal(packet_sack_look(&p).sacked_bytes, 3 * MSS);
	assert_int_equal(packet_sack_look(&p).lost_bytes, 3 * MSS);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	expect_none(&p);
	sacked(&p, 0, {5, 7}, {3, 4}, {1, 2});
	expect(&p, .flags = ACK, .seq = SEQ(2), .ack = 1, .len = MSS);
	expect_none(&p);
	sacked(&p, 0, {5, 8}, {3, 4}, {1, 2});
	expect(&p, .flags = ACK, .seq = SEQ(4), .ack = 1, .len = MSS);
	sacked(&p, 0, {5, 9}, {3, 4}, {1, 2});
	sacked(&p, 0, {5, 10}, {3, 4}, {1, 2});
	expect_none(&p);
	/* Each of the three, which now has its turn: nothing is sent a second time. */
	p.now_us += RTT_US;
	sacked(&p, 2, {5, 10}, {3, 4});
	sacked(&p, 4, {5, 10});
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(10));
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 3);
	assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 1);
	assert_int_equal(packet_sack_look(&p).min_rtt_us, RTT_US);
	assert_int_equal(packet_sack_look(&p).ssthresh_bytes, 5000);
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, 5000);
	packet_end(&p);
}

/* What was sent again and lost again is seen by what was sent after it (RFC 8985 section 3.1). */
/* Shows: 8985-lost-again, 3042-two. */
static void
test_lost_retransmission(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	packet_append(&p, 10 * MSS);
	expect_none(&p);
	p.now_us += RTT_US;
	/* Two segments of new data for the first two (RFC 3042). */
	sacked(&p, 0, {1, 2});
	expect(&p, .flags = ACK, .seq = SEQ(10), .ack = 1, .len = MSS);
	sacked(&p, 0, {1, 3});
	expect(&p, .flags = ACK, .seq = SEQ(11), .ack = 1, .len = MSS);
	sacked(&p, 0, {1, 4});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	for (uint32_t to = 5; to <= 10; to++)
		sacked(&p, 0, {1, to});
	expect(&p, .flags = ACK, .seq = SEQ(12), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK, .seq = SEQ(13), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK, .seq = SEQ(14), .ack = 1, .len = MSS);
	expect_none(&p);
	p.now_us += RTT_US;
	sacked(&p, 0, {1, 13});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 1);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 2);
	packet_end(&p);
}

/* Packets that overtake each other by less than a quarter of a round trip are not lost. */
/* Shows: 8985-reorder. */
static void
test_swapped_packets(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 3);
	p.now_us += RTT_US;
	sacked(&p, 0, {1, 3});
	expect_none(&p);
	packet_advance(&p, RTT_US / 4 - 2000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
	/* And now that they are known to, three are no sign either. */
	packet_append(&p, 10 * MSS);
	for (unsigned int i = 3; i < 13; i++)
		expect(&p, .flags = ACK | (i == 12 ? PSH : 0), .seq = SEQ(i), .ack = 1, .len = MSS);
	p.now_us += RTT_US;
	for (uint32_t to = 5; to <= 10; to++)
		sacked(&p, 3, {4, to});
	expect_none(&p);
	packet_advance(&p, RTT_US / 4 - 2000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(13));
	packet_advance(&p, 10 * RTT_US);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 0);
	packet_end(&p);
}

/* An ACK that passes several flights and tells of a hole behind them: they came in order. */
static void
test_first_blocks_come_with_progress(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	for (unsigned int i = 0; i < 6; i++) {
		packet_append(&p, MSS);
		expect(&p, .flags = ACK | PSH, .seq = SEQ(i), .ack = 1, .len = MSS);
		p.now_us += RTT_US / 14;
	}
	/* Too soon where packets swap: all were sent within a quarter of a round trip. */
	p.now_us += RTT_US - RTT_US / 14;
	sacked(&p, 2, {3, 6});
	expect(&p, .flags = ACK, .seq = SEQ(2), .ack = 1, .len = MSS);
	expect_none(&p);
	packet_end(&p);
}

/* Later than that they are, without another ACK. */
/* Shows: 8985-time. */
static void
test_late_is_lost(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 3);
	p.now_us += RTT_US;
	sacked(&p, 0, {1, 3});
	packet_advance(&p, RTT_US / 4 - 2000);
	expect_none(&p);
	packet_advance(&p, 4000);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	assert_int_equal(tcp_stats(p.tcp)->reorder_timeouts, 1);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
	packet_advance(&p, 10 * RTT_US);
	expect_none(&p);
	packet_end(&p);
}

/* What arrives twice was only late: for a while more patience is due (RFC 8985 section 6.2). */
/* Shows: 8985-widen, 2883-receive. */
static void
test_duplicates_widen_the_window(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 3);
	p.now_us += RTT_US;
	sacked(&p, 0, {1, 3});
	packet_advance(&p, RTT_US / 4 + 2000);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
	sacked(&p, 3, {0, 1});
	assert_int_equal(tcp_stats(p.tcp)->sack_duplicates, 1);
	packet_append(&p, 2 * MSS);
	for (unsigned int i = 3; i < 5; i++)
		expect(&p, .flags = ACK | (i == 4 ? PSH : 0), .seq = SEQ(i), .ack = 1, .len = MSS);
	p.now_us += RTT_US;
	sacked(&p, 3, {4, 5});
	packet_advance(&p, RTT_US / 2 - 2000);
	expect_none(&p);
	packet_advance(&p, 4000);
	expect(&p, .flags = ACK, .seq = SEQ(3), .ack = 1, .len = MSS);
	packet_end(&p);
}

/* The peer drops what it had told: nothing was freed, and the timeout forgets it. */
/* Shows: 2018-renege. */
static void
test_reneging(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 5);
	p.now_us += RTT_US;
	sacked(&p, 0, {1, 4});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	p.now_us += RTT_US;
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(1));
	/* Sent before what just arrived, and never heard of. */
	expect(&p, .flags = ACK | PSH, .seq = SEQ(4), .ack = 1, .len = MSS);
	expect_none(&p);
	packet_advance(&p, packet_sack_look(&p).rto_us + 1000);
	expect(&p, .flags = ACK, .seq = SEQ(1), .ack = 1, .len = MSS);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(2));
	expect(&p, .flags = ACK, .seq = SEQ(2), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK, .seq = SEQ(3), .ack = 1, .len = MSS);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(5));
	assert_int_equal(packet_sack_look(&p).send_bytes, 0);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 1);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* RFC 6298: what was acknowledged before tells no round trip, however often that is said. */
static void
test_duplicate_is_no_sample(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 2);
	packet_advance(&p, RTT_US);
	sacked(&p, 1);
	assert_int_equal(packet_sack_look(&p).srtt_us, RTT_US);
	packet_advance(&p, RTT_US);
	sacked(&p, 1);
	expect_none(&p);
	assert_int_equal(packet_sack_look(&p).srtt_us, RTT_US);
	packet_end(&p);
}

/* Blocks that cannot be true say nothing (attacks on the scoreboard). */
/* Shows: 2018-nonsense. */
static void
test_nonsense(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(2));
	p.now_us += RTT_US;
	for (unsigned int i = 0; i < 5; i++) {
		sacked(&p, 2, {11, 14}); /* never sent */
		sacked(&p, 2, {9, 11}); /* in part */
		sacked(&p, 2, {6, 4}); /* inverted */
		sacked(&p, 2, {2, 5}); /* it begins where the ACK ends */
	}
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->sack_ignored, 20);
	assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(10));
	expect_none(&p);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Every second byte of small segments: the work and the memory for it have an end. */
static void
test_holes_are_bounded(void **state)
{
	struct packet p;
	struct wire_tcp_options options;
	struct packet_sent sent;
	uint32_t end = 1;

	packet_sack_begin_on_path(
		&p, &(struct packet_setup){.flight_max = 40, .ipv6 = *state != NULL},
		&(struct wire_tcp_options){.has_mss = true, .mss = 64, .sack_permitted = true},
		RTT_US);
	packet_append(&p, 30000);
	for (unsigned int round = 0; round < 3; round++) {
		while (packet_take(&p, &sent))
			end = sent.header.seq - p.iss + sent.len;
		p.now_us += RTT_US;
		inject(&p, .flags = ACK, .seq = 1, .ack = end);
	}
	while (packet_take(&p, &sent))
		end = sent.header.seq - p.iss + sent.len;
	p.now_us += RTT_US;
	for (uint32_t una = packet_sack_look(&p).snd_una - p.iss, at = una + 2; at < end; at += 2) {
		options = (struct wire_tcp_options){.nb_sack = 1};
		options.sack[0].left = p.iss + at;
		options.sack[0].right = p.iss + at + 1;
		inject(&p, .flags = ACK, .seq = 1, .ack = una, .options = &options);
	}
	assert_true(tcp_stats(p.tcp)->flight_starved > 0);
	/* All the same it comes to an end. */
	for (unsigned int turn = 0; turn < 1000 && packet_sack_look(&p).send_bytes > 0; turn++) {
		packet_advance(&p, RTT_US);
		while (packet_take(&p, &sent))
			end = sent.header.seq - p.iss + sent.len;
		inject(&p, .flags = ACK, .seq = 1,
		       .ack = end > packet_sack_look(&p).snd_una - p.iss
				      ? end
				      : packet_sack_look(&p).snd_una - p.iss);
	}
	assert_int_equal(packet_sack_look(&p).send_bytes, 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Without memory for any of it the peer is asked as one without SACK. */
static void
test_no_memory_for_ranges(void **state)
{
	struct packet p;

	packet_sack_begin_on_path(
		&p, &(struct packet_setup){.flight_max = 1, .ipv6 = *state != NULL},
		&(struct wire_tcp_options){.has_mss = true, .mss = MSS, .sack_permitted = true},
		RTT_US);
	packet_sack_flight(&p, 0, 10);
	p.now_us += RTT_US;
	for (uint32_t to = 2; to <= 4; to++)
		sacked(&p, 0, {1, to});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(10));
	expect_none(&p);
	assert_true(tcp_stats(p.tcp)->flight_starved > 0);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Without memory for a recovery it is the timer's. */
static void
test_no_memory_for_recoveries(void **state)
{
	struct packet p;

	packet_sack_begin_on_path(
		&p, &(struct packet_setup){.recovery_max = 1, .ipv6 = *state != NULL},
		&(struct wire_tcp_options){.has_mss = true, .mss = MSS, .sack_permitted = true},
		RTT_US);
	packet_sack_flight(&p, 0, 10);
	p.now_us += RTT_US;
	sacked(&p, 0, {1, 2});
	expect_none(&p);
	p.peer_port++;
	packet_accept(&p, &(struct wire_tcp_options){
				  .has_mss = true, .mss = MSS, .sack_permitted = true});
	p.appended = 0;
	packet_sack_flight(&p, 0, 10);
	for (uint32_t to = 2; to <= 10; to++)
		sacked(&p, 0, {1, to});
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->recovery_starved, 9);
	packet_end(&p);
}

static void
find_recoveries(struct rte_mempool *pool, void *arg)
{
	struct rte_mempool **found = arg;
	size_t len = strlen(pool->name);

	if (len >= 5 && strcmp(pool->name + len - 5, "_loss") == 0)
		*found = pool; /* the newest is the last */
}

/*
 * And the peer is silent: no probe can be sent, and what is sent again is each time after twice the
 * time, as without SACK. A user timeout ends it when it is over, and not before.
 */
/* Shows: 6298-double. */
static void
test_silence_without_memory(void **state)
{
	struct rte_mempool *recoveries = NULL;
	uint64_t begin_us, due_us, rto_us;
	struct packet_sent sent;
	uint16_t timeout_s;
	struct packet p;
	void *taken;

	for (timeout_s = 0; timeout_s <= 10; timeout_s += 10) {
		packet_sack_begin_on_path(
			&p, &(struct packet_setup){.recovery_max = 1, .ipv6 = *state != NULL},
			&(struct wire_tcp_options){
				.has_mss = true, .mss = MSS, .sack_permitted = true},
			10000);
		rte_mempool_walk(find_recoveries, &recoveries);
		assert_int_equal(rte_mempool_get(recoveries, &taken), 0);
		tcp_set_user_timeout(p.owner.conn, timeout_s);
		packet_sack_flight(&p, 0, 3);
		begin_us = p.now_us;
		rto_us = packet_sack_look(&p).rto_us;
		due_us = begin_us + rto_us;
		while (p.owner.closed == 0) {
			packet_advance(&p, TICK_US);
			if (p.owner.closed > 0 || !packet_take(&p, &sent))
				continue;
			assert_int_equal(sent.header.seq - p.iss, SEQ(0));
			assert_in_range(p.now_us, due_us, due_us + 20 * TICK_US);
			rto_us = RTE_MIN(2 * rto_us, UINT64_C(60000000));
			due_us += rto_us;
		}
		if (timeout_s == 0)
			assert_true(p.now_us - begin_us > UINT64_C(100000000));
		else
			due_us = begin_us + timeout_s * UINT64_C(1000000);
		assert_in_range(p.now_us, due_us, due_us + 20 * TICK_US);
		rte_mempool_put(recoveries, taken);
		packet_end(&p);
	}
}

/* A peer that tells of a few bytes at a time: what may be sent is a segment at least. */
static void
test_window_is_never_below_a_segment(void **state)
{
	static const uint32_t lefts[] = {1000, 500, 1500, 100};
	struct wire_tcp_options options = {.nb_sack = 1};
	struct packet_sent sent;
	struct packet p;
	unsigned int i, ms;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 4);
	for (i = 0; i < RTE_DIM(lefts); i++) {
		options.sack[0].left = p.iss + 1 + lefts[i];
		options.sack[0].right = options.sack[0].left + 100;
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .options = &options);
		for (ms = 0; ms < 60; ms++) {
			assert_true(packet_sack_look(&p).cwnd_bytes >= MSS);
			packet_advance(&p, 1000);
		}
	}
	while (packet_take(&p, &sent))
		;
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_any_of_a_flight),
		both_families(test_three_of_a_flight),
		both_families(test_lost_retransmission),
		both_families(test_swapped_packets),
		both_families(test_first_blocks_come_with_progress),
		both_families(test_late_is_lost),
		both_families(test_duplicates_widen_the_window),
		both_families(test_reneging),
		both_families(test_duplicate_is_no_sample),
		both_families(test_nonsense),
		both_families(test_holes_are_bounded),
		both_families(test_no_memory_for_ranges),
		both_families(test_no_memory_for_recoveries),
		both_families(test_silence_without_memory),
		both_families(test_window_is_never_below_a_segment),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

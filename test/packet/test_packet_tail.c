/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Tail loss probes: RFC 8985 section 7. */
#include "packet_sack.h"
#include "test_eal.h"

/* A timer's tick, and one more as probes wait for it. */
#define TICKS_US 3000

/* The last two of a flight: a probe after two round trips, and the rest without a timeout. */
/* Shows: 8985-tail. */
static void
test_tail_drop(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 4);
	p.now_us += RTT_US;
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(2));
	packet_advance(&p, 2 * RTT_US - TICKS_US);
	expect_none(&p);
	packet_advance(&p, 2 * TICKS_US);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(3), .ack = 1, .len = MSS);
	expect_none(&p);
	packet_advance(&p, RTT_US);
	sacked(&p, 2, {3, 4});
	expect(&p, .flags = ACK, .seq = SEQ(2), .ack = 1, .len = MSS);
	packet_advance(&p, RTT_US);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(4));
	packet_advance(&p, 10 * RTT_US);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->tail_probes, 1);
	assert_int_equal(tcp_stats(p.tcp)->retransmits_fast, 1);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
	packet_end(&p);
}

/* Shows: 8985-tail. */
static void
test_new_data_goes_first(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_append(&p, 15 * MSS);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK, .seq = SEQ(i), .ack = 1, .len = MSS);
	expect_none(&p);
	packet_advance(&p, 2 * RTT_US + TICKS_US);
	expect(&p, .flags = ACK, .seq = SEQ(10), .ack = 1, .len = MSS);
	expect_none(&p);
	/* One probe, and the timeout. */
	packet_advance(&p, packet_sack_look(&p).rto_us - TICKS_US);
	expect_none(&p);
	packet_advance(&p, 2 * TICKS_US);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 1);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 1);
	packet_end(&p);
}

/* A probe that was new data, and arrives with all the others: nothing has happened. */
/* Shows: 8985-tail-cut. */
static void
test_probe_for_nothing(void **state)
{
	struct packet p;
	uint32_t cwnd;

	packet_sack_begin(&p, *state);
	packet_append(&p, 11 * MSS);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK, .seq = SEQ(i), .ack = 1, .len = MSS);
	cwnd = packet_sack_look(&p).cwnd_bytes;
	packet_advance(&p, 2 * RTT_US + TICKS_US);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(10), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(11));
	assert_true(packet_sack_look(&p).cwnd_bytes >= cwnd);
	packet_sack_flight(&p, 11, 5);
	packet_end(&p);
}

/* Without a word of the peer's on what was sent twice, it is awaited for a timeout: then forgotten.
 */
static void
test_silent_peer(void **state)
{
	struct packet p;

	for (unsigned int timeout = 0; timeout < 2; timeout++) {
		packet_sack_begin(&p, *state);
		packet_sack_flight(&p, 0, 3);
		packet_advance(&p, 2 * RTT_US + TICKS_US);
		expect(&p, .flags = ACK | PSH, .seq = SEQ(2), .ack = 1, .len = MSS);
		if (timeout) {
			packet_advance(&p, packet_sack_look(&p).rto_us + TICKS_US);
			expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
		}
		inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
		assert_string_equal(packet_sack_look(&p).recovery, "watch");
		packet_advance(&p, packet_sack_look(&p).rto_us - TICKS_US);
		assert_string_equal(packet_sack_look(&p).recovery, "watch");
		packet_advance(&p, 2 * TICKS_US);
		assert_string_equal(packet_sack_look(&p).recovery, "none");
		packet_advance(&p, 100 * RTT_US);
		expect_none(&p);
		packet_sack_flight(&p, 3, 1);
		inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(4));
		assert_string_equal(packet_sack_look(&p).recovery, "none");
		packet_end(&p);
	}
}

/* And a window that closes meanwhile is probed as ever, with nothing of that in the way. */
static void
test_silent_peer_closes_its_window(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 3);
	packet_advance(&p, 2 * RTT_US + TICKS_US);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(2), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3), .zero_window = true);
	packet_append(&p, MSS);
	expect_none(&p);
	assert_string_equal(packet_sack_look(&p).recovery, "watch");
	packet_advance(&p, packet_sack_look(&p).rto_us + TICKS_US);
	expect(&p, .flags = ACK, .seq = SEQ(3), .ack = 1, .len = 1);
	expect_none(&p);
	assert_string_equal(packet_sack_look(&p).recovery, "none");
	packet_advance(&p, 2 * packet_sack_look(&p).rto_us + TICKS_US);
	expect(&p, .flags = ACK, .seq = SEQ(3), .ack = 1, .len = 1);
	packet_end(&p);
}

/* Nor is it awaited in TIME-WAIT, where nobody listens to it. */
static void
test_silent_peer_ends(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_append(&p, 3 * MSS);
	assert_int_equal(tcp_shutdown(p.owner.conn), 0);
	for (unsigned int i = 0; i < 3; i++)
		expect(&p, .flags = ACK | (i == 2 ? FIN | PSH : 0), .seq = SEQ(i), .ack = 1,
		       .len = MSS);
	packet_advance(&p, 2 * RTT_US + TICKS_US);
	expect(&p, .flags = FIN | ACK | PSH, .seq = SEQ(2) + 1, .ack = 1, .len = MSS - 1);
	packet_advance(&p, packet_sack_look(&p).rto_us + TICKS_US);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3) + 1);
	assert_string_equal(packet_sack_look(&p).recovery, "watch");
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = SEQ(3) + 1);
	expect(&p, .flags = ACK, .seq = SEQ(3) + 1, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	assert_string_equal(packet_sack_look(&p).recovery, "none");
	packet_end(&p);
}

/* What is appended as the time of waiting ends is sent once, as any other data. */
static void
test_silent_peer_and_new_data(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 3);
	packet_advance(&p, 2 * RTT_US + TICKS_US);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(2), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
	packet_advance(&p, packet_sack_look(&p).rto_us - TICKS_US);
	assert_string_equal(packet_sack_look(&p).recovery, "watch");
	packet_append(&p, 2 * MSS);
	p.now_us += 2 * TICKS_US;
	tcp_tick(p.tcp, p.now_us);
	assert_string_equal(packet_sack_look(&p).recovery, "none");
	expect(&p, .flags = ACK, .seq = SEQ(3), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(4), .ack = 1, .len = MSS);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->window_probes, 0);
	packet_end(&p);
}

/* The last again, and the peer says that it had it: with D-SACK, or by an ACK for each. */
/* Shows: 8985-tail-cut. */
static void
test_both_arrived(void **state)
{
	struct packet p;

	for (unsigned int dsack = 0; dsack < 2; dsack++) {
		packet_sack_begin(&p, *state);
		packet_sack_flight(&p, 0, 3);
		packet_advance(&p, 2 * RTT_US + TICKS_US);
		expect(&p, .flags = ACK | PSH, .seq = SEQ(2), .ack = 1, .len = MSS);
		inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
		if (dsack)
			sacked(&p, 3, {2, 3});
		else
			inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
		packet_sack_flight(&p, 3, 1);
		inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(4));
		assert_int_equal(packet_sack_look(&p).cwnd_bytes, 10 * MSS);
		packet_end(&p);
	}
}

/* It replaced what was lost: one loss, to which congestion control answers (section 7.4.2). */
/* Shows: 8985-tail-cut. */
static void
test_repaired_by_the_probe(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 3);
	packet_advance(&p, 2 * RTT_US + TICKS_US);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(2), .ack = 1, .len = MSS);
	packet_advance(&p, RTT_US);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(3));
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, 10 * MSS);
	packet_sack_flight(&p, 3, 2);
	packet_advance(&p, RTT_US);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(5));
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, packet_sack_look(&p).ssthresh_bytes);
	assert_true(packet_sack_look(&p).cwnd_bytes < 10 * MSS);
	packet_end(&p);
}

/* One segment: its ACK may be delayed, and RTO comes first. It is not cut for it. */
static void
test_single_segment(void **state)
{
	struct packet p;
	uint32_t rto_us;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 1);
	rto_us = packet_sack_look(&p).rto_us;
	packet_advance(&p, rto_us - TICKS_US);
	expect_none(&p);
	packet_advance(&p, 2 * TICKS_US);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(0), .ack = 1, .len = MSS);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
	packet_advance(&p, rto_us);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(0), .ack = 1, .len = MSS);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 1);
	packet_end(&p);
}

/* The FIN is the tail, alone or behind data. */
static void
test_fin(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_append(&p, 2 * MSS);
	tcp_close(p.owner.conn);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	expect(&p, .flags = FIN | ACK | PSH, .seq = SEQ(1), .ack = 1, .len = MSS);
	expect_none(&p);
	packet_advance(&p, 2 * RTT_US + TICKS_US);
	expect(&p, .flags = FIN | ACK | PSH, .seq = SEQ(1) + 1, .ack = 1, .len = MSS - 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(2) + 1);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	packet_end(&p);
}

/*
 * What was new in a recovery is a flight with an end of its own: as the recovery is over, its last
 * are probed for, whether the peer may still tell of duplicates or has said more than that.
 */
/* Shows: 8985-tail. */
static void
test_tail_drop_behind_a_recovery(void **state)
{
	struct packet_sent sent;
	struct packet p;

	for (unsigned int arrived = 10; arrived <= 11; arrived++) {
		packet_sack_begin(&p, *state);
		packet_sack_flight(&p, 0, 10);
		packet_advance(&p, RTT_US);
		for (unsigned int to = 2; to <= 4; to++)
			sacked(&p, 0, {1, to});
		expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
		packet_append(&p, 3 * MSS);
		for (unsigned int to = 5; to <= 10; to++)
			sacked(&p, 0, {1, to});
		for (unsigned int i = 10; i < 13; i++)
			expect(&p, .flags = ACK | (i == 12 ? PSH : 0), .seq = SEQ(i), .ack = 1,
			       .len = MSS);
		packet_advance(&p, RTT_US);
		inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(arrived));
		assert_string_equal(packet_sack_look(&p).recovery,
				    arrived == 10 ? "watch" : "none");
		packet_advance(&p, 2 * packet_sack_look(&p).srtt_us - TICKS_US);
		expect_none(&p);
		packet_advance(&p, 2 * TICKS_US);
		expect(&p, .flags = ACK | PSH, .seq = SEQ(12), .ack = 1, .len = MSS);
		assert_int_equal(tcp_stats(p.tcp)->tail_probes, 1);
		packet_advance(&p, RTT_US);
		sacked(&p, arrived, {12, 13});
		while (packet_take(&p, &sent))
			assert_true(sent.header.seq - p.iss < SEQ(12));
		packet_advance(&p, RTT_US);
		inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(13));
		assert_int_equal(packet_sack_look(&p).send_bytes, 0);
		assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
		packet_end(&p);
	}
}

/* A window that was taken back has no room for a probe: RTO is waited for (section 7.3). */
/* Shows: 8985-tail. */
static void
test_no_timeout_where_a_probe_has_no_room(void **state)
{
	uint64_t begin_us;
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	begin_us = p.now_us;
	packet_advance(&p, 10000);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(1), .window = 3 * MSS);
	assert_true(packet_sack_look(&p).rto_us > 2 * packet_sack_look(&p).srtt_us + 20000);
	packet_advance(&p, begin_us + packet_sack_look(&p).rto_us - TICKS_US - p.now_us);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
	packet_advance(&p, 2 * TICKS_US);
	expect(&p, .flags = ACK, .seq = SEQ(1), .ack = 1, .len = MSS);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 1);
	assert_int_equal(tcp_stats(p.tcp)->tail_probes, 0);
	packet_end(&p);
}

/* What was to be a probe's time is none for a timeout, once a hole is known. */
static void
test_no_timeout_at_the_time_of_a_probe(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	packet_advance(&p, RTT_US + TICKS_US);
	sacked(&p, 0, {1, 4});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	/* Its ACK takes a little longer than the shortest. */
	packet_advance(&p, RTT_US + 2 * TICKS_US);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(10));
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 0);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_tail_drop),
		both_families(test_new_data_goes_first),
		both_families(test_probe_for_nothing),
		both_families(test_silent_peer),
		both_families(test_silent_peer_closes_its_window),
		both_families(test_silent_peer_ends),
		both_families(test_silent_peer_and_new_data),
		both_families(test_both_arrived),
		both_families(test_repaired_by_the_probe),
		both_families(test_single_segment),
		both_families(test_fin),
		both_families(test_no_timeout_where_a_probe_has_no_room),
		both_families(test_no_timeout_at_the_time_of_a_probe),
		both_families(test_tail_drop_behind_a_recovery),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

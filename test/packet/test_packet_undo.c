/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Losses that were none: RFC 3522, RFC 3708, RFC 4015, RFC 5682. */
#include "packet_sack.h"
#include "test_eal.h"

static const struct wire_tcp_options plain = {.has_mss = true, .mss = MSS};

/* An ACK with the echo of what was sent when @p sent was. */
static void
ack_echo(struct packet *p, uint32_t acked, const struct packet_sent *sent)
{
	struct wire_tcp_options options = {
		.has_timestamps = true,
		.ts_value = ++p->ts_value,
		.ts_echo = sent->header.options.ts_value,
	};

	inject(p, .flags = ACK, .seq = 1, .ack = SEQ(acked), .options = &options);
}

/* All ACKs are late by a timeout: new data is sent to ask, and what it shows undoes it (F-RTO). */
/* Shows: 5682-frto, 4015-undo. */
static void
test_delay_spike(void **state)
{
	struct packet p;

	packet_sack_begin_on_path(&p, *state, &plain, RTT_US);
	packet_append(&p, 15 * MSS);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK, .seq = SEQ(i), .ack = 1, .len = MSS);
	packet_advance(&p, packet_sack_look(&p).rto_us + 1000);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	expect_none(&p);
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(2));
	expect(&p, .flags = ACK, .seq = SEQ(10), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK, .seq = SEQ(11), .ack = 1, .len = MSS);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(4));
	assert_int_equal(tcp_stats(p.tcp)->undone, 1);
	assert_true(packet_sack_look(&p).cwnd_bytes >= 10 * MSS);
	assert_true(packet_sack_look(&p).ssthresh_bytes > 100 * MSS);
	expect(&p, .flags = ACK, .seq = SEQ(12), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK, .seq = SEQ(13), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(14), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(15));
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 1);
	packet_end(&p);
}

/* It was a loss: after the new data a duplicate, and the rest is sent again. */
/* Shows: 5682-frto. */
static void
test_timeout_was_one(void **state)
{
	struct packet p;

	packet_sack_begin_on_path(&p, *state, &plain, RTT_US);
	packet_append(&p, 15 * MSS);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK, .seq = SEQ(i), .ack = 1, .len = MSS);
	packet_advance(&p, packet_sack_look(&p).rto_us + 1000);
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(1));
	expect(&p, .flags = ACK, .seq = SEQ(10), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK, .seq = SEQ(11), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(1));
	for (unsigned int i = 1; i < 4; i++)
		expect(&p, .flags = ACK, .seq = SEQ(i), .ack = 1, .len = MSS);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	packet_end(&p);
}

/* A block of what was sent since says nothing of what was sent before. */
/* Shows: 5682-frto. */
static void
test_timeout_was_one_with_sack(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_append(&p, 15 * MSS);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK, .seq = SEQ(i), .ack = 1, .len = MSS);
	/* A probe for the tail first, then the timeout. */
	while (tcp_stats(p.tcp)->retransmit_timeouts == 0)
		packet_advance(&p, 10000);
	while (packet_take(&p, &(struct packet_sent){0}))
		;
	sacked(&p, 1);
	while (packet_take(&p, &(struct packet_sent){0}))
		;
	sacked(&p, 1, {10, 11});
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	assert_true(packet_sack_look(&p).cwnd_bytes < 10 * MSS);
	packet_end(&p);
}

/* The echo tells at once (Eifel), without anything more to send. */
/* Shows: 3522-eifel, 4015-undo. */
static void
test_echo_after_a_timeout(void **state)
{
	struct wire_tcp_options options = plain;
	struct packet_sent first;
	struct packet p;

	options.has_timestamps = true;
	options.ts_value = 5;
	packet_sack_begin_on_path(&p, *state, &options, RTT_US);
	packet_append(&p, 5000);
	expect_sent(&p, &first, .flags = ACK, .seq = 1, .ack = 1, .len = MSS - 12);
	while (packet_take(&p, &(struct packet_sent){0}))
		;
	packet_advance(&p, packet_sack_look(&p).rto_us + 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = MSS - 12);
	ack_echo(&p, 2, &first);
	assert_int_equal(tcp_stats(p.tcp)->undone, 1);
	expect_none(&p);
	ack_echo(&p, 5, &first);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 1);
	packet_end(&p);
}

/* The echo of what was sent again is no sign of that. */
/* Shows: 3522-eifel. */
static void
test_echo_of_the_retransmission(void **state)
{
	struct wire_tcp_options options = plain;
	struct packet_sent again;
	struct packet p;

	options.has_timestamps = true;
	options.ts_value = 5;
	packet_sack_begin_on_path(&p, *state, &options, RTT_US);
	packet_append(&p, 500);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 500);
	packet_advance(&p, packet_sack_look(&p).rto_us + 1000);
	expect_sent(&p, &again, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 500);
	packet_append(&p, 500);
	packet_advance(&p, RTT_US);
	options = (struct wire_tcp_options){
		.has_timestamps = true, .ts_value = 6, .ts_echo = again.header.options.ts_value};
	inject(&p, .flags = ACK, .seq = 1, .ack = 501, .options = &options);
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	packet_end(&p);
}

/* A fast retransmit of what was only late: D-SACK says so, when recovery is over. */
/* Shows: 3708-dsack, 2883-receive. */
static void
test_arrived_twice(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	p.now_us += RTT_US;
	for (uint32_t to = 2; to <= 4; to++)
		sacked(&p, 0, {1, to});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(10));
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, 5 * MSS);
	sacked(&p, 10, {0, 1});
	assert_int_equal(tcp_stats(p.tcp)->undone, 1);
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, 10 * MSS);
	packet_sack_flight(&p, 10, 10);
	packet_end(&p);
}

/* The ACK that says so was overtaken by the next. */
/* Shows: 3708-dsack, 2883-receive. */
static void
test_arrived_twice_says_an_old_ack(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	p.now_us += RTT_US;
	for (uint32_t to = 2; to <= 4; to++)
		sacked(&p, 0, {1, to});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(5));
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	sacked(&p, 4, {0, 1});
	assert_int_equal(tcp_stats(p.tcp)->undone, 1);
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, 10 * MSS);
	packet_end(&p);
}

/*
 * While the window that was taken back is probed it turns out that the timeout was none: what was
 * sent before it is in flight again, and is sent again if it was lost.
 */
/* Shows: 4015-undo. */
static void
test_undone_at_a_closed_window(void **state)
{
	struct wire_tcp_options options = {.nb_sack = 1};
	struct packet_sent sent;
	bool again = false;
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 5);
	while (packet_sack_look(&p).cwnd_bytes > MSS)
		packet_advance(&p, 10000);
	while (packet_take(&p, &sent))
		;
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(2), .zero_window = true);
	expect_none(&p);
	options.sack[0].left = p.iss + SEQ(0);
	options.sack[0].right = p.iss + SEQ(1);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(2), .zero_window = true, .options = &options);
	assert_int_equal(tcp_stats(p.tcp)->undone, 1);
	packet_advance(&p, 10000000);
	while (packet_take(&p, &sent))
		again |= sent.header.seq == p.iss + SEQ(2);
	assert_true(again);
	packet_end(&p);
}

/* Two were sent again, and one of them was lost. */
/* Shows: 3708-dsack. */
static void
test_one_of_two_arrived_twice(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 10);
	p.now_us += RTT_US;
	for (uint32_t to = 4; to <= 7; to++)
		sacked(&p, 0, {3, to}, {1, 2});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	expect(&p, .flags = ACK, .seq = SEQ(2), .ack = 1, .len = MSS);
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(10));
	sacked(&p, 10, {0, 1});
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	assert_int_equal(packet_sack_look(&p).cwnd_bytes, 5 * MSS);
	packet_end(&p);
}

/*
 * Late ACKs: a probe, then a hole that is one. That the probe came twice says nothing of what was
 * sent again for the hole; only its own word does.
 */
/* Shows: 3708-dsack. */
static void
test_duplicate_of_a_probe(void **state)
{
	struct packet p;

	packet_sack_begin(&p, *state);
	packet_sack_flight(&p, 0, 4);
	packet_advance(&p, 2 * RTT_US + 3000);
	expect(&p, .flags = ACK | PSH, .seq = SEQ(3), .ack = 1, .len = MSS);
	sacked(&p, 0, {1, 4});
	expect(&p, .flags = ACK, .seq = SEQ(0), .ack = 1, .len = MSS);
	assert_string_equal(packet_sack_look(&p).recovery, "fast");
	sacked(&p, 0, {3, 4}, {1, 4});
	assert_int_equal(tcp_stats(p.tcp)->sack_duplicates, 1);
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	assert_string_equal(packet_sack_look(&p).recovery, "fast");
	inject(&p, .flags = ACK, .seq = 1, .ack = SEQ(4));
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	sacked(&p, 4, {0, 1});
	assert_int_equal(tcp_stats(p.tcp)->undone, 1);
	expect_none(&p);
	packet_end(&p);
}

/* A probe is as many segments as mbufs end in it, and each of them is none of the recovery's. */
static void
test_duplicate_of_a_part_of_a_probe(void **state)
{
	struct wire_tcp_options options = {.nb_sack = 1};
	const uint32_t half = MSS / 2;
	struct packet p;

	packet_sack_begin(&p, *state);
	for (unsigned int i = 0; i < 8; i++) {
		packet_append(&p, half);
		expect(&p, .flags = ACK | PSH, .seq = 1 + i * half, .ack = 1, .len = half);
	}
	packet_advance(&p, 2 * RTT_US + 3000);
	expect(&p, .flags = ACK, .seq = 1 + 6 * half, .ack = 1, .len = half);
	expect(&p, .flags = ACK | PSH, .seq = 1 + 7 * half, .ack = 1, .len = half);
	options.sack[0].left = p.iss + 1 + half;
	options.sack[0].right = p.iss + 1 + 8 * half;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .options = &options);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = half);
	options.nb_sack = 2;
	options.sack[1] = options.sack[0];
	options.sack[0].left = p.iss + 1 + 6 * half;
	options.sack[0].right = p.iss + 1 + 7 * half;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .options = &options);
	assert_int_equal(tcp_stats(p.tcp)->sack_duplicates, 1);
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	assert_string_equal(packet_sack_look(&p).recovery, "fast");
	inject(&p, .flags = ACK, .seq = 1, .ack = 1 + 8 * half);
	assert_int_equal(tcp_stats(p.tcp)->undone, 0);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_delay_spike),
		both_families(test_timeout_was_one),
		both_families(test_timeout_was_one_with_sack),
		both_families(test_echo_after_a_timeout),
		both_families(test_echo_of_the_retransmission),
		both_families(test_arrived_twice),
		both_families(test_arrived_twice_says_an_old_ack),
		both_families(test_undone_at_a_closed_window),
		both_families(test_one_of_two_arrived_twice),
		both_families(test_duplicate_of_a_probe),
		both_families(test_duplicate_of_a_part_of_a_probe),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

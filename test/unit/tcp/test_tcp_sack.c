/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "tcp_sack.h"
#include "test_eal.h"

static void
block(struct loss_fixture *f, uint32_t left, uint32_t right)
{
	struct wire_tcp_options *options = &f->ack.header.options;

	options->sack[options->nb_sack].left = LOSS_SEQ(left);
	options->sack[options->nb_sack].right = LOSS_SEQ(right);
	options->nb_sack++;
}

static struct tcp_sack
update(struct loss_fixture *f)
{
	struct tcp_sack sack;

	tcp_flight_spill(&f->conn);
	sack = tcp_sack_update(&f->conn, &f->ack);
	f->ack.header.options.nb_sack = 0;
	return sack;
}

static void
test_blocks_are_written_down(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 10000);
	block(&f, 7000, 8000);
	block(&f, 2000, 4000);
	assert_false(update(&f).refused);
	loss_fixture_expect(&f, "0-2000 2000-4000S 4000-7000 7000-8000S 8000-10000");
	assert_int_equal(f.recovery.sacked_bytes, 3000);
	/* Told again, and more of it: neighbours join. */
	block(&f, 3500, 7500);
	update(&f);
	loss_fixture_expect(&f, "0-2000 2000-8000S 8000-10000");
	assert_int_equal(f.recovery.sacked_bytes, 6000);
	/* What the ACK passes is forgotten, and no more counted. */
	f.conn.snd_una = LOSS_SEQ(5000);
	f.ack.header.ack = f.conn.snd_una;
	tcp_flight_acked(&f.conn, &f.ack);
	assert_int_equal(f.recovery.sacked_bytes, 3000);
	loss_fixture_end(&f);
}

/* Blocks of one ACK come newest first: that is no sign of packets that swap. */
static void
test_blocks_are_taken_in_order(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 10000);
	block(&f, 7000, 8000);
	block(&f, 2000, 4000);
	update(&f);
	assert_false(f.conn.loss.reordering);
	block(&f, 5000, 6000);
	update(&f);
	assert_true(f.conn.loss.reordering);
	loss_fixture_end(&f);
}

static void
test_what_the_peer_has_is_not_lost(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 4000);
	tcp_flight_spill(&f.conn);
	f.conn.flight.head->lost = true;
	f.recovery.lost_bytes = 4000;
	block(&f, 1000, 2000);
	update(&f);
	loss_fixture_expect(&f, "0-1000L 1000-2000S 2000-4000L");
	assert_int_equal(f.recovery.lost_bytes, 3000);
	loss_fixture_end(&f);
}

/* Shows: 2018-nonsense. */
static void
test_nonsense_is_ignored(void **state)
{
	static const uint32_t blocks[][2] = {
		{5000, 10001}, /* beyond what was sent */
		{10000, 11000},	    {4000, 4000}, /* empty */
		{6000, 4000}, /* inverted */
		{0, 3000}, /* where the ACK says that something is missing */
		{2000, 0x80002000}, /* more than half of the numbers */
	};
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 10000);
	for (unsigned int i = 0; i < RTE_DIM(blocks); i++) {
		block(&f, blocks[i][0], blocks[i][1]);
		assert_false(update(&f).duplicate);
		loss_fixture_expect(&f, "0-10000");
		assert_int_equal(f.tcp.stats.sack_ignored, i + 1);
	}
	loss_fixture_end(&f);
}

/* RFC 2883 section 4 */
/* Shows: 2883-receive. */
static void
test_duplicates(void **state)
{
	struct tcp_sack sack;
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 10000);
	f.conn.snd_una = LOSS_SEQ(2000);
	f.ack.header.ack = f.conn.snd_una;
	tcp_flight_acked(&f.conn, &f.ack);
	/* Below the ACK. */
	block(&f, 1000, 2000);
	block(&f, 4000, 6000);
	sack = update(&f);
	assert_true(sack.duplicate);
	assert_int_equal(sack.left, LOSS_SEQ(1000));
	assert_int_equal(sack.right, LOSS_SEQ(2000));
	loss_fixture_expect(&f, "2000-4000 4000-6000S 6000-10000");
	/* Inside of the second block. */
	block(&f, 4000, 5000);
	block(&f, 4000, 6000);
	assert_true(update(&f).duplicate);
	/* The first of two that touch is none. */
	block(&f, 6000, 7000);
	block(&f, 4000, 6000);
	assert_false(update(&f).duplicate);
	/* Older than anything that can be under way. */
	block(&f, 0x80002000, 0x80003000);
	assert_false(update(&f).duplicate);
	assert_int_equal(f.tcp.stats.sack_duplicates, 2);
	assert_int_equal(f.tcp.stats.sack_ignored, 1);
	loss_fixture_end(&f);
}

/* After a timeout only what was sent again counts as in flight. */
static void
test_beyond_what_was_sent_again(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 10000);
	tcp_flight_purge(&f.conn);
	f.conn.snd_nxt = LOSS_UNA;
	tcp_flight_purge(&f.conn);
	loss_fixture_send(&f, 3000);
	block(&f, 6000, 7000);
	assert_false(update(&f).refused);
	loss_fixture_expect(&f, "0-3000R");
	block(&f, 2000, 7000);
	assert_false(update(&f).refused);
	loss_fixture_expect(&f, "0-2000R 2000-3000SR");
	assert_int_equal(f.recovery.sacked_bytes, 1000);
	loss_fixture_end(&f);
}

/* A hole for each byte: what cannot be written down is as good as not told. */
static void
test_holes_are_bounded(void **state)
{
	struct loss_fixture f;
	uint32_t told = 0;
	uint32_t at;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 10000);
	for (at = 1; at < 10000; at += 2) {
		block(&f, at, at + 1);
		told += !update(&f).refused;
	}
	/* The last ends where the flight does, and takes one range less. */
	assert_int_equal(told, LOSS_RANGES / 2);
	assert_int_equal(f.recovery.sacked_bytes, told);
	assert_true(f.conn.flight.nb <= LOSS_RANGES);
	loss_fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks_are_written_down),
		cmocka_unit_test(test_blocks_are_taken_in_order),
		cmocka_unit_test(test_what_the_peer_has_is_not_lost),
		cmocka_unit_test(test_nonsense_is_ignored),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_beyond_what_was_sent_again),
		cmocka_unit_test(test_holes_are_bounded),
	};

	return cmocka_run_group_tests(tests, loss_fixture_setup, test_pools_full);
}

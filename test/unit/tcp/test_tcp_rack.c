/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "tcp_rack.h"
#include "test_eal.h"

/* Three segments sent a tenth of a round trip apart; the last is delivered after one. */
static void
begin_three(struct loss_fixture *f)
{
	loss_fixture_begin(f, true);
	for (unsigned int i = 0; i < 3; i++) {
		loss_fixture_send(f, LOSS_MSS);
		f->tcp.now_us += LOSS_RTT_US / 10;
	}
	f->tcp.now_us += LOSS_RTT_US - LOSS_RTT_US / 10;
	tcp_flight_spill(&f->conn);
	tcp_rack_delivered(&f->conn, f->conn.flight.head->next->next->sent_us, LOSS_SEQ(3000),
			   false, &f->ack);
	f->conn.flight.head->next->next->sacked = true;
	f->recovery.sacked_bytes = LOSS_MSS;
}

/* Shows: 8985-time. */
static void
test_sent_before_and_long_enough_ago(void **state)
{
	struct loss_fixture f;
	uint64_t wait_us;

	(void)state;
	begin_three(&f);
	/* A quarter of a round trip later than the newest would be too late for these. */
	wait_us = tcp_rack_detect(&f.conn);
	assert_int_equal(wait_us, LOSS_RTT_US / 4 - LOSS_RTT_US / 10);
	loss_fixture_expect(&f, "0-1000 1000-2000 2000-3000S");
	f.tcp.now_us += LOSS_RTT_US / 4 - LOSS_RTT_US / 5;
	wait_us = tcp_rack_detect(&f.conn);
	assert_int_equal(wait_us, LOSS_RTT_US / 10);
	loss_fixture_expect(&f, "0-1000L 1000-2000 2000-3000S");
	f.tcp.now_us += wait_us;
	assert_int_equal(tcp_rack_detect(&f.conn), 0);
	loss_fixture_expect(&f, "0-2000L 2000-3000S");
	assert_int_equal(f.recovery.lost_bytes, 2000);
	loss_fixture_end(&f);
}

static void
test_sent_after_is_not_lost(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_three(&f);
	tcp_flight_resent(&f.conn, LOSS_SEQ(1000), LOSS_SEQ(2000));
	f.tcp.now_us += 10 * LOSS_RTT_US;
	tcp_rack_detect(&f.conn);
	loss_fixture_expect(&f, "0-1000L 1000-2000R 2000-3000S");
	loss_fixture_end(&f);
}

/* RFC 8985 section 6.2, step 4: without swaps three that overtook it are enough. */
static void
test_three_are_enough(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_three(&f);
	f.recovery.dup_acks = 3;
	assert_int_equal(tcp_rack_detect(&f.conn), 0);
	loss_fixture_expect(&f, "0-2000L 2000-3000S");
	loss_fixture_end(&f);

	begin_three(&f);
	f.recovery.dup_acks = 3;
	f.conn.loss.reordering = true;
	assert_true(tcp_rack_detect(&f.conn) > 0);
	loss_fixture_expect(&f, "0-1000 1000-2000 2000-3000S");
	loss_fixture_end(&f);
}

/* Shows: 8985-reorder. */
static void
test_swaps_are_seen(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_three(&f);
	assert_false(f.conn.loss.reordering);
	/* What was sent again says nothing of the order. */
	tcp_rack_delivered(&f.conn, f.conn.flight.head->sent_us, LOSS_SEQ(1000), true, &f.ack);
	assert_false(f.conn.loss.reordering);
	tcp_rack_delivered(&f.conn, f.conn.flight.head->sent_us, LOSS_SEQ(1000), false, &f.ack);
	assert_true(f.conn.loss.reordering);
	loss_fixture_end(&f);
}

/* Step 2: an ACK that comes sooner than a round trip is for what was sent first. */
static void
test_ack_of_the_first_transmission(void **state)
{
	uint64_t rack_us;
	struct loss_fixture f;

	(void)state;
	begin_three(&f);
	rack_us = f.recovery.rack_us;
	f.tcp.now_us += LOSS_RTT_US;
	tcp_rack_delivered(&f.conn, f.tcp.now_us - LOSS_RTT_US / 2, LOSS_SEQ(1000), true, &f.ack);
	assert_int_equal(f.recovery.rack_us, rack_us);
	f.conn.timestamps = true;
	f.ack.header.options.ts_echo = (f.tcp.now_us - LOSS_RTT_US) / 1000 - 1;
	tcp_rack_delivered(&f.conn, f.tcp.now_us - LOSS_RTT_US, LOSS_SEQ(1000), true, &f.ack);
	assert_int_equal(f.recovery.rack_us, rack_us);
	f.ack.header.options.ts_echo++;
	tcp_rack_delivered(&f.conn, f.tcp.now_us - LOSS_RTT_US, LOSS_SEQ(1000), true, &f.ack);
	assert_int_equal(f.recovery.rack_us, f.tcp.now_us - LOSS_RTT_US);
	loss_fixture_end(&f);
}

/* Once a round trip a quarter more, a round trip at most, for sixteen recoveries. */
/* Shows: 8985-widen. */
static void
test_duplicates_teach_patience(void **state)
{
	struct loss_fixture f;
	unsigned int i;

	(void)state;
	begin_three(&f);
	tcp_rack_duplicate(&f.conn);
	tcp_rack_duplicate(&f.conn);
	assert_int_equal(tcp_rack_detect(&f.conn), LOSS_RTT_US / 2 - LOSS_RTT_US / 10);
	for (i = 0; i < 20; i++) {
		f.conn.loss.reorder_round = f.conn.snd_una;
		tcp_rack_duplicate(&f.conn);
	}
	assert_int_equal(tcp_rack_detect(&f.conn), LOSS_RTT_US - LOSS_RTT_US / 10);
	for (i = 0; i < 15; i++)
		tcp_rack_recovered(&f.conn);
	assert_int_equal(tcp_rack_detect(&f.conn), LOSS_RTT_US - LOSS_RTT_US / 10);
	tcp_rack_recovered(&f.conn);
	assert_int_equal(tcp_rack_detect(&f.conn), LOSS_RTT_US / 4 - LOSS_RTT_US / 10);
	loss_fixture_end(&f);
}

/* The same when gigabytes were sent since they last did. */
static void
test_duplicates_teach_after_a_long_time(void **state)
{
	static const uint32_t behind[] = {0, 0x7fffffff, 0x80000001, 0xf0000000};
	struct loss_fixture f;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(behind); i++) {
		begin_three(&f);
		tcp_rack_duplicate(&f.conn);
		tcp_rack_duplicate(&f.conn);
		assert_int_equal(f.conn.loss.reorder_multiple, 1);
		f.conn.loss.reorder_round = f.conn.snd_una - behind[i];
		tcp_rack_duplicate(&f.conn);
		assert_int_equal(f.conn.loss.reorder_multiple, 2);
		loss_fixture_end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent_before_and_long_enough_ago),
		cmocka_unit_test(test_sent_after_is_not_lost),
		cmocka_unit_test(test_three_are_enough),
		cmocka_unit_test(test_swaps_are_seen),
		cmocka_unit_test(test_ack_of_the_first_transmission),
		cmocka_unit_test(test_duplicates_teach_patience),
		cmocka_unit_test(test_duplicates_teach_after_a_long_time),
	};

	return cmocka_run_group_tests(tests, loss_fixture_setup, test_pools_full);
}

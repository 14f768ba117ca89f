/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "tcp_undo.h"
#include "test_eal.h"

static const struct tcp_sack nothing;

static void
begin_recovery(struct loss_fixture *f, enum tcp_recovery_state recovery)
{
	loss_fixture_begin(f, true);
	f->conn.timestamps = true;
	loss_fixture_send(f, 10 * LOSS_MSS);
	f->tcp.now_us += LOSS_RTT_US;
	f->recovery.state = recovery;
	f->recovery.end = f->conn.snd_max;
	tcp_undo_begin(&f->conn);
}

/* RFC 3522 section 3.2 */
/* Shows: 3522-eifel. */
static void
test_echo(void **state)
{
	struct wire_tcp_options *options;
	struct loss_fixture f;
	uint32_t stamp;

	(void)state;
	begin_recovery(&f, TCP_RECOVERY_FAST);
	options = &f.ack.header.options;
	stamp = tcp_conn_timestamp(&f.conn);
	options->ts_echo = stamp - 1;
	/* Nothing was sent again that could have been for nothing. */
	assert_false(tcp_undo_acked(&f.conn, &f.ack, LOSS_MSS, &nothing));
	tcp_undo_resent(&f.conn, LOSS_MSS);
	f.tcp.now_us += LOSS_RTT_US;
	tcp_undo_resent(&f.conn, LOSS_MSS);
	options->ts_echo = stamp;
	assert_false(tcp_undo_acked(&f.conn, &f.ack, LOSS_MSS, &nothing));
	options->ts_echo = stamp - 1;
	assert_false(tcp_undo_acked(&f.conn, &f.ack, 0, &nothing));
	assert_true(tcp_undo_acked(&f.conn, &f.ack, LOSS_MSS, &nothing));
	options->ts_echo = 0; /* no echo */
	assert_false(tcp_undo_acked(&f.conn, &f.ack, LOSS_MSS, &nothing));
	f.conn.timestamps = false;
	options->ts_echo = stamp - 1;
	assert_false(tcp_undo_acked(&f.conn, &f.ack, LOSS_MSS, &nothing));
	loss_fixture_end(&f);
}

static bool
twice(struct loss_fixture *f, uint32_t left, uint32_t right)
{
	const struct tcp_sack sack = {
		.duplicate = true, .left = LOSS_SEQ(left), .right = LOSS_SEQ(right)};

	return tcp_undo_acked(&f->conn, &f->ack, 0, &sack);
}

/* RFC 3708 section 2: all of it. */
/* Shows: 3708-dsack. */
static void
test_all_arrived_twice(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_recovery(&f, TCP_RECOVERY_FAST);
	tcp_undo_resent(&f.conn, 2 * LOSS_MSS);
	assert_false(twice(&f, 0, 1000));
	/* Of another recovery. */
	assert_false(twice(&f, (uint32_t)-1000, 0));
	assert_false(twice(&f, 10000, 11000));
	assert_true(twice(&f, 4000, 5000));
	loss_fixture_end(&f);
}

static void
test_pending(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_recovery(&f, TCP_RECOVERY_FAST);
	f.conn.snd_una = f.conn.snd_max;
	assert_false(tcp_undo_pending(&f.conn));
	tcp_undo_resent(&f.conn, LOSS_MSS);
	assert_true(tcp_undo_pending(&f.conn));
	/* What is acknowledged beyond comes later than any D-SACK. */
	f.conn.snd_una++;
	assert_false(tcp_undo_pending(&f.conn));
	f.conn.snd_una--;
	f.conn.sack = false;
	assert_false(tcp_undo_pending(&f.conn));
	loss_fixture_end(&f);
}

/* RFC 5682 section 2.1: a timeout, the first segment again, and this ACK. */
static void
begin_timeout(struct loss_fixture *f, uint32_t unsent)
{
	begin_recovery(f, TCP_RECOVERY_TIMEOUT);
	tcp_flight_purge(&f->conn);
	f->conn.snd_nxt = LOSS_UNA;
	tcp_flight_purge(&f->conn);
	loss_fixture_send(f, LOSS_MSS);
	f->conn.snd_una = LOSS_SEQ(1000);
	f->conn.snd_wnd = 65535;
	f->conn.chain.bytes = 9000 + unsent;
	tcp_flight_acked(&f->conn, &f->ack);
}

static void
test_new_data_asks(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_timeout(&f, 5000);
	assert_false(tcp_undo_frto(&f.conn, 1000));
	assert_int_equal(f.conn.snd_nxt, LOSS_SEQ(10000));
	assert_int_equal(f.conn.congestion.cwnd, 9000 + 2 * LOSS_MSS);
	assert_true(tcp_undo_frto(&f.conn, 1000));
	assert_false(tcp_undo_frto(&f.conn, 1000));
	loss_fixture_end(&f);

	/* The answer is a duplicate: back to where the timeout had come to. */
	begin_timeout(&f, 5000);
	assert_false(tcp_undo_frto(&f.conn, 1000));
	assert_false(tcp_undo_frto(&f.conn, 0));
	assert_int_equal(f.conn.snd_nxt, LOSS_SEQ(1000));
	assert_int_equal(f.conn.congestion.cwnd, 3 * LOSS_MSS);
	assert_false(tcp_undo_frto(&f.conn, 1000));
	loss_fixture_end(&f);
}

static void
test_nothing_to_ask_with(void **state)
{
	struct loss_fixture f;

	(void)state;
	begin_timeout(&f, 0);
	assert_false(tcp_undo_frto(&f.conn, 1000));
	assert_int_equal(f.recovery.frto, TCP_FRTO_NONE);
	loss_fixture_end(&f);
	begin_timeout(&f, 5000);
	f.conn.snd_wnd = 9000;
	assert_false(tcp_undo_frto(&f.conn, 1000));
	assert_int_equal(f.recovery.frto, TCP_FRTO_NONE);
	loss_fixture_end(&f);
	begin_timeout(&f, 5000);
	assert_false(tcp_undo_frto(&f.conn, 0));
	assert_int_equal(f.recovery.frto, TCP_FRTO_NONE);
	loss_fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_all_arrived_twice),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_new_data_asks),
		cmocka_unit_test(test_nothing_to_ask_with),
	};

	return cmocka_run_group_tests(tests, loss_fixture_setup, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "tcp_tail.h"
#include "test_eal.h"

static void
test_wait(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, false);
	loss_fixture_send(&f, 2 * LOSS_MSS);
	assert_int_equal(tcp_tail_wait_us(&f.conn), 2 * LOSS_RTT_US + TCP_WHEEL_TICK_US);
	/* Never later than the timeout. */
	f.conn.rto_us = LOSS_RTT_US;
	assert_int_equal(tcp_tail_wait_us(&f.conn), LOSS_RTT_US);
	/* The ACK of a single segment may be delayed. */
	f.conn.rto_us = 10 * LOSS_RTT_US;
	f.conn.snd_una += LOSS_MSS;
	assert_int_equal(tcp_tail_wait_us(&f.conn), 2 * LOSS_RTT_US + TCP_WHEEL_TICK_US + 200000);
	loss_fixture_end(&f);
}

/* Nothing that is known to be missing is waited for with a probe, nor is a probe. */
static void
test_only_the_timeout(void **state)
{
	static const struct tcp_recovery busy[] = {
		{.state = TCP_RECOVERY_FAST},
		{.state = TCP_RECOVERY_REDUCE},
		{.state = TCP_RECOVERY_TIMEOUT},
		{.sacked_bytes = 1},
		{.guessed_bytes = 1},
		{.lost_bytes = 1},
		{.probe = TCP_PROBE_NEW},
		{.reorder_timer = true},
	};
	struct loss_fixture f;
	unsigned int i;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 2 * LOSS_MSS);
	for (i = 0; i < RTE_DIM(busy); i++) {
		f.recovery = busy[i];
		assert_int_equal(tcp_tail_wait_us(&f.conn), f.conn.rto_us);
		assert_false(tcp_tail_timeout(&f.conn));
	}
	/* One that is over is in no probe's way. */
	f.recovery = (struct tcp_recovery){.undo = true, .undo_stamped = true};
	assert_true(tcp_tail_wait_us(&f.conn) < f.conn.rto_us);
	f.conn.loss.recovery = NULL;
	f.conn.sack = false;
	assert_int_equal(tcp_tail_wait_us(&f.conn), f.conn.rto_us);
	assert_false(tcp_tail_timeout(&f.conn));
	f.conn.sack = true;
	f.conn.srtt_us = 0;
	assert_int_equal(tcp_tail_wait_us(&f.conn), f.conn.rto_us);
	/* A window that was taken back. */
	f.conn.snd_wnd = LOSS_MSS;
	assert_false(tcp_tail_timeout(&f.conn));
	loss_fixture_end(&f);
}

static bool
acked(struct loss_fixture *f, uint32_t to, uint32_t bytes, const struct tcp_sack *sack)
{
	f->conn.snd_una = LOSS_SEQ(to);
	f->ack.header.ack = f->conn.snd_una;
	return tcp_tail_acked(&f->conn, &f->ack, bytes, sack);
}

/* RFC 8985 section 7.4.2 */
static void
test_what_the_peer_says(void **state)
{
	static const struct tcp_sack twice = {
		.duplicate = true, .left = LOSS_SEQ(2000), .right = LOSS_SEQ(3000)};
	static const struct tcp_sack nothing;
	struct loss_fixture f;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		loss_fixture_begin(&f, true);
		loss_fixture_send(&f, 3 * LOSS_MSS);
		tcp_tail_sent(&f.conn, i > 0);
		assert_false(acked(&f, 2000, 2000, &nothing));
		assert_int_equal(f.recovery.probe, i > 0 ? TCP_PROBE_RESENT : TCP_PROBE_NEW);
		switch (i) {
		case 0: /* new data: there is nothing to learn */
			assert_false(acked(&f, 3000, 1000, &nothing));
			break;
		case 1: /* D-SACK with the ACK */
			assert_false(acked(&f, 3000, 1000, &twice));
			break;
		case 2: /* a second ACK */
			assert_false(acked(&f, 3000, 1000, &nothing));
			assert_int_equal(f.recovery.probe, TCP_PROBE_RESENT);
			assert_false(acked(&f, 3000, 0, &nothing));
			break;
		case 3: /* neither, and more is acknowledged: it was lost */
			assert_false(acked(&f, 3000, 1000, &nothing));
			assert_true(acked(&f, 4000, 1000, &nothing));
			break;
		case 4: /* D-SACK that comes with more */
			assert_false(acked(&f, 4000, 2000, &twice));
			break;
		}
		assert_int_equal(f.recovery.probe, TCP_PROBE_NONE);
		f.conn.snd_una = f.conn.snd_nxt;
		loss_fixture_end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_only_the_timeout),
		cmocka_unit_test(test_what_the_peer_says),
	};

	return cmocka_run_group_tests(tests, loss_fixture_setup, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "loss_fixture.h"
#include "test_eal.h"

static void
test_one_flight_needs_no_memory(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, false);
	for (unsigned int i = 0; i < 100; i++) {
		loss_fixture_send(&f, 500);
		loss_fixture_send(&f, 500);
		assert_null(f.conn.flight.head);
		f.tcp.now_us += LOSS_RTT_US;
		assert_int_equal(f.tcp.now_us - f.conn.flight.sent_us, LOSS_RTT_US);
		f.conn.snd_una = f.conn.snd_nxt;
	}
	loss_fixture_end(&f);
}

static void
test_a_sixteenth_of_a_round_trip_is_one_time(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, false);
	loss_fixture_send(&f, 1000);
	f.tcp.now_us += LOSS_RTT_US / 16;
	loss_fixture_send(&f, 1000);
	loss_fixture_expect(&f, "");
	f.tcp.now_us++;
	loss_fixture_send(&f, 1000);
	loss_fixture_expect(&f, "0-2000");
	assert_int_equal(f.conn.flight.head->sent_us, 1000000);
	assert_int_equal(f.conn.flight.sent_us, f.tcp.now_us);
	assert_true(tcp_flight_spill(&f.conn));
	loss_fixture_expect(&f, "0-2000 2000-3000");
	/* All there is: nothing is left to spill. */
	assert_true(tcp_flight_spill(&f.conn));
	loss_fixture_expect(&f, "0-2000 2000-3000");
	loss_fixture_end(&f);
}

static void
test_acked_tells_when_it_was_sent(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, false);
	for (unsigned int i = 0; i < 3; i++) {
		loss_fixture_send(&f, 1000);
		f.tcp.now_us += LOSS_RTT_US / 4;
	}
	f.conn.snd_una = LOSS_SEQ(500);
	assert_int_equal(tcp_flight_acked(&f.conn, &f.ack), 1000000);
	loss_fixture_expect(&f, "500-1000 1000-2000");
	f.conn.snd_una = LOSS_SEQ(2000);
	assert_int_equal(tcp_flight_acked(&f.conn, &f.ack), 1000000 + LOSS_RTT_US / 4);
	loss_fixture_expect(&f, "");
	f.conn.snd_una = LOSS_SEQ(3000);
	assert_int_equal(tcp_flight_acked(&f.conn, &f.ack), 1000000 + LOSS_RTT_US / 2);
	loss_fixture_end(&f);
}

/* RFC 6298 section 3 (Karn) */
static void
test_what_was_resent_tells_no_time(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 4000);
	f.tcp.now_us += LOSS_RTT_US;
	tcp_flight_resent(&f.conn, LOSS_SEQ(1000), LOSS_SEQ(2000));
	loss_fixture_expect(&f, "0-1000 1000-2000R 2000-4000");
	assert_int_equal(f.conn.flight.head->next->sent_us, f.tcp.now_us);
	f.conn.snd_una = LOSS_SEQ(1000);
	assert_int_equal(tcp_flight_acked(&f.conn, &f.ack), 1000000);
	f.conn.snd_una = LOSS_SEQ(2000);
	assert_int_equal(tcp_flight_acked(&f.conn, &f.ack), 0);
	loss_fixture_end(&f);
}

static void
test_what_is_sent_from_behind_is_resent(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 3000);
	f.conn.snd_nxt = LOSS_UNA;
	tcp_flight_purge(&f.conn);
	loss_fixture_send(&f, 3000);
	loss_fixture_send(&f, 1000);
	assert_true(tcp_flight_spill(&f.conn));
	loss_fixture_expect(&f, "0-3000R 3000-4000");
	loss_fixture_end(&f);
}

static void
test_resent_is_lost_no_more(void **state)
{
	struct loss_fixture f;

	(void)state;
	loss_fixture_begin(&f, true);
	loss_fixture_send(&f, 3000);
	assert_true(tcp_flight_spill(&f.conn));
	f.conn.flight.head->lost = true;
	f.recovery.lost_bytes = 3000;
	tcp_flight_resent(&f.conn, LOSS_UNA, LOSS_SEQ(1000));
	loss_fixture_expect(&f, "0-1000R 1000-3000L");
	assert_int_equal(f.recovery.lost_bytes, 2000);
	tcp_flight_resent(&f.conn, LOSS_SEQ(1000), LOSS_SEQ(3000));
	loss_fixture_expect(&f, "0-3000R");
	assert_int_equal(f.recovery.lost_bytes, 0);
	loss_fixture_end(&f);
}

static void
test_without_memory_no_time_is_told(void **state)
{
	struct rte_mempool *pool;
	struct loss_fixture f;
	void *objects[LOSS_RANGES];

	(void)state;
	loss_fixture_begin(&f, false);
	pool = f.tcp.flight_pool;
	assert_int_equal(rte_mempool_get_bulk(pool, objects, LOSS_RANGES), 0);
	loss_fixture_send(&f, 1000);
	f.tcp.now_us += LOSS_RTT_US;
	loss_fixture_send(&f, 1000);
	assert_int_equal(f.tcp.stats.flight_starved, 1);
	assert_int_equal(f.conn.flight.sent_us, f.tcp.now_us);
	f.conn.snd_una = LOSS_SEQ(2000);
	assert_int_equal(tcp_flight_acked(&f.conn, &f.ack), 0);
	rte_mempool_put_bulk(pool, objects, LOSS_RANGES);
	/* The next flight is as any other. */
	loss_fixture_send(&f, 1000);
	f.conn.snd_una = LOSS_SEQ(3000);
	assert_int_equal(tcp_flight_acked(&f.conn, &f.ack), f.tcp.now_us);
	loss_fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_flight_needs_no_memory),
		cmocka_unit_test(test_a_sixteenth_of_a_round_trip_is_one_time),
		cmocka_unit_test(test_acked_tells_when_it_was_sent),
		cmocka_unit_test(test_what_was_resent_tells_no_time),
		cmocka_unit_test(test_what_is_sent_from_behind_is_resent),
		cmocka_unit_test(test_resent_is_lost_no_more),
		cmocka_unit_test(test_without_memory_no_time_is_told),
	};

	return cmocka_run_group_tests(tests, loss_fixture_setup, test_pools_full);
}

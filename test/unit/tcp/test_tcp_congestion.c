/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tcp_congestion.h"

static struct tcp tcp;

static void
begin(struct tcp_conn *conn, uint16_t mss)
{
	tcp.congestion = tcp_congestion_find("newreno");
	assert_non_null(tcp.congestion);
	memset(conn, 0, sizeof(*conn));
	conn->tcp = &tcp;
	conn->mss = mss;
	conn->iss = 1000;
	conn->snd_una = conn->iss + 1;
	conn->snd_max = conn->snd_una;
	tcp_congestion_init(conn);
	conn->congestion.limited = true;
}

/* Shows: 6928-iw. */
static void
test_initial_window(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 536);
	assert_int_equal(conn.congestion.cwnd, 5360);
	begin(&conn, 1460);
	assert_int_equal(conn.congestion.cwnd, 14600);
	begin(&conn, 8960);
	assert_int_equal(conn.congestion.cwnd, 17920);
}

/* Shows: MUST-19. */
static void
test_slow_start_doubles(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 1000);
	for (unsigned int i = 0; i < 5; i++)
		tcp_congestion_acked(&conn, 2000);
	assert_int_equal(conn.congestion.cwnd, 20000);
	/* One large ACK counts as two segments, many small ones as what they acknowledge. */
	tcp_congestion_acked(&conn, 10000);
	assert_int_equal(conn.congestion.cwnd, 22000);
	for (unsigned int i = 0; i < 10; i++)
		tcp_congestion_acked(&conn, 100);
	assert_int_equal(conn.congestion.cwnd, 23000);
}

/* Shows: MUST-19. */
static void
test_avoidance_adds_a_segment_a_round_trip(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 1000);
	conn.congestion.ssthresh = 10000;
	for (unsigned int i = 0; i < 10; i++)
		tcp_congestion_acked(&conn, 1000);
	assert_int_equal(conn.congestion.cwnd, 11000);
	for (unsigned int i = 0; i < 11; i++)
		tcp_congestion_acked(&conn, 1000);
	assert_int_equal(conn.congestion.cwnd, 12000);
}

static void
test_unused_window_does_not_grow(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 1000);
	conn.congestion.limited = false;
	tcp_congestion_acked(&conn, 2000);
	assert_int_equal(conn.congestion.cwnd, 10000);
}

static void
test_recovery(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 1000);
	conn.snd_max = conn.snd_una + 20000;
	tcp_congestion_loss(&conn);
	assert_int_equal(conn.congestion.ssthresh, 10000);
	assert_int_equal(conn.congestion.prior_cwnd, 10000);
	conn.congestion.cwnd = 13000;
	tcp_congestion_recovered(&conn);
	assert_int_equal(conn.congestion.cwnd, 10000);
}

static void
test_timeout_halves_once(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 1000);
	conn.snd_max = conn.snd_una + 20000;
	tcp_congestion_timeout(&conn, true);
	assert_int_equal(conn.congestion.cwnd, 1000);
	assert_int_equal(conn.congestion.ssthresh, 10000);
	conn.snd_una += 15000;
	tcp_congestion_timeout(&conn, false);
	assert_int_equal(conn.congestion.ssthresh, 10000);
	tcp_congestion_timeout(&conn, true);
	assert_int_equal(conn.congestion.ssthresh, 2500);
	conn.snd_una = conn.snd_max;
	tcp_congestion_timeout(&conn, true);
	assert_int_equal(conn.congestion.ssthresh, 2000);
}

/* RFC 4015 section 3.2: a mistake costs nothing, and takes nothing that was won since. */
/* Shows: 4015-undo. */
static void
test_undo(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 1000);
	conn.congestion.cwnd = 20000;
	conn.congestion.ssthresh = 15000;
	conn.snd_max = conn.snd_una + 20000;
	tcp_congestion_loss(&conn);
	assert_int_equal(conn.congestion.ssthresh, 10000);
	tcp_congestion_undo(&conn);
	assert_int_equal(conn.congestion.cwnd, 20000);
	assert_int_equal(conn.congestion.ssthresh, 15000);

	tcp_congestion_timeout(&conn, true);
	tcp_congestion_timeout(&conn, false);
	assert_int_equal(conn.congestion.cwnd, 1000);
	conn.congestion.cwnd = 30000;
	tcp_congestion_undo(&conn);
	assert_int_equal(conn.congestion.cwnd, 30000);
	assert_int_equal(conn.congestion.ssthresh, 15000);
}

static void
test_idle_restarts(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, 1000);
	conn.congestion.cwnd = 50000;
	tcp_congestion_idle(&conn);
	assert_int_equal(conn.congestion.cwnd, 10000);
	conn.congestion.cwnd = 2000;
	tcp_congestion_idle(&conn);
	assert_int_equal(conn.congestion.cwnd, 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_initial_window),
		cmocka_unit_test(test_slow_start_doubles),
		cmocka_unit_test(test_avoidance_adds_a_segment_a_round_trip),
		cmocka_unit_test(test_unused_window_does_not_grow),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_timeout_halves_once),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_idle_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

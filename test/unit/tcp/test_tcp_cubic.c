/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* RFC 9438 against its formulas, in real numbers, under a virtual clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tcp_cubic.h"

#define MSS 1460
#define SEGMENTS(n) ((uint32_t)(n)*MSS)

static struct tcp tcp;

static void
begin(struct tcp_conn *conn, uint32_t cwnd, uint32_t rtt_us)
{
	tcp = (struct tcp){.congestion = &tcp_cubic, .now_us = 5000000};
	memset(conn, 0, sizeof(*conn));
	conn->tcp = &tcp;
	conn->mss = MSS;
	conn->srtt_us = rtt_us;
	tcp_congestion_init(conn);
	conn->congestion.limited = true;
	conn->congestion.cwnd = cwnd;
	conn->congestion.ssthresh = cwnd;
}

/* A loss with all of cwnd in flight, and the end of its recovery. */
static void
lose(struct tcp_conn *conn)
{
	conn->snd_max = conn->snd_una + conn->congestion.cwnd;
	tcp_congestion_loss(conn);
	tcp_congestion_recovered(conn);
}

/* A turn of the window in a round trip: an ACK for every second segment, one by one. */
static void
run_ack(struct tcp_conn *conn, double *now_us)
{
	uint32_t acked = RTE_MIN(SEGMENTS(2), conn->congestion.cwnd);

	*now_us += (double)conn->srtt_us * acked / conn->congestion.cwnd;
	tcp.now_us = *now_us;
	tcp_congestion_acked(conn, acked);
}

static void
run_for(struct tcp_conn *conn, uint64_t us)
{
	double now_us = tcp.now_us;
	double end_us = now_us + us;

	while (now_us < end_us)
		run_ack(conn, &now_us);
}

static double
cube(double x)
{
	return x * x * x;
}

/* Seconds until a window that begins with as many segments fewer is w_max. */
static double
k_s(double segments)
{
	double low = 0;
	double high = 1000;

	while (high - low > 1e-9)
		if (0.4 * cube((low + high) / 2) < segments)
			low = (low + high) / 2;
		else
			high = (low + high) / 2;
	return low;
}

static void
assert_near(double cwnd, double segments, double t_s)
{
	if (cwnd < (segments - 1) * MSS || cwnd > (segments + 1) * MSS)
		fail_msg("%.2f segments after %.3f s, and not %.2f", cwnd / MSS, t_s, segments);
}

/* The cubic region, before and beyond the window of the loss. */
/* Shows: 9438-curve. */
static void
test_curve(void **state)
{
	static const uint32_t rtts_us[] = {30000, 60000, 100000, 200000};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(rtts_us); i++) {
		const double k = k_s(300);
		struct tcp_conn conn;
		double start_us, now_us;
		double t;

		begin(&conn, SEGMENTS(1000), rtts_us[i]);
		lose(&conn);
		assert_int_equal(conn.congestion.cwnd, SEGMENTS(700));
		start_us = tcp.now_us;
		now_us = start_us;
		/* The epoch begins with the first ACK. */
		run_ack(&conn, &now_us);
		start_us = now_us;
		for (t = 0; t < 20; t = (now_us - start_us) / 1e6) {
			run_ack(&conn, &now_us);
			t = (now_us - start_us) / 1e6;
			assert_near(conn.congestion.cwnd, 1000 + 0.4 * cube(t - k), t);
		}
	}
}

/* Short round trips: no slower than NewReno that gave up as little. */
/* Shows: 9438-friendly. */
static void
test_friendly(void **state)
{
	const uint32_t rtt_us = 5000;
	struct tcp_conn conn;
	double start_us, now_us;
	double segments = 28;
	double t;

	(void)state;
	begin(&conn, SEGMENTS(40), rtt_us);
	lose(&conn);
	assert_int_equal(conn.congestion.cwnd, SEGMENTS(28));
	now_us = tcp.now_us;
	start_us = now_us;
	for (t = 0; t < 1; t = (now_us - start_us) / 1e6) {
		run_ack(&conn, &now_us);
		segments += (segments < 40 ? 9.0 / 17 : 1) * 2 * MSS / conn.congestion.cwnd;
		assert_near(conn.congestion.cwnd, segments, t);
	}
	assert_true(segments > 150);
}

/* Shows: 9438-fast. */
static void
test_fast_convergence(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, SEGMENTS(100), 50000);
	lose(&conn);
	assert_int_equal(conn.congestion.cubic.w_max, SEGMENTS(100));
	/* Before it was there again: it takes less than it had. */
	conn.congestion.cwnd = SEGMENTS(80);
	lose(&conn);
	assert_int_equal(conn.congestion.cubic.w_max, SEGMENTS(80) * 17 / 20);
	assert_int_equal(conn.congestion.ssthresh, SEGMENTS(56));
	conn.congestion.cwnd = SEGMENTS(90);
	lose(&conn);
	assert_int_equal(conn.congestion.cubic.w_max, SEGMENTS(90));
}

static void
test_two_segments_at_least(void **state)
{
	struct tcp_conn conn;

	(void)state;
	begin(&conn, SEGMENTS(2), 50000);
	lose(&conn);
	assert_int_equal(conn.congestion.ssthresh, SEGMENTS(2));
}

/* Section 4.8: slow start to 0.7 of the flight, and from there the curve without its first half. */
/* Shows: 9438-timeout. */
static void
test_timeout(void **state)
{
	struct tcp_conn conn;
	double start_us, now_us, t;

	(void)state;
	begin(&conn, SEGMENTS(1000), 100000);
	conn.snd_max = conn.snd_una + conn.congestion.cwnd;
	tcp_congestion_timeout(&conn, true);
	assert_int_equal(conn.congestion.cwnd, MSS);
	assert_int_equal(conn.congestion.ssthresh, SEGMENTS(700));
	while (conn.congestion.cwnd < SEGMENTS(700))
		tcp_congestion_acked(&conn, SEGMENTS(2));
	assert_in_range(conn.congestion.cwnd, SEGMENTS(700), SEGMENTS(702));
	start_us = tcp.now_us;
	now_us = start_us;
	run_ack(&conn, &now_us);
	start_us = now_us;
	for (t = 0; t < 10; t = (now_us - start_us) / 1e6) {
		run_ack(&conn, &now_us);
		t = (now_us - start_us) / 1e6;
		/* In the first seconds the friendly window is the larger one. */
		if (t > 8)
			assert_near(conn.congestion.cwnd, 701 + 0.4 * cube(t), t);
	}
}

/* Section 5.8: a window that is not used learns nothing, for how long ever. */
static void
test_unused_time_does_not_count(void **state)
{
	struct tcp_conn conn;
	struct tcp_conn other;

	(void)state;
	begin(&conn, SEGMENTS(1000), 100000);
	lose(&conn);
	run_for(&conn, 6000000);
	other = conn;
	run_for(&other, 6000000);
	tcp.now_us += 100000000;
	run_for(&conn, 6000000);
	assert_in_range(conn.congestion.cwnd, other.congestion.cwnd - MSS,
			other.congestion.cwnd + MSS);
	/* Also beyond the window of the loss, where the curve is steep. */
	other = conn;
	run_for(&other, 6000000);
	tcp.now_us += 100000000;
	run_for(&conn, 6000000);
	assert_true(other.congestion.cwnd > SEGMENTS(1100));
	assert_in_range(conn.congestion.cwnd, other.congestion.cwnd - 2 * MSS,
			other.congestion.cwnd + 2 * MSS);
}

/* A request and its response never fill the window: then nothing is computed, nothing written. */
static void
test_unused_window_costs_nothing(void **state)
{
	struct tcp_conn conn;
	struct tcp_congestion before;

	(void)state;
	begin(&conn, SEGMENTS(100), 100000);
	lose(&conn);
	conn.congestion.limited = false;
	before = conn.congestion;
	tcp.now_us += 1000000;
	tcp_congestion_acked(&conn, 100);
	assert_memory_equal(&conn.congestion, &before, sizeof(before));
}

/* Section 4.9: the curve goes on as if there had been no loss. */
static void
test_undo(void **state)
{
	struct tcp_conn conn;
	struct tcp_conn other;

	(void)state;
	for (unsigned int timeout = 0; timeout < 2; timeout++) {
		begin(&conn, SEGMENTS(1000), 100000);
		lose(&conn);
		run_for(&conn, 4000000);
		other = conn;
		if (timeout) {
			conn.snd_max = conn.snd_una + conn.congestion.cwnd;
			tcp_congestion_timeout(&conn, true);
			tcp_congestion_timeout(&conn, false);
		} else {
			lose(&conn);
		}
		tcp_congestion_undo(&conn);
		assert_int_equal(conn.congestion.cwnd, other.congestion.cwnd);
		run_for(&conn, 10000000);
		run_for(&other, 10000000);
		assert_in_range(conn.congestion.cwnd, other.congestion.cwnd - 2 * MSS,
				other.congestion.cwnd + 2 * MSS);
	}
}

/* However far it goes: the largest window, and no number that wraps. */
static void
test_limits(void **state)
{
	static const uint16_t segments[] = {64, 1460, 8960, 65000};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(segments); i++) {
		struct tcp_conn conn;
		uint32_t before;

		begin(&conn, TCP_CONGESTION_CWND_MAX - 1, 100000);
		conn.mss = segments[i];
		lose(&conn);
		before = conn.congestion.cwnd;
		for (unsigned int ack = 0; ack < 100000; ack++) {
			tcp.now_us += 10000;
			tcp_congestion_acked(&conn, 1 << 24);
			assert_true(conn.congestion.cwnd >= before);
			assert_true(conn.congestion.cwnd <= TCP_CONGESTION_CWND_MAX + conn.mss);
			before = conn.congestion.cwnd;
		}
		assert_true(before > TCP_CONGESTION_CWND_MAX / 10 * 9);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curve),
		cmocka_unit_test(test_friendly),
		cmocka_unit_test(test_fast_convergence),
		cmocka_unit_test(test_two_segments_at_least),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_unused_time_does_not_count),
		cmocka_unit_test(test_unused_window_costs_nothing),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

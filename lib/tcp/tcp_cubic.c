/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The curve is bytes(t) = C (t - K)^3 + w_max, with t from the beginning of an epoch. An epoch
 * begins with the first ACK in congestion avoidance; K is chosen so that the curve begins at the
 * window of that moment. So after a loss that was none the same curve goes on from where the window
 * is, and no place on it needs to be kept. Time in which the window was not used does not count
 * (RFC 9438 section 5.8): the epoch moves with it.
 *
 * Integers: milliseconds and bytes. The divisions by constants cost nothing, those by cwnd are
 * made only for ACKs of a window that was used up.
 */
#include "tcp_cubic.h"

/* RFC 9438 section 4.6: beta 0.7; section 4.7: (1 + beta) / 2 */
#define AFTER_LOSS(bytes) ((uint32_t)((uint64_t)(bytes)*7 / 10))
#define AFTER_SECOND_LOSS(bytes) ((uint32_t)((uint64_t)(bytes)*17 / 20))
/* Section 4.3: with alpha = 3 (1 - beta) / (1 + beta) = 9/17, a segment each cwnd / alpha bytes. */
#define FRIENDLY_BYTES(cwnd) ((uint32_t)((uint64_t)(cwnd)*17 / 9))
/* 1/C in ms^3 per segment, as C is 0.4 segments/s^3 (section 5). */
#define CUBE_PER_SEGMENT UINT64_C(2500000000)
/* As far from K the curve has left the largest window. */
#define FAR_MS 400000

static void acked(struct tcp_conn *conn, uint32_t bytes);
static uint32_t lost(struct tcp_conn *conn, uint32_t flight);
static void timeout(struct tcp_conn *conn);
static void undo(struct tcp_conn *conn);
static void idle(struct tcp_conn *conn);
static void begin_epoch(struct tcp_conn *conn);
static void grow_friendly(struct tcp_conn *conn, uint32_t bytes);
static void grow_cubic(struct tcp_conn *conn, uint32_t bytes);
static uint32_t window_at(const struct tcp_conn *conn, uint32_t t_ms);
static uint32_t root_ms(const struct tcp_conn *conn, uint32_t bytes);
static uint32_t now_ms(const struct tcp_conn *conn);

const struct tcp_congestion_ops tcp_cubic = {
	.name = "cubic",
	.acked = acked,
	.lost = lost,
	.timeout = timeout,
	.undo = undo,
	.idle = idle,
};

static void
acked(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_congestion *congestion = &conn->congestion;
	struct tcp_cubic *cubic = &congestion->cubic;
	uint32_t now = now_ms(conn);

	if (tcp_congestion_slow_start(conn, bytes))
		return;
	if (cubic->w_est == 0)
		begin_epoch(conn);
	else if (now - cubic->acked_ms > conn->srtt_us / 500 + 1)
		/* ACKs of a window in use come more often. */
		cubic->epoch_ms += now - cubic->acked_ms;
	cubic->acked_ms = now;
	grow_friendly(conn, bytes);
	if (window_at(conn, now - cubic->epoch_ms) < cubic->w_est)
		congestion->cwnd = RTE_MAX(congestion->cwnd, cubic->w_est);
	else
		grow_cubic(conn, bytes);
}

/* Sections 4.6 and 4.7: who lost before it came as far as the last time leaves room for others. */
static uint32_t
lost(struct tcp_conn *conn, uint32_t flight)
{
	struct tcp_cubic *cubic = &conn->congestion.cubic;
	uint32_t cwnd = conn->congestion.cwnd;

	cubic->undo_w_max = cubic->w_max;
	cubic->w_max = cwnd < cubic->w_max ? AFTER_SECOND_LOSS(cwnd) : cwnd;
	cubic->w_est = 0;
	return RTE_MAX(AFTER_LOSS(flight), 2u * conn->mss);
}

/* Section 4.8: what was known of the path is not true any more. */
static void
timeout(struct tcp_conn *conn)
{
	conn->congestion.cubic.w_max = 0;
	conn->congestion.cubic.w_est = 0;
}

/* Section 4.9 */
static void
undo(struct tcp_conn *conn)
{
	conn->congestion.cubic.w_max = conn->congestion.cubic.undo_w_max;
	conn->congestion.cubic.w_est = 0;
}

static void
idle(struct tcp_conn *conn)
{
	conn->congestion.cubic.w_est = 0;
}

/* Section 4.2. K is negative where the window is beyond w_max: the flat part of the curve is past.
 */
static void
begin_epoch(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;
	struct tcp_cubic *cubic = &congestion->cubic;

	if (cubic->w_max == 0)
		cubic->w_max = congestion->cwnd;
	if (cubic->w_max >= congestion->cwnd)
		cubic->k_ms = (int32_t)root_ms(conn, cubic->w_max - congestion->cwnd);
	else
		cubic->k_ms = -(int32_t)root_ms(conn, congestion->cwnd - cubic->w_max);
	cubic->epoch_ms = now_ms(conn);
	cubic->w_est = congestion->cwnd;
	cubic->rest = 0;
	congestion->acked = 0;
}

/* Section 4.3: what NewReno would have, had it lost as little of its window as we have. */
static void
grow_friendly(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_congestion *congestion = &conn->congestion;
	struct tcp_cubic *cubic = &congestion->cubic;
	uint32_t each = congestion->cwnd;

	if (cubic->w_est < congestion->prior_cwnd)
		each = FRIENDLY_BYTES(each);
	congestion->acked += bytes;
	if (congestion->acked >= each) {
		congestion->acked -= each;
		cubic->w_est += conn->mss;
	}
}

/* Sections 4.4 and 4.5: to where the curve is a round trip from now. */
static void
grow_cubic(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_congestion *congestion = &conn->congestion;
	struct tcp_cubic *cubic = &congestion->cubic;
	uint32_t cwnd = congestion->cwnd;
	uint32_t target;
	uint64_t grown;

	target = window_at(conn, now_ms(conn) - cubic->epoch_ms + conn->srtt_us / 1000);
	target = RTE_MIN(target, cwnd + cwnd / 2);
	if (target <= cwnd)
		return;
	grown = (uint64_t)(target - cwnd) * bytes + cubic->rest;
	congestion->cwnd += grown / cwnd;
	cubic->rest = grown % cwnd;
}

/* Section 4.2, equation (1) */
static uint32_t
window_at(const struct tcp_conn *conn, uint32_t t_ms)
{
	const struct tcp_cubic *cubic = &conn->congestion.cubic;
	int64_t after_ms = (int64_t)t_ms - cubic->k_ms;
	uint64_t far_ms = RTE_MIN(after_ms < 0 ? -after_ms : after_ms, FAR_MS);
	uint64_t bytes = far_ms * far_ms / 1000 * far_ms * conn->mss / (CUBE_PER_SEGMENT / 1000);

	if (after_ms < 0)
		return cubic->w_max - RTE_MIN(bytes, cubic->w_max);
	return RTE_MIN(cubic->w_max + bytes, TCP_CONGESTION_CWND_MAX);
}

/* Equation (2): how long the curve takes over so many bytes beside its flat part. */
static uint32_t
root_ms(const struct tcp_conn *conn, uint32_t bytes)
{
	uint64_t cube = bytes * CUBE_PER_SEGMENT / conn->mss;
	uint64_t root = 0;
	uint64_t bit;

	/* 2^57 is more than what the largest window takes in the smallest segments. */
	for (bit = 1 << 18; bit > 0; bit /= 2)
		if ((root + bit) * (root + bit) * (root + bit) <= cube)
			root += bit;
	return root;
}

static uint32_t
now_ms(const struct tcp_conn *conn)
{
	return conn->tcp->now_us / 1000;
}

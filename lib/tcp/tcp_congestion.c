/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_congestion.h"

#include "tcp_seq.h"

/* RFC 6928 section 2 */
#define INITIAL_SEGMENTS 10
#define INITIAL_BYTES 14600
/* RFC 3465 section 2.3: one ACK opens slow start by no more than two segments. */
#define BYTE_COUNT_SEGMENTS 2
/* As the peer cannot offer more. */
#define CWND_MAX (UINT32_C(1) << 30)

static uint32_t initial_window(const struct tcp_conn *conn);
static uint32_t half_flight(const struct tcp_conn *conn);

void
tcp_congestion_init(struct tcp_conn *conn)
{
	conn->congestion = (struct tcp_congestion){
		.cwnd = initial_window(conn),
		.ssthresh = CWND_MAX,
		.recover = conn->iss,
	};
}

void
tcp_congestion_acked(struct tcp_conn *conn, uint32_t acked)
{
	struct tcp_congestion *congestion = &conn->congestion;

	/* A window that is not used says nothing about the network (RFC 7661). */
	if (!congestion->limited || congestion->cwnd >= CWND_MAX)
		return;
	if (congestion->cwnd < congestion->ssthresh) {
		congestion->cwnd += RTE_MIN(acked, (uint32_t)BYTE_COUNT_SEGMENTS * conn->mss);
		return;
	}
	congestion->acked += acked;
	if (congestion->acked >= congestion->cwnd) {
		congestion->acked -= congestion->cwnd;
		congestion->cwnd += conn->mss;
	}
}

void
tcp_congestion_enter_recovery(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;

	/* RFC 6582 section 3.2 steps 2 and 3: three segments have left the network. */
	congestion->ssthresh = half_flight(conn);
	congestion->cwnd = congestion->ssthresh + 3 * conn->mss;
	congestion->acked = 0;
	congestion->recover = conn->snd_max;
	congestion->recovering = true;
}

void
tcp_congestion_inflate(struct tcp_conn *conn)
{
	conn->congestion.cwnd = RTE_MIN(conn->congestion.cwnd + conn->mss, CWND_MAX);
}

void
tcp_congestion_deflate(struct tcp_conn *conn, uint32_t acked)
{
	struct tcp_congestion *congestion = &conn->congestion;

	/* RFC 6582 section 3.2 step 5, partial acknowledgment */
	congestion->cwnd -= RTE_MIN(acked, congestion->cwnd);
	if (acked >= conn->mss || congestion->cwnd < conn->mss)
		congestion->cwnd += conn->mss;
}

void
tcp_congestion_leave_recovery(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;
	uint32_t flight = tcp_congestion_flight(conn);

	/* RFC 6582 section 3.2 step 5, full acknowledgment: without a burst */
	congestion->cwnd =
		RTE_MIN(congestion->ssthresh, RTE_MAX(flight, (uint32_t)conn->mss) + conn->mss);
	congestion->recovering = false;
}

void
tcp_congestion_timeout(struct tcp_conn *conn, bool first)
{
	struct tcp_congestion *congestion = &conn->congestion;

	/* RFC 5681 section 3.1, (4): held when the same segment is lost again. */
	if (first)
		congestion->ssthresh = half_flight(conn);
	congestion->cwnd = conn->mss;
	congestion->acked = 0;
	congestion->recover = conn->snd_max;
	congestion->recovering = false;
	congestion->dup_acks = 0;
}

void
tcp_congestion_idle(struct tcp_conn *conn)
{
	/* RFC 5681 section 4.1: the restart window */
	conn->congestion.cwnd = RTE_MIN(conn->congestion.cwnd, initial_window(conn));
}

uint32_t
tcp_congestion_flight(const struct tcp_conn *conn)
{
	return conn->snd_max - conn->snd_una;
}

uint32_t
tcp_congestion_window(const struct tcp_conn *conn)
{
	const struct tcp_congestion *congestion = &conn->congestion;

	if (congestion->recovering)
		return congestion->cwnd;
	return congestion->cwnd + RTE_MIN(congestion->dup_acks, 2) * conn->mss;
}

static uint32_t
initial_window(const struct tcp_conn *conn)
{
	return RTE_MIN((uint32_t)INITIAL_SEGMENTS * conn->mss,
		       RTE_MAX(2u * conn->mss, (uint32_t)INITIAL_BYTES));
}

/* RFC 5681 equation (4) */
static uint32_t
half_flight(const struct tcp_conn *conn)
{
	return RTE_MAX(tcp_congestion_flight(conn) / 2, 2u * conn->mss);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_congestion.h"

#include <string.h>

#include "tcp_cubic.h"
#include "tcp_loss.h"
#include "tcp_newreno.h"

/* RFC 6928 section 2 */
#define INITIAL_SEGMENTS 10
#define INITIAL_BYTES 14600
/* RFC 3465 section 2.3: one ACK opens slow start by no more than two segments, or one when it
 * follows a timeout, as such ACKs tell of what had left the network long before. */
#define BYTE_COUNT_SEGMENTS 2
#define BYTE_COUNT_SEGMENTS_TIMEOUT 1

static uint32_t initial_window(const struct tcp_conn *conn);
static void unused(struct tcp_conn *conn, uint32_t cwnd);
static uint32_t full_flight(const struct tcp_conn *conn);
static void lost(struct tcp_conn *conn, uint32_t flight);

static const struct tcp_congestion_ops *const algorithms[] = {
	&tcp_cubic, /* the default */
	&tcp_newreno,
};

const struct tcp_congestion_ops *
tcp_congestion_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(algorithms); i++)
		if (name == NULL || strcmp(algorithms[i]->name, name) == 0)
			return algorithms[i];
	return NULL;
}

bool
tcp_congestion_is_known(const char *name)
{
	return tcp_congestion_find(name) != NULL;
}

void
tcp_congestion_init(struct tcp_conn *conn)
{
	conn->congestion = (struct tcp_congestion){
		.cwnd = initial_window(conn),
		.ssthresh = TCP_CONGESTION_CWND_MAX,
	};
}

void
tcp_congestion_syn_lost(struct tcp_conn *conn)
{
	conn->congestion.cwnd = conn->mss;
}

void
tcp_congestion_acked(struct tcp_conn *conn, uint32_t acked)
{
	const struct tcp_congestion *congestion = &conn->congestion;

	/* A window that is not used says nothing about the network (RFC 7661). */
	if (!congestion->limited || congestion->cwnd >= TCP_CONGESTION_CWND_MAX)
		return;
	conn->tcp->congestion->acked(conn, acked);
}

bool
tcp_congestion_slow_start(struct tcp_conn *conn, uint32_t acked)
{
	struct tcp_congestion *congestion = &conn->congestion;
	uint32_t segments =
		congestion->timed_out ? BYTE_COUNT_SEGMENTS_TIMEOUT : BYTE_COUNT_SEGMENTS;

	if (congestion->cwnd >= congestion->ssthresh)
		return false;
	congestion->cwnd += RTE_MIN(acked, segments * conn->mss);
	return true;
}

void
tcp_congestion_loss(struct tcp_conn *conn)
{
	lost(conn, full_flight(conn));
}

void
tcp_congestion_marked(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;

	lost(conn, full_flight(conn));
	congestion->cwnd = RTE_MIN(congestion->cwnd, congestion->ssthresh);
}

void
tcp_congestion_recovered(struct tcp_conn *conn)
{
	conn->congestion.cwnd = conn->congestion.ssthresh;
}

void
tcp_congestion_timeout(struct tcp_conn *conn, bool first)
{
	const struct tcp_congestion_ops *ops = conn->tcp->congestion;
	struct tcp_congestion *congestion = &conn->congestion;

	/* RFC 5681 section 3.1, (4): held when the same segment is lost again. */
	if (first)
		lost(conn, tcp_congestion_flight(conn));
	congestion->cwnd = conn->mss;
	congestion->acked = 0;
	congestion->timed_out = true;
	if (ops->timeout != NULL)
		ops->timeout(conn);
}

void
tcp_congestion_undo(struct tcp_conn *conn)
{
	const struct tcp_congestion_ops *ops = conn->tcp->congestion;
	struct tcp_congestion *congestion = &conn->congestion;

	congestion->cwnd = RTE_MAX(congestion->cwnd, congestion->prior_cwnd);
	congestion->ssthresh = RTE_MAX(congestion->ssthresh, congestion->prior_ssthresh);
	congestion->timed_out = false;
	if (ops->undo != NULL)
		ops->undo(conn);
}

void
tcp_congestion_idle(struct tcp_conn *conn)
{
	/* RFC 5681 section 4.1: the restart window */
	unused(conn, initial_window(conn));
}

void
tcp_congestion_validate(struct tcp_conn *conn)
{
	struct tcp_congestion *congestion = &conn->congestion;
	uint32_t use = RTE_MIN(conn->chain.bytes, conn->snd_wnd);
	uint32_t now_ms = conn->tcp->now_us / 1000;
	uint32_t unused_ms = now_ms - congestion->used_ms;
	uint32_t rto_ms = conn->rto_us / 1000;

	if (tcp_loss_is_reducing(conn)) {
		congestion->used_ms = now_ms;
		return;
	}
	if (unused_ms > rto_ms)
		unused(conn, RTE_MAX(congestion->cwnd >> RTE_MIN(unused_ms / rto_ms, 31u),
				     initial_window(conn)));
	if (unused_ms > rto_ms || use >= congestion->cwnd / 2)
		congestion->used_ms = now_ms;
}

uint32_t
tcp_congestion_flight(const struct tcp_conn *conn)
{
	return conn->snd_max - conn->snd_una;
}

static uint32_t
initial_window(const struct tcp_conn *conn)
{
	return RTE_MIN((uint32_t)INITIAL_SEGMENTS * conn->mss,
		       RTE_MAX(2u * conn->mss, (uint32_t)INITIAL_BYTES));
}

/* RFC 2861 section 3.2: not all that was known of the path is forgotten. */
static void
unused(struct tcp_conn *conn, uint32_t cwnd)
{
	const struct tcp_congestion_ops *ops = conn->tcp->congestion;
	struct tcp_congestion *congestion = &conn->congestion;

	if (cwnd >= congestion->cwnd)
		return;
	congestion->ssthresh =
		RTE_MAX(congestion->ssthresh, congestion->cwnd / 2 + congestion->cwnd / 4);
	congestion->cwnd = cwnd;
	congestion->timed_out = false;
	if (ops->idle != NULL)
		ops->idle(conn);
}

/*
 * What a window that was used up had in flight, also where ACKs of the same turn have taken a part
 * of it since (RFC 9438 section 4.6). What those let the window grow by was not.
 */
static uint32_t
full_flight(const struct tcp_conn *conn)
{
	return RTE_MAX(tcp_congestion_flight(conn), conn->congestion.full_bytes);
}

static void
lost(struct tcp_conn *conn, uint32_t flight)
{
	struct tcp_congestion *congestion = &conn->congestion;

	congestion->prior_cwnd = congestion->cwnd;
	congestion->prior_ssthresh = congestion->ssthresh;
	congestion->ssthresh = conn->tcp->congestion->lost(conn, flight);
	congestion->acked = 0;
	congestion->timed_out = false;
	/* RFC 3168 section 6.1.2: the peer is told, whatever was the reason. */
	conn->ecn_cwr_due = conn->ecn;
	conn->ecn_seq = conn->snd_max;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_flight.h"

#include "tcp_rack.h"
#include "tcp_recovery.h"
#include "tcp_seq.h"

/* What is sent within a sixteenth of a round trip has one time, and always within so much. */
#define SPAN_SHIFT 4
#define SPAN_MIN_US 32

static uint64_t span_us(const struct tcp_conn *conn);
static struct tcp_flight_range *insert(struct tcp_conn *conn, struct tcp_flight_range **link);
static bool may_merge(const struct tcp_conn *conn, const struct tcp_flight_range *range);
static void free_range(struct tcp_conn *conn, struct tcp_flight_range **link);

struct rte_mempool *
tcp_flight_pool_create(const char *name, uint32_t ranges, int socket)
{
	return rte_mempool_create(name, ranges, sizeof(struct tcp_flight_range), 0, 0, NULL, NULL,
				  NULL, NULL, socket, RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET);
}

void
tcp_flight_sent_later(struct tcp_conn *conn, uint32_t seq)
{
	struct tcp_flight *flight = &conn->flight;
	uint64_t now_us = conn->tcp->now_us;
	bool resent = seq != conn->snd_max;
	bool empty = flight->seq == seq;

	if (!empty && resent == flight->resent && now_us - flight->sent_us <= span_us(conn))
		return;
	if (!tcp_flight_spill(conn)) {
		/* Later than some of it, so that it is not taken for lost too soon. */
		flight->sent_us = now_us;
		flight->resent = true;
		return;
	}
	flight->sent_us = now_us;
	flight->seq = seq;
	flight->resent = resent;
}

void
tcp_flight_resent(struct tcp_conn *conn, uint32_t start, uint32_t end)
{
	struct tcp_flight *flight = &conn->flight;
	struct tcp_flight_range *range;

	if (tcp_seq_gt(end, flight->seq) && !tcp_flight_spill(conn))
		flight->resent = true;
	for (range = flight->head; range != NULL; range = range->next) {
		if (tcp_seq_le(range->end, start))
			continue;
		if (tcp_seq_ge(range->start, end))
			break;
		if (range->sacked)
			continue;
		if (tcp_seq_lt(range->start, start) && tcp_flight_split(conn, range, start))
			continue;
		if (tcp_seq_gt(range->end, end))
			tcp_flight_split(conn, range, end);
		if (range->lost)
			conn->loss.recovery->lost_bytes -= range->end - range->start;
		range->lost = false;
		range->resent = true;
		range->sent_us = conn->tcp->now_us;
	}
	tcp_flight_merge(conn);
}

bool
tcp_flight_spill(struct tcp_conn *conn)
{
	struct tcp_flight *flight = &conn->flight;
	struct tcp_flight_range **link = &flight->head;
	struct tcp_flight_range *range;
	uint32_t start = tcp_seq_max(flight->seq, conn->snd_una);

	if (tcp_seq_ge(start, conn->snd_nxt))
		return true;
	while (*link != NULL)
		link = &(*link)->next;
	range = insert(conn, link);
	if (range == NULL)
		return false;
	*range = (struct tcp_flight_range){
		.sent_us = flight->sent_us,
		.start = start,
		.end = conn->snd_nxt,
		.resent = flight->resent,
	};
	flight->seq = conn->snd_nxt;
	return true;
}

bool
tcp_flight_split(struct tcp_conn *conn, struct tcp_flight_range *range, uint32_t seq)
{
	struct tcp_flight_range *next = insert(conn, &range->next);
	struct tcp_flight_range *after;

	if (next == NULL)
		return false;
	after = next->next;
	*next = *range;
	next->next = after;
	next->start = seq;
	range->end = seq;
	return true;
}

uint64_t
tcp_flight_acked(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	struct tcp_flight *flight = &conn->flight;
	struct tcp_flight_range *range;
	uint64_t since_us = 0;
	uint32_t end;

	while ((range = flight->head) != NULL && tcp_seq_lt(range->start, conn->snd_una)) {
		end = tcp_seq_lt(range->end, conn->snd_una) ? range->end : conn->snd_una;
		if (!range->resent && !range->sacked)
			since_us = RTE_MAX(since_us, range->sent_us);
		if (recovery != NULL && !range->sacked)
			tcp_rack_delivered(conn, range->sent_us, end, range->resent, segment);
		if (recovery != NULL && range->sacked)
			recovery->sacked_bytes -= end - range->start;
		if (range->lost)
			recovery->lost_bytes -= end - range->start;
		range->start = end;
		if (range->end != end)
			return since_us;
		free_range(conn, &flight->head);
	}
	if (tcp_seq_lt(flight->seq, conn->snd_una)) {
		if (!flight->resent)
			since_us = RTE_MAX(since_us, flight->sent_us);
		if (recovery != NULL)
			tcp_rack_delivered(conn, flight->sent_us, conn->snd_una, flight->resent,
					   segment);
		flight->seq = conn->snd_una;
	}
	return since_us;
}

void
tcp_flight_merge(struct tcp_conn *conn)
{
	struct tcp_flight_range *range = conn->flight.head;

	while (range != NULL && range->next != NULL) {
		if (!may_merge(conn, range)) {
			range = range->next;
			continue;
		}
		range->end = range->next->end;
		free_range(conn, &range->next);
	}
}

void
tcp_flight_resume(struct tcp_conn *conn)
{
	struct tcp_flight *flight = &conn->flight;

	if (conn->snd_nxt == conn->snd_max)
		return;
	/* The times are forgotten. Now is later than all of them. */
	conn->snd_nxt = conn->snd_max;
	flight->sent_us = conn->tcp->now_us;
	flight->resent = true;
}

void
tcp_flight_purge(struct tcp_conn *conn)
{
	while (conn->flight.head != NULL)
		free_range(conn, &conn->flight.head);
	if (conn->loss.recovery != NULL) {
		conn->loss.recovery->sacked_bytes = 0;
		conn->loss.recovery->lost_bytes = 0;
	}
	conn->flight.seq = conn->snd_nxt;
}

static uint64_t
span_us(const struct tcp_conn *conn)
{
	return RTE_MAX(conn->srtt_us >> SPAN_SHIFT, (uint32_t)SPAN_MIN_US);
}

/* An empty one, whose link is set. */
static struct tcp_flight_range *
insert(struct tcp_conn *conn, struct tcp_flight_range **link)
{
	struct tcp_flight *flight = &conn->flight;
	struct tcp_flight_range *range;
	void *object;

	if (flight->nb >= TCP_FLIGHT_RANGES_MAX ||
	    rte_mempool_get(conn->tcp->flight_pool, &object) < 0) {
		conn->tcp->stats.flight_starved++;
		return NULL;
	}
	flight->nb++;
	range = object;
	range->next = *link;
	*link = range;
	return range;
}

/* Of what the peer has, and of what is lost, it does not matter when it was sent. */
static bool
may_merge(const struct tcp_conn *conn, const struct tcp_flight_range *range)
{
	const struct tcp_flight_range *next = range->next;
	uint64_t apart_us =
		RTE_MAX(next->sent_us, range->sent_us) - RTE_MIN(next->sent_us, range->sent_us);

	if (next->start != range->end || next->sacked != range->sacked || next->lost != range->lost)
		return false;
	if (range->sacked)
		return true;
	if (next->resent != range->resent)
		return false;
	return range->lost || apart_us <= span_us(conn);
}

static void
free_range(struct tcp_conn *conn, struct tcp_flight_range **link)
{
	struct tcp_flight_range *range = *link;

	*link = range->next;
	conn->flight.nb--;
	rte_mempool_put(conn->tcp->flight_pool, range);
}

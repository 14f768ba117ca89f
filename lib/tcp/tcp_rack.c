/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_rack.h"

#include "tcp_flight.h"
#include "tcp_recovery.h"
#include "tcp_seq.h"

/* RFC 5681 section 3.2: so many have overtaken it. */
#define DUP_ACKS_LOSS 3
/* RFC 8985 section 6.2, step 4: for so many recoveries a wider window is kept. */
#define REORDER_RECOVERIES 16
#define REORDER_MULTIPLE_MAX 255

static bool sent_before(const struct tcp_flight_range *range, const struct tcp_recovery *recovery);
static uint32_t reorder_window_us(const struct tcp_conn *conn);
static uint32_t timestamp_at(const struct tcp_conn *conn, uint64_t at_us);

void
tcp_rack_delivered(struct tcp_conn *conn, uint64_t sent_us, uint32_t end, bool resent,
		   const struct tcp_segment *segment)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	const struct wire_tcp_options *options = &segment->header.options;
	uint64_t rtt_us = conn->tcp->now_us - sent_us;

	/* Section 6.2, step 3 */
	if (tcp_seq_gt(end, recovery->rack_highest))
		recovery->rack_highest = end;
	else if (tcp_seq_lt(end, recovery->rack_highest) && !resent)
		conn->loss.reordering = true;
	/* Step 2: not of the transmission before. */
	if (resent && conn->timestamps && tcp_seq_lt(options->ts_echo, timestamp_at(conn, sent_us)))
		return;
	if (resent && rtt_us < conn->loss.min_rtt_us)
		return;
	recovery->rack_rtt_us = RTE_MIN(rtt_us, (uint64_t)UINT32_MAX);
	if (sent_us > recovery->rack_us ||
	    (sent_us == recovery->rack_us && tcp_seq_gt(end, recovery->rack_seq))) {
		recovery->rack_us = sent_us;
		recovery->rack_seq = end;
	}
}

uint64_t
tcp_rack_detect(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	uint64_t wait_us = recovery->rack_rtt_us + reorder_window_us(conn);
	uint64_t now_us = conn->tcp->now_us;
	struct tcp_flight_range *range;
	uint64_t next_us = 0;

	if (recovery->rack_us == 0)
		return 0;
	for (range = conn->flight.head; range != NULL; range = range->next) {
		if (range->sacked || range->lost || !sent_before(range, recovery))
			continue;
		if (range->sent_us + wait_us <= now_us) {
			range->lost = true;
			recovery->lost_bytes += range->end - range->start;
		} else {
			next_us = RTE_MAX(next_us, range->sent_us + wait_us - now_us);
		}
	}
	tcp_flight_merge(conn);
	return next_us;
}

void
tcp_rack_duplicate(struct tcp_conn *conn)
{
	struct tcp_loss *loss = &conn->loss;

	/* Once for each round trip. */
	if (loss->reorder_recoveries > 0 &&
	    tcp_seq_in(loss->reorder_round, conn->snd_una, conn->snd_max))
		return;
	loss->reorder_round = conn->snd_max;
	loss->reorder_recoveries = REORDER_RECOVERIES;
	if (loss->reorder_multiple < REORDER_MULTIPLE_MAX)
		loss->reorder_multiple++;
}

void
tcp_rack_recovered(struct tcp_conn *conn)
{
	struct tcp_loss *loss = &conn->loss;

	if (loss->reorder_recoveries == 0)
		return;
	if (--loss->reorder_recoveries == 0)
		loss->reorder_multiple = 0;
}

static bool
sent_before(const struct tcp_flight_range *range, const struct tcp_recovery *recovery)
{
	if (range->sent_us != recovery->rack_us)
		return range->sent_us < recovery->rack_us;
	return tcp_seq_lt(range->end, recovery->rack_seq);
}

/*
 * Section 6.2, step 4. On a path that never swapped packets, what three have overtaken is lost at
 * once (RFC 6675 section 5), as is whatever else was before it.
 */
static uint32_t
reorder_window_us(const struct tcp_conn *conn)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;
	uint64_t window_us;

	if (!conn->loss.reordering &&
	    (recovery->state != TCP_RECOVERY_WATCH || recovery->dup_acks >= DUP_ACKS_LOSS ||
	     recovery->sacked_bytes > (DUP_ACKS_LOSS - 1) * conn->mss))
		return 0;
	window_us = (uint64_t)(conn->loss.reorder_multiple + 1) * conn->loss.min_rtt_us / 4;
	return RTE_MIN(window_us, (uint64_t)conn->srtt_us);
}

static uint32_t
timestamp_at(const struct tcp_conn *conn, uint64_t at_us)
{
	return (uint32_t)(at_us / 1000) + conn->ts_offset;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_loss.h"

#include "tcp_congestion.h"
#include "tcp_flight.h"
#include "tcp_output.h"
#include "tcp_prr.h"
#include "tcp_rack.h"
#include "tcp_sack.h"
#include "tcp_seq.h"
#include "tcp_tail.h"
#include "tcp_timer.h"
#include "tcp_undo.h"

/* RFC 5681 section 3.2 */
#define DUP_ACKS_LOSS 3

static void begin_again(struct tcp_conn *conn);
static void process(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked,
		    bool duplicate);
static void proceed(struct tcp_conn *conn, uint32_t flight, uint32_t delivered, uint32_t acked);
static void measure(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked,
		    uint64_t since_us);
static void guess(struct tcp_conn *conn, uint32_t acked, bool duplicate);
static bool is_blind(const struct tcp_conn *conn);
static bool is_lost(const struct tcp_conn *conn);
static void enter(struct tcp_conn *conn, enum tcp_recovery_state state, uint32_t flight);
static void leave(struct tcp_conn *conn);
static void undo(struct tcp_conn *conn);
static void run_timer(struct tcp_conn *conn, uint64_t wait_us);
static void settle(struct tcp_conn *conn);
static void forget(struct tcp_conn *conn);
static void retransmit_first(struct tcp_conn *conn);

struct rte_mempool *
tcp_loss_pool_create(const char *name, uint32_t recoveries, int socket)
{
	return rte_mempool_create(name, recoveries, sizeof(struct tcp_recovery), 0, 0, NULL, NULL,
				  NULL, NULL, socket, RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET);
}

void
tcp_loss_acked(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked)
{
	bool known = conn->loss.recovery != NULL;

	if (tcp_loss_watch(conn) != NULL) {
		/* What this ACK passes did not arrive out of order, unless somebody said so. */
		if (!known)
			conn->loss.recovery->rack_highest -= acked;
		process(conn, segment, acked, false);
		return;
	}
	measure(conn, segment, acked, tcp_flight_acked(conn, segment));
	tcp_congestion_acked(conn, acked);
	tcp_timer_data_acked(conn);
}

void
tcp_loss_dup_ack(struct tcp_conn *conn, const struct tcp_segment *segment, bool duplicate)
{
	/*
	 * RFC 6582 section 3.2 step 2: duplicates of what was sent again after a timeout are no
	 * sign of another loss.
	 */
	if (!conn->sack && conn->loss.recovery == NULL &&
	    tcp_seq_in(conn->loss.recover, conn->snd_una - 1, conn->snd_max))
		return;
	if (tcp_loss_watch(conn) != NULL)
		process(conn, segment, 0, duplicate);
}

void
tcp_loss_timeout(struct tcp_conn *conn)
{
	bool first = conn->retries == 1;

	conn->tcp->stats.retransmit_timeouts++;
	tcp_congestion_timeout(conn, first);
	/* From the first hole on everything is sent again, as slow start allows. */
	begin_again(conn);
	if (first && conn->loss.recovery != NULL)
		tcp_undo_begin(conn);
}

void
tcp_loss_resend(struct tcp_conn *conn)
{
	begin_again(conn);
	/* It may run for a probe, or for what was late. */
	tcp_timer_restart(conn);
}

void
tcp_loss_reorder_timeout(struct tcp_conn *conn)
{
	uint32_t flight = tcp_loss_pipe(conn);

	conn->loss.recovery->reorder_timer = false;
	conn->tcp->stats.reorder_timeouts++;
	tcp_timer_data_sent(conn);
	proceed(conn, flight, 0, 0);
}

void
tcp_loss_resent(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	struct tcp_stats *stats = &conn->tcp->stats;

	conn->retransmits++;
	stats->retransmits++;
	if (recovery != NULL && recovery->state == TCP_RECOVERY_WATCH)
		return; /* a tail loss probe, which counts as such */
	if (recovery != NULL && recovery->state == TCP_RECOVERY_FAST)
		stats->retransmits_fast++;
	else
		stats->retransmits_timeout++;
	if (recovery == NULL)
		return;
	recovery->prr_resent += bytes;
	tcp_undo_resent(conn, bytes);
}

bool
tcp_loss_next(const struct tcp_conn *conn, uint32_t *seq, uint32_t *len)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;
	const struct tcp_flight_range *range = conn->flight.head;

	if (recovery == NULL || recovery->lost_bytes == 0)
		return false;
	while (!range->lost)
		range = range->next;
	*seq = range->start;
	*len = RTE_MIN(range->end - range->start, (uint32_t)conn->mss);
	return tcp_loss_pipe(conn) + *len <= conn->congestion.cwnd;
}

struct tcp_recovery *
tcp_loss_watch(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	void *object;

	if (recovery != NULL)
		return recovery;
	if (rte_mempool_get(conn->tcp->recovery_pool, &object) < 0) {
		conn->tcp->stats.recovery_starved++;
		return NULL;
	}
	recovery = object;
	*recovery = (struct tcp_recovery){
		.state = TCP_RECOVERY_WATCH,
		.began_us = conn->tcp->now_us,
		.rack_highest = conn->snd_una,
		.probe_timer = conn->sack,
	};
	conn->loss.recovery = recovery;
	return recovery;
}

const char *
tcp_loss_name(const struct tcp_recovery *recovery)
{
	static const char *const names[] = {
		[TCP_RECOVERY_WATCH] = "watch",
		[TCP_RECOVERY_FAST] = "fast",
		[TCP_RECOVERY_REDUCE] = "reduce",
		[TCP_RECOVERY_TIMEOUT] = "timeout",
	};

	return recovery == NULL ? "none" : names[recovery->state];
}

void
tcp_loss_purge(struct tcp_conn *conn)
{
	tcp_flight_purge(conn);
	if (conn->loss.recovery != NULL)
		forget(conn);
}

static void
begin_again(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = tcp_loss_watch(conn);

	conn->loss.recover = conn->snd_max;
	conn->snd_nxt = conn->snd_una;
	conn->retransmit_due = false;
	/* Whatever the peer had told, it may have dropped (RFC 2018 section 8). */
	tcp_flight_purge(conn);
	if (recovery != NULL)
		*recovery = (struct tcp_recovery){
			.state = TCP_RECOVERY_TIMEOUT,
			.end = conn->snd_max,
			.began_us = conn->tcp->now_us,
			.rack_highest = conn->snd_una,
		};
	tcp_output_want(conn);
}

static void
process(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked, bool duplicate)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	uint32_t known = recovery->sacked_bytes + recovery->guessed_bytes;
	uint32_t flight = conn->snd_nxt - conn->snd_una + acked - known;
	struct tcp_sack sack = {0};
	uint32_t delivered;

	measure(conn, segment, acked, tcp_flight_acked(conn, segment));
	if (conn->sack) {
		tcp_flight_spill(conn);
		sack = tcp_sack_update(conn, segment);
		if (sack.refused && recovery->sacked_bytes == 0)
			recovery->blind = true;
		if (sack.duplicate)
			tcp_rack_duplicate(conn);
	}
	guess(conn, acked, duplicate && (!conn->sack || sack.refused));
	delivered = acked + recovery->sacked_bytes + recovery->guessed_bytes;
	/* More may have been guessed than was there. */
	delivered -= RTE_MIN(delivered, known);
	if (tcp_tail_acked(conn, segment, acked, &sack) && recovery->state == TCP_RECOVERY_WATCH)
		enter(conn, TCP_RECOVERY_REDUCE, flight);
	/* An ACK that was overtaken answers nothing that was sent since the timeout. */
	if (tcp_undo_acked(conn, segment, acked, &sack) ||
	    (segment->header.ack == conn->snd_una && tcp_undo_frto(conn, acked)))
		undo(conn);
	if (acked > 0)
		recovery->dup_acks = 0;
	else if (delivered > 0 && recovery->dup_acks < UINT16_MAX)
		recovery->dup_acks++;
	if (acked > 0)
		tcp_timer_data_acked(conn);
	proceed(conn, flight, delivered, acked);
}

/* The course of things, after an ACK or when time has shown what is lost. */
static void
proceed(struct tcp_conn *conn, uint32_t flight, uint32_t delivered, uint32_t acked)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	uint32_t lost = recovery->lost_bytes;
	bool reducing = tcp_loss_is_reducing(conn);
	uint64_t wait_us = 0;

	if (recovery->state != TCP_RECOVERY_WATCH && tcp_seq_ge(conn->snd_una, recovery->end))
		leave(conn);
	if (conn->sack)
		wait_us = tcp_rack_detect(conn);
	if (recovery->state == TCP_RECOVERY_FAST && acked > 0 && is_blind(conn))
		retransmit_first(conn); /* RFC 6582 section 3.2 step 5: the next hole */
	if (is_lost(conn) &&
	    (recovery->state == TCP_RECOVERY_WATCH || recovery->state == TCP_RECOVERY_REDUCE)) {
		enter(conn, TCP_RECOVERY_FAST, flight);
		/* From now on without patience, where nothing was ever swapped. */
		if (conn->sack)
			wait_us = tcp_rack_detect(conn);
	}
	if (tcp_loss_is_reducing(conn))
		tcp_prr_acked(conn, delivered, acked > 0 && recovery->lost_bytes <= lost);
	else if (acked > 0 && !reducing && recovery->frto != TCP_FRTO_NEW)
		tcp_congestion_acked(conn, acked);
	run_timer(conn, wait_us);
	tcp_output_want(conn);
	settle(conn);
	/* Where that was the end of it, a probe may follow what was sent meanwhile. */
	if (acked > 0 && conn->snd_una != conn->snd_max)
		tcp_timer_flight_sent(conn);
}

/*
 * RFC 6298 section 3, Karn: what was sent again tells no time, unless the echo says which
 * transmission was received (RFC 7323 section 4.1). An echo from before the loss is that of an ACK
 * which was lost: no sample.
 */
static void
measure(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked, uint64_t since_us)
{
	const struct wire_tcp_options *options = &segment->header.options;
	const struct tcp_recovery *recovery = conn->loss.recovery;
	uint64_t now_us = conn->tcp->now_us;
	uint32_t ms;

	/* A duplicate came at another time than what it acknowledges once more. */
	if (acked == 0)
		return;
	if (since_us != 0) {
		tcp_timer_rtt(conn, now_us - since_us);
	} else if (recovery != NULL && conn->timestamps && options->ts_echo != 0) {
		ms = tcp_conn_timestamp(conn) - options->ts_echo;
		if (ms <= (now_us - recovery->began_us) / 1000 + 1)
			tcp_timer_rtt(conn, ms * 1000);
	}
}

/* Without SACK each duplicate stands for a segment that has left the network (RFC 6582). */
static void
guess(struct tcp_conn *conn, uint32_t acked, bool duplicate)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	uint32_t flight = conn->snd_nxt - conn->snd_una;
	uint32_t max = flight > conn->mss ? flight - conn->mss : 0;

	if (duplicate && recovery->state != TCP_RECOVERY_TIMEOUT)
		recovery->guessed_bytes += conn->mss;
	else if (acked > 0 && recovery->state != TCP_RECOVERY_FAST)
		recovery->guessed_bytes = 0;
	else if (acked > conn->mss)
		/* The first of it filled the hole, the others are those that were told. */
		recovery->guessed_bytes -= RTE_MIN(recovery->guessed_bytes, acked - conn->mss);
	/* Who tells of more than there is gains nothing. */
	max -= RTE_MIN(max, recovery->sacked_bytes);
	recovery->guessed_bytes = RTE_MIN(recovery->guessed_bytes, max);
}

/* Nothing is known of what is missing but that it begins at snd_una. */
static bool
is_blind(const struct tcp_conn *conn)
{
	return !conn->sack || conn->loss.recovery->blind;
}

static bool
is_lost(const struct tcp_conn *conn)
{
	const struct tcp_recovery *recovery = conn->loss.recovery;

	return recovery->lost_bytes > 0 || (is_blind(conn) && recovery->dup_acks >= DUP_ACKS_LOSS);
}

static void
enter(struct tcp_conn *conn, enum tcp_recovery_state state, uint32_t flight)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	if (recovery->state == TCP_RECOVERY_WATCH) {
		tcp_congestion_loss(conn);
		tcp_prr_begin(conn, flight);
		tcp_undo_begin(conn);
	}
	recovery->state = state;
	recovery->end = conn->snd_max;
	recovery->began_us = conn->tcp->now_us;
	if (state == TCP_RECOVERY_REDUCE) {
		recovery->undo = false;
		return;
	}
	conn->tcp->stats.fast_retransmits++;
	conn->loss.recover = conn->snd_max;
	if (is_blind(conn))
		retransmit_first(conn);
}

static void
leave(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	if (recovery->state != TCP_RECOVERY_TIMEOUT) {
		tcp_congestion_recovered(conn);
		tcp_rack_recovered(conn);
	} else {
		/* A path that was silent for so long may have changed. */
		conn->loss.min_rtt_us = conn->srtt_us;
	}
	recovery->state = TCP_RECOVERY_WATCH;
	recovery->guessed_bytes = 0;
	recovery->blind = false;
	conn->retransmit_due = false;
}

/* RFC 4015 section 3.2, (RESUME) and (CC): as if there had been no loss. */
static void
undo(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	struct tcp_flight_range *range;

	conn->tcp->stats.undone++;
	tcp_congestion_undo(conn);
	for (range = conn->flight.head; range != NULL; range = range->next)
		range->lost = false;
	recovery->lost_bytes = 0;
	recovery->guessed_bytes = 0;
	recovery->dup_acks = 0;
	recovery->blind = false;
	recovery->undo = false;
	recovery->frto = TCP_FRTO_NONE;
	recovery->state = TCP_RECOVERY_WATCH;
	conn->retransmit_due = false;
	conn->loss.recover = conn->snd_una - 1;
	/* What seemed lost was overtaken. */
	conn->loss.reordering = true;
	tcp_flight_resume(conn);
	/* It is in flight again, and has its timer: probes are for a flight that is empty. */
	if (conn->snd_una != conn->snd_max)
		tcp_timer_data_sent(conn);
}

static void
run_timer(struct tcp_conn *conn, uint64_t wait_us)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	if (wait_us == 0 && !recovery->reorder_timer && tcp_tail_may_probe(conn))
		return;
	if (wait_us > 0)
		tcp_timer_reorder(conn, wait_us);
	else if (recovery->reorder_timer || recovery->probe_timer)
		/* Sooner than RTO it was for something else, which is settled now. */
		tcp_timer_restart(conn);
	recovery->reorder_timer = wait_us > 0;
	recovery->probe_timer = false;
}

/*
 * Nothing is missing any more: the usual ways are open again. Where only the peer's word is
 * awaited, that what was sent twice came twice, it is for as long as that can take.
 */
static void
settle(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = conn->loss.recovery;

	if (recovery->state != TCP_RECOVERY_WATCH || recovery->sacked_bytes > 0 ||
	    recovery->guessed_bytes > 0 || recovery->lost_bytes > 0 ||
	    recovery->probe != TCP_PROBE_NONE || recovery->reorder_timer ||
	    tcp_undo_pending(conn)) {
		if (conn->snd_una == conn->snd_max)
			tcp_timer_settled(conn);
		return;
	}
	forget(conn);
}

bool
tcp_loss_settled(struct tcp_conn *conn)
{
	if (conn->loss.recovery == NULL || conn->snd_una != conn->snd_max)
		return false;
	forget(conn);
	return true;
}

static void
forget(struct tcp_conn *conn)
{
	rte_mempool_put(conn->tcp->recovery_pool, conn->loss.recovery);
	conn->loss.recovery = NULL;
}

static void
retransmit_first(struct tcp_conn *conn)
{
	conn->retransmit_due = true;
	conn->loss.recovery->began_us = conn->tcp->now_us;
}

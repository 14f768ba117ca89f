/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "tcp_sack.h"

#include "tcp_flight.h"
#include "tcp_rack.h"
#include "tcp_recovery.h"
#include "tcp_seq.h"
#include "tcp_tail.h"

/* What the peer has. */
struct block {
	uint32_t left;
	uint32_t right;
};

static bool is_duplicate(const struct tcp_conn *conn, const struct wire_tcp *header);
static bool is_valid(const struct tcp_conn *conn, uint32_t left, uint32_t right);
static unsigned int collect(struct tcp_conn *conn, const struct wire_tcp_options *options,
			    unsigned int first, struct block *blocks);
static bool mark(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t left,
		 uint32_t right);
static bool fit(struct tcp_conn *conn, struct tcp_flight_range **range, uint32_t left,
		uint32_t right);

struct tcp_sack
tcp_sack_update(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	const struct wire_tcp *header = &segment->header;
	const struct wire_tcp_options *options = &header->options;
	const struct tcp_recovery *recovery = conn->loss.recovery;
	struct tcp_sack sack = {.duplicate = is_duplicate(conn, header)};
	struct block blocks[WIRE_TCP_SACK_MAX];
	unsigned int nb, i;

	if (sack.duplicate) {
		sack.probe = recovery->probe == TCP_PROBE_RESENT &&
			     tcp_tail_is_probe(conn, options->sack[0].right);
		sack.left = options->sack[0].left;
		sack.right = options->sack[0].right;
		conn->tcp->stats.sack_duplicates++;
	}
	nb = collect(conn, options, sack.duplicate, blocks);
	for (i = 0; i < nb; i++)
		if (!mark(conn, segment, blocks[i].left, blocks[i].right))
			sack.refused = true;
	tcp_flight_merge(conn);
	return sack;
}

/* RFC 2883 section 4: it lies below the ACK, or in the second block. */
static bool
is_duplicate(const struct tcp_conn *conn, const struct wire_tcp *header)
{
	const struct wire_tcp_options *options = &header->options;
	uint32_t left = options->sack[0].left;
	uint32_t right = options->sack[0].right;

	if (options->nb_sack == 0 || tcp_seq_ge(left, right) || tcp_seq_gt(right, conn->snd_max))
		return false;
	/* Not older than what could be on its way. */
	if (tcp_seq_lt(left, header->ack - conn->snd_wnd_max))
		return false;
	if (tcp_seq_le(right, header->ack))
		return true;
	return options->nb_sack > 1 && tcp_seq_ge(left, options->sack[1].left) &&
	       tcp_seq_le(right, options->sack[1].right);
}

static bool
is_valid(const struct tcp_conn *conn, uint32_t left, uint32_t right)
{
	return tcp_seq_lt(left, right) && tcp_seq_gt(left, conn->snd_una) &&
	       tcp_seq_le(right, conn->snd_max);
}

/* In the order of sequence: what they say first together did not arrive in the order of blocks. */
static unsigned int
collect(struct tcp_conn *conn, const struct wire_tcp_options *options, unsigned int first,
	struct block *blocks)
{
	unsigned int nb = 0;
	struct block block;
	unsigned int i, at;

	for (i = first; i < options->nb_sack; i++) {
		block.left = options->sack[i].left;
		block.right = options->sack[i].right;
		if (!is_valid(conn, block.left, block.right)) {
			conn->tcp->stats.sack_ignored++;
			continue;
		}
		for (at = nb++; at > 0 && tcp_seq_lt(block.left, blocks[at - 1].left); at--)
			blocks[at] = blocks[at - 1];
		blocks[at] = block;
	}
	return nb;
}

/* False when something in it could not be written down. */
static bool
mark(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t left, uint32_t right)
{
	struct tcp_recovery *recovery = conn->loss.recovery;
	struct tcp_flight_range *range = conn->flight.head;
	bool all = true;

	/* What was sent before a timeout, and not again since, is forgotten. */
	if (tcp_seq_gt(right, conn->snd_nxt))
		right = conn->snd_nxt;
	for (; range != NULL && tcp_seq_lt(range->start, right); range = range->next) {
		if (range->sacked || tcp_seq_le(range->end, left))
			continue;
		if (!fit(conn, &range, left, right)) {
			all = false;
			continue;
		}
		range->sacked = true;
		recovery->sacked_bytes += range->end - range->start;
		if (range->lost)
			recovery->lost_bytes -= range->end - range->start;
		range->lost = false;
		tcp_rack_delivered(conn, range->sent_us, range->end, range->resent, segment);
	}
	return all && !tcp_seq_gt(right, conn->flight.seq);
}

/* Cut a range that overlaps, so that it lies inside. */
static bool
fit(struct tcp_conn *conn, struct tcp_flight_range **range, uint32_t left, uint32_t right)
{
	if (tcp_seq_lt((*range)->start, left)) {
		if (!tcp_flight_split(conn, *range, left))
			return false;
		*range = (*range)->next;
	}
	return tcp_seq_le((*range)->end, right) || tcp_flight_split(conn, *range, right);
}

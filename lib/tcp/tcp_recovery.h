/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a connection knows of losses while there is one, or may be: from a pool, as few have it at
 * a time. Without memory for it a loss is left to the retransmission timer.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_RECOVERY_H
#define TCP_RECOVERY_H

#include "tcp_conn.h"

/** Why there is a struct tcp_recovery. */
enum tcp_recovery_state {
	TCP_RECOVERY_WATCH, /* something arrived out of order, or a probe is out: no loss yet */
	TCP_RECOVERY_FAST, /* losses are repaired, and cwnd falls to ssthresh meanwhile */
	TCP_RECOVERY_REDUCE, /* the network asks for less: as before, but nothing is lost */
	TCP_RECOVERY_TIMEOUT /* after a retransmission timeout */
};

/** A recovery. */
struct tcp_recovery {
	enum tcp_recovery_state state;
	uint32_t end; /* over when this is acknowledged: snd_max as it began */
	uint64_t began_us; /* when a loss was last found */

	/* Sums (RFC 6675 section 4), parts of snd_nxt - snd_una. */
	uint32_t sacked_bytes;
	uint32_t lost_bytes;
	uint32_t guessed_bytes; /* delivered, as duplicate ACKs without SACK let us think */
	uint16_t dup_acks;
	bool blind; /* of all that the peer told by SACK nothing could be written down */

	/* RACK (RFC 8985 section 5.2): of what was delivered, that which was sent last. */
	bool reorder_timer; /* the retransmission timer runs for it */
	uint64_t rack_us;
	uint32_t rack_seq;
	uint32_t rack_rtt_us;
	uint32_t rack_highest; /* end of the highest that was delivered */

	/* Proportional rate reduction (RFC 9937 section 5). */
	uint32_t prr_flight; /* bytes that were in flight as it began */
	uint32_t prr_delivered;
	uint32_t prr_sent;
};

#endif /* TCP_RECOVERY_H */

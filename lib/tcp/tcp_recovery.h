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
	TCP_RECOVERY_REDUCE, /* the same after a loss that a probe has repaired */
	TCP_RECOVERY_TIMEOUT /* all is sent again: after a timeout, or as it did not fit */
};

/** A tail loss probe; see tcp_tail.c. */
enum tcp_probe {
	TCP_PROBE_NONE,
	TCP_PROBE_DUE,
	TCP_PROBE_NEW, /* it was new data */
	TCP_PROBE_RESENT
};

/** After a timeout: was it one? (RFC 5682 section 3) */
enum tcp_frto {
	TCP_FRTO_NONE, /* it was, or it is too late to ask */
	TCP_FRTO_FIRST, /* the first segment was sent again, and its ACK will say */
	TCP_FRTO_NEW /* new data was sent, and the next ACK will */
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
	uint32_t prr_resent; /* bytes sent again since */
	uint32_t prr_max; /* snd_max as it began */

	/* Tail loss probe (RFC 8985 section 7). */
	enum tcp_probe probe;
	bool probe_timer; /* the retransmission timer runs for one, if no hole is found before */
	uint32_t probe_end; /* snd_max when it was sent */

	/* Whether there was a loss at all; see tcp_undo.c. */
	enum tcp_frto frto;
	bool undo; /* congestion control can go back */
	bool undo_stamped; /* something was sent again, first at undo_stamp */
	uint32_t undo_stamp;
	uint32_t undo_una; /* snd_una as it began */
	uint32_t undo_bytes; /* sent again, and not known to have arrived twice */
};

#endif /* TCP_RECOVERY_H */

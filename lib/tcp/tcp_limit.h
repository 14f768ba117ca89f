/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How many segments that belong to no connection are answered by a reset: so that a flood of them,
 * whose senders may be made up, is no load for us and none for those in whose name it comes.
 *
 * A limit tells whoever meets it that others met it too: if a forged segment drew a reset there is
 * one less for the forger, and no connection where he guessed one (as with the challenge ACKs of
 * RFC 5961 section 7 that were counted for all together). So resets are counted by the address that
 * they go to. Addresses share places, as memory is bounded; which do is keyed and changes each
 * second, and how many a place has is not the same twice.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_LIMIT_H
#define TCP_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct tcp;
struct tr_addr;

/** Places. */
#define TCP_LIMIT_PLACES 64
/** Resets in a second from one place, at least; and less than twice as many. */
#define TCP_LIMIT_RESETS 500

/** What was sent in a second. */
struct tcp_limit {
	uint64_t second;
	uint16_t sent[TCP_LIMIT_PLACES];
};

/** Whether a reset to this address may be sent now. It counts as sent if so. */
bool tcp_limit_reset(struct tcp *tcp, const struct tr_addr *peer);

#endif /* TCP_LIMIT_H */

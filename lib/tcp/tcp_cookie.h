/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * SYN cookies (RFC 4987 section 3.6): when as many handshakes are under way as may be, a SYN is
 * answered and forgotten. Its ACK brings back what must be known: the initial sequence number that
 * it acknowledges tells the MSS and is a message authentication code of the rest; the timestamp
 * that it echoes tells window scale and SACK, which go without if the peer has no timestamps.
 *
 * What it costs: a SYN-ACK that is lost is not sent again unless the SYN is, the MSS is rounded
 * down to one of eight, ECN is declined (RFC 3168 section 6.1.1 leaves that to whoever answers),
 * and an ACK that was lost with the data after it leaves its peer reset.
 *
 * Threads: the core that owns it.
 */
#ifndef TCP_COOKIE_H
#define TCP_COOKIE_H

#include "tcp_segment.h"

/** A cookie is good for one to two of these. Each period has a key of its own. */
#define TCP_COOKIE_PERIOD_US (UINT64_C(32) * 1000 * 1000)

/** Answer a SYN with a SYN-ACK, and remember nothing. */
void tcp_cookie_answer(struct tcp *tcp, const struct tcp_segment *syn);

/** Whether cookies are out: an ACK to a listener may bring one back. */
static inline bool
tcp_cookie_expected(const struct tcp *tcp)
{
	return tcp->now_us < tcp->cookies_until_us;
}

/**
 * Whether a segment acknowledges a SYN-ACK that carried a cookie.
 *
 * @param[out] options
 *   What was agreed on, if so: as in the peer's SYN, but for its MSS, which may have been larger.
 */
bool tcp_cookie_check(const struct tcp *tcp, const struct tcp_segment *ack,
		      struct wire_tcp_options *options);

#endif /* TCP_COOKIE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Counters of TCP: each dropped segment counts under exactly one name.
 * One writer, the owning core; any thread reads.
 */
#ifndef TCP_STATS_H
#define TCP_STATS_H

#include <stdint.h>

/* clang-format off */
/** X(name, what it counts) for each counter; the drops are those whose name begins drop_. */
#define TCP_STATS(X)                                                                       \
	X(rx_segments, "segments received")                                                \
	X(tx_segments, "segments sent")                                                    \
	X(tx_large, "frames of several segments, that the port cut into them")             \
	X(rx_bytes, "bytes received in order")                                             \
	X(tx_bytes, "bytes sent for the first time")                                       \
	X(opened_active, "connections established that we opened")                         \
	X(opened_passive, "connections established that a peer opened")                    \
	X(ports_exhausted, "connections not opened as no port was free, or none of this core") \
	X(closed, "connections closed by both sides")                                      \
	X(reset_received, "connections reset by the peer")                                 \
	X(reset_sent, "resets sent")                                                       \
	X(resets_limited, "resets not sent as too many went to an address in a second")    \
	X(resets_lost, "resets not sent for want of an mbuf, with too many waiting for one") \
	X(timed_out, "connections given up: no answer, or no FIN after ours")              \
	X(cookies_sent, "SYNs answered by a SYN cookie, too many being in SYN-RECEIVED")   \
	X(cookies_accepted, "connections established by a SYN cookie")                     \
	X(yielded_time_wait, "connections ended in TIME-WAIT, to make room for another")   \
	X(yielded_fin_wait_2, "connections ended in FIN-WAIT-2, to make room for another") \
	X(refused, "connections refused by the owner or for want of memory")               \
	X(retransmits, "segments sent again")                                              \
	X(retransmit_timeouts, "retransmission timeouts")                                  \
	X(fast_retransmits, "losses found without a timeout")                              \
	X(retransmits_fast, "segments sent again in recovery, without a timeout")          \
	X(retransmits_timeout, "segments sent again after a timeout")                      \
	X(tail_probes, "probes sent for what may be lost at the end of a flight")          \
	X(undone, "losses that were none: congestion control went back")                   \
	X(reorder_timeouts, "waits for what was late, until it counted as lost (RFC 8985)") \
	X(sack_duplicates, "segments of which the peer says that they came twice")         \
	X(sack_ignored, "SACK blocks of what is acknowledged, or was never sent")          \
	X(flight_starved, "ranges in flight not told apart, for want of memory")           \
	X(recovery_starved, "losses left to the timer, for want of memory")                \
	X(ecn_connections, "connections established that agreed on ECN (RFC 3168)")        \
	X(ecn_marks, "segments with data that a router marked for congestion")             \
	X(ecn_reductions, "congestion windows cut as the peer echoed a mark")              \
	X(delayed_acks, "ACKs sent by the delayed ACK timer")                              \
	X(window_probes, "zero window probes sent")                                        \
	X(keepalive_probes, "keepalive probes sent")                                       \
	X(challenge_acks, "challenge ACKs sent (RFC 5961)")                                \
	X(out_of_order, "segments kept for reassembly")                                    \
	X(urgent, "segments with URG: what they carry is read in line")                    \
	X(duplicates, "segments without any new byte")                                     \
	X(send_starved, "segments not sent for want of an mbuf, tried again later")        \
	X(icmp_noted, "ICMP errors kept for the case that their connection fails")         \
	X(icmp_refused, "connections that an ICMP error ended before they were open")      \
	X(icmp_stale, "ICMP errors about no segment in flight, or without news")           \
	X(path_mtu_lowered, "connections whose segments shrank as a router said so")       \
	X(path_mtu_probed, "connections whose segments shrank as large ones got lost")     \
	X(path_mtu_raised, "connections whose segments grew again after ten minutes")      \
	X(drop_truncated, "segments shorter than their header")                            \
	X(drop_checksum, "segments with a wrong checksum")                                 \
	X(drop_address, "segments from or to an address that cannot have a connection")    \
	X(drop_no_conn, "segments for no connection and no listener")                      \
	X(drop_no_conn_silent, "resets for no connection")                                 \
	X(drop_syn_full, "SYNs with every connection in use")                              \
	X(drop_cookie_full, "ACKs of SYN cookies with every connection in use")            \
	X(drop_cookie, "ACKs to a listener that are of no SYN cookie lately sent, reset")  \
	X(drop_flags, "segments whose flags make no sense in their state")                 \
	X(drop_ack, "segments that acknowledge what was never sent, or too old")           \
	X(drop_window, "segments outside the receive window")                              \
	X(drop_paws, "segments with an old timestamp (RFC 7323)")                          \
	X(drop_reset_window, "resets outside the receive window")                          \
	X(drop_reassembly, "out-of-order segments with no room to keep them")              \
	X(drop_pressure, "segments with data refused because receive buffers run dry")     \
	X(drop_after_close, "segments with data that nobody will read")
/* clang-format on */

/** The counters by name. */
struct tcp_stats {
#define TCP_STATS_FIELD(name, help) uint64_t name;
	TCP_STATS(TCP_STATS_FIELD)
#undef TCP_STATS_FIELD
};

#endif /* TCP_STATS_H */

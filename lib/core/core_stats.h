/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Counters of a core: its turns, and what becomes of requests and responses.
 * One writer, the owning core; any thread reads.
 */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stdint.h>

/* clang-format off */
/** X(name, what it counts) for each counter; the drops are those whose name begins drop_. */
#define CORE_STATS(X)                                                                      \
	X(turns, "turns of the loop that found work")                                      \
	X(sleeps, "times the core slept for want of work")                                 \
	X(stalls, "times the core was kept from its turns, and put timeouts off")           \
	X(rx_frames, "frames received from the port")                                      \
	X(tx_frames, "frames given to the port")                                           \
	X(tx_partial, "times the port took fewer frames than there were")                  \
	X(conns_opened, "connections handed to a protocol")                                \
	X(conns_refused, "connections refused for want of a connection object")            \
	X(requests, "requests taken by protocols")                                         \
	X(dispatched, "requests handed to the engine")                                     \
	X(responses, "responses of the engine")                                            \
	X(responses_local, "responses that needed no engine")                              \
	X(abandoned, "requests not answered in time: temporary failures")                  \
	X(expired_held, "requests held until their time was over: temporary failures")     \
	X(refused_abandoned, "requests refused as too many abandoned ones are unanswered") \
	X(responses_late, "responses whose client had closed or was told of a failure")    \
	X(composed, "responses written to a send chain")                                   \
	X(discarded, "requests given back unexecuted as their connection closed")          \
	X(held_order, "requests that waited for others of their connection")               \
	X(blocked_credit, "times a connection waited for a credit")                        \
	X(blocked_body, "times a connection waited for room for a value")                  \
	X(blocked_send, "times a connection waited for its send queue to drain")           \
	X(blocked_memory, "times a response waited for mbufs")                             \
	X(closed_body_timeout, "connections reset because a value did not move")           \
	X(closed_send_timeout, "connections reset because the peer read too little")          \
	X(aborted_drain, "connections reset because they did not drain in time")           \
	X(control, "control messages run")                                                 \
	X(drop_response_double, "second responses to one request, released")               \
	X(capture_missed, "frames that a capture lacks, as it had no mbuf for a copy")       \
	X(trace_missed, "lines that a trace lacks, as its ring was full")                  \
	X(steered, "frames that came by this core's queue and were for another core")       \
	X(sent_for_others, "frames of cores whose queues are not there, sent by this one")       \
	X(drop_steer, "frames for another core dropped because the ring to it was full")   \
	X(drop_queue_missing, "frames of a queue that the port's peer has not opened")          \
	X(drop_icmp_handed, "ICMP errors about no connection of this core, beyond what it hands on") \
	X(drop_vlan, "frames of another VLAN than ours, or of none")                        \
	X(drop_vlan_headroom, "frames not sent as there was no room in them for a VLAN's tag") \
	X(drop_vlan_mbuf, "frames of a VLAN that others hold, dropped for want of an mbuf for a copy") \
	X(drop_control, "messages to other cores dropped for want of room in their control ring")
/* clang-format on */

/** The counters by name. */
struct core_stats {
#define CORE_STATS_FIELD(name, help) uint64_t name;
	CORE_STATS(CORE_STATS_FIELD)
#undef CORE_STATS_FIELD
};

#endif /* CORE_STATS_H */

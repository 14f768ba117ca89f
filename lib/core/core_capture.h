/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A capture: copies of the frames that the cores receive and send, as blocks of a pcapng file.
 *
 * While it runs, it stands between each core and its port: what the core calls is the capture's,
 * which calls the port's. Without one nothing is there, and nothing costs. (Callbacks of ethdev
 * would see a frame again each time that the port does not take it.) A core copies each frame that
 * passes the filter into an mbuf of the capture's; where none is free it counts the frame as missed
 * and goes on. Several captures stand one behind the other, and each sees every frame.
 *
 * Threads: control; core_capture_take() is for one thread, any but a core's.
 */
#ifndef CORE_CAPTURE_H
#define CORE_CAPTURE_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "core_capture_filter.h"

/** Captures of a server at the same time: each takes mbufs for every core. */
#define CORE_CAPTURES_MAX 4

struct core_capture;
struct tr_core_server;

/**
 * Create a capture that does not run yet.
 *
 * @return
 *   The capture, or NULL with rte_errno: ENOMEM, or ENOSPC as there are CORE_CAPTURES_MAX already.
 */
struct core_capture *core_capture_create(struct tr_core_server *server,
					 const struct core_capture_filter *filter);

/** Begin on every core, which runs. 0, or -errno as core_control_call(): call stop then. */
int core_capture_start(struct core_capture *capture);

/**
 * End on every core. What was captured stays to be taken.
 *
 * @return
 *   0, or -errno as core_control_call(): a core may still be at it; stop again.
 */
int core_capture_stop(struct core_capture *capture);

/** The same, once no core runs any more. */
void core_capture_end(struct core_capture *capture);

/**
 * Take frames that were captured, the oldest of each core first: blocks of a pcapng file for
 * rte_pcapng_write_packets(), with the time at which the core had the frame, and with the
 * checksums that were left to the port.
 *
 * @param[out] mbufs
 *   The caller's, who frees them in the same thread.
 * @return
 *   How many.
 */
unsigned int core_capture_take(struct core_capture *capture, struct rte_mbuf **mbufs,
			       unsigned int max);

/** Frames that passed the filter and found no mbuf of the capture's free. Any thread. */
uint64_t core_capture_missed(const struct core_capture *capture);

/** The ethdev of the frames. */
uint16_t core_capture_port(const struct core_capture *capture);

/** Free a capture that is stopped, or ended; NULL: none. What was not taken is lost. */
void core_capture_destroy(struct core_capture *capture);

#endif /* CORE_CAPTURE_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A virtual wire between two ports, or a switch with some more. It delays, loses, repeats, reorders
 * and corrupts frames as its seed has it, lets through no more than its rate, and keeps what was
 * sent a while before it frees it, as a device's queue does.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "core_port.h"

struct sim_pcap;
struct sim_wire;

/** Ports, at most. */
#define SIM_WIRE_ENDS_MAX 5

/** What the wire does to frames. */
struct sim_wire_config {
	unsigned int nb_ends; /* 0: two. More: a switch, that goes by MAC addresses */
	uint32_t loss_ppm;
	uint32_t repeat_ppm;
	uint32_t reorder_ppm; /* delayed once more by up to jitter_us */
	uint32_t corrupt_ppm; /* one bit of an IP packet: a checksum's to find */
	uint32_t partial_ppm; /* bursts of which the port takes only a part */
	uint64_t delay_us;
	uint64_t jitter_us;
	uint64_t rate_bps; /* bits of frames a second, to each end; 0: any */
	uint32_t queue_bytes; /* that wait for it at most: what comes then is lost */
	uint64_t hold_us; /* how long a sent mbuf stays with the device, at most */
	uint16_t mtu;
	bool silent; /* of what is too big for sim_wire_narrow() no router tells */
	bool tx_segments; /* as in struct core_port, for all ends */
	bool share_mbufs;
	bool tx_large; /* and with both: each end cuts large segments, and fills in checksums */
};

/** Create a wire; NULL when memory is short. */
struct sim_wire *sim_wire_create(const struct sim_wire_config *config, uint64_t seed);

/** Free it and all frames on it. */
void sim_wire_destroy(struct sim_wire *wire);

/** The port at one end, from 0 on. */
struct core_port *sim_wire_port(struct sim_wire *wire, unsigned int end);

/** Time goes on: held mbufs are freed, frames become due. */
void sim_wire_advance(struct sim_wire *wire, uint64_t now_us);

/** When the next frame is due or the next mbuf freed, or UINT64_MAX. */
uint64_t sim_wire_next_us(const struct sim_wire *wire);

/** Show each frame as it is put on the wire, with the end that sends it. */
void sim_wire_set_watch(struct sim_wire *wire,
			void (*watch)(void *arg, unsigned int end, const struct rte_mbuf *mbuf),
			void *arg);

/** Keep each frame as it is put on the wire; NULL: none. */
void sim_wire_set_record(struct sim_wire *wire, struct sim_pcap *record);

/** Free all frames on it, and what it holds: what a pool lacks afterwards is a stack's. */
void sim_wire_flush(struct sim_wire *wire);

/** Lose everything from now on, or not: a cable that is pulled. */
void sim_wire_cut(struct sim_wire *wire, bool cut);

/** The same of what one end sends, and of what is sent to it. */
void sim_wire_cut_end(struct sim_wire *wire, unsigned int end, bool cut);

/**
 * From and to this end larger IP packets are lost from now on; a router says so to who sent them,
 * unless the wire is silent.
 *
 * @param mtu
 *   0: as large as there are.
 */
void sim_wire_narrow(struct sim_wire *wire, unsigned int end, uint16_t mtu);

/** How many frames were lost or corrupted: while it stays the same, the wire is not to blame. */
uint64_t sim_wire_lost(const struct sim_wire *wire);

#endif /* SIM_WIRE_H */

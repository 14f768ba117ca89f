/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What was put on the wire in a run, kept until it is known whether somebody wants to see it.
 */
#ifndef SIM_PCAP_H
#define SIM_PCAP_H

#include <stddef.h>
#include <stdint.h>

#include <rte_mbuf.h>

/** A pcap file in memory; all zero: an empty one. */
struct sim_pcap {
	uint8_t *data;
	size_t len;
	size_t size; /* of data */
};

/** Begin with an empty one, in the memory of the last. */
void sim_pcap_begin(struct sim_pcap *pcap);

/** Add a frame; does nothing once there are many. */
void sim_pcap_add(struct sim_pcap *pcap, uint64_t now_us, const struct rte_mbuf *mbuf);

/** Write it to a file. 0 or -errno. */
int sim_pcap_write(const struct sim_pcap *pcap, const char *path);

#endif /* SIM_PCAP_H */

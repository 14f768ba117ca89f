/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What --so_flags says: KEY=VALUE, separated by commas. It takes the place of the sysctls that a
 * script sets in a kernel.
 *
 *   options=linux|freebsd   order and padding of a SYN's options (linux)
 *   local=ADDR              our address, as packetdrill's --local_ip (192.168.0.2)
 *   gateway=ADDR            as --gateway_ip (192.168.0.1)
 *   mtu=BYTES               as --mtu (1500)
 *   rcvbuf=BYTES            receive window of each connection (65535)
 *   sndbuf=BYTES            unsent and unacknowledged bytes of each connection (262144)
 *   time_wait=SECONDS       2 MSL (60)
 *
 * Threads: any.
 */
#ifndef PACKETDRILL_FLAGS_H
#define PACKETDRILL_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_byteorder.h>

/** The settings. */
struct packetdrill_flags {
	bool freebsd;
	rte_be32_t local;
	rte_be32_t gateway;
	uint16_t mtu;
	uint32_t receive_bytes;
	uint32_t send_bytes;
	uint64_t time_wait_us;
};

/**
 * Read them.
 *
 * @param text
 *   NULL or empty: the defaults.
 * @param[out] wrong
 *   What is no KEY=VALUE of these, when the answer is -EINVAL.
 * @return
 *   0 or -EINVAL.
 */
int packetdrill_flags_parse(const char *text, struct packetdrill_flags *flags, char wrong[64]);

#endif /* PACKETDRILL_FLAGS_H */

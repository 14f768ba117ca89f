/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What --so_flags says: KEY=VALUE, separated by commas. It takes the place of the sysctls that a
 * script sets in a kernel.
 *
 *   options=linux|freebsd   order and padding of a SYN's options (linux)
 *   habits=own|linux        where PSH stands and when data is acknowledged (own)
 *   local=ADDR              our address, as packetdrill's --local_ip (192.168.0.2)
 *   gateway=ADDR            as --gateway_ip (192.168.0.1)
 *   mtu=BYTES               as --mtu (1500)
 *   rcvbuf=BYTES            receive window of each connection (65535)
 *   sndbuf=BYTES            unsent and unacknowledged bytes of each connection (262144)
 *   time_wait=SECONDS       2 MSL (60)
 *   congestion=NAME         cubic or newreno (cubic)
 *   ecn=off|accept|request  explicit congestion notification (accept)
 *   nagle=on|off            Nagle's algorithm, until TCP_NODELAY says otherwise (on)
 *   timestamps=on|off       whether SYNs carry them (on)
 *   keepalive=SECONDS       idle before the first probe, where SO_KEEPALIVE is set (7200)
 *   keepalive_interval=SECONDS  from probe to probe (75)
 *   keepalive_probes=COUNT  without an answer (9)
 *
 * Threads: any.
 */
#ifndef PACKETDRILL_FLAGS_H
#define PACKETDRILL_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp.h"
#include "tr_addr.h"

/** The settings. */
struct packetdrill_flags {
	bool freebsd;
	bool linux_habits;
	bool nagle;
	bool timestamps;
	struct tr_addr local;
	struct tr_addr gateway;
	uint16_t mtu;
	uint32_t receive_bytes;
	uint32_t send_bytes;
	uint64_t time_wait_us;
	char congestion[16];
	enum tcp_ecn ecn;
	uint64_t keepalive_idle_us;
	uint64_t keepalive_interval_us;
	uint8_t keepalive_probes;
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

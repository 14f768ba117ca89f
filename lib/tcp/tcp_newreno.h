/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Congestion control as RFC 5681 has it: a segment more each round trip, half after a loss.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_NEWRENO_H
#define TCP_NEWRENO_H

#include "tcp_congestion.h"

/** The algorithm. */
extern const struct tcp_congestion_ops tcp_newreno;

#endif /* TCP_NEWRENO_H */

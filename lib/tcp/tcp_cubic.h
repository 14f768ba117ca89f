/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Congestion control as RFC 9438 has it: after a loss the window follows a cubic curve of time,
 * flat where it was at the loss, and grows no slower than NewReno's would.
 *
 * Threads: the core that owns the connection.
 */
#ifndef TCP_CUBIC_H
#define TCP_CUBIC_H

#include "tcp_congestion.h"

/** The algorithm. */
extern const struct tcp_congestion_ops tcp_cubic;

#endif /* TCP_CUBIC_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Arithmetic of sequence numbers and timestamps, which wrap (RFC 9293 section 3.4, RFC 7323
 * section 5.2): a is before b when it is less than half the space behind it.
 * Pure functions, any thread.
 */
#ifndef TCP_SEQ_H
#define TCP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/** a < b */
static inline bool
tcp_seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/** a <= b */
static inline bool
tcp_seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

/** a > b */
static inline bool
tcp_seq_gt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/** a >= b */
static inline bool
tcp_seq_ge(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

/** The later one. */
static inline uint32_t
tcp_seq_max(uint32_t a, uint32_t b)
{
	return tcp_seq_ge(a, b) ? a : b;
}

/**
 * first < seq <= last, for a number that was noted before last, however long ago: nothing is known
 * of it but that. Of a long time ago it would seem to lie ahead in half of all cases otherwise.
 */
static inline bool
tcp_seq_in(uint32_t seq, uint32_t first, uint32_t last)
{
	return seq - first - 1 < last - first;
}

#endif /* TCP_SEQ_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How often a message may be logged that somebody else can provoke: a few at once, then one each
 * few seconds, by a bucket of tokens for each message.
 *
 * Threads: one, whose the bucket is.
 */
#ifndef LOG_LIMIT_H
#define LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** Messages that may come at once, and seconds after which there may be one more. */
#define LOG_LIMIT_BURST 5
#define LOG_LIMIT_EVERY_S 10

/** A bucket; all zero: full. */
struct log_limit {
	uint32_t used; /* tokens of the burst */
	uint64_t since_s; /* when the next of them began to come back */
};

/**
 * Take a token for a message.
 *
 * @param now_s
 *   Seconds on a clock that does not go back.
 * @return
 *   Whether there was one: else the message is not to be logged.
 */
bool log_limit_take(struct log_limit *limit, uint64_t now_s);

#endif /* LOG_LIMIT_H */

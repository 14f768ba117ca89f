/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * DPDK's log topics and the levels from which on they are logged, in words.
 *
 * Threads: control threads.
 */
#ifndef LOG_TOPIC_H
#define LOG_TOPIC_H

#include <stdint.h>

/**
 * Call @p visit for each topic whose name matches @p pattern, as a shell's.
 *
 * @return
 *   How many there were, or -errno.
 */
int log_topic_visit(const char *pattern, void (*visit)(const char *topic, void *arg), void *arg);

/** The level from which on a topic is logged: "info", or "off". */
const char *log_topic_level(const char *topic);

/** The number of a level that log_topic_level() may name, but for "off". */
uint32_t log_topic_level_number(const char *name);

#endif /* LOG_TOPIC_H */

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * How many ICMP errors about none of its connections a core, or a client, hands to those that it
 * shares a port with: a device chooses a queue by the router that sends them. Anybody can make them
 * up, and each costs all.
 *
 * Threads: the owner's.
 */
#ifndef CORE_ICMP_LIMIT_H
#define CORE_ICMP_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** So many in such a time. */
#define CORE_ICMP_LIMIT_MAX 100
#define CORE_ICMP_LIMIT_US (100 * 1000)

/** What was handed on; all zero: nothing. */
struct core_icmp_limit {
	uint64_t since_us; /* when the count began */
	uint32_t nb;
};

/** Whether another may be handed on. It counts if so. */
static inline bool
core_icmp_limit_take(struct core_icmp_limit *limit, uint64_t now_us)
{
	if (now_us - limit->since_us >= CORE_ICMP_LIMIT_US) {
		limit->since_us = now_us;
		limit->nb = 0;
	}
	if (limit->nb == CORE_ICMP_LIMIT_MAX)
		return false;
	limit->nb++;
	return true;
}

#endif /* CORE_ICMP_LIMIT_H */

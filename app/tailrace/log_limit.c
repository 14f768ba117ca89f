/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "log_limit.h"

#include <rte_common.h>

bool
log_limit_take(struct log_limit *limit, uint64_t now_s)
{
	uint64_t back = limit->used > 0 ? (now_s - limit->since_s) / LOG_LIMIT_EVERY_S : 0;

	limit->used -= RTE_MIN(back, (uint64_t)limit->used);
	limit->since_s += back * LOG_LIMIT_EVERY_S;
	if (limit->used == LOG_LIMIT_BURST)
		return false;
	if (limit->used == 0)
		limit->since_s = now_s;
	limit->used++;
	return true;
}

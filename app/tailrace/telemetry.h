/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * The server's endpoints below /tailrace in DPDK's telemetry: what the prompt shows, as JSON.
 *
 * Threads: the main thread attaches and detaches. Endpoints run on telemetry's threads, one at a
 * time, and see the cores through core_info.h.
 */
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include <rte_telemetry.h>

#include "core_info.h"
#include "mc.h"

struct impair;

/** What endpoints look at. */
struct telemetry_source {
	struct tr_core_server *server;
	struct mc_stats *mc;
	struct impair *impair;
};

/** An endpoint. */
struct telemetry_endpoint {
	const char *path; /* "/tailrace/core" */
	const char *help; /* one line */
	/**
	 * Fill in @p data. @p param is what stood behind the path's comma, or NULL.
	 * 0 or -errno: then the answer is null.
	 */
	int (*answer)(const struct telemetry_source *source, const char *param,
		      struct rte_tel_data *data);
};

/** Those of each file: lists that end with a path of NULL. */
extern const struct telemetry_endpoint telemetry_core[];
extern const struct telemetry_endpoint telemetry_conn[];
extern const struct telemetry_endpoint telemetry_stack[];
extern const struct telemetry_endpoint telemetry_engine[];
extern const struct telemetry_endpoint telemetry_device[];
extern const struct telemetry_endpoint telemetry_impair[];

/**
 * Register the endpoints, and answer them from here on. There is one server in a process.
 *
 * @param source
 *   Copied.
 * @return
 *   0 or -errno.
 */
int telemetry_attach(const struct telemetry_source *source);

/** Answer null from here on: when this returns, no endpoint looks at the source any more. */
void telemetry_detach(void);

/** Read a parameter that is a number and nothing else; 0, or -EINVAL. */
int telemetry_number(const char *param, uint32_t *number);

#endif /* TELEMETRY_H */

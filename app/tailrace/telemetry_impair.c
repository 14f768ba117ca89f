/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <errno.h>
#include <stdio.h>

#include "impair.h"
#include "telemetry.h"

static int impair(const struct telemetry_source *source, const char *param,
		  struct rte_tel_data *data);
static void add_direction(struct rte_tel_data *data, const char *direction,
			  const struct impair_settings *settings, const struct impair_stats *stats);
static void add(struct rte_tel_data *data, const char *direction, const char *name, uint64_t value);

const struct telemetry_endpoint telemetry_impair[] = {
	{"/tailrace/impair", "What is done to the port's frames on purpose, and how often", impair},
	{0},
};

static int
impair(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct impair_info info;

	if (param != NULL)
		return -EINVAL;
	impair_info(source->impair, &info);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_u64(data, "port", info.port_id);
	rte_tel_data_add_dict_u64(data, "seed", info.seed);
	add_direction(data, "rx", &info.directions[IMPAIR_RX].settings,
		      &info.directions[IMPAIR_RX].stats);
	add_direction(data, "tx", &info.directions[IMPAIR_TX].settings,
		      &info.directions[IMPAIR_TX].stats);
	return 0;
}

static void
add_direction(struct rte_tel_data *data, const char *direction,
	      const struct impair_settings *settings, const struct impair_stats *stats)
{
	add(data, direction, "loss_ppm", settings->loss_ppm);
	add(data, direction, "duplicate_ppm", settings->duplicate_ppm);
	add(data, direction, "corrupt_ppm", settings->corrupt_ppm);
	add(data, direction, "reorder_ppm", settings->reorder_ppm);
	add(data, direction, "delay_us", settings->delay_us);
	add(data, direction, "jitter_us", settings->jitter_us);
	add(data, direction, "rate_bps", settings->rate_bps);
#define ADD(name, help) add(data, direction, #name, stats->name);
	IMPAIR_STATS(ADD)
#undef ADD
}

static void
add(struct rte_tel_data *data, const char *direction, const char *name, uint64_t value)
{
	char text[RTE_TEL_MAX_STRING_LEN];

	snprintf(text, sizeof(text), "%s_%s", direction, name);
	rte_tel_data_add_dict_u64(data, text, value);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <stdio.h>

#include <rte_cycles.h>

#include "telemetry.h"

static int core(const struct telemetry_source *source, const char *param,
		struct rte_tel_data *data);
static int core_cycles(const struct telemetry_source *source, const char *param,
		       struct rte_tel_data *data);
static int core_turns(const struct telemetry_source *source, const char *param,
		      struct rte_tel_data *data);
static void add_histogram(struct rte_tel_data *data, const char *name,
			  const struct core_histogram *histogram, double unit_ns);

const struct telemetry_endpoint telemetry_core[] = {
	{"/tailrace/core", "The cores' numbers. Parameter: a core, for its state", core},
	{"/tailrace/core/cycles", "Where a core's time goes. Parameter: a core", core_cycles},
	{"/tailrace/core/turns", "How long its turns and answers take. Parameter: a core",
	 core_turns},
	{0},
};

static int
core_list(const struct telemetry_source *source, struct rte_tel_data *data)
{
	unsigned int i;

	rte_tel_data_start_array(data, RTE_TEL_INT_VAL);
	for (i = 0; i < core_info_cores(source->server); i++)
		rte_tel_data_add_array_int(data, (int)i);
	return 0;
}

static int
core(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct core_info_core info;
	uint32_t number;
	int rc;

	if (param == NULL)
		return core_list(source, data);
	rc = telemetry_number(param, &number);
	if (rc == 0)
		rc = core_info_core(source->server, number, &info);
	if (rc < 0)
		return rc;
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_u64(data, "lcore", info.lcore);
	rte_tel_data_add_dict_u64(data, "queue", info.queue);
	rte_tel_data_add_dict_string(data, "listening", info.listening ? "yes" : "no");
	rte_tel_data_add_dict_u64(data, "conns", info.conns);
	rte_tel_data_add_dict_u64(data, "conns_max", info.conns_max);
	rte_tel_data_add_dict_u64(data, "credits", info.credits);
	rte_tel_data_add_dict_u64(data, "credits_max", info.credits_max);
	rte_tel_data_add_dict_u64(data, "abandoned", info.abandoned);
	rte_tel_data_add_dict_u64(data, "body_bytes", info.body_bytes);
	rte_tel_data_add_dict_u64(data, "body_bytes_max", info.body_bytes_max);
	rte_tel_data_add_dict_u64(data, "responses", info.responses);
	rte_tel_data_add_dict_u64(data, "allocations", info.allocations);
	rte_tel_data_add_dict_u64(data, "bytes_copied", info.bytes_copied);
	rte_tel_data_add_dict_u64(data, "bytes_referenced", info.bytes_referenced);
	return 0;
}

static int
get_totals(const struct telemetry_source *source, const char *param,
	   struct core_cycles_totals *totals)
{
	uint32_t number;
	int rc = telemetry_number(param, &number);

	return rc < 0 ? rc : core_info_cycles(source->server, number, totals);
}

static int
core_cycles(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct core_cycles_totals totals;
	unsigned int i;
	int rc;

	rc = get_totals(source, param, &totals);
	if (rc < 0)
		return rc;
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_u64(data, "work_us", totals.spent_us[true]);
	rte_tel_data_add_dict_u64(data, "idle_us", totals.spent_us[false]);
	rte_tel_data_add_dict_u64(data, "stamped_turns", totals.turns.count);
	rte_tel_data_add_dict_u64(data, "stamped_cycles", totals.turns.sum);
	rte_tel_data_add_dict_u64(data, "cycles_a_second", rte_get_tsc_hz());
	for (i = 0; i < CORE_STAGES; i++)
		rte_tel_data_add_dict_u64(data, core_cycles_stage_name(i), totals.stages[i]);
	return 0;
}

static int
core_turns(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct core_cycles_totals totals;
	int rc;

	rc = get_totals(source, param, &totals);
	if (rc < 0)
		return rc;
	rte_tel_data_start_dict(data);
	add_histogram(data, "turn", &totals.turns, 1e9 / rte_get_tsc_hz());
	add_histogram(data, "queue", &totals.queue, 1e3);
	rte_tel_data_add_dict_u64(data, "turn_longest_of_all_ns", totals.longest_us * 1000);
	return 0;
}

static void
add_histogram(struct rte_tel_data *data, const char *name, const struct core_histogram *histogram,
	      double unit_ns)
{
	static const struct {
		unsigned int per_mille;
		const char *name;
	} quantiles[] = {{500, "50"}, {900, "90"}, {990, "99"}, {999, "999"}};
	double mean = histogram->count > 0 ? (double)histogram->sum / histogram->count : 0;
	char key[RTE_TEL_MAX_STRING_LEN];
	unsigned int i;

	snprintf(key, sizeof(key), "%s_number", name);
	rte_tel_data_add_dict_u64(data, key, histogram->count);
	snprintf(key, sizeof(key), "%s_mean_ns", name);
	rte_tel_data_add_dict_u64(data, key, (uint64_t)(mean * unit_ns));
	for (i = 0; i < RTE_DIM(quantiles); i++) {
		snprintf(key, sizeof(key), "%s_p%s_ns", name, quantiles[i].name);
		rte_tel_data_add_dict_u64(
			data, key,
			(uint64_t)(unit_ns *
				   core_histogram_quantile(histogram, quantiles[i].per_mille)));
	}
	snprintf(key, sizeof(key), "%s_longest_ns", name);
	rte_tel_data_add_dict_u64(data, key, (uint64_t)(unit_ns * histogram->max));
}

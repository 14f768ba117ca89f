/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <ctype.h>
#include <errno.h>

#include <bsd/string.h>

#include "telemetry.h"

static int engine(const struct telemetry_source *source, const char *param,
		  struct rte_tel_data *data);
static int submit(const struct telemetry_source *source, const char *param,
		  struct rte_tel_data *data);
static int submit_list(const struct telemetry_source *source, struct rte_tel_data *data);
static void add_stat(const char *name, const char *text, void *arg);

const struct telemetry_endpoint telemetry_engine[] = {
	{"/tailrace/engine", "The engine's name and its statistics", engine},
	{"/tailrace/submit", "Names of the threads that answer. Parameter: the place of one in it",
	 submit},
	{0},
};

static int
engine(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	const char *name = core_info_engine(source->server);

	if (param != NULL)
		return -EINVAL;
	if (name == NULL)
		return -ENOENT;
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "engine", name);
	return core_info_engine_stats(source->server, add_stat, data);
}

/* Telemetry's names have letters, digits and underscores, and its texts an end. */
static void
add_stat(const char *name, const char *text, void *arg)
{
	char key[RTE_TEL_MAX_STRING_LEN], value[RTE_TEL_MAX_STRING_LEN];
	char *at;

	strlcpy(key, name, sizeof(key));
	for (at = key; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
	strlcpy(value, text, sizeof(value));
	rte_tel_data_add_dict_string(arg, key, value);
}

static int
submit(const struct telemetry_source *source, const char *param, struct rte_tel_data *data)
{
	struct core_info_producer info;
	uint32_t number;
	int rc;

	if (param == NULL)
		return submit_list(source, data);
	rc = telemetry_number(param, &number);
	if (rc == 0)
		rc = core_info_producer(source->server, number, &info);
	if (rc < 0)
		return rc;
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "name", info.name);
	rte_tel_data_add_dict_u64(data, "responses", info.responses);
	rte_tel_data_add_dict_u64(data, "wakeups", info.wakeups);
	rte_tel_data_add_dict_u64(data, "ring_full", info.ring_full);
	rte_tel_data_add_dict_u64(data, "bad_token", info.bad_token);
	if (!info.engine_thread)
		return 0;
	rte_tel_data_add_dict_u64(data, "executed", info.executed);
	rte_tel_data_add_dict_u64(data, "pending", info.pending);
	rte_tel_data_add_dict_u64(data, "sleeps", info.sleeps);
	rte_tel_data_add_dict_u64(data, "queued", info.queued);
	return 0;
}

static int
submit_list(const struct telemetry_source *source, struct rte_tel_data *data)
{
	struct core_info_producer info;
	unsigned int i;

	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	for (i = 0; core_info_producer(source->server, i, &info) == 0; i++)
		rte_tel_data_add_array_string(data, info.name);
	return 0;
}

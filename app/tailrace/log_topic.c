/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "log_topic.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_log.h>

static const char *const level_names[] = {
	[RTE_LOG_EMERG] = "emergency", [RTE_LOG_ALERT] = "alert",     [RTE_LOG_CRIT] = "critical",
	[RTE_LOG_ERR] = "error",       [RTE_LOG_WARNING] = "warning", [RTE_LOG_NOTICE] = "notice",
	[RTE_LOG_INFO] = "info",       [RTE_LOG_DEBUG] = "debug",
};

/* The library lists its topics to a file alone. */
int
log_topic_visit(const char *pattern, void (*visit)(const char *topic, void *arg), void *arg)
{
	char *state = NULL;
	char *text = NULL;
	size_t size = 0;
	char *topic;
	FILE *list;
	int nb = 0;

	list = open_memstream(&text, &size);
	if (list == NULL)
		return -errno;
	rte_log_list_types(list, "");
	fclose(list);
	for (topic = strtok_r(text, "\n", &state); topic != NULL;
	     topic = strtok_r(NULL, "\n", &state)) {
		if (fnmatch(pattern, topic, 0) != 0)
			continue;
		visit(topic, arg);
		nb++;
	}
	free(text);
	return nb;
}

const char *
log_topic_level(const char *topic)
{
	int level = rte_log_get_level(rte_log_register(topic));
	bool named = level >= (int)RTE_LOG_EMERG && level < (int)RTE_DIM(level_names);

	return named ? level_names[level] : "off";
}

uint32_t
log_topic_level_number(const char *name)
{
	uint32_t level = RTE_LOG_EMERG;

	while (strcmp(level_names[level], name) != 0)
		level++;
	return level;
}

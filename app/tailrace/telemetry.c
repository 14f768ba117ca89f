/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "telemetry.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

static const struct telemetry_endpoint *const topics[] = {
	telemetry_core,	  telemetry_conn,   telemetry_stack,
	telemetry_engine, telemetry_device, telemetry_impair,
};

/*
 * The one place where the server is global: telemetry of DPDK 22.11 hands its callbacks nothing of
 * ours, and never forgets them.
 */
static struct {
	pthread_mutex_t lock; /* held by an endpoint while it looks */
	struct telemetry_source source;
	atomic_bool on; /* endpoints that wait for the lock find it off first */
} attached = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const struct telemetry_endpoint *find(const char *path);

/* What telemetry calls, for every path. */
static int
answer(const char *path, const char *param, struct rte_tel_data *data)
{
	const struct telemetry_endpoint *endpoint = find(path);
	int rc = -ENODEV;

	if (endpoint == NULL)
		return -ENOENT;
	pthread_mutex_lock(&attached.lock);
	if (atomic_load_explicit(&attached.on, memory_order_relaxed))
		rc = endpoint->answer(&attached.source, param, data);
	pthread_mutex_unlock(&attached.lock);
	return rc;
}

int
telemetry_attach(const struct telemetry_source *source)
{
	const struct telemetry_endpoint *endpoint;
	unsigned int i;
	int rc = 0;

	pthread_mutex_lock(&attached.lock);
	attached.source = *source;
	pthread_mutex_unlock(&attached.lock);
	atomic_store(&attached.on, true);
	for (i = 0; i < RTE_DIM(topics) && rc >= 0; i++)
		for (endpoint = topics[i]; endpoint->path != NULL && rc >= 0; endpoint++)
			rc = rte_telemetry_register_cmd(endpoint->path, answer, endpoint->help);
	if (rc < 0)
		telemetry_detach();
	return RTE_MIN(rc, 0);
}

void
telemetry_detach(void)
{
	/* One may be looking, at cores that answer no more; those behind it are not to look too. */
	atomic_store(&attached.on, false);
	pthread_mutex_lock(&attached.lock);
	attached.source = (struct telemetry_source){0};
	pthread_mutex_unlock(&attached.lock);
}

static const struct telemetry_endpoint *
find(const char *path)
{
	const struct telemetry_endpoint *endpoint;
	unsigned int i;

	for (i = 0; i < RTE_DIM(topics); i++)
		for (endpoint = topics[i]; endpoint->path != NULL; endpoint++)
			if (strcmp(endpoint->path, path) == 0)
				return endpoint;
	return NULL;
}

int
telemetry_number(const char *param, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (param == NULL || !isdigit((unsigned char)param[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(param, &end, 10);
	if (errno != 0 || *end != '\0' || value > UINT32_MAX)
		return -EINVAL;
	*number = (uint32_t)value;
	return 0;
}

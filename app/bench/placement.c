/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "placement.h"

#include <pthread.h>
#include <stdio.h>

static unsigned int find_cpu(const cpu_set_t *cpus, unsigned int index);

void
placement_init(struct placement *placement)
{
	CPU_ZERO(&placement->allowed);
	pthread_getaffinity_np(pthread_self(), sizeof(placement->allowed), &placement->allowed);
}

unsigned int
placement_cpu(const struct placement *placement, unsigned int index)
{
	return find_cpu(&placement->allowed, index);
}

void
placement_settle(struct placement *placement)
{
	CPU_ZERO(&placement->core);
	pthread_getaffinity_np(pthread_self(), sizeof(placement->core), &placement->core);
	/* Those of the process that are not the core's. */
	CPU_AND(&placement->engines, &placement->allowed, &placement->core);
	CPU_XOR(&placement->engines, &placement->engines, &placement->allowed);
	if (CPU_COUNT(&placement->engines) == 0)
		placement->engines = placement->core;
}

void
placement_enter_engine(const struct placement *placement, unsigned int thread)
{
	cpu_set_t own;

	CPU_ZERO(&own);
	CPU_SET(find_cpu(&placement->engines, thread), &own);
	pthread_setaffinity_np(pthread_self(), sizeof(own), &own);
}

static unsigned int
find_cpu(const cpu_set_t *cpus, unsigned int index)
{
	unsigned int skip = index % CPU_COUNT(cpus);
	unsigned int cpu = 0;

	while (!CPU_ISSET(cpu, cpus) || skip-- > 0)
		cpu++;
	return cpu;
}

void
placement_format(const cpu_set_t *cpus, char *text, size_t size)
{
	unsigned int cpu;
	size_t len = 0;

	text[0] = '\0';
	for (cpu = 0; cpu < CPU_SETSIZE && len < size; cpu++)
		if (CPU_ISSET(cpu, cpus))
			len += snprintf(text + len, size - len, "%s%u", len > 0 ? "," : "", cpu);
}

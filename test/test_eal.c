/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "test_eal.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_mempool.h>

/* CPUs beyond these are not used: as many as their names have room. */
#define CPUS_MAX 64
#define LCORES_BYTES 256

/* One lcore on whatever CPU there is: EAL would pin it, and tests side by side share one CPU. */
static void
name_lcores(char lcores[LCORES_BYTES])
{
	int len = snprintf(lcores, LCORES_BYTES, "--lcores=0@(");
	cpu_set_t cpus;
	int cpu;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		rte_exit(EXIT_FAILURE, "test: no CPUs are known\n");
	for (cpu = 0; cpu < CPUS_MAX; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			len += snprintf(lcores + len, LCORES_BYTES - len, "%d,", cpu);
	lcores[len - 1] = ')';
}

void
test_eal_init(void)
{
	static bool done;
	static char args[][24] = {
		"test",	       "--no-huge", "--no-pci", "--no-telemetry",
		"--no-shconf", "-m",	    "1024",	"--log-level=warning",
	};
	static char lcores[LCORES_BYTES];
	char *argv[RTE_DIM(args) + 1];
	unsigned int i;

	if (done)
		return;
	for (i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
	name_lcores(lcores);
	argv[i] = lcores;
	if (rte_eal_init(RTE_DIM(argv), argv) < 0)
		rte_exit(EXIT_FAILURE, "test: EAL does not initialise\n");
	done = true;
}

static void
check_full(struct rte_mempool *pool, void *arg)
{
	unsigned int *lacking = arg;
	unsigned int missing = rte_mempool_in_use_count(pool);

	if (missing == 0)
		return;
	print_error("mempool %s lacks %u of %u objects\n", pool->name, missing, pool->size);
	*lacking += missing;
}

unsigned int
test_pools_lacking(void)
{
	unsigned int lacking = 0;

	rte_mempool_walk(check_full, &lacking);
	return lacking;
}

int
test_pools_full(void **state)
{
	(void)state;
	assert_int_equal(test_pools_lacking(), 0);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "test_eal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_mempool.h>

void
test_eal_init(void)
{
	static bool done;
	static char args[][24] = {
		"test", "--no-huge", "--no-pci", "--no-telemetry",	"--no-shconf", "-m",
		"1024", "-l",	     "0",	 "--log-level=warning",
	};
	char *argv[RTE_DIM(args)];
	unsigned int i;

	if (done)
		return;
	for (i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
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

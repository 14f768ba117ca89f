/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "submit_test.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <rte_malloc.h>

#include "test_eal.h"

static size_t allocated_before;
static cpu_set_t every; /* that this process may use */

static size_t
allocated(void)
{
	struct rte_malloc_socket_stats stats;

	assert_int_equal(rte_malloc_get_socket_stats(0, &stats), 0);
	return stats.heap_allocsz_bytes;
}

unsigned int
submit_test_rounds(unsigned int otherwise)
{
	const char *given = getenv("TR_STRESS");

	return given != NULL ? strtoul(given, NULL, 0) : otherwise;
}

uint64_t
submit_test_seed(void)
{
	const char *given = getenv("TR_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	print_message("TR_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

int
submit_test_group_setup(void **state)
{
	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(every), &every), 0);
	test_eal_init();
	return 0;
}

void
submit_test_pin(unsigned int index)
{
	unsigned int nb = (unsigned int)CPU_COUNT(&every);
	unsigned int cpu;
	cpu_set_t one;

	CPU_ZERO(&one);
	for (cpu = 0, index %= nb; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &every) && index-- == 0)
			CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

int
submit_test_setup(void **state)
{
	(void)state;
	/* EAL ties this thread to its lcore's CPU, and so the threads that it will create. */
	assert_int_equal(sched_setaffinity(0, sizeof(every), &every), 0);
	allocated_before = allocated();
	return 0;
}

int
submit_test_teardown(void **state)
{
	(void)state;
	assert_int_equal(allocated(), allocated_before);
	return 0;
}

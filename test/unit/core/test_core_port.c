/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* What is sent last, to a port that takes nothing for a while. */
#include "core_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_eal.h"

#define FRAMES 10

static struct rte_mbuf frames[FRAMES];
static struct rte_mbuf *mbufs[FRAMES];
static struct rte_mbuf *taken[FRAMES];
static unsigned int nb_taken;
static unsigned int refusals; /* of the calls to come */

/* Two at a time, and after each some calls in which it takes none. */
static uint16_t
slow_tx(struct core_port *port, struct rte_mbuf **from, uint16_t nb)
{
	static unsigned int refused;
	uint16_t i;

	(void)port;
	if (refused++ < refusals)
		return 0;
	refused = 0;
	for (i = 0; i < nb && i < 2; i++)
		taken[nb_taken++] = from[i];
	return i;
}

static uint16_t
deaf_tx(struct core_port *port, struct rte_mbuf **from, uint16_t nb)
{
	(void)port;
	(void)from;
	(void)nb;
	return 0;
}

static int
setup(void **state)
{
	unsigned int i;

	(void)state;
	nb_taken = 0;
	for (i = 0; i < FRAMES; i++)
		mbufs[i] = &frames[i];
	return 0;
}

static void
test_all_in_order(void **state)
{
	struct core_port port = {.tx = slow_tx};
	uint32_t patience_us = CORE_PORT_PATIENCE_US;
	unsigned int i;

	(void)state;
	refusals = 3;
	assert_int_equal(core_port_tx_last(&port, mbufs, FRAMES, &patience_us), FRAMES);
	assert_int_equal(nb_taken, FRAMES);
	for (i = 0; i < FRAMES; i++)
		assert_ptr_equal(taken[i], &frames[i]);
	assert_in_range(patience_us, 1, CORE_PORT_PATIENCE_US - 1);
}

/* Nor is it waited for where everything is taken, or nobody has patience. */
static void
test_none_that_is_taken_waits(void **state)
{
	struct core_port port = {.tx = slow_tx};
	uint32_t patience_us = 0;

	(void)state;
	refusals = 0;
	assert_int_equal(core_port_tx_last(&port, mbufs, FRAMES, &patience_us), FRAMES);
	assert_int_equal(core_port_tx_last(&port, mbufs, 0, &patience_us), 0);
}

static void
test_patience_ends(void **state)
{
	struct core_port port = {.tx = deaf_tx};
	uint32_t patience_us = CORE_PORT_PATIENCE_US;

	(void)state;
	assert_int_equal(core_port_tx_last(&port, mbufs, FRAMES, &patience_us), 0);
	assert_in_range(patience_us, 0, 1000);
	/* It is spent for all that follows. */
	assert_int_equal(core_port_tx_last(&port, mbufs, FRAMES, &patience_us), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_in_order, setup),
		cmocka_unit_test_setup(test_none_that_is_taken_waits, setup),
		cmocka_unit_test_setup(test_patience_ends, setup),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Where the time of a core goes: what is exact, which turns are stamped, and what the core says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"
#include "test_eal.h"

#define STEP_MEAN 64

static struct core_cycles cycles;
static struct core_rig rig;

static int
setup(void **state)
{
	(void)state;
	core_cycles_init(&cycles, 1000, CORE_STAGE_ENGINE);
	return 0;
}

static void
turn(uint64_t now_us, unsigned int work)
{
	core_cycles_turn_begin(&cycles, now_us);
	core_cycles_stage(&cycles, CORE_STAGE_RX);
	assert_int_equal(CORE_CYCLES_WITHIN(&cycles, CORE_STAGE_COMPOSE, work), work);
	core_cycles_turn_end(&cycles, work);
}

/* A turn lasts until the next one begins: then it is known whether it was work. */
static void
test_work_and_idleness_are_exact(void **state)
{
	(void)state;
	turn(1000, 1);
	turn(1003, 0);
	turn(2003, 7);
	turn(2013, 0);
	turn(2014, 0);
	assert_int_equal(cycles.totals.spent_us[true], 3 + 10);
	assert_int_equal(cycles.totals.spent_us[false], 1000 + 1);
	assert_int_equal(cycles.totals.longest_us, 10);
	core_cycles_clear(&cycles);
	assert_int_equal(cycles.totals.spent_us[false], 0);
	turn(2020, 0);
	assert_int_equal(cycles.totals.spent_us[false], 6);
	assert_int_equal(cycles.totals.spent_us[true], 0);
}

static void
test_one_turn_in_many_is_stamped(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 100 * STEP_MEAN; i++)
		turn(1000 + i, 1);
	assert_in_range(cycles.totals.turns.count, 98, 101);
	assert_int_equal(cycles.totals.stages[CORE_STAGE_OTHER] +
				 cycles.totals.stages[CORE_STAGE_RX] +
				 cycles.totals.stages[CORE_STAGE_COMPOSE],
			 cycles.totals.turns.sum);
	assert_true(cycles.totals.stages[CORE_STAGE_RX] > 0);
	assert_true(cycles.totals.stages[CORE_STAGE_COMPOSE] > 0);
	assert_int_equal(cycles.totals.stages[CORE_STAGE_PARSE], 0);
}

static void
test_turns_without_work_are_not_counted(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000 * STEP_MEAN; i++)
		turn(1000 + i, i % 10 == 0);
	assert_in_range(cycles.totals.turns.count, 98, 101);
	core_cycles_clear(&cycles);
	for (i = 0; i < 1000; i++)
		turn(100000 + i, 0);
	assert_int_equal(cycles.totals.turns.count, 0);
}

/* What a core does each so many turns is stamped as often as its other turns. */
static void
test_no_period_is_met_too_often(void **state)
{
	static const unsigned int periods[] = {2, 3, 4, 8, 10, 16, 32, 60, 61, 64, 67, 100, 128};
	unsigned int met[128], before, i, p, rounds = 500;

	(void)state;
	for (p = 0; p < RTE_DIM(periods); p++) {
		core_cycles_init(&cycles, 0, CORE_STAGE_ENGINE);
		memset(met, 0, sizeof(met));
		for (i = 0; i < rounds * STEP_MEAN * periods[p]; i++) {
			before = cycles.totals.turns.count;
			turn(i, 1);
			met[i % periods[p]] += cycles.totals.turns.count - before;
		}
		for (i = 0; i < periods[p]; i++)
			assert_in_range(met[i], rounds * 9 / 10, rounds * 11 / 10);
	}
}

static int
setup_rig(void **state)
{
	static const struct tr_core_config config = {.credits = 64};

	(void)state;
	core_rig_init(&rig, &config);
	core_rig_connect(&rig, 0);
	return 0;
}

static int
teardown_rig(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

static void
test_a_core_shows_its_stages(void **state)
{
	const struct core_cycles_totals *totals = &rig.core->cycles.totals;
	uint64_t sum = 0, began_us = rig.now_us;
	unsigned int i;

	(void)state;
	core_cycles_clear(&rig.core->cycles);
	rig.answer_at_once = true;
	for (i = 0; i < 40 * STEP_MEAN; i++)
		core_rig_say(&rig, 0, "a");
	for (i = 0; i < CORE_STAGES; i++) {
		assert_true(totals->stages[i] > 0);
		sum += totals->stages[i];
	}
	assert_int_equal(sum, totals->turns.sum);
	assert_true(totals->turns.count >= 39);
	assert_true(totals->turns.max > 0 && totals->turns.max <= totals->turns.sum);
	/* They were answered at once: by no ring. */
	assert_int_equal(totals->queue.count, 0);
	assert_true(totals->spent_us[false] > 0);
	assert_in_range(totals->spent_us[false] + totals->spent_us[true],
			rig.now_us - began_us - 5000, rig.now_us - began_us);
}

/* The engine takes as long as the test says: that is what the answers by the rings took. */
static void
test_a_core_shows_how_long_answers_take(void **state)
{
	const struct core_histogram *queue = &rig.core->cycles.totals.queue;
	unsigned int i;

	(void)state;
	core_cycles_clear(&rig.core->cycles);
	for (i = 0; i < 10 * STEP_MEAN; i++) {
		core_rig_say(&rig, 0, "ab");
		core_rig_run(&rig, 20000);
		core_rig_answer(&rig, 'a');
		core_rig_answer(&rig, 'b');
	}
	assert_true(queue->count > 10);
	/* The request came within the 5 ms in which it was sent, the first answer 20 ms later. */
	assert_in_range(core_histogram_quantile(queue, 0), 20000, 26000 * 9 / 8);
	assert_in_range(queue->max, 24900, 30000);
	assert_in_range(queue->sum, queue->count * 20000, queue->count * 30000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_work_and_idleness_are_exact, setup),
		cmocka_unit_test_setup(test_one_turn_in_many_is_stamped, setup),
		cmocka_unit_test_setup(test_turns_without_work_are_not_counted, setup),
		cmocka_unit_test_setup(test_no_period_is_met_too_often, setup),
		cmocka_unit_test_setup_teardown(test_a_core_shows_its_stages, setup_rig,
						teardown_rig),
		cmocka_unit_test_setup_teardown(test_a_core_shows_how_long_answers_take, setup_rig,
						teardown_rig),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

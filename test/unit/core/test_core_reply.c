/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Large values: sent from where the engine has them, and released exactly once. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"
#include "sim_random.h"
#include "test_eal.h"

#define MEBIBYTE (1024 * 1024)

/* 1 MiB by copy takes 719 of the 4 mbufs that each credit gives. */
#define CREDITS 512

static struct core_rig rig;

/* What each client asked for, and how much of the answer has come. */
struct reader {
	char asked[64];
	unsigned int at; /* in asked: the letter whose answer comes now */
	uint32_t offset; /* of its value; 0 is the letter itself */
	uint64_t total;
};

static struct reader readers[CORE_RIG_CONNS_MAX];

static void
check(struct core_rig *from, unsigned int index, const uint8_t *data, uint32_t len)
{
	struct reader *reader = &readers[index];
	uint32_t i;

	for (i = 0; i < len; i++) {
		char letter = reader->asked[reader->at];

		assert_true(letter != '\0');
		if (reader->offset == 0 && data[i] != (uint8_t)letter)
			fail_msg("client %u: not an answer to %c", index, letter);
		if (reader->offset > 0 &&
		    data[i] != core_rig_value_byte(letter, reader->offset - 1))
			fail_msg("client %u: byte %u of %c is wrong", index, reader->offset - 1,
				 letter);
		if (++reader->offset > from->value_bytes[letter - 'a']) {
			reader->offset = 0;
			reader->at++;
		}
	}
	reader->total += len;
}

static void
start(const struct tr_core_config *config, const struct sim_wire_config *wire, uint64_t seed)
{
	if (wire == NULL)
		core_rig_init(&rig, config);
	else
		core_rig_init_wire(&rig, config, wire, seed);
	memset(readers, 0, sizeof(readers));
	rig.sink = check;
	rig.answer_at_once = true;
}

static void
ask(unsigned int index, const char *letters)
{
	strcat(readers[index].asked, letters);
	core_rig_say(&rig, index, letters);
}

static bool
all_read(unsigned int index)
{
	return readers[index].asked[readers[index].at] == '\0';
}

static int
teardown(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

static void
test_large_values_are_referenced(void **state)
{
	static const uint32_t sizes[] = {2,	4095,  4096,   16385,	 65535,
					 65536, 65537, 300000, MEBIBYTE, 0};
	const struct tr_core_config config = {.credits = CREDITS};
	const struct chain_stats *stats;

	(void)state;
	start(&config, NULL, 0);
	stats = &rig.core->chains.stats;
	memcpy(rig.value_bytes, sizes, sizeof(sizes));
	core_rig_connect(&rig, 0);
	ask(0, "abcdefghijabcdefghij");
	core_rig_run(&rig, 2000000);
	assert_true(all_read(0));
	assert_int_equal(rig.answered, 20);
	assert_int_equal(rig.released, 20);
	assert_int_equal(stats->values_referenced, 14);
	assert_int_equal(stats->values_released, 14);
	assert_int_equal(stats->references_refused, 0);
	/* Nothing of these was copied: the letters, and the small values. */
	assert_int_equal(stats->bytes_copied, 20 + 2 * (2 + 4095));
	assert_int_equal(rig.core->chains.reference_bytes, 0);
}

static void
test_held_until_acknowledged(void **state)
{
	const struct tr_core_config config = {.credits = CREDITS};

	(void)state;
	start(&config, NULL, 0);
	rig.value_bytes[0] = 300000;
	core_rig_connect(&rig, 0);
	rig.clients[0].deaf = true;
	ask(0, "a");
	core_rig_run(&rig, 1000000);
	assert_int_equal(rig.answered, 1);
	assert_int_equal(rig.core->credits_used, 0);
	assert_int_equal(rig.released, 0);
	core_rig_read(&rig, 0);
	core_rig_run(&rig, 1000000);
	assert_true(all_read(0));
	assert_int_equal(rig.released, 1);
}

static void
test_reset_releases(void **state)
{
	const struct tr_core_config config = {.credits = CREDITS};

	(void)state;
	start(&config, NULL, 0);
	rig.value_bytes[0] = 300000;
	core_rig_connect(&rig, 0);
	core_rig_connect(&rig, 1);
	rig.clients[0].deaf = true;
	rig.clients[1].deaf = true;
	ask(0, "aa");
	ask(1, "a");
	assert_int_equal(rig.released, 0);
	tcp_abort(rig.clients[0].tcp);
	core_rig_run(&rig, 100000);
	assert_int_equal(rig.released, 2);
	/* And so does our own. */
	core_abort(rig.core);
	core_rig_run(&rig, 100000);
	assert_int_equal(rig.released, 3);
}

/* Whoever lets go of a value last ends the sleep of the core that is to release it. */
static void
test_a_value_to_be_released_wakes(void **state)
{
	const struct tr_core_config config = {.credits = CREDITS};
	struct pollfd fd = {.events = POLLIN};

	(void)state;
	start(&config, NULL, 0);
	rig.value_bytes[0] = 300000;
	core_rig_connect(&rig, 0);
	rig.clients[0].deaf = true;
	ask(0, "a");
	core_rig_run(&rig, 1000000);
	assert_false(chain_reference_waits(&rig.core->chains));
	fd.fd = submit_wake_fd(rig.submit, 0);
	assert_true(submit_sleep_begin(rig.submit, 0));
	assert_int_equal(poll(&fd, 1, 0), 0);
	core_abort(rig.core);
	sim_wire_advance(rig.wire, rig.now_us + 1000000);
	assert_true(chain_reference_waits(&rig.core->chains));
	assert_int_equal(poll(&fd, 1, 0), 1);
	submit_sleep_end(rig.submit, 0);
	assert_int_equal(rig.released, 0);
	core_rig_run(&rig, 100000);
	assert_int_equal(rig.released, 1);
	assert_false(chain_reference_waits(&rig.core->chains));
}

static void
test_a_core_that_ends_releases(void **state)
{
	const struct tr_core_config config = {.credits = CREDITS};

	start(&config, NULL, 0);
	rig.value_bytes[0] = 300000;
	core_rig_connect(&rig, 0);
	rig.clients[0].deaf = true;
	ask(0, "aa");
	sim_wire_flush(rig.wire);
	core_destroy(rig.core);
	rig.core = NULL;
	assert_int_equal(rig.answered, 2);
	assert_int_equal(rig.released, 2);
	core_rig_free(&rig);
	test_pools_full(state);
}

static void
test_references_count_as_queued(void **state)
{
	const struct tr_core_config config = {.credits = CREDITS, .send_max_bytes = 250000};

	(void)state;
	start(&config, NULL, 0);
	rig.value_bytes[0] = 100000;
	core_rig_connect(&rig, 0);
	rig.clients[0].deaf = true;
	ask(0, "aaaaaaaaaa");
	core_rig_run(&rig, 1000000);
	/* The client's window took 65536 bytes of them. */
	assert_in_range(rig.answered, 3, 4);
	assert_true(rig.core->stats.blocked_send > 0);
	core_rig_read(&rig, 0);
	core_rig_run(&rig, 2000000);
	assert_true(all_read(0));
	assert_int_equal(rig.released, 10);
}

static void
test_beyond_the_budget_values_are_copied(void **state)
{
	const struct tr_core_config config = {.credits = CREDITS, .body_budget_bytes = 250000};

	(void)state;
	start(&config, NULL, 0);
	rig.value_bytes[0] = 100000;
	core_rig_connect(&rig, 0);
	rig.clients[0].deaf = true;
	ask(0, "aaaaa");
	core_rig_run(&rig, 1000000);
	assert_int_equal(rig.answered, 5);
	assert_int_equal(rig.core->chains.stats.values_referenced, 2);
	assert_int_equal(rig.core->chains.stats.references_refused, 3);
	assert_int_equal(rig.released, 3);
	core_rig_read(&rig, 0);
	core_rig_run(&rig, 2000000);
	assert_true(all_read(0));
	assert_int_equal(rig.released, 5);
}

static void
test_copied_for_a_port_that_cannot(void **state)
{
	const struct tr_core_config config = {.credits = CREDITS};
	const struct sim_wire_config wire = {.delay_us = 100, .mtu = 1500, .tx_segments = true};

	(void)state;
	start(&config, &wire, 1);
	rig.value_bytes[0] = MEBIBYTE;
	core_rig_connect(&rig, 0);
	ask(0, "aa");
	core_rig_run(&rig, 2000000);
	assert_true(all_read(0));
	assert_int_equal(rig.released, 2);
	assert_int_equal(rig.core->chains.stats.values_referenced, 0);
}

/* Clients ask for values of all sizes over a bad wire; some reset their connection meanwhile. */
static void
run_seed(uint64_t seed)
{
	struct sim_random random = {.state = seed};
	const struct tr_core_config config = {
		.credits = CREDITS,
		.body_budget_bytes = sim_random_below(&random, 2) * 3 * MEBIBYTE,
	};
	const struct sim_wire_config wire = {
		.loss_ppm = sim_random_below(&random, 50000),
		.repeat_ppm = sim_random_below(&random, 20000),
		.reorder_ppm = sim_random_below(&random, 50000),
		.corrupt_ppm = sim_random_below(&random, 5000),
		.delay_us = 10 + sim_random_below(&random, 2000),
		.jitter_us = sim_random_below(&random, 2000),
		.hold_us = sim_random_below(&random, 20000),
		.mtu = sim_random_below(&random, 4) == 0 ? 576 : 1500,
		.tx_segments = true,
		.share_mbufs = true,
	};
	char letters[2] = "";
	unsigned int i, turn;

	start(&config, &wire, seed);
	rig.answer_at_once = sim_random_below(&random, 2);
	for (i = 0; i < RTE_DIM(rig.value_bytes); i++)
		rig.value_bytes[i] =
			sim_random_below(&random, 1 + (MEBIBYTE >> sim_random_below(&random, 12)));
	for (i = 0; i < 6; i++)
		core_rig_connect_begin(&rig, i, CORE_RIG_PORT);
	for (turn = 0; turn < 40; turn++) {
		i = sim_random_below(&random, 6);
		letters[0] = 'a' + sim_random_below(&random, RTE_DIM(rig.value_bytes));
		if (rig.clients[i].tcp == NULL || !rig.clients[i].open)
			core_rig_run(&rig, 100000);
		else if (i >= 4 && sim_random_below(&random, 6) == 0)
			tcp_abort(rig.clients[i].tcp);
		else
			ask(i, letters);
		while (rig.nb_pending > 0 && sim_random_below(&random, 2) == 0)
			core_rig_answer(&rig, rig.pending[0]->key[0]);
	}
	for (turn = 0; turn < 300; turn++) {
		while (rig.nb_pending > 0)
			core_rig_answer(&rig, rig.pending[0]->key[0]);
		core_rig_run(&rig, 1000000);
	}
	for (i = 0; i < 4; i++)
		if (!all_read(i))
			fail_msg("seed %u: client %u has %u answers to %s", (unsigned int)seed, i,
				 readers[i].at, readers[i].asked);
	assert_int_equal(rig.released, rig.answered);
	assert_true(rig.core->chains.stats.values_referenced > 0);
	core_rig_deinit(&rig);
}

static void
test_over_a_bad_wire(void **state)
{
	const char *given = getenv("TR_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 1;
	uint64_t end = given != NULL ? seed + 1 : 13;

	for (; seed < end; seed++) {
		print_message("TR_SEED=%u\n", (unsigned int)seed);
		run_seed(seed);
		test_pools_full(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
		TEST(test_large_values_are_referenced),
		TEST(test_held_until_acknowledged),
		TEST(test_reset_releases),
		TEST(test_a_value_to_be_released_wakes),
		cmocka_unit_test(test_a_core_that_ends_releases),
		TEST(test_references_count_as_queued),
		TEST(test_beyond_the_budget_values_are_copied),
		TEST(test_copied_for_a_port_that_cannot),
		cmocka_unit_test(test_over_a_bad_wire),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

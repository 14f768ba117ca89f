/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Order: of replies, of execution, and what barriers and unordered requests do to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_rig.h"
#include "test_eal.h"

static struct core_rig rig;

static int
setup(void **state)
{
	static const struct tr_core_config defaults;

	(void)state;
	core_rig_init(&rig, &defaults);
	core_rig_connect(&rig, 0);
	return 0;
}

static int
teardown(void **state)
{
	core_rig_deinit(&rig);
	return test_pools_full(state);
}

static void
test_replies_in_request_order(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "abc");
	assert_string_equal(rig.executed, "abc");
	core_rig_answer(&rig, 'c');
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.clients[0].received, "abc");
	assert_int_equal(rig.released, 3);
}

static void
test_same_key_executes_one_after_the_other(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "abab");
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.executed, "abb");
	core_rig_answer(&rig, 'b');
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "abba");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.clients[0].received, "abab");
}

static void
test_same_key_of_another_connection_does_not_wait(void **state)
{
	(void)state;
	core_rig_connect(&rig, 1);
	core_rig_say(&rig, 0, "a");
	core_rig_say(&rig, 1, "a");
	assert_string_equal(rig.executed, "aa");
}

static void
test_barrier_waits_and_holds_back(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "abNc");
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "abc");
	assert_string_equal(rig.clients[0].received, "abN");
	core_rig_answer(&rig, 'c');
	assert_string_equal(rig.clients[0].received, "abNc");
}

static void
test_barriers_in_a_row(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "NaNNbN");
	assert_string_equal(rig.clients[0].received, "N");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.clients[0].received, "NaNN");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "NaNNbN");
}

static void
test_unordered_reply_overtakes(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "UaUbUa");
	assert_string_equal(rig.executed, "aba");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.clients[0].received, "b");
	core_rig_answer(&rig, 'a');
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.clients[0].received, "baa");
}

static void
test_unordered_keeps_barriers(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "UaNUb");
	assert_string_equal(rig.executed, "a");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "ab");
	assert_string_equal(rig.clients[0].received, "aN");
}

/* They hold each other back; the ordered ones among them start together, as ever. */
static void
test_unordered_and_ordered(void **state)
{
	(void)state;
	core_rig_say(&rig, 0, "UaUbcdUeUe");
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'b');
	assert_string_equal(rig.executed, "ab");
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.executed, "abcd");
	core_rig_answer(&rig, 'd');
	assert_string_equal(rig.clients[0].received, "ba");
	assert_string_equal(rig.executed, "abcd");
	core_rig_answer(&rig, 'c');
	assert_string_equal(rig.executed, "abcdee");
	core_rig_answer(&rig, 'e');
	core_rig_answer(&rig, 'e');
	assert_string_equal(rig.clients[0].received, "bacdee");
}

static uint32_t total;
static char last[5];

static void
keep_last(struct core_rig *from, unsigned int index, const uint8_t *data, uint32_t len)
{
	uint32_t i;

	(void)from;
	(void)index;
	total += len;
	for (i = 0; i < len; i++) {
		memmove(&last[0], &last[1], sizeof(last) - 1);
		last[sizeof(last) - 1] = data[i];
	}
}

/* A send queue below its limit, but not yet so far that a reply which waits for it is resumed. */
static void
test_unordered_stays_behind_a_barrier(void **state)
{
	static const struct tr_core_config config = {.send_max_bytes = 200000};
	const uint32_t bytes = 230000;
	const struct tr_conn *conn;

	(void)state;
	core_rig_deinit(&rig);
	core_rig_init(&rig, &config);
	rig.sink = keep_last;
	total = 0;
	core_rig_connect(&rig, 0);
	rig.value_bytes['a' - 'a'] = bytes;
	rig.clients[0].deaf = true;
	core_rig_say(&rig, 0, "UaNUbUc");
	core_rig_answer(&rig, 'a');
	core_rig_run(&rig, 1000000);
	conn = TAILQ_FIRST(&rig.core->sending);
	assert_int_equal(conn->wait, CORE_WAIT_SEND);
	assert_in_range(tr_chain_bytes(tcp_chain(conn->tcp)), 100001, 199999);
	core_rig_answer(&rig, 'c');
	core_rig_read(&rig, 0);
	core_rig_answer(&rig, 'b');
	core_rig_run(&rig, 2000000);
	assert_int_equal(total, 1 + bytes + 3);
	assert_memory_equal(&last[2], "Nbc", 3);
}

static void
test_a_long_pipeline_answered_at_once(void **state)
{
	char text[1001], expect[1001];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 7 == 3 ? 'N' : "aab"[i % 3];
	text[i] = '\0';
	strcpy(expect, text);
	rig.answer_at_once = true;
	core_rig_say(&rig, 0, text);
	assert_string_equal(rig.clients[0].received, expect);
}

static void
test_responses_of_a_turn_share_an_allocation(void **state)
{
	const struct chain_stats *stats = &rig.core->chains.stats;
	const struct tcp_stats *tcp = tcp_stats(rig.core->tcp);
	uint64_t segments;

	(void)state;
	core_rig_say(&rig, 0, "abcd");
	core_rig_answer(&rig, 'b');
	core_rig_answer(&rig, 'c');
	assert_int_equal(stats->mbufs, 0);
	segments = tcp->tx_segments;
	core_rig_answer(&rig, 'a');
	assert_string_equal(rig.clients[0].received, "abc");
	assert_int_equal(stats->appends, 3);
	assert_int_equal(stats->mbufs, 1);
	assert_int_equal(tcp->tx_segments - segments, 1);
	/* The device has that one: it is sealed. */
	core_rig_answer(&rig, 'd');
	assert_int_equal(stats->mbufs, 2);
}

/* What a pipeline's answers take is what their bytes need. */
static void
test_a_pipeline_takes_as_many_allocations_as_its_bytes_need(void **state)
{
	const struct chain_stats *stats = &rig.core->chains.stats;
	const uint32_t segment_bytes = 1460;
	char key;

	(void)state;
	for (key = 'a'; key <= 'z'; key++)
		rig.value_bytes[key - 'a'] = 199;
	core_rig_say(&rig, 0, "abcdefghijklmnopqrstuvwxyz");
	assert_int_equal(rig.nb_pending, 26);
	/* All become ready in one turn. */
	core_rig_answer_all(&rig);
	core_rig_run(&rig, 1000000);
	assert_int_equal(rig.clients[0].nb_received, 26 * 200);
	assert_int_equal(stats->appends, 26);
	assert_int_equal(stats->mbufs, (26 * 200 + segment_bytes - 1) / segment_bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_replies_in_request_order),
		TEST(test_same_key_executes_one_after_the_other),
		TEST(test_same_key_of_another_connection_does_not_wait),
		TEST(test_barrier_waits_and_holds_back),
		TEST(test_barriers_in_a_row),
		TEST(test_unordered_reply_overtakes),
		TEST(test_unordered_keeps_barriers),
		TEST(test_unordered_and_ordered),
		TEST(test_unordered_stays_behind_a_barrier),
		TEST(test_a_long_pipeline_answered_at_once),
		TEST(test_responses_of_a_turn_share_an_allocation),
		TEST(test_a_pipeline_takes_as_many_allocations_as_its_bytes_need),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

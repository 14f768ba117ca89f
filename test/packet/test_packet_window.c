/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Windows, both ways: RFC 9293 section 3.8.6, RFC 7323 section 2. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

static void
test_sender_keeps_to_the_window(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 2000);
	packet_append(&p, 5000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001, .window = 2000);
	expect(&p, .flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001, .window = 4000);
	expect(&p, .flags = ACK, .seq = 3001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK | PSH, .seq = 4001, .ack = 1, .len = 1000);
	packet_end(&p);
}

static void
test_old_segment_does_not_change_the_window(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .window = 5000);
	inject(&p, .flags = ACK, .seq = 11, .ack = 1, .len = 10, .window = 3000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .window = 60000);
	packet_append(&p, 5000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 21, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 21, .len = 1000);
	expect(&p, .flags = ACK, .seq = 2001, .ack = 21, .len = 1000);
	expect_none(&p);
	packet_end(&p);
}

static void
test_data_sent_again_updates_the_window(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 3000);
	packet_append(&p, 5000);
	for (unsigned int i = 0; i < 3; i++)
		expect(&p, .flags = ACK, .seq = 1 + i * 1000, .ack = 1, .len = 1000);
	expect_none(&p);
	/* The early segment has told a window; that of the one sent again is newer. */
	inject(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000, .window = 3000);
	expect(&p, .flags = ACK, .seq = 3001, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001, .len = 1000, .window = 2000);
	expect(&p, .flags = ACK, .seq = 3001, .ack = 2001);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 2001, .ack = 1001, .window = 3000);
	expect(&p, .flags = ACK, .seq = 3001, .ack = 2001, .len = 1000);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: MUST-35, MUST-36, MUST-37, SHLD-29, SHLD-30. */
static void
test_zero_window_is_probed_as_long_as_it_answers(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	uint64_t delay_us = 200000;

	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 3000);
	expect_none(&p);
	for (unsigned int i = 0; i < 100; i++) {
		packet_advance(&p, delay_us - 1000);
		expect_none(&p);
		packet_advance(&p, 1000);
		expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
		expect_none(&p);
		delay_us = RTE_MIN(delay_us * 2, 60000000ul);
	}
	assert_int_equal(tcp_stats(p.tcp)->window_probes, 100);
	assert_int_equal(tcp_stats(p.tcp)->fast_retransmits, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 10000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK | PSH, .seq = 2001, .ack = 1, .len = 1000);
	expect_none(&p);
	packet_advance(&p, 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 3001, .window = 10000);
	packet_advance(&p, 100000000);
	expect_none(&p);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: MUST-35. */
static void
test_probe_that_is_taken_counts(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 3);
	packet_advance(&p, 200000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .zero_window = true);
	expect_none(&p);
	packet_advance(&p, 400000);
	expect(&p, .flags = ACK, .seq = 2, .ack = 1, .len = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 3, .window = 1000);
	expect(&p, .flags = ACK | PSH, .seq = 3, .ack = 1, .len = 1);
	packet_end(&p);
}

/* Nothing is left to probe for: the connection idles, and is well. */
/* Shows: MUST-36. */
static void
test_probe_that_took_the_last_ends_probing(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 1);
	packet_advance(&p, 200000);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .zero_window = true);
	packet_advance(&p, UINT64_C(3600000000));
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	packet_end(&p);
}

/* Shows: MUST-20. */
static void
test_probes_without_an_answer_end_it(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	unsigned int probes = 0;
	struct packet_sent sent;

	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 3000);
	packet_advance(&p, 3600ul * 1000000);
	while (packet_take(&p, &sent))
		probes++;
	assert_int_equal(probes, 15);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* The probes of a connection that is closed are counted, answered or not. */
static void
test_probes_take_no_retransmissions(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 1000);
	tcp_close(p.owner.conn);
	for (uint64_t delay_us = 200000, i = 0; i < 7; i++, delay_us *= 2) {
		packet_advance(&p, delay_us);
		expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	}
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 5000);
	packet_advance(&p, 50000000);
	while (packet_take(&p, &sent))
		;
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 7);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1002, .window = 5000);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	packet_end(&p);
}

/* Nor does a peer that opens its window in turn, and takes nothing, keep one that is closed. */
/* Shows: MUST-20. */
static void
test_window_in_turn_ends_it(void **state)
{
	struct tcp_conn_info info;
	struct packet_sent sent;
	unsigned int turns;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	packet_append(&p, 1000);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | ACK | PSH, .seq = 1, .ack = 1, .len = 1000);
	for (turns = 0; turns < 30 && tcp_conn_count(p.tcp) > 0; turns++) {
		tcp_conn_info(p.owner.conn, &info);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
		packet_advance(&p, 2 * info.rto_us);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 5000);
		while (packet_take(&p, &sent))
			;
	}
	assert_true(turns < 30);
	assert_int_equal(tcp_stats(p.tcp)->timed_out, 1);
	packet_end(&p);
}

/* Probes that are answered get through: what the window was shut for is not too large. */
static void
test_answered_probes_are_no_black_hole(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1460});
	packet_append(&p, 5000);
	tcp_close(p.owner.conn);
	while (packet_take(&p, &sent))
		;
	for (uint64_t delay_us = 200000, i = 0; i < 6; i++, delay_us *= 2) {
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
		packet_advance(&p, delay_us + 1000);
		while (packet_take(&p, &sent))
			;
	}
	assert_true(tcp_stats(p.tcp)->window_probes >= 4);
	assert_int_equal(tcp_stats(p.tcp)->path_mtu_probed, 0);
	packet_end(&p);
}

/* Shows: MUST-35. */
static void
test_fin_waits_for_the_window(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	tcp_close(p.owner.conn);
	expect_none(&p);
	packet_advance(&p, 200000);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .zero_window = true);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	packet_end(&p);
}

/* Shows: MUST-34. */
static void
test_window_that_shrinks_is_survived(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	packet_append(&p, 5000);
	for (unsigned int i = 0; i < 5; i++)
		expect(&p, .flags = ACK | (i == 4 ? PSH : 0), .seq = 1 + i * 1000, .ack = 1,
		       .len = 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001, .zero_window = true);
	packet_advance(&p, 200000);
	expect_none(&p);
	packet_advance(&p, 400000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001, .window = 5000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: MUST-38. */
static void
test_silly_window_is_not_filled(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});

	packet_append(&p, 5000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 100);
	expect_none(&p);
	packet_advance(&p, 200000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 1, .ack = 101, .window = 1000);
	/* The rest of the segment that was cut. */
	expect(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 900);
	expect_none(&p);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: MUST-39, MUST-66. */
static void
test_receive_window_closes_and_opens(void **state)
{
	struct packet p;

	packet_begin(&p,
		     &(struct packet_setup){.receive_window_bytes = 5200, .ipv6 = *state != NULL});
	p.owner.read = false;
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 4; i++)
		inject(&p, .flags = ACK, .seq = 1 + i * 1300, .ack = 1, .len = 1300);
	expect(&p, .flags = ACK, .seq = 1, .ack = 5201, .zero_window = true);
	/* A probe is not taken; what it acknowledges is. */
	p.owner.conn = packet_conn(&p);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 5201, .len = 10, .zero_window = true);
	inject(&p, .flags = ACK, .seq = 5201, .ack = 11, .len = 1);
	expect(&p, .flags = ACK, .seq = 11, .ack = 5201, .zero_window = true);
	assert_int_equal(p.owner.sent, 1);
	/* No tiny updates: half of the buffer is worth one. */
	tcp_receive_consume(p.owner.conn, 1);
	tcp_receive_consume(p.owner.conn, 1300);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 5201, .ack = 11, .len = 1);
	expect(&p, .flags = ACK, .seq = 11, .ack = 5201, .window = 1301);
	tcp_receive_consume(p.owner.conn, 2600);
	expect(&p, .flags = ACK, .seq = 11, .ack = 5201, .window = 3901);
	packet_end(&p);
}

/* Shows: MUST-39. */
static void
test_reading_byte_by_byte_opens_no_silly_window(void **state)
{
	struct packet p;

	packet_begin(&p,
		     &(struct packet_setup){.receive_window_bytes = 10400, .ipv6 = *state != NULL});
	unsigned int updates = 0;
	struct packet_sent sent;

	p.owner.read = false;
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 8; i++)
		inject(&p, .flags = ACK, .seq = 1 + i * 1300, .ack = 1, .len = 1300);
	expect(&p, .flags = ACK, .seq = 1, .ack = 10401, .zero_window = true);
	for (unsigned int i = 0; i < 10400; i++) {
		tcp_receive_consume(p.owner.conn, 1);
		while (packet_take(&p, &sent))
			updates++;
	}
	assert_int_equal(updates, 4);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), 0);
	packet_end(&p);
}

static void
test_data_beyond_the_window_is_cut(void **state)
{
	struct packet p;

	packet_begin(&p,
		     &(struct packet_setup){.receive_window_bytes = 2000, .ipv6 = *state != NULL});
	p.owner.read = false;
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1400);
	inject(&p, .flags = FIN | ACK, .seq = 1401, .ack = 1, .len = 1400);
	expect(&p, .flags = ACK, .seq = 1, .ack = 2001, .zero_window = true);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	inject(&p, .flags = ACK, .seq = 5000, .ack = 1, .len = 10);
	expect(&p, .flags = ACK, .seq = 1, .ack = 2001, .zero_window = true);
	assert_int_equal(tcp_stats(p.tcp)->drop_window, 1);
	packet_end(&p);
}

/* The right edge never retreats, whatever the owner reads and whatever the scale. */
static void
right_edge(void **state, uint32_t window_bytes)
{
	static const struct wire_tcp_options options = {.has_window_scale = true};
	uint32_t seq = 1, edge = 0, acked = 1, random = 12345;
	struct packet_sent sent;
	struct tcp_conn_info info;
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.receive_window_bytes = window_bytes,
						.ipv6 = *state != NULL});
	p.owner.read = false;
	packet_accept(&p, &options);
	tcp_conn_info(p.owner.conn, &info);
	for (unsigned int i = 0; i < 3000; i++) {
		uint32_t len;

		random = random * 1103515245 + 12345;
		tcp_conn_info(p.owner.conn, &info);
		len = 1 + (random >> 16) % 700;
		len = RTE_MIN(len, info.rcv_wnd);
		if (len > 0) {
			inject(&p, .flags = ACK, .seq = seq, .ack = 1, .len = len);
			seq += len;
		}
		random = random * 1103515245 + 12345;
		if (random >> 30 == 0)
			tcp_receive_consume(p.owner.conn, (random >> 10) % 5000);
		while (packet_take(&p, &sent)) {
			uint32_t right = sent.header.ack - p.irs +
					 ((uint32_t)sent.header.window << info.receive_scale);

			assert_true(right >= edge);
			assert_true(sent.header.ack - p.irs >= acked);
			acked = sent.header.ack - p.irs;
			edge = right;
		}
		assert_true(tcp_receive_bytes(p.owner.conn) <= window_bytes);
	}
	assert_int_equal(tcp_stats(p.tcp)->drop_window, 0);
	packet_end(&p);
}

/* Shows: SHLD-14. */
static void
test_right_edge_never_retreats(void **state)
{
	right_edge(state, 5000);
	right_edge(state, 65535);
	right_edge(state, 100000);
	right_edge(state, 262144);
	right_edge(state, 1 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_sender_keeps_to_the_window),
		both_families(test_old_segment_does_not_change_the_window),
		both_families(test_data_sent_again_updates_the_window),
		both_families(test_zero_window_is_probed_as_long_as_it_answers),
		both_families(test_probe_that_is_taken_counts),
		both_families(test_probe_that_took_the_last_ends_probing),
		both_families(test_probes_without_an_answer_end_it),
		both_families(test_probes_take_no_retransmissions),
		both_families(test_window_in_turn_ends_it),
		both_families(test_answered_probes_are_no_black_hole),
		both_families(test_fin_waits_for_the_window),
		both_families(test_window_that_shrinks_is_survived),
		both_families(test_silly_window_is_not_filled),
		both_families(test_receive_window_closes_and_opens),
		both_families(test_reading_byte_by_byte_opens_no_silly_window),
		both_families(test_data_beyond_the_window_is_cut),
		both_families(test_right_edge_never_retreats),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* SYN-RECEIVED: RFC 9293 sections 3.5 and 3.10.7.4. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

static void
test_syn_again_brings_syn_ack_again(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	expect_none(&p);
	assert_int_equal(tcp_conn_count(p.tcp), 1);
	packet_end(&p);
}

static const struct wire_tcp_options all_options = {
	.has_mss = true,
	.mss = 1000,
	.has_window_scale = true,
	.window_scale = 7,
	.sack_permitted = true,
	.has_timestamps = true,
	.ts_value = 1000,
};
static const struct wire_tcp_options mss_alone = {.has_mss = true, .mss = 1000};

static void
expect_no_options(struct packet *p)
{
	struct packet_sent sent;

	expect_sent(p, &sent, .flags = SYN | ACK, .ack = 1);
	assert_false(sent.header.options.has_timestamps);
	assert_false(sent.header.options.has_window_scale);
	assert_false(sent.header.options.sack_permitted);
}

/*
 * BSDs think that options are why there was no answer to their third SYN: then they neither send
 * nor heed them.
 */
static void
test_syn_again_without_options(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN, .options = &all_options);
	expect_sent(&p, &sent, .flags = SYN | ACK, .ack = 1);
	assert_true(sent.header.options.has_timestamps);
	inject(&p, .flags = SYN, .options = &mss_alone);
	expect_no_options(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 2000);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	inject(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10, .window = 2000);
	assert_int_equal(p.owner.read_bytes, 10);
	/* Neither scaled nor shorter by timestamps. */
	packet_append(&p, 5000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 11, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 11, .len = 1000);
	expect_none(&p);
	packet_end(&p);
}

/* One that was under way for long does not bring back what was given up since. */
static void
test_syn_again_adds_no_options(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN, .options = &mss_alone);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = SYN, .options = &all_options);
	expect_no_options(&p);
	packet_end(&p);
}

/* Shows: reset-rules. */
static void
test_wrong_ack_is_reset(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = ACK, .seq = 1, .ack = 0);
	expect(&p, .flags = RST, .seq = 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = RST, .seq = 2);
	assert_int_equal(packet_state(&p), TCP_SYN_RECEIVED);
	assert_int_equal(p.owner.opened, 0);
	packet_end(&p);
}

/* Shows: MUST-11. */
static void
test_reset_ends_it_silently(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = RST, .seq = 2);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_SYN_RECEIVED);
	inject(&p, .flags = RST, .seq = 1);
	expect_none(&p);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(p.owner.closed, 0);
	packet_accept(&p, NULL);
	packet_end(&p);
}

static void
test_data_with_the_ack_is_read(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 20);
	assert_int_equal(p.owner.opened, 1);
	assert_int_equal(p.owner.read_bytes, 20);
	expect_none(&p);
	packet_advance(&p, 40000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 21);
	assert_int_equal(tcp_stats(p.tcp)->delayed_acks, 1);
	packet_end(&p);
}

/* A SYN again that acknowledges ours, as in a simultaneous open: what comes with it is kept. */
static void
test_data_with_a_syn_ack_is_read(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = SYN | ACK, .seq = 0, .ack = 1, .len = 5);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_int_equal(p.owner.read_bytes, 5);
	packet_advance(&p, 40000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 6);
	packet_end(&p);
}

static void
test_data_without_ack_is_dropped(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = PSH, .seq = 1, .len = 20);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_flags, 1);
	packet_end(&p);
}

static void
test_fin_with_the_ack(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1, .len = 3);
	expect(&p, .flags = ACK, .seq = 1, .ack = 5);
	assert_int_equal(packet_state(&p), TCP_CLOSE_WAIT);
	assert_int_equal(p.owner.opened, 1);
	assert_int_equal(p.owner.read_bytes, 3);
	assert_int_equal(p.owner.peer_closed, 1);
	packet_end(&p);
}

/* Shows: MUST-22. */
static void
test_syn_ack_is_sent_again_and_given_up(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	packet_advance(&p, 1000000);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	packet_advance(&p, 2000000);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	packet_advance(&p, 300000000);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 6);
	assert_int_equal(p.owner.closed, 0);
	packet_end(&p);
}

/* Shows: 6298-syn. */
static void
test_rto_is_three_seconds_after_a_lost_syn(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct tcp_conn_info info;

	packet_reach(&p, TCP_SYN_RECEIVED);
	packet_advance(&p, 1000000);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.rto_us, 3000000);
	packet_end(&p);
}

/* Shows: 5961-syn. */
static void
test_new_syn_is_challenged(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = SYN, .seq = 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = RST, .seq = 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_unlisten_resets_it(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_RECEIVED);
	assert_int_equal(tcp_unlisten(p.tcp, tr_addr_none(), rte_cpu_to_be_16(80)), 0);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(p.owner.closed, 0);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_syn_again_brings_syn_ack_again),
		both_families(test_syn_again_without_options),
		both_families(test_syn_again_adds_no_options),
		both_families(test_wrong_ack_is_reset),
		both_families(test_reset_ends_it_silently),
		both_families(test_data_with_the_ack_is_read),
		both_families(test_data_with_a_syn_ack_is_read),
		both_families(test_data_without_ack_is_dropped),
		both_families(test_fin_with_the_ack),
		both_families(test_syn_ack_is_sent_again_and_given_up),
		both_families(test_rto_is_three_seconds_after_a_lost_syn),
		both_families(test_new_syn_is_challenged),
		both_families(test_unlisten_resets_it),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* TIME-WAIT: RFC 9293 sections 3.6 and 3.10.7.4, RFC 1337, RFC 6191. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

static void
test_ends_after_two_msl(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_reach(&p, TCP_TIME_WAIT);
	assert_int_equal(p.owner.closed, 1);
	assert_null(tcp_conn_user(packet_conn(&p)));
	packet_advance(&p, PACKET_TIME_WAIT_US - 1000);
	assert_int_equal(tcp_conn_count(p.tcp), 1);
	packet_advance(&p, 1000);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(tcp_next_timer_us(p.tcp), UINT64_MAX);
	packet_end(&p);
}

static void
test_fin_again_starts_it_again(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_reach(&p, TCP_TIME_WAIT);
	packet_advance(&p, PACKET_TIME_WAIT_US - 1000);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	packet_advance(&p, PACKET_TIME_WAIT_US - 1000);
	assert_int_equal(tcp_conn_count(p.tcp), 1);
	packet_advance(&p, 1000);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_reset_is_ignored(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_reach(&p, TCP_TIME_WAIT);
	inject(&p, .flags = RST, .seq = 2);
	inject(&p, .flags = RST | ACK, .seq = 2, .ack = 2);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_end(&p);
}

static void
test_newer_syn_opens_anew(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	uint32_t iss;

	packet_reach(&p, TCP_TIME_WAIT);
	iss = p.iss;
	inject(&p, .flags = SYN, .seq = 2);
	p.irs += 2;
	expect(&p, .flags = SYN | ACK, .ack = 1);
	assert_true((int32_t)(p.iss - (iss + 2)) > 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_int_equal(p.owner.opened, 2);
	assert_int_equal(tcp_conn_count(p.tcp), 1);
	packet_end(&p);
}

static void
test_older_syn_is_challenged(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_reach(&p, TCP_TIME_WAIT);
	inject(&p, .flags = SYN, .seq = 0);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_end(&p);
}

static void
test_newer_timestamp_makes_a_syn_new(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	static const struct wire_tcp_options options = {.has_timestamps = true, .ts_value = 1000};
	struct wire_tcp_options later = {.has_timestamps = true, .ts_value = 1001};

	p.ts_value = 1000;
	packet_accept(&p, &options);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	inject(&p, .flags = SYN, .seq = 0, .options = &options);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	inject(&p, .flags = SYN, .seq = (uint32_t)-5000, .options = &later);
	expect(&p, .flags = SYN | ACK, .ack = (uint32_t)-4999);
	packet_end(&p);
}

static void
test_syn_without_listener_does_not_end_it(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_reach(&p, TCP_TIME_WAIT);
	assert_int_equal(tcp_unlisten(p.tcp, 0, rte_cpu_to_be_16(80)), 0);
	inject(&p, .flags = SYN, .seq = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_end(&p);
}

static void
test_data_is_not_read(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_reach(&p, TCP_TIME_WAIT);
	inject(&p, .flags = ACK, .seq = 2, .ack = 2, .len = 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .len = 1);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(p.owner.read_bytes, 0);
	assert_int_equal(tcp_stats(p.tcp)->drop_after_close, 1);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_after_two_msl),
		cmocka_unit_test(test_fin_again_starts_it_again),
		cmocka_unit_test(test_reset_is_ignored),
		cmocka_unit_test(test_newer_syn_opens_anew),
		cmocka_unit_test(test_older_syn_is_challenged),
		cmocka_unit_test(test_newer_timestamp_makes_a_syn_new),
		cmocka_unit_test(test_syn_without_listener_does_not_end_it),
		cmocka_unit_test(test_data_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

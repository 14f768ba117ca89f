/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* LISTEN and CLOSED: RFC 9293 sections 3.10.7.1, 3.10.7.2. */
#include <errno.h>

#include "packet.h"
#include "test_eal.h"

/* Shows: MUST-12, MUST-13. */
static void
test_accepts_and_passes_data_both_ways_and_closes(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	assert_int_equal(p.owner.opened, 1);
	inject(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	assert_int_equal(p.owner.read_bytes, 100);
	packet_append(&p, 50);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 101, .len = 50);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 101, .ack = 51);
	assert_int_equal(p.owner.sent, 1);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | ACK, .seq = 51, .ack = 101);
	inject(&p, .flags = ACK, .seq = 101, .ack = 52);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	inject(&p, .flags = FIN | ACK, .seq = 101, .ack = 52);
	expect(&p, .flags = ACK, .seq = 52, .ack = 102);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, 0);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_advance(&p, PACKET_TIME_WAIT_US + 1000);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_syn_full_is_dropped_and_counted(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, &(struct packet_setup){.conns_max = 1});
	packet_accept(&p, NULL);
	p.peer_port++;
	inject(&p, .flags = SYN);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_syn_full, 1);
	packet_end(&p);
}

/* Shows: reset-rules. */
static void
test_ack_to_listener_is_reset(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = ACK, .seq = 1, .ack = 77);
	expect(&p, .flags = RST, .seq = 77);
	inject(&p, .flags = SYN | ACK, .ack = 78);
	expect(&p, .flags = RST, .seq = 78);
	assert_int_equal(tcp_stats(p.tcp)->drop_no_conn, 2);
	inject(&p, .flags = RST);
	inject(&p, .flags = RST | ACK, .ack = 1);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_no_conn_silent, 2);
	packet_end(&p);
}

/* Shows: reset-rules. */
static void
test_closed_port_is_reset(void **state)
{
	struct packet p;
	struct packet_sent sent;

	packet_begin(&p, *state);
	assert_int_equal(tcp_unlisten(p.tcp, tr_addr_none(), rte_cpu_to_be_16(80)), 0);
	assert_int_equal(tcp_unlisten(p.tcp, tr_addr_none(), rte_cpu_to_be_16(80)), -ENOENT);
	inject(&p, .flags = SYN, .len = 10);
	/* SEQ=0, ACK=SEG.SEQ+SEG.LEN, where the SYN counts. */
	expect_sent(&p, &sent, .flags = RST | ACK, .seq = 0, .ack = 11);
	assert_int_equal(sent.header.seq, 0);
	inject(&p, .flags = RST);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: MUST-57, MUST-63. */
static void
test_address_that_is_not_ours_or_no_peer_is_silent(void **state)
{
	static const struct packet_segment nobody[] = {
		{.flags = SYN, .dst = 0xffffffff}, {.flags = SYN, .dst = 0xe0000001},
		{.flags = SYN, .dst = 0x0a0000ff}, {.flags = SYN, .src = 0x7f000001},
		{.flags = SYN, .src = 0xe0000001}, {.flags = SYN, .src = 0x0a000001}, /* LAND */
	};
	static const struct packet_segment nobody6[] = {
		/* A group of ours, one that is not, and another host. */
		{.flags = SYN, .dst6 = "ff02::1"},
		{.flags = SYN, .dst6 = "ff0e::1"},
		{.flags = SYN, .dst6 = "2001:db8::9"},
		{.flags = SYN, .src6 = "::1"},
		{.flags = SYN, .src6 = "ff02::1"},
		{.flags = SYN, .src6 = "2001:db8::1"}, /* LAND */
	};
	struct packet p;

	packet_begin(&p, *state);
	for (unsigned int i = 0; i < RTE_DIM(nobody); i++)
		packet_inject(&p, p.ipv6 ? &nobody6[i] : &nobody[i]);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_address, RTE_DIM(nobody));
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: MUST-3. */
static void
test_bad_checksum_is_dropped(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN, .bad_checksum = true);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_checksum, 1);
	packet_serve_innocent(&p);
	packet_end(&p);
}

static void
test_owner_refuses(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.refuse = true;
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(p.owner.closed, 0);
	assert_int_equal(tcp_stats(p.tcp)->refused, 1);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: MUST-42. */
static void
test_listeners_are_few_and_unique(void **state)
{
	struct packet p;
	uint16_t port;

	packet_begin(&p, *state);
	assert_int_equal(tcp_listen(p.tcp, tr_addr_none(), rte_cpu_to_be_16(80), NULL),
			 -EADDRINUSE);
	for (port = 81; port < 96; port++)
		assert_int_equal(tcp_listen(p.tcp, tr_addr_none(), rte_cpu_to_be_16(port), NULL),
				 0);
	assert_int_equal(tcp_listen(p.tcp, tr_addr_none(), rte_cpu_to_be_16(96), NULL), -ENOSPC);
	packet_end(&p);
}

/* Shows: MUST-41. */
static void
test_listening_leaves_connections_alone(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	assert_int_equal(tcp_listen(p.tcp, tr_addr_none(), rte_cpu_to_be_16(81), NULL), 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	assert_int_equal(tcp_unlisten(p.tcp, tr_addr_none(), rte_cpu_to_be_16(80)), 0);
	assert_int_equal(tcp_listen(p.tcp, tr_addr_none(), rte_cpu_to_be_16(80), NULL), 0);
	inject(&p, .flags = ACK, .seq = 11, .ack = 1, .len = 10);
	expect(&p, .flags = ACK, .seq = 1, .ack = 21);
	assert_int_equal(p.owner.read_bytes, 20);
	assert_int_equal(p.owner.opened, 1);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_accepts_and_passes_data_both_ways_and_closes),
		cmocka_unit_test(test_syn_full_is_dropped_and_counted),
		both_families(test_ack_to_listener_is_reset),
		both_families(test_closed_port_is_reset),
		both_families(test_address_that_is_not_ours_or_no_peer_is_silent),
		both_families(test_bad_checksum_is_dropped),
		both_families(test_owner_refuses),
		both_families(test_listeners_are_few_and_unique),
		both_families(test_listening_leaves_connections_alone),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

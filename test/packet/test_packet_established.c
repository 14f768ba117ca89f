/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* ESTABLISHED: RFC 9293 section 3.10.7.4, and what the owner may do in an event. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "tcp_isn.h"
#include "test_eal.h"

/* Shows: MUST-40, SHLD-18, SHLD-19. */
static void
test_every_second_segment_is_acked_at_once(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 2001);
	inject(&p, .flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	packet_advance(&p, 39000);
	expect_none(&p);
	packet_advance(&p, 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 3001);
	packet_end(&p);
}

/* Shows: MUST-58, MUST-59. */
static void
test_burst_is_acked_once(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 32; i++)
		inject(&p, .flags = ACK, .seq = 1 + i * 1000, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 32001);
	expect_none(&p);
	assert_int_equal(p.owner.read_bytes, 32000);
	packet_end(&p);
}

/* Shows: MUST-60, MUST-61. */
static void
test_data_is_cut_into_segments(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	packet_append(&p, 2500);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK | PSH, .seq = 2001, .ack = 1, .len = 500);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: MUST-17, MUST-60, MUST-61. */
static void
test_small_writes_leave_at_once(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	packet_append(&p, 1);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 1);
	packet_append(&p, 1);
	expect(&p, .flags = ACK | PSH, .seq = 2, .ack = 1, .len = 1);
	packet_end(&p);
}

/* RFC 9293 section 3.7.4, turned on: one that is not full is in flight at most. */
/* Shows: MUST-17, SHLD-7. */
static void
test_nagle_gathers_small_writes(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 100});
	tcp_set_nagle(p.owner.conn, true);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_append(&p, 10);
	packet_append(&p, 10);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 11);
	expect(&p, .flags = ACK | PSH, .seq = 11, .ack = 1, .len = 20);
	/* What is full goes, and what remains of it waits. */
	packet_append(&p, 150);
	expect(&p, .flags = ACK, .seq = 31, .ack = 1, .len = 100);
	expect_none(&p);
	/* A FIN is not held back, nor what is sent again, nor anything once it is off. */
	packet_advance(&p, 200000);
	expect(&p, .flags = ACK, .seq = 11, .ack = 1, .len = 20);
	inject(&p, .flags = ACK, .seq = 1, .ack = 131);
	expect(&p, .flags = ACK | PSH, .seq = 131, .ack = 1, .len = 50);
	packet_append(&p, 5);
	expect_none(&p);
	tcp_set_nagle(p.owner.conn, false);
	expect(&p, .flags = ACK | PSH, .seq = 181, .ack = 1, .len = 5);
	tcp_set_nagle(p.owner.conn, true);
	packet_append(&p, 5);
	expect_none(&p);
	tcp_close(p.owner.conn);
	expect(&p, .flags = ACK | PSH | FIN, .seq = 186, .ack = 1, .len = 5);
	packet_end(&p);
}

/* A window that is used up holds nothing back for Nagle's sake: slow start goes on. */
static void
test_nagle_lets_the_window_grow(void **state)
{
	struct tcp_conn_info info;
	struct packet_sent sent;
	uint32_t before;
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 100});
	tcp_set_nagle(p.owner.conn, true);
	tcp_conn_info(p.owner.conn, &info);
	before = info.cwnd_bytes;
	packet_append(&p, 4 * before + 10);
	while (packet_take(&p, &sent))
		;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1 + 200);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.cwnd_bytes, before + 200);
	while (packet_take(&p, &sent))
		;
	packet_end(&p);
}

static void
test_nagle_sends_again_what_is_lost(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	tcp_set_nagle(p.owner.conn, true);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_advance(&p, 200000);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_end(&p);
}

/* Shows: SHLD-31, 5681-gap. */
static void
test_out_of_order_is_put_in_order(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 301, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.read_bytes, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 150);
	expect(&p, .flags = ACK, .seq = 1, .ack = 201);
	inject(&p, .flags = ACK, .seq = 201, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 401);
	assert_int_equal(p.owner.read_bytes, 400);
	assert_int_equal(tcp_stats(p.tcp)->out_of_order, 2);
	packet_end(&p);
}

/* Shows: 5681-gap. */
static void
test_one_ack_for_each_segment_out_of_order(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	for (unsigned int i = 1; i < 5; i++)
		inject(&p, .flags = ACK, .seq = 1 + i * 100, .ack = 1, .len = 100);
	for (unsigned int i = 1; i < 5; i++)
		expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	packet_end(&p);
}

static void
test_duplicate_is_acked_and_not_read_twice(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 101);
	inject(&p, .flags = ACK, .seq = 51, .ack = 1, .len = 100);
	assert_int_equal(p.owner.read_bytes, 150);
	assert_int_equal(tcp_stats(p.tcp)->duplicates, 1);
	packet_end(&p);
}

static void
test_reassembly_is_bounded(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < PACKET_REASSEMBLY / 2 + 5; i++)
		inject(&p, .flags = ACK, .seq = 3 + i * 2, .ack = 1, .len = 1);
	assert_int_equal(tcp_stats(p.tcp)->out_of_order, PACKET_REASSEMBLY / 2);
	assert_int_equal(tcp_stats(p.tcp)->drop_reassembly, 5);
	packet_serve_innocent(&p);
	packet_end(&p);
}

static void
test_keepalive_is_answered(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 0, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 0, .ack = 1, .len = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	packet_end(&p);
}

/* Shows: MUST-12. */
static void
test_reset_from_the_peer(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = RST, .seq = 1);
	expect_none(&p);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ECONNRESET);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* Shows: SHLD-2. */
static void
test_reset_may_have_data(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = RST | ACK, .seq = 1, .ack = 1, .len = 20);
	expect_none(&p);
	assert_int_equal(p.owner.error, -ECONNRESET);
	assert_int_equal(p.owner.read_bytes, 0);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_abort_resets(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	packet_append(&p, 10);
	tcp_abort(p.owner.conn);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	assert_int_equal(p.owner.error, -ECONNABORTED);
	assert_int_equal(p.owner.closed, 1);
	packet_end(&p);
}

/* Shows: SHLD-3. */
static void
test_close_with_unread_bytes_resets(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.read = false;
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	tcp_close(p.owner.conn);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 11);
	assert_int_equal(p.owner.closed, 0);
	packet_advance(&p, 1000);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ECONNABORTED);
	packet_end(&p);
}

static void
test_owner_aborts_in_each_event(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.abort_opened = true;
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 11);
	assert_int_equal(p.owner.closed, 1);
	p.owner.abort_opened = false;

	p.owner.abort_readable = true;
	packet_accept(&p, NULL);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1, .len = 10);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 12);
	assert_int_equal(p.owner.closed, 2);
	assert_int_equal(p.owner.peer_closed, 0);
	p.owner.abort_readable = false;

	p.owner.abort_sent = true;
	packet_accept(&p, NULL);
	p.appended = 0;
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = 11, .len = 10);
	expect(&p, .flags = RST | ACK, .seq = 11, .ack = 11);
	assert_int_equal(p.owner.closed, 3);
	assert_int_equal(p.owner.readable, 1);
	p.owner.abort_sent = false;

	p.owner.abort_peer_closed = true;
	packet_accept(&p, NULL);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 2);
	assert_int_equal(p.owner.closed, 4);
	expect_none(&p);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_owner_closes_in_opened(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.close_opened = true;
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_1);
	packet_end(&p);
}

static void
test_owner_closes_in_opened_with_unread_bytes(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.close_opened = true;
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 5);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 6);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* Shows: MUST-30. */
static void
test_urgent_data_is_data(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 10);
	assert_int_equal(p.owner.read_bytes, 10);
	packet_end(&p);
}

static void
test_out_of_mbufs_is_tried_again(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct rte_mbuf *all[1023];

	packet_accept(&p, NULL);
	packet_append(&p, 10);
	assert_int_equal(rte_pktmbuf_alloc_bulk(p.control, all, 1023), 0);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 2, .len = 10);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 11);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->send_starved, 1);
	assert_true(tcp_next_timer_us(p.tcp) <= p.now_us + 1000);
	rte_pktmbuf_free_bulk(all, 1023);
	expect(&p, .flags = ACK, .seq = 11, .ack = 2);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Where a flow from this port stands among those of a table of PACKET_CONNS. */
static uint64_t
place(uint16_t peer_port)
{
	struct tcp_flow flow = {
		.remote_addr = tr_addr_ipv4(RTE_BE32(0x0a000002)),
		.local_addr = tr_addr_ipv4(RTE_BE32(0x0a000001)),
		.remote_port = rte_cpu_to_be_16(peer_port),
		.local_port = RTE_BE16(80),
	};

	return tcp_isn_flow_recent(&flow, rte_log2_u32(PACKET_CONNS) + 1);
}

/* They take turns in the place for those looked up lately; one goes, the other is still found. */
static void
test_flows_that_meet_are_told_apart(void **state)
{
	uint16_t ports[2] = {40000, 40001};
	uint32_t iss[2];
	struct packet p;

	while (place(ports[1]) != place(ports[0]))
		ports[1]++;
	packet_begin(&p, *state);
	for (unsigned int i = 0; i < 2; i++) {
		p.peer_port = ports[i];
		packet_accept(&p, NULL);
		iss[i] = p.iss;
	}
	assert_int_not_equal(iss[0], iss[1]);

	/* What one acknowledges the other has never sent. */
	for (unsigned int i = 0; i < 4; i++) {
		p.peer_port = ports[i % 2];
		p.iss = iss[i % 2];
		p.owner.read_bytes = i / 2 * 10;
		inject(&p, .flags = ACK, .seq = 1 + i / 2 * 10, .ack = 1, .len = 10);
		assert_int_equal(p.owner.read_bytes, i / 2 * 10 + 10);
	}
	inject(&p, .flags = RST, .seq = 21);
	assert_int_equal(p.owner.closed, 1);
	inject(&p, .flags = ACK, .seq = 21, .ack = 1, .len = 10);
	expect(&p, .flags = RST, .seq = 1);
	p.peer_port = ports[0];
	p.iss = iss[0];
	inject(&p, .flags = ACK, .seq = 21, .ack = 1, .len = 10);
	assert_int_equal(p.owner.read_bytes, 30);
	expect(&p, .flags = ACK, .seq = 1, .ack = 31);
	packet_serve_innocent(&p);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_every_second_segment_is_acked_at_once),
		both_families(test_burst_is_acked_once),
		both_families(test_data_is_cut_into_segments),
		both_families(test_small_writes_leave_at_once),
		both_families(test_nagle_gathers_small_writes),
		both_families(test_nagle_lets_the_window_grow),
		both_families(test_nagle_sends_again_what_is_lost),
		both_families(test_out_of_order_is_put_in_order),
		both_families(test_one_ack_for_each_segment_out_of_order),
		both_families(test_duplicate_is_acked_and_not_read_twice),
		both_families(test_reassembly_is_bounded),
		both_families(test_keepalive_is_answered),
		both_families(test_reset_from_the_peer),
		both_families(test_reset_may_have_data),
		both_families(test_abort_resets),
		both_families(test_close_with_unread_bytes_resets),
		both_families(test_owner_aborts_in_each_event),
		both_families(test_owner_closes_in_opened),
		both_families(test_owner_closes_in_opened_with_unread_bytes),
		both_families(test_urgent_data_is_data),
		both_families(test_out_of_mbufs_is_tried_again),
		both_families(test_flows_that_meet_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

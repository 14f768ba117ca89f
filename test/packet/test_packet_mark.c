/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* DSCP and time to live of what is sent: RFC 9293 sections 3.9.1 and 3.9.2. */
#include "packet.h"
#include "test_eal.h"

/* Expect a segment with these. */
static void
expect_marks(struct packet *p, uint8_t flags, uint8_t dscp, uint8_t ttl)
{
	struct packet_sent sent;

	assert_true(packet_take(p, &sent));
	assert_int_equal(sent.header.flags, flags);
	assert_int_equal(sent.dscp, dscp);
	assert_int_equal(sent.ttl, ttl);
}

/* Of all segments, also of those that belong to no connection. */
/* Shows: MUST-48, MUST-49. */
static void
test_of_all_segments(void **state)
{
	static const struct {
		uint8_t dscp, ttl;
		uint8_t expected_ttl;
	} cases[] = {{0, 0, 64}, {46, 0, 64}, {0, 1, 1}, {63, 255, 255}};
	struct packet_setup setup = {0};
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		uint8_t ttl = cases[i].expected_ttl;

		if (*state != NULL)
			setup = *(const struct packet_setup *)*state;
		setup.syn_backlog = 1;
		setup.dscp = cases[i].dscp;
		setup.ttl = cases[i].ttl;
		packet_begin(&p, &setup);
		inject(&p, .flags = SYN);
		expect_marks(&p, SYN | ACK, setup.dscp, ttl);
		/* By a SYN cookie. */
		p.peer_port++;
		inject(&p, .flags = SYN);
		expect_marks(&p, SYN | ACK, setup.dscp, ttl);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		packet_append(&p, 100);
		expect_marks(&p, ACK | PSH, setup.dscp, ttl);
		inject(&p, .flags = ACK, .seq = 1, .ack = 101, .len = 10);
		inject(&p, .flags = ACK, .seq = 11, .ack = 101, .len = 10);
		expect_marks(&p, ACK, setup.dscp, ttl);
		tcp_abort(p.owner.conn);
		expect_marks(&p, RST | ACK, setup.dscp, ttl);
		inject(&p, .flags = ACK, .seq = 1, .ack = 101);
		expect_marks(&p, RST, setup.dscp, ttl);
		packet_end(&p);
	}
}

/* Of one connection, at any time; ECN has its own bits. */
/* Shows: MUST-48, MUST-49. */
static void
test_of_a_connection(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN | ECE | CWR);
	expect_marks(&p, SYN | ACK | ECE, 0, 64);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	packet_append(&p, 100);
	expect_marks(&p, ACK | PSH, 0, 64);
	inject(&p, .flags = ACK, .seq = 1, .ack = 101);
	tcp_set_dscp(p.owner.conn, 10);
	tcp_set_ttl(p.owner.conn, 7);
	packet_append(&p, 100);
	expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 101, .ack = 1, .len = 100);
	assert_int_equal(sent.dscp, 10);
	assert_int_equal(sent.ecn, 2);
	assert_int_equal(sent.ttl, 7);
	/* What is sent again is not ECN-capable, and has the same DSCP. */
	packet_advance(&p, 300000);
	expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 101, .ack = 1, .len = 100);
	assert_int_equal(sent.dscp, 10);
	assert_int_equal(sent.ecn, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 201);
	tcp_set_dscp(p.owner.conn, 63);
	packet_append(&p, 100);
	expect_sent(&p, &sent, .flags = ACK | PSH | CWR, .seq = 201, .ack = 1, .len = 100);
	assert_int_equal(sent.dscp, 63);
	assert_int_equal(sent.ecn, 2);
	/* When the neighbour is looked up anew. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 301);
	packet_advance(&p, 2000000);
	packet_append(&p, 100);
	expect_marks(&p, ACK | PSH, 63, 7);
	tcp_abort(p.owner.conn);
	expect_marks(&p, RST | ACK, 63, 7);
	/* The next has what all have. */
	p.peer_port++;
	inject(&p, .flags = SYN);
	expect_marks(&p, SYN | ACK, 0, 64);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_of_all_segments),
		both_families(test_of_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

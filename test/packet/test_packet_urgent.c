/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* The urgent mechanism (RFC 9293 section 3.8.5): where urgent data ends, said and heard. */
#include "packet.h"
#include "test_eal.h"

#define SCALE 7

/* As many connections as there may be. */
#define CLOSED 4

static const struct wire_tcp_options scaled = {
	.has_mss = true,
	.mss = 1000,
	.has_window_scale = true,
	.window_scale = SCALE,
};

static void
accept_unread(struct packet *p, void *const *state)
{
	packet_begin(p, *state);
	p->owner.read = false;
	packet_accept(p, NULL);
}

/* A segment that says where urgent data ends; @p urgent 0: one that does not. */
static void
expect_urgent(struct packet *p, uint8_t flags, uint32_t seq, uint32_t len, uint16_t urgent)
{
	struct packet_sent sent;

	expect_sent(p, &sent, .flags = ACK | flags | (urgent != 0 ? URG : 0), .seq = seq, .ack = 1,
		    .len = len);
	assert_int_equal(sent.header.urgent, urgent);
}

/* Shows: MUST-30, MUST-32, MUST-33. */
static void
test_told_once_for_each_end(void **state)
{
	struct packet p;

	accept_unread(&p, state);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 0);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 10, .urgent = 4);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.urgent_bytes, 4);
	/* The same end again, and one before it. */
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 10, .urgent = 4);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 10, .urgent = 3);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 4);
	/* It moves ahead. */
	inject(&p, .flags = ACK | URG, .seq = 11, .ack = 1, .len = 10, .urgent = 1);
	assert_int_equal(p.owner.urgent, 2);
	assert_int_equal(p.owner.urgent_bytes, 11);
	tcp_receive_consume(p.owner.conn, 5);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 6);
	tcp_receive_consume(p.owner.conn, 10);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 0);
	/* None is pending: the next is told. */
	inject(&p, .flags = ACK | URG, .seq = 21, .ack = 1, .len = 10, .urgent = 10);
	assert_int_equal(p.owner.urgent, 3);
	assert_int_equal(p.owner.urgent_bytes, 15);
	packet_end(&p);
}

/* Shows: MUST-31, MUST-32, MUST-33. */
static void
test_told_before_it_comes(void **state)
{
	struct packet p;
	uint32_t i;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	/* Without a byte of it, and longer than any segment. */
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .urgent = 65535);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.urgent_bytes, 65535);
	assert_int_equal(p.owner.readable, 0);
	for (i = 0; i < 65; i++) {
		assert_int_equal(tcp_receive_urgent(p.owner.conn), 65535 - 1000 * i);
		inject(&p, .flags = ACK, .seq = 1 + 1000 * i, .ack = 1, .len = 1000);
		if (i % 2 == 1)
			expect(&p, .flags = ACK, .seq = 1, .ack = 1001 + 1000 * i);
	}
	inject(&p, .flags = ACK, .seq = 65001, .ack = 1, .len = 1000);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 0);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.read_bytes, 66000);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: MUST-32. */
static void
test_told_across_a_gap(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK | URG, .seq = 101, .ack = 1, .len = 100, .urgent = 50);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.urgent_bytes, 150);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 0);
	assert_int_equal(p.owner.read_bytes, 200);
	packet_end(&p);
}

/* MUST-62: the pointer names the byte behind the last, so that 0 names nothing. */
/* Shows: MUST-62. */
static void
test_an_end_that_is_read_is_not_told(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 10, .urgent = 0);
	inject(&p, .flags = ACK | URG, .seq = 11, .ack = 1, .urgent = 0);
	assert_int_equal(p.owner.urgent, 0);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 20, .urgent = 10);
	assert_int_equal(p.owner.urgent, 0);
	inject(&p, .flags = ACK | URG, .seq = 21, .ack = 1, .urgent = 1);
	assert_int_equal(p.owner.urgent, 1);
	packet_end(&p);
}

/* Shows: MUST-32, MUST-66. */
static void
test_told_at_a_zero_window(void **state)
{
	uint32_t size = 2048;
	struct packet p;

	packet_begin(&p,
		     &(struct packet_setup){.receive_window_bytes = size, .ipv6 = *state != NULL});
	p.owner.read = false;
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = size / 2);
	inject(&p, .flags = ACK, .seq = 1 + size / 2, .ack = 1, .len = size / 2);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1 + size, .zero_window = true);
	inject(&p, .flags = ACK | URG, .seq = 1 + size, .ack = 1, .len = 1, .urgent = 1);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.urgent_bytes, size + 1);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), size);
	packet_end(&p);
}

/* RFC 9293 section 3.10.7.4, sixth: behind a FIN there is none. */
static void
test_none_behind_a_fin(void **state)
{
	struct packet p;

	accept_unread(&p, state);
	inject(&p, .flags = ACK | URG | FIN, .seq = 1, .ack = 1, .len = 10, .urgent = 500);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.urgent_bytes, 10);
	inject(&p, .flags = ACK | URG, .seq = 12, .ack = 1, .urgent = 1000);
	assert_int_equal(p.owner.urgent, 1);
	tcp_receive_consume(p.owner.conn, 10);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 0);
	inject(&p, .flags = ACK | URG, .seq = 12, .ack = 1, .urgent = 1000);
	assert_int_equal(p.owner.urgent, 1);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* All that it calls urgent is behind the FIN that it has itself: nothing is told. */
static void
test_none_with_a_fin_alone(void **state)
{
	struct packet p;

	accept_unread(&p, state);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	tcp_receive_consume(p.owner.conn, 10);
	inject(&p, .flags = ACK | URG | FIN, .seq = 11, .ack = 1, .urgent = 83);
	assert_int_equal(packet_state(&p), TCP_CLOSE_WAIT);
	assert_int_equal(p.owner.urgent, 0);
	assert_int_equal(p.owner.peer_closed, 1);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 0);
	packet_end(&p);
}

/* Who has closed is told nothing, and what is left of it does not mistake a place for an end. */
static void
test_none_once_closed(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .urgent = 500);
	assert_int_equal(p.owner.urgent, 1);
	packet_append(&p, 10);
	tcp_send_urgent(p.owner.conn);
	tcp_close(p.owner.conn);
	expect_urgent(&p, PSH | FIN, 1, 10, 10);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .urgent = 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 12);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 12, .urgent = 2000);
	assert_int_equal(p.owner.urgent, 1);
	inject(&p, .flags = ACK | FIN, .seq = 1, .ack = 12);
	expect(&p, .flags = ACK, .seq = 12, .ack = 2);
	packet_end(&p);
}

/*
 * Those that are closed stand in queues, from which the oldest yields to who comes (tcp_yield.h).
 * Urgent data, of before or told since, does not disturb their order.
 */
static void
test_those_closed_keep_their_order(void **state)
{
	const struct packet_setup setup = {.conns_max = CLOSED, .ipv6 = *state != NULL};
	uint32_t iss[CLOSED];
	struct packet p;
	uint16_t first;
	unsigned int i;

	packet_begin(&p, &setup);
	first = p.peer_port;
	for (i = 0; i < CLOSED; i++, p.peer_port++) {
		p.appended = 0;
		packet_accept(&p, NULL);
		iss[i] = p.iss;
		inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .urgent = 500);
		packet_append(&p, 10);
		tcp_send_urgent(p.owner.conn);
		tcp_close(p.owner.conn);
		expect_urgent(&p, PSH | FIN, 1, 10, 10);
		inject(&p, .flags = ACK, .seq = 1, .ack = 12);
		assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	}
	for (i = 0; i < CLOSED; i++) {
		p.peer_port = first + i;
		p.iss = iss[i];
		inject(&p, .flags = ACK | URG, .seq = 1, .ack = 12, .urgent = 1000 + i);
		/* Not in the window: an ACK says so, which has no pointer. */
		inject(&p, .flags = ACK, .seq = 1 + 2 * PACKET_WINDOW, .ack = 12);
		expect_urgent(&p, 0, 12, 0, 0);
	}
	/* One from the middle goes on by itself. */
	p.peer_port = first + 1;
	p.iss = iss[1];
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 12);
	expect(&p, .flags = ACK, .seq = 12, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	/* The others yield, the oldest first, once nobody in TIME-WAIT is left to. */
	for (i = 0; i < CLOSED; i++) {
		p.peer_port = first + CLOSED + i;
		packet_accept(&p, NULL);
		p.peer_port = first + (i == 0 ? 1 : i == 1 ? 0 : i);
		assert_int_equal(packet_state(&p), TCP_CLOSED);
	}
	assert_int_equal(tcp_stats(p.tcp)->yielded_time_wait, 1);
	assert_int_equal(tcp_stats(p.tcp)->yielded_fin_wait_2, CLOSED - 1);
	assert_int_equal(p.owner.urgent, CLOSED);
	packet_end(&p);
}

/* What ends the handshake may be urgent: the owner is told that there is a connection first. */
static void
test_told_when_it_opens(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.read = false;
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 5, .urgent = 3);
	assert_int_equal(p.owner.opened, 1);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.readable, 1);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 3);
	tcp_abort(p.owner.conn);
	packet_end(&p);

	packet_begin(&p, *state);
	p.owner.read = false;
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = SYN | ACK | URG, .seq = 0, .ack = 1, .urgent = 3);
	assert_int_equal(p.owner.urgent, 1);
	assert_int_equal(p.owner.urgent_bytes, 2);
	packet_end(&p);
}

/* An owner may end it, or refuse it, instead of hearing of what is urgent. */
static void
test_refused_when_it_opens(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.refuse = true;
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 5, .urgent = 3);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.urgent, 0);
	assert_int_equal(packet_state(&p), TCP_CLOSED);
	p.owner.refuse = false;
	p.owner.abort_opened = true;
	packet_reach(&p, TCP_SYN_RECEIVED);
	inject(&p, .flags = ACK | URG, .seq = 1, .ack = 1, .len = 5, .urgent = 3);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.urgent, 0);
	assert_int_equal(packet_state(&p), TCP_CLOSED);
	packet_end(&p);
}

/* Shows: MUST-30, MUST-62. */
static void
test_end_is_sent_until_it_is_acknowledged(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	packet_append(&p, 10);
	tcp_send_urgent(p.owner.conn);
	/* What follows in the same segment is not urgent. */
	packet_append(&p, 5);
	expect_urgent(&p, PSH, 1, 15, 10);
	packet_append(&p, 7);
	expect_urgent(&p, PSH, 16, 7, 0);
	/* Sent again, it is said again. */
	packet_advance(&p, 250000);
	expect_urgent(&p, 0, 1, 15, 10);
	expect_urgent(&p, PSH, 16, 7, 0);
	expect_none(&p);
	/* Part of it may be acknowledged. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 6);
	packet_advance(&p, 450000);
	expect_urgent(&p, 0, 6, 10, 5);
	expect_urgent(&p, PSH, 16, 7, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 23);
	packet_append(&p, 500);
	expect_urgent(&p, PSH, 23, 500, 0);
	packet_end(&p);
}

/* Shows: MUST-31, MUST-62. */
static void
test_far_end_is_said_as_far_as_it_goes(void **state)
{
	uint32_t bytes = 100000;
	struct packet p;
	uint32_t seq, end;

	/* The port would cut them, and say the same in each. */
	packet_begin(&p, &(struct packet_setup){.large_mbufs = 64, .ipv6 = *state != NULL});
	packet_accept(&p, &scaled);
	packet_append(&p, bytes);
	tcp_send_urgent(p.owner.conn);
	packet_append(&p, 500);
	for (seq = 1, end = 1; seq < bytes; seq += 1000) {
		if (seq == end + 10000) {
			end = seq;
			inject(&p, .flags = ACK, .seq = 1, .ack = end);
		}
		expect_urgent(&p, 0, seq, 1000, RTE_MIN(bytes + 1 - seq, 65535u));
	}
	inject(&p, .flags = ACK, .seq = 1, .ack = seq);
	expect_urgent(&p, PSH, seq, 500, 0);
	packet_end(&p);
}

/* The peer that has no window is to know, and the probe of its window says it too. */
/* Shows: MUST-30. */
static void
test_end_is_sent_to_a_zero_window(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 100);
	expect_none(&p);
	packet_append(&p, 100);
	tcp_send_urgent(p.owner.conn);
	expect_urgent(&p, 0, 1, 0, 200);
	packet_advance(&p, 1100000);
	expect_urgent(&p, 0, 1, 1, 200);
	packet_end(&p);
}

/* Of what is appended before the connection is established, too. */
/* Shows: MUST-30. */
static void
test_end_is_sent_when_it_opens(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.conn = packet_connect(&p);
	tcp_send_urgent(p.owner.conn); /* of nothing */
	packet_append(&p, 10);
	tcp_send_urgent(p.owner.conn);
	expect(&p, .flags = SYN);
	expect_none(&p);
	inject(&p, .flags = SYN | ACK, .ack = 1);
	assert_int_equal(tcp_receive_urgent(p.owner.conn), 0);
	expect_urgent(&p, PSH, 1, 10, 10);
	expect_none(&p);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_told_once_for_each_end),
		both_families(test_told_before_it_comes),
		both_families(test_told_across_a_gap),
		both_families(test_an_end_that_is_read_is_not_told),
		both_families(test_told_at_a_zero_window),
		both_families(test_none_behind_a_fin),
		both_families(test_none_with_a_fin_alone),
		both_families(test_none_once_closed),
		both_families(test_those_closed_keep_their_order),
		both_families(test_told_when_it_opens),
		both_families(test_refused_when_it_opens),
		both_families(test_end_is_sent_until_it_is_acknowledged),
		both_families(test_far_end_is_said_as_far_as_it_goes),
		both_families(test_end_is_sent_to_a_zero_window),
		both_families(test_end_is_sent_when_it_opens),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* FIN-WAIT-1, FIN-WAIT-2, CLOSING, CLOSE-WAIT and LAST-ACK: RFC 9293 section 3.6. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "tcp_reset.h"
#include "test_eal.h"

/* Shows: MUST-12. */
static void
test_peer_closes_first(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_CLOSE_WAIT);
	assert_int_equal(p.owner.peer_closed, 1);
	packet_append(&p, 100);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 2, .len = 100);
	inject(&p, .flags = ACK, .seq = 2, .ack = 101);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | ACK, .seq = 101, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_LAST_ACK);
	assert_int_equal(p.owner.closed, 0);
	inject(&p, .flags = ACK, .seq = 2, .ack = 102);
	expect_none(&p);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, 0);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(tcp_stats(p.tcp)->closed, 1);
	packet_end(&p);
}

static void
test_fin_leaves_with_the_last_data(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	packet_append(&p, 100);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | PSH | ACK, .seq = 1, .ack = 1, .len = 100);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 101);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 102);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	packet_end(&p);
}

static void
test_fin_waits_behind_data(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	packet_append(&p, 11000);
	tcp_close(p.owner.conn);
	for (unsigned int i = 0; i < 10; i++)
		expect(&p, .flags = ACK, .seq = 1 + i * 1000, .ack = 1, .len = 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 10001);
	expect(&p, .flags = FIN | PSH | ACK, .seq = 10001, .ack = 1, .len = 1000);
	packet_end(&p);
}

static void
test_both_in_one_segment(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_FIN_WAIT_1);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	assert_int_equal(p.owner.closed, 1);
	packet_end(&p);
}

/* Shows: events. */
static void
test_simultaneous_close(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_CLOSING);
	assert_int_equal(p.owner.closed, 0);
	inject(&p, .flags = ACK, .seq = 2, .ack = 2);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, 0);
	packet_end(&p);
}

static void
test_fin_is_sent_again(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_FIN_WAIT_1);
	packet_advance(&p, 200000);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	packet_advance(&p, 400000);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	packet_end(&p);
}

static void
test_fin_is_given_up(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_LAST_ACK);
	packet_advance(&p, 100ul * 1000000);
	assert_int_equal(p.owner.closed, 0);
	packet_advance(&p, 500ul * 1000000);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* What was in flight as the window closed has no timer of its own beside that of the probes. */
static void
test_probes_alone_count_silence(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	packet_append(&p, 3000);
	tcp_close(p.owner.conn);
	while (packet_take(&p, &sent))
		;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_advance(&p, 200000);
	expect_none(&p);
	packet_advance(&p, 400000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1);
	/* Taken, and then nothing more is heard. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .zero_window = true);
	packet_advance(&p, 100ul * 1000000);
	assert_int_equal(p.owner.closed, 0);
	packet_advance(&p, 500ul * 1000000);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	assert_int_equal(tcp_stats(p.tcp)->retransmit_timeouts, 1);
	while (packet_take(&p, &sent))
		;
	packet_end(&p);
}

/* Attack 32: a peer that answers probes and never opens its window does not keep a closed one. */
static void
test_fin_does_not_wait_for_ever_for_the_window(void **state)
{
	struct packet_sent sent;
	unsigned int probes = 0;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	tcp_close(p.owner.conn);
	expect_none(&p);
	while (p.owner.closed == 0 && probes < 1000) {
		packet_advance(&p, 1000000);
		while (packet_take(&p, &sent)) {
			probes++;
			inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
		}
	}
	assert_int_equal(probes, 8);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

static void
test_fin_wait_2_ends_after_a_minute(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_FIN_WAIT_2);
	packet_advance(&p, 59000000);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	packet_advance(&p, 1001000);
	expect_none(&p);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	packet_end(&p);
}

/* To FIN-WAIT-2, with a window that is full as the FIN arrives. */
static void
reach_fin_wait_2(struct packet *packet)
{
	packet_begin(packet, NULL);
	packet_reach(packet, TCP_FIN_WAIT_1);
	inject(packet, .flags = ACK, .seq = 1, .ack = 2, .window = 1000);
	assert_int_equal(packet_state(packet), TCP_FIN_WAIT_2);
}

static void
test_fin_wait_2_waits_for_a_peer_that_reads(void **state)
{
	struct packet p;

	(void)state;
	reach_fin_wait_2(&p);
	packet_advance(&p, 50000000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .window = 6000);
	packet_advance(&p, 50000000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .window = 11000);
	packet_advance(&p, 50000000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .window = 11000);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	packet_advance(&p, 10001000);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* Only one that reads: what opens and closes, or opens by bytes, gains nothing. */
static void
test_fin_wait_2_is_not_kept_by_windows(void **state)
{
	static const uint16_t windows[][2] = {{2000, 1000}, {60000, 0}, {1001, 1002}};
	unsigned int minutes;
	struct packet p;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(windows); i++) {
		reach_fin_wait_2(&p);
		for (minutes = 0; minutes < 100 && tcp_conn_count(p.tcp) > 0; minutes++) {
			packet_advance(&p, 59000000);
			inject(&p, .flags = ACK, .seq = 1, .ack = 2, .window = windows[i][0]);
			inject(&p, .flags = ACK, .seq = 1, .ack = 2, .window = windows[i][1],
			       .zero_window = true);
		}
		assert_in_range(minutes, 2, 3);
		while (packet_take(&p, &(struct packet_sent){0}))
			;
		packet_end(&p);
	}
	/* As far as a window goes, there are so many steps and no more. */
	reach_fin_wait_2(&p);
	for (minutes = 0; minutes < 100 && tcp_conn_count(p.tcp) > 0; minutes++) {
		packet_advance(&p, 59000000);
		inject(&p, .flags = ACK, .seq = 1, .ack = 2,
		       .window = RTE_MIN(1000 + 4096 * (minutes + 1), 65535u));
	}
	assert_in_range(minutes, 15, 17);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: SHLD-3. */
static void
test_data_after_close_is_reset(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_FIN_WAIT_2);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .len = 10);
	expect(&p, .flags = RST | ACK, .seq = 2, .ack = 1);
	expect_none(&p);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ECONNABORTED);
	assert_int_equal(tcp_stats(p.tcp)->drop_after_close, 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* Shows: SHLD-3. */
static void
test_data_in_flight_at_close_is_reset(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_FIN_WAIT_1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	expect(&p, .flags = RST | ACK, .seq = 2, .ack = 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_early_fin_waits_for_the_gap(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = FIN | ACK, .seq = 101, .ack = 1, .len = 50);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 152);
	assert_int_equal(packet_state(&p), TCP_CLOSE_WAIT);
	assert_int_equal(p.owner.read_bytes, 150);
	packet_end(&p);
}

static void
test_early_fin_without_data(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = FIN | ACK, .seq = 101, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 102);
	assert_int_equal(packet_state(&p), TCP_CLOSE_WAIT);
	packet_end(&p);
}

/* Where a FIN was said to be nothing follows: data that crosses it does not hide it. */
/* Shows: events. */
static void
test_data_that_crosses_a_fin(void **state)
{
	struct packet p;

	for (unsigned int order = 0; order < 3; order++) {
		packet_begin(&p, *state);
		packet_accept(&p, NULL);
		if (order == 0) {
			/* The FIN comes early, then what reaches beyond it. */
			inject(&p, .flags = FIN | ACK, .seq = 11, .ack = 1, .len = 10);
			expect(&p, .flags = ACK, .seq = 1, .ack = 1);
			inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 30);
		} else if (order == 1) {
			/* What is beyond was there first, and what continues it has the FIN. */
			inject(&p, .flags = ACK, .seq = 16, .ack = 1, .len = 30);
			expect(&p, .flags = ACK, .seq = 1, .ack = 1);
			inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1, .len = 20);
		} else {
			/* The same, and some of it wholly beyond; the FIN comes alone. */
			inject(&p, .flags = ACK, .seq = 16, .ack = 1, .len = 30);
			inject(&p, .flags = ACK, .seq = 100, .ack = 1, .len = 30);
			expect(&p, .flags = ACK, .seq = 1, .ack = 1);
			expect(&p, .flags = ACK, .seq = 1, .ack = 1);
			inject(&p, .flags = FIN | ACK, .seq = 21, .ack = 1);
			expect(&p, .flags = ACK, .seq = 1, .ack = 1);
			inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 15);
		}
		expect(&p, .flags = ACK, .seq = 1, .ack = 22);
		expect_none(&p);
		assert_int_equal(p.owner.read_bytes, 20);
		assert_int_equal(p.owner.peer_closed, 1);
		assert_int_equal(packet_state(&p), TCP_CLOSE_WAIT);
		packet_end(&p);
	}
}

static void
test_fin_again_is_acked_again(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_CLOSE_WAIT);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 2);
	expect_none(&p);
	assert_int_equal(p.owner.peer_closed, 1);
	packet_end(&p);
}

static void
test_nothing_comes_after_a_fin(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_CLOSE_WAIT);
	inject(&p, .flags = ACK, .seq = 2, .ack = 1, .len = 10);
	assert_int_equal(p.owner.read_bytes, 0);
	assert_int_equal(tcp_stats(p.tcp)->drop_window, 1);
	packet_end(&p);
}

static void
test_owner_closes_when_the_peer_does(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.close_peer_closed = true;
	packet_accept(&p, NULL);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1, .len = 5);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 7);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 7, .ack = 2);
	assert_int_equal(p.owner.closed, 1);
	packet_end(&p);
}

static void
test_half_close_reads_on(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	packet_append(&p, 100);
	assert_int_equal(tcp_shutdown(p.owner.conn), 0);
	assert_int_equal(tcp_shutdown(p.owner.conn), -ENOTCONN);
	expect(&p, .flags = FIN | PSH | ACK, .seq = 1, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 1, .ack = 102);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	/* The owner still reads, for as long as the peer takes. */
	packet_advance(&p, 600 * UINT64_C(1000000));
	inject(&p, .flags = ACK, .seq = 1, .ack = 102, .len = 500);
	inject(&p, .flags = ACK, .seq = 501, .ack = 102, .len = 500);
	expect(&p, .flags = ACK, .seq = 102, .ack = 1001);
	assert_int_equal(p.owner.read_bytes, 1000);
	inject(&p, .flags = FIN | ACK, .seq = 1001, .ack = 102);
	expect(&p, .flags = ACK, .seq = 102, .ack = 1002);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	assert_int_equal(p.owner.peer_closed, 1);
	assert_int_equal(p.owner.closed, 0);
	tcp_close(p.owner.conn);
	packet_advance(&p, 1000);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, 0);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_advance(&p, PACKET_TIME_WAIT_US);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_half_close_keeps_what_is_unread(void **state)
{
	struct packet p;
	uint32_t len;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	p.owner.read = false;
	assert_int_equal(tcp_shutdown(p.owner.conn), 0);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2, .len = 500);
	expect(&p, .flags = ACK, .seq = 2, .ack = 502);
	/* Neither 2 MSL nor a new connection takes it from its owner. */
	packet_advance(&p, 3 * PACKET_TIME_WAIT_US);
	inject(&p, .flags = SYN, .seq = 100000);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	assert_non_null(tcp_receive_peek(p.owner.conn, &len));
	assert_int_equal(len, 500);
	tcp_receive_consume(p.owner.conn, len);
	tcp_close(p.owner.conn);
	packet_advance(&p, PACKET_TIME_WAIT_US);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, 0);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_half_close_then_close(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	assert_int_equal(tcp_shutdown(p.owner.conn), 0);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2);
	tcp_close(p.owner.conn);
	expect_none(&p);
	/* Now nobody reads: data is refused, as after tcp_close() alone. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .len = 10);
	expect(&p, .flags = RST | ACK, .seq = 2, .ack = 1);
	packet_advance(&p, 1000);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ECONNABORTED);
	packet_end(&p);
}

static void
test_half_close_crosses_the_peers(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	assert_int_equal(tcp_shutdown(p.owner.conn), 0);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_CLOSING);
	assert_int_equal(p.owner.peer_closed, 1);
	tcp_close(p.owner.conn);
	inject(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	assert_int_equal(p.owner.closed, 1);
	packet_end(&p);
}

/* Shows: MUST-12. */
static void
test_reset_in_each_state(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	static const enum tcp_state states[] = {TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSING,
						TCP_CLOSE_WAIT, TCP_LAST_ACK};
	uint32_t seq;

	for (unsigned int i = 0; i < RTE_DIM(states); i++) {
		packet_reach(&p, states[i]);
		seq = states[i] == TCP_FIN_WAIT_1 || states[i] == TCP_FIN_WAIT_2 ? 1 : 2;
		inject(&p, .flags = RST, .seq = seq);
		expect_none(&p);
		assert_int_equal(p.owner.closed, i + 1);
		/* When both have closed, nothing is lost by it. */
		assert_int_equal(
			p.owner.error,
			states[i] == TCP_CLOSING || states[i] == TCP_LAST_ACK ? 0 : -ECONNRESET);
		assert_int_equal(tcp_conn_count(p.tcp), 0);
	}
	packet_end(&p);
}

static void
test_abort_in_each_state(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	enum tcp_state each;

	for (each = TCP_ESTABLISHED; each < TCP_TIME_WAIT; each++) {
		struct packet_sent sent;

		packet_reach(&p, each);
		tcp_abort(packet_conn(&p));
		assert_int_equal(packet_take(&p, &sent),
				 each != TCP_CLOSING && each != TCP_LAST_ACK);
		expect_none(&p);
		assert_int_equal(p.owner.closed, each - TCP_ESTABLISHED + 1);
		assert_int_equal(p.owner.error, -ECONNABORTED);
		assert_int_equal(tcp_conn_count(p.tcp), 0);
	}
	packet_end(&p);
}

/* A peer that only waits learns of a reset when there is an mbuf for it again, and of many so. */
static void
test_reset_waits_for_an_mbuf(void **state)
{
	static struct rte_mbuf *taken[1023];
	struct tcp_conn *conns[TCP_RESETS + 2];
	struct packet_sent sent;
	unsigned int nb = 0;
	struct packet p;

	(void)state;
	packet_begin(&p, &(struct packet_setup){.conns_max = 64});
	for (unsigned int i = 0; i < RTE_DIM(conns); i++) {
		inject(&p, .flags = SYN);
		expect(&p, .flags = SYN | ACK, .ack = 1);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		conns[i] = p.owner.conn;
		p.peer_port++;
	}
	while (nb < RTE_DIM(taken) && (taken[nb] = rte_pktmbuf_alloc(p.control)) != NULL)
		nb++;
	for (unsigned int i = 0; i < RTE_DIM(conns); i++)
		tcp_abort(conns[i]);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	assert_int_equal(tcp_stats(p.tcp)->resets_lost, 2);
	packet_advance(&p, 10000);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->reset_sent, 0);
	/* As soon as there are any, and a sleeping core wakes for it. */
	rte_pktmbuf_free_bulk(taken, 5);
	assert_true(tcp_next_timer_us(p.tcp) <= p.now_us + 1000);
	packet_advance(&p, 1000);
	p.peer_port -= RTE_DIM(conns);
	for (unsigned int i = 0; i < TCP_RESETS; i++) {
		if (i == 5) {
			expect_none(&p);
			rte_pktmbuf_free_bulk(taken + 5, nb - 5);
			packet_advance(&p, 1000);
		}
		assert_true(packet_take(&p, &sent));
		assert_int_equal(sent.header.flags, RST | ACK);
		assert_int_equal(sent.header.ack, p.irs + 1);
		assert_int_equal(sent.header.dst_port, rte_cpu_to_be_16(p.peer_port + i));
	}
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->reset_sent, TCP_RESETS);
	assert_true(tcp_next_timer_us(p.tcp) > p.now_us + 1000);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_peer_closes_first),
		both_families(test_fin_leaves_with_the_last_data),
		both_families(test_fin_waits_behind_data),
		both_families(test_both_in_one_segment),
		both_families(test_simultaneous_close),
		both_families(test_fin_is_sent_again),
		both_families(test_fin_is_given_up),
		both_families(test_probes_alone_count_silence),
		both_families(test_fin_does_not_wait_for_ever_for_the_window),
		both_families(test_fin_wait_2_ends_after_a_minute),
		both_families(test_fin_wait_2_waits_for_a_peer_that_reads),
		both_families(test_fin_wait_2_is_not_kept_by_windows),
		both_families(test_data_after_close_is_reset),
		both_families(test_data_in_flight_at_close_is_reset),
		both_families(test_early_fin_waits_for_the_gap),
		both_families(test_early_fin_without_data),
		both_families(test_data_that_crosses_a_fin),
		both_families(test_fin_again_is_acked_again),
		both_families(test_nothing_comes_after_a_fin),
		both_families(test_owner_closes_when_the_peer_does),
		both_families(test_half_close_reads_on),
		both_families(test_half_close_keeps_what_is_unread),
		both_families(test_half_close_then_close),
		both_families(test_half_close_crosses_the_peers),
		both_families(test_reset_in_each_state),
		both_families(test_abort_in_each_state),
		both_families(test_reset_waits_for_an_mbuf),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* TIME-WAIT: RFC 9293 sections 3.6 and 3.10.7.4, RFC 1337, RFC 6191. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

/* Shows: MUST-13. */
static void
test_ends_after_two_msl(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
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

/* Shows: MUST-13. */
static void
test_fin_again_starts_it_again(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
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

/* Shows: 1337-reset. */
static void
test_reset_is_ignored(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_TIME_WAIT);
	inject(&p, .flags = RST, .seq = 2);
	inject(&p, .flags = RST | ACK, .seq = 2, .ack = 2);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 6191-reuse. */
static void
test_newer_syn_opens_anew(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
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

/* Shows: 6191-reuse. */
static void
test_older_syn_is_challenged(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_TIME_WAIT);
	inject(&p, .flags = SYN, .seq = 0);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_end(&p);
}

/* Shows: 6191-reuse. */
static void
test_newer_timestamp_makes_a_syn_new(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
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

/* Shows: 1337-reset. */
static void
test_syn_without_listener_does_not_end_it(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_TIME_WAIT);
	assert_int_equal(tcp_unlisten(p.tcp, tr_addr_none(), rte_cpu_to_be_16(80)), 0);
	inject(&p, .flags = SYN, .seq = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_end(&p);
}

static void
test_data_is_not_read(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_TIME_WAIT);
	inject(&p, .flags = ACK, .seq = 2, .ack = 2, .len = 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2, .len = 1);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(p.owner.read_bytes, 0);
	assert_int_equal(tcp_stats(p.tcp)->drop_after_close, 1);
	packet_end(&p);
}

/* Bring a number of connections to a state, each from a port of its own. */
static void
reach_many(struct packet *p, enum tcp_state state, unsigned int nb)
{
	while (nb-- > 0) {
		packet_reach(p, state);
		p->peer_port++;
	}
}

static enum tcp_state
state_at(struct packet *p, uint16_t port)
{
	uint16_t now = p->peer_port;
	enum tcp_state state;

	p->peer_port = port;
	state = packet_state(p);
	p->peer_port = now;
	return state;
}

static void
test_oldest_yields_when_all_are_in_use(void **state)
{
	struct packet p;
	uint16_t first;

	packet_begin(&p, &(struct packet_setup){.conns_max = 4, .ipv6 = *state != NULL});
	first = p.peer_port;
	reach_many(&p, TCP_TIME_WAIT, 4);
	/* One from the middle goes on its own. */
	p.peer_port = first + 1;
	inject(&p, .flags = SYN, .seq = 2);
	expect(&p, .flags = SYN | ACK, .ack = 3);
	inject(&p, .flags = RST, .seq = 3);
	assert_int_equal(tcp_conn_count(p.tcp), 3);
	p.peer_port = first + 4;
	packet_accept(&p, NULL);
	assert_int_equal(tcp_stats(p.tcp)->yielded_time_wait, 0);
	for (unsigned int i = 5; i < 8; i++) {
		p.peer_port = first + i;
		packet_accept(&p, NULL);
		assert_int_equal(tcp_stats(p.tcp)->yielded_time_wait, i - 4);
		assert_int_equal(state_at(&p, first), TCP_CLOSED);
		assert_int_equal(state_at(&p, first + 2), i < 6 ? TCP_TIME_WAIT : TCP_CLOSED);
		assert_int_equal(state_at(&p, first + 3), i < 7 ? TCP_TIME_WAIT : TCP_CLOSED);
	}
	/* Who is established never yields. */
	p.peer_port = first + 8;
	inject(&p, .flags = SYN);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_syn_full, 1);
	packet_end(&p);
}

static void
test_fin_wait_2_yields_after_time_wait(void **state)
{
	struct packet p;
	uint16_t first;

	packet_begin(&p, &(struct packet_setup){.conns_max = 3, .ipv6 = *state != NULL});
	first = p.peer_port;
	reach_many(&p, TCP_FIN_WAIT_2, 2);
	reach_many(&p, TCP_TIME_WAIT, 1);
	assert_int_equal(p.owner.closed, 1);
	packet_accept(&p, NULL);
	assert_int_equal(tcp_stats(p.tcp)->yielded_time_wait, 1);
	assert_int_equal(tcp_stats(p.tcp)->yielded_fin_wait_2, 0);
	p.peer_port++;
	inject(&p, .flags = SYN);
	/* It is told, and its peer is not reset: it may still read. */
	assert_int_equal(p.owner.closed, 2);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->yielded_fin_wait_2, 1);
	assert_int_equal(state_at(&p, first), TCP_CLOSED);
	assert_int_equal(state_at(&p, first + 1), TCP_FIN_WAIT_2);
	packet_end(&p);
}

/* After tcp_shutdown() an owner may read as long as it likes. */
static void
test_half_closed_does_not_yield(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.conns_max = 1, .ipv6 = *state != NULL});
	packet_accept(&p, NULL);
	assert_int_equal(tcp_shutdown(p.owner.conn), 0);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	p.peer_port++;
	inject(&p, .flags = SYN);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_syn_full, 1);
	assert_int_equal(p.owner.closed, 0);
	packet_end(&p);
}

/* Who is closed later makes room later, in whatever order they were shut down. */
static void
test_yields_in_the_order_of_closing(void **state)
{
	static const enum tcp_state states[] = {TCP_FIN_WAIT_2, TCP_TIME_WAIT};
	struct tcp_conn *conns[2];
	struct packet p;
	uint16_t first;
	unsigned int i, j;

	for (i = 0; i < RTE_DIM(states); i++) {
		packet_begin(&p, &(struct packet_setup){.conns_max = 2, .ipv6 = *state != NULL});
		first = p.peer_port;
		for (j = 0; j < RTE_DIM(conns); j++) {
			p.peer_port = first + j;
			packet_accept(&p, NULL);
			conns[j] = p.owner.conn;
			assert_int_equal(tcp_shutdown(conns[j]), 0);
			expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
			inject(&p, .flags = ACK, .seq = 1, .ack = 2);
			if (states[i] == TCP_TIME_WAIT) {
				inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
				expect(&p, .flags = ACK, .seq = 2, .ack = 2);
			}
			assert_int_equal(state_at(&p, first + j), states[i]);
		}
		tcp_close(conns[1]);
		tcp_close(conns[0]);
		packet_advance(&p, 10000);
		for (j = 2; j < 4; j++) {
			p.peer_port = first + j;
			packet_accept(&p, NULL);
			assert_int_equal(state_at(&p, first + 1), TCP_CLOSED);
			assert_int_equal(state_at(&p, first), j == 2 ? states[i] : TCP_CLOSED);
		}
		packet_end(&p);
	}
}

/* With the backlog full too, a cookie is promised: there is one who yields when it comes back. */
static void
test_yields_to_a_cookie(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){
				 .conns_max = 2, .syn_backlog = 1, .ipv6 = *state != NULL});
	reach_many(&p, TCP_TIME_WAIT, 1);
	reach_many(&p, TCP_SYN_RECEIVED, 1);
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	assert_int_equal(tcp_stats(p.tcp)->yielded_time_wait, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.opened, 2);
	assert_int_equal(tcp_stats(p.tcp)->yielded_time_wait, 1);
	packet_end(&p);
}

/* Attack 34: far more connections than there is room for leave TIME-WAIT behind. */
static void
test_many_pass_through(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	for (unsigned int i = 0; i < 60000; i++) {
		p.peer_port = 5000 + i;
		packet_reach(&p, TCP_TIME_WAIT);
		p.now_us += 100;
	}
	assert_int_equal(p.owner.opened, 60000);
	assert_int_equal(tcp_conn_count(p.tcp), PACKET_CONNS);
	assert_int_equal(tcp_stats(p.tcp)->yielded_time_wait, 60000 - PACKET_CONNS);
	packet_advance(&p, PACKET_TIME_WAIT_US + 1000);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* RFC 6191 section 2: timestamps where there were none before make any SYN a new one. */
/* Shows: 6191-reuse. */
static void
test_syn_with_timestamps_where_there_were_none(void **state)
{
	static const struct wire_tcp_options options = {.has_timestamps = true, .ts_value = 1};
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_TIME_WAIT);
	inject(&p, .flags = SYN, .seq = (uint32_t)-5000, .options = &options);
	expect(&p, .flags = SYN | ACK, .ack = (uint32_t)-4999);
	packet_end(&p);
}

/* And those that have none any more must be beyond in sequence. */
/* Shows: 6191-reuse. */
static void
test_syn_without_timestamps_where_there_were_some(void **state)
{
	static const struct wire_tcp_options options = {.has_timestamps = true, .ts_value = 1000};
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &options);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	p.timestamps = false;
	inject(&p, .flags = SYN, .seq = 1);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	inject(&p, .flags = SYN, .seq = 2);
	expect(&p, .flags = SYN | ACK, .ack = 3);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_ends_after_two_msl),
		both_families(test_fin_again_starts_it_again),
		both_families(test_reset_is_ignored),
		both_families(test_newer_syn_opens_anew),
		both_families(test_older_syn_is_challenged),
		both_families(test_newer_timestamp_makes_a_syn_new),
		both_families(test_syn_without_listener_does_not_end_it),
		both_families(test_data_is_not_read),
		both_families(test_oldest_yields_when_all_are_in_use),
		both_families(test_fin_wait_2_yields_after_time_wait),
		both_families(test_half_closed_does_not_yield),
		both_families(test_yields_in_the_order_of_closing),
		both_families(test_yields_to_a_cookie),
		both_families(test_many_pass_through),
		both_families(test_syn_with_timestamps_where_there_were_none),
		both_families(test_syn_without_timestamps_where_there_were_some),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* SYN-SENT: RFC 9293 sections 3.5 and 3.10.7.3. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

static void
test_opens(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = SYN | ACK, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .window = PACKET_WINDOW);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_int_equal(p.owner.opened, 1);
	assert_ptr_equal(tcp_conn_user(p.owner.conn), &p);
	assert_int_equal(tcp_stats(p.tcp)->opened_active, 1);
	packet_end(&p);
}

/* Shows: MUST-14, MUST-67. */
static void
test_syn_has_all_options(void **state)
{
	struct packet p;
	struct packet_sent sent;

	packet_begin(&p, *state);
	packet_connect(&p);
	expect_sent(&p, &sent, .flags = SYN, .window = PACKET_WINDOW);
	assert_true(sent.header.options.has_mss);
	assert_int_equal(sent.header.options.mss, p.mss);
	assert_true(sent.header.options.has_window_scale);
	assert_true(sent.header.options.has_timestamps);
	assert_int_equal(sent.header.options.ts_echo, 0);
	assert_true(sent.header.options.sack_permitted);
	packet_end(&p);
}

static void
test_appended_before_established_leaves_after(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	p.owner.conn = packet_conn(&p);
	packet_append(&p, 10);
	expect_none(&p);
	inject(&p, .flags = SYN | ACK, .ack = 1);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: reset-rules. */
static void
test_wrong_ack_is_reset(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = SYN | ACK, .ack = 0);
	expect(&p, .flags = RST, .seq = 0);
	inject(&p, .flags = ACK, .seq = 5, .ack = 2);
	expect(&p, .flags = RST, .seq = 2);
	inject(&p, .flags = RST | ACK, .ack = 2);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_ack, 3);
	assert_int_equal(packet_state(&p), TCP_SYN_SENT);
	packet_end(&p);
}

/* Shows: MUST-12. */
static void
test_reset_refuses(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = RST);
	assert_int_equal(packet_state(&p), TCP_SYN_SENT);
	inject(&p, .flags = RST | ACK, .ack = 1);
	expect_none(&p);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ECONNREFUSED);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_ack_alone_is_dropped(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = ACK, .ack = 1);
	inject(&p, .flags = FIN | ACK, .ack = 1);
	inject(&p, .flags = SYN | FIN | ACK, .ack = 1);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_flags, 3);
	packet_end(&p);
}

/* Shows: MUST-10. */
static void
test_simultaneous_open(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_SYN_RECEIVED);
	inject(&p, .flags = SYN | ACK, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_int_equal(p.owner.opened, 1);
	expect_none(&p);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* RFC 7323 section 2.2: of no segment with a SYN. */
static void
test_window_of_a_crossed_syn_ack_is_not_scaled(void **state)
{
	static const struct wire_tcp_options options = {
		.has_mss = true,
		.mss = 1000,
		.has_window_scale = true,
		.window_scale = 7,
	};
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = SYN, .window = 2000, .options = &options);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = SYN | ACK, .ack = 1, .window = 2000, .options = &options);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	packet_append(&p, 5000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2001, .window = 2000);
	expect(&p, .flags = ACK, .seq = 2001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK, .seq = 3001, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK | PSH, .seq = 4001, .ack = 1, .len = 1000);
	packet_end(&p);
}

/* Shows: MUST-11. */
static void
test_simultaneous_open_reset(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = RST, .seq = 1);
	assert_int_equal(p.owner.error, -ECONNREFUSED);
	assert_int_equal(p.owner.closed, 1);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: MUST-22, MUST-23. */
static void
test_syn_is_sent_eight_times(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	uint64_t delay_us = 1000000;
	uint64_t begin_us;

	packet_reach(&p, TCP_SYN_SENT);
	begin_us = p.now_us;
	for (unsigned int i = 0; i < 7; i++) {
		packet_advance(&p, delay_us - 1000);
		expect_none(&p);
		packet_advance(&p, 1000);
		expect(&p, .flags = SYN);
		delay_us = RTE_MIN(delay_us * 2, 60000000ul);
	}
	assert_int_equal(p.owner.closed, 0);
	packet_advance(&p, delay_us);
	expect_none(&p);
	/* RFC 9293 MUST-23: three minutes at least. */
	assert_true(p.now_us - begin_us >= 180000000);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	assert_int_equal(tcp_stats(p.tcp)->timed_out, 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

static void
test_data_with_the_syn_ack_is_read(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	inject(&p, .flags = SYN | ACK, .ack = 1, .len = 5);
	expect(&p, .flags = ACK, .seq = 1, .ack = 6);
	assert_int_equal(p.owner.read_bytes, 5);
	packet_end(&p);
}

static void
test_close_and_abort(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct tcp_conn *conn;

	packet_reach(&p, TCP_SYN_SENT);
	tcp_close(packet_conn(&p));
	assert_int_equal(p.owner.closed, 0);
	packet_advance(&p, 1000);
	assert_int_equal(p.owner.closed, 1);
	packet_reach(&p, TCP_SYN_SENT);
	conn = packet_conn(&p);
	tcp_abort(conn);
	assert_int_equal(p.owner.closed, 2);
	assert_int_equal(p.owner.error, -ECONNABORTED);
	expect_none(&p);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* What is sent next goes, from our address. */
static void
expect_our_address(struct packet *p)
{
	uint32_t offset = 14 + (p->ipv6 ? 8 : 12);
	uint32_t bytes = p->ipv6 ? 16 : 4;
	struct ip_txq *txq = ip_txq(p->ip);
	struct tr_addr ours;

	assert_true(tr_addr_parse(p->ipv6 ? "2001:db8::1" : "10.0.0.1", &ours));
	tcp_output(p->tcp, p->now_us);
	assert_true(txq->nb > 0);
	assert_memory_equal(rte_pktmbuf_mtod_offset(txq->frames[0], uint8_t *, offset),
			    &ours.bytes[sizeof(ours.bytes) - bytes], bytes);
	assert_true(packet_take(p, &(struct packet_sent){0}));
}

/* Shows: MUST-44, MUST-45. */
static void
test_all_comes_from_one_address(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.conn = packet_connect(&p);
	assert_non_null(p.owner.conn);
	expect_our_address(&p);
	packet_advance(&p, 1000000);
	expect_our_address(&p);
	inject(&p, .flags = SYN | ACK, .ack = 1);
	expect_our_address(&p);
	packet_append(&p, 10);
	expect_our_address(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 11);
	tcp_close(p.owner.conn);
	expect_our_address(&p);
	packet_end(&p);
}

/* Shows: MUST-46. */
static void
test_connect_refuses_nonsense(void **state)
{
	/* Groups, broadcasts, nobody's and our own. */
	static const uint32_t nobody[] = {0xe0000001, 0xefffffff, 0xffffffff, 0x0a0000ff,
					  0x00000001, 0x7f000001, 0x0a000001};
	static const char *const nobody6[] = {"ff02::1", "ff0e::1", "::1", "2001:db8::1"};
	const struct tr_addr peer = tr_addr_ipv4(RTE_BE32(0x0a000002));
	struct packet p;

	packet_begin(&p, *state);
	assert_null(tcp_connect(p.tcp, tr_addr_none(), rte_cpu_to_be_16(1), 0, NULL, p.now_us));
	assert_int_equal(rte_errno, EINVAL);
	for (unsigned int i = 0; i < RTE_DIM(nobody); i++) {
		const struct tr_addr addr = tr_addr_ipv4(rte_cpu_to_be_32(nobody[i]));

		rte_errno = 0;
		assert_null(tcp_connect(p.tcp, addr, rte_cpu_to_be_16(1), 0, NULL, p.now_us));
		assert_int_equal(rte_errno, EINVAL);
	}
	for (unsigned int i = 0; i < RTE_DIM(nobody6); i++) {
		struct tr_addr addr;

		rte_errno = 0;
		assert_true(tr_addr_parse(nobody6[i], &addr));
		assert_null(tcp_connect(p.tcp, addr, rte_cpu_to_be_16(1), 0, NULL, p.now_us));
		assert_int_equal(rte_errno, EINVAL);
	}
	packet_reach(&p, TCP_SYN_SENT);
	assert_null(packet_connect(&p));
	assert_int_equal(rte_errno, EADDRINUSE);
	for (unsigned int i = 1; i < PACKET_CONNS; i++)
		assert_non_null(tcp_connect(p.tcp, peer, rte_cpu_to_be_16(9), 0, &p, p.now_us));
	assert_null(tcp_connect(p.tcp, peer, rte_cpu_to_be_16(9), 0, &p, p.now_us));
	assert_int_equal(rte_errno, ENOBUFS);
	packet_end(&p);
}

/* A peer's port that nothing else uses: what is asked is asked of it. */
#define OTHER_PORT 4711

static bool
is_every_fifth(const struct ip_ends *ends, uint16_t remote_port, uint16_t local_port)
{
	assert_int_equal(remote_port, OTHER_PORT);
	assert_int_equal(ends->remote.bytes[15], 2);
	assert_int_equal(ends->local.bytes[15], 1);
	return local_port % 5 == 3;
}

static bool
is_one_port(const struct ip_ends *ends, uint16_t remote_port, uint16_t local_port)
{
	(void)ends;
	(void)remote_port;
	return local_port == 50001;
}

static struct tcp_conn *
connect_other(struct packet *p, uint16_t local_port)
{
	struct tr_addr peer = tr_addr_ipv4(RTE_BE32(0x0a000002));

	if (p->ipv6)
		tr_addr_parse("2001:db8::2", &peer);
	rte_errno = 0;
	return tcp_connect(p->tcp, peer, rte_cpu_to_be_16(OTHER_PORT), rte_cpu_to_be_16(local_port),
			   p, p->now_us);
}

/* Only such are chosen whose segments come to this core; as ever, nobody foresees which. */
static void
test_ports_are_those_of_this_core(void **state)
{
	struct tcp_conn_info info;
	struct tcp_conn *conn;
	struct packet p;
	unsigned int i;

	packet_begin(&p, *state);
	p.owner.comes_here = is_every_fifth;
	for (i = 0; i < PACKET_CONNS; i++) {
		conn = connect_other(&p, 0);
		assert_non_null(conn);
		tcp_conn_info(conn, &info);
		assert_int_equal(rte_be_to_cpu_16(info.local_port) % 5, 3);
		assert_true(rte_be_to_cpu_16(info.local_port) >= 49152);
	}
	assert_int_equal(tcp_stats(p.tcp)->ports_exhausted, 0);
	packet_end(&p);
}

static void
test_no_port_is_left(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.comes_here = is_one_port;
	/* Another core's, though nobody has it. */
	assert_null(connect_other(&p, 50002));
	assert_int_equal(rte_errno, EADDRINUSE);
	assert_int_equal(tcp_stats(p.tcp)->ports_exhausted, 1);
	assert_non_null(connect_other(&p, 0));
	assert_null(connect_other(&p, 0));
	assert_int_equal(rte_errno, EADDRINUSE);
	assert_null(connect_other(&p, 50001));
	assert_int_equal(rte_errno, EADDRINUSE);
	assert_int_equal(tcp_stats(p.tcp)->ports_exhausted, 3);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_opens),
		both_families(test_syn_has_all_options),
		both_families(test_appended_before_established_leaves_after),
		both_families(test_wrong_ack_is_reset),
		both_families(test_reset_refuses),
		both_families(test_ack_alone_is_dropped),
		both_families(test_simultaneous_open),
		both_families(test_window_of_a_crossed_syn_ack_is_not_scaled),
		both_families(test_simultaneous_open_reset),
		both_families(test_syn_is_sent_eight_times),
		both_families(test_data_with_the_syn_ack_is_read),
		both_families(test_close_and_abort),
		both_families(test_all_comes_from_one_address),
		both_families(test_connect_refuses_nonsense),
		both_families(test_ports_are_those_of_this_core),
		both_families(test_no_port_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

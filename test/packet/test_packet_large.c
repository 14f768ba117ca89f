/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Segments that the port cuts (TSO): what is handed over in one, and what is not. */
#include "packet.h"
#include "test_eal.h"

#define MBUFS 64

static const struct wire_tcp_options mss_1000 = {.has_mss = true, .mss = 1000};

static void
begin(struct packet *p, void *const *state, uint16_t mbufs)
{
	packet_begin(p, &(struct packet_setup){.large_mbufs = mbufs, .ipv6 = *state != NULL});
	packet_accept(p, &mss_1000);
}

/* A segment that the port cuts, or with cut 0 one that it sends as it is. */
static void
expect_cut(struct packet *p, uint16_t cut, uint8_t flags, uint32_t seq, uint32_t len)
{
	struct packet_sent sent;

	expect_sent(p, &sent, .flags = ACK | flags, .seq = seq, .ack = 1, .len = len);
	assert_int_equal(sent.cut_bytes, cut);
}

static void
test_whole_window_in_one(void **state)
{
	struct packet p;
	uint64_t segments;

	begin(&p, state, MBUFS);
	segments = tcp_stats(p.tcp)->tx_segments;
	packet_append(&p, 20500);
	/* The initial window. */
	expect_cut(&p, 1000, 0, 1, 10000);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->tx_large, 1);
	assert_int_equal(tcp_stats(p.tcp)->tx_segments - segments, 10);
	assert_int_equal(tcp_stats(p.tcp)->tx_bytes, 10000);
	/* What does not fill a segment goes with the last of it. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 10001);
	expect_cut(&p, 1000, PSH, 10001, 10500);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->tx_segments - segments, 21);
	inject(&p, .flags = ACK, .seq = 1, .ack = 20501);
	packet_end(&p);
}

static void
test_end_goes_with_it(void **state)
{
	struct packet p;

	begin(&p, state, MBUFS);
	packet_append(&p, 3500);
	tcp_close(p.owner.conn);
	expect_cut(&p, 1000, PSH | FIN, 1, 3500);
	inject(&p, .flags = ACK, .seq = 1, .ack = 3502);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	packet_end(&p);
}

/* One segment is one, whoever could cut it. */
static void
test_a_single_segment_is_not_cut(void **state)
{
	struct packet p;

	begin(&p, state, MBUFS);
	packet_append(&p, 1000);
	expect_cut(&p, 0, PSH, 1, 1000);
	packet_append(&p, 999);
	expect_cut(&p, 0, PSH, 1001, 999);
	assert_int_equal(tcp_stats(p.tcp)->tx_large, 0);
	packet_end(&p);
}

/* RFC 9293 section 3.8.6.2.1: what the window cuts off is as silly as it ever was. */
static void
test_window_that_is_no_multiple(void **state)
{
	struct packet p;

	begin(&p, state, MBUFS);
	packet_append(&p, 10);
	expect_cut(&p, 0, PSH, 1, 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = 11, .window = 4300);
	packet_append(&p, 9000);
	expect_cut(&p, 1000, 0, 11, 4000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 4011, .window = 5000);
	expect_cut(&p, 1000, PSH, 4011, 5000);
	packet_end(&p);
}

static void
test_nagle_keeps_the_rest(void **state)
{
	struct packet p;

	begin(&p, state, MBUFS);
	tcp_set_nagle(p.owner.conn, true);
	packet_append(&p, 3500);
	expect_cut(&p, 1000, 0, 1, 3000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 3001);
	expect_cut(&p, 0, PSH, 3001, 500);
	packet_end(&p);
}

/* What is sent again is what was lost, a segment at a time. */
static void
test_retransmissions_are_segments(void **state)
{
	struct packet_sent sent;
	struct packet p;
	unsigned int i;

	begin(&p, state, MBUFS);
	packet_append(&p, 10000);
	expect_cut(&p, 1000, PSH, 1, 10000);
	/* The third of three says that the first is lost. */
	for (i = 0; i < 3; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect_cut(&p, 0, 0, 1, 1000);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 10001);
	/* And after a timeout, though the window would take more. */
	packet_append(&p, 5000);
	expect_cut(&p, 1000, PSH, 10001, 5000);
	packet_advance(&p, 500000);
	for (i = 0; packet_take(&p, &sent); i++)
		assert_int_equal(sent.cut_bytes, 0);
	assert_in_range(i, 1, 5);
	inject(&p, .flags = ACK, .seq = 1, .ack = 11001);
	expect_cut(&p, 0, 0, 11001, 1000);
	expect_cut(&p, 0, 0, 12001, 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 15001);
	packet_end(&p);
}

/* RFC 3168 section 6.1.2: ports that cut may repeat the flag in each segment. */
static void
test_the_cut_carry_no_cwr(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.large_mbufs = MBUFS, .ipv6 = *state != NULL});
	inject(&p, .flags = SYN | ECE | CWR, .options = &mss_1000);
	expect(&p, .flags = SYN | ACK | ECE, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	packet_append(&p, 10000);
	expect_cut(&p, 1000, PSH, 1, 10000);
	packet_append(&p, 10000);
	expect_none(&p);
	inject(&p, .flags = ACK | ECE, .seq = 1, .ack = 10001);
	expect_cut(&p, 0, CWR, 10001, 1000);
	expect_cut(&p, 1000, 0, 11001, 4000);
	expect_none(&p);
	packet_end(&p);
}

/* As many mbufs as the port gathers, each of a segment here. */
static void
test_port_that_gathers_few(void **state)
{
	struct packet p;

	begin(&p, state, 4);
	packet_append(&p, 9500);
	expect_cut(&p, 1000, 0, 1, 4000);
	expect_cut(&p, 1000, 0, 4001, 4000);
	expect_cut(&p, 1000, PSH, 8001, 1500);
	packet_end(&p);
}

static void
test_port_that_cuts_none(void **state)
{
	struct packet p;

	begin(&p, state, MBUFS);
	tcp_set_large(p.tcp, 0);
	packet_append(&p, 2000);
	expect_cut(&p, 0, 0, 1, 1000);
	expect_cut(&p, 0, PSH, 1001, 1000);
	tcp_set_large(p.tcp, MBUFS);
	packet_append(&p, 2000);
	expect_cut(&p, 1000, PSH, 2001, 2000);
	packet_end(&p);
}

/* RFC 2018 section 4: each ACK that is due tells what came, so not one whose segment is full. */
static void
test_ack_with_blocks_goes_beside_it(void **state)
{
	static const struct wire_tcp_options sack = {
		.has_mss = true, .mss = 1000, .sack_permitted = true};
	struct packet_sent sent;
	struct packet p;

	for (unsigned int large = 0; large < 2; large++) {
		packet_begin(&p, &(struct packet_setup){.large_mbufs = large ? MBUFS : 0,
							.ipv6 = *state != NULL});
		packet_accept(&p, &sack);
		inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
		inject(&p, .flags = ACK, .seq = 301, .ack = 1, .len = 100);
		expect(&p, .flags = ACK, .seq = 1, .ack = 1);
		expect(&p, .flags = ACK, .seq = 1, .ack = 1);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
		packet_append(&p, 4000);
		for (unsigned int i = 0; i < 4; i += large ? 4 : 1)
			expect(&p, .flags = ACK | (large || i == 3 ? PSH : 0), .seq = 1 + 1000 * i,
			       .ack = 201, .len = large ? 4000 : 1000);
		expect_sent(&p, &sent, .flags = ACK, .seq = 4001, .ack = 201);
		assert_int_equal(sent.header.options.nb_sack, 1);
		assert_int_equal(sent.header.options.sack[0].left, p.irs + 301);
		/* One that has room needs no other, and none is sent where none was due. */
		inject(&p, .flags = ACK, .seq = 201, .ack = 4001, .len = 10);
		packet_append(&p, 500);
		expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 4001, .ack = 211, .len = 500);
		assert_int_equal(sent.header.options.nb_sack, 1);
		packet_append(&p, 2000);
		while (packet_take(&p, &sent))
			assert_true(sent.len > 0);
		packet_end(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_whole_window_in_one),
		both_families(test_end_goes_with_it),
		both_families(test_a_single_segment_is_not_cut),
		both_families(test_window_that_is_no_multiple),
		both_families(test_nagle_keeps_the_rest),
		both_families(test_retransmissions_are_segments),
		both_families(test_the_cut_carry_no_cwr),
		both_families(test_port_that_gathers_few),
		both_families(test_port_that_cuts_none),
		both_families(test_ack_with_blocks_goes_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

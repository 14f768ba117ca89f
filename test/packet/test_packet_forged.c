/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Segments of somebody who guesses. */
#include "packet.h"
#include "test_eal.h"

#define STRANGERS 1000
#define SECOND_US 1000000

/* What a peer with timestamps says first, and what would make it old for 24 days. */
static const struct wire_tcp_options ts_syn = {.has_timestamps = true, .ts_value = 1000};
static const struct wire_tcp_options ts_ahead = {.has_timestamps = true, .ts_value = 0x7fffffff};

/* The next segment has these flags, and echoes what the peer said and not what was forged. */
static void
expect_echo(struct packet *p, uint8_t flags, uint32_t ts_echo)
{
	struct packet_sent sent;

	assert_true(packet_take(p, &sent));
	assert_int_equal(sent.header.flags, flags);
	assert_int_equal(sent.header.options.ts_echo, ts_echo);
	expect_none(p);
}

static void
test_fin_outside_of_the_window_is_ignored(void **state)
{
	static const uint32_t seqs[] = {0, 1 + PACKET_WINDOW, 1000000, 1u << 31};
	struct packet p;
	unsigned int i;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	for (i = 0; i < RTE_DIM(seqs); i++) {
		inject(&p, .flags = FIN | ACK, .seq = seqs[i], .ack = 1);
		expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	}
	/* Nor one that acknowledges what was not sent, or has no ACK. */
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = FIN, .seq = 1);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_int_equal(p.owner.peer_closed, 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* RFC 7323 section 5.3: who has poisoned it would have all that follows dropped as old. */
static void
test_timestamp_outside_of_the_window_is_not_kept(void **state)
{
	const struct wire_tcp_options *ahead = &ts_ahead;
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &ts_syn);
	inject(&p, .flags = ACK, .seq = 1 + PACKET_WINDOW, .ack = 1, .len = 1, .options = ahead);
	inject(&p, .flags = ACK, .seq = 1000000, .ack = 1, .options = ahead);
	while (packet_take(&p, &sent))
		assert_int_equal(sent.header.options.ts_echo, 1000);
	/* Beyond what was acknowledged, too, though it is in the window. */
	inject(&p, .flags = ACK, .seq = 100, .ack = 1, .len = 1, .options = ahead);
	p.ts_value = 1001;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	assert_int_equal(p.owner.read_bytes, 10);
	assert_int_equal(tcp_stats(p.tcp)->drop_paws, 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Nor of a segment in the window that guesses its ACK, or is a SYN, or a reset. */
/* Shows: 7323-recent, 5961-ack. */
static void
test_timestamp_of_a_refused_segment_is_not_kept(void **state)
{
	static const struct {
		uint8_t flags, answer;
		uint32_t seq, ack;
	} forged[] = {
		{ACK, ACK, 1, 1000000}, {ACK, ACK, 1, (uint32_t)-PACKET_WINDOW},
		{ACK, ACK, 1, 2},	{ACK | FIN, ACK, 1, 1u << 31},
		{SYN, ACK, 1, 0},	{SYN | ACK, ACK, 1, 1},
		{RST, ACK, 2, 0},	{RST | ACK, ACK, 2, 1},
		{PSH, 0, 1, 0},
	};
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(forged); i++) {
		packet_begin(&p, *state);
		packet_accept(&p, &ts_syn);
		inject(&p, .flags = forged[i].flags, .seq = forged[i].seq, .ack = forged[i].ack,
		       .len = forged[i].flags & RST ? 0 : 10, .options = &ts_ahead);
		if (forged[i].answer != 0)
			expect_echo(&p, forged[i].answer, 1000);
		assert_int_equal(p.owner.read_bytes, 0);
		p.ts_value = 1001;
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
		assert_int_equal(p.owner.read_bytes, 10);
		assert_int_equal(tcp_stats(p.tcp)->drop_paws, 0);
		packet_append(&p, 10);
		expect_echo(&p, ACK | PSH, 1001);
		packet_end(&p);
	}
}

/* With the peer's SYN alone, and with both (simultaneous open). */
/* Shows: 7323-recent. */
static void
test_timestamp_of_a_refused_handshake_is_not_kept(void **state)
{
	struct packet_sent sent;
	struct packet p;

	for (uint32_t open = 0; open < 2; open++) {
		packet_begin(&p, *state);
		if (open) {
			assert_non_null(packet_connect(&p));
			expect(&p, .flags = SYN);
		}
		p.timestamps = true;
		p.ts_value = 1000;
		inject(&p, .flags = SYN, .options = &ts_syn);
		expect_echo(&p, SYN | ACK, 1000);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1000000, .options = &ts_ahead);
		assert_true(packet_take(&p, &sent));
		assert_int_equal(sent.header.flags, RST);
		inject(&p, .flags = SYN | ACK, .seq = 0, .ack = 1000000, .options = &ts_ahead);
		assert_true(packet_take(&p, &sent));
		assert_int_equal(sent.header.flags, RST);
		inject(&p, .flags = SYN, .seq = 1, .options = &ts_ahead);
		expect_echo(&p, ACK, 1000);
		assert_int_equal(packet_state(&p), TCP_SYN_RECEIVED);
		p.ts_value = 1001;
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
		assert_int_equal(p.owner.opened, 1);
		assert_int_equal(p.owner.read_bytes, 10);
		assert_int_equal(tcp_stats(p.tcp)->drop_paws, 0);
		packet_end(&p);
	}
}

/* The peer could neither send its FIN again nor open anew. */
/* Shows: 7323-recent. */
static void
test_timestamp_of_a_refused_segment_in_time_wait_is_not_kept(void **state)
{
	static const struct wire_tcp_options later = {.has_timestamps = true, .ts_value = 1002};
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &ts_syn);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	inject(&p, .flags = ACK, .seq = 2, .ack = 1000000, .options = &ts_ahead);
	expect_echo(&p, ACK, 1000);
	assert_int_equal(tcp_stats(p.tcp)->drop_ack, 1);
	p.ts_value = 1001;
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	assert_int_equal(tcp_stats(p.tcp)->drop_paws, 0);
	/* What acknowledges all is the peer's. */
	inject(&p, .flags = ACK, .seq = 2, .ack = 2);
	expect_none(&p);
	inject(&p, .flags = SYN, .seq = 0, .options = &later);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	packet_end(&p);
}

/* Who forges a segment now and then is not to hide that the peer is gone. */
static void
test_keepalive_is_not_put_off(void **state)
{
	struct packet p;

	packet_begin(
		&p, &(struct packet_setup){.keepalive_idle_us = SECOND_US, .ipv6 = *state != NULL});
	packet_accept(&p, NULL);
	tcp_set_keepalive(p.owner.conn, true);
	packet_advance(&p, SECOND_US / 2);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1000000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = SYN, .seq = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	packet_advance(&p, SECOND_US / 2);
	expect(&p, .flags = ACK, .seq = 0, .ack = 1);
	/* Nor does it answer the probe. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 1000000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	packet_advance(&p, 75 * SECOND_US);
	expect(&p, .flags = ACK, .seq = 0, .ack = 1);
	assert_int_equal(tcp_stats(p.tcp)->keepalive_probes, 2);
	packet_end(&p);
}

static void
test_data_with_a_syn_is_not_kept(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN, .len = 100);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	assert_int_equal(rte_mempool_in_use_count(p.foreign), 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	assert_int_equal(p.owner.read_bytes, 100);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Whoever makes us answer a third party sends as much as that one gets. */
static void
test_one_small_answer_for_one_segment(void **state)
{
	struct packet_sent sent;
	struct packet p;
	unsigned int i;

	packet_begin(&p, *state);
	for (i = 0; i < STRANGERS; i++) {
		p.peer_port++;
		inject(&p, .flags = i & 0xff & ~(SYN | RST), .seq = i, .ack = 5, .len = i % 2);
		if (!packet_take(&p, &sent))
			continue;
		assert_int_equal(sent.header.flags & RST, RST);
		assert_int_equal(sent.header.header_bytes + sent.len, WIRE_TCP_HEADER_BYTES);
		expect_none(&p);
	}
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_fin_outside_of_the_window_is_ignored),
		both_families(test_timestamp_outside_of_the_window_is_not_kept),
		both_families(test_timestamp_of_a_refused_segment_is_not_kept),
		both_families(test_timestamp_of_a_refused_handshake_is_not_kept),
		both_families(test_timestamp_of_a_refused_segment_in_time_wait_is_not_kept),
		both_families(test_keepalive_is_not_put_off),
		both_families(test_data_with_a_syn_is_not_kept),
		both_families(test_one_small_answer_for_one_segment),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

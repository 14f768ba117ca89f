/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Options: RFC 9293 section 3.7.1, RFC 7323, RFC 2018, RFC 6691. */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

/* Payload of a full segment after a SYN with these options. */
static uint32_t
full_segment(void **state, const struct wire_tcp_options *options, uint16_t mss_max)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.mss_max = mss_max, .ipv6 = *state != NULL});
	packet_accept(&p, options);
	packet_append(&p, 3000);
	assert_true(packet_take(&p, &sent));
	packet_end(&p);
	return sent.len;
}

/* Shows: MUST-14, MUST-15, MUST-16, 6691-options. */
static void
test_mss_of_the_peer_and_ours(void **state)
{
	struct wire_tcp_options options = {.has_mss = true};
	bool ipv6 = *state != NULL;

	assert_int_equal(full_segment(state, NULL, 0), ipv6 ? 1220 : 536);
	options.mss = 0;
	assert_int_equal(full_segment(state, &options, 0), 64);
	options.mss = 1;
	assert_int_equal(full_segment(state, &options, 0), 64);
	options.mss = 88;
	assert_int_equal(full_segment(state, &options, 0), 88);
	options.mss = 1460;
	assert_int_equal(full_segment(state, &options, 0), ipv6 ? 1440 : 1460);
	assert_int_equal(full_segment(state, &options, 1000), 1000);
	options.mss = 65535;
	assert_int_equal(full_segment(state, &options, 0), ipv6 ? 1440 : 1460);
	options.has_timestamps = true;
	assert_int_equal(full_segment(state, &options, 0), ipv6 ? 1428 : 1448);
}

/* Shows: MUST-14, MUST-67, 7323-scale, 2018-permitted. */
static void
test_syn_ack_answers_what_was_offered(void **state)
{
	struct packet p;
	struct packet_sent sent;

	packet_begin(&p, *state);
	static const struct wire_tcp_options all = {
		.has_mss = true,
		.mss = 1460,
		.has_window_scale = true,
		.has_timestamps = true,
		.ts_value = 77,
		.sack_permitted = true,
	};

	inject(&p, .flags = SYN);
	expect_sent(&p, &sent, .flags = SYN | ACK, .ack = 1);
	assert_true(sent.header.options.has_mss);
	assert_int_equal(sent.header.options.mss, p.mss);
	assert_false(sent.header.options.has_window_scale);
	assert_false(sent.header.options.has_timestamps);
	assert_false(sent.header.options.sack_permitted);
	p.peer_port++;
	inject(&p, .flags = SYN, .options = &all);
	expect_sent(&p, &sent, .flags = SYN | ACK, .ack = 1);
	assert_true(sent.header.options.has_window_scale);
	assert_true(sent.header.options.has_timestamps);
	assert_int_equal(sent.header.options.ts_echo, 77);
	assert_true(sent.header.options.sack_permitted);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 7323-scale. */
static void
test_window_scale(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.receive_window_bytes = 1 << 20,
						.ipv6 = *state != NULL});
	static const struct wire_tcp_options options = {
		.has_mss = true, .mss = 1000, .has_window_scale = true, .window_scale = 7};
	struct tcp_conn_info info;
	struct packet_sent sent;
	unsigned int segments = 0;

	inject(&p, .flags = SYN, .options = &options, .window = 1000);
	expect_sent(&p, &sent, .flags = SYN | ACK, .ack = 1, .window = 65535);
	assert_int_equal(sent.header.options.window_scale, 5);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 50);
	tcp_conn_info(p.owner.conn, &info);
	assert_int_equal(info.snd_wnd, 50 << 7);
	packet_append(&p, 10000);
	while (packet_take(&p, &sent))
		segments++;
	assert_int_equal(segments, 6);
	assert_true((uint32_t)sent.header.window << 5 > 900000);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 7323-scale. */
static void
test_without_window_scale_64_kib_are_offered(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.receive_window_bytes = 1 << 20,
						.ipv6 = *state != NULL});
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 11, .ack = 1, .len = 10);
	expect(&p, .flags = ACK, .seq = 1, .ack = 21, .window = 65515);
	packet_end(&p);
}

/* Shows: 7323-recent. */
static void
test_timestamps_are_echoed(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	static const struct wire_tcp_options options = {.has_timestamps = true, .ts_value = 100};
	struct packet_sent sent;
	uint32_t first;

	packet_accept(&p, &options);
	p.ts_value = 101;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	p.ts_value = 102;
	inject(&p, .flags = ACK, .seq = 11, .ack = 1, .len = 10);
	/* The earliest segment that the ACK is for (RFC 7323 section 4.2). */
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 21);
	assert_true(sent.header.options.has_timestamps);
	assert_int_equal(sent.header.options.ts_echo, 101);
	first = sent.header.options.ts_value;
	/* Not that of a segment behind a gap. */
	p.ts_value = 103;
	inject(&p, .flags = ACK, .seq = 31, .ack = 1, .len = 10);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 21);
	assert_int_equal(sent.header.options.ts_echo, 101);
	p.ts_value = 104;
	packet_advance(&p, 5000);
	inject(&p, .flags = ACK, .seq = 21, .ack = 1, .len = 10);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 41);
	assert_int_equal(sent.header.options.ts_echo, 104);
	assert_int_equal(sent.header.options.ts_value - first, 5);
	packet_end(&p);
}

/* Shows: 7323-always, 7323-paws, 7323-old. */
static void
test_old_timestamp_is_dropped(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	static const struct wire_tcp_options options = {.has_timestamps = true, .ts_value = 100};

	packet_accept(&p, &options);
	p.ts_value = 99;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.read_bytes, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .no_timestamp = true);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_paws, 2);
	/* After 24 days it may be a clock that has wrapped. */
	packet_advance(&p, 25ul * 24 * 3600 * 1000000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	assert_int_equal(p.owner.read_bytes, 10);
	/* A reset needs none. */
	inject(&p, .flags = RST, .seq = 11, .no_timestamp = true);
	assert_int_equal(p.owner.error, -ECONNRESET);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Windows and macOS ask without one, and give up a peer that does not answer. */
static void
test_keepalive_without_timestamp_is_answered(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){
				  .has_mss = true,
				  .mss = 1000,
				  .has_timestamps = true,
				  .ts_value = 1000,
			  });
	inject(&p, .flags = ACK, .seq = 0, .ack = 1, .no_timestamp = true);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	/* Some have a byte. */
	inject(&p, .flags = ACK, .seq = 0, .ack = 1, .len = 1, .no_timestamp = true);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_paws, 2);
	assert_int_equal(p.owner.read_bytes, 0);
	/* What else has none is dropped in silence. */
	inject(&p, .flags = ACK, .seq = 0, .ack = 1, .len = 2, .no_timestamp = true);
	inject(&p, .flags = ACK | FIN, .seq = 0, .ack = 1, .no_timestamp = true);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .no_timestamp = true);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1, .no_timestamp = true);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: 7323-paws. */
static void
test_timestamps_wrap(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	static const struct wire_tcp_options options = {.has_timestamps = true,
							.ts_value = 0xfffffffe};
	struct packet_sent sent;

	packet_accept(&p, &options);
	p.ts_value = 1;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	p.ts_value = 0xffffffff;
	inject(&p, .flags = ACK, .seq = 11, .ack = 1, .len = 10);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 11);
	assert_int_equal(sent.header.options.ts_echo, 1);
	assert_int_equal(tcp_stats(p.tcp)->drop_paws, 1);
	packet_end(&p);
}

/* Shows: MUST-5, MUST-65. Only a SYN's MSS counts, and only SYNs of ours have one. */
static void
test_mss_stands_in_a_syn_only(void **state)
{
	static const struct wire_tcp_options small = {.has_mss = true, .mss = 100};
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &(struct wire_tcp_options){.has_mss = true, .mss = 1000});
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .options = &small);
	assert_int_equal(p.owner.read_bytes, 10);
	packet_append(&p, 1500);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 11, .len = 1000);
	assert_false(sent.header.options.has_mss);
	expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 1001, .ack = 11, .len = 500);
	assert_false(sent.header.options.has_mss);
	inject(&p, .flags = FIN | ACK, .seq = 11, .ack = 1501, .options = &small);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1501, .ack = 12);
	assert_false(sent.header.options.has_mss);
	tcp_close(p.owner.conn);
	expect_sent(&p, &sent, .flags = FIN | ACK, .seq = 1501, .ack = 12);
	assert_false(sent.header.options.has_mss);
	packet_end(&p);
}

/* Shows: MUST-1, 7323-scale. The largest window there is; a scale above 14 counts as 14. */
static void
test_scale_is_14_at_most(void **state)
{
	static const struct {
		uint8_t offered, used;
	} scales[] = {{0, 0}, {14, 14}, {15, 14}, {255, 14}};
	struct tcp_conn_info info;
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(scales); i++) {
		packet_begin(&p, *state);
		packet_accept(&p, &(struct wire_tcp_options){.has_window_scale = true,
							     .window_scale = scales[i].offered});
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .window = 65535);
		tcp_conn_info(p.owner.conn, &info);
		assert_int_equal(info.send_scale, scales[i].used);
		assert_true(info.snd_wnd == 65535u << scales[i].used);
		packet_append(&p, 10);
		expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
		packet_end(&p);
	}
}

/* The next segment has these flags, and a timestamp that echoes the peer's. */
static void
expect_timestamp(struct packet *p, uint8_t flags)
{
	struct packet_sent sent;

	assert_true(packet_take(p, &sent));
	assert_int_equal(sent.header.flags, flags);
	assert_true(sent.header.options.has_timestamps);
	assert_int_equal(sent.header.options.ts_echo, flags & SYN ? 100 : p->ts_value);
}

/* Shows: 7323-always. */
static void
test_every_segment_has_a_timestamp(void **state)
{
	static const struct wire_tcp_options options = {.has_timestamps = true, .ts_value = 100};
	struct packet p;

	packet_begin(&p, *state);
	p.timestamps = true;
	p.ts_value = 101;
	inject(&p, .flags = SYN, .options = &options);
	expect_timestamp(&p, SYN | ACK);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	packet_advance(&p, 40000);
	expect_timestamp(&p, ACK);
	packet_append(&p, 10);
	expect_timestamp(&p, ACK | PSH);
	packet_advance(&p, 200000);
	expect_timestamp(&p, ACK | PSH);
	inject(&p, .flags = ACK, .seq = 11, .ack = 11, .zero_window = true);
	packet_append(&p, 10);
	packet_advance(&p, 400000);
	expect_timestamp(&p, ACK);
	inject(&p, .flags = SYN, .seq = 11);
	expect_timestamp(&p, ACK);
	inject(&p, .flags = ACK, .seq = 11, .ack = 11, .window = 1000);
	expect_timestamp(&p, ACK | PSH);
	tcp_close(p.owner.conn);
	expect_timestamp(&p, FIN | ACK);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: 2018-newest. */
static void
test_sack_names_the_newest_first(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	static const struct wire_tcp_options options = {.sack_permitted = true};
	const struct wire_tcp_options *sack;
	struct packet_sent sent;

	packet_accept(&p, &options);
	sack = &sent.header.options;
	inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(sack->nb_sack, 1);
	assert_int_equal(sack->sack[0].left - p.irs, 101);
	assert_int_equal(sack->sack[0].right - p.irs, 201);
	inject(&p, .flags = ACK, .seq = 301, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 501, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 201, .ack = 1, .len = 50);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(sack->nb_sack, 3);
	assert_int_equal(sack->sack[0].left - p.irs, 101);
	assert_int_equal(sack->sack[0].right - p.irs, 251);
	assert_int_equal(sack->sack[1].left - p.irs, 501);
	assert_int_equal(sack->sack[2].left - p.irs, 301);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 251);
	assert_int_equal(sack->nb_sack, 2);
	inject(&p, .flags = ACK, .seq = 251, .ack = 1, .len = 250);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 601);
	assert_int_equal(sack->nb_sack, 0);
	packet_end(&p);
}

/* Shows: 2018-number. */
static void
test_three_sack_blocks_beside_timestamps(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	static const struct wire_tcp_options options = {
		.sack_permitted = true, .has_timestamps = true, .ts_value = 1};
	struct packet_sent sent;

	packet_accept(&p, &options);
	for (unsigned int i = 0; i < 6; i++) {
		inject(&p, .flags = ACK, .seq = 101 + i * 200, .ack = 1, .len = 100);
		expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1);
	}
	assert_int_equal(sent.header.options.nb_sack, 3);
	assert_int_equal(sent.header.options.sack[0].left - p.irs, 1101);
	packet_end(&p);
}

/* Shows: 2018-number. */
static void
test_four_sack_blocks_at_most(void **state)
{
	static const struct wire_tcp_options options = {.sack_permitted = true};
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &options);
	for (unsigned int i = 0; i < 6; i++) {
		inject(&p, .flags = ACK, .seq = 101 + i * 200, .ack = 1, .len = 100);
		expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1);
		assert_int_equal(sent.header.options.nb_sack, RTE_MIN(i + 1, 4u));
		assert_int_equal(sent.header.options.sack[0].left - p.irs, 101 + i * 200);
	}
	packet_end(&p);
}

/* Shows: 2018-permitted. */
static void
test_no_sack_unless_permitted(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	struct packet_sent sent;

	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(sent.header.options.nb_sack, 0);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_mss_of_the_peer_and_ours),
		both_families(test_syn_ack_answers_what_was_offered),
		both_families(test_window_scale),
		both_families(test_without_window_scale_64_kib_are_offered),
		both_families(test_timestamps_are_echoed),
		both_families(test_old_timestamp_is_dropped),
		both_families(test_keepalive_without_timestamp_is_answered),
		both_families(test_timestamps_wrap),
		both_families(test_mss_stands_in_a_syn_only),
		both_families(test_scale_is_14_at_most),
		both_families(test_every_segment_has_a_timestamp),
		both_families(test_sack_names_the_newest_first),
		both_families(test_three_sack_blocks_beside_timestamps),
		both_families(test_four_sack_blocks_at_most),
		both_families(test_no_sack_unless_permitted),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

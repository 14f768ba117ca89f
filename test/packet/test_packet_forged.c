/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Segments of somebody who guesses. */
#include "packet.h"
#include "test_eal.h"

#define STRANGERS 1000

static void
test_fin_outside_of_the_window_is_ignored(void **state)
{
	static const uint32_t seqs[] = {0, 1 + PACKET_WINDOW, 1000000, 1u << 31};
	struct packet p;
	unsigned int i;

	(void)state;
	packet_begin(&p, NULL);
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
	const struct wire_tcp_options syn = {.has_timestamps = true, .ts_value = 1000};
	const struct wire_tcp_options ahead = {.has_timestamps = true, .ts_value = 0x7fffffff};
	struct packet_sent sent;
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
	packet_accept(&p, &syn);
	inject(&p, .flags = ACK, .seq = 1 + PACKET_WINDOW, .ack = 1, .len = 1, .options = &ahead);
	inject(&p, .flags = ACK, .seq = 1000000, .ack = 1, .options = &ahead);
	while (packet_take(&p, &sent))
		assert_int_equal(sent.header.options.ts_echo, 1000);
	/* Beyond what was acknowledged, too, though it is in the window. */
	inject(&p, .flags = ACK, .seq = 100, .ack = 1, .len = 1, .options = &ahead);
	p.ts_value = 1001;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	assert_int_equal(p.owner.read_bytes, 10);
	assert_int_equal(tcp_stats(p.tcp)->drop_paws, 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

static void
test_data_with_a_syn_is_not_kept(void **state)
{
	struct packet p;

	(void)state;
	packet_begin(&p, NULL);
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

	(void)state;
	packet_begin(&p, NULL);
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
		cmocka_unit_test(test_fin_outside_of_the_window_is_ignored),
		cmocka_unit_test(test_timestamp_outside_of_the_window_is_not_kept),
		cmocka_unit_test(test_data_with_a_syn_is_not_kept),
		cmocka_unit_test(test_one_small_answer_for_one_segment),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

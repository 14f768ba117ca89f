/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* What the world sends: RFC 5961, RFC 4987, floods and nonsense. */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

#define VARIANTS 35
#define PILED 200
#define SECOND_US 1000000

static void drain(struct packet *packet);

/* Shows: 5961-rst. */
static void
test_reset_must_be_exact(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = RST, .seq = 0);
	inject(&p, .flags = RST, .seq = 1 + PACKET_WINDOW);
	inject(&p, .flags = RST, .seq = 1u << 31);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_reset_window, 3);
	inject(&p, .flags = RST, .seq = 2);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = RST, .seq = PACKET_WINDOW);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(tcp_stats(p.tcp)->challenge_acks, 2);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	inject(&p, .flags = RST, .seq = 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 5961-syn. */
static void
test_syn_is_challenged_wherever_it_is(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = SYN, .seq = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = SYN, .seq = 1000000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = SYN | ACK, .seq = 0, .ack = 1);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_int_equal(tcp_stats(p.tcp)->challenge_acks, 3);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 5961-limit. */
static void
test_challenges_are_few_and_counted_by_connection(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	unsigned int sent_nb = 0;
	struct packet_sent sent;

	packet_accept(&p, NULL);
	p.peer_port++;
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 100; i++) {
		inject(&p, .flags = SYN, .seq = 1);
		while (packet_take(&p, &sent))
			sent_nb++;
	}
	assert_int_equal(sent_nb, 10);
	p.peer_port--;
	inject(&p, .flags = SYN, .seq = 1);
	assert_true(packet_take(&p, &sent));
	p.peer_port++;
	packet_advance(&p, 1000000);
	inject(&p, .flags = SYN, .seq = 1);
	assert_true(packet_take(&p, &sent));
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 5961-ack. */
static void
test_ack_outside_of_what_was_sent_is_dropped(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	packet_append(&p, 100);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 1, .ack = 102, .len = 10);
	expect(&p, .flags = ACK, .seq = 101, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = (uint32_t)-PACKET_WINDOW, .len = 10);
	expect(&p, .flags = ACK, .seq = 101, .ack = 1);
	assert_int_equal(p.owner.read_bytes, 0);
	assert_int_equal(tcp_stats(p.tcp)->drop_ack, 2);
	inject(&p, .flags = ACK, .seq = 1, .ack = 0, .len = 10);
	assert_int_equal(p.owner.read_bytes, 10);
	packet_serve_innocent(&p);
	packet_end(&p);
}

static void
test_ack_war_ends(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	unsigned int answers = 0;
	struct packet_sent sent;

	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 1000; i++) {
		inject(&p, .flags = ACK, .seq = 500000, .ack = 1);
		while (packet_take(&p, &sent))
			answers++;
	}
	assert_int_equal(answers, 10);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Resets that ACKs of no connection from this address draw; of IPv6 from that, if it is given. */
static unsigned int
resets_drawn(struct packet *p, uint32_t src, const char *src6, unsigned int segments)
{
	uint64_t before = tcp_stats(p->tcp)->reset_sent;
	struct ip_txq *txq = ip_txq(p->ip);

	for (unsigned int i = 0; i < segments; i++) {
		inject(p, .flags = ACK, .seq = i, .ack = 1, .src = src, .src6 = src6);
		/* Not only answers: ARP or ND asks for who is not there. */
		while (txq->nb > 0)
			rte_pktmbuf_free(txq->frames[--txq->nb]);
	}
	return tcp_stats(p->tcp)->reset_sent - before;
}

/* Segments of no connection draw so many resets and no more, and nobody learns of another's. */
static void
test_resets_are_limited_for_each_address(void **state)
{
	static const uint32_t peer = 0x0a000003;
	unsigned int most = 0, least = UINT32_MAX;
	unsigned int touched = 0;
	unsigned int drawn;
	struct packet p;

	packet_begin(&p, *state);
	for (unsigned int second = 0; second < 16; second++) {
		tcp_stats_clear(p.tcp);
		drawn = resets_drawn(&p, peer, NULL, 2000);
		assert_in_range(drawn, 500, 999);
		assert_int_equal(tcp_stats(p.tcp)->resets_limited, 2000 - drawn);
		assert_int_equal(tcp_stats(p.tcp)->drop_no_conn, 2000);
		most = RTE_MAX(most, drawn);
		least = RTE_MIN(least, drawn);
		/* Those who share its place are few, and others each time. */
		for (uint32_t other = 1; other <= 8; other++)
			touched += resets_drawn(&p, peer + other, NULL, 1) == 0;
		packet_advance(&p, 1000000);
	}
	assert_true(most - least > 100);
	/* But whoever has one address of IPv6 has its whole net. */
	if (p.ipv6)
		assert_int_equal(touched, 16 * 8);
	else
		assert_in_range(touched, 0, 16 * 8 / 8);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Nor do nets of IPv6 learn of each other, be they next to each other. */
static void
test_resets_are_limited_for_each_net(void **state)
{
	char other[] = "2001:db8:0:0::3";
	unsigned int touched = 0;
	struct packet p;

	(void)state;
	packet_begin(&p, &packet_ipv6);
	for (unsigned int second = 0; second < 16; second++) {
		assert_in_range(resets_drawn(&p, 0, "2001:db8::3", 2000), 500, 999);
		for (other[11] = '1'; other[11] <= '8'; other[11]++)
			touched += resets_drawn(&p, 0, other, 1) == 0;
		assert_int_equal(resets_drawn(&p, 0, "2001:db8::ffff:ffff:ffff:3", 1), 0);
		packet_advance(&p, 1000000);
	}
	/* They share places as addresses of IPv4 do. */
	assert_in_range(touched, 0, 16 * 8 / 8);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Shows: 4987-cookies, 4987-bounded. */
static void
test_syn_flood_leaves_established_alone(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.syn_backlog = 2, .ipv6 = *state != NULL});
	uint32_t iss;
	struct packet_sent sent;

	packet_accept(&p, NULL);
	iss = p.iss;
	for (unsigned int i = 0; i < 1000; i++) {
		p.peer_port++;
		inject(&p, .flags = SYN);
		assert_true(packet_take(&p, &sent));
		expect_none(&p);
	}
	assert_int_equal(tcp_conn_count(p.tcp), 1 + 2);
	assert_int_equal(tcp_stats(p.tcp)->cookies_sent, 1000 - 2);
	p.peer_port -= 1000;
	p.iss = iss;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	assert_int_equal(p.owner.read_bytes, 10);
	packet_advance(&p, 300000000);
	assert_int_equal(tcp_conn_count(p.tcp), 1);
	packet_serve_innocent(&p);
	packet_end(&p);
}

static void
test_byte_by_byte_does_not_pin_an_mbuf_each(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.read = false;
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 10000; i++)
		inject(&p, .flags = ACK, .seq = 1 + i, .ack = 1, .len = 1);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), 10000);
	assert_true(rte_mempool_in_use_count(p.foreign) <= 7);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Attacks 27 and 28: a byte out of order holds an mbuf, so that is what counts. */
static void
test_single_bytes_out_of_order_are_few(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 1000; i++)
		inject(&p, .flags = ACK, .seq = 10 + 2 * i, .ack = 1, .len = 1);
	assert_int_equal(rte_mempool_in_use_count(p.foreign), PACKET_REASSEMBLY / 2);
	assert_int_equal(tcp_stats(p.tcp)->drop_reassembly, 1000 - PACKET_REASSEMBLY / 2);
	drain(&p);
	packet_serve_innocent(&p);
	packet_end(&p);
	/* Without gaps between them they share one. */
	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	for (unsigned int i = 0; i < 1000; i++)
		inject(&p, .flags = ACK, .seq = 10 + i, .ack = 1, .len = 1);
	assert_int_equal(rte_mempool_in_use_count(p.foreign), 1);
	assert_int_equal(tcp_stats(p.tcp)->drop_reassembly, 0);
	drain(&p);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 9);
	assert_int_equal(p.owner.read_bytes, 1009);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* What some keep out of order does not take all of it from those who come after them. */
static void
test_gaps_of_one_leave_room_for_the_next(void **state)
{
	struct packet p;
	unsigned int before;

	packet_begin(&p, *state);
	for (unsigned int peer = 0; peer < 4; peer++) {
		packet_accept(&p, NULL);
		before = rte_mempool_in_use_count(p.foreign);
		for (unsigned int i = 0; i < 100; i++)
			inject(&p, .flags = ACK, .seq = 10 + 2 * i, .ack = 1, .len = 1);
		assert_int_equal(rte_mempool_in_use_count(p.foreign) - before,
				 (PACKET_REASSEMBLY / 2) >> peer);
		drain(&p);
		p.peer_port++;
	}
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Free what was sent, of whichever connection. */
static void
lose(struct packet *packet)
{
	struct ip_txq *txq = ip_txq(packet->ip);

	do {
		rte_pktmbuf_free_bulk(txq->frames, txq->nb);
		txq->nb = 0;
		tcp_output(packet->tcp, packet->now_us);
	} while (txq->nb > 0);
}

/*
 * Attack 37: as many as there may be send at one moment and are never answered, so that their
 * timers stand on one place of the wheel, again and again. Each is due once a round, somebody else
 * is served meanwhile, and in the end all are gone.
 */
static void
test_timers_on_one_place_hold_up_nobody(void **state)
{
	const struct tcp_stats *stats;
	uint32_t innocent_iss;
	uint16_t innocent;
	struct packet p;
	unsigned int i;

	packet_begin(&p, &(struct packet_setup){.conns_max = PILED + 1, .ipv6 = *state != NULL});
	stats = tcp_stats(p.tcp);
	packet_accept(&p, NULL);
	innocent = p.peer_port;
	innocent_iss = p.iss;
	for (i = 0; i < PILED; i++) {
		p.peer_port++;
		p.appended = 0;
		inject(&p, .flags = SYN);
		expect(&p, .flags = SYN | ACK, .ack = 1);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		packet_append(&p, 100);
		lose(&p);
	}
	/* All at one tick. */
	packet_advance(&p, tcp_next_timer_us(p.tcp) - p.now_us - 1);
	assert_int_equal(stats->retransmit_timeouts, 0);
	packet_advance(&p, 1);
	assert_int_equal(stats->retransmit_timeouts, PILED);
	lose(&p);
	p.peer_port = innocent;
	p.iss = innocent_iss;
	for (i = 0; i < 60 && tcp_conn_count(p.tcp) > 1; i++) {
		/* A second of the pile, then a request: it is read in its turn. */
		packet_advance(&p, SECOND_US);
		assert_int_equal(stats->retransmit_timeouts % PILED, 0);
		inject(&p, .flags = ACK | PSH, .seq = 1 + 2 * i * p.mss, .ack = 1, .len = p.mss);
		inject(&p, .flags = ACK | PSH, .seq = 1 + (2 * i + 1) * p.mss, .ack = 1,
		       .len = p.mss);
		assert_int_equal(p.owner.read_bytes, 2 * (i + 1) * p.mss);
		lose(&p);
	}
	while (tcp_conn_count(p.tcp) > 1) {
		packet_advance(&p, SECOND_US);
		lose(&p);
		assert_true(++i < 3600);
	}
	assert_true(stats->retransmit_timeouts <= 20 * PILED);
	packet_serve_innocent(&p);
	packet_end(&p);
}

static void
test_truncated_segments_are_dropped(void **state)
{
	static const uint8_t offsets[] = {0x00, 0x40, 0x60, 0xf0};
	struct ip_packet ip = {
		.src = tr_addr_ipv4(RTE_BE32(0x0a000002)),
		.dst = tr_addr_ipv4(RTE_BE32(0x0a000001)),
		.checksum_good = true,
	};
	struct rte_mbuf *mbuf;
	struct packet p;
	uint8_t *data;
	uint32_t len;

	(void)state;
	packet_begin(&p, NULL);
	for (len = 0; len < 20 + RTE_DIM(offsets); len++) {
		ip.bytes = RTE_MIN(len, 20u);
		mbuf = rte_pktmbuf_alloc(p.foreign);
		data = (uint8_t *)rte_pktmbuf_append(mbuf, ip.bytes);
		memset(data, 0x55, ip.bytes);
		if (len >= 20)
			data[12] = offsets[len - 20];
		tcp_input(p.tcp, mbuf, &ip, p.now_us);
	}
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_truncated, len);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* A segment of these flags, near and far from what is expected, with and without data. */
static void
inject_variant(struct packet *packet, uint8_t flags, uint32_t variant)
{
	static const uint32_t seqs[] = {0, 1, 2, 3, 1000, 70000, 0x80000000};
	static const uint32_t acks[] = {0, 1, 2, 3, 0x80000000};
	static const struct wire_tcp_options options = {
		.has_mss = true, .mss = 1, .has_timestamps = true, .has_window_scale = true};

	inject(packet, .flags = flags, .seq = seqs[variant % RTE_DIM(seqs)],
	       .ack = acks[variant / RTE_DIM(seqs) % RTE_DIM(acks)], .len = variant % 2 ? 5 : 0,
	       .options = variant % 3 == 0 ? &options : NULL);
}

static void
drain(struct packet *packet)
{
	struct packet_sent sent;

	while (packet_take(packet, &sent))
		;
}

static void
forget(struct packet *packet)
{
	struct tcp_conn *conn;

	while ((conn = packet_conn(packet)) != NULL)
		tcp_abort(conn);
	drain(packet);
	packet->owner = (struct packet_owner){.read = false};
	packet->appended = 0;
}

/* Attack 6: every combination of flags in every state neither crashes nor leaks. */
static void
test_all_flags_in_each_state(void **state)
{
	enum tcp_state each;
	unsigned int flags;
	uint32_t variant;
	struct packet p;

	packet_begin(&p, *state);
	p.owner.read = false;
	for (each = TCP_CLOSED; each < TCP_STATES; each++) {
		for (flags = 0; flags < 256; flags++) {
			for (variant = 0; variant < VARIANTS; variant++) {
				if (each != TCP_CLOSED)
					packet_reach(&p, each);
				tcp_stats_clear(p.tcp);
				inject_variant(&p, flags, variant);
				drain(&p);
				if (flags & RST)
					assert_int_equal(tcp_stats(p.tcp)->reset_sent, 0);
				forget(&p);
			}
		}
	}
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Whatever comes in whatever order, all memory is back in the end. */
static void
test_random_segments(void **state)
{
	uint32_t random = 20260101;
	struct packet p;

	print_message("seed %u\n", random);
	packet_begin(&p, *state);
	for (unsigned int i = 0; i < 200000; i++) {
		random = random * 1103515245 + 12345;
		p.peer_port = 40000 + (random >> 28);
		p.owner.read = false;
		p.owner.close_peer_closed = random & 0x00400000;
		if (random >> 16 & 1)
			inject_variant(&p, random >> 8, random >> 17);
		else
			inject(&p, .flags = i % 5 == 0 ? SYN : ACK, .seq = i % 5 != 0, .ack = 1,
			       .len = (random >> 12) % 50);
		drain(&p);
		if (random >> 20 == 0)
			packet_advance(&p, 20000000);
		else if (i % 16 == 0)
			packet_advance(&p, 10000);
		drain(&p);
	}
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_reset_must_be_exact),
		both_families(test_syn_is_challenged_wherever_it_is),
		both_families(test_challenges_are_few_and_counted_by_connection),
		both_families(test_ack_outside_of_what_was_sent_is_dropped),
		both_families(test_ack_war_ends),
		both_families(test_resets_are_limited_for_each_address),
		cmocka_unit_test(test_resets_are_limited_for_each_net),
		both_families(test_syn_flood_leaves_established_alone),
		both_families(test_byte_by_byte_does_not_pin_an_mbuf_each),
		both_families(test_single_bytes_out_of_order_are_few),
		both_families(test_gaps_of_one_leave_room_for_the_next),
		both_families(test_timers_on_one_place_hold_up_nobody),
		cmocka_unit_test(test_truncated_segments_are_dropped),
		both_families(test_all_flags_in_each_state),
		both_families(test_random_segments),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

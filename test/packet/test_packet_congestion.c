/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* How much is sent at once: RFC 5681, RFC 6928, RFC 3465, RFC 7661, RFC 9438. */
#include "packet.h"
#include "test_eal.h"

static struct tcp_conn_info
info_of(struct packet *p)
{
	struct tcp_conn_info info;

	tcp_conn_info(p->owner.conn, &info);
	return info;
}

/* Segments that are sent now; each is acknowledged at once if wanted, and lets out others. */
static unsigned int
flight(struct packet *p, bool acknowledge)
{
	struct packet_sent sent;
	unsigned int nb = 0;

	while (packet_take(p, &sent)) {
		nb++;
		if (acknowledge)
			inject(p, .flags = ACK, .seq = 1,
			       .ack = sent.header.seq - p->iss + sent.len);
	}
	return nb;
}

/* A connection whose peer offers more than any congestion window here. */
static void
accept_mss(struct packet *p, const struct packet_setup *setup, uint16_t mss)
{
	packet_begin(p, setup);
	packet_accept(p, &(struct wire_tcp_options){
				 .has_mss = true,
				 .mss = mss,
				 .has_window_scale = true,
				 .window_scale = 2,
			 });
}

/* RFC 6928 section 2 */
/* Shows: 6928-iw. */
static void
test_initial_window(void **state)
{
	static const struct {
		uint16_t mss;
		unsigned int segments;
	} cases[] = {{100, 10}, {536, 10}, {1000, 10}, {1460, 10}};

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct packet p;

		accept_mss(&p, *state, cases[i].mss);
		packet_append(&p, 30000);
		assert_int_equal(flight(&p, false), cases[i].segments);
		packet_end(&p);
	}
}

/* What lost a SYN may be full: whichever end it was that sent it again. */
/* Shows: 3390-lost-syn. */
static void
test_one_segment_after_a_lost_syn(void **state)
{
	static const struct wire_tcp_options options = {.has_mss = true, .mss = 1000};
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN, .options = &options);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	packet_advance(&p, 1000000);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	packet_append(&p, 30000);
	assert_int_equal(flight(&p, false), 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001);
	assert_int_equal(flight(&p, false), 2);
	packet_end(&p);

	packet_begin(&p, *state);
	packet_reach(&p, TCP_SYN_SENT);
	packet_advance(&p, 1000000);
	expect(&p, .flags = SYN);
	inject(&p, .flags = SYN | ACK, .ack = 1, .options = &options);
	packet_append(&p, 30000);
	assert_int_equal(flight(&p, false), 1);
	packet_end(&p);
}

/*
 * A peer that gathers acknowledges a burst at once, but for what comes after a loss: what it took
 * from the flight in the same turn was in flight as well.
 */
static void
test_loss_in_a_burst_halves_the_window(void **state)
{
	struct packet p;

	accept_mss(&p, *state, 1000);
	packet_append(&p, 30000);
	assert_int_equal(flight(&p, false), 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = 5001);
	for (unsigned int i = 0; i < 3; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 5001);
	/* The two segments by which the ACK let the window grow were not. */
	assert_int_equal(info_of(&p).ssthresh_bytes, 5000);
	while (flight(&p, false) > 0)
		;
	packet_end(&p);

	/* Where the owner had no more to send, it is the flight that counts. */
	accept_mss(&p, *state, 1000);
	packet_append(&p, 6000);
	assert_int_equal(flight(&p, false), 6);
	for (unsigned int i = 0; i < 4; i++)
		inject(&p, .flags = ACK, .seq = 1, .ack = 1001);
	assert_int_equal(info_of(&p).ssthresh_bytes, 2500);
	packet_end(&p);
}

/* RFC 3465: who acknowledges a segment ten times over gains no more than who does once. */
/* Shows: 3465-abc. */
static void
test_ack_division_gains_nothing(void **state)
{
	static const char *const algorithms[] = {"newreno", "cubic"};

	for (unsigned int i = 0; i < RTE_DIM(algorithms); i++) {
		uint32_t cwnd[2];
		struct packet p;

		for (unsigned int divided = 0; divided < 2; divided++) {
			accept_mss(&p,
				   &(struct packet_setup){.congestion = algorithms[i],
							  .ipv6 = *state != NULL},
				   1000);
			packet_append(&p, 60000);
			assert_int_equal(flight(&p, false), 10);
			for (unsigned int ack = 1; ack <= 20; ack++)
				if (divided || ack % 10 == 0)
					inject(&p, .flags = ACK, .seq = 1, .ack = 1 + ack * 100);
			cwnd[divided] = info_of(&p).cwnd_bytes;
			packet_serve_innocent(&p);
			packet_end(&p);
		}
		assert_int_equal(cwnd[0], 12000);
		assert_int_equal(cwnd[1], cwnd[0]);
	}
}

/* RFC 3465 section 2.3: one ACK for all is worth two segments. */
/* Shows: 3465-abc. */
static void
test_stretch_ack_is_no_burst(void **state)
{
	struct packet p;

	accept_mss(&p, *state, 1000);
	packet_append(&p, 60000);
	assert_int_equal(flight(&p, false), 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = 10001);
	assert_int_equal(info_of(&p).cwnd_bytes, 12000);
	assert_int_equal(flight(&p, false), 12);
	packet_end(&p);
}

/* Section 2.3: what comes after a timeout acknowledges much of what had arrived before. */
/* Shows: 3465-abc. */
static void
test_ack_after_a_timeout_is_worth_one_segment(void **state)
{
	struct packet p;

	accept_mss(&p, *state, 1000);
	packet_append(&p, 10000);
	assert_int_equal(flight(&p, false), 10);
	packet_advance(&p, 200000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 5001);
	assert_int_equal(info_of(&p).cwnd_bytes, 2000);
	assert_int_equal(flight(&p, false), 2);
	inject(&p, .flags = ACK, .seq = 1, .ack = 9001);
	assert_int_equal(info_of(&p).cwnd_bytes, 3000);
	packet_end(&p);
}

/* Whether there is more to send or not: a window that is used up grows, one with room does not. */
/* Shows: 7661-unused. */
static void
test_window_that_fits_is_used_up(void **state)
{
	static const struct {
		uint32_t bytes, cwnd_bytes;
	} cases[] = {{10000, 20000}, {9001, 19001}, {9000, 10000}};
	uint32_t acked;
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		accept_mss(&p, *state, 1000);
		packet_append(&p, cases[i].bytes);
		assert_int_equal(flight(&p, false), (cases[i].bytes + 999) / 1000);
		for (acked = 2000; acked <= cases[i].bytes + 1000; acked += 2000) {
			inject(&p, .flags = ACK, .seq = 1,
			       .ack = 1 + RTE_MIN(acked, cases[i].bytes));
			expect_none(&p);
		}
		assert_int_equal(info_of(&p).cwnd_bytes, cases[i].cwnd_bytes);
		/* A smaller flight is not what let it grow. */
		packet_append(&p, 2000);
		assert_int_equal(flight(&p, true), 2);
		assert_int_equal(info_of(&p).cwnd_bytes, cases[i].cwnd_bytes);
		packet_end(&p);
	}
}

/* A window that was used, and then was not while something was sent all the time. */
/* Shows: 7661-unused. */
static void
test_burst_after_trickle(void **state)
{
	struct packet p;
	uint32_t cwnd, acked;

	accept_mss(&p, *state, 1000);
	/* A loss ends slow start: before it there is no threshold that could be forgotten. */
	packet_append(&p, 20000);
	flight(&p, false);
	packet_advance(&p, 1000000);
	flight(&p, true);
	packet_append(&p, 180000);
	flight(&p, true);
	cwnd = info_of(&p).cwnd_bytes;
	assert_true(cwnd > 10000);
	assert_true(info_of(&p).ssthresh_bytes < cwnd / 4 * 3 - 1000);

	/* Never idle for a timeout of 200 ms, hardly anything sent, the window is what it was. */
	for (acked = 200001; acked < 200101; acked += 10) {
		packet_advance(&p, 100000);
		packet_append(&p, 10);
		assert_int_equal(flight(&p, true), 1);
	}
	assert_int_equal(info_of(&p).cwnd_bytes, cwnd);
	packet_append(&p, 100000);
	assert_int_equal(flight(&p, false), 10);
	/* What was known is not lost: slow start leads back there. */
	assert_in_range(info_of(&p).ssthresh_bytes, cwnd / 4 * 3 - 1000, cwnd);
	packet_end(&p);
}

/* A timeout's time costs half, and use of half of the window keeps it. */
/* Shows: 7661-unused. */
static void
test_window_is_cut_by_half(void **state)
{
	struct packet p;
	uint32_t cwnd;

	accept_mss(&p, *state, 1000);
	packet_append(&p, 200000);
	flight(&p, true);
	cwnd = info_of(&p).cwnd_bytes;
	for (unsigned int i = 0; i < 10; i++) {
		packet_advance(&p, 150000);
		packet_append(&p, cwnd / 2 + 1000);
		flight(&p, true);
		assert_true(info_of(&p).cwnd_bytes >= cwnd);
	}
	cwnd = info_of(&p).cwnd_bytes;
	for (unsigned int i = 0; i < 3; i++) {
		packet_advance(&p, 100000);
		packet_append(&p, 10);
		flight(&p, true);
	}
	packet_append(&p, 5000);
	flight(&p, true);
	assert_int_equal(info_of(&p).cwnd_bytes, cwnd / 2);
	packet_end(&p);
}

/* Use counts as well where each turn has an ACK, and a segment at most to send. */
/* Shows: 7661-unused. */
static void
test_window_used_bit_by_bit_is_kept(void **state)
{
	struct packet p;
	uint32_t cwnd, end;

	accept_mss(&p, *state, 1000);
	packet_append(&p, 100000);
	flight(&p, true);
	cwnd = info_of(&p).cwnd_bytes;
	assert_in_range(cwnd, 80000, 119000);
	for (end = 101000; end <= 1100000; end += 1000) {
		packet_advance(&p, 1000);
		if (end > 160000)
			inject(&p, .flags = ACK, .seq = 1, .ack = end + 1 - 61000);
		packet_append(&p, 1000);
		assert_int_equal(flight(&p, false), 1);
	}
	assert_in_range(info_of(&p).cwnd_bytes, cwnd, cwnd + 1000);
	packet_append(&p, 10000);
	assert_int_equal(flight(&p, false), 10);
	assert_in_range(info_of(&p).cwnd_bytes, cwnd, cwnd + 1000);
	packet_end(&p);
}

/* RFC 5681 section 4.1 */
/* Shows: 5681-idle. */
static void
test_restart_after_idle(void **state)
{
	struct packet p;

	accept_mss(&p, *state, 1000);
	packet_append(&p, 100000);
	flight(&p, true);
	assert_true(info_of(&p).cwnd_bytes > 50000);
	packet_advance(&p, 199000);
	packet_append(&p, 100);
	assert_int_equal(flight(&p, true), 1);
	assert_true(info_of(&p).cwnd_bytes > 50000);
	packet_advance(&p, 202000);
	packet_append(&p, 60000);
	assert_int_equal(flight(&p, false), 10);
	packet_end(&p);
}

/* RFC 9438 section 4.6: the default gives up three tenths where NewReno gives up half. */
/* Shows: 9438-timeout. */
static void
test_cubic_after_a_timeout(void **state)
{
	struct packet p;

	accept_mss(&p, &(struct packet_setup){.congestion = "cubic", .ipv6 = *state != NULL}, 1000);
	assert_string_equal(info_of(&p).congestion, "cubic");
	packet_append(&p, 60000);
	assert_int_equal(flight(&p, false), 10);
	packet_advance(&p, 200000);
	assert_int_equal(info_of(&p).ssthresh_bytes, 7000);
	assert_int_equal(info_of(&p).cwnd_bytes, 1000);
	flight(&p, false);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_initial_window),
		both_families(test_one_segment_after_a_lost_syn),
		both_families(test_loss_in_a_burst_halves_the_window),
		both_families(test_ack_division_gains_nothing),
		both_families(test_stretch_ack_is_no_burst),
		both_families(test_ack_after_a_timeout_is_worth_one_segment),
		both_families(test_window_that_fits_is_used_up),
		both_families(test_burst_after_trickle),
		both_families(test_window_is_cut_by_half),
		both_families(test_window_used_bit_by_bit_is_kept),
		both_families(test_restart_after_idle),
		both_families(test_cubic_after_a_timeout),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

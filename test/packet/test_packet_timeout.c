/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* When something is sent again, and when no more: RFC 6298, RFC 9293 section 3.8.3. */
#include <errno.h>
#include <math.h>

#include "packet.h"
#include "test_eal.h"

#define TICK_US 1000

static const struct wire_tcp_options mss_1000 = {.has_mss = true, .mss = 1000};

static struct tcp_conn_info
info_of(struct packet *p)
{
	struct tcp_conn_info info;

	tcp_conn_info(packet_conn(p), &info);
	return info;
}

/* Nothing for so long, less a tick. */
static void
expect_none_before(struct packet *p, uint64_t delay_us)
{
	packet_advance(p, delay_us - TICK_US);
	expect_none(p);
	packet_advance(p, TICK_US);
}

/* Sections 2 and 3, in real numbers. */
/* Shows: MUST-18, 6298-first, 6298-formulas. */
static void
test_formulas(void **state)
{
	static const uint32_t rtts_ms[] = {400, 600, 900, 700, 300, 301, 302, 1100, 500, 450};
	const double g_us = TICK_US;
	double srtt_us = 500000;
	double rttvar_us = srtt_us / 2;
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN, .options = &mss_1000);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	/* Section 2.1: a second, as nothing was measured. */
	assert_int_equal(info_of(&p).rto_us, 1000000);
	packet_advance(&p, 500000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(info_of(&p).rto_us, 1500000);
	for (unsigned int i = 0; i < RTE_DIM(rtts_ms); i++) {
		double rtt_us = rtts_ms[i] * 1000.0;
		double rto_us;

		packet_append(&p, 10);
		expect(&p, .flags = ACK | PSH, .seq = 1 + i * 10, .ack = 1, .len = 10);
		packet_advance(&p, rtts_ms[i] * 1000);
		expect_none(&p);
		inject(&p, .flags = ACK, .seq = 1, .ack = 11 + i * 10);
		rttvar_us = 0.75 * rttvar_us + 0.25 * fabs(srtt_us - rtt_us);
		srtt_us = 0.875 * srtt_us + 0.125 * rtt_us;
		rto_us = srtt_us + (4 * rttvar_us > g_us ? 4 * rttvar_us : g_us);
		assert_true(fabs(info_of(&p).srtt_us - srtt_us) < 20);
		assert_true(fabs(info_of(&p).rto_us - rto_us) < 100);
	}
	packet_end(&p);
}

/* Sections 5.4 to 5.6, and R2: it doubles up to a minute, and in the end the owner is told. */
/* Shows: MUST-19, MUST-20, 6298-double. */
static void
test_spacing_of_data(void **state)
{
	uint64_t delay_us = 200000;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_1000);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	for (unsigned int i = 0; i < 15; i++) {
		expect_none_before(&p, delay_us);
		expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
		delay_us = RTE_MIN(delay_us * 2, UINT64_C(60000000));
	}
	assert_int_equal(delay_us, 60000000);
	expect_none_before(&p, delay_us);
	expect_none(&p);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	packet_end(&p);
}

/* Section 5.3 */
/* Shows: 6298-restart. */
static void
test_ack_starts_the_timer_again(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &mss_1000);
	packet_append(&p, 2000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 1000);
	expect(&p, .flags = ACK | PSH, .seq = 1001, .ack = 1, .len = 1000);
	packet_advance(&p, 150000);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1001);
	expect_none_before(&p, 200000);
	expect(&p, .flags = ACK | PSH, .seq = 1001, .ack = 1, .len = 1000);
	/* Section 5.2: nothing is in flight, nothing runs. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 2001);
	packet_advance(&p, 10000000);
	expect_none(&p);
	packet_end(&p);
}

/* Section 5.7: however often it was lost, data begins with three seconds. */
/* Shows: 6298-syn. */
static void
test_three_seconds_after_a_lost_syn(void **state)
{
	for (unsigned int lost = 1; lost <= 4; lost++) {
		uint64_t delay_us = 1000000;
		struct packet p;

		packet_begin(&p, *state);
		assert_non_null(packet_connect(&p));
		expect(&p, .flags = SYN);
		for (unsigned int i = 0; i < lost; i++) {
			expect_none_before(&p, delay_us);
			expect(&p, .flags = SYN);
			delay_us *= 2;
		}
		inject(&p, .flags = SYN | ACK, .ack = 1, .options = &mss_1000);
		expect(&p, .flags = ACK, .seq = 1, .ack = 1);
		packet_append(&p, 10);
		expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
		expect_none_before(&p, 3000000);
		expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
		packet_end(&p);
	}
}

/* The same where it was our SYN-ACK. */
/* Shows: 6298-syn. */
static void
test_three_seconds_after_a_lost_syn_ack(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	inject(&p, .flags = SYN, .options = &mss_1000);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	expect_none_before(&p, 1000000);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	expect_none_before(&p, 3000000);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_formulas),
		both_families(test_spacing_of_data),
		both_families(test_ack_starts_the_timer_again),
		both_families(test_three_seconds_after_a_lost_syn),
		both_families(test_three_seconds_after_a_lost_syn_ack),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

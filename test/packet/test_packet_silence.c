/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* A peer that says nothing: keepalive (RFC 9293 section 3.8.4) and user timeout (RFC 5482). */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

#define SECOND_US UINT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)

/* Established, with keepalive as the application turned it on. */
static void
begin(struct packet *p, const struct packet_setup *setup, bool keepalive)
{
	packet_begin(p, setup);
	packet_accept(p, NULL);
	if (keepalive)
		tcp_set_keepalive(p->owner.conn, true);
}

/* Shows: MUST-24, MUST-25. */
static void
test_off_unless_turned_on(void **state)
{
	struct packet p;

	begin(&p, *state, false);
	packet_advance(&p, 100 * HOUR_US);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	tcp_set_keepalive(p.owner.conn, true);
	packet_advance(&p, HOUR_US);
	tcp_set_keepalive(p.owner.conn, false);
	packet_advance(&p, 100 * HOUR_US);
	expect_none(&p);
	packet_end(&p);
}

/* What is appended as the time is up asks as well, and is not sent twice. */
static void
test_data_in_the_turn_of_a_probe(void **state)
{
	struct packet p;

	begin(&p, *state, true);
	packet_advance(&p, 2 * HOUR_US - 1000);
	expect_none(&p);
	p.now_us += 1000;
	tcp_tick(p.tcp, p.now_us);
	packet_append(&p, 100);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->retransmits, 0);
	assert_int_equal(tcp_stats(p.tcp)->window_probes, 0);
	packet_end(&p);
}

/* Shows: MUST-28. */
static void
test_peer_that_is_gone_is_given_up(void **state)
{
	struct packet p;

	begin(&p, *state, true);
	packet_advance(&p, 2 * HOUR_US - 1000);
	expect_none(&p);
	packet_advance(&p, 1000);
	expect(&p, .flags = ACK, .seq = 0, .ack = 1);
	for (unsigned int i = 1; i < 9; i++) {
		packet_advance(&p, 75 * SECOND_US - 1000);
		expect_none(&p);
		packet_advance(&p, 1000);
		expect(&p, .flags = ACK, .seq = 0, .ack = 1);
		assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	}
	packet_advance(&p, 75 * SECOND_US);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	assert_int_equal(tcp_stats(p.tcp)->keepalive_probes, 9);
	assert_int_equal(tcp_stats(p.tcp)->timed_out, 1);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* MUST-29: the ninth counts as much as the first. */
/* Shows: MUST-27, MUST-29. */
static void
test_one_answer_is_enough(void **state)
{
	static const struct packet_setup setups[] = {
		{.keepalive_idle_us = 0},
		{.keepalive_idle_us = 10 * SECOND_US, .keepalive_interval_us = SECOND_US},
		{.keepalive_idle_us = SECOND_US, .keepalive_interval_us = 10 * SECOND_US},
	};
	struct packet_setup setup;
	struct packet_sent sent;
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(setups); i++) {
		setup = setups[i];
		setup.ipv6 = *state != NULL;
		begin(&p, &setup, true);
		for (unsigned int round = 0; round < 5; round++) {
			for (unsigned int probes = 0; probes < 9;) {
				packet_advance(&p, SECOND_US / 2);
				while (packet_take(&p, &sent))
					probes++;
				assert_int_equal(p.owner.closed, 0);
			}
			inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		}
		assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
		packet_end(&p);
	}
}

static void
test_peer_that_started_anew_resets(void **state)
{
	struct packet p;

	begin(&p, *state, true);
	packet_advance(&p, 2 * HOUR_US);
	expect(&p, .flags = ACK, .seq = 0, .ack = 1);
	inject(&p, .flags = RST, .seq = 1);
	assert_int_equal(p.owner.error, -ECONNRESET);
	packet_end(&p);
}

/* MUST-27: only when nothing was received for so long, on the usual way and the others. */
/* Shows: MUST-27. */
static void
test_what_moves_is_not_probed(void **state)
{
	struct packet p;
	uint32_t i;

	begin(&p, *state, true);
	for (i = 0; i < 10; i++) {
		packet_advance(&p, HOUR_US);
		inject(&p, .flags = ACK, .seq = 1 + i, .ack = 1, .len = 1);
		packet_advance(&p, SECOND_US);
		expect(&p, .flags = ACK, .seq = 1, .ack = 2 + i);
		expect_none(&p);
	}
	packet_advance(&p, 2 * HOUR_US - SECOND_US - 1000);
	expect_none(&p);
	packet_advance(&p, 1000);
	expect(&p, .flags = ACK, .seq = 0, .ack = 1 + i);
	packet_end(&p);
}

/* MUST-26: what waits for an ACK, or for a window, has a timer that judges the peer. */
/* Shows: MUST-26, MUST-37. */
static void
test_not_while_something_is_under_way(void **state)
{
	const struct packet_setup setup = {.keepalive_idle_us = SECOND_US,
					   .keepalive_interval_us = SECOND_US,
					   .ipv6 = *state != NULL};
	struct packet_sent sent;
	struct packet p;

	begin(&p, &setup, true);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	inject(&p, .flags = ACK, .seq = 1, .ack = 11, .zero_window = true);
	packet_append(&p, 10);
	for (unsigned int i = 0; i < 1000; i++) {
		packet_advance(&p, SECOND_US);
		while (packet_take(&p, &sent)) {
			assert_int_equal(sent.header.seq, p.iss + 11);
			inject(&p, .flags = ACK, .seq = 1, .ack = 11, .zero_window = true);
		}
	}
	/* Nor does it give up before them. */
	packet_advance(&p, 60 * SECOND_US);
	while (packet_take(&p, &sent))
		;
	assert_int_equal(tcp_stats(p.tcp)->keepalive_probes, 0);
	assert_int_equal(p.owner.closed, 0);
	packet_end(&p);
}

static void
test_half_closed_is_probed(void **state)
{
	struct packet p;

	begin(&p, *state, true);
	assert_int_equal(tcp_shutdown(p.owner.conn), 0);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2);
	packet_advance(&p, 2 * HOUR_US);
	expect(&p, .flags = ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 2);
	assert_int_equal(packet_state(&p), TCP_FIN_WAIT_2);
	tcp_close(p.owner.conn);
	packet_advance(&p, 60 * SECOND_US);
	assert_int_equal(p.owner.error, -ETIMEDOUT);
	packet_end(&p);
}

static void
test_ends_with_close(void **state)
{
	struct packet p;

	begin(&p, &(struct packet_setup){.keepalive_idle_us = SECOND_US, .ipv6 = *state != NULL},
	      true);
	tcp_close(p.owner.conn);
	tcp_set_keepalive(p.owner.conn, true);
	expect(&p, .flags = FIN | ACK, .seq = 1, .ack = 1);
	inject(&p, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect(&p, .flags = ACK, .seq = 2, .ack = 2);
	packet_advance(&p, PACKET_TIME_WAIT_US - 1000);
	expect_none(&p);
	assert_int_equal(packet_state(&p), TCP_TIME_WAIT);
	packet_advance(&p, 1000);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_end(&p);
}

/* How long until the connection is given up, its data not acknowledged. */
static uint64_t
give_up_us(struct packet *p)
{
	uint64_t begin_us = p->now_us;
	struct packet_sent sent;

	packet_append(p, 10);
	while (p->owner.closed == 0 && p->now_us - begin_us < 100 * HOUR_US) {
		packet_advance(p, 1000);
		while (packet_take(p, &sent))
			;
	}
	assert_int_equal(p->owner.error, -ETIMEDOUT);
	return p->now_us - begin_us;
}

/* Shows: MUST-21, 5482-local. */
static void
test_user_timeout_of_data(void **state)
{
	static const uint16_t timeouts_s[] = {1, 2, 30, 100, 3000};
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(timeouts_s); i++) {
		begin(&p, *state, false);
		tcp_set_user_timeout(p.owner.conn, timeouts_s[i]);
		assert_in_range(give_up_us(&p), timeouts_s[i] * SECOND_US,
				timeouts_s[i] * SECOND_US + 2000);
		packet_end(&p);
	}
	begin(&p, &(struct packet_setup){.user_timeout_s = 7, .ipv6 = *state != NULL}, false);
	assert_in_range(give_up_us(&p), 7 * SECOND_US, 7 * SECOND_US + 2000);
	packet_end(&p);
}

/* An ACK of something begins it anew. */
/* Shows: 5482-local. */
static void
test_user_timeout_is_of_what_is_not_acknowledged(void **state)
{
	struct packet_sent sent;
	struct packet p;

	begin(&p, &(struct packet_setup){.user_timeout_s = 5, .ipv6 = *state != NULL}, false);
	packet_append(&p, 100);
	for (unsigned int i = 1; i <= 10; i++) {
		packet_advance(&p, 4 * SECOND_US);
		while (packet_take(&p, &sent))
			;
		inject(&p, .flags = ACK, .seq = 1, .ack = 1 + i);
	}
	assert_int_equal(p.owner.closed, 0);
	packet_end(&p);
}

/* Shows: MUST-21. */
static void
test_user_timeout_of_a_syn(void **state)
{
	uint64_t begin_us;
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.user_timeout_s = 10, .ipv6 = *state != NULL});
	packet_reach(&p, TCP_SYN_SENT);
	begin_us = p.now_us;
	while (p.owner.closed == 0) {
		packet_advance(&p, SECOND_US / 10);
		while (packet_take(&p, &(struct packet_sent){0}))
			;
	}
	assert_in_range(p.now_us - begin_us, 10 * SECOND_US, 10 * SECOND_US + SECOND_US / 10);
	packet_end(&p);
}

/* MUST-37: a closed window is no reason, probes without an answer are. */
/* Shows: MUST-37, 5482-local. */
static void
test_user_timeout_of_probes(void **state)
{
	struct packet_sent sent;
	uint64_t begin_us;
	struct packet p;

	begin(&p, &(struct packet_setup){.user_timeout_s = 10, .ipv6 = *state != NULL}, false);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	packet_append(&p, 10);
	for (unsigned int i = 0; i < 200; i++) {
		packet_advance(&p, SECOND_US);
		while (packet_take(&p, &sent))
			inject(&p, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	}
	assert_int_equal(p.owner.closed, 0);
	begin_us = p.now_us;
	while (p.owner.closed == 0 && p.now_us - begin_us < HOUR_US) {
		packet_advance(&p, SECOND_US);
		while (packet_take(&p, &sent))
			;
	}
	/* From the first probe on, which is at most a minute away. */
	assert_in_range(p.now_us - begin_us, 10 * SECOND_US, 72 * SECOND_US);
	packet_end(&p);
}

/* How long data waits for an ACK, in seconds. */
static void
expect_user_timeout(struct packet *p, uint32_t timeout_s)
{
	assert_in_range(give_up_us(p), timeout_s * SECOND_US, timeout_s * SECOND_US + 2000);
}

/* The peer's SYN or segment with a user timeout, in seconds or WIRE_TCP_MINUTES. */
static void
inject_timeout(struct packet *p, uint8_t flags, uint32_t seq, uint32_t len, uint16_t timeout)
{
	const struct wire_tcp_options options = {.user_timeout = timeout};

	inject(p, .flags = flags, .seq = seq, .ack = flags & ACK ? 1 : 0, .len = len,
	       .options = &options);
}

static void
expect_timeout(struct packet *p, uint8_t flags, uint32_t seq, uint32_t len, uint16_t timeout)
{
	struct packet_sent sent;

	expect_sent(p, &sent, .flags = flags, .seq = seq, .ack = flags & ACK ? 1 : 0, .len = len);
	assert_int_equal(sent.header.options.user_timeout, timeout);
}

/* RFC 5482 section 3.1, ENABLED: off, it is not sent, and a peer's does nothing. */
/* Shows: 5482-option. */
static void
test_user_timeout_option_is_off(void **state)
{
	struct packet_sent sent;
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.user_timeout_s = 7, .ipv6 = *state != NULL});
	inject_timeout(&p, SYN, 0, 0, 300);
	expect_timeout(&p, SYN | ACK, 0, 0, 0);
	inject_timeout(&p, ACK, 1, 0, 300);
	inject_timeout(&p, ACK, 1, 10, 300);
	tcp_set_user_timeout(p.owner.conn, 9);
	expect_none(&p);
	packet_append(&p, 10);
	expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 1, .ack = 11, .len = 10);
	assert_int_equal(sent.header.options.user_timeout, 0);
	packet_end(&p);
	packet_begin(&p, &(struct packet_setup){.user_timeout_s = 7, .ipv6 = *state != NULL});
	inject_timeout(&p, SYN, 0, 0, 300);
	expect_timeout(&p, SYN | ACK, 0, 0, 0);
	inject_timeout(&p, ACK, 1, 0, 300);
	expect_user_timeout(&p, 7);
	packet_end(&p);
}

/* Who waits longer has his way, within limits. */
/* Shows: 5482-option. */
static void
test_user_timeout_of_the_peer(void **state)
{
	static const struct {
		uint16_t peers, waits_s;
	} cases[] = {
		{0, 10}, /* it has none */
		{300, 300},
		{WIRE_TCP_MINUTES | 4, 240},
		{12, 20}, /* the lower limit */
		{1000, 500}, /* the upper */
		{WIRE_TCP_MINUTES | 0x7fff, 500},
	};
	const struct packet_setup setup = {
		.user_timeout_s = 10,
		.user_timeout_option = true,
		.user_timeout_min_s = 20,
		.user_timeout_max_s = 500,
		.ipv6 = *state != NULL,
	};
	struct packet p;

	for (unsigned int i = 0; i < 2 * RTE_DIM(cases); i++) {
		bool late = i % 2 == 1;

		packet_begin(&p, &setup);
		inject_timeout(&p, SYN, 0, 0, late ? 0 : cases[i / 2].peers);
		expect_timeout(&p, SYN | ACK, 0, 0, 10);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		/* With the next data as well. */
		if (late)
			inject_timeout(&p, ACK, 1, 1, cases[i / 2].peers);
		expect_user_timeout(&p, cases[i / 2].waits_s);
		packet_end(&p);
	}
}

/* Without limits of one's own nobody gives up within 100 s, or waits for more than an hour. */
/* Shows: 5482-option. */
static void
test_user_timeout_has_limits(void **state)
{
	struct packet p;

	for (unsigned int i = 0; i < 2; i++) {
		packet_begin(&p, &(struct packet_setup){.user_timeout_s = 5,
							.user_timeout_option = true,
							.ipv6 = *state != NULL});
		inject_timeout(&p, SYN, 0, 0, i == 0 ? 1 : WIRE_TCP_MINUTES | 1000);
		expect_timeout(&p, SYN | ACK, 0, 0, 5);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		expect_user_timeout(&p, i == 0 ? 100 : 3600);
		packet_end(&p);
	}
}

/*
 * Where the number of retransmissions decides, or a timeout above the upper limit, a peer that
 * wishes for less changes nothing; for more, it has it.
 */
/* Shows: 5482-option. */
static void
test_user_timeout_of_the_peer_is_no_shorter(void **state)
{
	static const uint16_t own_s[] = {0, 4000};
	struct packet_setup setup = {0};
	uint64_t alone_us;
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(own_s); i++) {
		setup = (struct packet_setup){.user_timeout_s = own_s[i], .ipv6 = *state != NULL};
		begin(&p, &setup, false);
		alone_us = give_up_us(&p);
		packet_end(&p);
		setup.user_timeout_option = true;
		for (uint16_t wish_s = 20; wish_s <= 520; wish_s += 50) {
			begin(&p, &setup, false);
			inject_timeout(&p, ACK, 1, 1, wish_s);
			assert_int_equal(give_up_us(&p), alone_us);
			packet_end(&p);
		}
	}
	assert_in_range(alone_us, 4000 * SECOND_US, 4000 * SECOND_US + 2000);
	setup.user_timeout_s = 0;
	begin(&p, &setup, false);
	inject_timeout(&p, ACK, 1, 1, 1000);
	expect_user_timeout(&p, 1000);
	packet_end(&p);
}

/* CHANGEABLE: what the owner has set is the peer's to know, and not to change. */
/* Shows: 5482-option. */
static void
test_user_timeout_of_the_owner_is_told(void **state)
{
	const uint32_t mss = *state != NULL ? 1220 : 536; /* of a peer that names none */
	struct packet p;

	begin(&p, &(struct packet_setup){.user_timeout_option = true, .ipv6 = *state != NULL},
	      false);
	tcp_set_user_timeout(p.owner.conn, 40000);
	expect_timeout(&p, ACK, 1, 0, WIRE_TCP_MINUTES | 667);
	expect_none(&p);
	/* A full segment has no room for it, and the next tells it, once. */
	tcp_set_user_timeout(p.owner.conn, 15);
	packet_append(&p, mss + 100);
	expect_timeout(&p, ACK, 1, mss, 0);
	expect_timeout(&p, ACK | PSH, 1 + mss, 100, 15);
	packet_append(&p, 100);
	expect_timeout(&p, ACK | PSH, 101 + mss, 100, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 201 + mss);
	inject_timeout(&p, ACK, 1, 0, 300);
	expect_user_timeout(&p, 15);
	packet_end(&p);
}

/* What the owner takes back is the configuration's again, for both sides. */
/* Shows: 5482-option. */
static void
test_user_timeout_is_taken_back(void **state)
{
	static const uint16_t peers_s[] = {0, 300};
	const struct packet_setup setup = {
		.user_timeout_s = 20,
		.user_timeout_option = true,
		.user_timeout_min_s = 1,
		.ipv6 = *state != NULL,
	};
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(peers_s); i++) {
		packet_begin(&p, &setup);
		packet_accept(&p, NULL);
		tcp_set_user_timeout(p.owner.conn, 50);
		expect_timeout(&p, ACK, 1, 0, 50);
		tcp_set_user_timeout(p.owner.conn, 0);
		expect_timeout(&p, ACK, 1, 0, 20);
		inject_timeout(&p, ACK, 1, 0, peers_s[i]);
		expect_user_timeout(&p, RTE_MAX(peers_s[i], setup.user_timeout_s));
		packet_end(&p);
	}
}

/* Section 3.3: with the SYN, and again with what follows, for a peer that keeps no state of it. */
/* Shows: 5482-option. */
static void
test_user_timeout_of_who_opens_is_told_twice(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.user_timeout_s = 30,
						.user_timeout_option = true,
						.ipv6 = *state != NULL});
	p.owner.conn = packet_connect(&p);
	tcp_set_user_timeout(p.owner.conn, 50);
	expect_timeout(&p, SYN, 0, 0, 50);
	inject_timeout(&p, SYN | ACK, 0, 0, 300);
	expect_timeout(&p, ACK, 1, 0, 50);
	packet_append(&p, 10);
	expect_timeout(&p, ACK | PSH, 1, 10, 0);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_off_unless_turned_on),
		both_families(test_data_in_the_turn_of_a_probe),
		both_families(test_peer_that_is_gone_is_given_up),
		both_families(test_one_answer_is_enough),
		both_families(test_peer_that_started_anew_resets),
		both_families(test_what_moves_is_not_probed),
		both_families(test_not_while_something_is_under_way),
		both_families(test_half_closed_is_probed),
		both_families(test_ends_with_close),
		both_families(test_user_timeout_of_data),
		both_families(test_user_timeout_is_of_what_is_not_acknowledged),
		both_families(test_user_timeout_of_a_syn),
		both_families(test_user_timeout_of_probes),
		both_families(test_user_timeout_option_is_off),
		both_families(test_user_timeout_of_the_peer),
		both_families(test_user_timeout_has_limits),
		both_families(test_user_timeout_of_the_peer_is_no_shorter),
		both_families(test_user_timeout_of_the_owner_is_told),
		both_families(test_user_timeout_is_taken_back),
		both_families(test_user_timeout_of_who_opens_is_told_twice),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* LISTEN with all of its SYN-RECEIVED in use: SYN cookies, RFC 4987 section 3.6. */
#include <string.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

/* Of lib/tcp/tcp_cookie.h, in us. */
#define PERIOD_US UINT64_C(32000000)

/* A stack whose one place for handshakes is taken: whoever comes next is given a cookie. */
static void
begin_full(struct packet *p, void **state)
{
	packet_begin(p, &(struct packet_setup){.syn_backlog = 1, .ipv6 = *state != NULL});
	inject(p, .flags = SYN);
	expect(p, .flags = SYN | ACK, .ack = 1);
	p->peer_port++;
}

/* A SYN, its cookie and its ACK. */
static void
accept_cookie(struct packet *p, const struct wire_tcp_options *options, struct packet_sent *syn_ack)
{
	struct wire_tcp_options ack = {.has_timestamps = options->has_timestamps,
				       .ts_value = options->ts_value};
	uint64_t accepted = tcp_stats(p->tcp)->cookies_accepted;

	inject(p, .flags = SYN, .options = options);
	expect_sent(p, syn_ack, .flags = SYN | ACK, .ack = 1);
	expect_none(p);
	assert_int_equal(tcp_conn_count(p->tcp), 1);
	ack.ts_echo = syn_ack->header.options.ts_value;
	inject(p, .flags = ACK, .seq = 1, .ack = 1, .options = &ack);
	expect_none(p);
	assert_non_null(p->owner.conn);
	assert_int_equal(tcp_conn_count(p->tcp), 2);
	assert_int_equal(tcp_stats(p->tcp)->cookies_accepted, accepted + 1);
}

/* Shows: 4987-cookies. */
static void
test_timestamp_keeps_options(void **state)
{
	static const struct wire_tcp_options offers[] = {
		{.has_timestamps = true, .ts_value = 7},
		{.has_timestamps = true, .sack_permitted = true},
		{.has_timestamps = true, .has_window_scale = true},
		{.has_timestamps = true, .has_window_scale = true, .window_scale = 7},
		{.has_timestamps = true,
		 .has_window_scale = true,
		 .window_scale = 14,
		 .sack_permitted = true,
		 .has_mss = true,
		 .mss = 1460},
	};
	const struct wire_tcp_options *got;
	struct tcp_conn_info info;
	struct packet_sent sent;
	struct packet p;

	for (unsigned int i = 0; i < RTE_DIM(offers); i++) {
		begin_full(&p, state);
		accept_cookie(&p, &offers[i], &sent);
		got = &sent.header.options;
		assert_int_equal(sent.header.window, PACKET_WINDOW);
		assert_int_equal(got->mss, p.mss);
		assert_true(got->has_timestamps);
		assert_int_equal(got->ts_echo, offers[i].ts_value);
		assert_int_equal(got->sack_permitted, offers[i].sack_permitted);
		assert_int_equal(got->has_window_scale, offers[i].has_window_scale);
		tcp_conn_info(p.owner.conn, &info);
		assert_int_equal(info.state, TCP_ESTABLISHED);
		assert_true(info.timestamps);
		assert_int_equal(info.sack, offers[i].sack_permitted);
		assert_int_equal(info.send_scale, offers[i].window_scale);
		assert_int_equal(info.snd_wnd, 65535u << offers[i].window_scale);
		packet_end(&p);
	}
}

static void
test_without_timestamps_there_are_no_options(void **state)
{
	static const struct wire_tcp_options offer = {
		.has_window_scale = true, .window_scale = 7, .sack_permitted = true};
	struct tcp_conn_info info;
	struct packet_sent sent;
	struct packet p;

	begin_full(&p, state);
	accept_cookie(&p, &offer, &sent);
	assert_false(sent.header.options.has_window_scale);
	assert_false(sent.header.options.sack_permitted);
	assert_false(sent.header.options.has_timestamps);
	tcp_conn_info(p.owner.conn, &info);
	assert_false(info.sack);
	assert_int_equal(info.snd_wnd, 65535);
	packet_end(&p);
}

/* RFC 5482 section 3.3: no state is needed to tell the peer, and the connection has it. */
/* Shows: 5482-option. */
static void
test_user_timeout_is_told(void **state)
{
	static const struct wire_tcp_options none = {0};
	struct packet_setup setup = {
		.syn_backlog = 1, .user_timeout_s = 40000, .ipv6 = *state != NULL};
	struct packet_sent sent;
	struct packet p;

	for (unsigned int i = 0; i < 2; i++) {
		setup.user_timeout_option = i == 1;
		packet_begin(&p, &setup);
		inject(&p, .flags = SYN);
		expect(&p, .flags = SYN | ACK, .ack = 1);
		p.peer_port++;
		accept_cookie(&p, &none, &sent);
		assert_int_equal(sent.header.options.user_timeout,
				 i == 1 ? WIRE_TCP_MINUTES | 667 : 0);
		packet_end(&p);
	}
}

/* There is no place for it: the SYN-ACK does not agree, so both know that there is none. */
/* Shows: 3168-negotiate. */
static void
test_ecn_is_declined(void **state)
{
	static const struct wire_tcp_options offer = {.has_timestamps = true,
						      .sack_permitted = true};
	struct wire_tcp_options ack = offer;
	struct tcp_conn_info info;
	struct packet_sent sent;
	struct packet p;

	begin_full(&p, state);
	inject(&p, .flags = SYN | ECE | CWR, .options = &offer);
	expect_sent(&p, &sent, .flags = SYN | ACK, .ack = 1);
	ack.ts_echo = sent.header.options.ts_value;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .options = &ack);
	tcp_conn_info(p.owner.conn, &info);
	assert_false(info.ecn);
	packet_append(&p, 100);
	expect_sent(&p, &sent, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	assert_int_equal(sent.ecn, 0);
	packet_end(&p);
}

/* Shows: MUST-15, 4987-cookies. */
static void
test_mss_is_the_next_lower_of_a_table(void **state)
{
	static const struct {
		uint16_t offered; /* 0: none */
		uint16_t used; /* where ours is no less */
	} sizes[] = {{0, 536},	   {1, 64},	 {64, 64},     {535, 64},    {536, 536},
		     {1219, 536},  {1220, 1220}, {1459, 1440}, {1460, 1460}, {1461, 1460},
		     {8959, 1460}, {9000, 1460}, {65535, 1460}};
	struct wire_tcp_options offer = {0};
	struct tcp_conn_info info;
	struct packet_sent sent;
	struct packet p;
	uint16_t used;

	for (unsigned int i = 0; i < RTE_DIM(sizes); i++) {
		begin_full(&p, state);
		offer.has_mss = sizes[i].offered != 0;
		offer.mss = sizes[i].offered;
		accept_cookie(&p, &offer, &sent);
		tcp_conn_info(p.owner.conn, &info);
		used = p.ipv6 && !offer.has_mss ? 1220 : sizes[i].used;
		assert_int_equal(info.mss_bytes, RTE_MIN(used, p.mss));
		packet_end(&p);
	}
}

/* The low bits are not the clock's: the clock must not seem to run backwards for them. */
static void
test_timestamp_is_not_ahead(void **state)
{
	struct wire_tcp_options offer = {.has_timestamps = true};
	struct packet_sent syn_ack, data;
	struct packet p;
	uint32_t behind;

	for (unsigned int i = 0; i < 64; i++) {
		offer.has_window_scale = i % 2;
		offer.window_scale = i % 15;
		offer.sack_permitted = i % 3;
		begin_full(&p, state);
		p.timestamps = true;
		p.now_us += i * 1000;
		accept_cookie(&p, &offer, &syn_ack);
		packet_append(&p, 10);
		expect_sent(&p, &data, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
		behind = data.header.options.ts_value - syn_ack.header.options.ts_value;
		assert_true(behind < 32);
		packet_end(&p);
	}
}

static void
test_data_and_fin_with_the_ack(void **state)
{
	static const struct wire_tcp_options offer = {.has_mss = true, .mss = PACKET_MSS};
	struct packet p;

	begin_full(&p, state);
	inject(&p, .flags = SYN, .options = &offer);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK | FIN, .seq = 1, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 102);
	assert_int_equal(p.owner.opened, 1);
	assert_int_equal(p.owner.read_bytes, 100);
	assert_int_equal(p.owner.peer_closed, 1);
	packet_append(&p, 50);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 102, .len = 50);
	tcp_close(p.owner.conn);
	expect(&p, .flags = FIN | ACK, .seq = 51, .ack = 102);
	inject(&p, .flags = ACK, .seq = 102, .ack = 52);
	assert_int_equal(p.owner.closed, 1);
	assert_int_equal(p.owner.error, 0);
	assert_int_equal(tcp_conn_count(p.tcp), 1);
	packet_end(&p);
}

/* Whatever of it is changed, the code is wrong, and nothing of the stack is used up. */
/* Shows: 4987-cookies. */
static void
test_forged_ack_is_reset(void **state)
{
	static const struct wire_tcp_options offer = {.has_mss = true, .mss = PACKET_MSS};
	struct packet p;
	unsigned int i;

	begin_full(&p, state);
	inject(&p, .flags = SYN, .options = &offer);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	for (i = 0; i < 32; i++) {
		inject(&p, .flags = ACK, .seq = 1, .ack = 1 ^ 1u << i);
		expect(&p, .flags = RST, .seq = 1 ^ 1u << i);
		inject(&p, .flags = ACK, .seq = 1 ^ 1u << i, .ack = 1, .len = 10);
		expect(&p, .flags = RST, .seq = 1);
	}
	p.peer_port++;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = RST, .seq = 1);
	p.peer_port--;
	inject(&p, .flags = SYN | ACK, .seq = 1, .ack = 1);
	expect(&p, .flags = RST, .seq = 1);
	inject(&p, .flags = RST | ACK, .seq = 1, .ack = 1);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_cookie, 65);
	assert_int_equal(tcp_stats(p.tcp)->drop_no_conn, 1);
	assert_int_equal(tcp_conn_count(p.tcp), 1);
	assert_int_equal(p.owner.opened, 0);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.opened, 1);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Random guesses: one in 2^28 would do. */
/* Shows: 4987-cookies. */
static void
test_guesses_do_not_pass(void **state)
{
	uint32_t random = 20261123;
	struct packet_sent sent;
	struct packet p;

	print_message("seed %u\n", random);
	begin_full(&p, state);
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	for (unsigned int i = 0; i < 100000; i++) {
		random = random * 1664525 + 1013904223;
		inject(&p, .flags = ACK, .seq = 1, .ack = random);
		if (packet_take(&p, &sent))
			assert_int_equal(sent.header.flags, RST);
	}
	assert_int_equal(p.owner.opened, 0);
	assert_int_equal(tcp_stats(p.tcp)->drop_cookie, 100000);
	packet_end(&p);
}

/* Shows: 4987-cookies. */
static void
test_cookie_is_good_for_a_minute_at_most(void **state)
{
	struct packet_sent sent;
	uint64_t begin_us;
	struct packet p;

	/* At the beginning of a period, and at its end; of an even and of an odd one. */
	for (unsigned int i = 0; i < 8; i++) {
		begin_full(&p, state);
		begin_us = (p.now_us / PERIOD_US + 1 + i / 4) * PERIOD_US +
			   i / 2 % 2 * (PERIOD_US - 1);
		packet_advance(&p, begin_us - p.now_us);
		while (packet_take(&p, &sent))
			;
		inject(&p, .flags = SYN);
		expect(&p, .flags = SYN | ACK, .ack = 1);
		p.now_us = (begin_us / PERIOD_US + 2) * PERIOD_US - (i % 2 ? 1 : 0);
		inject(&p, .flags = ACK, .seq = 1, .ack = 1);
		if (i % 2) {
			expect_none(&p);
			assert_int_equal(p.owner.opened, 1);
		} else {
			expect(&p, .flags = RST, .seq = 1);
			assert_int_equal(p.owner.opened, 0);
		}
		packet_end(&p);
	}
}

/* Long after the last cookie, an ACK cannot be of one: none is computed for it. */
static void
test_none_is_expected_unless_sent(void **state)
{
	struct packet_sent sent;
	struct packet p;

	begin_full(&p, state);
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	packet_advance(&p, 2 * PERIOD_US);
	while (packet_take(&p, &sent))
		;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_true(packet_take(&p, &sent));
	assert_int_equal(tcp_stats(p.tcp)->drop_no_conn, 1);
	assert_int_equal(tcp_stats(p.tcp)->drop_cookie, 0);
	packet_end(&p);
}

static void
test_no_connection_left_for_it(void **state)
{
	uint16_t cookie_port;
	struct packet p;
	uint32_t iss;

	packet_begin(&p, &(struct packet_setup){
				 .conns_max = 2, .syn_backlog = 1, .ipv6 = *state != NULL});
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	p.peer_port++;
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	iss = p.iss;
	cookie_port = p.peer_port++;
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1);
	assert_int_equal(p.owner.opened, 1);
	/* Nor is there a promise which could not be kept. */
	p.peer_port++;
	inject(&p, .flags = SYN);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_syn_full, 1);
	/* Silence: the peer tries again, and finds room then. */
	p.peer_port = cookie_port;
	p.iss = iss;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 5);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_cookie_full, 1);
	tcp_abort(p.owner.conn);
	assert_true(packet_take(&p, &(struct packet_sent){0}));
	p.iss = iss;
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 5);
	assert_int_equal(p.owner.read_bytes, 5);
	packet_end(&p);
}

/* What was answered as ever is not a cookie, and the backlog has room again when it is used. */
static void
test_backlog_counts_what_waits(void **state)
{
	struct packet p;

	packet_begin(&p, &(struct packet_setup){.syn_backlog = 1, .ipv6 = *state != NULL});
	for (unsigned int i = 0; i < 4; i++) {
		packet_accept(&p, NULL);
		p.peer_port++;
	}
	inject(&p, .flags = SYN);
	expect(&p, .flags = SYN | ACK, .ack = 1);
	inject(&p, .flags = RST, .seq = 1);
	p.peer_port++;
	packet_accept(&p, NULL);
	assert_int_equal(tcp_stats(p.tcp)->cookies_sent, 0);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_timestamp_keeps_options),
		both_families(test_without_timestamps_there_are_no_options),
		both_families(test_user_timeout_is_told),
		both_families(test_ecn_is_declined),
		both_families(test_mss_is_the_next_lower_of_a_table),
		both_families(test_timestamp_is_not_ahead),
		both_families(test_data_and_fin_with_the_ack),
		both_families(test_forged_ack_is_reset),
		both_families(test_guesses_do_not_pass),
		both_families(test_cookie_is_good_for_a_minute_at_most),
		both_families(test_none_is_expected_unless_sent),
		both_families(test_no_connection_left_for_it),
		both_families(test_backlog_counts_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * RFC 9293 section 3.10.7 as a table: every combination of flags in every state (attack 6), in a
 * segment that is exactly where it is expected. And what URG does to the others: nothing.
 */
#include <errno.h>

#include <rte_errno.h>

#include "packet.h"
#include "test_eal.h"

#define CONTROL (FIN | SYN | RST | ACK)
#define SILENCE 0

/* What a state makes of a segment. */
struct outcome {
	enum tcp_state state; /* TCP_CLOSED: no connection */
	uint8_t reply; /* control bits, or SILENCE */
};

/* Where a state expects the peer's next segment. TCP_CLOSED is the listener. */
static const struct {
	uint32_t seq;
	uint32_t ack;
} expected[TCP_STATES] = {
	[TCP_CLOSED] = {0, 1},	    [TCP_SYN_SENT] = {0, 1},   [TCP_SYN_RECEIVED] = {1, 1},
	[TCP_ESTABLISHED] = {1, 1}, [TCP_FIN_WAIT_1] = {1, 2}, [TCP_FIN_WAIT_2] = {1, 2},
	[TCP_CLOSE_WAIT] = {2, 1},  [TCP_CLOSING] = {2, 2},    [TCP_LAST_ACK] = {2, 2},
	[TCP_TIME_WAIT] = {2, 2},
};

/* Section 3.10.7.2. A SYN that is a FIN as well opens nothing. */
static struct outcome
in_listen(uint8_t flags)
{
	if (flags & RST)
		return (struct outcome){TCP_CLOSED, SILENCE};
	if (flags & ACK)
		return (struct outcome){TCP_CLOSED, RST};
	if ((flags & (SYN | FIN)) == SYN)
		return (struct outcome){TCP_SYN_RECEIVED, SYN | ACK};
	return (struct outcome){TCP_CLOSED, SILENCE};
}

/* Section 3.10.7.3 */
static struct outcome
in_syn_sent(uint8_t flags)
{
	if (flags & RST)
		return (struct outcome){flags & ACK ? TCP_CLOSED : TCP_SYN_SENT, SILENCE};
	if ((flags & (SYN | FIN)) != SYN)
		return (struct outcome){TCP_SYN_SENT, SILENCE};
	if (flags & ACK)
		return (struct outcome){TCP_ESTABLISHED, ACK};
	return (struct outcome){TCP_SYN_RECEIVED, SYN | ACK};
}

/* Section 3.10.7.4, of an ACK that acknowledges all. */
static struct outcome
of_ack(enum tcp_state state, bool fin)
{
	switch (state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
		return fin ? (struct outcome){TCP_CLOSE_WAIT, ACK}
			   : (struct outcome){TCP_ESTABLISHED, SILENCE};
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
		return fin ? (struct outcome){TCP_TIME_WAIT, ACK}
			   : (struct outcome){TCP_FIN_WAIT_2, SILENCE};
	case TCP_CLOSING:
		return (struct outcome){TCP_TIME_WAIT, SILENCE};
	case TCP_LAST_ACK:
		return (struct outcome){TCP_CLOSED, SILENCE};
	default:
		return (struct outcome){state, SILENCE};
	}
}

/* Section 3.10.7.4; RFC 5961 for SYN, RFC 1337 and RFC 6191 in TIME-WAIT. */
static struct outcome
in_synchronized(enum tcp_state state, uint8_t flags)
{
	if (flags & RST)
		return (struct outcome){state == TCP_TIME_WAIT ? state : TCP_CLOSED, SILENCE};
	if (state == TCP_TIME_WAIT && (flags & (SYN | ACK | FIN)) == SYN)
		return (struct outcome){TCP_SYN_RECEIVED, SYN | ACK};
	if (flags & SYN)
		return (struct outcome){state, ACK};
	if (!(flags & ACK))
		return (struct outcome){state, SILENCE};
	return of_ack(state, flags & FIN);
}

static struct outcome
outcome_of(enum tcp_state state, uint8_t flags)
{
	switch (state) {
	case TCP_CLOSED:
		return in_listen(flags);
	case TCP_SYN_SENT:
		return in_syn_sent(flags);
	default:
		return in_synchronized(state, flags);
	}
}

static void
check(enum tcp_state state, uint8_t flags)
{
	struct outcome outcome = outcome_of(state, flags);
	struct packet_sent sent;
	uint8_t reply = SILENCE;
	enum tcp_state now;
	struct packet p;

	packet_begin(&p, NULL);
	if (state != TCP_CLOSED)
		packet_reach(&p, state);
	inject(&p, .flags = flags, .seq = expected[state].seq, .ack = expected[state].ack);
	if (packet_take(&p, &sent))
		reply = sent.header.flags & CONTROL;
	now = packet_state(&p);
	if (now != outcome.state || reply != outcome.reply)
		fail_msg("%s, flags %#x: %s and %#x instead of %s and %#x",
			 state == TCP_CLOSED ? "LISTEN" : tcp_state_name(state), flags,
			 tcp_state_name(now), reply, tcp_state_name(outcome.state), outcome.reply);
	expect_none(&p);
	packet_end(&p);
}

/* Shows: events, reset-rules. */
static void
test_every_combination_in_every_state(void **test_state)
{
	enum tcp_state state;
	unsigned int flags;

	(void)test_state;
	for (state = TCP_CLOSED; state < TCP_STATES; state++)
		for (flags = 0; flags < 256; flags++)
			check(state, flags);
}

/* RFC 9293 MUST-31: of any length; read in line, as RFC 6093 has it. Attack 5. */
/* Shows: MUST-30, MUST-31. */
static void
test_urgent_pointer_points_nowhere(void **state)
{
	static const uint16_t pointers[] = {0, 1, 9, 10, 11, 1460, 65535};
	struct packet p;
	uint32_t i;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	for (i = 0; i < RTE_DIM(pointers); i++) {
		inject(&p, .flags = ACK | URG, .seq = 1 + 10 * i, .ack = 1, .len = 10,
		       .urgent = pointers[i]);
		assert_int_equal(p.owner.read_bytes, 10 * (i + 1));
		inject(&p, .flags = ACK | URG, .seq = 1 + 10 * (i + 1), .ack = 1,
		       .urgent = pointers[i]);
	}
	expect(&p, .flags = ACK, .seq = 1, .ack = 1 + 10 * i);
	assert_int_equal(packet_state(&p), TCP_ESTABLISHED);
	assert_int_equal(p.owner.readable, i);
	assert_int_equal(tcp_stats(p.tcp)->urgent, 2 * i);
	/* Each names another end, but those that name nothing. */
	assert_int_equal(p.owner.urgent, 2 * (i - 1));
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* MUST-66: what acknowledges, and what resets, counts when there is no window. */
/* Shows: MUST-66. */
static void
test_urgent_and_reset_at_a_zero_window(void **state)
{
	uint32_t size = 4096;
	struct packet p;

	packet_begin(&p,
		     &(struct packet_setup){.receive_window_bytes = size, .ipv6 = *state != NULL});
	p.owner.read = false;
	packet_accept(&p, NULL);
	packet_append(&p, 10);
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 10);
	for (uint32_t i = 0; i < size; i += 1024)
		inject(&p, .flags = ACK, .seq = 1 + i, .ack = 1, .len = 1024);
	expect(&p, .flags = ACK, .seq = 11, .ack = 1 + size, .zero_window = true);
	inject(&p, .flags = ACK | URG, .seq = 1 + size, .ack = 11, .len = 1, .urgent = 1);
	expect(&p, .flags = ACK, .seq = 11, .ack = 1 + size, .zero_window = true);
	assert_int_equal(p.owner.sent, 1);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), size);
	inject(&p, .flags = RST, .seq = 2 + size);
	expect_none(&p);
	inject(&p, .flags = RST | URG, .seq = 1 + size);
	assert_int_equal(p.owner.error, -ECONNRESET);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Attack 38: a SYN from ourselves. */
/* Shows: MUST-63. */
static void
test_land(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.peer_port = 80;
	inject(&p, .flags = SYN, .src = 0x0a000001);
	inject(&p, .flags = SYN | ACK, .src = 0x0a000001);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .src = 0x0a000001, .len = 10);
	expect_none(&p);
	assert_int_equal(tcp_stats(p.tcp)->drop_address, 3);
	assert_int_equal(tcp_conn_count(p.tcp), 0);
	packet_serve_innocent(&p);
	packet_end(&p);
}

/* Attack 36: with receive buffers exhausted ACKs are processed, and data is taken afterwards. */
static void
test_pressure_leaves_acks_alone(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	p.owner.read = false;
	packet_accept(&p, NULL);
	packet_append(&p, 5000);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(packet_take(&p, &(struct packet_sent){0}));
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	tcp_set_pressure(p.tcp, TCP_PRESSURE_UNREAD);
	inject(&p, .flags = ACK, .seq = 11, .ack = 1461, .len = 10);
	inject(&p, .flags = ACK, .seq = 31, .ack = 2921, .len = 10);
	inject(&p, .flags = ACK, .seq = 11, .ack = 5001);
	assert_int_equal(p.owner.sent, 3);
	assert_int_equal(tr_chain_bytes(tcp_chain(p.owner.conn)), 0);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), 10);
	assert_int_equal(tcp_stats(p.tcp)->drop_pressure, 2);
	assert_int_equal(rte_mempool_in_use_count(p.foreign), 1);
	/* Who reads what it has is given more, pressure or not. */
	tcp_receive_consume(p.owner.conn, 10);
	/* But not where many who hold nothing would use up the rest. */
	tcp_set_pressure(p.tcp, TCP_PRESSURE_ALL);
	inject(&p, .flags = ACK, .seq = 11, .ack = 5001, .len = 10);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), 0);
	assert_int_equal(rte_mempool_in_use_count(p.foreign), 0);
	assert_int_equal(tcp_stats(p.tcp)->drop_pressure, 3);
	tcp_set_pressure(p.tcp, TCP_PRESSURE_UNREAD);
	inject(&p, .flags = ACK, .seq = 11, .ack = 5001, .len = 10);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), 10);
	tcp_set_pressure(p.tcp, TCP_PRESSURE_NONE);
	inject(&p, .flags = ACK, .seq = 31, .ack = 5001, .len = 10);
	inject(&p, .flags = ACK, .seq = 21, .ack = 5001, .len = 10);
	assert_int_equal(tcp_receive_bytes(p.owner.conn), 30);
	while (packet_take(&p, &(struct packet_sent){0}))
		;
	packet_serve_innocent(&p);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_combination_in_every_state),
		both_families(test_urgent_pointer_points_nowhere),
		both_families(test_urgent_and_reset_at_a_zero_window),
		both_families(test_land),
		both_families(test_pressure_leaves_acks_alone),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

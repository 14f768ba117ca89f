/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* What comes twice is told to the peer: RFC 2883. */
#include "packet.h"
#include "test_eal.h"

static const struct wire_tcp_options sack = {.has_mss = true, .mss = 1460, .sack_permitted = true};
static const struct wire_tcp_options sack_timestamps = {
	.has_mss = true, .mss = 1460, .sack_permitted = true, .has_timestamps = true};

/* Expect an ACK with these blocks, {left, right} each. */
static void
expect_blocks(struct packet *packet, uint32_t ack, unsigned int nb, const uint32_t (*blocks)[2])
{
	struct packet_sent sent;

	expect_sent(packet, &sent, .flags = ACK, .seq = 1, .ack = ack);
	assert_int_equal(sent.header.options.nb_sack, nb);
	for (unsigned int i = 0; i < nb; i++) {
		assert_int_equal(sent.header.options.sack[i].left - packet->irs, blocks[i][0]);
		assert_int_equal(sent.header.options.sack[i].right - packet->irs, blocks[i][1]);
	}
}

#define expect_blocks(packet, ack, ...)                                                            \
	expect_blocks((packet), (ack), sizeof((uint32_t[][2]){__VA_ARGS__}) / 8,                   \
		      (const uint32_t[][2]){__VA_ARGS__})

/* Section 4.1.1, in the order of the ACK; it is told once. */
/* Shows: 2883-send. */
static void
test_acknowledged_before(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &sack);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 201);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	expect_blocks(&p, 201, {1, 101});
	/* In part. */
	inject(&p, .flags = ACK, .seq = 151, .ack = 1, .len = 100);
	expect_blocks(&p, 251, {151, 201});
	expect_none(&p);
	inject(&p, .flags = ACK, .seq = 251, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 351, .ack = 1, .len = 100);
	expect_blocks(&p, 451);
	expect_none(&p);
	packet_end(&p);
}

/* Section 4.1.2, figure 5: it lies in what waits, whose block comes second. */
/* Shows: 2883-send, 2018-number. */
static void
test_kept_before(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &sack);
	inject(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {1001, 1101});
	inject(&p, .flags = ACK, .seq = 301, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {301, 401}, {1001, 1101});
	inject(&p, .flags = ACK, .seq = 401, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {301, 501}, {1001, 1101});
	inject(&p, .flags = ACK, .seq = 1001, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {1001, 1101}, {1001, 1101}, {301, 501});
	inject(&p, .flags = ACK, .seq = 301, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {301, 401}, {301, 501}, {1001, 1101});
	inject(&p, .flags = ACK, .seq = 601, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {601, 701}, {301, 501}, {1001, 1101});
	/* Four in all. */
	inject(&p, .flags = ACK, .seq = 801, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {801, 901}, {601, 701}, {301, 501}, {1001, 1101});
	inject(&p, .flags = ACK, .seq = 801, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {801, 901}, {801, 901}, {601, 701}, {301, 501});
	packet_end(&p);
}

/* Beside timestamps three fit. */
/* Shows: 2883-send, 2018-number. */
static void
test_beside_timestamps(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &sack_timestamps);
	inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {101, 201});
	inject(&p, .flags = ACK, .seq = 301, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {301, 401}, {101, 201});
	inject(&p, .flags = ACK, .seq = 501, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {501, 601}, {301, 401}, {101, 201});
	inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	expect_blocks(&p, 1, {101, 201}, {101, 201}, {501, 601});
	packet_end(&p);
}

/* As many as come at once have an ACK each, before the data that goes out with them. */
static void
test_several_at_once(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &sack);
	for (uint32_t seq = 1; seq < 401; seq += 100)
		inject(&p, .flags = ACK, .seq = seq, .ack = 1, .len = 100);
	expect(&p, .flags = ACK, .seq = 1, .ack = 401);
	for (uint32_t seq = 1; seq < 401; seq += 100)
		inject(&p, .flags = ACK, .seq = seq, .ack = 1, .len = 100);
	packet_append(&p, 10);
	expect_blocks(&p, 401, {1, 101});
	expect_blocks(&p, 401, {101, 201});
	expect_blocks(&p, 401, {201, 301});
	expect_blocks(&p, 401, {301, 401});
	expect(&p, .flags = ACK | PSH, .seq = 1, .ack = 401, .len = 10);
	expect_none(&p);
	packet_end(&p);
}

/* Of more than there are places for the newest are told; each has its ACK. */
static void
test_more_than_are_noted(void **state)
{
	struct packet_sent sent;
	unsigned int told = 0;
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, &sack);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 200);
	packet_advance(&p, 100000);
	expect(&p, .flags = ACK, .seq = 1, .ack = 201);
	for (uint32_t seq = 1; seq <= 100; seq++)
		inject(&p, .flags = ACK, .seq = seq, .ack = 1, .len = 1);
	for (unsigned int i = 0; i < 100; i++) {
		expect_sent(&p, &sent, .flags = ACK, .seq = 1, .ack = 201);
		assert_true(sent.header.options.nb_sack <= 1);
		told += sent.header.options.nb_sack;
		if (i == 0)
			assert_int_equal(sent.header.options.sack[0].left - p.irs, 37);
	}
	assert_int_equal(told, 64);
	expect_none(&p);
	packet_end(&p);
}

/* What one connection had to tell is told by no other, also not by the next in its place. */
static void
test_each_tells_its_own(void **state)
{
	uint32_t iss[2];
	struct packet p;

	packet_begin(&p, *state);
	for (unsigned int i = 0; i < 2; i++) {
		packet_accept(&p, &sack);
		iss[i] = p.iss;
		inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
		inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
		expect(&p, .flags = ACK, .seq = 1, .ack = 201);
		p.peer_port++;
		p.owner.read_bytes = 0;
	}
	p.peer_port -= 2;
	p.iss = iss[0];
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	p.peer_port++;
	p.iss = iss[1];
	inject(&p, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	p.iss = iss[0];
	expect_blocks(&p, 201, {1, 101});
	p.iss = iss[1];
	expect_blocks(&p, 201, {101, 201});
	/* One that ends before it has told. */
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	tcp_abort(p.owner.conn);
	expect(&p, .flags = RST | ACK, .seq = 1, .ack = 201);
	packet_accept(&p, &sack);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 51, .ack = 1, .len = 50);
	expect_blocks(&p, 101, {51, 101});
	expect_none(&p);
	packet_end(&p);
}

/* Who did not say that it takes SACK is told nothing. */
/* Shows: 2018-permitted. */
static void
test_not_permitted(void **state)
{
	struct packet p;

	packet_begin(&p, *state);
	packet_accept(&p, NULL);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	expect_blocks(&p, 101);
	inject(&p, .flags = ACK, .seq = 201, .ack = 1, .len = 100);
	inject(&p, .flags = ACK, .seq = 201, .ack = 1, .len = 100);
	expect_blocks(&p, 101);
	expect_blocks(&p, 101);
	expect_none(&p);
	packet_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		both_families(test_acknowledged_before), both_families(test_kept_before),
		both_families(test_beside_timestamps),	 both_families(test_several_at_once),
		both_families(test_more_than_are_noted), both_families(test_each_tells_its_own),
		both_families(test_not_permitted),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip6_host.h"
#include "test_eal.h"
#include "wire_arp.h"

#include "ip_neighbour.h"

#include <netinet/in.h>

static void
answer(struct ip_host *host, rte_be32_t addr, const struct rte_ether_addr *mac)
{
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_arp(frame, &our_mac, WIRE_ARP_REPLY, mac, addr, OURS);

	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
}

static rte_be32_t
peer(unsigned int i)
{
	return rte_cpu_to_be_32(0x0a4d0010 + i);
}

/** Whether a packet to it leaves at once; takes the frame, be it packet or question. */
static bool
is_known(struct ip_host *host, rte_be32_t addr)
{
	ip_host_send(host, addr, 0x99, 40);
	assert_true(ip_host_sent(host));
	return host->sent[13] == 0;
}

/* Shows: 826-resolve. */
static void
test_waiting(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	for (i = 0; i < IP_NEIGHBOUR_WAITING + 2; i++)
		ip_host_send(host, PEER, i, 40);
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_queue, 2);
	assert_int_equal(ip_stats(host->ip)->ip_tx, 0);
	assert_true(ip_host_sent(host)); /* one question, and no more */
	assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, PEER);
	assert_false(ip_host_sent(host));
	answer(host, PEER, &peer_mac);
	for (i = 2; i < IP_NEIGHBOUR_WAITING + 2; i++) {
		assert_true(ip_host_sent(host));
		assert_int_equal(host->sent[34], i);
	}
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->ip_tx, IP_NEIGHBOUR_WAITING);
}

/* Shows: 826-resolve. */
static void
test_no_answer(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	assert_true(ip_next_timer_us(host->ip) == UINT64_MAX);
	ip_host_send(host, PEER, 1, 40);
	ip_host_send(host, PEER, 2, 40);
	for (i = 0; i < IP_NEIGHBOUR_TRIES; i++) {
		assert_true(ip_host_sent(host));
		assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, PEER);
		assert_false(ip_host_sent(host));
		assert_int_equal(ip_next_timer_us(host->ip), host->now_us + SECOND);
		ip_host_sleep(host, SECOND - 1);
		assert_false(ip_host_sent(host));
		assert_int_equal(ip_stats(host->ip)->drop_neighbour_queue, 0);
		ip_host_sleep(host, 1);
	}
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_queue, 2);
	assert_int_equal(ip_host_drops(host), 2);
	assert_true(ip_next_timer_us(host->ip) == UINT64_MAX);

	/* The next packet asks anew. */
	assert_false(is_known(host, PEER));
	assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, PEER);
}

static void
test_late_answer(void **state)
{
	struct ip_host *host = *state;

	ip_host_send(host, PEER, 7, 40);
	ip_host_sleep(host, 2 * SECOND + SECOND / 2);
	while (ip_host_sent(host))
		assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, PEER);
	answer(host, PEER, &peer_mac);
	assert_true(ip_host_sent(host));
	assert_int_equal(host->sent[34], 7);
	assert_int_equal(ip_host_drops(host), 0);
	/* Its tries are forgotten: a minute goes by before the next question. */
	ip_host_sleep(host, 59 * SECOND);
	assert_true(is_known(host, PEER));
	assert_false(ip_host_sent(host));
}

static void
test_refresh(void **state)
{
	struct ip_host *host = *state;
	unsigned int minute;

	ip_host_know(host, PEER, &peer_mac);
	for (minute = 0; minute < 3; minute++) {
		assert_true(is_known(host, PEER));
		ip_host_sleep(host, 60 * SECOND);
		assert_true(ip_host_sent(host));
		assert_sent_arp(host, &peer_mac, WIRE_ARP_REQUEST, PEER);
		assert_false(ip_host_sent(host));
		assert_true(is_known(host, PEER)); /* while it is asked */
		answer(host, PEER, &peer_mac);
	}
	/* The report is for the timers of other cores: no news. */
	assert_int_equal(host->nb_events, 3);
	assert_true(host->event.only_if_known);
}

static void
test_refresh_without_answer(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	ip_host_know(host, PEER, &peer_mac);
	assert_true(is_known(host, PEER));
	ip_host_sleep(host, 60 * SECOND);
	for (i = 0; i < IP_NEIGHBOUR_TRIES; i++) {
		assert_true(ip_host_sent(host));
		assert_sent_arp(host, &peer_mac, WIRE_ARP_REQUEST, PEER);
		assert_true(is_known(host, PEER));
		ip_host_sleep(host, SECOND);
	}
	assert_false(is_known(host, PEER));
	assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, PEER);
	answer(host, PEER, &other_mac);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &other_mac, 6);
}

/* Shows: 826-resolve. */
static void
test_unused_is_forgotten(void **state)
{
	struct ip_host *host = *state;

	ip_host_know(host, PEER, &peer_mac);
	ip_host_sleep(host, 60 * SECOND);
	assert_false(ip_host_sent(host));
	assert_true(ip_next_timer_us(host->ip) == UINT64_MAX);
	assert_false(is_known(host, PEER));
}

/* Of four, two are asked for at a time. */
static void
test_full_of_pending(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	for (i = 0; i < 2; i++)
		ip_host_send(host, peer(i), i, 40);
	ip_host_send(host, PEER, 9, 40);
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_table, 1);
	assert_int_equal(ip_host_drops(host), 1);
	while (ip_host_sent(host))
		;
	/* One that answers makes room, and so do those that do not. */
	answer(host, peer(1), &peer_mac);
	assert_true(ip_host_sent(host));
	assert_int_equal(host->sent[34], 1);
	assert_false(is_known(host, PEER));
	assert_int_equal(ip_host_drops(host), 1);
	ip_host_send(host, peer(2), 9, 40);
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_table, 2);
	ip_host_sleep(host, IP_NEIGHBOUR_TRIES * SECOND);
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_queue, 2);
	while (ip_host_sent(host))
		;
	assert_false(is_known(host, peer(2)));
	assert_false(is_known(host, peer(3)));
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_table, 2);
}

/* Segments from made-up addresses are answered: that takes half of the places, the oldest. */
static void
test_flood_of_addresses(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ip_host_know(host, peer(i), &peer_mac);
		assert_true(is_known(host, peer(i)));
		host->now_us += 2 * SECOND;
	}
	for (i = 0; i < 1000; i++)
		ip_host_send(host, peer(20 + i % 200), 9, 40);
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_table, 1000 - 2 * 5);
	while (ip_host_sent(host))
		;
	assert_true(is_known(host, peer(2)));
	assert_true(is_known(host, peer(3)));
	/* A neighbour that asks for us is learned, and a router is asked for, all the same. */
	ip_host_know(host, PEER, &other_mac);
	assert_true(is_known(host, PEER));
	assert_false(is_known(host, FAR));
	assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, GATEWAY);
}

static void
test_full_evicts_oldest(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		ip_host_know(host, peer(i), &peer_mac);
		assert_true(is_known(host, peer(i)));
		host->now_us += 2 * SECOND;
	}
	assert_true(is_known(host, peer(0))); /* so that 1 is the oldest */
	host->now_us += 2 * SECOND;
	ip_host_know(host, PEER, &other_mac);
	assert_true(is_known(host, PEER));
	host->now_us += 2 * SECOND;
	assert_true(is_known(host, peer(0)));
	assert_true(is_known(host, peer(2)));
	assert_true(is_known(host, peer(3)));
	assert_true(is_known(host, PEER));
	assert_false(is_known(host, peer(1)));
}

/* Who asks for us from a thousand addresses takes no more than one place of those in use. */
static void
test_flood_of_requests(void **state)
{
	struct ip_host *host = *state;
	unsigned int i, known = 0;

	for (i = 0; i < 4; i++) {
		ip_host_know(host, peer(i), &peer_mac);
		assert_true(is_known(host, peer(i)));
	}
	for (i = 0; i < 1000; i++) {
		uint8_t frame[FRAME_MAX];
		uint32_t bytes = frame_arp(frame, &broadcast_mac, WIRE_ARP_REQUEST, &other_mac,
					   peer(20 + i % 200), OURS);

		assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
		assert_true(ip_host_sent(host));
	}
	for (i = 1; i < 4; i++)
		known += is_known(host, peer(i));
	assert_int_equal(known, 3);
}

/* The same over IPv6. */
static void
test_flood_of_addresses_ipv6(void **state)
{
	struct ip_host *host = *state;
	struct tr_addr addr = peer6;
	uint8_t data[40] = {1};
	unsigned int i, known = 0;

	ip6_host_begin(host);
	/* The last two of the known are there still, after those that are asked for. */
	for (i = 0; i < 106; i++) {
		addr.bytes[15] = 10 + (i < 104 ? i : i - 102);
		if (i < 4)
			ip6_host_know(host, &addr, &peer_mac);
		ip_output(host->ip, ip_host_mbuf(host, data, sizeof(data)), ours6, addr,
			  IPPROTO_TCP, host->now_us);
		host->now_us += i < 4 ? 2 * SECOND : 0;
		while (ip_host_sent(host))
			known += host->sent[20] == IPPROTO_TCP;
	}
	assert_int_equal(ip_stats(host->ip)->drop_neighbour_table, 98);
	assert_int_equal(known, 6);
}

static void
test_many(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	host->config.neighbours_max = 200;
	ip_host_create(host);
	for (i = 0; i < 200; i++) {
		struct rte_ether_addr mac = {{0x02, 0, 0, 0, 1, i}};

		ip_host_know(host, peer(i), &mac);
	}
	for (i = 0; i < 200; i++) {
		assert_true(is_known(host, peer(i)));
		assert_int_equal(host->sent[5], i);
	}
	ip_host_sleep(host, 120 * SECOND);
	assert_true(ip_next_timer_us(host->ip) == UINT64_MAX);
}

static void
test_update_from_another_core(void **state)
{
	struct ip_host *host = *state;
	struct ip_neighbour neighbour = {
		.addr = tr_addr_ipv4(PEER), .mac = peer_mac, .only_if_known = true};

	/* Nobody asked here. */
	ip_neighbour_update(host->ip, &neighbour, host->now_us);
	assert_false(is_known(host, PEER));
	/* Now somebody has. */
	ip_neighbour_update(host->ip, &neighbour, host->now_us);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &peer_mac, 6);
	/* And it is not passed on. */
	assert_int_equal(host->nb_events, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_waiting, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_no_answer, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_late_answer, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_refresh, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_refresh_without_answer, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_unused_is_forgotten, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_full_of_pending, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_full_evicts_oldest, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_flood_of_requests, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_flood_of_addresses, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_flood_of_addresses_ipv6, ip6_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_many, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_update_from_another_core, ip_host_setup,
						ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

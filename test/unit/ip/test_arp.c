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

#include "ip_host.h"
#include "test_eal.h"
#include "wire_arp.h"

static unsigned int nb_neighbours;
static bool last_reachable;

static void
count(const struct ip_neighbour *neighbour, bool reachable, void *arg)
{
	(void)neighbour;
	(void)arg;
	nb_neighbours++;
	last_reachable = reachable;
}

static unsigned int
neighbours(struct ip_host *host)
{
	nb_neighbours = 0;
	ip_neighbour_walk(host->ip, count, NULL);
	return nb_neighbours;
}

static void
receive_arp(struct ip_host *host, const struct rte_ether_addr *dst, uint16_t operation,
	    const struct rte_ether_addr *sender_mac, rte_be32_t sender, rte_be32_t target)
{
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_arp(frame, dst, operation, sender_mac, sender, target);

	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
}

/* Shows: 826-answer. */
static void
test_answer(void **state)
{
	struct ip_host *host = *state;

	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, PEER, OURS);
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &peer_mac, WIRE_ARP_REPLY, PEER);
	assert_memory_equal(host->sent + 14 + 18, &peer_mac, 6);
	assert_int_equal(ip_stats(host->ip)->arp_answered, 1);
	assert_int_equal(ip_stats(host->ip)->arp_tx, 1);
	assert_int_equal(ip_host_drops(host), 0);

	/* And learned from it: the answer to what follows needs no question. */
	assert_int_equal(host->nb_events, 1);
	assert_int_equal(tr_addr_to_ipv4(&host->event.addr), PEER);
	assert_true(rte_is_same_ether_addr(&host->event.mac, &peer_mac));
	assert_false(host->event.only_if_known);
	ip_host_send(host, PEER, 1, 40);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_int_equal(host->sent[12] << 8 | host->sent[13], RTE_ETHER_TYPE_IPV4);
	assert_false(ip_host_sent(host));
}

/* RFC 5227 section 2.1.1: who asks with no address of its own is answered, and not learned. */
/* Shows: 5227-probe. */
static void
test_probe(void **state)
{
	struct ip_host *host = *state;

	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, 0, OURS);
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &peer_mac, WIRE_ARP_REPLY, 0);
	assert_int_equal(neighbours(host), 0);
	assert_int_equal(host->nb_events, 0);
}

static void
test_no_entry_from(void **state)
{
	struct ip_host *host = *state;

	/* A reply that nobody asked for; another core may have. */
	receive_arp(host, &our_mac, WIRE_ARP_REPLY, &peer_mac, PEER, OURS);
	assert_int_equal(host->nb_events, 1);
	assert_true(host->event.only_if_known);
	/* An announcement, a request for another, a reply to another. */
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, PEER, PEER);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, PEER, GATEWAY);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REPLY, &peer_mac, PEER, GATEWAY);
	/* A reply of one who is not on our link. */
	receive_arp(host, &our_mac, WIRE_ARP_REPLY, &peer_mac, FAR, OURS);
	assert_int_equal(neighbours(host), 0);
	assert_int_equal(host->nb_events, 1);
	assert_int_equal(ip_stats(host->ip)->drop_arp_ignored, 5);
	assert_int_equal(ip_host_drops(host), 5);
	assert_false(ip_host_sent(host));

	/* A request from elsewhere, or from no host's address, is answered but not learned. */
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, FAR, OURS);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, RTE_BE32(0x0a4d00ff), OURS);
	assert_int_equal(ip_stats(host->ip)->arp_answered, 2);
	assert_int_equal(neighbours(host), 0);
}

static void
test_reply_we_asked_for(void **state)
{
	struct ip_host *host = *state;

	ip_host_send(host, PEER, 0x51, 40);
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, PEER);
	assert_int_equal(neighbours(host), 1);
	assert_false(last_reachable);
	receive_arp(host, &our_mac, WIRE_ARP_REPLY, &peer_mac, PEER, OURS);
	assert_int_equal(ip_stats(host->ip)->arp_updates, 1);
	assert_int_equal(neighbours(host), 1);
	assert_true(last_reachable);
	assert_int_equal(host->nb_events, 1);
	assert_false(host->event.only_if_known);
	assert_true(ip_host_sent(host));
	assert_int_equal(host->sent[34], 0x51);
	assert_memory_equal(host->sent, &peer_mac, 6);
}

static void
test_announcement_moves_a_neighbour(void **state)
{
	struct ip_host *host = *state;

	ip_host_know(host, PEER, &peer_mac);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &other_mac, PEER, PEER);
	assert_int_equal(ip_stats(host->ip)->arp_updates, 1);
	assert_int_equal(host->nb_events, 1);
	assert_true(rte_is_same_ether_addr(&host->event.mac, &other_mac));
	ip_host_send(host, PEER, 1, 40);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &other_mac, 6);
}

/* A neighbour that checks whether we are still there asks us alone (RFC 1122 section 2.3.2.1). */
static void
test_unicast_request(void **state)
{
	struct ip_host *host = *state;

	receive_arp(host, &our_mac, WIRE_ARP_REQUEST, &peer_mac, PEER, OURS);
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &peer_mac, WIRE_ARP_REPLY, PEER);
	/* To another host's Ethernet address: it is not ours to answer, whatever it asks for. */
	receive_arp(host, &other_mac, WIRE_ARP_REQUEST, &peer_mac, PEER, OURS);
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_eth_address, 1);
}

/* RFC 5944 section 4.6: an announcement can be a reply, and can come to everybody. */
static void
test_gratuitous_reply(void **state)
{
	struct ip_host *host = *state;

	receive_arp(host, &broadcast_mac, WIRE_ARP_REPLY, &other_mac, PEER, PEER);
	assert_int_equal(neighbours(host), 0);
	ip_host_know(host, PEER, &peer_mac);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REPLY, &other_mac, PEER, PEER);
	ip_host_send(host, PEER, 1, 40);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &other_mac, 6);
	assert_false(ip_host_sent(host));
}

/* RFC 5227 section 2.1.1: another host probes for an address that is in use. */
static void
test_probe_of_a_neighbour(void **state)
{
	struct ip_host *host = *state;

	ip_host_know(host, PEER, &peer_mac);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &other_mac, 0, PEER);
	ip_host_send(host, PEER, 1, 40);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_int_equal(neighbours(host), 1);
	assert_int_equal(host->nb_events, 0);
}

/* Shows: 5227-conflict. */
static void
test_conflict(void **state)
{
	struct ip_host *host = *state;

	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &other_mac, OURS, OURS);
	receive_arp(host, &our_mac, WIRE_ARP_REPLY, &other_mac, OURS, PEER);
	assert_int_equal(ip_stats(host->ip)->drop_arp_conflict, 2);
	assert_int_equal(neighbours(host), 0);

	/* Defended once, and again when some time has passed. */
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, OURS);
	assert_false(ip_host_sent(host));
	host->now_us += 10 * SECOND;
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &other_mac, OURS, OURS);
	assert_true(ip_host_sent(host));
	assert_false(ip_host_sent(host));

	/* What we said ourselves is no conflict. */
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &our_mac, OURS, OURS);
	assert_int_equal(ip_stats(host->ip)->drop_arp_conflict, 3);
	assert_int_equal(ip_stats(host->ip)->drop_arp_ignored, 1);
}

static void
test_malformed(void **state)
{
	static const struct rte_ether_addr group = {{0x03, 0, 0, 0, 0, 3}};
	static const struct rte_ether_addr none = {{0}};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_arp(frame, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, PEER, OURS);
	uint32_t len;

	for (len = 14; len < bytes; len++)
		assert_int_equal(ip_host_receive(host, frame, len), IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_arp_malformed, 28);
	receive_arp(host, &broadcast_mac, 3, &peer_mac, PEER, OURS);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &group, PEER, OURS);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &broadcast_mac, PEER, OURS);
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &none, PEER, OURS);
	assert_int_equal(ip_stats(host->ip)->drop_arp_malformed, 32);
	assert_int_equal(ip_host_drops(host), 32);
	assert_false(ip_host_sent(host));
	assert_int_equal(neighbours(host), 0);
}

/* Shows: 5227-announce. */
static void
test_announce(void **state)
{
	struct ip_host *host = *state;

	ip_announce(host->ip);
	assert_true(ip_host_sent(host));
	assert_sent_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, OURS);
}

static void
test_no_mbuf(void **state)
{
	struct ip_host *host = *state;
	struct rte_mbuf *hoard[1100];
	unsigned int nb = 0;

	while ((hoard[nb] = rte_pktmbuf_alloc(host->config.mbufs)) != NULL)
		nb++;
	receive_arp(host, &broadcast_mac, WIRE_ARP_REQUEST, &peer_mac, PEER, OURS);
	assert_int_equal(ip_stats(host->ip)->drop_no_mbuf, 1);
	assert_int_equal(ip_stats(host->ip)->arp_answered, 0);
	assert_int_equal(ip_stats(host->ip)->arp_tx, 0);
	rte_pktmbuf_free_bulk(hoard, nb);
	assert_false(ip_host_sent(host));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answer, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_probe, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_no_entry_from, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_reply_we_asked_for, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_announcement_moves_a_neighbour, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_unicast_request, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_gratuitous_reply, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_probe_of_a_neighbour, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_conflict, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_malformed, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_announce, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_no_mbuf, ip_host_setup, ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Neighbours that ask and are asked while nothing else is sent: see also test_ip6.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip6_host.h"
#include "test_eal.h"
#include "wire_icmp6.h"
#include "wire_nd.h"

#include <netinet/in.h>

/** It asks where we are, and may say where it is. */
static void
ask(struct ip_host *host, bool has_mac)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
		.target = ours6,
		.has_mac = has_mac,
		.mac = peer_mac,
	};

	ip6_host_receive_nd(host, &peer6, &ours6_group, &nd);
}

static void
answer(struct ip_host *host)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT,
		.flags = WIRE_ND_SOLICITED | WIRE_ND_OVERRIDE,
		.target = peer6,
		.has_mac = true,
		.mac = peer_mac,
	};

	ip6_host_receive_nd(host, &peer6, &ours6, &nd);
}

/** The only frame sent is a message of this type to the peer, where it is. */
static void
assert_sent(struct ip_host *host, uint8_t type)
{
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_int_equal(payload[0], type);
	assert_true(tr_addr_is_same(&ipv6.dst, &peer6));
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_false(ip_host_sent(host));
}

/* Each answer would be a use of the entry, and so a reason to ask, for ever. */
/* Shows: 4861-answer. */
static void
test_an_answer_is_no_use(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ip_host_create(host);
		ip6_host_begin(host);
		ip6_host_know(host, &peer6, &peer_mac);
		ask(host, i);
		assert_sent(host, WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT);
		ip_host_sleep(host, 60 * SECOND);
		assert_false(ip_host_sent(host));
		assert_true(ip_next_timer_us(host->ip) == UINT64_MAX);
	}
}

/* Who asks and does not say where it is has to be asked, once. */
static void
test_an_answer_to_nobody_known(void **state)
{
	struct ip_host *host = *state;
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	ip6_host_begin(host);
	ask(host, false);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_int_equal(payload[0], WIRE_ICMP6_NEIGHBOUR_SOLICITATION);
	assert_false(ip_host_sent(host));
	answer(host);
	assert_sent(host, WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT);
	ip_host_sleep(host, 60 * SECOND);
	assert_false(ip_host_sent(host));
}

/* Nor is a question: what was used before it is asked once, and not again when it is idle. */
/* Shows: 4861-resolve. */
static void
test_a_question_is_no_use(void **state)
{
	struct ip_host *host = *state;
	uint8_t data[40] = {1};

	ip6_host_begin(host);
	ip6_host_know(host, &peer6, &peer_mac);
	ip_output(host->ip, ip_host_mbuf(host, data, sizeof(data)), ours6, peer6, IPPROTO_TCP,
		  host->now_us);
	ip6_host_drain(host);
	ip_host_sleep(host, 30 * SECOND);
	assert_sent(host, WIRE_ICMP6_NEIGHBOUR_SOLICITATION);
	ask(host, false);
	assert_sent(host, WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT);
	answer(host);
	/* What the peer does next. */
	ask(host, false);
	assert_sent(host, WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT);
	ip_host_sleep(host, 60 * SECOND);
	assert_false(ip_host_sent(host));
	assert_true(ip_next_timer_us(host->ip) == UINT64_MAX);
}

/*
 * A switch that loops, or a group that a device hands back: what we ask of others we hear
 * ourselves. It is no other host that has our address, nor an answer.
 */
/* Shows: 4862-duplicate. */
static void
test_looped_back(void **state)
{
	static const struct tr_addr *const targets[] = {&ours6_near, &ours6};
	struct wire_nd nd = {.target = ours6};
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	unsigned int i, nb = 0;

	ip_host_sleep(host, SECOND / 2);
	while (ip_host_sent(host)) {
		memcpy(frame, host->sent, host->sent_bytes);
		assert_int_equal(ip_host_receive(host, frame, host->sent_bytes), IP_TAKEN);
		nb++;
	}
	assert_int_equal(ip_stats(host->ip)->drop_eth_own, nb);
	assert_int_equal(ip_stats(host->ip)->drop_nd_conflict, 0);
	ip6_host_begin(host);
	for (i = 0; i < RTE_DIM(targets); i++)
		assert_true(ip_addr_is_ours(host->ip, *targets[i]));
	/* Nor is our word to all when another probes for it. */
	nd.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION;
	ip6_host_receive_nd(host, &none6, &ours6_group, &nd);
	assert_true(ip_host_sent(host));
	memcpy(frame, host->sent, host->sent_bytes);
	assert_int_equal(ip_host_receive(host, frame, host->sent_bytes), IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_eth_own, nb + 1);
	assert_int_equal(ip_stats(host->ip)->drop_nd_conflict, 0);
}

/** It says, to us or to all, that a neighbour is at an Ethernet address. */
static void
tell(struct ip_host *host, const struct tr_addr *target, const struct rte_ether_addr *mac,
     uint8_t flags)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT,
		.flags = flags | WIRE_ND_OVERRIDE,
		.target = *target,
		.has_mac = true,
		.mac = *mac,
	};

	ip6_host_receive_nd(host, &peer6, flags & WIRE_ND_SOLICITED ? &ours6 : &all_nodes6, &nd);
}

/* RFC 4291 section 2.5.5.2: as IPv4's addresses are kept here, they are those of no neighbour. */
static void
test_a_target_is_no_host_of_ipv4(void **state)
{
	const struct tr_addr peer = tr_addr_ipv4(PEER);
	struct ip_host *host = *state;

	ip6_host_begin(host);
	ip_host_know(host, PEER, &peer_mac);
	ip6_host_drain(host);
	host->nb_events = 0;
	tell(host, &peer, &other_mac, WIRE_ND_SOLICITED);
	tell(host, &peer, &other_mac, 0);
	assert_int_equal(ip_stats(host->ip)->drop_nd_malformed, 2);
	assert_int_equal(host->nb_events, 0);
	ip_host_send(host, PEER, 1, 40);
	assert_true(ip_host_sent(host));
	assert_memory_equal(host->sent, &peer_mac, sizeof(peer_mac));
}

/* Nobody who is no router any more: there was none, and there is nothing to ask again. */
static void
test_a_target_is_somebody(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	ip6_host_begin(host);
	ip6_host_drain(host);
	for (i = 0; i < 10; i++) {
		tell(host, &none6, &other_mac, 0);
		ip_host_sleep(host, 4 * SECOND);
	}
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_nd_malformed, 10);
}

/* RFC 4861 section 7.3.1: it is no sign to any core that a neighbour hears us. */
static void
test_what_nobody_asked_for_is_no_proof_to_others(void **state)
{
	struct ip_host *host = *state;

	ip6_host_begin(host);
	ip6_host_know(host, &peer6, &peer_mac);
	ip_host_sleep(host, 2 * SECOND);
	host->nb_events = 0;
	tell(host, &peer6, &peer_mac, 0);
	assert_int_equal(host->nb_events, 0);
	tell(host, &peer6, &peer_mac, WIRE_ND_SOLICITED);
	assert_int_equal(host->nb_events, 1);
	assert_false(host->event.stale);
	tell(host, &peer6, &other_mac, 0);
	assert_int_equal(host->nb_events, 2);
	assert_true(host->event.stale);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ip6_host_setup, ip_host_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_an_answer_is_no_use),
		TEST(test_an_answer_to_nobody_known),
		TEST(test_a_question_is_no_use),
		TEST(test_looped_back),
		TEST(test_a_target_is_no_host_of_ipv4),
		TEST(test_a_target_is_somebody),
		TEST(test_what_nobody_asked_for_is_no_proof_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

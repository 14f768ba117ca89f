/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Routers that come, go and fall silent, and what the other cores know of it: see also test_ip6.c.
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
#include "wire_icmp6.h"

#include <netinet/in.h>

#define LIFETIME_S 30

static const struct tr_addr second6 = {{0xfe, 0x80, [15] = 7}};

static void
advertise(struct ip_host *host, const struct tr_addr *router, const struct rte_ether_addr *mac,
	  uint8_t lifetime_s)
{
	uint8_t data[24] = {WIRE_ICMP6_ROUTER_ADVERTISEMENT, [7] = lifetime_s, [16] = 1, 1};
	uint32_t bytes = mac != NULL ? 24 : 16;

	if (mac != NULL)
		memcpy(data + 18, mac, sizeof(*mac));
	ip6_host_receive(host, router, &all_nodes6, IPPROTO_ICMPV6, 255, data, bytes);
}

static void
send_far(struct ip_host *host)
{
	uint8_t data[40] = {1};

	ip_output(host->ip, ip_host_mbuf(host, data, sizeof(data)), ours6, far6, IPPROTO_TCP,
		  host->now_us);
}

/* How often routers were asked for, of all that was sent. */
static unsigned int
nb_questions(struct ip_host *host)
{
	unsigned int nb = 0;

	while (ip_host_sent(host))
		nb += host->sent[IP6_HOST_HEADERS] == WIRE_ICMP6_ROUTER_SOLICITATION;
	return nb;
}

static void
assert_goes_by(struct ip_host *host, const struct rte_ether_addr *mac)
{
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	ip6_host_drain(host);
	send_far(host);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	assert_memory_equal(host->sent, mac, sizeof(*mac));
}

/* Three times, as at the start; whether it says that it goes, or is not heard of any more. */
/* Shows: 4861-router. */
static void
test_asks_when_it_goes(void **state)
{
	struct ip_host *host = *state;
	unsigned int i, round;

	ip6_host_begin(host);
	for (i = 0; i < 2; i++) {
		advertise(host, &router6, &other_mac, LIFETIME_S);
		ip_host_sleep(host, (LIFETIME_S - 1) * SECOND);
		assert_int_equal(nb_questions(host), 0);
		if (i == 0)
			advertise(host, &router6, &other_mac, 0);
		ip_host_sleep(host, SECOND + SECOND / 2);
		for (round = 0; round < 3; round++) {
			assert_int_equal(nb_questions(host), 1);
			ip_host_sleep(host, 4 * SECOND);
		}
		assert_int_equal(nb_questions(host), 0);
		/* The other cores are not to keep it for a moment longer than this one. */
		assert_int_equal(host->news.lifetime_s, 0);
		assert_int_equal(host->nb_news, 2 * (i + 1));
	}
	/* One that answers is used. */
	advertise(host, &second6, &peer_mac, LIFETIME_S);
	assert_goes_by(host, &peer_mac);
}

/* Who calls himself a router, and then none, has no more asked than at the start. */
/* Shows: 4861-router. */
static void
test_comes_and_goes(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	ip6_host_begin(host);
	for (i = 0; i < 100; i++) {
		advertise(host, &router6, NULL, LIFETIME_S);
		advertise(host, &router6, NULL, 0);
		ip_host_sleep(host, SECOND / 25);
	}
	assert_int_equal(nb_questions(host), 1);
	ip_host_sleep(host, 9 * SECOND);
	assert_int_equal(nb_questions(host), 3);
	/* Nor right after the last time. */
	advertise(host, &router6, NULL, LIFETIME_S);
	advertise(host, &router6, NULL, 0);
	ip_host_sleep(host, 3 * SECOND);
	assert_int_equal(nb_questions(host), 0);
	ip_host_sleep(host, 60 * SECOND);
	assert_int_equal(nb_questions(host), 3);
}

/* Not from an address that is tried only; then as ever. */
/* Shows: 4861-router, 4862-duplicate. */
static void
test_goes_while_addresses_are_tried(void **state)
{
	struct ip_host *host = *state;

	ip_host_sleep(host, SECOND / 2);
	advertise(host, &router6, NULL, LIFETIME_S);
	advertise(host, &router6, NULL, 0);
	ip_host_sleep(host, SECOND / 2 - 1);
	assert_int_equal(nb_questions(host), 0);
	assert_false(ip_addr_is_ours(host->ip, ours6));
	ip_host_sleep(host, 1);
	assert_true(ip_addr_is_ours(host->ip, ours6));
	ip_host_sleep(host, 20 * SECOND);
	assert_int_equal(nb_questions(host), 3);
}

/* Nobody is asked for by who knows a gateway. */
static void
test_gateway(void **state)
{
	struct ip_host *host = *state;

	host->config.ipv6.gateway = second6;
	ip_host_create(host);
	ip6_host_begin(host);
	advertise(host, &router6, NULL, LIFETIME_S);
	advertise(host, &router6, NULL, 0);
	ip_host_sleep(host, 20 * SECOND);
	assert_false(ip_host_sent(host));
}

/* Of all cores, the one that heard of it asks. */
/* Shows: 4861-router. */
static void
test_one_core_asks(void **state)
{
	struct ip_link_news news = {
		.kind = IP_LINK_ROUTER, .lifetime_s = LIFETIME_S, .addr = router6};
	struct ip_host *host = *state;
	unsigned int i;

	ip6_host_begin(host);
	for (i = 0; i < 3; i++) {
		/* Of this one it heard before the other core did. */
		if (i == 2)
			advertise(host, &router6, NULL, LIFETIME_S);
		news.lifetime_s = LIFETIME_S;
		ip_link_update(host->ip, &news, host->now_us);
		news.lifetime_s = 0;
		if (i > 0)
			ip_link_update(host->ip, &news, host->now_us);
		ip_host_sleep(host, 2 * LIFETIME_S * SECOND);
		assert_false(ip_host_sent(host));
	}
	assert_int_equal(host->nb_news, 1);
	/* Nor this one when it finds that it does not answer, or is told. */
	for (i = 0; i < 2; i++) {
		news.kind = IP_LINK_ROUTER;
		news.lifetime_s = 255;
		ip_link_update(host->ip, &news, host->now_us);
		news.kind = IP_LINK_ROUTER_SILENT;
		if (i == 0)
			ip_link_update(host->ip, &news, host->now_us);
		else
			send_far(host);
		ip_host_sleep(host, 20 * SECOND);
		assert_int_equal(nb_questions(host), 0);
		news.kind = IP_LINK_ROUTER;
		news.lifetime_s = 0;
		ip_link_update(host->ip, &news, host->now_us);
	}
	assert_int_equal(host->nb_news, 2);
}

/* RFC 4861 section 6.3.6: one that does not answer is used until there is another. */
/* Shows: 4861-router. */
static void
test_silent(void **state)
{
	struct ip_host *host = *state;

	ip6_host_begin(host);
	advertise(host, &router6, &other_mac, 255);
	assert_goes_by(host, &other_mac);
	advertise(host, &second6, &peer_mac, 255);
	assert_goes_by(host, &other_mac);
	/* Asked where it is after five seconds, thrice. */
	ip_host_sleep(host, 7 * SECOND);
	assert_int_equal(nb_questions(host), 0);
	assert_int_equal(host->nb_news, 1);
	ip_host_sleep(host, 2 * SECOND);
	assert_int_equal(nb_questions(host), 1);
	assert_int_equal(host->news.kind, IP_LINK_ROUTER_SILENT);
	assert_true(tr_addr_is_same(&host->news.addr, &router6));
	assert_int_equal(host->nb_news, 2);
	/* That it advertises itself does not say that it hears us. */
	advertise(host, &router6, NULL, 255);
	advertise(host, &second6, &peer_mac, 255);
	assert_goes_by(host, &peer_mac);
	/* The others know that the one is gone, and of the other. */
	assert_int_equal(host->nb_news, 5);
	assert_int_equal(host->news.kind, IP_LINK_ROUTER);
	assert_true(tr_addr_is_same(&host->news.addr, &second6));
	ip_host_sleep(host, 5 * SECOND);
	assert_int_equal(nb_questions(host), 0);
}

/* Before another came it answered after all. */
/* Shows: 4861-router. */
static void
test_silent_for_a_while(void **state)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT,
		.flags = WIRE_ND_ROUTER | WIRE_ND_SOLICITED,
		.target = router6,
		.has_mac = true,
		.mac = other_mac,
	};
	struct ip_host *host = *state;

	ip6_host_begin(host);
	advertise(host, &router6, NULL, 255);
	send_far(host);
	ip_host_sleep(host, 4 * SECOND);
	assert_int_equal(host->news.kind, IP_LINK_ROUTER_SILENT);
	send_far(host);
	ip6_host_receive_nd(host, &router6, &ours6_near, &nd);
	advertise(host, &second6, &peer_mac, 255);
	assert_goes_by(host, &other_mac);
}

/* The core that found out hears no advertisements: the one that does asks, and takes another. */
/* Shows: 4861-router. */
static void
test_silent_of_all_cores(void **state)
{
	const struct ip_link_news silent = {.kind = IP_LINK_ROUTER_SILENT, .addr = router6};
	struct ip_host *host = *state;

	ip6_host_begin(host);
	ip_link_update(host->ip, &silent, host->now_us);
	advertise(host, &router6, &other_mac, 255);
	ip_link_update(host->ip, &silent, host->now_us);
	ip_link_update(host->ip, &silent, host->now_us);
	ip_host_sleep(host, SECOND);
	assert_int_equal(nb_questions(host), 1);
	assert_goes_by(host, &other_mac);
	advertise(host, &second6, &peer_mac, 255);
	assert_goes_by(host, &peer_mac);
}

/* What it says within a second of the last time is told when that is over. */
/* Shows: 4861-router. */
static void
test_told_in_time(void **state)
{
	struct ip_host *host = *state;

	ip6_host_begin(host);
	advertise(host, &router6, NULL, LIFETIME_S);
	ip_host_sleep(host, SECOND / 2);
	advertise(host, &router6, NULL, 200);
	assert_int_equal(host->nb_news, 1);
	ip_host_sleep(host, SECOND / 2 - 1);
	assert_int_equal(host->nb_news, 1);
	ip_host_sleep(host, 1);
	assert_int_equal(host->nb_news, 2);
	assert_int_equal(host->news.lifetime_s, 200);
	ip_host_sleep(host, 10 * SECOND);
	assert_int_equal(host->nb_news, 2);
}

/* The ring to a core is full: it hears later what it missed. */
/* Shows: 4861-router. */
static void
test_told_again(void **state)
{
	struct ip_host *host = *state;

	ip6_host_begin(host);
	host->deaf = true;
	advertise(host, &router6, NULL, 255);
	advertise(host, &router6, NULL, 0);
	advertise(host, &second6, NULL, 255);
	assert_int_equal(host->nb_news, 3);
	assert_true(tr_addr_is_same(&host->news.addr, &router6));
	host->deaf = false;
	ip_host_sleep(host, SECOND);
	/* That the one is gone, without which the other is not taken. */
	assert_int_equal(host->nb_news, 5);
	assert_true(tr_addr_is_same(&host->news.addr, &second6));
	assert_int_equal(host->news.lifetime_s, 254);
	ip_host_sleep(host, 10 * SECOND);
	assert_int_equal(host->nb_news, 5);
	/* That one is silent, when that is found again. */
	host->deaf = true;
	send_far(host);
	ip_host_sleep(host, 4 * SECOND);
	assert_int_equal(host->nb_news, 6);
	host->deaf = false;
	send_far(host);
	ip_host_sleep(host, 4 * SECOND);
	assert_int_equal(host->nb_news, 7);
	assert_int_equal(host->news.kind, IP_LINK_ROUTER_SILENT);
	ip6_host_drain(host);
}

/* The same of an address that another host has: no core is to go on using it. */
/* Shows: 4862-duplicate. */
static void
test_duplicate_told_again(void **state)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
		.target = ours6,
	};
	struct ip_host *host = *state;

	ip_host_sleep(host, SECOND / 2);
	host->deaf = true;
	ip6_host_receive_nd(host, &none6, &ours6_group, &nd);
	assert_int_equal(host->nb_news, 1);
	ip_host_sleep(host, 2 * SECOND);
	assert_int_equal(host->nb_news, 3);
	host->deaf = false;
	ip_host_sleep(host, 10 * SECOND);
	assert_int_equal(host->nb_news, 4);
	assert_int_equal(host->news.kind, IP_LINK_DUPLICATE);
	assert_true(tr_addr_is_same(&host->news.addr, &ours6));
}

/* Who has our address, or says so, is not whom all goes by. */
static void
test_we_are_none(void **state)
{
	struct ip_host *host = *state;

	ip6_host_begin(host);
	advertise(host, &ours6_near, &other_mac, LIFETIME_S);
	ip6_host_drain(host);
	assert_int_equal(host->nb_news, 0);
	assert_int_equal(ip_stats(host->ip)->drop_nd_conflict, 1);
	send_far(host);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 1);
	assert_false(ip_host_sent(host));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ip6_host_setup, ip_host_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_asks_when_it_goes),
		TEST(test_comes_and_goes),
		TEST(test_goes_while_addresses_are_tried),
		TEST(test_gateway),
		TEST(test_one_core_asks),
		TEST(test_silent),
		TEST(test_silent_for_a_while),
		TEST(test_silent_of_all_cores),
		TEST(test_told_in_time),
		TEST(test_told_again),
		TEST(test_duplicate_told_again),
		TEST(test_we_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

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
#include "wire_checksum.h"
#include "wire_icmp6.h"
#include "wire_ipv6.h"
#include "wire_nd.h"

#include <netinet/in.h>

#define MS UINT64_C(1000)

static const struct rte_ether_addr group_mac = {{0x33, 0x33, 0xff, 0, 0, 2}};

static void
receive_advertisement(struct ip_host *host, const struct tr_addr *target,
		      const struct rte_ether_addr *mac, uint8_t flags)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT,
		.flags = flags,
		.target = *target,
		.has_mac = mac != NULL,
		.mac = mac != NULL ? *mac : (struct rte_ether_addr){{0}},
	};

	ip6_host_receive_nd(host, target, flags & WIRE_ND_SOLICITED ? &ours6 : &all_nodes6, &nd);
}

static void
send_to(struct ip_host *host, const struct tr_addr *dst)
{
	uint8_t data[40] = {1};

	ip_output(host->ip, ip_host_mbuf(host, data, sizeof(data)), ours6, *dst, IPPROTO_TCP,
		  host->now_us);
}

static void
expect_solicitation(struct ip_host *host, const struct tr_addr *target,
		    const struct rte_ether_addr *mac)
{
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	struct wire_nd nd;

	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_true(wire_nd_parse(payload, ipv6.payload_bytes, &nd));
	assert_int_equal(nd.type, WIRE_ICMP6_NEIGHBOUR_SOLICITATION);
	assert_true(tr_addr_is_same(&nd.target, target));
	assert_int_equal(ipv6.hop_limit, 255);
	assert_memory_equal(host->sent, mac, 6);
}

/* A report of our groups, a question for each address; a second later the report again. */
/* Shows: 3810-report, 4862-duplicate. */
static void
test_start(void **state)
{
	struct ip_host *host = *state;
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	struct tr_addr source;
	unsigned int i;

	ip_host_sleep(host, 0);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_HOPOPTS);
	assert_true(tr_addr_is_none(&ipv6.src));
	assert_int_equal(ipv6.hop_limit, 1);
	assert_int_equal(payload[8], WIRE_ICMP6_MLD_REPORT);
	assert_int_equal(payload[15], 1); /* both addresses end alike: one group */
	assert_memory_equal(payload + 20, &ours6_group, 16);
	expect_solicitation(host, &ours6_near, &group_mac);
	expect_solicitation(host, &ours6, &group_mac);
	assert_false(ip_host_sent(host));
	/* Nor is it said to be ours before a second has passed. */
	assert_false(ip_addr_is_ours(host->ip, ours6));
	source = ip_source(host->ip, peer6);
	assert_true(tr_addr_is_none(&source));
	ip_host_sleep(host, SECOND);
	source = ip_source(host->ip, peer6);
	assert_true(tr_addr_is_same(&source, &ours6));
	assert_true(ip_addr_is_ours(host->ip, ours6));
	assert_true(ip_addr_is_ours(host->ip, ours6_near));
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_HOPOPTS);
	assert_true(tr_addr_is_same(&ipv6.src, &ours6_near));
	for (i = 0; i < 3; i++) {
		assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
		assert_int_equal(payload[0], WIRE_ICMP6_ROUTER_SOLICITATION);
		assert_false(ip_host_sent(host));
		ip_host_sleep(host, 4 * SECOND);
	}
	assert_false(ip_host_sent(host));
	assert_true(ip_next_timer_us(host->ip) == UINT64_MAX);
}

/* Somebody who has the address, and somebody who wants it too. */
/* Shows: 4862-duplicate. */
static void
test_duplicate(void **state)
{
	struct ip_host *host = *state;
	const struct wire_nd probe = {.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION, .target = ours6};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ip_host_create(host);
		ip_host_sleep(host, SECOND / 2);
		if (i == 0)
			receive_advertisement(host, &ours6, &other_mac, WIRE_ND_OVERRIDE);
		else
			ip6_host_receive_nd(host, &none6, &ours6_group, &probe);
		assert_int_equal(ip_stats(host->ip)->drop_nd_conflict, 1);
		ip6_host_begin(host);
		assert_false(ip_addr_is_ours(host->ip, ours6));
		assert_true(ip_addr_is_ours(host->ip, ours6_near));
		/* It is the other's to answer for. */
		ip6_host_receive_nd(host, &none6, &ours6_group, &probe);
		assert_false(ip_host_sent(host));
	}
	/* One that is in use stays. */
	ip_host_create(host);
	ip6_host_begin(host);
	receive_advertisement(host, &ours6, &other_mac, WIRE_ND_OVERRIDE);
	assert_int_equal(ip_stats(host->ip)->drop_nd_conflict, 1);
	assert_true(ip_addr_is_ours(host->ip, ours6));
}

/* Shows: 4861-answer. */
static void
test_answers_for_its_addresses(void **state)
{
	struct ip_host *host = *state;
	struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
		.target = ours6,
		.has_mac = true,
		.mac = peer_mac,
	};
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	ip6_host_begin(host);
	ip6_host_receive_nd(host, &peer6, &ours6_group, &nd);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_true(tr_addr_is_same(&ipv6.dst, &peer6));
	assert_true(wire_nd_parse(payload, ipv6.payload_bytes, &nd));
	assert_int_equal(nd.type, WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT);
	assert_int_equal(nd.flags, WIRE_ND_SOLICITED | WIRE_ND_OVERRIDE);
	assert_memory_equal(&nd.mac, &our_mac, 6);
	/* Who probes has no address: everybody is told. */
	nd = (struct wire_nd){.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION, .target = ours6};
	ip6_host_receive_nd(host, &none6, &ours6_group, &nd);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_true(tr_addr_is_same(&ipv6.dst, &all_nodes6));
	assert_int_equal(payload[4], WIRE_ND_OVERRIDE);
	/* Another's address is not ours to answer for. */
	nd.target = peer6;
	nd.target.bytes[15] = 2;
	nd.target.bytes[8] = 7;
	ip6_host_receive_nd(host, &none6, &ours6_group, &nd);
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->nd_answered, 2);
	assert_int_equal(ip_stats(host->ip)->drop_nd_ignored, 1);
}

static void
ask_from(struct ip_host *host, const struct tr_addr *src, bool has_mac)
{
	const struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
		.target = ours6,
		.has_mac = has_mac,
		.mac = other_mac,
	};

	ip6_host_receive_nd(host, src, &ours6_group, &nd);
}

/* A thousand that ask take one place of four: an answer is no use of the entry that it made. */
/* Shows: 4861-answer. */
static void
test_flood_of_solicitations(void **state)
{
	struct ip_host *host = *state;
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	struct tr_addr addr = peer6;
	unsigned int learned, i;

	ip6_host_begin(host);
	for (i = 0; i < 4; i++) {
		addr.bytes[15] = 10 + i;
		ip6_host_know(host, &addr, &peer_mac);
		send_to(host, &addr);
	}
	ip6_host_drain(host);
	for (i = 0; i < 1000; i++) {
		addr.bytes[14] = 1 + i / 256;
		addr.bytes[15] = i;
		ask_from(host, &addr, true);
		assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
		assert_true(tr_addr_is_same(&ipv6.dst, &addr));
		assert_memory_equal(host->sent, &other_mac, 6);
		assert_false(ip_host_sent(host));
	}
	addr.bytes[14] = 0;
	for (i = 1; i < 4; i++) {
		addr.bytes[15] = 10 + i;
		send_to(host, &addr);
		assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	}
	/* Who has an address of another network gets an answer where it is, and no entry. */
	learned = host->nb_events;
	ask_from(host, &far6, true);
	assert_int_equal(host->nb_events, learned);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_int_equal(payload[0], WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT);
	assert_true(tr_addr_is_same(&ipv6.dst, &far6));
	assert_memory_equal(host->sent, &other_mac, 6);
	send_to(host, &far6);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 1);
	/* Where it is it must say; and it cannot be us. */
	ask_from(host, &far6, false);
	ask_from(host, &ours6, true);
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_nd_ignored, 2);
	send_to(host, &addr);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
}

/* Who spoke, but did not say that it hears us, is as stale to the other cores. */
/* Shows: 4861-resolve. */
static void
test_stale_for_other_cores(void **state)
{
	struct ip_host *host = *state;
	struct ip_neighbour told;
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	ip6_host_begin(host);
	ask_from(host, &peer6, true);
	assert_int_equal(host->nb_events, 1);
	assert_true(host->event.stale);
	told = host->event;
	ip_host_sleep(host, SECOND);
	receive_advertisement(host, &peer6, &other_mac, WIRE_ND_SOLICITED);
	assert_int_equal(host->nb_events, 2);
	assert_false(host->event.stale);
	/* The other core: it is used, and asked five seconds later. */
	ip_host_create(host);
	ip6_host_begin(host);
	ip_neighbour_update(host->ip, &told, host->now_us);
	send_to(host, &peer6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	ip_host_sleep(host, 5 * SECOND);
	expect_solicitation(host, &peer6, &other_mac);
	/* What is known to hear us is not less for what another core heard. */
	ip6_host_know(host, &peer6, &other_mac);
	ip_neighbour_update(host->ip, &told, host->now_us);
	send_to(host, &peer6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	ip_host_sleep(host, 6 * SECOND);
	assert_false(ip_host_sent(host));
}

/* RFC 4861 sections 7.1.1, 7.1.2, 6.1.2: each of these is dropped, and nothing is learned of it. */
/* Shows: 4861-limit. */
static void
test_malformed_discovery(void **state)
{
	struct ip_host *host = *state;
	struct wire_nd nd = {
		.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
		.target = ours6,
		.has_mac = true,
		.mac = peer_mac,
	};
	uint8_t data[WIRE_ND_BYTES_MAX];
	uint32_t bytes;

	ip6_host_begin(host);
	bytes = wire_nd_write(data, &nd);
	ip6_host_receive(host, &peer6, &ours6_group, IPPROTO_ICMPV6, 254, data,
			 bytes); /* crossed a router */
	ip6_host_receive(host, &none6, &ours6_group, IPPROTO_ICMPV6, 255, data,
			 bytes); /* a probe with a MAC */
	data[1] = 1;
	ip6_host_receive(host, &peer6, &ours6_group, IPPROTO_ICMPV6, 255, data, bytes);
	data[1] = 0;
	data[25] = 0; /* an option of length 0 */
	ip6_host_receive(host, &peer6, &ours6_group, IPPROTO_ICMPV6, 255, data, bytes);
	nd.mac = broadcast_mac;
	ip6_host_receive_nd(host, &peer6, &ours6_group, &nd);
	nd = (struct wire_nd){.type = WIRE_ICMP6_NEIGHBOUR_SOLICITATION, .target = ours6};
	ip6_host_receive_nd(host, &none6, &all_nodes6, &nd); /* a probe to the wrong group */
	nd.type = WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT;
	nd.flags = WIRE_ND_SOLICITED; /* to everybody */
	nd.target = peer6;
	ip6_host_receive_nd(host, &peer6, &all_nodes6, &nd);
	memset(data, 0, sizeof(data));
	data[0] = WIRE_ICMP6_ROUTER_ADVERTISEMENT;
	data[6] = 7;
	ip6_host_receive(host, &peer6, &all_nodes6, IPPROTO_ICMPV6, 255, data,
			 16); /* not from the link */
	assert_int_equal(ip_stats(host->ip)->drop_nd_malformed, 8);
	assert_int_equal(ip_host_drops(host), 8);
	assert_false(ip_host_sent(host));
}

/* Shows: 4861-resolve. */
static void
test_neighbour_is_asked_for(void **state)
{
	struct ip_host *host = *state;
	const struct rte_ether_addr peer_group = {{0x33, 0x33, 0xff, 0, 0, 3}};
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	ip6_host_begin(host);
	send_to(host, &peer6);
	expect_solicitation(host, &peer6, &peer_group);
	assert_false(ip_host_sent(host));
	/* What does not say where it is is no answer. */
	receive_advertisement(host, &peer6, NULL, WIRE_ND_SOLICITED);
	assert_false(ip_host_sent(host));
	receive_advertisement(host, &peer6, &peer_mac, WIRE_ND_SOLICITED);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	assert_memory_equal(host->sent, &peer_mac, 6);
	assert_int_equal(ipv6.hop_limit, 64);
	/* In use, it is asked after half a minute, where it is; and gone without an answer. */
	ip_host_sleep(host, SECOND);
	send_to(host, &peer6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	ip_host_sleep(host, 29 * SECOND);
	expect_solicitation(host, &peer6, &peer_mac);
	ip_host_sleep(host, 3 * SECOND);
	expect_solicitation(host, &peer6, &peer_mac);
	expect_solicitation(host, &peer6, &peer_mac);
	assert_false(ip_host_sent(host));
	send_to(host, &peer6);
	expect_solicitation(host, &peer6, &peer_group);
}

/* Section 7.2.5. */
/* Shows: 4861-override. */
static void
test_override(void **state)
{
	struct ip_host *host = *state;
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	ip6_host_begin(host);
	send_to(host, &peer6);
	receive_advertisement(host, &peer6, &peer_mac, WIRE_ND_SOLICITED);
	ip6_host_drain(host);
	/* Another address without override: where it was, but it is asked soon. */
	receive_advertisement(host, &peer6, &other_mac, 0);
	send_to(host, &peer6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	assert_memory_equal(host->sent, &peer_mac, 6);
	ip_host_sleep(host, 5 * SECOND);
	expect_solicitation(host, &peer6, &peer_mac);
	/* With override it counts, and is asked all the same as nobody had asked. */
	receive_advertisement(host, &peer6, &other_mac, WIRE_ND_OVERRIDE);
	send_to(host, &peer6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	assert_memory_equal(host->sent, &other_mac, 6);
	ip_host_sleep(host, 5 * SECOND);
	expect_solicitation(host, &peer6, &other_mac);
	/* Of whom nobody knows nothing is learned. */
	receive_advertisement(host, &far6, &other_mac, WIRE_ND_OVERRIDE);
	assert_int_equal(ip_stats(host->ip)->drop_nd_ignored, 1);
}

/* Nowhere without a router; by the one that advertises itself, as long as it said. */
/* Shows: 4861-router. */
static void
count_learned(const struct tr_addr_route *route, bool learned, void *arg)
{
	unsigned int *count = arg;

	*count += learned && route->prefix_len == 0 && tr_addr_is_same(&route->via, &router6);
}

static void
test_router(void **state)
{
	struct ip_host *host = *state;
	uint8_t advertisement[24] = {
		WIRE_ICMP6_ROUTER_ADVERTISEMENT, [7] = 30, [16] = 1, 1, 2, 0, 0, 0, 0, 9};
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	unsigned int learned = 0;

	ip6_host_begin(host);
	send_to(host, &far6);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 1);
	ip_route_walk(host->ip, count_learned, &learned);
	assert_int_equal(learned, 0);
	ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 255, advertisement, 24);
	send_to(host, &far6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
	assert_memory_equal(host->sent, &other_mac, 6);
	assert_true(tr_addr_is_same(&ipv6.dst, &far6));
	ip_route_walk(host->ip, count_learned, &learned);
	assert_int_equal(learned, 1);
	ip_host_sleep(host, 30 * SECOND);
	ip6_host_drain(host);
	send_to(host, &far6);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 2);
	/* One that says that it is none any more. */
	ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 255, advertisement, 24);
	advertisement[7] = 0;
	ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 255, advertisement, 24);
	send_to(host, &far6);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 3);
}

/* Of a router one core hears, and tells the others: what is new at once, else once a second. */
/* Shows: 4861-router. */
static void
test_router_of_all_cores(void **state)
{
	struct ip_host *host = *state;
	uint8_t advertisement[16] = {WIRE_ICMP6_ROUTER_ADVERTISEMENT, [7] = 30};
	struct ip_link_news told;
	struct tr_addr other = router6;
	unsigned int i;

	other.bytes[15] = 7;
	ip6_host_begin(host);
	for (i = 0; i < 100; i++) {
		ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 255, advertisement,
				 16);
		ip6_host_receive(host, &other, &all_nodes6, IPPROTO_ICMPV6, 255, advertisement, 16);
	}
	assert_int_equal(host->nb_news, 1);
	told = host->news;
	assert_int_equal(told.kind, IP_LINK_ROUTER);
	assert_true(tr_addr_is_same(&told.addr, &router6));
	assert_int_equal(told.lifetime_s, 30);
	ip_host_sleep(host, SECOND);
	ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 255, advertisement, 16);
	assert_int_equal(host->nb_news, 2);
	advertisement[7] = 0;
	ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 255, advertisement, 16);
	assert_int_equal(host->nb_news, 3);
	assert_int_equal(host->news.lifetime_s, 0);
	/* The other core. */
	ip_host_create(host);
	ip6_host_begin(host);
	ip_link_update(host->ip, &told, host->now_us);
	send_to(host, &far6);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 0);
	ip_link_update(host->ip, &host->news, host->now_us);
	send_to(host, &far6);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 1);
	assert_int_equal(host->nb_news, 3);
	ip6_host_drain(host);
}

/* That another has our address one core hears while all try it: none uses it. */
/* Shows: 4862-duplicate. */
static void
test_duplicate_of_all_cores(void **state)
{
	struct ip_host *host = *state;
	unsigned int i;

	ip_host_sleep(host, SECOND / 2);
	receive_advertisement(host, &ours6, &other_mac, WIRE_ND_OVERRIDE);
	assert_int_equal(host->nb_news, 1);
	assert_int_equal(host->news.kind, IP_LINK_DUPLICATE);
	assert_true(tr_addr_is_same(&host->news.addr, &ours6));
	/* A core that still tries it, and one that was a little before. */
	for (i = 0; i < 2; i++) {
		ip_host_create(host);
		ip_host_sleep(host, i == 0 ? SECOND / 2 : SECOND + SECOND / 2);
		assert_int_equal(ip_addr_is_ours(host->ip, ours6), i);
		ip_link_update(host->ip, &host->news, host->now_us);
		ip6_host_begin(host);
		assert_false(ip_addr_is_ours(host->ip, ours6));
		assert_true(ip_addr_is_ours(host->ip, ours6_near));
	}
	/* One in use is kept, and nobody is told. */
	ip_host_create(host);
	ip6_host_begin(host);
	receive_advertisement(host, &ours6, &other_mac, WIRE_ND_OVERRIDE);
	assert_int_equal(host->nb_news, 1);
}

/* Shows: 8200-source. */
static void
test_delivers_tcp(void **state)
{
	struct ip_host *host = *state;
	const uint8_t options[28] = {IPPROTO_TCP, 0, 1, 4};
	uint8_t data[1400] = {5};

	ip6_host_begin(host);
	assert_int_equal(ip6_host_receive(host, &peer6, &ours6, IPPROTO_TCP, 7, data, 1400),
			 IP_DELIVER);
	assert_true(tr_addr_is_same(&host->packet.src, &peer6));
	assert_true(tr_addr_is_same(&host->packet.dst, &ours6));
	assert_int_equal(host->packet.bytes, 1400);
	assert_int_equal(host->packet.ttl, 7);
	assert_int_equal(host->packet.ecn, 3);
	assert_int_equal(host->delivered->pkt_len, 1400);
	/* Not every device looks for ports there: it may be for another core. */
	assert_int_equal(ip6_host_receive(host, &peer6, &ours6, IPPROTO_DSTOPTS, 7, options, 28),
			 IP_TAKEN);
	assert_int_equal(host->nb_packets, 1);
	assert_int_equal(host->packet.protocol, IPPROTO_TCP);
	assert_int_equal(host->packet.bytes, 20);
	assert_int_equal(ip_host_drops(host), 0);
	/* Not for others, nor from nobody, nor from us, nor to a group. */
	assert_int_equal(ip6_host_receive(host, &peer6, &far6, IPPROTO_TCP, 7, data, 40), IP_TAKEN);
	assert_int_equal(ip6_host_receive(host, &none6, &ours6, IPPROTO_TCP, 7, data, 40),
			 IP_TAKEN);
	assert_int_equal(ip6_host_receive(host, &peer6, &all_nodes6, IPPROTO_TCP, 7, data, 40),
			 IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_ip6_destination, 3);
	assert_int_equal(ip6_host_receive(host, &ours6, &ours6, IPPROTO_TCP, 7, data, 40),
			 IP_TAKEN);
	assert_int_equal(ip6_host_receive(host, &all_nodes6, &ours6, IPPROTO_TCP, 7, data, 40),
			 IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_ip6_source, 2);
}

/* Shows: 4443-echo. */
static void
test_echo(void **state)
{
	struct ip_host *host = *state;
	uint8_t data[100] = {WIRE_ICMP6_ECHO_REQUEST, [4] = 1, 2, 3, 4, 5, 6};
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	unsigned int i;

	ip6_host_begin(host);
	receive_advertisement(host, &peer6, &peer_mac, 0);
	for (i = 0; i < 2; i++) {
		ip6_host_receive(host, &peer6, i == 0 ? &ours6 : &all_nodes6, IPPROTO_ICMPV6, 64,
				 data, 100);
		if (i == 0) {
			ip6_host_drain(host);
			receive_advertisement(host, &peer6, &peer_mac, WIRE_ND_SOLICITED);
		}
		assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
		assert_int_equal(payload[0], WIRE_ICMP6_ECHO_REPLY);
		assert_int_equal(ipv6.payload_bytes, 100);
		assert_memory_equal(payload + 4, data + 4, 96);
		assert_true(tr_addr_is_same(&ipv6.src, &ours6));
		assert_true(tr_addr_is_same(&ipv6.dst, &peer6));
	}
	assert_int_equal(ip_stats(host->ip)->icmp_echo, 2);
}

/* RFC 4443 section 2.4: an error about what nobody takes, and never about what is not to have one.
 */
/* Shows: 4443-errors, 8200-extensions. */
static void
test_errors(void **state)
{
	struct ip_host *host = *state;
	const struct ip_neighbour neighbour = {.addr = peer6, .mac = peer_mac};
	const uint8_t option[28] = {IPPROTO_TCP, 0, 0x80};
	uint8_t about_icmp[28] = {IPPROTO_ICMPV6, 0, 0x80};
	uint8_t data[100] = {0};
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	unsigned int i;

	ip6_host_begin(host);
	ip_neighbour_update(host->ip, &neighbour, host->now_us);
	ip6_host_receive(host, &peer6, &ours6, IPPROTO_UDP, 64, data, 100);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_int_equal(payload[0], WIRE_ICMP6_UNREACHABLE);
	assert_int_equal(payload[1], WIRE_ICMP6_PORT_UNREACHABLE);
	ip6_host_receive(host, &peer6, &ours6, 132, 64, data, 100);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_int_equal(payload[0], WIRE_ICMP6_PARAMETER_PROBLEM);
	assert_int_equal(payload[1], 1);
	assert_int_equal(payload[7], 6);
	/* An option that asks for an answer gets it, though it came to a group. */
	ip6_host_receive(host, &peer6, &all_nodes6, IPPROTO_DSTOPTS, 64, option, sizeof(option));
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	assert_int_equal(payload[1], 2);
	assert_int_equal(payload[7], 42);
	/* Behind it an echo request may stand, but no error. */
	about_icmp[8] = WIRE_ICMP6_ECHO_REQUEST;
	ip6_host_receive(host, &peer6, &ours6, IPPROTO_DSTOPTS, 64, about_icmp, 28);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_ICMPV6);
	about_icmp[8] = WIRE_ICMP6_TIME_EXCEEDED;
	ip6_host_receive(host, &peer6, &ours6, IPPROTO_DSTOPTS, 64, about_icmp, 28);
	ip6_host_receive(host, &peer6, &all_nodes6, IPPROTO_UDP, 64, data, 100);
	data[0] = WIRE_ICMP6_UNREACHABLE;
	ip6_host_receive(host, &peer6, &ours6, IPPROTO_ICMPV6, 64, data, 100);
	ip6_host_receive(host, &peer6, &ours6, IPPROTO_NONE, 64, data, 100);
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_udp, 2);
	assert_int_equal(ip_stats(host->ip)->drop_icmp_quote, 1);
	assert_int_equal(ip_stats(host->ip)->drop_ip6_nothing, 1);
	assert_int_equal(ip_stats(host->ip)->drop_ip6_extension, 3);
	/* And no more than so many a second. */
	for (i = 0; i < 300; i++)
		ip6_host_receive(host, &peer6, &ours6, IPPROTO_UDP, 64, data, 100);
	assert_int_equal(ip_stats(host->ip)->icmp_errors_sent, 100);
	ip6_host_drain(host);
}

/* A bridge that asks who listens to what hears of us in time. */
/* Shows: 3810-report. */
static void
test_query(void **state)
{
	struct ip_host *host = *state;
	uint8_t query[28] = {WIRE_ICMP6_MLD_QUERY, [4] = 0x03, 0xe8};
	const uint8_t *payload;
	struct wire_ipv6 ipv6;

	ip6_host_begin(host);
	ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 1, query, sizeof(query));
	assert_false(ip_host_sent(host));
	ip_host_sleep(host, 1000 * MS);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_HOPOPTS);
	assert_int_equal(payload[8], WIRE_ICMP6_MLD_REPORT);
	ip6_host_receive(host, &router6, &all_nodes6, IPPROTO_ICMPV6, 2, query, sizeof(query));
	ip6_host_receive(host, &peer6, &all_nodes6, IPPROTO_ICMPV6, 1, query, sizeof(query));
	ip_host_sleep(host, 1000 * MS);
	assert_false(ip_host_sent(host));
	assert_int_equal(ip_stats(host->ip)->drop_icmp6_malformed, 2);
}

/* A segment's checksum and its header, with the label of its flow, by software and by a device. */
/* Shows: 6437-label. */
static void
test_path(void **state)
{
	struct ip_host *host = *state;
	const struct ip_neighbour neighbour = {.addr = peer6, .mac = peer_mac};
	const struct ip_ends ends = {.remote = peer6, .local = ours6};
	uint8_t data[41] = {1, 2, 3, [40] = 9};
	const uint8_t *payload;
	struct ip_path path;
	struct wire_ipv6 ipv6;
	unsigned int device;
	uint16_t sum;

	for (device = 0; device < 2; device++) {
		host->config.tx_tcp_checksum = device;
		ip_host_create(host);
		ip6_host_begin(host);
		ip_neighbour_update(host->ip, &neighbour, host->now_us);
		ip_path_init(host->ip, &path, &ends, 0x12345);
		ip_path_set_ecn(&path, 2);
		ip_path_output(host->ip, &path, &ends, ip_host_mbuf(host, data, sizeof(data)), 20,
			       host->now_us);
		if (device)
			assert_int_equal(ip_txq(host->ip)->frames[0]->ol_flags &
						 (RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM),
					 RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM);
		assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
		assert_int_equal(ipv6.flow_label, 0x12345);
		assert_int_equal(ipv6.dscp_ecn, 2);
		assert_int_equal(ipv6.payload_bytes, sizeof(data));
		sum = wire_checksum_pseudo_ipv6(&ours6, &peer6, IPPROTO_TCP, sizeof(data));
		if (!device)
			sum = wire_checksum_add(sum, wire_checksum_sum(payload, sizeof(data)));
		else /* what it adds the segment to */
			sum ^= ~(payload[17] << 8 | payload[16]);
		assert_int_equal(sum, 0xffff);
	}
}

/* Without an address of IPv4: its frames, and those of ARP, are none that are spoken here. */
static void
test_alone(void **state)
{
	struct ip_host *host = *state;
	const rte_be32_t addrs[] = {OURS, 0, RTE_BE32(UINT32_MAX)};
	struct tr_addr source;
	uint8_t frame[FRAME_MAX];
	const uint8_t *payload;
	struct wire_ipv6 ipv6;
	unsigned int i;

	host->config.ipv4 = (struct tr_addr_net){0};
	ip_host_create(host);
	ip_announce(host->ip);
	assert_false(ip_host_sent(host));
	ip6_host_begin(host);
	for (i = 0; i < RTE_DIM(addrs); i++) {
		const struct tr_addr addr = tr_addr_ipv4(addrs[i]);

		assert_false(ip_addr_is_ours(host->ip, addr));
		assert_false(ip_addr_is_peer(host->ip, addr));
		ip_host_receive(host, frame,
				frame_arp(frame, &broadcast_mac, 1, &peer_mac, PEER, addrs[i]));
		ip_host_receive(host, frame, frame_echo(frame, PEER, 40));
		assert_int_equal(
			ip_host_receive(host, frame,
					frame_ipv4(frame, PEER, addrs[i], IPPROTO_TCP, 40)),
			IP_TAKEN);
	}
	assert_int_equal(ip_stats(host->ip)->drop_eth_type, 3 * RTE_DIM(addrs));
	assert_false(ip_addr_is_peer(host->ip, tr_addr_ipv4(PEER)));
	source = ip_source(host->ip, tr_addr_ipv4(PEER));
	assert_true(tr_addr_is_none(&source));
	ip_host_send(host, PEER, 1, 40);
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 1);
	assert_false(ip_host_sent(host));
	ip6_host_know(host, &peer6, &peer_mac);
	send_to(host, &peer6);
	assert_int_equal(ip6_host_sent(host, &ipv6, &payload), IPPROTO_TCP);
}

static void
test_config(void **state)
{
	struct ip_host *host = *state;
	struct ip_config config = host->config;

	config.ipv4 = (struct tr_addr_net){0};
	config.ipv6 = (struct tr_addr_net){0};
	assert_null(ip_create(&config));
	config = host->config;
	config.mtu = 1279;
	assert_null(ip_create(&config));
	config.mtu = 1280;
	config.ipv6.gateway = far6;
	assert_null(ip_create(&config));
	config.ipv6.gateway = router6;
	config.ipv6.addr = all_nodes6;
	assert_null(ip_create(&config));
	config.ipv6.addr = ours6;
	config.ipv6.prefix_len = 129;
	assert_null(ip_create(&config));
	assert_false(ip_addr_is_peer(host->ip, all_nodes6));
	assert_true(ip_addr_is_peer(host->ip, peer6));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ip6_host_setup, ip_host_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_start),
		TEST(test_duplicate),
		TEST(test_answers_for_its_addresses),
		TEST(test_flood_of_solicitations),
		TEST(test_stale_for_other_cores),
		TEST(test_malformed_discovery),
		TEST(test_neighbour_is_asked_for),
		TEST(test_override),
		TEST(test_router),
		TEST(test_router_of_all_cores),
		TEST(test_duplicate_of_all_cores),
		TEST(test_delivers_tcp),
		TEST(test_echo),
		TEST(test_errors),
		TEST(test_query),
		TEST(test_path),
		TEST(test_alone),
		TEST(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

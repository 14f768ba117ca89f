/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip_host.h"
#include "test_eal.h"

#include <errno.h>
#include <netinet/in.h>
#include <rte_errno.h>

#define ROUTERS 6

/* 10.77.0.10 and those after it, of IPv6 fe80::10; at 02::10. */
static struct tr_addr
router(unsigned int nth)
{
	return tr_addr_ipv4(rte_cpu_to_be_32(0x0a4d000a + nth));
}

static struct tr_addr
link_router(unsigned int nth)
{
	struct tr_addr addr = {{0xfe, 0x80, [15] = 0x10}};

	addr.bytes[15] += nth;
	return addr;
}

static struct rte_ether_addr
router_mac(unsigned int nth)
{
	struct rte_ether_addr mac = {{0x02, 0, 0, 0, 0, 0x10}};

	mac.addr_bytes[5] += nth;
	return mac;
}

static struct tr_addr
addr_of(const char *text)
{
	struct tr_addr addr;

	assert_true(tr_addr_parse(text, &addr));
	return addr;
}

static struct tr_addr_route
route_of(const char *prefix, uint8_t prefix_len, struct tr_addr via)
{
	return (struct tr_addr_route){
		.prefix = addr_of(prefix), .prefix_len = prefix_len, .via = via};
}

static int
setup(void **state)
{
	struct ip_host *host;

	ip_host_setup(state);
	host = *state;
	host->config.neighbours_max = 32;
	host->config.ipv6 = (struct tr_addr_net){.addr = addr_of("2001:db8::2"), .prefix_len = 64};
	host->config.ipv4.gateway = tr_addr_none();
	return 0;
}

/* The host with these routes, its addresses in use, and every router known. */
static void
create(struct ip_host *host, const struct tr_addr_route *routes, unsigned int nb)
{
	struct ip_neighbour neighbour;
	unsigned int i;

	host->config.routes = routes;
	host->config.nb_routes = nb;
	ip_host_create(host);
	/* It keeps none of the caller's. */
	host->config.routes = NULL;
	host->config.nb_routes = 0;
	ip_host_sleep(host, 20 * SECOND);
	for (i = 0; i < ROUTERS; i++) {
		neighbour = (struct ip_neighbour){.addr = router(i), .mac = router_mac(i)};
		ip_neighbour_update(host->ip, &neighbour, host->now_us);
		neighbour.addr = link_router(i);
		ip_neighbour_update(host->ip, &neighbour, host->now_us);
	}
	while (ip_host_sent(host))
		;
}

static void
send_to(struct ip_host *host, const char *dst)
{
	static const uint8_t data[40];
	struct tr_addr addr = addr_of(dst);

	ip_output(host->ip, ip_host_mbuf(host, data, sizeof(data)), ip_source(host->ip, addr), addr,
		  IPPROTO_TCP, host->now_us);
}

static void
assert_via(struct ip_host *host, const char *dst, unsigned int nth)
{
	struct rte_ether_addr mac = router_mac(nth);

	send_to(host, dst);
	if (!ip_host_sent(host))
		fail_msg("%s: nothing was sent", dst);
	if (memcmp(host->sent, &mac, sizeof(mac)) != 0)
		fail_msg("%s: to ..%02x, not ..%02x", dst, host->sent[5], mac.addr_bytes[5]);
}

static void
test_longest_prefix(void **state)
{
	const struct tr_addr_route routes[] = {
		route_of("10.0.0.0", 8, router(0)),
		route_of("10.80.0.0", 12, router(1)),
		route_of("10.80.1.7", 32, router(2)),
		route_of("0.0.0.0", 0, router(3)),
		/* A part of our own network may be behind a router. */
		route_of("10.77.0.128", 25, router(4)),
		route_of("10.80.1.4", 30, router(5)),
	};
	struct ip_host *host = *state;
	struct tr_addr_route turned[RTE_DIM(routes)];
	unsigned int order, i;

	for (order = 0; order < 2; order++) {
		for (i = 0; i < RTE_DIM(routes); i++)
			turned[i] = routes[order == 0 ? i : RTE_DIM(routes) - 1 - i];
		create(host, turned, RTE_DIM(routes));
		assert_via(host, "10.1.2.3", 0);
		assert_via(host, "10.79.255.255", 0);
		assert_via(host, "10.80.0.0", 1);
		assert_via(host, "10.95.255.255", 1);
		assert_via(host, "10.96.0.0", 0);
		assert_via(host, "10.80.1.7", 2);
		assert_via(host, "10.80.1.6", 5);
		assert_via(host, "10.80.1.8", 1);
		assert_via(host, "11.0.0.1", 3);
		assert_via(host, "192.0.2.7", 3);
		assert_via(host, "10.77.0.129", 4);
		/* On the link: themselves. */
		assert_via(host, "10.77.0.11", 1);
		assert_int_equal(ip_host_drops(host), 0);
	}
}

static void
test_longest_prefix_ipv6(void **state)
{
	const struct tr_addr_route routes[] = {
		route_of("2001:db8::", 32, link_router(0)),
		route_of("2001:db8:8000::", 33, link_router(1)),
		route_of("2001:db8:8000::7", 128, link_router(2)),
		route_of("::", 0, link_router(3)),
		route_of("2001:db8:0:0:8000::", 65, link_router(4)),
	};
	struct ip_host *host = *state;

	create(host, routes, RTE_DIM(routes));
	assert_via(host, "2001:db8:7fff::1", 0);
	assert_via(host, "2001:db8:8000::1", 1);
	assert_via(host, "2001:db8:ffff::1", 1);
	assert_via(host, "2001:db8:8000::7", 2);
	assert_via(host, "2001:db9::1", 3);
	assert_via(host, "2001:db8:0:0:8000::1", 4);
	assert_via(host, "fe80::11", 1);
	assert_int_equal(ip_host_drops(host), 0);
	/* The other family's routes are not for it. */
	send_to(host, "192.0.2.7");
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 1);
}

static void
test_no_route(void **state)
{
	const struct tr_addr_route route = route_of("10.80.0.0", 12, router(1));
	struct ip_host *host = *state;

	create(host, &route, 1);
	send_to(host, "10.96.0.0");
	send_to(host, "192.0.2.7");
	send_to(host, "2001:db9::1");
	assert_int_equal(ip_stats(host->ip)->drop_no_route, 3);
	assert_false(ip_host_sent(host));
}

static void
test_gateway_is_the_route_to_all(void **state)
{
	const struct tr_addr_route route = route_of("10.80.0.0", 12, router(1));
	struct ip_host *host = *state;

	host->config.ipv4.gateway = router(2);
	host->config.ipv6.gateway = link_router(3);
	create(host, &route, 1);
	assert_via(host, "10.80.0.1", 1);
	assert_via(host, "192.0.2.7", 2);
	assert_via(host, "2001:db9::1", 3);
}

/* A connection goes by the same route as any packet. */
static void
test_path(void **state)
{
	static const uint8_t segment[40];
	const struct tr_addr_route routes[] = {
		route_of("10.80.0.0", 12, router(1)),
		route_of("10.80.1.0", 24, router(2)),
	};
	const struct ip_ends ends = {.remote = addr_of("10.80.1.9"), .local = tr_addr_ipv4(OURS)};
	const struct rte_ether_addr mac = router_mac(2);
	struct ip_host *host = *state;
	struct ip_path path;
	unsigned int i;

	create(host, routes, RTE_DIM(routes));
	ip_path_init(host->ip, &path, &ends, 0);
	for (i = 0; i < 3; i++) {
		ip_path_output(host->ip, &path, &ends, ip_host_mbuf(host, segment, sizeof(segment)),
			       20, host->now_us);
		assert_true(ip_host_sent(host));
		assert_memory_equal(host->sent, &mac, sizeof(mac));
	}
}

struct listed {
	struct tr_addr_route routes[IP_ROUTES_MAX + 8];
	unsigned int nb;
	unsigned int nb_learned;
};

static void
list(const struct tr_addr_route *route, bool learned, void *arg)
{
	struct listed *listed = arg;

	assert_in_range(listed->nb, 0, RTE_DIM(listed->routes) - 1);
	listed->routes[listed->nb++] = *route;
	listed->nb_learned += learned;
}

static void
test_walk(void **state)
{
	struct tr_addr_route routes[IP_ROUTES_MAX];
	struct ip_host *host = *state;
	struct listed listed = {0};
	char text[TR_ADDR_TEXT_SIZE];
	unsigned int i;

	for (i = 0; i < IP_ROUTES_MAX; i++) {
		snprintf(text, sizeof(text), "10.128.%u.0", i);
		routes[i] = route_of(text, 24, router(0));
	}
	host->config.ipv4.gateway = router(1);
	create(host, routes, IP_ROUTES_MAX);
	ip_route_walk(host->ip, list, &listed);
	/* Our two networks, IPv6's link and the gateway besides. */
	assert_int_equal(listed.nb, IP_ROUTES_MAX + 4);
	assert_int_equal(listed.nb_learned, 0);
	for (i = 1; i < listed.nb; i++)
		assert_true(listed.routes[i - 1].prefix_len >= listed.routes[i].prefix_len);
	assert_int_equal(listed.routes[0].prefix_len, 64);
	assert_true(tr_addr_is_none(&listed.routes[0].via));
	assert_int_equal(listed.routes[listed.nb - 1].prefix_len, 0);
	host->config.nb_routes = IP_ROUTES_MAX + 1;
	host->config.routes = routes;
	assert_null(ip_create(&host->config));
	assert_int_equal(rte_errno, EINVAL);
}

static void
test_refused(void **state)
{
	struct ip_host *host = *state;
	const struct tr_addr own_link_local = addr_of("fe80::ff:fe00:2");
	const struct tr_addr_route first = route_of("10.80.0.0", 12, router(0));
	const struct tr_addr_route bad[] = {
		route_of("10.80.0.1", 12, router(0)), /* host bits */
		route_of("2001:db9::1", 64, link_router(0)),
		route_of("10.80.0.0", 12, router(1)), /* twice */
		route_of("10.77.0.0", 24, router(0)), /* our own */
		route_of("2001:db8::", 64, link_router(0)),
		route_of("fe80::", 10, link_router(0)),
		route_of("0.0.0.0", 0, router(1)), /* the gateway is there */
		route_of("10.96.0.0", 12, addr_of("10.78.0.1")), /* no neighbour */
		route_of("2001:db9::", 64, addr_of("2001:db9::1")),
		route_of("10.96.0.0", 12, addr_of("10.77.0.2")), /* us */
		route_of("2001:db9::", 64, addr_of("2001:db8::2")),
		route_of("2001:db9::", 64, own_link_local),
		route_of("10.96.0.0", 12, addr_of("10.77.0.255")), /* nobody */
		route_of("10.96.0.0", 12, addr_of("10.77.0.0")),
		route_of("10.96.0.0", 12, link_router(0)), /* the other family */
		route_of("2001:db9::", 64, router(0)),
		route_of("10.96.0.0", 33, router(0)), /* too long */
		{.prefix = addr_of("2001:db9::"), .prefix_len = 129, .via = link_router(0)},
		{.prefix = addr_of("10.96.0.0"), .prefix_len = 12},
	};
	struct tr_addr_route routes[2] = {first};
	struct ip_config config = host->config;
	unsigned int i;

	config.ipv4.gateway = router(3);
	config.routes = routes;
	config.nb_routes = 1;
	assert_true(ip_route_is_valid(&config, 0));
	config.nb_routes = 2;
	for (i = 0; i < RTE_DIM(bad); i++) {
		routes[1] = bad[i];
		/* The Ethernet address is not looked at before there is a host. */
		if (ip_route_is_valid(&config, 1) != tr_addr_is_same(&bad[i].via, &own_link_local))
			fail_msg("route %u", i);
		if (ip_create(&config) != NULL || rte_errno != EINVAL)
			fail_msg("route %u was taken", i);
	}
	/* Of IPv6 where there is none. */
	config.ipv6.addr = tr_addr_none();
	routes[1] = route_of("2001:db9::", 64, link_router(0));
	assert_false(ip_route_is_valid(&config, 1));
	/* RFC 3021: both are hosts. */
	config.ipv4.prefix_len = 31;
	config.ipv4.gateway = tr_addr_none();
	routes[0] = route_of("10.96.0.0", 12, addr_of("10.77.0.3"));
	assert_true(ip_route_is_valid(&config, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, ip_host_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_longest_prefix), TEST(test_longest_prefix_ipv6),
		TEST(test_no_route),	   TEST(test_gateway_is_the_route_to_all),
		TEST(test_path),	   TEST(test_walk),
		TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}

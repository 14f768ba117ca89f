/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"

#include <errno.h>

static const struct tr_addr link_local = {{0xfe, 0x80}};
#define LINK_LOCAL_BITS 10

static int add_gateway(struct ip *ip, const struct tr_addr_net *net, struct tr_addr any);
static int add(struct ip *ip, const struct tr_addr_route *route);
static void insert(struct ip_routes *routes, struct tr_addr prefix, uint8_t prefix_len,
		   const struct tr_addr *via);
static const struct tr_addr_route *find(const struct ip_routes *routes, const struct tr_addr *addr);
static bool leads_elsewhere(const struct ip_config *config, unsigned int nth);
static bool is_router(const struct tr_addr_net *net, const struct tr_addr *addr);
static bool is_same(const struct tr_addr_route *route, const struct tr_addr *prefix,
		    uint8_t prefix_len);
static bool is_in(const struct tr_addr *addr, const struct tr_addr *prefix, uint8_t prefix_len);

bool
ip_route(const struct ip *ip, const struct tr_addr *dst, struct tr_addr *next_hop)
{
	const struct tr_addr_route *route;

	if (!ip_addr_is_peer(ip, *dst))
		return false;
	route = find(&ip->routes, dst);
	if (route != NULL)
		*next_hop = tr_addr_is_none(&route->via) ? *dst : route->via;
	else
		*next_hop = tr_addr_is_ipv4(dst) ? tr_addr_none() : ip->ip6.router.addr;
	return !tr_addr_is_none(next_hop);
}

bool
ip_route_is_router(const struct ip *ip, const struct tr_addr *addr)
{
	unsigned int i;

	for (i = 0; i < ip->routes.nb; i++)
		if (tr_addr_is_same(&ip->routes.list[i].via, addr))
			return true;
	return tr_addr_is_same(&ip->ip6.router.addr, addr);
}

int
ip_route_setup(struct ip *ip)
{
	const struct tr_addr none = tr_addr_none();
	struct ip_config *config = &ip->config;
	unsigned int i;
	int rc = 0;

	if (config->nb_routes > IP_ROUTES_MAX)
		return -EINVAL;
	for (i = 0; i < config->nb_routes && rc == 0; i++)
		rc = ip_route_is_valid(config, i) ? add(ip, &config->routes[i]) : -EINVAL;
	if (rc == 0)
		rc = add_gateway(ip, &config->ipv4, tr_addr_ipv4(0));
	if (rc == 0)
		rc = add_gateway(ip, &config->ipv6, tr_addr_none());
	/* The caller's. */
	config->routes = NULL;
	if (ip->has_ipv4)
		insert(&ip->routes, config->ipv4.addr, config->ipv4.prefix_len, &none);
	if (!ip->ip6.enabled)
		return rc;
	insert(&ip->routes, config->ipv6.addr, config->ipv6.prefix_len, &none);
	insert(&ip->routes, link_local, LINK_LOCAL_BITS, &none);
	return rc;
}

static int
add_gateway(struct ip *ip, const struct tr_addr_net *net, struct tr_addr any)
{
	const struct tr_addr_route route = {.prefix = any, .via = net->gateway};

	if (tr_addr_is_none(&net->gateway))
		return 0;
	return is_router(net, &net->gateway) ? add(ip, &route) : -EINVAL;
}

static int
add(struct ip *ip, const struct tr_addr_route *route)
{
	/* It is made of our Ethernet address, which nobody knew before. */
	if (!tr_addr_is_ipv4(&route->via) && ip6_find_own(ip, &route->via) != NULL)
		return -EINVAL;
	insert(&ip->routes, route->prefix, route->prefix_len, &route->via);
	/* Then no router is looked for. */
	if (route->prefix_len == 0 && !tr_addr_is_ipv4(&route->via))
		ip->config.ipv6.gateway = route->via;
	return 0;
}

static void
insert(struct ip_routes *routes, struct tr_addr prefix, uint8_t prefix_len,
       const struct tr_addr *via)
{
	unsigned int i;

	for (i = routes->nb; i > 0 && routes->list[i - 1].prefix_len < prefix_len; i--)
		routes->list[i] = routes->list[i - 1];
	routes->list[i] = (struct tr_addr_route){
		.prefix = tr_addr_network(&prefix, prefix_len),
		.prefix_len = prefix_len,
		.via = *via,
	};
	routes->nb++;
}

static const struct tr_addr_route *
find(const struct ip_routes *routes, const struct tr_addr *addr)
{
	unsigned int i;

	for (i = 0; i < routes->nb; i++)
		if (is_in(addr, &routes->list[i].prefix, routes->list[i].prefix_len))
			return &routes->list[i];
	return NULL;
}

bool
ip_route_is_valid(const struct ip_config *config, unsigned int nth)
{
	const struct tr_addr_route *route = &config->routes[nth];
	bool ipv4 = tr_addr_is_ipv4(&route->via);
	const struct tr_addr_net *net = ipv4 ? &config->ipv4 : &config->ipv6;

	return tr_addr_is_ipv4(&route->prefix) == ipv4 && route->prefix_len <= (ipv4 ? 32 : 128) &&
	       is_in(&route->prefix, &route->prefix, route->prefix_len) &&
	       is_router(net, &route->via) && leads_elsewhere(config, nth);
}

static bool
leads_elsewhere(const struct ip_config *config, unsigned int nth)
{
	const struct tr_addr_route *route = &config->routes[nth];
	const struct tr_addr_net *net =
		tr_addr_is_ipv4(&route->via) ? &config->ipv4 : &config->ipv6;
	struct tr_addr own = tr_addr_network(&net->addr, net->prefix_len);
	unsigned int i;

	for (i = 0; i < nth; i++)
		if (is_same(route, &config->routes[i].prefix, config->routes[i].prefix_len))
			return false;
	if (is_same(route, &own, net->prefix_len) || is_same(route, &link_local, LINK_LOCAL_BITS))
		return false;
	return route->prefix_len > 0 || tr_addr_is_none(&net->gateway);
}

/* A neighbour that is not us, as far as its address tells. */
static bool
is_router(const struct tr_addr_net *net, const struct tr_addr *addr)
{
	struct tr_addr own = tr_addr_network(&net->addr, net->prefix_len);
	uint32_t host_max, host;

	if (tr_addr_is_none(&net->addr) || tr_addr_is_same(addr, &net->addr))
		return false;
	if (!tr_addr_is_ipv4(addr))
		return ip6_is_host(addr) && (is_in(addr, &own, net->prefix_len) ||
					     is_in(addr, &link_local, LINK_LOCAL_BITS));
	if (!is_in(addr, &own, net->prefix_len) || !ip_ipv4_is_unicast(tr_addr_to_ipv4(addr)))
		return false;
	if (net->prefix_len >= 31)
		return true;
	host_max = UINT32_MAX >> net->prefix_len;
	host = rte_be_to_cpu_32(tr_addr_to_ipv4(addr)) & host_max;
	return host != 0 && host != host_max;
}

static bool
is_same(const struct tr_addr_route *route, const struct tr_addr *prefix, uint8_t prefix_len)
{
	return route->prefix_len == prefix_len && tr_addr_is_same(&route->prefix, prefix);
}

static bool
is_in(const struct tr_addr *addr, const struct tr_addr *prefix, uint8_t prefix_len)
{
	struct tr_addr network = tr_addr_network(addr, prefix_len);

	return tr_addr_is_same(&network, prefix);
}

void
ip_route_walk(const struct ip *ip,
	      void (*visit)(const struct tr_addr_route *route, bool learned, void *arg), void *arg)
{
	const struct tr_addr_route learned = {.via = ip->ip6.router.addr};
	unsigned int i;

	for (i = 0; i < ip->routes.nb; i++)
		visit(&ip->routes.list[i], false, arg);
	if (ip->ip6.enabled && !tr_addr_is_none(&ip->ip6.router.addr) &&
	    tr_addr_is_none(&ip->config.ipv6.gateway))
		visit(&learned, true, arg);
}

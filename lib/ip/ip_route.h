/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Routes of both families (RFC 1122 section 3.3.1): which neighbour a packet goes to. The networks
 * of our addresses, the routes that were given and the gateways stand in one list, the longest
 * prefix first; the first that holds an address is the one. It is searched from its beginning: a
 * host has a few routes, and a connection looks once a second (ip_path_output()). Internal to
 * lib/ip.
 *
 * Nothing changes after the start. Of IPv6 a router that advertised itself is the last resort where
 * no route leads (ip6.h).
 *
 * Threads: the core that owns the struct ip.
 */
#ifndef IP_ROUTE_H
#define IP_ROUTE_H

#include "ip.h"

/** Beside those given: our network and the gateway of each family, and IPv6's link. */
#define IP_ROUTES_OWN 5

/** The routes. */
struct ip_routes {
	unsigned int nb;
	struct tr_addr_route list[IP_ROUTES_MAX + IP_ROUTES_OWN]; /* via none: on the link */
};

/** Make the list, from ip->config; our addresses are known. 0 or -EINVAL. Control thread. */
int ip_route_setup(struct ip *ip);

/** Which neighbour a packet to a host goes to; false: none, or no host has this address. */
bool ip_route(const struct ip *ip, const struct tr_addr *dst, struct tr_addr *next_hop);

/** Whether packets to other networks go to this neighbour. */
bool ip_route_is_router(const struct ip *ip, const struct tr_addr *addr);

#endif /* IP_ROUTE_H */

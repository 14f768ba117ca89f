/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The router by which packets leave the link, where the operator named none (RFC 4861 section 6.3).
 *
 * Any will do, so there is one: the first that advertises itself, as long as it said, or until it
 * is none any more. One that does not answer as a neighbour keeps its place only until another
 * advertises itself (section 6.3.6). Routers are asked for as the host starts, and again whenever
 * there is none, or none that answers.
 *
 * A device gives an advertisement to one core. That core tells the others of changes at once, and
 * once a second at most that a router goes on; it alone asks again.
 */
#include "ip_internal.h"

/* RFC 4861 section 10. */
#define SOLICITATIONS 3
#define SOLICITATION_INTERVAL_US UINT64_C(4000000)
#define SOLICITATION_DELAY_US UINT64_C(1000000)

/* Of a router that goes on advertising itself, and of what could not be told. */
#define TOLD_AGAIN_US UINT64_C(1000000)

static bool adopt(struct ip *ip, const struct tr_addr *addr, uint16_t lifetime_s, uint64_t now_us);
static void expire(struct ip *ip, uint64_t now_us);
static void tell_others(struct ip *ip, uint64_t now_us);
static bool tell(struct ip *ip, enum ip_link_kind kind, const struct tr_addr *addr,
		 uint16_t lifetime_s);
static void ask_again(struct ip *ip, uint64_t now_us);
static void ask(struct ip *ip, uint64_t now_us);
static bool is_wanted(const struct ip *ip);

void
ip6_router_setup(struct ip6_router *router)
{
	router->until_us = UINT64_MAX;
	router->tell_us = UINT64_MAX;
	router->ask_us = UINT64_MAX;
}

void
ip6_router_start(struct ip *ip, uint64_t now_us)
{
	ip->ip6.router.started = true;
	ip->ip6.router.ask_us = now_us;
}

void
ip6_router_heard(struct ip *ip, const struct tr_addr *addr, uint16_t lifetime_s, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;
	struct tr_addr before = router->addr;

	if (adopt(ip, addr, lifetime_s, now_us)) {
		router->heard = true;
		if (!tr_addr_is_none(&before))
			router->gone = before;
		tell_others(ip, now_us);
		ask_again(ip, now_us);
	} else if (tr_addr_is_same(&router->addr, addr)) {
		router->heard = true;
		if (now_us - router->told_us >= TOLD_AGAIN_US)
			tell_others(ip, now_us);
		else
			router->tell_us = router->told_us + TOLD_AGAIN_US;
	}
	ip6_schedule(ip);
}

void
ip6_router_told(struct ip *ip, const struct ip_link_news *news, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;
	bool ours = tr_addr_is_same(&router->addr, &news->addr);

	if (news->kind == IP_LINK_ROUTER) {
		if (adopt(ip, &news->addr, news->lifetime_s, now_us) || ours)
			router->heard = false;
	} else if (ours && !router->silent) {
		router->silent = true;
		ask_again(ip, now_us);
	}
	ip6_schedule(ip);
}

void
ip6_router_silent(struct ip *ip, const struct tr_addr *addr, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;

	if (!tr_addr_is_same(&router->addr, addr) || router->silent)
		return;
	/* The core that hears advertisements may send nothing. If it cannot be told: next time. */
	router->silent = tell(ip, IP_LINK_ROUTER_SILENT, addr, 0);
	ask_again(ip, now_us);
	ip6_schedule(ip);
}

void
ip6_router_answered(struct ip *ip, const struct tr_addr *addr)
{
	if (tr_addr_is_same(&ip->ip6.router.addr, addr))
		ip->ip6.router.silent = false;
}

void
ip6_router_tick(struct ip *ip, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;

	if (now_us >= router->until_us)
		expire(ip, now_us);
	if (now_us >= router->tell_us)
		tell_others(ip, now_us);
	if (now_us >= router->ask_us)
		ask(ip, now_us);
}

uint64_t
ip6_router_next_us(const struct ip6_router *router)
{
	return RTE_MIN(router->until_us, RTE_MIN(router->tell_us, router->ask_us));
}

/* Whether there is another router than before, or none any more. */
static bool
adopt(struct ip *ip, const struct tr_addr *addr, uint16_t lifetime_s, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;
	bool known = tr_addr_is_same(&router->addr, addr);
	bool has_one = !tr_addr_is_none(&router->addr) && !router->silent;

	if (!known && (has_one || lifetime_s == 0))
		return false;
	if (!known || lifetime_s == 0)
		router->silent = false;
	router->addr = lifetime_s == 0 ? tr_addr_none() : *addr;
	router->until_us = lifetime_s == 0 ? UINT64_MAX : now_us + lifetime_s * UINT64_C(1000000);
	return known == (lifetime_s == 0);
}

/* For every core at about this time; but the next router is not to come to one before. */
static void
expire(struct ip *ip, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;
	struct tr_addr before = router->addr;

	adopt(ip, &before, 0, now_us);
	if (!router->heard)
		return;
	router->gone = before;
	tell_others(ip, now_us);
	ask_again(ip, now_us);
}

/* What could not be told is told again, and the one that is gone first: it keeps others out. */
static void
tell_others(struct ip *ip, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;
	bool told = true;

	if (!tr_addr_is_none(&router->gone)) {
		told = tell(ip, IP_LINK_ROUTER, &router->gone, 0);
		if (told)
			router->gone = tr_addr_none();
	}
	if (told && !tr_addr_is_none(&router->addr))
		told = tell(ip, IP_LINK_ROUTER, &router->addr,
			    (router->until_us - now_us + 999999) / 1000000);
	router->told_us = now_us;
	router->tell_us = told ? UINT64_MAX : now_us + TOLD_AGAIN_US;
}

static bool
tell(struct ip *ip, enum ip_link_kind kind, const struct tr_addr *addr, uint16_t lifetime_s)
{
	const struct ip_link_news news = {.kind = kind, .lifetime_s = lifetime_s, .addr = *addr};

	return ip6_tell(ip, &news);
}

/*
 * RFC 4861 section 6.3.7: not all hosts of a link at once. Whoever says that he is no router any
 * more, time and again, does not have us ask more often than at the start.
 */
static void
ask_again(struct ip *ip, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;
	uint64_t due_us = now_us + SOLICITATION_DELAY_US * ip->config.mac.addr_bytes[5] / 256;

	if (!router->started || !router->heard || !is_wanted(ip))
		return;
	router->nb_asked = 0;
	if (router->ask_us == UINT64_MAX)
		router->ask_us = RTE_MAX(due_us, router->asked_us + SOLICITATION_INTERVAL_US);
}

static void
ask(struct ip *ip, uint64_t now_us)
{
	struct ip6_router *router = &ip->ip6.router;

	router->ask_us = UINT64_MAX;
	if (!is_wanted(ip))
		return;
	nd_solicit_router(ip, now_us);
	router->asked_us = now_us;
	if (++router->nb_asked < SOLICITATIONS)
		router->ask_us = now_us + SOLICITATION_INTERVAL_US;
}

static bool
is_wanted(const struct ip *ip)
{
	const struct ip6_router *router = &ip->ip6.router;

	return tr_addr_is_none(&ip->config.ipv6.gateway) &&
	       (tr_addr_is_none(&router->addr) || router->silent);
}

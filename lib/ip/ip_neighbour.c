/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"

#include <errno.h>

#include <rte_common.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

/* RFC 4861 section 7.3.2; ARP knows no STALE and no DELAY. */
enum state { INCOMPLETE, REACHABLE, STALE, DELAY, PROBE };

struct ip_neighbour_entry {
	TAILQ_ENTRY(ip_neighbour_entry) list; /* the table's used, or free */
	struct ip_neighbour_entry *next; /* in its bucket */
	uint64_t deadline_us; /* when something is to be done */
	uint64_t used_us; /* about when it was used last: to the second */
	uint64_t reported_us;
	struct tr_addr addr;
	struct rte_ether_addr mac;
	uint8_t state;
	uint8_t tries; /* questions since the last answer */
	uint8_t nb_waiting;
	bool used; /* since the last sign of life */
	struct rte_mbuf *waiting[IP_NEIGHBOUR_WAITING]; /* oldest first */
};

static struct ip_neighbour_entry *find(const struct ip_neighbour_table *table,
				       const struct tr_addr *addr);
static bool may_ask(const struct ip *ip, const struct tr_addr *addr);
static struct ip_neighbour_entry *insert(struct ip *ip, const struct tr_addr *addr);
static struct ip_neighbour_entry *evict(struct ip *ip);
static void remove_entry(struct ip *ip, struct ip_neighbour_entry *entry);
static void ask(struct ip *ip, struct ip_neighbour_entry *entry, uint64_t now_us);
static void use(struct ip_neighbour_table *table, struct ip_neighbour_entry *entry,
		uint64_t now_us);
static void hold(struct ip *ip, struct ip_neighbour_entry *entry, struct rte_mbuf *mbuf);
static bool update(struct ip *ip, struct ip_neighbour_entry *entry,
		   const struct rte_ether_addr *mac, enum state state, uint64_t now_us);
static bool is_news(const struct ip_neighbour_entry *entry, const struct rte_ether_addr *mac);
static void other_core(struct ip *ip, const struct ip_advertisement *advertisement);
static void report(struct ip *ip, struct ip_neighbour_entry *entry, bool changed, uint64_t now_us);
static bool expire(struct ip *ip, struct ip_neighbour_entry *entry, uint64_t now_us);
static void schedule(struct ip_neighbour_table *table, struct ip_neighbour_entry *entry,
		     uint64_t deadline_us);
static void change(struct ip_neighbour_table *table);
static void transmit(struct ip *ip, const struct ip_neighbour_entry *entry, struct rte_mbuf *mbuf);
static struct ip_neighbour_entry **bucket(const struct ip_neighbour_table *table,
					  const struct tr_addr *addr);

int
ip_neighbour_setup(struct ip *ip)
{
	struct ip_neighbour_table *table = &ip->neighbours;
	uint32_t nb_buckets = rte_align32pow2(ip->config.neighbours_max);
	uint32_t i;

	table->entries = rte_calloc_socket("neighbours", ip->config.neighbours_max,
					   sizeof(*table->entries), 0, ip->config.socket);
	table->buckets = rte_calloc_socket("neighbours", nb_buckets, sizeof(*table->buckets), 0,
					   ip->config.socket);
	if (table->entries == NULL || table->buckets == NULL) {
		rte_free(table->entries);
		rte_free(table->buckets);
		return -ENOMEM;
	}
	table->bucket_mask = nb_buckets - 1;
	table->hash_key = ip->config.neighbours_key;
	table->next_us = UINT64_MAX;
	table->generation = 1;
	TAILQ_INIT(&table->used);
	TAILQ_INIT(&table->free);
	for (i = 0; i < ip->config.neighbours_max; i++)
		TAILQ_INSERT_TAIL(&table->free, &table->entries[i], list);
	return 0;
}

void
ip_neighbour_teardown(struct ip *ip)
{
	struct ip_neighbour_entry *entry;

	TAILQ_FOREACH (entry, &ip->neighbours.used, list)
		rte_pktmbuf_free_bulk(entry->waiting, entry->nb_waiting);
	rte_free(ip->neighbours.entries);
	rte_free(ip->neighbours.buckets);
}

void
ip_neighbour_output(struct ip *ip, struct rte_mbuf *mbuf, const struct tr_addr *addr,
		    uint64_t now_us)
{
	struct ip_neighbour_table *table = &ip->neighbours;
	struct ip_neighbour_entry *entry = find(table, addr);

	if (unlikely(entry == NULL)) {
		entry = may_ask(ip, addr) ? insert(ip, addr) : NULL;
		if (entry == NULL) {
			ip_drop(mbuf, &ip->stats.drop_neighbour_table);
			return;
		}
		ask(ip, entry, now_us);
	}
	use(table, entry, now_us);
	if (unlikely(entry->state == INCOMPLETE))
		hold(ip, entry, mbuf);
	else
		transmit(ip, entry, mbuf);
}

bool
ip_neighbour_known(const struct ip *ip, const struct tr_addr *addr, struct rte_ether_addr *mac,
		   uint64_t *until_us)
{
	const struct ip_neighbour_entry *entry = find(&ip->neighbours, addr);

	if (entry == NULL || entry->state == INCOMPLETE || !entry->used)
		return false;
	*mac = entry->mac;
	*until_us = entry->used_us + IP_NEIGHBOUR_RETRY_US;
	return true;
}

const struct rte_ether_addr *
ip_neighbour_mac(const struct ip *ip, const struct tr_addr *addr)
{
	const struct ip_neighbour_entry *entry = find(&ip->neighbours, addr);

	return entry != NULL && entry->state != INCOMPLETE ? &entry->mac : NULL;
}

bool
ip_neighbour_heard(struct ip *ip, const struct tr_addr *addr, const struct rte_ether_addr *mac,
		   bool create, uint64_t now_us)
{
	struct ip_neighbour_entry *entry = find(&ip->neighbours, addr);

	if (entry == NULL && create)
		entry = insert(ip, addr);
	if (entry == NULL)
		return false;
	report(ip, entry, update(ip, entry, mac, REACHABLE, now_us), now_us);
	return true;
}

void
ip_neighbour_seen(struct ip *ip, const struct tr_addr *addr, const struct rte_ether_addr *mac,
		  uint64_t now_us)
{
	struct ip_neighbour_entry *entry = find(&ip->neighbours, addr);

	if (entry == NULL)
		entry = insert(ip, addr);
	if (entry == NULL)
		return;
	if (is_news(entry, mac))
		report(ip, entry, update(ip, entry, mac, STALE, now_us), now_us);
}

bool
ip_neighbour_advertised(struct ip *ip, const struct ip_advertisement *advertisement,
			uint64_t now_us)
{
	struct ip_neighbour_entry *entry = find(&ip->neighbours, &advertisement->addr);
	const struct rte_ether_addr *mac = advertisement->mac;
	bool same, changed = false;

	if (entry == NULL || (entry->state == INCOMPLETE && mac == NULL)) {
		other_core(ip, advertisement);
		return false;
	}
	same = mac == NULL || rte_is_same_ether_addr(&entry->mac, mac);
	if (entry->state != INCOMPLETE && !same && !advertisement->override) {
		/* It may be elsewhere: find out, if it is used. */
		if (entry->state == REACHABLE)
			update(ip, entry, &entry->mac, STALE, now_us);
		return true;
	}
	if (mac == NULL)
		mac = &entry->mac;
	if (advertisement->solicited)
		changed = update(ip, entry, mac, REACHABLE, now_us);
	else if (entry->state == INCOMPLETE || !same)
		changed = update(ip, entry, mac, STALE, now_us);
	/* What is no answer is a sign of life to nobody. */
	if (advertisement->solicited || changed)
		report(ip, entry, changed, now_us);
	return true;
}

void
ip_neighbour_update(struct ip *ip, const struct ip_neighbour *neighbour, uint64_t now_us)
{
	struct ip_neighbour_entry *entry = find(&ip->neighbours, &neighbour->addr);

	if (entry == NULL && !neighbour->only_if_known)
		entry = insert(ip, &neighbour->addr);
	if (entry == NULL)
		return;
	if (!neighbour->stale)
		update(ip, entry, &neighbour->mac, REACHABLE, now_us);
	else if (is_news(entry, &neighbour->mac))
		update(ip, entry, &neighbour->mac, STALE, now_us);
}

void
ip_neighbour_tick(struct ip *ip, uint64_t now_us)
{
	struct ip_neighbour_table *table = &ip->neighbours;
	struct ip_neighbour_entry *entry, *next;
	uint64_t next_us = UINT64_MAX;

	for (entry = TAILQ_FIRST(&table->used); entry != NULL; entry = next) {
		next = TAILQ_NEXT(entry, list);
		if (now_us < entry->deadline_us || expire(ip, entry, now_us))
			next_us = RTE_MIN(next_us, entry->deadline_us);
	}
	table->next_us = next_us;
}

void
ip_neighbour_walk(const struct ip *ip,
		  void (*visit)(const struct ip_neighbour *neighbour, bool reachable, void *arg),
		  void *arg)
{
	const struct ip_neighbour_entry *entry;

	TAILQ_FOREACH (entry, &ip->neighbours.used, list) {
		struct ip_neighbour neighbour = {.addr = entry->addr, .mac = entry->mac};

		visit(&neighbour, entry->state != INCOMPLETE, arg);
	}
}

static struct ip_neighbour_entry *
find(const struct ip_neighbour_table *table, const struct tr_addr *addr)
{
	struct ip_neighbour_entry *entry = *bucket(table, addr);

	while (entry != NULL && !tr_addr_is_same(&entry->addr, addr))
		entry = entry->next;
	return entry;
}

/*
 * Whether there may be another neighbour that is asked for. Segments from made-up addresses of the
 * link are answered there: those wait for nobody, and neighbours that are known keep their places.
 * But without its routers a host is cut off.
 */
static bool
may_ask(const struct ip *ip, const struct tr_addr *addr)
{
	uint32_t max = RTE_MAX(ip->config.neighbours_max / 2, 1u);

	return ip->neighbours.nb_incomplete < max || ip_route_is_router(ip, addr);
}

/* A new entry, incomplete and never used; NULL when packets wait in all that there are. */
static struct ip_neighbour_entry *
insert(struct ip *ip, const struct tr_addr *addr)
{
	struct ip_neighbour_table *table = &ip->neighbours;
	struct ip_neighbour_entry **head = bucket(table, addr);
	struct ip_neighbour_entry *entry = TAILQ_FIRST(&table->free);

	if (entry == NULL)
		entry = evict(ip);
	if (entry == NULL)
		return NULL;
	TAILQ_REMOVE(&table->free, entry, list);
	*entry = (struct ip_neighbour_entry){
		.addr = *addr,
		.state = INCOMPLETE,
		.deadline_us = UINT64_MAX,
		.next = *head,
	};
	*head = entry;
	table->nb_incomplete++;
	TAILQ_INSERT_HEAD(&table->used, entry, list);
	return entry;
}

static struct ip_neighbour_entry *
evict(struct ip *ip)
{
	struct ip_neighbour_entry *entry;

	TAILQ_FOREACH (entry, &ip->neighbours.used, list)
		if (entry->state != INCOMPLETE)
			break;
	if (entry != NULL)
		remove_entry(ip, entry);
	return entry;
}

static void
remove_entry(struct ip *ip, struct ip_neighbour_entry *entry)
{
	struct ip_neighbour_table *table = &ip->neighbours;
	struct ip_neighbour_entry **link = bucket(table, &entry->addr);
	uint8_t i;

	for (i = 0; i < entry->nb_waiting; i++)
		ip_drop(entry->waiting[i], &ip->stats.drop_neighbour_queue);
	entry->nb_waiting = 0;
	table->nb_incomplete -= entry->state == INCOMPLETE;
	change(table);
	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	TAILQ_REMOVE(&table->used, entry, list);
	TAILQ_INSERT_HEAD(&table->free, entry, list);
}

/* RFC 1122 section 2.3.2.1: everybody at first; later the neighbour, where it was. */
static void
ask(struct ip *ip, struct ip_neighbour_entry *entry, uint64_t now_us)
{
	const struct rte_ether_addr *mac = entry->state == INCOMPLETE ? NULL : &entry->mac;

	entry->tries++;
	schedule(&ip->neighbours, entry, now_us + IP_NEIGHBOUR_RETRY_US);
	if (tr_addr_is_ipv4(&entry->addr))
		arp_request(ip, tr_addr_to_ipv4(&entry->addr), mac);
	else
		nd_solicit(ip, &entry->addr, mac, now_us);
}

/* To the second is enough to tell old from new, and spares most packets a write to the list. */
static void
use(struct ip_neighbour_table *table, struct ip_neighbour_entry *entry, uint64_t now_us)
{
	if (entry->used && now_us - entry->used_us < IP_NEIGHBOUR_RETRY_US)
		return;
	entry->used = true;
	entry->used_us = now_us;
	if (entry->state == STALE) {
		entry->state = DELAY;
		schedule(table, entry, now_us + IP_NEIGHBOUR_DELAY_US);
	}
	TAILQ_REMOVE(&table->used, entry, list);
	TAILQ_INSERT_TAIL(&table->used, entry, list);
}

/* RFC 1122 section 2.3.2.2: keep the latest. */
static void
hold(struct ip *ip, struct ip_neighbour_entry *entry, struct rte_mbuf *mbuf)
{
	uint8_t i;

	if (entry->nb_waiting == IP_NEIGHBOUR_WAITING) {
		ip_drop(entry->waiting[0], &ip->stats.drop_neighbour_queue);
		for (i = 1; i < IP_NEIGHBOUR_WAITING; i++)
			entry->waiting[i - 1] = entry->waiting[i];
		entry->nb_waiting--;
	}
	entry->waiting[entry->nb_waiting++] = mbuf;
}

/* The neighbour is there. Returns whether that, or where, is news. */
static bool
update(struct ip *ip, struct ip_neighbour_entry *entry, const struct rte_ether_addr *mac,
       enum state state, uint64_t now_us)
{
	bool changed = is_news(entry, mac);
	uint64_t for_us = IP_NEIGHBOUR_REACHABLE_US;
	uint8_t i;

	ip->neighbours.nb_incomplete -= entry->state == INCOMPLETE;
	entry->mac = *mac;
	entry->state = state;
	entry->tries = 0;
	entry->used = false;
	change(&ip->neighbours);
	if (state == REACHABLE && !tr_addr_is_ipv4(&entry->addr)) {
		for_us = IP_NEIGHBOUR_REACHABLE_IPV6_US;
		ip6_router_answered(ip, &entry->addr);
	}
	schedule(&ip->neighbours, entry, now_us + for_us);
	for (i = 0; i < entry->nb_waiting; i++)
		transmit(ip, entry, entry->waiting[i]);
	entry->nb_waiting = 0;
	return changed;
}

static bool
is_news(const struct ip_neighbour_entry *entry, const struct rte_ether_addr *mac)
{
	return entry->state == INCOMPLETE || !rte_is_same_ether_addr(&entry->mac, mac);
}

/* Other cores want news at once, and for their own timers a sign of life now and then. */
static void
report(struct ip *ip, struct ip_neighbour_entry *entry, bool changed, uint64_t now_us)
{
	const struct ip_events *events = ip->config.events;
	struct ip_neighbour neighbour = {
		.addr = entry->addr,
		.mac = entry->mac,
		.stale = entry->state == STALE,
		.only_if_known = !changed,
	};

	if (events == NULL)
		return;
	if (!changed && now_us - entry->reported_us < IP_NEIGHBOUR_RETRY_US)
		return;
	entry->reported_us = now_us;
	events->neighbour(ip->config.events_arg, &neighbour);
}

/* Another core may have asked. */
static void
other_core(struct ip *ip, const struct ip_advertisement *advertisement)
{
	const struct ip_events *events = ip->config.events;
	struct ip_neighbour neighbour = {.addr = advertisement->addr, .only_if_known = true};

	if (events == NULL || advertisement->mac == NULL || !advertisement->solicited)
		return;
	neighbour.mac = *advertisement->mac;
	events->neighbour(ip->config.events_arg, &neighbour);
}

/* Its deadline has come. Returns whether it is still there. */
static bool
expire(struct ip *ip, struct ip_neighbour_entry *entry, uint64_t now_us)
{
	bool unused = (entry->state == REACHABLE || entry->state == STALE) && !entry->used;

	if (entry->tries == IP_NEIGHBOUR_TRIES || unused) {
		if (!unused)
			ip6_router_silent(ip, &entry->addr, now_us);
		remove_entry(ip, entry);
		return false;
	}
	if (entry->state != INCOMPLETE)
		entry->state = PROBE;
	ask(ip, entry, now_us);
	return true;
}

static void
schedule(struct ip_neighbour_table *table, struct ip_neighbour_entry *entry, uint64_t deadline_us)
{
	entry->deadline_us = deadline_us;
	table->next_us = RTE_MIN(table->next_us, deadline_us);
}

/* What was noted of entries holds no more. */
static void
change(struct ip_neighbour_table *table)
{
	table->generation = RTE_MAX(table->generation + 1, 1u);
}

static void
transmit(struct ip *ip, const struct ip_neighbour_entry *entry, struct rte_mbuf *mbuf)
{
	if (tr_addr_is_ipv4(&entry->addr)) {
		if (eth_output(ip, mbuf, &entry->mac, RTE_ETHER_TYPE_IPV4))
			ip->stats.ip_tx++;
	} else if (eth_output(ip, mbuf, &entry->mac, RTE_ETHER_TYPE_IPV6)) {
		ip->stats.ip6_tx++;
	}
}

static struct ip_neighbour_entry **
bucket(const struct ip_neighbour_table *table, const struct tr_addr *addr)
{
	uint32_t words[sizeof(*addr) / sizeof(uint32_t)];

	memcpy(words, addr, sizeof(words));
	return &table->buckets[rte_jhash_32b(words, RTE_DIM(words), table->hash_key) &
			       table->bucket_mask];
}

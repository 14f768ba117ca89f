/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_icmp6.h"

#include <errno.h>
#include <netinet/in.h>

/* RFC 4862 section 5.1. */
#define DAD_US UINT64_C(1000000)

/* RFC 3810 section 5.2. */
#define REPORT_RECORD_BYTES 20
#define REPORT_TO_EXCLUDE 4

/* The hop-by-hop header with a router alert that MLD wants (RFC 2711): an MLD message, padded. */
static const uint8_t router_alert[8] = {IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0};

static const struct tr_addr reports = {{0xff, 2, [15] = 0x16}};

static void start(struct ip *ip, uint64_t now_us);
static void report_groups(struct ip *ip, uint64_t now_us);
static uint16_t write_report(const struct ip *ip, uint8_t *data);
static struct tr_addr link_local(const struct rte_ether_addr *mac);
static bool is_link_local(const struct tr_addr *addr);
static struct rte_ether_addr group_mac(const struct tr_addr *group);

int
ip6_setup(struct ip *ip)
{
	const struct tr_addr_net *net = &ip->config.ipv6;
	struct ip6 *ip6 = &ip->ip6;
	unsigned int i;

	ip6->next_us = UINT64_MAX;
	if (tr_addr_is_none(&net->addr))
		return 0;
	if (!ip6_is_host(&net->addr) || is_link_local(&net->addr) || net->prefix_len < 1 ||
	    net->prefix_len > 128 || ip->config.mtu < IP6_MTU_MIN)
		return -EINVAL;
	ip6->enabled = true;
	ip6->own[0].addr = link_local(&ip->config.mac);
	ip6->own[1].addr = net->addr;
	/* The first tick begins. */
	ip6->start_us = 0;
	ip6->report_us = UINT64_MAX;
	for (i = 0; i < IP6_OWN; i++)
		ip6->own[i].tell_us = UINT64_MAX;
	ip6_router_setup(&ip6->router);
	ip6_schedule(ip);
	return 0;
}

void
ip6_tick(struct ip *ip, uint64_t now_us)
{
	struct ip6 *ip6 = &ip->ip6;
	unsigned int i;

	if (now_us >= ip6->start_us)
		start(ip, now_us);
	if (now_us >= ip6->report_us) {
		ip6->report_us = UINT64_MAX;
		report_groups(ip, now_us);
	}
	for (i = 0; i < IP6_OWN; i++)
		if (now_us >= ip6->own[i].tell_us)
			nd_tell_duplicate(ip, &ip6->own[i], now_us);
	ip6_router_tick(ip, now_us);
	ip6_schedule(ip);
}

void
ip6_schedule(struct ip *ip)
{
	struct ip6 *ip6 = &ip->ip6;
	unsigned int i;

	ip6->next_us = RTE_MIN(ip6->start_us, ip6->report_us);
	for (i = 0; i < IP6_OWN; i++)
		ip6->next_us = RTE_MIN(ip6->next_us, ip6->own[i].tell_us);
	ip6->next_us = RTE_MIN(ip6->next_us, ip6_router_next_us(&ip6->router));
}

/* Try our addresses; a second later use them, and look for a router. */
static void
start(struct ip *ip, uint64_t now_us)
{
	struct ip6 *ip6 = &ip->ip6;
	unsigned int i;

	if (!ip6->trying) {
		/* RFC 4862 section 5.4.2: who has the address must hear of us, and we of them. */
		report_groups(ip, now_us);
		for (i = 0; i < IP6_OWN; i++)
			nd_probe(ip, &ip6->own[i].addr, now_us);
		ip6->start_us = now_us + DAD_US;
		ip6->trying = true;
		return;
	}
	for (i = 0; i < IP6_OWN; i++)
		if (ip6->own[i].state == IP6_TENTATIVE)
			ip6->own[i].state = IP6_USED;
	/* Again, as the first may be lost, and now from an address (RFC 3590). */
	report_groups(ip, now_us);
	ip6->start_us = UINT64_MAX;
	ip6_router_start(ip, now_us);
}

bool
ip6_tell(struct ip *ip, const struct ip_link_news *news)
{
	const struct ip_events *events = ip->config.events;

	return events == NULL || events->link == NULL || events->link(ip->config.events_arg, news);
}

void
ip6_report_soon(struct ip *ip, uint64_t within_us, uint64_t now_us)
{
	/* RFC 3810 section 5.1.3: hosts are to answer at different times; their MACs differ. */
	uint64_t part = ip->config.mac.addr_bytes[5];
	uint64_t due_us = now_us + within_us * part / 256;

	ip->ip6.report_us = RTE_MIN(ip->ip6.report_us, due_us);
	ip6_schedule(ip);
}

struct ip6_own *
ip6_find_own(struct ip *ip, const struct tr_addr *addr)
{
	unsigned int i;

	for (i = 0; i < IP6_OWN; i++)
		if (tr_addr_is_same(&ip->ip6.own[i].addr, addr))
			return &ip->ip6.own[i];
	return NULL;
}

bool
ip6_is_ours(const struct ip *ip, const struct tr_addr *addr)
{
	unsigned int i;

	for (i = 0; i < IP6_OWN; i++)
		if (tr_addr_is_same(&ip->ip6.own[i].addr, addr))
			return ip->ip6.enabled && ip->ip6.own[i].state == IP6_USED;
	return false;
}

/* RFC 6724 section 5, rule 2, for the two that there are. */
struct tr_addr
ip6_source(const struct ip *ip, const struct tr_addr *dst)
{
	bool near = is_link_local(dst) || (dst->bytes[0] == 0xff && (dst->bytes[1] & 0xf) <= 2);
	const struct ip6_own *own = &ip->ip6.own[near ? 0 : 1];

	return ip->ip6.enabled && own->state == IP6_USED ? own->addr : tr_addr_none();
}

bool
ip6_is_host(const struct tr_addr *addr)
{
	static const struct tr_addr loopback = {{[15] = 1}};

	return addr->bytes[0] != 0xff && !tr_addr_is_none(addr) && !tr_addr_is_ipv4(addr) &&
	       !tr_addr_is_same(addr, &loopback);
}

bool
ip6_is_our_group(const struct ip *ip, const struct tr_addr *addr)
{
	static const struct tr_addr all_nodes = {{0xff, 2, [15] = 1}};
	struct tr_addr group;
	unsigned int i;

	if (tr_addr_is_same(addr, &all_nodes))
		return true;
	for (i = 0; i < IP6_OWN; i++) {
		group = ip6_solicited_group(&ip->ip6.own[i].addr);
		if (tr_addr_is_same(addr, &group))
			return true;
	}
	return false;
}

struct tr_addr
ip6_solicited_group(const struct tr_addr *addr)
{
	struct tr_addr group = {{0xff, 2, [11] = 1, [12] = 0xff}};

	memcpy(group.bytes + 13, addr->bytes + 13, 3);
	return group;
}

void
ip6_output(struct ip *ip, struct rte_mbuf *mbuf, const struct ip6_send *send, uint64_t now_us)
{
	struct wire_ipv6 ipv6 = {
		.src = send->src,
		.dst = send->dst,
		.flow_label = send->flow_label,
		.payload_bytes = mbuf->pkt_len,
		.next_header = send->next_header,
		.hop_limit = send->hop_limit,
		.dscp_ecn = send->dscp_ecn,
	};
	bool group = send->dst.bytes[0] == 0xff;
	bool direct = group || send->mac != NULL;
	struct tr_addr next_hop;
	struct rte_ether_addr mac;

	if (!direct && !ip_route(ip, &send->dst, &next_hop)) {
		ip_drop(mbuf, &ip->stats.drop_no_route);
		return;
	}
	if (ip_mbuf_wire_bytes(mbuf) + WIRE_IPV6_HEADER_BYTES > ip->config.mtu) {
		ip_drop(mbuf, &ip->stats.drop_ip_too_big);
		return;
	}
	if (rte_pktmbuf_headroom(mbuf) < WIRE_ETHER_HEADER_BYTES + WIRE_IPV6_HEADER_BYTES) {
		ip_drop(mbuf, &ip->stats.drop_no_mbuf);
		return;
	}
	wire_ipv6_write((uint8_t *)rte_pktmbuf_prepend(mbuf, WIRE_IPV6_HEADER_BYTES), &ipv6);
	/* Of its time as a received packet, or of the last time it was sent. */
	mbuf->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK |
			    RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_IPV6);
	mbuf->l2_len = WIRE_ETHER_HEADER_BYTES;
	mbuf->l3_len = WIRE_IPV6_HEADER_BYTES;
	if ((mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM)
		mbuf->ol_flags |= RTE_MBUF_F_TX_IPV6;
	if (!direct) {
		ip_neighbour_output(ip, mbuf, &next_hop, now_us);
		return;
	}
	mac = group ? group_mac(&send->dst) : *send->mac;
	if (eth_output(ip, mbuf, &mac, RTE_ETHER_TYPE_IPV6))
		ip->stats.ip6_tx++;
}

/* RFC 3810 section 5.2: what we are in, as if we had just joined; from no address at first. */
static void
report_groups(struct ip *ip, uint64_t now_us)
{
	struct ip6_send send = {
		.dst = reports,
		.next_header = IPPROTO_HOPOPTS,
		.hop_limit = 1,
	};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(ip->config.mbufs);
	uint8_t *data;
	uint16_t bytes;

	if (mbuf == NULL) {
		ip->stats.drop_no_mbuf++;
		return;
	}
	if (ip->ip6.own[0].state == IP6_USED)
		send.src = ip->ip6.own[0].addr;
	bytes = sizeof(router_alert) + WIRE_ICMP6_HEADER_BYTES + IP6_OWN * REPORT_RECORD_BYTES;
	data = (uint8_t *)rte_pktmbuf_append(mbuf, bytes);
	memcpy(data, router_alert, sizeof(router_alert));
	bytes = sizeof(router_alert) + write_report(ip, data + sizeof(router_alert));
	ip_mbuf_cut(mbuf, bytes);
	icmp6_output(ip, mbuf, &send, now_us);
}

/* Addresses that differ in their upper halves alone are asked for in one group. */
static uint16_t
write_report(const struct ip *ip, uint8_t *data)
{
	struct wire_icmp6 icmp6 = {.type = WIRE_ICMP6_MLD_REPORT};
	uint8_t *record = data + WIRE_ICMP6_HEADER_BYTES;
	struct tr_addr groups[IP6_OWN];
	unsigned int i;

	for (i = 0; i < IP6_OWN; i++) {
		groups[i] = ip6_solicited_group(&ip->ip6.own[i].addr);
		if (i > 0 && tr_addr_is_same(&groups[i], &groups[0]))
			continue;
		memset(record, 0, REPORT_RECORD_BYTES);
		record[0] = REPORT_TO_EXCLUDE;
		memcpy(record + 4, &groups[i], sizeof(groups[i]));
		record += REPORT_RECORD_BYTES;
		icmp6.value++;
	}
	wire_icmp6_write(data, &icmp6);
	return record - data;
}

static struct tr_addr
link_local(const struct rte_ether_addr *mac)
{
	struct tr_addr addr = {{0xfe, 0x80, [11] = 0xff, [12] = 0xfe}};

	memcpy(addr.bytes + 8, mac->addr_bytes, 3);
	memcpy(addr.bytes + 13, mac->addr_bytes + 3, 3);
	addr.bytes[8] ^= 2;
	return addr;
}

static bool
is_link_local(const struct tr_addr *addr)
{
	return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

/* RFC 2464 section 7. */
static struct rte_ether_addr
group_mac(const struct tr_addr *group)
{
	struct rte_ether_addr mac = {{0x33, 0x33}};

	memcpy(mac.addr_bytes + 2, group->bytes + 12, 4);
	return mac;
}

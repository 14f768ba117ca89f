/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_malloc.h>

/* RFC 791 section 3.2. */
#define MTU_MIN 68

#define TTL 64

static bool is_config_valid(const struct ip_config *config);
static int ipv4_setup(struct ip *ip);
static uint64_t tx_flags(const struct ip_config *config);
static void write_header(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *common);

struct ip *
ip_create(const struct ip_config *config)
{
	struct ip *ip;
	int rc;

	if (!is_config_valid(config)) {
		rte_errno = EINVAL;
		return NULL;
	}
	ip = rte_zmalloc_socket("ip", sizeof(*ip), RTE_CACHE_LINE_SIZE, config->socket);
	if (ip == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	ip->config = *config;
	if (ip->config.ttl == 0)
		ip->config.ttl = TTL;
	if (ip->config.quote_mbufs == NULL)
		ip->config.quote_mbufs = config->mbufs;
	ip->tx_flags = tx_flags(config);
	rc = ipv4_setup(ip);
	if (rc == 0)
		rc = ip6_setup(ip);
	if (rc == 0)
		rc = ip_route_setup(ip);
	if (rc == 0)
		rc = ip_neighbour_setup(ip);
	if (rc == 0) {
		rc = ip_fragment_setup(ip);
		if (rc < 0)
			ip_neighbour_teardown(ip);
	}
	if (rc < 0) {
		rte_free(ip);
		rte_errno = -rc;
		return NULL;
	}
	return ip;
}

void
ip_destroy(struct ip *ip)
{
	if (ip == NULL)
		return;
	ip_fragment_teardown(ip);
	ip_neighbour_teardown(ip);
	rte_pktmbuf_free_bulk(ip->txq.frames, ip->txq.nb);
	rte_free(ip);
}

void
ip_output(struct ip *ip, struct rte_mbuf *mbuf, struct tr_addr src, struct tr_addr dst,
	  uint8_t protocol, uint64_t now_us)
{
	const struct ip6_send send = {
		.src = src,
		.dst = dst,
		.next_header = protocol,
		.hop_limit = ip->config.ttl,
		.dscp_ecn = ip_dscp_ecn(ip, protocol),
	};
	struct wire_ipv4 ipv4;

	if (tr_addr_is_ipv4(&dst)) {
		ipv4 = ip_header(ip, &src, &dst, protocol);
		ip_output_ipv4(ip, mbuf, &ipv4, now_us);
	} else {
		ip6_output(ip, mbuf, &send, now_us);
	}
}

void
ip_output_ipv4(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4, uint64_t now_us)
{
	const struct tr_addr dst = tr_addr_ipv4(ipv4->dst);
	struct tr_addr next_hop;

	if (unlikely(!ip_route(ip, &dst, &next_hop))) {
		ip_drop(mbuf, &ip->stats.drop_no_route);
		return;
	}
	if (unlikely(ip_mbuf_wire_bytes(mbuf) + WIRE_IPV4_HEADER_BYTES > ip->config.mtu)) {
		ip_drop(mbuf, &ip->stats.drop_ip_too_big);
		return;
	}
	if (unlikely(rte_pktmbuf_headroom(mbuf) <
		     WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES)) {
		ip_drop(mbuf, &ip->stats.drop_no_mbuf);
		return;
	}
	write_header(ip, mbuf, ipv4);
	ip_neighbour_output(ip, mbuf, &next_hop, now_us);
}

void
ip_tick(struct ip *ip, uint64_t now_us)
{
	if (now_us >= ip->neighbours.next_us)
		ip_neighbour_tick(ip, now_us);
	if (unlikely(now_us >= ip->fragments.next_us))
		ip_fragment_tick(ip, now_us);
	if (unlikely(now_us >= ip->ip6.next_us))
		ip6_tick(ip, now_us);
}

uint64_t
ip_next_timer_us(const struct ip *ip)
{
	return RTE_MIN(ip->ip6.next_us, RTE_MIN(ip->neighbours.next_us, ip->fragments.next_us));
}

void
ip_announce(struct ip *ip)
{
	if (ip->has_ipv4)
		arp_announce(ip);
}

struct ip_txq *
ip_txq(struct ip *ip)
{
	return &ip->txq;
}

struct tr_addr
ip_source(const struct ip *ip, struct tr_addr dst)
{
	return tr_addr_is_ipv4(&dst) ? ip->config.ipv4.addr : ip6_source(ip, &dst);
}

bool
ip_addr_is_ours(const struct ip *ip, struct tr_addr addr)
{
	if (tr_addr_is_ipv4(&addr))
		return ip->has_ipv4 && tr_addr_to_ipv4(&addr) == ip->addr;
	return ip6_is_ours(ip, &addr);
}

uint16_t
ip_mtu(const struct ip *ip)
{
	return ip->config.mtu;
}

bool
ip_addr_is_peer(const struct ip *ip, struct tr_addr addr)
{
	if (tr_addr_is_ipv4(&addr))
		return ip->has_ipv4 && ip_ipv4_is_peer(ip, tr_addr_to_ipv4(&addr));
	return ip->ip6.enabled && ip6_is_host(&addr) && !ip6_is_ours(ip, &addr);
}

const struct ip_stats *
ip_stats(const struct ip *ip)
{
	return &ip->stats;
}

void
ip_stats_clear(struct ip *ip)
{
	memset(&ip->stats, 0, sizeof(ip->stats));
}

static bool
is_config_valid(const struct ip_config *config)
{
	return config->mbufs != NULL && config->neighbours_max > 0 && config->mtu >= MTU_MIN &&
	       (!tr_addr_is_none(&config->ipv4.addr) || !tr_addr_is_none(&config->ipv6.addr));
}

static int
ipv4_setup(struct ip *ip)
{
	const struct tr_addr_net *net = &ip->config.ipv4;

	if (tr_addr_is_none(&net->addr)) {
		/* Frames of IPv4 are for nobody; what looks at addresses finds none that is ours.
		 */
		ip->addr = RTE_BE32(UINT32_MAX);
		ip->mask = RTE_BE32(UINT32_MAX);
		ip->usual_bytes = UINT32_MAX;
		return 0;
	}
	if (!tr_addr_is_ipv4(&net->addr) || net->prefix_len < 1 || net->prefix_len > 32)
		return -EINVAL;
	ip->has_ipv4 = true;
	ip->addr = tr_addr_to_ipv4(&net->addr);
	ip->usual_bytes = WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES;
	ip->mask = rte_cpu_to_be_32(UINT32_MAX << (32 - net->prefix_len));
	/* RFC 3021: a link of two has no broadcast address. */
	if (net->prefix_len < 31) {
		ip->network = ip->addr & ip->mask;
		ip->broadcast = ip->addr | ~ip->mask;
	}
	return ip_ipv4_is_host(ip, ip->addr) ? 0 : -EINVAL;
}

static uint64_t
tx_flags(const struct ip_config *config)
{
	uint64_t flags = 0;

	if (config->tx_tcp_checksum)
		flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
	if (config->tx_ipv4_checksum)
		flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	return flags;
}

struct wire_ipv4
ip_header(const struct ip *ip, const struct tr_addr *src, const struct tr_addr *dst,
	  uint8_t protocol)
{
	return (struct wire_ipv4){
		.src = tr_addr_to_ipv4(src),
		.dst = tr_addr_to_ipv4(dst),
		.protocol = protocol,
		.ttl = ip->config.ttl,
		.dscp_ecn = ip_dscp_ecn(ip, protocol),
		.dont_fragment = 1,
	};
}

static void
write_header(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *common)
{
	struct wire_ipv4 ipv4 = *common;
	uint8_t *data = (uint8_t *)rte_pktmbuf_prepend(mbuf, WIRE_IPV4_HEADER_BYTES);

	ipv4.total_bytes = mbuf->pkt_len;
	/* RFC 6864 section 4.1: what is not fragmented needs none, and one that counts tells others
	 * how much we send. */
	ipv4.id = 0;
	wire_ipv4_write(data, &ipv4);
	/* Of its time as a received packet, or of the last time it was sent. */
	mbuf->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK |
			    RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	mbuf->l2_len = WIRE_ETHER_HEADER_BYTES;
	mbuf->l3_len = WIRE_IPV4_HEADER_BYTES;
	if ((mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM)
		mbuf->ol_flags |= RTE_MBUF_F_TX_IPV4;
	if (ip->config.tx_ipv4_checksum || ip_mbuf_is_large(mbuf)) {
		mbuf->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
		memset(data + WIRE_IPV4_CHECKSUM_OFFSET, 0, sizeof(uint16_t));
	}
}

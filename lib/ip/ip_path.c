/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"
#include "wire_checksum.h"

#include <netinet/in.h>

#include <rte_tcp.h>

/* Of a received packet, or of the last time that it was sent. */
#define OLD_FLAGS                                                                                  \
	(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK | RTE_MBUF_F_TX_IPV4 |          \
	 RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)

#define IPV4_HEADERS (WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES)

_Static_assert(IP_PATH_HEADER_BYTES == IPV4_HEADERS, "what stands before a segment");

static void mark(struct ip_path *path, uint8_t dscp_ecn, uint8_t ttl);
static bool is_usable(const struct ip *ip, const struct ip_path *path, const struct rte_mbuf *mbuf,
		      uint64_t now_us);
static void long_way(struct ip *ip, struct ip_path *path, const struct ip_ends *ends,
		     struct rte_mbuf *mbuf, uint16_t tcp_header_bytes, uint64_t now_us);
static void ipv6_way(struct ip *ip, const struct ip_path *path, const struct ip_ends *ends,
		     struct rte_mbuf *mbuf, uint64_t now_us);
static struct wire_ipv4 header_of(const struct ip *ip, const struct ip_path *path,
				  const struct ip_ends *ends);
static void note(struct ip *ip, struct ip_path *path, const struct ip_ends *ends);

void
ip_path_init(const struct ip *ip, struct ip_path *path, const struct ip_ends *ends,
	     uint32_t flow_label)
{
	*path = (struct ip_path){
		.ipv6 = !tr_addr_is_ipv4(&ends->remote),
		.dscp_ecn = ip_dscp_ecn(ip, IPPROTO_TCP),
		.ttl = ip->config.ttl,
	};
	if (path->ipv6)
		path->flow_label = flow_label;
}

void
ip_path_output(struct ip *ip, struct ip_path *path, const struct ip_ends *ends,
	       struct rte_mbuf *mbuf, uint16_t tcp_header_bytes, uint64_t now_us)
{
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod(mbuf, struct rte_tcp_hdr *);
	uint16_t bytes = mbuf->pkt_len;
	rte_be16_t total_bytes = rte_cpu_to_be_16(bytes + WIRE_IPV4_HEADER_BYTES);
	uint8_t *header;
	uint16_t sum;

	if (unlikely(!is_usable(ip, path, mbuf, now_us))) {
		long_way(ip, path, ends, mbuf, tcp_header_bytes, now_us);
		return;
	}
	mbuf->tx_offload = rte_mbuf_tx_offload(WIRE_ETHER_HEADER_BYTES, WIRE_IPV4_HEADER_BYTES,
					       tcp_header_bytes, 0, 0, 0, 0);
	mbuf->ol_flags = (mbuf->ol_flags & ~OLD_FLAGS) | ip->tx_flags;
	sum = wire_checksum_add(path->pseudo_sum, rte_cpu_to_be_16(bytes));
	if (!ip->config.tx_tcp_checksum)
		sum = ~wire_checksum_add(sum, ip_checksum_mbuf(mbuf));
	tcp->cksum = sum;
	header = (uint8_t *)rte_pktmbuf_prepend(mbuf, IPV4_HEADERS);
	memcpy(header, path->header, IPV4_HEADERS);
	if (ip->config.tx_ipv4_checksum)
		wire_ipv4_vary(header + WIRE_ETHER_HEADER_BYTES, total_bytes);
	else
		wire_ipv4_vary_sum(header + WIRE_ETHER_HEADER_BYTES, total_bytes, path->header_sum);
	ip->txq.frames[ip->txq.nb++] = mbuf;
	ip->stats.ip_tx++;
}

void
ip_path_output_large(struct ip *ip, struct ip_path *path, const struct ip_ends *ends,
		     struct rte_mbuf *mbuf, uint16_t tcp_header_bytes, uint16_t segment_bytes,
		     uint64_t now_us)
{
	mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
	mbuf->tso_segsz = segment_bytes;
	/* Behind so much payload the way does not matter. */
	long_way(ip, path, ends, mbuf, tcp_header_bytes, now_us);
}

void
ip_path_set_ecn(struct ip_path *path, uint8_t ecn)
{
	mark(path, (path->dscp_ecn & ~WIRE_IPV4_ECN_MASK) | ecn, path->ttl);
}

void
ip_path_set_dscp(struct ip_path *path, uint8_t dscp)
{
	mark(path, dscp << WIRE_IPV4_DSCP_SHIFT | (path->dscp_ecn & WIRE_IPV4_ECN_MASK), path->ttl);
}

void
ip_path_set_ttl(struct ip_path *path, uint8_t ttl)
{
	mark(path, path->dscp_ecn, ttl);
}

static void
mark(struct ip_path *path, uint8_t dscp_ecn, uint8_t ttl)
{
	uint8_t *at = path->header + WIRE_ETHER_HEADER_BYTES;

	if (path->dscp_ecn == dscp_ecn && path->ttl == ttl)
		return;
	path->dscp_ecn = dscp_ecn;
	path->ttl = ttl;
	if (path->generation == 0)
		return;
	at[WIRE_IPV4_DSCP_ECN_OFFSET] = dscp_ecn;
	at[WIRE_IPV4_TTL_OFFSET] = ttl;
	path->header_sum = wire_checksum_sum(at, WIRE_IPV4_HEADER_BYTES);
}

/* What is not goes the long way, by route and neighbour, which says why if it drops the packet. */
static inline bool
is_usable(const struct ip *ip, const struct ip_path *path, const struct rte_mbuf *mbuf,
	  uint64_t now_us)
{
	return path->generation == ip->neighbours.generation && now_us < path->until_us &&
	       mbuf->pkt_len + WIRE_IPV4_HEADER_BYTES <= ip->config.mtu &&
	       rte_pktmbuf_headroom(mbuf) >= IPV4_HEADERS && ip->txq.nb < IP_TXQ_SIZE;
}

static __rte_noinline void
long_way(struct ip *ip, struct ip_path *path, const struct ip_ends *ends, struct rte_mbuf *mbuf,
	 uint16_t tcp_header_bytes, uint64_t now_us)
{
	struct wire_ipv4 ipv4;

	ip_tcp_checksum(ip, mbuf, tcp_header_bytes, ends->local, ends->remote);
	if (path->ipv6) {
		ipv6_way(ip, path, ends, mbuf, now_us);
		return;
	}
	ipv4 = header_of(ip, path, ends);
	ip_output_ipv4(ip, mbuf, &ipv4, now_us);
	note(ip, path, ends);
}

/* Each packet of IPv6 goes by route and neighbour: its generation is never noted. */
static void
ipv6_way(struct ip *ip, const struct ip_path *path, const struct ip_ends *ends,
	 struct rte_mbuf *mbuf, uint64_t now_us)
{
	struct ip6_send send = {
		.src = ends->local,
		.dst = ends->remote,
		.flow_label = path->flow_label,
		.next_header = IPPROTO_TCP,
		.hop_limit = path->ttl,
		.dscp_ecn = path->dscp_ecn,
	};

	ip6_output(ip, mbuf, &send, now_us);
}

static struct wire_ipv4
header_of(const struct ip *ip, const struct ip_path *path, const struct ip_ends *ends)
{
	struct wire_ipv4 ipv4 = ip_header(ip, &ends->local, &ends->remote, IPPROTO_TCP);

	ipv4.dscp_ecn = path->dscp_ecn;
	ipv4.ttl = path->ttl;
	return ipv4;
}

/* After a packet went the long way: how the next is spared that. */
static void
note(struct ip *ip, struct ip_path *path, const struct ip_ends *ends)
{
	struct wire_ether ether = {.src = ip->config.mac, .type = RTE_ETHER_TYPE_IPV4};
	struct wire_ipv4 ipv4 = header_of(ip, path, ends);
	uint8_t *at = path->header + WIRE_ETHER_HEADER_BYTES;
	struct tr_addr next_hop;

	path->generation = 0;
	if (!ip_route(ip, &ends->remote, &next_hop) ||
	    !ip_neighbour_known(ip, &next_hop, &ether.dst, &path->until_us))
		return;
	wire_ether_write(path->header, &ether);
	wire_ipv4_write(at, &ipv4);
	memset(at + WIRE_IPV4_CHECKSUM_OFFSET, 0, sizeof(uint16_t));
	path->header_sum = wire_checksum_sum(at, WIRE_IPV4_HEADER_BYTES);
	path->pseudo_sum = wire_checksum_pseudo(ipv4.src, ipv4.dst, IPPROTO_TCP, 0);
	path->generation = ip->neighbours.generation;
}

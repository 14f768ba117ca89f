/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip_internal.h"

static bool is_ipv6_group(const struct ip *ip, const struct wire_ether *ether);

enum ip_verdict
eth_input(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us, struct ip_packet *packet)
{
	ip->stats.eth_rx++;
	return ip_input_usual(ip, mbuf, now_us, packet);
}

enum ip_verdict
eth_input_any(struct ip *ip, struct rte_mbuf *mbuf, uint64_t now_us, struct ip_packet *packet)
{
	uint16_t head = RTE_MIN(mbuf->pkt_len, (uint32_t)IP_CONTIGUOUS_BYTES);
	struct wire_ether ether;
	bool group;

	if (unlikely(mbuf->data_len < head) && !ip_mbuf_pullup(mbuf, head))
		return ip_drop(mbuf, &ip->stats.drop_no_mbuf);
	if (!wire_ether_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, &ether))
		return ip_drop(mbuf, &ip->stats.drop_eth_short);
	group = rte_is_broadcast_ether_addr(&ether.dst) || is_ipv6_group(ip, &ether);
	if (!group && !rte_is_same_ether_addr(&ether.dst, &ip->config.mac))
		return ip_drop(mbuf, &ip->stats.drop_eth_address);

	rte_pktmbuf_adj(mbuf, WIRE_ETHER_HEADER_BYTES);
	switch (ether.type) {
	case RTE_ETHER_TYPE_IPV4:
		if (!ip->has_ipv4)
			break;
		return ip_input(ip, mbuf, group, now_us, packet);
	case RTE_ETHER_TYPE_ARP:
		if (!ip->has_ipv4)
			break;
		arp_input(ip, mbuf, now_us);
		return IP_TAKEN;
	case RTE_ETHER_TYPE_IPV6:
		if (!ip->ip6.enabled)
			break;
		/* RFC 4862 appendix A: our question of whether another has our address. */
		if (group && rte_is_same_ether_addr(&ether.src, &ip->config.mac))
			return ip_drop(mbuf, &ip->stats.drop_eth_own);
		return ip6_input(ip, mbuf, group, now_us, packet);
	default:
		break;
	}
	return ip_drop(mbuf, &ip->stats.drop_eth_type);
}

/* RFC 2464 section 7. */
static bool
is_ipv6_group(const struct ip *ip, const struct wire_ether *ether)
{
	return ip->ip6.enabled && ether->type == RTE_ETHER_TYPE_IPV6 &&
	       ether->dst.addr_bytes[0] == 0x33 && ether->dst.addr_bytes[1] == 0x33;
}

bool
eth_output(struct ip *ip, struct rte_mbuf *mbuf, const struct rte_ether_addr *dst, uint16_t type)
{
	struct wire_ether ether = {.dst = *dst, .src = ip->config.mac, .type = type};
	struct ip_txq *txq = &ip->txq;

	if (unlikely(txq->nb == IP_TXQ_SIZE)) {
		ip_drop(mbuf, &ip->stats.drop_tx_queue);
		return false;
	}
	/* Whoever made the packet left room for all headers: it cannot fail. */
	wire_ether_write((uint8_t *)rte_pktmbuf_prepend(mbuf, WIRE_ETHER_HEADER_BYTES), &ether);
	txq->frames[txq->nb++] = mbuf;
	return true;
}

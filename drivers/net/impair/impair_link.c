/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "impair_link.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

/* What a port found of a checksum that is wrong now. */
#define RX_CHECKSUMS (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK)
#define TX_CHECKSUMS (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)

static void carry(struct impair_link *link, struct rte_mbuf *mbuf, uint64_t now_us);
static struct rte_mbuf *corrupt(struct impair_link *link, struct rte_mbuf *mbuf);
static uint16_t ip_at(const struct rte_mbuf *mbuf);
static void fill_in_checksums(struct rte_mbuf *mbuf);
static uint64_t wire_ns(const struct impair_settings *settings, uint32_t bytes);
static uint64_t due_us(struct impair_link *link, uint32_t bytes, uint64_t now_us);
static void insert(struct impair_link *link, struct rte_mbuf *mbuf, uint64_t due_us);
static struct impair_held *held_at(struct impair_link *link, uint16_t index);
static uint64_t random_below(struct impair_link *link, uint64_t bound);
static bool chance(struct impair_link *link, uint32_t ppm);

void
impair_link_init(struct impair_link *link, struct rte_mempool *copies, uint64_t seed)
{
	memset(link, 0, sizeof(*link));
	link->copies = copies;
	impair_link_seed(link, seed);
}

void
impair_link_seed(struct impair_link *link, uint64_t seed)
{
	link->random = seed;
}

void
impair_link_set(struct impair_link *link, const struct impair_settings *settings, uint64_t now_us)
{
	uint64_t passed_ns = now_us * 1000;
	struct impair_held *held = NULL;
	uint16_t i;

	link->settings = *settings;
	for (i = 0; i < link->nb; i++) {
		held = held_at(link, i);
		passed_ns += wire_ns(settings, held->mbuf->pkt_len);
		held->due_us = RTE_MIN(held->due_us, (passed_ns + 999) / 1000 + settings->delay_us +
							     settings->jitter_us);
	}
	link->sent_ns = RTE_MIN(link->sent_ns, passed_ns);
	link->last_us = held != NULL ? RTE_MIN(link->last_us, held->due_us) : 0;
}

void
impair_link_put(struct impair_link *link, struct rte_mbuf *mbuf, uint64_t now_us)
{
	struct rte_mbuf *copy;

	link->stats.frames++;
	if (chance(link, link->settings.loss_ppm)) {
		link->stats.drop_impair_loss++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (chance(link, link->settings.duplicate_ppm)) {
		copy = rte_pktmbuf_copy(mbuf, link->copies, 0, UINT32_MAX);
		if (copy != NULL) {
			link->stats.duplicated++;
			carry(link, copy, now_us);
		} else {
			link->stats.uncopied++;
		}
	}
	carry(link, mbuf, now_us);
}

/* As many frames fit as the rate lets wait: the others are dropped, as in any queue. */
static void
carry(struct impair_link *link, struct rte_mbuf *mbuf, uint64_t now_us)
{
	if (link->nb == IMPAIR_HELD_MAX) {
		link->stats.drop_impair_full++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (chance(link, link->settings.corrupt_ppm))
		mbuf = corrupt(link, mbuf);
	insert(link, mbuf, due_us(link, mbuf->pkt_len, now_us));
}

/*
 * In a copy: what is sent may have to be sent again as it was. Of IP alone, as nothing but the
 * frame's own checksum, which is the device's, protects the rest. Of IPv6's header nothing protects
 * what a router may change either, and there is no harm in that. What the port is to cut, queued
 * before the impairment began, has no checksum yet and is left alone.
 */
static struct rte_mbuf *
corrupt(struct impair_link *link, struct rte_mbuf *mbuf)
{
	uint16_t at = ip_at(mbuf);
	struct rte_mbuf *copy;
	uint8_t *packet;
	uint64_t bit;

	if (at == 0 || (mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0)
		return mbuf;
	copy = rte_pktmbuf_copy(mbuf, link->copies, 0, UINT32_MAX);
	if (copy == NULL) {
		link->stats.uncopied++;
		return mbuf;
	}
	rte_pktmbuf_free(mbuf);
	fill_in_checksums(copy);
	copy->ol_flags &= ~(RX_CHECKSUMS | TX_CHECKSUMS);
	packet = rte_pktmbuf_mtod_offset(copy, uint8_t *, at);
	bit = random_below(link, 8 * (copy->data_len - at));
	packet[bit / 8] ^= 1 << bit % 8;
	link->stats.corrupted++;
	return copy;
}

/* Where the IP packet of a frame begins, also in a VLAN; 0: it has none. */
static uint16_t
ip_at(const struct rte_mbuf *mbuf)
{
	const uint8_t *data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint16_t at = sizeof(struct rte_ether_hdr);
	rte_be16_t type;

	if (mbuf->data_len <= at)
		return 0;
	memcpy(&type, data + at - sizeof(type), sizeof(type));
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		at += sizeof(struct rte_vlan_hdr);
		if (mbuf->data_len <= at)
			return 0;
		memcpy(&type, data + at - sizeof(type), sizeof(type));
	}
	if (type != RTE_BE16(RTE_ETHER_TYPE_IPV4) && type != RTE_BE16(RTE_ETHER_TYPE_IPV6))
		return 0;
	return at;
}

/* Those that were left to the port: it would make a right one of what is wrong. */
static void
fill_in_checksums(struct rte_mbuf *mbuf)
{
	uint8_t *packet = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->l2_len);
	uint8_t *segment = packet + mbuf->l3_len;
	uint16_t sum;

	if ((mbuf->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0) {
		sum = ~rte_raw_cksum(packet, mbuf->l3_len);
		memcpy(packet + offsetof(struct rte_ipv4_hdr, hdr_checksum), &sum, sizeof(sum));
	}
	/* Its place holds the sum of the pseudo header. */
	if ((mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM) {
		sum = ~rte_raw_cksum(segment, mbuf->data_len - mbuf->l2_len - mbuf->l3_len);
		memcpy(segment + offsetof(struct rte_tcp_hdr, cksum), &sum, sizeof(sum));
	}
}

/* How long a frame takes at the rate. */
static uint64_t
wire_ns(const struct impair_settings *settings, uint32_t bytes)
{
	if (settings->rate_bps == 0)
		return 0;
	return UINT64_C(8) * bytes * NS_PER_S / settings->rate_bps;
}

static uint64_t
due_us(struct impair_link *link, uint32_t bytes, uint64_t now_us)
{
	const struct impair_settings *settings = &link->settings;
	uint64_t due_us = now_us;

	if (settings->rate_bps > 0) {
		link->sent_ns = RTE_MAX(link->sent_ns, now_us * 1000) + wire_ns(settings, bytes);
		due_us = (link->sent_ns + 999) / 1000;
	}
	due_us += settings->delay_us;
	if (settings->jitter_us > 0)
		due_us += random_below(link, settings->jitter_us + UINT64_C(1));
	due_us = RTE_MAX(due_us, link->last_us);
	if (chance(link, settings->reorder_ppm)) {
		link->stats.reordered++;
		return due_us + IMPAIR_REORDER_US;
	}
	link->last_us = due_us;
	return due_us;
}

/* Behind those that are due at the same time. */
static void
insert(struct impair_link *link, struct rte_mbuf *mbuf, uint64_t due_us)
{
	uint16_t i;

	for (i = link->nb++; i > 0 && held_at(link, i - 1)->due_us > due_us; i--)
		*held_at(link, i) = *held_at(link, i - 1);
	*held_at(link, i) = (struct impair_held){.due_us = due_us, .mbuf = mbuf};
}

static struct impair_held *
held_at(struct impair_link *link, uint16_t index)
{
	return &link->held[(link->first + index) % IMPAIR_HELD_MAX];
}

uint16_t
impair_link_peek(const struct impair_link *link, struct rte_mbuf **mbufs, uint16_t max,
		 uint64_t now_us)
{
	const struct impair_held *held;
	uint16_t nb;

	for (nb = 0; nb < max && nb < link->nb; nb++) {
		held = &link->held[(link->first + nb) % IMPAIR_HELD_MAX];
		if (held->due_us > now_us)
			break;
		mbufs[nb] = held->mbuf;
	}
	return nb;
}

void
impair_link_pop(struct impair_link *link, uint16_t nb)
{
	link->first = (link->first + nb) % IMPAIR_HELD_MAX;
	link->nb -= nb;
}

uint64_t
impair_link_due_us(const struct impair_link *link)
{
	/* 0 says that there is none. */
	return link->nb > 0 ? RTE_MAX(link->held[link->first].due_us, 1u) : 0;
}

void
impair_link_flush(struct impair_link *link)
{
	link->stats.drop_impair_end += link->nb;
	while (link->nb > 0) {
		rte_pktmbuf_free(link->held[link->first].mbuf);
		impair_link_pop(link, 1);
	}
	link->sent_ns = 0;
	link->last_us = 0;
}

/* SplitMix64 (Steele et al. 2014): eight bytes of state, and any seed will do. */
static uint64_t
random_below(struct impair_link *link, uint64_t bound)
{
	uint64_t z = (link->random += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) % bound;
}

static bool
chance(struct impair_link *link, uint32_t ppm)
{
	return ppm > 0 && random_below(link, IMPAIR_PPM) < ppm;
}

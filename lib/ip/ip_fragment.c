/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#define ALLOW_EXPERIMENTAL_API /* rte_ip_frag_table_del_expired_entries() */
#include "ip_internal.h"
#include "wire_icmp.h"
#include "wire_icmp6.h"

#include <errno.h>

#include <rte_log.h>
#include <rte_malloc.h>

/* It includes netinet/ip.h, which has a struct of that name too. */
#define ip netinet_ip
#include <rte_ip_frag.h>
#undef ip

/* The table's: two places for a packet, each of so many. */
#define BUCKET_ENTRIES 4

/* How often the table is looked at while something in it may be too old. */
#define CHECK_US UINT64_C(1000000)

/* RFC 791 section 3.1: of a packet, behind the longest header; RFC 8200 section 3. */
#define PAYLOAD_MAX (UINT16_MAX - 60)
#define PAYLOAD_MAX_IPV6 UINT16_MAX

/* RFC 791 section 3.2. */
#define FRAGMENT_UNIT 8

/* RFC 3168 section 5. */
#define ECN_NOT_ECT 0
#define ECN_CE 3

/*
 * What the table does not keep of a fragment is noted in its mbuf, where a device left its hash;
 * and that of each of its segments says that it is none of a fragment's first.
 */
#define NOTE_FIRST (UINT32_C(1) << 31)
#define NOTE(protocol, ecn) (NOTE_FIRST | (uint32_t)(protocol) << 8 | (ecn))
#define NOTE_PROTOCOL(note) ((note) >> 8 & UINT8_MAX)
#define NOTE_ECN(note) ((note)&WIRE_IPV4_ECN_MASK)

static uint64_t *check(struct ip *ip, const struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4);
static uint64_t *check_ipv6(struct ip *ip, const struct rte_mbuf *mbuf,
			    const struct wire_ipv6_fragment *fragment, uint64_t now_us);
static void refuse_ipv6(struct ip *ip, const struct rte_mbuf *mbuf, uint8_t type, uint8_t code,
			uint32_t value, uint64_t now_us);
static void strip(struct rte_mbuf *mbuf, uint16_t fragment_at);
static void begin(struct ip *ip, struct rte_mbuf *mbuf, uint16_t header_bytes, uint32_t noted,
		  uint64_t now_us);
static void drop_old(struct ip *ip, uint64_t now_us);
static struct rte_mbuf *finish(struct ip *ip, struct rte_mbuf *whole);
static struct rte_mbuf *check_whole(struct ip *ip, struct rte_mbuf *whole);
static bool agree(struct rte_mbuf *whole);
static void mark_congestion(struct rte_mbuf *whole);
static bool is_ipv6(const struct rte_mbuf *mbuf);
static void bury(struct ip *ip, uint64_t *counter);
static uint32_t count(const struct rte_mbuf *mbuf);
static void tell(struct ip *ip, uint64_t now_us);

int
ip_fragment_setup(struct ip *ip)
{
	const struct ip_events *events = ip->config.events;
	struct ip_fragments *fragments = &ip->fragments;
	int level = rte_log_get_level(RTE_LOGTYPE_USER1);

	fragments->next_us = UINT64_MAX;
	if (events == NULL || events->packet == NULL)
		return 0;
	/* It says how large its table is: no news. */
	rte_log_set_level(RTE_LOGTYPE_USER1, RTE_LOG_WARNING);
	fragments->table = rte_ip_frag_table_create(IP_FRAGMENT_PACKETS / BUCKET_ENTRIES,
						    BUCKET_ENTRIES, IP_FRAGMENT_PACKETS,
						    IP_FRAGMENT_TIMEOUT_US, ip->config.socket);
	rte_log_set_level(RTE_LOGTYPE_USER1, level);
	fragments->dead =
		rte_zmalloc_socket("fragments", sizeof(*fragments->dead), 0, ip->config.socket);
	if (fragments->table != NULL && fragments->dead != NULL)
		return 0;
	ip_fragment_teardown(ip);
	return -ENOMEM;
}

void
ip_fragment_teardown(struct ip *ip)
{
	if (ip->fragments.table != NULL)
		rte_ip_frag_table_destroy(ip->fragments.table);
	rte_free(ip->fragments.dead);
}

struct rte_mbuf *
ip_fragment_ipv4(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4,
		 uint64_t now_us)
{
	struct ip_fragments *fragments = &ip->fragments;
	uint64_t *drop = check(ip, mbuf, ipv4);
	uint32_t noted = NOTE(ipv4->protocol, ipv4->dscp_ecn & WIRE_IPV4_ECN_MASK);

	if (drop != NULL) {
		ip_drop(mbuf, drop);
		return NULL;
	}
	ip_mbuf_cut(mbuf, ipv4->total_bytes);
	begin(ip, mbuf, ipv4->header_bytes, noted, now_us);
	return finish(
		ip, rte_ipv4_frag_reassemble_packet(fragments->table, fragments->dead, mbuf, now_us,
						    rte_pktmbuf_mtod(mbuf, struct rte_ipv4_hdr *)));
}

struct rte_mbuf *
ip_fragment_ipv6(struct ip *ip, struct rte_mbuf *mbuf, const struct wire_ipv6_fragment *fragment,
		 uint64_t now_us)
{
	struct ip_fragments *fragments = &ip->fragments;
	uint64_t *drop = check_ipv6(ip, mbuf, fragment, now_us);
	struct rte_ipv6_hdr *hdr;
	uint32_t noted;

	if (drop != NULL) {
		ip_drop(mbuf, drop);
		return NULL;
	}
	strip(mbuf, fragment->at);
	hdr = rte_pktmbuf_mtod(mbuf, struct rte_ipv6_hdr *);
	/* RFC 8200 section 4.5: what the others say of the protocol does not matter. */
	noted = NOTE(0, rte_be_to_cpu_32(hdr->vtc_flow) >> 20 & WIRE_IPV4_ECN_MASK);
	begin(ip, mbuf, WIRE_IPV6_HEADER_BYTES + WIRE_IPV6_FRAGMENT_BYTES, noted, now_us);
	return finish(ip, rte_ipv6_frag_reassemble_packet(
				  fragments->table, fragments->dead, mbuf, now_us, hdr,
				  (struct rte_ipv6_fragment_ext *)(hdr + 1)));
}

void
ip_fragment_tick(struct ip *ip, uint64_t now_us)
{
	struct ip_fragments *fragments = &ip->fragments;

	if (now_us < fragments->next_us)
		return;
	drop_old(ip, now_us);
	fragments->next_us = fragments->held > 0 ? now_us + CHECK_US : UINT64_MAX;
}

static void
drop_old(struct ip *ip, uint64_t now_us)
{
	struct ip_fragments *fragments = &ip->fragments;

	while (fragments->held > 0) {
		rte_ip_frag_table_del_expired_entries(fragments->table, fragments->dead, now_us);
		if (fragments->dead->cnt == 0)
			break;
		tell(ip, now_us);
		bury(ip, &ip->stats.drop_fragment_timeout);
	}
}

/* Where a fragment counts that is of no use; NULL for one that is. */
static uint64_t *
check(struct ip *ip, const struct rte_mbuf *mbuf, const struct wire_ipv4 *ipv4)
{
	uint32_t bytes = ipv4->total_bytes - ipv4->header_bytes;

	if (ip->fragments.table == NULL)
		return &ip->stats.drop_ip_fragment;
	if (ipv4->protocol != IPPROTO_TCP && ipv4->protocol != IPPROTO_ICMP)
		return &ip->stats.drop_ip_protocol;
	if (bytes == 0 || (ipv4->more_fragments && bytes % FRAGMENT_UNIT != 0) ||
	    ipv4->fragment_offset + bytes > PAYLOAD_MAX)
		return &ip->stats.drop_fragment_malformed;
	/* It becomes one with others: nobody else may hold it. */
	return ip_mbuf_is_writable(mbuf) ? NULL : &ip->stats.drop_no_mbuf;
}

/* The same, of IPv6. */
static uint64_t *
check_ipv6(struct ip *ip, const struct rte_mbuf *mbuf, const struct wire_ipv6_fragment *fragment,
	   uint64_t now_us)
{
	uint32_t bytes = mbuf->pkt_len - fragment->at - WIRE_IPV6_FRAGMENT_BYTES;

	if (ip->fragments.table == NULL)
		return &ip->stats.drop_ip6_fragment;
	if (bytes == 0)
		return &ip->stats.drop_fragment_malformed;
	/* RFC 8200 section 4.5: who sends such is told, and where it is wrong. */
	if (fragment->more && bytes % FRAGMENT_UNIT != 0) {
		refuse_ipv6(ip, mbuf, WIRE_ICMP6_PARAMETER_PROBLEM, WIRE_ICMP6_FIELD,
			    offsetof(struct rte_ipv6_hdr, payload_len), now_us);
		return &ip->stats.drop_fragment_malformed;
	}
	if (fragment->offset + bytes > PAYLOAD_MAX_IPV6) {
		refuse_ipv6(ip, mbuf, WIRE_ICMP6_PARAMETER_PROBLEM, WIRE_ICMP6_FIELD,
			    fragment->at + offsetof(struct rte_ipv6_fragment_ext, frag_data),
			    now_us);
		return &ip->stats.drop_fragment_malformed;
	}
	return ip_mbuf_is_writable(mbuf) ? NULL : &ip->stats.drop_no_mbuf;
}

/* RFC 4443 section 2.4 (e.3): nobody is told of what came to a group. */
static void
refuse_ipv6(struct ip *ip, const struct rte_mbuf *mbuf, uint8_t type, uint8_t code, uint32_t value,
	    uint64_t now_us)
{
	const struct rte_ipv6_hdr *hdr = rte_pktmbuf_mtod(mbuf, const struct rte_ipv6_hdr *);

	if (hdr->dst_addr[0] != 0xff)
		icmp6_error_output(ip, mbuf, type, code, value, now_us);
}

/* Have the fragment header follow the IPv6 header. What stood between was looked at, and is not the
 * packet's business any more. */
static void
strip(struct rte_mbuf *mbuf, uint16_t fragment_at)
{
	uint16_t bytes = fragment_at - WIRE_IPV6_HEADER_BYTES;
	struct rte_ipv6_hdr *hdr = rte_pktmbuf_mtod(mbuf, struct rte_ipv6_hdr *);

	if (bytes == 0)
		return;
	hdr->proto = IPPROTO_FRAGMENT;
	hdr->payload_len = rte_cpu_to_be_16(rte_be_to_cpu_16(hdr->payload_len) - bytes);
	memmove((uint8_t *)hdr + bytes, hdr, WIRE_IPV6_HEADER_BYTES);
	rte_pktmbuf_adj(mbuf, bytes);
}

/* Before the table gets it. */
static void
begin(struct ip *ip, struct rte_mbuf *mbuf, uint16_t header_bytes, uint32_t noted, uint64_t now_us)
{
	struct ip_fragments *fragments = &ip->fragments;
	struct rte_mbuf *segment;

	/* Now, or the table drops them as it needs their place, and says no reason. */
	drop_old(ip, now_us);
	mbuf->tx_offload = 0;
	mbuf->l3_len = header_bytes;
	for (segment = mbuf->next; segment != NULL; segment = segment->next)
		segment->hash.usr = 0;
	mbuf->hash.usr = noted;
	/* Of the packet the device knows nothing. */
	mbuf->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	if (fragments->held++ == 0)
		fragments->next_us = now_us + IP_FRAGMENT_TIMEOUT_US + 1;
}

/* What the table made of it. With a packet that it gives up go this fragment and at least one of
 * before. */
static struct rte_mbuf *
finish(struct ip *ip, struct rte_mbuf *whole)
{
	if (ip->fragments.dead->cnt == 1)
		bury(ip, &ip->stats.drop_fragment_full);
	else if (ip->fragments.dead->cnt > 1)
		bury(ip, &ip->stats.drop_fragment_conflict);
	return whole != NULL ? check_whole(ip, whole) : NULL;
}

static struct rte_mbuf *
check_whole(struct ip *ip, struct rte_mbuf *whole)
{
	uint16_t head = RTE_MIN(whole->pkt_len, (uint32_t)IP_CONTIGUOUS_BYTES);
	uint32_t fragments = count(whole);

	ip->fragments.held -= fragments;
	if (!agree(whole)) {
		ip->stats.drop_fragment_conflict += fragments;
		rte_pktmbuf_free(whole);
		return NULL;
	}
	if (whole->data_len < head && !ip_mbuf_pullup(whole, head)) {
		ip->stats.drop_no_mbuf += fragments;
		rte_pktmbuf_free(whole);
		return NULL;
	}
	ip->stats.ip_fragments += fragments;
	ip->stats.ip_reassembled++;
	return whole;
}

/*
 * The table finds a packet by its addresses and id alone. And RFC 3168 section 5.3: congestion that
 * one fragment met the packet has met, but a packet that was not able to say so never was whole.
 */
static bool
agree(struct rte_mbuf *whole)
{
	const struct rte_ipv4_hdr *hdr = rte_pktmbuf_mtod(whole, const struct rte_ipv4_hdr *);
	const struct rte_mbuf *segment;
	unsigned int ecn = 0;

	for (segment = whole; segment != NULL; segment = segment->next) {
		uint32_t noted = segment->hash.usr;

		if (!(noted & NOTE_FIRST))
			continue;
		if (!is_ipv6(whole) && NOTE_PROTOCOL(noted) != hdr->next_proto_id)
			return false;
		ecn |= 1u << NOTE_ECN(noted);
	}
	if (!(ecn & 1u << ECN_CE))
		return true;
	mark_congestion(whole);
	return !(ecn & 1u << ECN_NOT_ECT);
}

static void
mark_congestion(struct rte_mbuf *whole)
{
	struct rte_ipv4_hdr *ipv4 = rte_pktmbuf_mtod(whole, struct rte_ipv4_hdr *);
	struct rte_ipv6_hdr *ipv6 = rte_pktmbuf_mtod(whole, struct rte_ipv6_hdr *);

	if (is_ipv6(whole))
		ipv6->vtc_flow |= RTE_BE32((uint32_t)ECN_CE << 20);
	else
		ipv4->type_of_service |= ECN_CE;
}

/* RFC 1122 section 3.3.2, RFC 8200 section 4.5: those whose first fragment came are to know that
 * others did not. */
static void
tell(struct ip *ip, uint64_t now_us)
{
	const struct rte_ip_frag_death_row *dead = ip->fragments.dead;
	uint32_t i;

	for (i = 0; i < dead->cnt; i++) {
		const struct rte_mbuf *mbuf = dead->row[i];
		const struct rte_ipv4_hdr *ipv4 = rte_pktmbuf_mtod(mbuf, const void *);
		const struct rte_ipv6_fragment_ext *ipv6 =
			rte_pktmbuf_mtod_offset(mbuf, const void *, WIRE_IPV6_HEADER_BYTES);

		if (is_ipv6(mbuf)) {
			if ((ipv6->frag_data & RTE_BE16(RTE_IPV6_EHDR_FO_MASK)) == 0)
				refuse_ipv6(ip, mbuf, WIRE_ICMP6_TIME_EXCEEDED,
					    WIRE_ICMP6_TIME_EXCEEDED_FRAGMENTS, 0, now_us);
		} else if ((ipv4->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) == 0) {
			icmp_error_output(ip, mbuf, WIRE_ICMP_TIME_EXCEEDED,
					  WIRE_ICMP_TIME_EXCEEDED_FRAGMENTS, now_us);
		}
	}
}

static bool
is_ipv6(const struct rte_mbuf *mbuf)
{
	return *rte_pktmbuf_mtod(mbuf, const uint8_t *) >> 4 == 6;
}

/* Free what the table gave up. */
static void
bury(struct ip *ip, uint64_t *counter)
{
	struct rte_ip_frag_death_row *dead = ip->fragments.dead;
	uint32_t i;

	for (i = 0; i < dead->cnt; i++) {
		uint32_t fragments = count(dead->row[i]);

		*counter += fragments;
		ip->fragments.held -= fragments;
		rte_pktmbuf_free(dead->row[i]);
	}
	dead->cnt = 0;
}

/* Fragments in a packet. */
static uint32_t
count(const struct rte_mbuf *mbuf)
{
	uint32_t nb = 0;

	for (; mbuf != NULL; mbuf = mbuf->next)
		nb += mbuf->hash.usr >> 31;
	return nb;
}

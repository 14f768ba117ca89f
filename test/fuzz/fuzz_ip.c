/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Frames to one host, which answers by the rules of RFC 1122 section 3.2.2 and RFC 4443 section 2.4
 * and forgets no mbuf. An input says with its first byte whether there is a gateway and whether the
 * host speaks IPv6 too; behind that is a list of steps: {what is done with the frame, its length,
 * its bytes}.
 */
#include <string.h>

#include <netinet/in.h>
#include <rte_common.h>
#include <rte_mbuf.h>

#include "fuzz.h"
#include "ip6_host.h"
#include "ip_host.h"
#include "wire_arp.h"
#include "wire_checksum.h"
#include "wire_ether.h"
#include "wire_icmp.h"
#include "wire_icmp6.h"
#include "wire_ipv4.h"

#define STEPS_MAX 200
#define IP_OFFSET WIRE_ETHER_HEADER_BYTES
#define GIVE_UP_US (200 * SECOND)
#define IPV6_MTU_MIN 1280
#define EXTENSION_BYTES_MAX 2048

/* The first byte. */
#define FIRST_GATEWAY 0x01
#define FIRST_IPV6 0x02

/* What is done with a frame before it is received, and after. */
#define STEP_OURS 0x01 /* to our MAC */
#define STEP_TYPE 0x02 /* of type IPv4, or IPv6 where the host speaks it */
#define STEP_SUM 0x04 /* the header's checksum is right, or its payload length */
#define STEP_ICMP_SUM 0x08 /* and that of ICMP */
#define STEP_ADDRESSES 0x10 /* from the peer to us */
#define STEP_PIECES 0x20 /* in an mbuf of several segments */
#define STEP_TIME 0x40 /* time passes after it */
#define STEP_SEND 0x80 /* a packet is sent after it */

/** What the target itself saw. */
struct fuzz_ip_seen {
	uint64_t received;
	uint64_t delivered;
	uint64_t asked_to_send;
	uint64_t taken;
	uint8_t frame[FRAME_MAX]; /* the last that was received */
	uint32_t bytes;
	bool ipv4; /* was among them */
};

static struct ip_host *host;
static bool speaks_ipv6;

static void step(struct fuzz_input *input, struct fuzz_ip_seen *seen);
static void check_answer(struct fuzz_ip_seen *seen);
static uint32_t make_frame(struct fuzz_input *input, uint8_t how, uint8_t *frame);
static void fix_icmp(uint8_t *frame, uint32_t bytes);
static void fix_ipv6(uint8_t *frame, uint32_t bytes, uint8_t how);
static bool walk_ipv6(const uint8_t *ip, uint32_t bytes, uint32_t *at);
static void check_delivered(void);
static unsigned int take_all(struct fuzz_ip_seen *seen);
static void check_sent(void);
static void check_icmp(const uint8_t *data, uint32_t len);
static void check_error(const uint8_t *data, uint32_t len);
static void check_sent_ipv6(const uint8_t *ip, uint32_t bytes);
static void check_icmp6(const struct wire_ipv6 *ipv6, const uint8_t *data, uint32_t len);
static bool quotes_error(const uint8_t *quoted, uint32_t len);
static bool is_group(rte_be32_t addr);
static void check_balance(const struct fuzz_ip_seen *seen);

void
fuzz_setup(void)
{
	void *state;

	ip_host_setup(&state);
	host = state;
}

void
fuzz_run(struct fuzz_input *input)
{
	struct fuzz_ip_seen seen = {0};
	unsigned int i;
	uint8_t first;

	host->now_us = 5 * SECOND;
	host->nb_packets = 0;
	first = fuzz_8(input);
	speaks_ipv6 = first & FIRST_IPV6;
	host->config.ipv4.gateway = first & FIRST_GATEWAY ? tr_addr_ipv4(GATEWAY) : tr_addr_none();
	host->config.ipv6 = (struct tr_addr_net){.prefix_len = 64};
	if (speaks_ipv6)
		host->config.ipv6.addr = ours6;
	ip_host_create(host);
	if (speaks_ipv6) {
		ip_host_sleep(host, 20 * SECOND);
		take_all(&seen);
	}
	for (i = 0; i < STEPS_MAX && input->left > 0; i++)
		step(input, &seen);
	/* Until nothing waits for a neighbour or a fragment any more. */
	ip_host_sleep(host, GIVE_UP_US);
	take_all(&seen);
	rte_pktmbuf_free(host->delivered);
	host->delivered = NULL;
	check_balance(&seen);
}

static void
step(struct fuzz_input *input, struct fuzz_ip_seen *seen)
{
	uint8_t how = fuzz_8(input);
	uint32_t piece = how & STEP_PIECES ? 1 + fuzz_8(input) : FRAME_MAX;
	struct rte_mbuf *mbuf;
	uint8_t wait, send;

	seen->bytes = make_frame(input, how, seen->frame);
	mbuf = ip_host_segments(host, seen->frame, seen->bytes, RTE_MAX(piece, 16u));
	seen->received++;
	if (ip_host_receive_mbuf(host, mbuf) == IP_DELIVER) {
		seen->delivered++;
		check_delivered();
	}
	check_answer(seen);
	if (how & STEP_SEND) {
		send = fuzz_8(input);
		seen->asked_to_send++;
		ip_host_send(host, send & 1 ? PEER : rte_cpu_to_be_32(0x0a4d0000 | send), 0,
			     20 + send * 5);
	}
	if (how & STEP_TIME) {
		wait = fuzz_8(input);
		ip_host_sleep(host, (uint64_t)wait * wait * 1000);
	}
	take_all(seen);
}

/* At most one for one, and none for what others got as well. When ARP comes,
 * what waits for a neighbour leaves, too. */
static void
check_answer(struct fuzz_ip_seen *seen)
{
	bool group = seen->frame[0] & 1;
	unsigned int nb = take_all(seen);
	rte_be16_t type;
	uint32_t at;

	memcpy(&type, seen->frame + 12, sizeof(type));
	seen->ipv4 |= type == RTE_BE16(RTE_ETHER_TYPE_IPV4);
	/* ICMPv6 is ARP as well. And a group may be told of an option that nobody knows. */
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6)) {
		if (seen->bytes < IP6_HOST_HEADERS ||
		    !walk_ipv6(seen->frame + IP_OFFSET, seen->bytes - IP_OFFSET, &at))
			fuzz_check(nb <= 1);
		return;
	}
	if (seen->bytes < IP_OFFSET || type != RTE_BE16(RTE_ETHER_TYPE_ARP))
		fuzz_check(nb <= !group);
}

static uint32_t
make_frame(struct fuzz_input *input, uint8_t how, uint8_t *frame)
{
	const rte_be32_t src = PEER, dst = OURS;
	const uint8_t *data;
	uint32_t bytes = fuzz_16(input) % (FRAME_MAX - 100);

	/* Ethernet and IPv4 headers, as far as nothing else is said. */
	if (speaks_ipv6)
		frame_ipv6(frame, &peer6, &ours6, IPPROTO_TCP, 64, "", 0);
	else
		frame_ipv4(frame, PEER, OURS, IPPROTO_TCP, 0);
	bytes = fuzz_bytes(input, bytes, &data);
	if (bytes > 0)
		memcpy(frame, data, bytes);
	if (how & STEP_OURS)
		memcpy(frame, &our_mac, sizeof(our_mac));
	if (how & STEP_TYPE && speaks_ipv6) {
		memcpy(frame + 12, "\x86\xdd", 2);
		fix_ipv6(frame, bytes, how);
		return RTE_MAX(bytes, 1u);
	}
	if (how & STEP_TYPE)
		memcpy(frame + 12, "\x08", 2);
	if (how & STEP_ADDRESSES) {
		memcpy(frame + IP_OFFSET + 12, &src, sizeof(src));
		memcpy(frame + IP_OFFSET + 16, &dst, sizeof(dst));
	}
	if (how & STEP_ICMP_SUM)
		fix_icmp(frame, bytes);
	if (how & STEP_SUM && bytes >= IP_OFFSET + (frame[IP_OFFSET] & 0xfu) * 4)
		frame_fix_ipv4(frame);
	return RTE_MAX(bytes, 1u);
}

static void
fix_icmp(uint8_t *frame, uint32_t bytes)
{
	uint32_t at = IP_OFFSET + (frame[IP_OFFSET] & 0xf) * 4;
	uint32_t end = IP_OFFSET + (frame[IP_OFFSET + 2] << 8 | frame[IP_OFFSET + 3]);
	uint16_t sum;

	end = RTE_MIN(end, bytes);
	if (end < at + 4)
		return;
	memset(frame + at + 2, 0, sizeof(sum));
	sum = ~wire_checksum_sum(frame + at, end - at);
	memcpy(frame + at + 2, &sum, sizeof(sum));
}

static void
fix_ipv6(uint8_t *frame, uint32_t bytes, uint8_t how)
{
	uint8_t *ip = frame + IP_OFFSET;
	struct wire_ipv6 ipv6;
	uint32_t at;
	uint16_t sum;

	if (bytes < IP6_HOST_HEADERS)
		return;
	if (how & STEP_ADDRESSES) {
		memcpy(ip + WIRE_IPV6_ADDRS_OFFSET, &peer6, sizeof(peer6));
		memcpy(ip + WIRE_IPV6_ADDRS_OFFSET + sizeof(peer6), &ours6, sizeof(ours6));
	}
	if (how & STEP_SUM) {
		ip[4] = (bytes - IP6_HOST_HEADERS) >> 8;
		ip[5] = bytes - IP6_HOST_HEADERS;
	}
	if (!(how & STEP_ICMP_SUM) || !walk_ipv6(ip, bytes - IP_OFFSET, &at) ||
	    wire_ipv6_parse(ip, bytes - IP_OFFSET, bytes - IP_OFFSET, &ipv6) != WIRE_IPV6_OK)
		return;
	bytes = WIRE_IPV6_HEADER_BYTES + ipv6.payload_bytes;
	if (bytes < at + WIRE_ICMP6_HEADER_BYTES)
		return;
	memset(ip + at + WIRE_ICMP6_CHECKSUM_OFFSET, 0, sizeof(sum));
	sum = wire_checksum_pseudo_ipv6(&ipv6.src, &ipv6.dst, IPPROTO_ICMPV6, bytes - at);
	sum = ~wire_checksum_add(sum, wire_checksum_sum(ip + at, bytes - at));
	memcpy(ip + at + WIRE_ICMP6_CHECKSUM_OFFSET, &sum, sizeof(sum));
}

/* Whether it carries ICMPv6, and where. */
static bool
walk_ipv6(const uint8_t *ip, uint32_t bytes, uint32_t *at)
{
	enum wire_ipv6_walk_result result;
	struct wire_ipv6_walk walk;

	result = wire_ipv6_walk(ip, bytes, ip[6], &walk);
	*at = WIRE_IPV6_HEADER_BYTES + walk.bytes;
	return result == WIRE_IPV6_WALK_PAYLOAD && walk.protocol == IPPROTO_ICMPV6;
}

static void
check_delivered(void)
{
	const struct ip_packet *packet = &host->packet;

	fuzz_check(host->delivered->pkt_len == packet->bytes);
	fuzz_check(host->delivered->data_len >= RTE_MIN(packet->bytes, 60u));
	fuzz_check(packet->protocol == IPPROTO_TCP);
	fuzz_check(ip_addr_is_peer(host->ip, packet->src));
	if (tr_addr_is_ipv4(&packet->dst))
		fuzz_check(tr_addr_to_ipv4(&packet->dst) == OURS);
	else
		fuzz_check(tr_addr_is_same(&packet->dst, &ours6) ||
			   tr_addr_is_same(&packet->dst, &ours6_near));
}

static unsigned int
take_all(struct fuzz_ip_seen *seen)
{
	unsigned int nb = 0;

	while (ip_host_sent(host)) {
		check_sent();
		nb++;
	}
	seen->taken += nb;
	return nb;
}

static void
check_sent(void)
{
	const uint8_t *ip = host->sent + IP_OFFSET;
	uint32_t bytes = host->sent_bytes - IP_OFFSET;
	struct wire_ether ether;
	struct wire_ipv4 ipv4;
	struct wire_arp arp;

	fuzz_check(wire_ether_parse(host->sent, host->sent_bytes, &ether));
	fuzz_check(rte_is_same_ether_addr(&ether.src, &our_mac));
	if (ether.type == RTE_ETHER_TYPE_ARP) {
		fuzz_check(wire_arp_parse(ip, bytes, &arp) == WIRE_ARP_OK);
		fuzz_check(arp.sender_addr == OURS);
		fuzz_check(rte_is_same_ether_addr(&arp.sender_mac, &our_mac));
		return;
	}
	if (ether.type == RTE_ETHER_TYPE_IPV6) {
		check_sent_ipv6(ip, bytes);
		return;
	}
	fuzz_check(ether.type == RTE_ETHER_TYPE_IPV4);
	fuzz_check(!rte_is_multicast_ether_addr(&ether.dst));
	fuzz_check(wire_ipv4_parse(ip, bytes, bytes, 1, &ipv4) == WIRE_IPV4_OK);
	fuzz_check(ipv4.total_bytes == bytes && bytes <= host->config.mtu);
	fuzz_check(ipv4.src == OURS && ipv4.dst != OURS && !is_group(ipv4.dst));
	if (ipv4.protocol != IPPROTO_ICMP)
		return;
	check_icmp(ip + ipv4.header_bytes, bytes - ipv4.header_bytes);
}

static void
check_icmp(const uint8_t *data, uint32_t len)
{
	struct wire_icmp icmp;

	fuzz_check(wire_icmp_parse(data, len, &icmp));
	fuzz_check(wire_checksum_sum(data, len) == 0xffff);
	if (icmp.type != WIRE_ICMP_ECHO_REPLY)
		check_error(data, len);
}

/* RFC 1122 section 3.2.2: what no error may be about. */
static void
check_error(const uint8_t *data, uint32_t len)
{
	struct wire_ipv4 about;
	const uint8_t *quoted = data + WIRE_ICMP_HEADER_BYTES;

	fuzz_check(data[0] == WIRE_ICMP_UNREACHABLE || data[0] == WIRE_ICMP_TIME_EXCEEDED);
	len -= WIRE_ICMP_HEADER_BYTES;
	fuzz_check(wire_ipv4_parse(quoted, len, UINT16_MAX, 0, &about) == WIRE_IPV4_OK);
	fuzz_check(about.dst == OURS && about.fragment_offset == 0);
	fuzz_check(!is_group(about.src) && about.src != 0 && about.src != OURS);
	if (about.protocol == IPPROTO_ICMP && len > about.header_bytes)
		fuzz_check(!wire_icmp_is_error(quoted[about.header_bytes]));
}

/* From an address of ours, or from none while that is tried, and of the right length and sum. */
static void
check_sent_ipv6(const uint8_t *ip, uint32_t bytes)
{
	struct wire_ipv6 ipv6;
	uint32_t at;

	fuzz_check(speaks_ipv6 && bytes <= host->config.mtu);
	fuzz_check(wire_ipv6_parse(ip, bytes, bytes, &ipv6) == WIRE_IPV6_OK);
	fuzz_check(WIRE_IPV6_HEADER_BYTES + (uint32_t)ipv6.payload_bytes == bytes);
	fuzz_check(tr_addr_is_same(&ipv6.src, &ours6) || tr_addr_is_same(&ipv6.src, &ours6_near) ||
		   tr_addr_is_same(&ipv6.src, &none6));
	fuzz_check((ipv6.dst.bytes[0] == 0xff) == (host->sent[0] & 1));
	if (walk_ipv6(ip, bytes, &at))
		check_icmp6(&ipv6, ip + at, bytes - at);
}

/* RFC 4443 section 2.4: to one host, no longer than goes everywhere, and not about another error.
 */
static void
check_icmp6(const struct wire_ipv6 *ipv6, const uint8_t *data, uint32_t len)
{
	uint16_t sum = wire_checksum_pseudo_ipv6(&ipv6->src, &ipv6->dst, IPPROTO_ICMPV6, len);

	fuzz_check(len >= WIRE_ICMP6_HEADER_BYTES);
	fuzz_check(wire_checksum_add(sum, wire_checksum_sum(data, len)) == 0xffff);
	if (data[0] >= WIRE_ICMP6_INFORMATIONAL)
		return;
	fuzz_check(WIRE_IPV6_HEADER_BYTES + len <= IPV6_MTU_MIN);
	fuzz_check(ipv6->dst.bytes[0] != 0xff && !tr_addr_is_none(&ipv6->src));
	data += WIRE_ICMP6_HEADER_BYTES;
	len -= WIRE_ICMP6_HEADER_BYTES;
	fuzz_check(len >= WIRE_IPV6_HEADER_BYTES && !quotes_error(data, len));
}

/* A quote that ends inside the header chain says nothing: behind it may stand what is no error. */
static bool
quotes_error(const uint8_t *quoted, uint32_t len)
{
	uint32_t packet_bytes = WIRE_IPV6_HEADER_BYTES + (quoted[4] << 8 | quoted[5]);
	uint8_t longer[IPV6_MTU_MIN + 2 * EXTENSION_BYTES_MAX];

	if (len >= packet_bytes)
		return wire_icmp6_may_be_error(quoted, len);
	/* As a next header, and as a type, 0xff is nothing that is looked for. */
	memset(longer, 0xff, sizeof(longer));
	memcpy(longer, quoted, len);
	return wire_icmp6_may_be_error(longer, sizeof(longer));
}

/* Multicast and broadcast: from 224.0.0.0 on, and that of our network. */
static bool
is_group(rte_be32_t addr)
{
	return rte_be_to_cpu_32(addr) >= 0xe0000000 || addr == (OURS | RTE_BE32(0xff));
}

/* Each frame has one fate; as test_ip_balance.c has it. */
static void
check_balance(const struct fuzz_ip_seen *seen)
{
	const struct ip_stats *stats = ip_stats(host->ip);
	uint64_t made = stats->arp_tx + stats->ip_reassembled + stats->icmp_errors_sent;

	fuzz_check(stats->eth_rx == seen->received);
	/* Answers and errors of both have one name, but are counted among ICMPv6's messages again.
	 */
	if (speaks_ipv6 && seen->ipv4)
		return;
	if (speaks_ipv6)
		made = stats->arp_tx + stats->ip_reassembled + stats->icmp6_tx - stats->icmp_echo;
	fuzz_check(stats->eth_rx + seen->asked_to_send + made ==
		   seen->delivered + host->nb_packets + seen->taken + stats->arp_answered +
			   stats->arp_updates + stats->ip_fragments + stats->icmp_errors_received +
			   stats->nd_answered + stats->nd_updates + stats->mld_queries +
			   ip_host_drops(host));
}

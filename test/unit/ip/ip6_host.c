/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "ip6_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "wire_checksum.h"
#include "wire_icmp6.h"

const struct tr_addr ours6 = {{0x20, 1, 0xd, 0xb8, [15] = 2}};
const struct tr_addr peer6 = {{0x20, 1, 0xd, 0xb8, [15] = 3}};
const struct tr_addr far6 = {{0x20, 1, 0xd, 0xb9, [15] = 9}};
const struct tr_addr router6 = {{0xfe, 0x80, [15] = 1}};
const struct tr_addr none6;
const struct tr_addr ours6_near = {{0xfe, 0x80, [11] = 0xff, 0xfe, [15] = 2}};
const struct tr_addr ours6_group = {{0xff, 2, [11] = 1, 0xff, [15] = 2}};
const struct tr_addr all_nodes6 = {{0xff, 2, [15] = 1}};

int
ip6_host_setup(void **state)
{
	struct ip_host *host;

	ip_host_setup(state);
	host = *state;
	host->config.ipv6 = (struct tr_addr_net){.addr = ours6, .prefix_len = 64};
	ip_host_create(host);
	return 0;
}

void
ip6_host_begin(struct ip_host *host)
{
	ip_host_sleep(host, 20 * SECOND);
	ip6_host_drain(host);
}

int
ip6_host_sent(struct ip_host *host, struct wire_ipv6 *ipv6, const uint8_t **payload)
{
	if (!ip_host_sent(host))
		return -1;
	assert_int_equal(host->sent[12] << 8 | host->sent[13], RTE_ETHER_TYPE_IPV6);
	assert_int_equal(wire_ipv6_parse(host->sent + WIRE_ETHER_HEADER_BYTES,
					 host->sent_bytes - WIRE_ETHER_HEADER_BYTES,
					 host->sent_bytes - WIRE_ETHER_HEADER_BYTES, ipv6),
			 WIRE_IPV6_OK);
	*payload = host->sent + IP6_HOST_HEADERS;
	if (ipv6->next_header == IPPROTO_ICMPV6) {
		uint16_t sum = wire_checksum_pseudo_ipv6(&ipv6->src, &ipv6->dst, IPPROTO_ICMPV6,
							 ipv6->payload_bytes);

		sum = wire_checksum_add(sum, wire_checksum_sum(*payload, ipv6->payload_bytes));
		assert_int_equal(sum, 0xffff);
	}
	return ipv6->next_header;
}

void
ip6_host_drain(struct ip_host *host)
{
	while (ip_host_sent(host))
		;
}

uint32_t
frame_ipv6(uint8_t *frame, const struct tr_addr *src, const struct tr_addr *dst, uint8_t protocol,
	   uint8_t hop_limit, const void *payload, uint32_t bytes)
{
	struct wire_ether ether = {.dst = our_mac, .src = peer_mac, .type = RTE_ETHER_TYPE_IPV6};
	struct wire_ipv6 ipv6 = {
		.src = *src,
		.dst = *dst,
		.payload_bytes = bytes,
		.next_header = protocol,
		.hop_limit = hop_limit,
		.dscp_ecn = 3,
	};

	if (dst->bytes[0] == 0xff) {
		memcpy(ether.dst.addr_bytes + 2, dst->bytes + 12, 4);
		ether.dst.addr_bytes[0] = ether.dst.addr_bytes[1] = 0x33;
	}
	wire_ether_write(frame, &ether);
	wire_ipv6_write(frame + WIRE_ETHER_HEADER_BYTES, &ipv6);
	memcpy(frame + IP6_HOST_HEADERS, payload, bytes);
	if (protocol == IPPROTO_ICMPV6) {
		uint8_t *at = frame + IP6_HOST_HEADERS + WIRE_ICMP6_CHECKSUM_OFFSET;
		uint16_t sum = wire_checksum_pseudo_ipv6(src, dst, protocol, bytes);

		memset(at, 0, sizeof(sum));
		sum = ~wire_checksum_add(sum, wire_checksum_sum(frame + IP6_HOST_HEADERS, bytes));
		memcpy(at, &sum, sizeof(sum));
	}
	return IP6_HOST_HEADERS + bytes;
}

enum ip_verdict
ip6_host_receive(struct ip_host *host, const struct tr_addr *src, const struct tr_addr *dst,
		 uint8_t protocol, uint8_t hop_limit, const void *payload, uint32_t bytes)
{
	uint8_t frame[FRAME_MAX];

	return ip_host_receive(host, frame,
			       frame_ipv6(frame, src, dst, protocol, hop_limit, payload, bytes));
}

void
ip6_host_receive_nd(struct ip_host *host, const struct tr_addr *src, const struct tr_addr *dst,
		    const struct wire_nd *nd)
{
	uint8_t data[WIRE_ND_BYTES_MAX];
	uint32_t bytes = wire_nd_write(data, nd);

	assert_int_equal(ip6_host_receive(host, src, dst, IPPROTO_ICMPV6, 255, data, bytes),
			 IP_TAKEN);
}

void
ip6_host_know(struct ip_host *host, const struct tr_addr *addr, const struct rte_ether_addr *mac)
{
	const struct ip_neighbour neighbour = {.addr = *addr, .mac = *mac};

	ip_neighbour_update(host->ip, &neighbour, host->now_us);
}

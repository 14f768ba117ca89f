/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_hop.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_ip.h>

#include "wire_checksum.h"
#include "wire_icmp.h"
#include "wire_icmp6.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"

/* Of a packet's first bytes, with its headers and options. */
#define QUOTED_MAX 100

#define HOP_TTL 64

static uint32_t write_ipv4(uint8_t *data, const uint8_t *packet, uint32_t quoted, uint16_t mtu);
static uint32_t write_ipv6(uint8_t *data, const uint8_t *packet, uint32_t quoted, uint16_t mtu);

struct rte_mbuf *
sim_hop_too_big(struct rte_mempool *mbufs, const struct rte_mbuf *frame, uint16_t mtu)
{
	const uint8_t *packet = rte_pktmbuf_mtod_offset(frame, const uint8_t *, RTE_ETHER_HDR_LEN);
	uint32_t quoted = RTE_MIN(frame->data_len - RTE_ETHER_HDR_LEN, QUOTED_MAX), bytes = 0;
	struct rte_ether_hdr ether, answer = {.src_addr = {{0x02, 0, 0, 0, 1, 0}}};
	struct rte_mbuf *error = rte_pktmbuf_alloc(mbufs);
	uint8_t *data;

	if (error == NULL)
		return NULL;
	data = rte_pktmbuf_mtod(error, uint8_t *);
	memcpy(&ether, rte_pktmbuf_mtod(frame, const void *), sizeof(ether));
	answer.dst_addr = ether.src_addr;
	answer.ether_type = ether.ether_type;
	memcpy(data, &answer, sizeof(answer));
	if (ether.ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
		bytes = write_ipv4(data + sizeof(ether), packet, quoted, mtu);
	else if (ether.ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6))
		bytes = write_ipv6(data + sizeof(ether), packet, quoted, mtu);
	if (bytes == 0) {
		rte_pktmbuf_free(error);
		return NULL;
	}
	rte_pktmbuf_append(error, sizeof(ether) + bytes);
	return error;
}

static uint32_t
write_ipv4(uint8_t *data, const uint8_t *packet, uint32_t quoted, uint16_t mtu)
{
	struct wire_ipv4 of,
		ipv4 = {
			.src = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 254)),
			.protocol = IPPROTO_ICMP,
			.ttl = HOP_TTL,
			.total_bytes = WIRE_IPV4_HEADER_BYTES + WIRE_ICMP_HEADER_BYTES + quoted,
		};
	uint8_t *icmp = data + WIRE_IPV4_HEADER_BYTES;
	rte_be16_t next_mtu = rte_cpu_to_be_16(mtu), checksum;

	if (wire_ipv4_parse(packet, quoted, UINT16_MAX, 0, &of) != WIRE_IPV4_OK)
		return 0;
	ipv4.dst = of.src;
	wire_ipv4_write(data, &ipv4);
	memset(icmp, 0, WIRE_ICMP_HEADER_BYTES);
	icmp[0] = WIRE_ICMP_UNREACHABLE;
	icmp[1] = WIRE_ICMP_UNREACHABLE_TOO_BIG;
	memcpy(icmp + 6, &next_mtu, sizeof(next_mtu));
	memcpy(icmp + WIRE_ICMP_HEADER_BYTES, packet, quoted);
	checksum = ~wire_checksum_sum(icmp, WIRE_ICMP_HEADER_BYTES + quoted);
	memcpy(icmp + 2, &checksum, sizeof(checksum));
	return ipv4.total_bytes;
}

static uint32_t
write_ipv6(uint8_t *data, const uint8_t *packet, uint32_t quoted, uint16_t mtu)
{
	const struct wire_icmp6 too_big = {.type = WIRE_ICMP6_TOO_BIG, .value = mtu};
	struct wire_ipv6 of, ipv6 = {
				     .src = {{0xfd, [15] = 0xfe}},
				     .payload_bytes = WIRE_ICMP6_HEADER_BYTES + quoted,
				     .next_header = IPPROTO_ICMPV6,
				     .hop_limit = HOP_TTL,
			     };
	uint8_t *icmp6 = data + WIRE_IPV6_HEADER_BYTES;
	uint16_t sum;

	if (wire_ipv6_parse(packet, quoted, UINT16_MAX, &of) != WIRE_IPV6_OK)
		return 0;
	ipv6.dst = of.src;
	wire_ipv6_write(data, &ipv6);
	wire_icmp6_write(icmp6, &too_big);
	memcpy(icmp6 + WIRE_ICMP6_HEADER_BYTES, packet, quoted);
	sum = wire_checksum_pseudo_ipv6(&ipv6.src, &ipv6.dst, IPPROTO_ICMPV6, ipv6.payload_bytes);
	sum = ~wire_checksum_add(sum, wire_checksum_sum(icmp6, ipv6.payload_bytes));
	memcpy(icmp6 + WIRE_ICMP6_CHECKSUM_OFFSET, &sum, sizeof(sum));
	return WIRE_IPV6_HEADER_BYTES + ipv6.payload_bytes;
}

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_segment.h"

#include <string.h>

#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#define TCP_BYTES sizeof(struct rte_tcp_hdr)
#define OPTIONS_MAX 40

static void parse_addresses(struct packetdrill_segment *segment);
static uint8_t write_freebsd(uint8_t *data, const struct wire_tcp_options *options);
static void finish(struct packetdrill_segment *segment);
static uint8_t *put_16(uint8_t *at, uint16_t value);
static uint8_t *put_32(uint8_t *at, uint32_t value);

bool
packetdrill_segment_parse(uint8_t *data, uint32_t len, struct packetdrill_segment *segment)
{
	const struct rte_ipv4_hdr *ipv4 = (const struct rte_ipv4_hdr *)data;
	const struct rte_ipv6_hdr *ipv6 = (const struct rte_ipv6_hdr *)data;

	*segment = (struct packetdrill_segment){.data = data, .len = len};
	if (len >= sizeof(*ipv4) && data[0] >> 4 == 4 && ipv4->next_proto_id == IPPROTO_TCP &&
	    ipv4->fragment_offset == (ipv4->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		segment->ip_bytes = rte_ipv4_hdr_len(ipv4);
	else if (len >= sizeof(*ipv6) && data[0] >> 4 == 6 && ipv6->proto == IPPROTO_TCP)
		segment->ip_bytes = sizeof(*ipv6);
	else
		return false;
	if (segment->ip_bytes > len ||
	    wire_tcp_parse(data + segment->ip_bytes, len - segment->ip_bytes, &segment->header) !=
		    WIRE_TCP_OK)
		return false;
	segment->payload = len - segment->ip_bytes - segment->header.header_bytes;
	parse_addresses(segment);
	return true;
}

bool
packetdrill_segment_rewrite_syn(struct packetdrill_segment *segment,
				const struct packetdrill_syn *syn)
{
	struct wire_tcp_options *options = &segment->header.options;
	uint8_t *tcp = segment->data + segment->ip_bytes;
	uint8_t data[OPTIONS_MAX];

	if (!(segment->header.flags & WIRE_TCP_SYN) || segment->payload > 0)
		return false;
	if (!syn->freebsd && !syn->no_timestamps && syn->mss_max == 0)
		return false;
	options->has_timestamps &= !syn->no_timestamps;
	if (syn->mss_max != 0)
		options->mss = RTE_MIN(options->mss, syn->mss_max);
	if (syn->freebsd) {
		segment->header.header_bytes = TCP_BYTES + write_freebsd(data, options);
		memcpy(tcp + TCP_BYTES, data, segment->header.header_bytes - TCP_BYTES);
		tcp[12] = segment->header.header_bytes / 4 << 4;
	} else {
		segment->header.header_bytes = wire_tcp_write(tcp, &segment->header);
	}
	segment->len = segment->ip_bytes + segment->header.header_bytes;
	finish(segment);
	return true;
}

void
packetdrill_segment_push(struct packetdrill_segment *segment, bool push)
{
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(segment->data + segment->ip_bytes);

	tcp->tcp_flags = push ? tcp->tcp_flags | WIRE_TCP_PSH : tcp->tcp_flags & ~WIRE_TCP_PSH;
	segment->header.flags = tcp->tcp_flags;
	finish(segment);
}

uint32_t
packetdrill_segment_write(uint8_t *data, const struct packetdrill_segment *like,
			  const struct wire_tcp *header)
{
	struct packetdrill_segment segment = *like;
	struct rte_ipv4_hdr *ipv4 = (struct rte_ipv4_hdr *)data;

	memcpy(data, like->data, like->ip_bytes);
	if (data[0] >> 4 == 4) {
		segment.ip_bytes = sizeof(*ipv4);
		ipv4->version_ihl = RTE_IPV4_VHL_DEF;
	}
	segment.data = data;
	segment.len = segment.ip_bytes + wire_tcp_write(data + segment.ip_bytes, header);
	finish(&segment);
	return segment.len;
}

static void
parse_addresses(struct packetdrill_segment *segment)
{
	const struct rte_ipv4_hdr *ipv4 = (const struct rte_ipv4_hdr *)segment->data;
	const struct rte_ipv6_hdr *ipv6 = (const struct rte_ipv6_hdr *)segment->data;

	if (segment->data[0] >> 4 == 4) {
		segment->src = tr_addr_ipv4(ipv4->src_addr);
		segment->dst = tr_addr_ipv4(ipv4->dst_addr);
	} else {
		memcpy(&segment->src, ipv6->src_addr, sizeof(segment->src));
		memcpy(&segment->dst, ipv6->dst_addr, sizeof(segment->dst));
	}
}

static uint8_t
write_freebsd(uint8_t *data, const struct wire_tcp_options *options)
{
	uint8_t *at = data;

	if (options->has_mss)
		at = put_16(put_16(at, 2 << 8 | 4), options->mss);
	if (options->has_window_scale)
		at = put_32(at, 1u << 24 | 3 << 16 | 3 << 8 | options->window_scale);
	if (options->sack_permitted)
		at = put_16(at, 4 << 8 | 2);
	if (options->has_timestamps) {
		while ((at - data) % 4 != 2)
			*at++ = 1;
		at = put_16(at, 8 << 8 | 10);
		at = put_32(put_32(at, options->ts_value), options->ts_echo);
	}
	while ((at - data) % 4 != 0)
		*at++ = 0;
	return at - data;
}

/* Lengths and checksums of a packet whose segment has changed. */
static void
finish(struct packetdrill_segment *segment)
{
	struct rte_ipv4_hdr *ipv4 = (struct rte_ipv4_hdr *)segment->data;
	struct rte_ipv6_hdr *ipv6 = (struct rte_ipv6_hdr *)segment->data;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(segment->data + segment->ip_bytes);

	tcp->cksum = 0;
	if (segment->data[0] >> 4 == 4) {
		ipv4->total_length = rte_cpu_to_be_16(segment->len);
		ipv4->hdr_checksum = 0;
		ipv4->hdr_checksum = rte_ipv4_cksum(ipv4);
		tcp->cksum = rte_ipv4_udptcp_cksum(ipv4, tcp);
	} else {
		ipv6->payload_len = rte_cpu_to_be_16(segment->len - segment->ip_bytes);
		tcp->cksum = rte_ipv6_udptcp_cksum(ipv6, tcp);
	}
}

static uint8_t *
put_16(uint8_t *at, uint16_t value)
{
	rte_be16_t network = rte_cpu_to_be_16(value);

	memcpy(at, &network, sizeof(network));
	return at + sizeof(network);
}

static uint8_t *
put_32(uint8_t *at, uint32_t value)
{
	rte_be32_t network = rte_cpu_to_be_32(value);

	memcpy(at, &network, sizeof(network));
	return at + sizeof(network);
}

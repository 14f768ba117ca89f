/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_options.h"

#include <string.h>

#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "packetdrill_stack.h"
#include "wire_tcp.h"

#define TCP_BYTES sizeof(struct rte_tcp_hdr)
#define OPTIONS_MAX 40

static uint8_t write_options(uint8_t *data, const struct wire_tcp_options *options);
static uint8_t *put_16(uint8_t *at, uint16_t value);
static uint8_t *put_32(uint8_t *at, uint32_t value);

void
packetdrill_options_freebsd(struct packetdrill_packet *packet)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)packet->data;
	uint8_t options[OPTIONS_MAX];
	struct wire_tcp header;
	struct rte_tcp_hdr *tcp;
	uint32_t ip_bytes, bytes;

	if (packet->len < sizeof(*ip) || packet->data[0] >> 4 != 4)
		return;
	ip_bytes = rte_ipv4_hdr_len(ip);
	tcp = (struct rte_tcp_hdr *)(packet->data + ip_bytes);
	/* A SYN carries no data: its header is the rest of the packet. */
	if (ip->next_proto_id != IPPROTO_TCP ||
	    wire_tcp_parse((uint8_t *)tcp, packet->len - ip_bytes, &header) != WIRE_TCP_OK ||
	    !(header.flags & WIRE_TCP_SYN) || header.header_bytes != packet->len - ip_bytes)
		return;
	bytes = write_options(options, &header.options);
	memcpy((uint8_t *)tcp + TCP_BYTES, options, bytes);
	packet->len = ip_bytes + TCP_BYTES + bytes;
	tcp->data_off = (TCP_BYTES + bytes) / 4 << 4;
	ip->total_length = rte_cpu_to_be_16(packet->len);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

static uint8_t
write_options(uint8_t *data, const struct wire_tcp_options *options)
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

/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "replay_client.h"

#include <netinet/in.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_ip.h>

#include "wire_ether.h"
#include "wire_ipv4.h"

#define MSS 1448 /* of 1460, less the timestamps */
#define WINDOW_SCALE 7

static uint16_t port_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t port_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static void send_segment(struct replay_port *port, const struct replay_client *client,
			 struct wire_tcp *tcp, const uint8_t *data, uint32_t len);
static void read_frame(const struct rte_mbuf *mbuf, struct replay_client *clients, unsigned int nb);

void
replay_port_init(struct replay_port *port, struct rte_mempool *mbufs)
{
	memset(port, 0, sizeof(*port));
	port->mbufs = mbufs;
	/* A NIC that computes checksums. */
	port->port = (struct core_port){
		.rx = port_rx,
		.tx = port_tx,
		.mtu = 1500,
		.mac = {{0x02, 0, 0, 0, 0, 2}},
		.tx_ipv4_checksum = true,
		.tx_tcp_checksum = true,
		.tx_segments = true,
		.share_mbufs = true,
		.tx_external = true,
	};
}

static uint16_t
port_rx(struct core_port *core_port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct replay_port *port = (struct replay_port *)core_port;
	uint16_t nb = RTE_MIN(port->nb_rx, (unsigned int)max), i;

	for (i = 0; i < nb; i++)
		mbufs[i] = port->rx[port->first_rx + i];
	port->first_rx += nb;
	port->nb_rx -= nb;
	return nb;
}

static uint16_t
port_tx(struct core_port *core_port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct replay_port *port = (struct replay_port *)core_port;
	uint16_t sent = RTE_MIN((unsigned int)nb, REPLAY_FRAMES_MAX - port->nb_tx), i;

	for (i = 0; i < sent; i++)
		port->tx[port->nb_tx++] = mbufs[i];
	return sent;
}

void
replay_client_open(struct replay_port *port, struct replay_client *client, uint8_t flags)
{
	struct wire_tcp tcp = {.flags = flags};

	if (flags & WIRE_TCP_SYN) {
		tcp.options = (struct wire_tcp_options){
			.has_mss = true,
			.mss = MSS + 12,
			.sack_permitted = true,
			.has_window_scale = true,
			.window_scale = WINDOW_SCALE,
		};
	}
	tcp.options.has_timestamps = true;
	send_segment(port, client, &tcp, NULL, 0);
	client->seq += !!(flags & WIRE_TCP_SYN);
}

void
replay_client_send(struct replay_port *port, struct replay_client *client, const uint8_t *data,
		   uint32_t len, uint64_t now_us)
{
	struct wire_tcp tcp = {.options = {.has_timestamps = true, .ts_value = now_us / 1000}};
	uint32_t part;

	for (; len > 0; len -= part, data += part) {
		part = RTE_MIN(len, (uint32_t)MSS);
		tcp.flags = WIRE_TCP_ACK | (part == len ? WIRE_TCP_PSH : 0);
		send_segment(port, client, &tcp, data, part);
		client->seq += part;
	}
}

void
replay_client_ack(struct replay_port *port, const struct replay_client *client, uint64_t now_us)
{
	struct wire_tcp tcp = {
		.flags = WIRE_TCP_ACK,
		.options = {.has_timestamps = true, .ts_value = now_us / 1000},
	};

	send_segment(port, client, &tcp, NULL, 0);
}

static void
send_segment(struct replay_port *port, const struct replay_client *client, struct wire_tcp *tcp,
	     const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(port->mbufs);
	struct wire_ether ether = {
		.dst = port->port.mac, .src = {{0x02, 0, 0, 0, 0, 1}}, .type = RTE_ETHER_TYPE_IPV4};
	struct wire_ipv4 ipv4 = {
		.src = client->addr,
		.dst = REPLAY_SERVER,
		.header_bytes = WIRE_IPV4_HEADER_BYTES,
		.protocol = IPPROTO_TCP,
		.ttl = 64,
		.dont_fragment = true,
	};
	uint16_t tcp_bytes = wire_tcp_header_bytes(&tcp->options);
	uint8_t *at;

	RTE_VERIFY(mbuf != NULL);
	RTE_VERIFY(port->first_rx + port->nb_rx < REPLAY_FRAMES_MAX);
	tcp->src_port = client->port;
	tcp->dst_port = REPLAY_SERVER_PORT;
	tcp->seq = client->seq;
	tcp->ack = tcp->flags & WIRE_TCP_ACK ? client->ack : 0;
	tcp->window = UINT16_MAX;
	tcp->options.ts_echo = client->ts_echo;
	ipv4.total_bytes = WIRE_IPV4_HEADER_BYTES + tcp_bytes + len;
	at = (uint8_t *)rte_pktmbuf_append(mbuf, WIRE_ETHER_HEADER_BYTES + ipv4.total_bytes);
	RTE_VERIFY(at != NULL);
	wire_ether_write(at, &ether);
	at += WIRE_ETHER_HEADER_BYTES;
	wire_ipv4_write(at, &ipv4);
	at += WIRE_IPV4_HEADER_BYTES;
	wire_tcp_write(at, tcp);
	if (len > 0)
		memcpy(at + tcp_bytes, data, len);
	mbuf->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	port->rx[port->first_rx + port->nb_rx++] = mbuf;
}

void
replay_port_read(struct replay_port *port, struct replay_client *clients, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < port->nb_tx; i++) {
		read_frame(port->tx[i], clients, nb);
		rte_pktmbuf_free(port->tx[i]);
	}
	port->nb_tx = 0;
	/* What the core has taken makes room. */
	memmove(port->rx, port->rx + port->first_rx, port->nb_rx * sizeof(port->rx[0]));
	port->first_rx = 0;
}

static void
read_frame(const struct rte_mbuf *mbuf, struct replay_client *clients, unsigned int nb)
{
	uint8_t frame[RTE_ETHER_MAX_LEN];
	struct replay_client *client = clients;
	uint32_t head = WIRE_ETHER_HEADER_BYTES + WIRE_IPV4_HEADER_BYTES;
	uint32_t bytes = rte_pktmbuf_pkt_len(mbuf);
	struct wire_tcp tcp;
	const uint8_t *data;
	rte_be32_t addr; /* the header's last bytes */

	RTE_VERIFY(bytes <= sizeof(frame));
	data = rte_pktmbuf_read(mbuf, 0, bytes, frame);
	memcpy(&addr, data + head - sizeof(addr), sizeof(addr));
	RTE_VERIFY(wire_tcp_parse(data + head, bytes - head, &tcp) == WIRE_TCP_OK);
	while (client < clients + nb && (client->port != tcp.dst_port || client->addr != addr))
		client++;
	RTE_VERIFY(client < clients + nb);
	client->ts_echo = tcp.options.ts_value;
	if (tcp.flags & WIRE_TCP_SYN) {
		client->ack = tcp.seq + 1;
		return;
	}
	RTE_VERIFY(tcp.seq == client->ack && tcp.ack == client->seq);
	head += tcp.header_bytes;
	RTE_VERIFY(client->nb_received + bytes - head <= sizeof(client->received));
	memcpy(client->received + client->nb_received, data + head, bytes - head);
	client->nb_received += bytes - head;
	client->ack += bytes - head;
}
